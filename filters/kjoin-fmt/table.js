// The table of kernels: columns that fit, rows made when they come near, sorted and filtered.
const FIRST_ROWS = 60;

function symbolCell(view, row) {
	const hot = row.hot, at = row.main;
	if (hot.explained === "none")
		return [make("span", { class: "unmatched" }, "unmatched")];
	const library = hot.library && hot.library !== "unknown" ? "(" + hot.library + ")" : "";
	if (at && !at.certain) {
		const site = (maybe) => siteOf(view, maybe) || {};
		const different = new Set(row.maybe.map((maybe) => [maybe.kernel, site(maybe).file,
			site(maybe).line].join("\n"))).size;
		return [make("div", { class: "line" }, make("span", { class: "maybe" },
			different > 1 ? different + " candidates" : "candidate")),
		make("div", { class: "mono small cut" },
			[...new Set(row.maybe.map((maybe) => maybe.kernel))].filter(Boolean).join(", ") || library)];
	}
	if (!at || !at.kernel)
		return [make("div", { class: "dim cut" }, library || "–"),
		make("div", { class: "dim small" }, at ? at.how : "")];
	const others = row.certain.filter((other) => other.kernel !== at.kernel).length;
	const under = make("div", { class: "dim small" }, [at.source, at.how].filter(Boolean).join(" · "));
	return [make("div", { class: "line" }, make("span", { class: "mono", title: at.kernel }, at.kernel),
		others ? make("span", { class: "dim" }, "+" + others) : null,
		row.maybe.length ? make("span", { class: "maybe" }, "in part") : null), under];
}

// What is known in the place of an op.
function nearCell(view, at) {
	const seen = at && seenIn(view, at);
	if (seen)
		return [make("div", { class: "line" }, make("span", { class: "dim" }, "in"),
			make("span", { class: "mono", title: seen.function }, seen.function)),
		make("div", { class: "small" }, seenLink(view, seen))];
	if (at && (at.after || at.before)) {
		const near = at.after || at.before;
		return [make("div", { class: "line" }, make("span", { class: "dim" }, at.after ? "after" : "before"),
			sourceLink(label(near.call), near, { class: "mono" })),
		make("div", { class: "dim small" }, place(near))];
	}
	return [make("span", { class: "dim" }, "–")];
}

function opCell(view, row) {
	const sites = new Map();
	for (const at of [...row.certain, ...row.maybe]) {
		const site = siteOf(view, at);
		if (site && !sites.has(site.file + ":" + site.line))
			sites.set(site.file + ":" + site.line, [site, at]);
	}
	if (!sites.size || (row.certain.length && !siteOf(view, row.main)))
		return nearCell(view, row.main);
	const [site, at] = [...sites.values()][0];
	const more = [...sites.values()].filter((one) => one[1].certain === at.certain).length - 1;
	return [make("div", { class: "line" }, isNumber(at.op) ? opSwatch(at.op) : null,
		sourceLink(label(site.call), site, { class: at.certain ? "mono" : "mono maybe-link" }),
		more ? make("span", { class: "dim" }, (at.certain ? "+" : "or ") + more) : null),
	make("div", { class: "dim small" }, place(site))];
}

function rateCell(row) {
	const rate = row.rate;
	if (!rate)
		return [];
	const how = rate.part ? "in part" : rate.how === "lower-bound" ? "lower bound" : rate.how;
	const under = make("div", { class: "dim small", title: rate.why },
		[rate.bound, how].filter(Boolean).join(" · "));
	if (!isNumber(rate.ceiling_pct))
		return [isNumber(rate.gbps) ? howMuch(rate) + figure(rate.gbps) + " GB/s" :
			isNumber(rate.tflops) ? howMuch(rate) + figure(rate.tflops) + " TFLOP/s" : "–", under];
	return [make("span", { class: "meter", "aria-hidden": "true" }, make("span", {
		class: rate.how === "lower-bound" ? "open" : null,
		style: { width: Math.min(100, rate.ceiling_pct) + "%" } })),
	howMuch(rate) + rate.ceiling_pct.toFixed(0) + " %", under];
}

const winOf = (row) => row.hot.limit && isNumber(row.hot.limit.win_us) ? row.hot.limit.win_us : -1;

const opOrder = (row) => row.main && row.main.op !== null ? row.main.op : Infinity;

// `keep`: the higher, the longer a column stays when the window gets narrow; `has`: whether a
// row has something for it.
const COLUMNS = [
	{ id: "rank", title: "#", width: 52, right: true, keep: 9, up: true, key: (row) => row.hot.rank,
		hint: "Rank by time",
		cell: (view, row) => [make("button", { type: "button", class: "opener", tabindex: "-1",
			"aria-expanded": String(row.open), "aria-label": "Details of " + (row.hot.short || row.hot.name) },
		"▸"), row.hot.rank + 1] },
	{ id: "kernel", title: "kernel", width: 180, grow: 3, keep: 9, up: true,
		key: (row) => row.hot.short || row.hot.name, hint: "Short name, and the name on the GPU",
		cell: (view, row) => [make("b", null, row.hot.short || row.hot.name),
			make("div", { class: "dim small mono cut", title: row.hot.name },
				row.hot.name.slice(0, 160))] },
	{ id: "share", title: "share", width: 92, keep: 9, right: true, key: (row) => row.hot.share,
		hint: "Of all GPU time", cell: (view, row) => [percent(row.hot.sum, view.head.sum),
			make("span", { class: "meter share", "aria-hidden": "true" }, make("span", { style: {
				width: 100 * row.hot.sum / (view.rows[0].hot.sum || 1) + "%",
				background: typeColor(row.hot.type) } }))] },
	{ id: "running", title: "running", width: 74, right: true, keep: 2, fixed: true,
		hint: "Share of this row and all above it, as listed", cell: () => [""] },
	{ id: "time", title: "time", width: 84, right: true, keep: 8, key: (row) => row.hot.sum,
		hint: "Sum over all calls", cell: (view, row) => [time(row.hot.sum)] },
	{ id: "calls", title: "calls", width: 62, right: true, keep: 7, key: (row) => row.hot.calls,
		cell: (view, row) => [count(row.hot.calls)] },
	{ id: "mean", title: "mean", width: 84, right: true, keep: 5, key: (row) => row.hot.mean,
		hint: "Time of one call", cell: (view, row) => [time(row.hot.mean)] },
	{ id: "type", title: "type", width: 134, keep: 6, up: true, key: (row) => row.hot.type || "",
		cell: (view, row) => [typeSwatch(row.hot.type), row.hot.type || "–"] },
	{ id: "stage", title: "stage", width: 76, keep: 6, up: true, key: (row) => row.hot.stage || "",
		cell: (view, row) => [row.hot.stage || "–"] },
	{ id: "layers", title: "layers", width: 66, right: true, keep: 1, key: (row) => row.hot.layers,
		hint: "Layers it runs in", cell: (view, row) => [row.hot.layers ? count(row.hot.layers) : "–"] },
	{ id: "symbol", title: "Python symbol", width: 142, grow: 2, keep: 9, up: true,
		key: (row) => row.main && row.main.kernel || "~", hint: "What launches it, and how that is known",
		cell: (view, row) => symbolCell(view, row) },
	{ id: "op", title: "op in the model", width: 142, grow: 2, keep: 9, up: true, key: opOrder,
		hint: "Sorted in the order the model runs", cell: opCell },
	{ id: "definition", title: "definition", width: 150, grow: 2, keep: 3, up: true,
		has: (row) => row.definition, key: (row) => row.definition || "~", hint: "flashinfer-trace definition",
		cell: (view, row) => [make("span", { class: "mono small cut", title: row.definition },
			row.definition || "")] },
	{ id: "rate", title: "of ceiling", width: 146, right: true, keep: 4,
		has: (row) => row.rate,
		key: (row) => row.rate && isNumber(row.rate.ceiling_pct) ? row.rate.ceiling_pct : -1,
		hint: "Rate against the roofline: see ? for measured, computed, lower bound",
		cell: (view, row) => rateCell(row) },
	{ id: "win", title: "to win", width: 92, right: true, keep: 6,
		has: (row) => winOf(row) >= 0, key: winOf,
		hint: "Time beyond the limit and the start of kernels, of all calls that have a limit",
		cell: (view, row) => winOf(row) < 0 ? [] : [time(row.hot.limit.win_us),
			make("div", { class: "dim small" }, (100 * row.hot.limit.share).toFixed(0) + " % of limit")] },
];

const table = { columns: COLUMNS, listed: [], made: 0, running: 0, active: null };

function chooseColumns(view, width) {
	const columns = COLUMNS.filter((column) => !column.has || view.rows.some(column.has));
	const needs = () => columns.reduce((sum, column) => sum + column.width, 0);
	while (needs() > width && columns.some((column) => column.keep < 9)) {
		const least = columns.reduce((a, b) => b.keep < a.keep ? b : a);
		columns.splice(columns.indexOf(least), 1);
	}
	const spare = Math.max(0, width - needs());
	const grows = columns.reduce((sum, column) => sum + (column.grow || 0), 0);
	byId("table").tHead.closest("table").querySelector("colgroup").replaceChildren(
		...columns.map((column) => make("col", { style: {
			width: column.width + spare * (column.grow || 0) / grows + "px" } })));
	const same = columns.length === table.columns.length && columns.every((c, i) => c === table.columns[i]);
	table.columns = columns;
	return !same;
}

function writeHead(state) {
	byId("table").tHead.rows[0].replaceChildren(...table.columns.map((column) => {
		const sorted = state.sort === column.id;
		return make("th", { scope: "col", class: column.right ? "r" : null,
			"aria-sort": sorted ? (state.down ? "descending" : "ascending") : null },
		column.fixed ? make("span", { title: column.hint }, column.title) :
			make("button", { type: "button", title: column.hint || null, click: () => {
				if (sorted)
					state.down = !state.down;
				else
					Object.assign(state, { sort: column.id, down: !column.up });
				listRows();
			} }, column.title));
	}));
}

const collator = new Intl.Collator("en", { numeric: true });

function listed(view, state) {
	const column = COLUMNS.find((one) => one.id === state.sort) || COLUMNS[0];
	const sign = state.down ? -1 : 1, keys = new Map();
	const rows = view.rows.filter(matcher(view, state.q));
	for (const row of rows)
		keys.set(row, column.key(row));
	return rows.sort((a, b) => {
		const x = keys.get(a), y = keys.get(b);
		const order = typeof x === "string" ? collator.compare(x, y) : x < y ? -1 : x > y ? 1 : 0;
		return sign * order || a.hot.rank - b.hot.rank;
	});
}

function rowElement(view, row) {
	if (!row.element || row.columns !== table.columns) {
		row.columns = table.columns;
		row.element = make("tr", { class: "row" + (row.hot.explained === "none" ? " none" : "") +
			(row.maybe.length ? " unsure" : ""), tabindex: "-1", "data-rank": row.hot.rank },
		table.columns.map((column) => make("td", { class: column.right ? "r" : null,
			"data-column": column.id }, column.cell(view, row))));
		row.running = row.element.querySelector("[data-column=running]");
	}
	return row.element;
}

function detailsElement(view, row) {
	if (!row.details)
		row.details = make("tr", { class: "more" }, make("td", null, details(view, row)));
	row.details.firstChild.colSpan = table.columns.length;
	return row.details;
}

// Rows up to `end` have elements; the others get theirs when they come near.
function makeRows(view, end) {
	const parts = document.createDocumentFragment();
	let running = table.running;
	for (; table.made < Math.min(end, table.listed.length); table.made++) {
		const row = table.listed[table.made];
		running += row.hot.sum;
		parts.append(rowElement(view, row));
		if (row.running)
			row.running.textContent = percent(running, view.head.sum);
		markOpen(row);
		if (row.open)
			parts.append(detailsElement(view, row));
	}
	table.running = running;
	byId("table").tBodies[0].append(parts);
}

function markOpen(row) {
	row.element.classList.toggle("open", row.open);
	row.element.querySelector(".opener").setAttribute("aria-expanded", String(row.open));
}

function setOpen(view, row, open) {
	row.open = open;
	if (row.element && row.element.isConnected) {
		markOpen(row);
		if (open)
			row.element.after(detailsElement(view, row));
		else if (row.details)
			row.details.remove();
	}
}

function writeFoot(view) {
	const sum = table.listed.reduce((s, row) => s + row.hot.sum, 0);
	const none = view.rows.filter((row) => row.hot.explained === "none");
	const unmatched = (view.head.explained || {}).none || 0;
	const cells = (...children) => make("td", { colspan: table.columns.length }, children);
	byId("table").tFoot.replaceChildren(make("tr", null, cells(
		make("span", null, "Listed: ", make("b", null, percent(sum, view.head.sum)), ", " + time(sum) +
			", " + count(table.listed.length) + " of " + plural(view.rows.length, "kernel")),
		unmatched > 0 ? make("button", { type: "button", class: "none",
			click: () => setToken("explained", "none") },
		make("i", { class: "swatch hatch" }), "Unmatched GPU time: ",
		make("b", null, percent(unmatched, view.head.sum)), ", " + time(unmatched) + ", " +
			plural(none.length, "kernel")) : make("span", { class: "dim none" },
			"No GPU time is unmatched"))));
	byId("found").textContent = count(table.listed.length) + " of " + plural(view.rows.length, "kernel");
}

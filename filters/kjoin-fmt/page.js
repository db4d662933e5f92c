// The page as a whole: its state, which the URL keeps, its head, and the keys.
const state = { stream: 0, q: "", sort: "time", down: true, by: "type", bars: "time", pass: "all",
	ops: "model",
	active: 0 };
let view = views[0];
const PAPER_WIDTH = 700;

let silence = 0;
function say(text) {
	byId("said").textContent = text;
	clearTimeout(silence);
	silence = setTimeout(() => { byId("said").textContent = ""; }, 1800);
}

// The filter's key:value set, or with `more` added; set again, it is taken away.
function setToken(key, value, more) {
	const token = key + ":" + (/\s/.test(value) ? '"' + value + '"' : value);
	const words = tokens(state.q), had = words.some((one) => one.whole === token);
	const kept = words.filter((one) => one.whole !== token && (more || one.key !== key || one.not));
	byId("search").value = state.q = [...kept.map((one) => one.whole), ...(had ? [] : [token])].join(" ");
	refresh();
}

function tokenText(token) {
	const op = token.key === "op" && view.ops[Number(token.value)];
	return (token.not ? "not " : "") + token.key + ": " + (op ? label(op.call) :
		token.key === "explained" && EXPLAINED[token.value] || token.value);
}

function writeChips() {
	byId("chips").replaceChildren(...tokens(state.q).filter((token) => token.key).map((token) =>
		make("button", { type: "button", "aria-label": "Remove filter " + tokenText(token),
			click: () => {
				byId("search").value = state.q = tokens(state.q).map((one) => one.whole)
					.filter((whole) => whole !== token.whole).join(" ");
				refresh();
			} }, tokenText(token), make("span", { "aria-hidden": "true" }, " ✕"))));
}

// Time of each kind of explanation that several candidates share.
function unclearBy(key) {
	const sum = view.rows.reduce((all, row) => all + (row.hot.explained === key ? row.unclear : 0), 0);
	return Math.min(sum, (view.head.explained || {})[key] || 0);
}

// The part that is only one of several candidates is hatched.
function segment(key, sum) {
	const unclear = unclearBy(key), text = EXPLAINED[key] + " " + percent(sum, view.head.sum) +
		(unclear ? ", of which " + percent(unclear, view.head.sum) + " with several candidates" : "");
	return make("button", { type: "button", class: "x-" + key, title: text, "aria-label": text,
		style: { flex: sum + " 1 0" }, click: (event) => setToken("explained", key, event.shiftKey) },
	unclear ? make("span", { class: "unclear", style: { width: 100 * unclear / sum + "%" } }) : null);
}

// GPU time by how sure its place is; what rows have beside their places is unknown.
function gradesOf() {
	const sums = { frames: 0, plan: 0, order: 0, name: 0, candidates: 0 };
	for (const row of view.rows) {
		for (const at of row.certain)
			if (at.at || at.kernel || (at.chain && at.chain.frames.length) || (at.stack || []).length)
				sums[GRADES[at.how] || (at.how === "between" ? "unknown" : "name")] += at.sum || 0;
		sums.candidates += row.unclear;
	}
	delete sums.unknown;
	sums.unknown = Math.max(0, view.head.sum - Object.values(sums).reduce((all, sum) => all + sum, 0));
	return sums;
}

/* Few of the trace's functions begin where the tree has them. */
function isOtherVersion() {
	const frames = view.head.frames || {};
	return frames.seen > 0 && frames.in_tree / frames.seen < 0.9;
}

function writeFigures() {
	const head = view.head, all = head.sum, frames = head.frames || {}, grades = gradesOf();
	const box = (name, value, more) => make("div", { class: "figure" }, make("div", { class: "dim small" }, name),
		make("div", { class: "value" }, value), make("div", { class: "dim small" }, more));
	return make("div", { class: "figures" },
		box(isOtherVersion() ? "by frames of another version" : "proved by frames", percent(grades.frames, all), "of " + time(all) + " in " +
			plural(head.kernels, "kernel call")),
		head.plan ? box("by the plan's order", percent(grades.plan, all), "of " + [head.plan.model, head.plan.device]
			.filter(Boolean).join(" on ")) : null,
		box("by order", percent(grades.order, all), "the forward calls its ops in this order"),
		box("by name", percent(grades.name, all), "one place fits the name"),
		box("candidates", percent(grades.candidates, all), "several places fit"),
		box("unknown", percent(grades.unknown, all), "no place is known"),
		box("tree matches the trace", frames.seen ? percent(frames.in_tree, frames.seen) : "unknown",
			frames.seen ? count(frames.in_tree) + " of " + plural(frames.seen, "Python function") :
				"no function of the model is on a stack"),
		box("GPU busy", isNumber(head.busy) && head.span ? percent(head.busy, head.span) : "–",
			isNumber(head.busy) ? time(head.busy) + " of " + time(head.span) : ""));
}

function writeHeadline() {
	const head = view.head, explained = head.explained || {}, all = head.sum, frames = head.frames || {};
	const unclear = view.rows.reduce((sum, row) => sum + row.unclear, 0);
	const keys = Object.keys(EXPLAINED).filter((key) => explained[key] > 0);
	const legendEntry = (key) => make("button", { type: "button", click: (event) =>
		setToken("explained", key, event.shiftKey) }, make("i", { class: "x-" + key }), EXPLAINED[key] + " ",
	make("b", null, percent(explained[key], all)));
	byId("headline").replaceChildren(writeFigures(),
		make("div", { class: "explained", role: "group", "aria-label": "GPU time by how it is explained" },
			keys.map((key) => segment(key, explained[key]))),
		make("div", { class: "legend" }, keys.map(legendEntry), unclear ? make("button", { type: "button",
			click: () => setToken("is", "ambiguous") }, make("i", { class: "unclear" }),
		make("span", { class: "maybe" }, "candidates"), "several for ",
		make("b", null, percent(unclear, all))) : ""));
	const low = isOtherVersion();
	byId("headline").classList.toggle("doubtful", low);
	byId("warning").hidden = !low;
	byId("warning").textContent = low ? "Only " + percent(frames.in_tree, frames.seen) +
		" of the trace's Python functions are in the tree: it is likely another version than the one " +
		"that was traced. Chains, lines and links may be wrong." : "";
}

function writeTrace() {
	const head = view.head, ceiling = head.ceiling, parts = [baseName(head.file), head.device,
		isNumber(head.rank) ? "rank " + head.rank : null, head.model ? "model " + head.model + (head.forward ?
			" (" + head.forward + ")" : "") : null,
		head.tree ? "source " + baseName(head.tree) : null, ceiling ? "ceiling " + [
			isNumber(ceiling.gbps) ? count(ceiling.gbps) + " GB/s" : null,
			...Object.entries(ceiling.tflops || {}).map(([type, rate]) => count(rate) + " TFLOP/s " + type)]
			.filter(Boolean).join(", ") + " (" + ceiling.device + ", " + ceiling.how + ")" : null];
	byId("trace").textContent = clean(parts.filter(Boolean).join(" · "));
	document.title = clean((head.file ? baseName(head.file) + " · " : "") + document.querySelector("h1").textContent);
}

function writeCharts() {
	byId("layers").hidden = !view.layers.length;
	byId("ops").hidden = !view.ops.length;
	byId("charts").classList.toggle("alone", !view.layers.length || !view.ops.length);
	const passes = new Map(view.layers.map((layer) => [String(layer.pass), layer.stage]));
	byId("pass").replaceChildren(make("option", { value: "all" }, "all"),
		...[...passes].map(([pass, stage]) => make("option", { value: pass }, pass + " " + (stage || ""))));
	byId("pass-label").hidden = passes.size < 2;
	if (state.pass !== "all" && !passes.has(state.pass))
		state.pass = "all";
	for (const id of ["pass", "by", "bars"])
		byId(id).value = state[id];
	byId("ops-by").value = state.ops;
	byId("canvas").setAttribute("aria-label", "GPU time of " + plural(view.layers.length, "layer") +
		", stacked by " + state.by + "; arrow keys walk through them");
	byId("layers-details").open = false;
	if (view.layers.length)
		drawLayers(view, state);
	if (view.layers.length)
		legend(view, state);
	opsTable(view, state);
}

function listRows() {
	table.listed = listed(view, state);
	table.made = table.running = 0;
	writeHead(state);
	byId("table").tBodies[0].replaceChildren();
	makeRows(view, FIRST_ROWS);
	if (!table.listed.length)
		byId("table").tBodies[0].append(make("tr", null, make("td", { class: "nothing",
			colspan: table.columns.length }, "No kernel matches.")));
	writeFoot(view);
	/* The active row stays so where it is near; rows far below are not made for it. */
	setActive(activeAt() < table.made ? Math.max(0, activeAt()) : 0, false);
	keepState();
}

// What depends on the filter.
function refresh() {
	writeChips();
	listRows();
	if (view.layers.length) {
		drawLayers(view, state);
		legend(view, state);
	}
	opsTable(view, state);
}

function setActive(n, focus = true) {
	if (table.active) {
		table.active.classList.remove("active");
		table.active.tabIndex = -1;
	}
	table.active = null;
	if (!table.listed.length)
		return;
	n = Math.max(0, Math.min(n, table.listed.length - 1));
	if (n >= table.made)
		makeRows(view, n + FIRST_ROWS);
	const row = table.listed[n];
	state.active = row.hot.rank;
	table.active = row.element;
	row.element.classList.add("active");
	row.element.tabIndex = 0;
	if (focus) {
		row.element.focus({ preventScroll: true });
		row.element.scrollIntoView({ block: "nearest" });
		keepState();
	}
}

const activeAt = () => table.listed.findIndex((row) => row.hot.rank === state.active);

function toggleRow(row) {
	setOpen(view, row, !row.open);
	keepState();
}

function keepState() {
	const hash = new URLSearchParams(), open = view.rows.filter((row) => row.open);
	if (state.stream)
		hash.set("trace", state.stream);
	if (state.q)
		hash.set("q", state.q);
	if (state.sort !== "time" || !state.down)
		hash.set("sort", (state.down ? "-" : "") + state.sort);
	if (state.by !== "type")
		hash.set("by", state.by);
	if (state.bars !== "time")
		hash.set("bars", state.bars);
	if (state.ops !== "model")
		hash.set("ops", state.ops);
	if (state.pass !== "all")
		hash.set("pass", state.pass);
	if (open.length)
		hash.set("open", open.map((row) => row.hot.rank).join(","));
	if (state.active)
		hash.set("row", state.active);
	const text = hash.toString();
	try {
		history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
	} catch (refused) { /* a frame without an address: the state is not kept */ }
}

function takeState() {
	const hash = new URLSearchParams(location.hash.slice(1)), sort = hash.get("sort") || "-time";
	const pick = (key, choices) => choices.includes(hash.get(key)) ? hash.get(key) : choices[0];
	state.stream = Math.max(0, Math.min(views.length - 1, Number(hash.get("trace")) || 0));
	view = views[state.stream];
	state.q = hash.get("q") || "";
	state.down = sort.startsWith("-");
	state.sort = COLUMNS.some((column) => column.key && column.id === sort.replace(/^-/, "")) ?
		sort.replace(/^-/, "") : "time";
	state.by = pick("by", ["type", "op"]);
	state.bars = pick("bars", ["time", "share"]);
	state.ops = pick("ops", ["model", "time"]);
	state.pass = hash.get("pass") || "all";
	state.active = Number(hash.get("row")) || 0;
	const open = new Set((hash.get("open") || "").split(",").filter(Boolean).map(Number));
	for (const row of view.rows)
		row.open = open.has(row.hot.rank);
	byId("search").value = state.q;
	byId("stream").value = state.stream;
}

function showAll() {
	writeTrace();
	writeHeadline();
	writeChips();
	chooseColumns(view, byId("kernels").clientWidth);
	writeCharts();
	const wanted = state.active;
	listRows();
	if (wanted && view.rows[wanted]) {
		state.active = wanted;
		setActive(activeAt());
	}
}

const KEYS_DOWN = {
	j: () => setActive(activeAt() + 1), ArrowDown: () => setActive(activeAt() + 1),
	k: () => setActive(activeAt() - 1), ArrowUp: () => setActive(activeAt() - 1),
	g: () => setActive(0), Home: () => setActive(0),
	G: () => setActive(table.listed.length - 1), End: () => setActive(table.listed.length - 1),
	Enter: () => table.listed[activeAt()] && toggleRow(table.listed[activeAt()]),
	o: () => KEYS_DOWN.Enter(), " ": () => KEYS_DOWN.Enter(),
	c: () => withActive((row) => rowChains(row) ? copyText(rowChains(row), "the chains") :
		say("This row has no chain")),
	y: () => withActive((row) => copyText(JSON.stringify(row.hot), "the row as JSON")),
	b: () => view.layers.length && setChart("by", state.by === "type" ? "op" : "type"),
	t: () => setTheme(isDark() ? "light" : "dark"),
	"/": () => { byId("search").focus(); byId("search").select(); },
	"?": () => byId("help").showModal(),
	Escape: () => leaveFilter(),
};

function withActive(action) {
	if (table.listed[activeAt()])
		action(table.listed[activeAt()]);
}

function leaveFilter() {
	if (state.q) {
		byId("search").value = state.q = "";
		refresh();
	}
	if (table.listed.length)
		setActive(activeAt());
}

function setChart(key, value) {
	state[key] = value;
	chart.hover = -1;
	byId("tip").hidden = true;
	writeCharts();
	keepState();
}

document.addEventListener("keydown", (event) => {
	const at = event.target, inRow = at.closest && at.closest("tr.row");
	if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open)
		return;
	if (at === byId("search")) {
		if (event.key === "Escape" || event.key === "Enter") {
			event.preventDefault();
			if (event.key === "Escape")
				leaveFilter();
			else
				setActive(0);
		}
		return;
	}
	if (/^(INPUT|SELECT|TEXTAREA|CANVAS)$/.test(at.tagName) && !["/", "?"].includes(event.key))
		return;
	/* Buttons and links keep their own keys, and the page its scrolling. */
	if (["Enter", " "].includes(event.key) && !(inRow && at === inRow))
		return;
	if (["Home", "End", "ArrowDown", "ArrowUp"].includes(event.key) && at !== document.body && !inRow)
		return;
	if (Object.hasOwn(KEYS_DOWN, event.key)) {
		event.preventDefault();
		KEYS_DOWN[event.key]();
	}
});

byId("table").tBodies[0].addEventListener("click", (event) => {
	const element = event.target.closest("tr.row");
	if (!element || event.target.closest("a") || String(getSelection()))
		return;
	const n = table.listed.findIndex((row) => row.element === element);
	setActive(n, false);
	toggleRow(table.listed[n]);
});

let waiting = 0;
byId("search").addEventListener("input", () => {
	clearTimeout(waiting);
	waiting = setTimeout(() => {
		state.q = byId("search").value;
		refresh();
	}, 90);
});
for (const id of ["pass", "by", "bars"])
	byId(id).addEventListener("change", () => setChart(id, byId(id).value));
byId("ops-by").addEventListener("change", () => setChart("ops", byId("ops-by").value));
byId("stream").addEventListener("change", () => {
	state.stream = Number(byId("stream").value);
	view = views[state.stream];
	state.pass = "all";
	state.active = 0;
	showAll();
});
byId("help-open").addEventListener("click", () => byId("help").showModal());
byId("links").value = links.template;
byId("links").addEventListener("change", () => {
	links.template = byId("links").value.trim();
	try {
		localStorage.setItem("warpipe-links", links.template);
	} catch (refused) { /* it lasts as long as the page */ }
	for (const row of view.rows)
		row.element = row.details = null;
	showAll();
});
byId("layers-details").addEventListener("toggle", () => {
	const box = byId("layers-details");
	box.querySelector(".scroll").replaceChildren(...(box.open ? [layersTable(view)] : []));
});

const canvas = byId("canvas");
const barAt = (event) => Math.floor((event.offsetX - chart.left) / chart.step);
canvas.addEventListener("mousemove", (event) => hoverLayer(view, state, barAt(event)));
canvas.addEventListener("mouseleave", () => hoverLayer(view, state, -1));
canvas.addEventListener("blur", () => hoverLayer(view, state, -1));
canvas.addEventListener("click", (event) => {
	const n = barAt(event), y = event.offsetY;
	const hit = chart.hits.find(([bar, from, to]) => bar === n && y >= from && y <= to);
	if (hit)
		setToken(state.by, hit[3] === null ? "none" : hit[3], event.shiftKey);
});
canvas.addEventListener("keydown", (event) => {
	const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
	if (step) {
		event.preventDefault();
		hoverLayer(view, state, Math.max(0, Math.min(chart.bars.length - 1, chart.hover + step)));
	}
});

let lastWidth = 0;
function fitWidth() {
	const width = byId("kernels").clientWidth;
	document.documentElement.style.setProperty("--find", byId("find").offsetHeight + "px");
	if (width === lastWidth)
		return;
	lastWidth = width;
	if (chooseColumns(view, width))
		listRows();
	if (view.layers.length)
		drawLayers(view, state);
}
/* In the next frame: what is observed must not change while it is told. */
const resizes = new ResizeObserver(() => requestAnimationFrame(fitWidth));
resizes.observe(byId("kernels"));
resizes.observe(byId("find"));
new IntersectionObserver((entries) => {
	if (entries.some((entry) => entry.isIntersecting) && table.made < table.listed.length)
		makeRows(view, table.made + FIRST_ROWS);
}, { rootMargin: "1200px" }).observe(byId("more"));
// Paper is narrow, and has all rows.
addEventListener("beforeprint", () => {
	chooseColumns(view, PAPER_WIDTH);
	listRows();
	makeRows(view, Infinity);
});
addEventListener("afterprint", () => { lastWidth = 0; fitWidth(); });
addEventListener("hashchange", () => { takeState(); showAll(); });
// The canvas alone does not follow the style by itself.
new MutationObserver(() => view.layers.length && drawLayers(view, state))
	.observe(document.documentElement, { attributeFilter: ["data-theme"] });

views.forEach((one, n) => byId("stream").append(make("option", { value: n }, one.head.file ?
	baseName(one.head.file) : "trace " + (n + 1))));
byId("stream").hidden = views.length < 2;
takeState();
showAll();

// The layers as stacked bars on a canvas, so that ten thousand of them are no burden, and the
// ops as bars in a table.
const chart = { bars: [], left: 62, step: 1, hover: -1, series: [], legend: [], hits: [] };

const typeColor = (type) => "var(--t" + TYPES.indexOf(TYPES.includes(type) ? type : "other") + ")";
const typeSwatch = (type) => make("i", { class: "swatch", style: { background: typeColor(type) } });

// Neighbours in the model's order are far apart in hue; how light it is, the style says.
const opHue = (op) => Math.round(op * 137.508 % 360);

function opColor(op) {
	const style = getComputedStyle(document.documentElement);
	return op === null ? typeColor("other") : "hsl(" + opHue(op) + " " +
		style.getPropertyValue("--op-rich") + " " + style.getPropertyValue("--op-light" + op % 2) + ")";
}

function opSwatch(op) {
	return op === null ? typeSwatch("other") : make("i", { class: "swatch op" + op % 2, style: { "--hue": opHue(op) } });
}

// What bars are stacked of: [key, name, colour, us of a layer].
function seriesOf(view, by) {
	const sums = new Map();
	for (const layer of view.layers)
		for (const [key, us] of partsOf(layer, by))
			sums.set(key, (sums.get(key) || 0) + us);
	const order = by === "type" ? TYPES.filter((type) => sums.has(type)) :
		[...view.ops.keys()].filter((op) => sums.has(op)).concat(sums.has(null) ? [null] : []);
	return order.map((key) => ({ key, sum: sums.get(key),
		name: by === "type" ? key : key === null ? "no op" : label(view.ops[key].call),
		color: by === "type" ? typeColor(key) : opColor(key),
		swatch: () => by === "type" ? typeSwatch(key) : opSwatch(key) }));
}

function partsOf(layer, by) {
	return by === "type" ? Object.entries(layer.time || {}) : layer.by_op || [];
}

// Bars narrower than two pixels are drawn as means of neighbours; `from` and `to` say whose.
function binLayers(layers, by, room) {
	const size = Math.max(1, Math.ceil(layers.length * 2 / room)), bins = [];
	for (let at = 0; at < layers.length; at += size) {
		const group = layers.slice(at, at + size), parts = new Map();
		for (const layer of group)
			for (const [key, us] of partsOf(layer, by))
				parts.set(key, (parts.get(key) || 0) + us / group.length);
		bins.push({ from: group[0], to: group[group.length - 1], size: group.length, parts,
			dur: group.reduce((s, layer) => s + (layer.dur || 0), 0) / group.length });
	}
	return bins;
}

function drawLayers(view, state) {
	const canvas = byId("canvas"), width = canvas.clientWidth, height = canvas.clientHeight;
	if (!width || !view.layers.length)
		return;
	const scale = devicePixelRatio || 1, c = canvas.getContext("2d");
	const style = getComputedStyle(document.documentElement);
	const resolve = (color) => color.startsWith("var(") ?
		style.getPropertyValue(color.slice(4, -1)).trim() : color;
	canvas.width = Math.round(width * scale);
	canvas.height = Math.round(height * scale);
	c.scale(scale, scale);
	const layers = state.pass === "all" ? view.layers :
		view.layers.filter((layer) => String(layer.pass) === state.pass);
	const lit = litKeys(view, state), series = seriesOf(view, state.by);
	chart.legend = series;
	/* What the filter is about stands on the ground line, where it compares. */
	chart.series = lit ? [...series.filter((part) => lit.has(part.key)),
		...series.filter((part) => !lit.has(part.key))] : series;
	chart.bars = binLayers(layers, state.by, width - chart.left - 8);
	chart.step = (width - chart.left - 8) / Math.max(1, chart.bars.length);
	const share = state.bars === "share", bottom = height - 20, high = bottom - 10;
	const total = (bar) => [...bar.parts.values()].reduce((s, us) => s + us, 0);
	const top = share ? 1 : Math.max(...chart.bars.map(total), 1e-9) * 1.04;
	c.font = "11px system-ui, sans-serif";
	c.textAlign = "right";
	for (let i = 0; i <= 4; i++) {
		const y = Math.round(bottom - high * i / 4) + 0.5;
		c.fillStyle = resolve("var(--line)");
		c.fillRect(chart.left, y, width - chart.left - 8, 1);
		c.fillStyle = resolve("var(--soft)");
		c.fillText(share ? i * 25 + " %" : time(top * i / 4), chart.left - 8, y + 4);
	}
	chart.hits = [];
	const gap = chart.step > 7 ? 2 : chart.step > 4 ? 1 : 0;
	chart.bars.forEach((bar, n) => {
		const sum = total(bar) || 1, x = chart.left + n * chart.step;
		let y = bottom;
		for (const part of chart.series) {
			const us = bar.parts.get(part.key) || 0, size = high * (share ? us / sum : us / top);
			if (!us)
				continue;
			c.fillStyle = resolve(part.color);
			c.globalAlpha = (lit && !lit.has(part.key) ? 0.18 : 1) *
				(chart.hover < 0 || chart.hover === n ? 1 : 0.62);
			c.fillRect(x, y - size, Math.max(chart.step - gap, 0.6), size);
			chart.hits.push([n, y - size, y, part.key]);
			y -= size;
		}
	});
	c.globalAlpha = 1;
	c.fillStyle = resolve("var(--soft)");
	c.textAlign = "center";
	const every = Math.ceil(44 / chart.step);
	chart.bars.forEach((bar, n) => {
		if (n % every === 0)
			c.fillText(bar.from.layer, chart.left + (n + 0.5) * chart.step, height - 6);
		if (n && chart.bars[n - 1].to.pass !== bar.from.pass)
			c.fillRect(chart.left + n * chart.step - gap / 2 - 0.5, 2, 1, bottom - 2);
	});
}

// The ops that the filter is about, by number (null: none), named by number or by a part of
// the call; and the keys of the series, or null for all.
function litOps(view, state) {
	return new Set(tokens(state.q).filter((token) => token.key === "op" && !token.not)
		.flatMap(({ value }) => value === "none" ? [null] : /^\d+$/.test(value) ? [Number(value)] :
			[...view.ops.keys()].filter((op) => view.ops[op].call.toLowerCase().includes(value))));
}

function litKeys(view, state) {
	const keys = state.by === "op" ? litOps(view, state) : new Set(tokens(state.q)
		.filter((token) => token.key === "type" && !token.not).map((token) => token.value));
	return keys.size ? keys : null;
}

function tipText(bar) {
	const at = (layer) => "pass " + layer.pass + ", layer " + layer.layer;
	const head = bar.size > 1 ? "mean of " + at(bar.from) + " to " + at(bar.to) :
		at(bar.from) + ": " + [bar.from.type, bar.from.stage].filter(Boolean).join(", ");
	const lines = [head];
	if (bar.size === 1 && bar.from.module)
		lines.push(bar.from.module);
	lines.push("lasts " + time(bar.dur));
	const parts = chart.series.filter((part) => bar.parts.get(part.key));
	const shown = parts.length <= 14 ? parts :
		[...parts].sort((a, b) => bar.parts.get(b.key) - bar.parts.get(a.key)).slice(0, 13);
	for (const part of shown)
		lines.push(time(bar.parts.get(part.key)).padStart(9) + "  " + part.name);
	if (shown.length < parts.length)
		lines.push("and " + (parts.length - shown.length) + " more");
	return lines.map(clean).join("\n");
}

function hoverLayer(view, state, n) {
	const tip = byId("tip");
	chart.hover = n >= 0 && n < chart.bars.length ? n : -1;
	tip.hidden = chart.hover < 0;
	if (chart.hover >= 0) {
		tip.textContent = tipText(chart.bars[n]);
		const x = chart.left + (n + 1) * chart.step + 10, room = byId("canvas").clientWidth;
		tip.style.left = (x + tip.offsetWidth > room ?
			Math.max(0, chart.left + n * chart.step - tip.offsetWidth - 10) : x) + "px";
	}
	drawLayers(view, state);
}

function legend(view, state) {
	const lit = litKeys(view, state), key = state.by === "type" ? "type" : "op";
	const all = chart.legend.reduce((s, part) => s + part.sum, 0);
	byId("legend").replaceChildren(...chart.legend.map((part) => make("button", {
		type: "button", "aria-pressed": String(Boolean(lit && lit.has(part.key))),
		title: time(part.sum) + ", " + percent(part.sum, all) + " of the layers' time",
		click: (event) => setToken(key, part.key === null ? "none" : part.key, event.shiftKey),
	}, part.swatch(), part.name)));
	const inLayers = percent(view.layers.reduce((s, layer) => s + (layer.sum || 0), 0), view.head.sum);
	byId("layers-note").textContent = plural(view.layers.length, "layer") +
		(view.head.method ? " (" + view.head.method + ")" : "") + " with " + inLayers +
		" of GPU time";
}

function layersTable(view) {
	const head = ["pass", "layer", "type", "stage", "lasts", "kernels", ...TYPES];
	const body = make("tbody");
	for (const layer of view.layers)
		body.append(make("tr", null, make("td", { class: "r" }, layer.pass),
			make("th", { scope: "row", class: "r" }, layer.layer), make("td", null, layer.type),
			make("td", null, layer.stage), make("td", { class: "r" }, time(layer.dur)),
			make("td", { class: "r" }, layer.kernels), TYPES.map((type) =>
				make("td", { class: "r" }, (layer.time || {})[type] ? time(layer.time[type]) : ""))));
	return make("table", null, make("thead", null, make("tr", null,
		head.map((name) => make("th", { scope: "col" }, name)))), body);
}

// One line an op: its GPU time by type. Only what certainly is the op's.
function opsTable(view, state) {
	const types = view.ops.map(() => new Map());
	for (const row of view.rows)
		for (const at of row.certain)
			if (types[at.op])
				types[at.op].set(row.hot.type || "other", (types[at.op].get(row.hot.type || "other") || 0) + at.sum);
	const most = Math.max(...view.ops.map((op) => op.sum), 1e-9), lit = litOps(view, state);
	const body = make("tbody"), order = [...view.ops.keys()];
	if (state.ops === "time")
		order.sort((a, b) => view.ops[b].sum - view.ops[a].sum);
	for (const n of order) {
		const op = view.ops[n];
		const choose = (event) => setToken("op", n, event.shiftKey);
		const bar = make("span", { class: "stack", style: { width: 100 * op.sum / most + "%" } },
			TYPES.filter((type) => types[n].has(type)).map((type) => make("span", {
				style: { background: typeColor(type), flex: types[n].get(type) + " 0 0" },
				title: type + " " + time(types[n].get(type)) })));
		body.append(make("tr", { class: (lit.has(n) ? "lit" : "") + (op.sum ? "" : " dim") },
			make("th", { scope: "row" }, opSwatch(n), sourceLink(label(op.call), op, { class: "mono" }),
				make("div", { class: "dim small" }, place(op) + " · " + op.function)),
			make("td", { class: "opbar" }, make("button", { type: "button", click: choose,
				"aria-pressed": String(lit.has(n)),
				"aria-label": "Only kernels of " + label(op.call) + ", " + percent(op.sum, view.head.sum),
			}, bar)),
			make("td", { class: "r" }, percent(op.sum, view.head.sum),
				make("div", { class: "dim small" }, time(op.sum))),
			make("td", { class: "r small dim", title: plural(op.calls, "kernel call") + ", " +
				plural((op.kernels || []).length, "kernel") }, count(op.calls) + "×")));
	}
	byId("ops-table").replaceChildren(byId("ops-table").querySelector("colgroup"), make("thead", { class: "unseen" }, make("tr", null,
		["op", "time by type", "share", "calls"].map((name) => make("th", { scope: "col" }, name)))), body);
	const sum = view.ops.reduce((s, op) => s + op.sum, 0);
	byId("ops-note").textContent = percent(sum, view.head.sum) + " of GPU time certainly in an op";
}

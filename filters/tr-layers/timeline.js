// The timeline: passes and layers of each device, below them a row a stream, gaps hatched. Drawn
// on a canvas; of each row only what is in view, found by bisection.
const [B_START, B_DUR, B_NAME, B_COUNT, B_SUM, B_SIZE] = [0, 1, 2, 3, 4, 5];
const ROW = 20, BAND = 15, AXIS = 18;
const fromNs = (ns) => us(ns / 1e3);

// A row: flat numbers in groups of B_SIZE, in the order of their start.
function sortedBlocks(flat) {
	const order = Array.from({ length: flat.length / B_SIZE }, (_, n) => n * B_SIZE);
	order.sort((a, b) => flat[a] - flat[b]);
	return Float64Array.from(order.flatMap((at) => flat.slice(at, at + B_SIZE)));
}

function timelineRows(data, layers) {
	const rows = [];
	data.devices.forEach((name, device) => {
		const streams = data.rows.filter((row) => row.device === device);
		if (!streams.length)
			return;
		const passes = data.passes.map((pass, n) => ({ device: pass[0], start: pass[1], dur: pass[2],
			label: n + " " + pass[3], n })).filter((pass) => pass.device === device);
		const own = new Set(passes.map((pass) => pass.n));
		if (data.devices.length > 1)
			rows.push({ head: name });
		if (passes.length)
			rows.push({ name: "passes", spans: passes, color: "--line" });
		const inside = layers.filter((layer) => own.has(layer[PASS])).map((layer) => ({ start: layer[4] * 1e3,
			dur: layer[DUR] * 1e3, label: layer[LAYER] + " " + layer[TYPE], tip: "pass " + layer[PASS] + ", layer " +
			layer[LAYER] + ": " + layer[TYPE] + ", " + layer[STAGE] + (layer[MODULE] ? "\n" + layer[MODULE] : "") }));
		if (inside.length)
			rows.push({ name: "layers", spans: inside.sort((a, b) => a.start - b.start), color: "--head" });
		const gaps = data.gaps.filter((gap) => gap[0] === device).sort((a, b) => a[1] - b[1]);
		if (gaps.length)
			rows.push({ name: "nothing runs", gaps });
		streams.forEach((row) => rows.push({ name: row.name, blocks: sortedBlocks(row.blocks), under: gaps }));
	});
	return rows;
}

// Unknown causes are grey: nobody is blamed for them.
const causeColor = (cause) => CAUSES[cause].startsWith("unknown") ? "--soft" : "--t4";

function hatch(color, scale) {
	const tile = make("canvas", { width: 8 * scale, height: 8 * scale }), c = tile.getContext("2d");
	c.strokeStyle = color;
	c.lineWidth = 1.4 * scale;
	c.beginPath();
	for (const x of [-4, 4, 12]) {
		c.moveTo((x - 4) * scale, 8 * scale);
		c.lineTo((x + 4) * scale, 0);
	}
	c.stroke();
	return tile;
}

function timeline(section) {
	const box = section.querySelector(".timeline");
	if (!box)
		return;
	const data = JSON.parse(section.querySelector(".timeline-data").textContent);
	const list = section.querySelector(".layers");
	const rows = timelineRows(data, list ? JSON.parse(list.textContent) : []);
	const canvas = box.querySelector("canvas"), tip = box.querySelector(".tip"), range = box.querySelector(".range");
	const c = canvas.getContext("2d");
	const whole = [0, Math.max(data.span, 1)];
	let [from, to] = whole, left = 90, width = 100, hover = null, hatches = {};
	canvas.style.height = AXIS + rows.length * ROW + 4 + "px";

	const x = (time) => left + (time - from) / (to - from) * (width - left);
	const time = (at) => from + (at - left) / (width - left) * (to - from);

	// The first of a sorted list that may be in view: `end` tells when its nth ends.
	function firstIn(count, start) {
		let low = 0, high = count;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (start(middle) < from)
				low = middle + 1;
			else
				high = middle;
		}
		return Math.max(0, low - 1);
	}

	function bar(start, dur, top, fill, label, style, color) {
		const a = Math.max(x(start), left), b = Math.min(x(start + dur), width);
		if (b < left || a > width)
			return;
		c.fillStyle = fill;
		c.fillRect(a, top, Math.max(b - a - (b - a > 6 ? .7 : 0), .6), BAND);
		if (label && b - a > 24) {
			c.save();
			c.beginPath();
			c.rect(a, top, b - a - 2, BAND);
			c.clip();
			c.fillStyle = color;
			c.fillText(label, a + 3, top + 11.5);
			c.restore();
		}
	}

	function pattern(color, style) {
		if (!hatches[color]) {
			const scale = devicePixelRatio || 1;
			hatches[color] = c.createPattern(hatch(style.getPropertyValue(color), scale), "repeat");
			hatches[color].setTransform(new DOMMatrix().scale(1 / scale));
		}
		return hatches[color];
	}

	function drawGaps(gaps, top, style, faint) {
		for (let n = firstIn(gaps.length, (at) => gaps[at][1]); n < gaps.length && gaps[n][1] < to; n++) {
			const color = causeColor(gaps[n][3]);
			c.globalAlpha = faint ? .35 : 1;
			bar(gaps[n][1], gaps[n][2], top, pattern(color, style));
			c.globalAlpha = 1;
			const a = Math.max(x(gaps[n][1]), left), b = Math.min(x(gaps[n][1] + gaps[n][2]), width);
			if (!faint && b - a > 36) {
				const label = CAUSES[gaps[n][3]], size = Math.min(c.measureText(label).width + 6, b - a);
				c.fillStyle = style.getPropertyValue("--bg");
				c.fillRect(a + 2, top + 1, size, BAND - 2);
				c.save();
				c.beginPath();
				c.rect(a, top, b - a, BAND);
				c.clip();
				c.fillStyle = style.getPropertyValue("--fg");
				c.fillText(label, a + 5, top + 11.5);
				c.restore();
			}
		}
	}

	function drawBlocks(row, top, style) {
		const blocks = row.blocks, count = blocks.length / B_SIZE;
		let last = -1;
		for (let n = firstIn(count, (at) => blocks[at * B_SIZE]); n < count && blocks[n * B_SIZE] < to; n++) {
			const at = n * B_SIZE, a = x(blocks[at]), b = x(blocks[at] + blocks[at + B_DUR]);
			// What lies within one point that is drawn already is not drawn again.
			if (b < last + .5)
				continue;
			last = b;
			const [name, type] = data.names[blocks[at + B_NAME]];
			bar(blocks[at], blocks[at + B_DUR], top, style.getPropertyValue("--t" + type),
				blocks[at + B_COUNT] > 1 ? blocks[at + B_COUNT] + " kernels" : name, style, style.getPropertyValue("--bg"));
		}
	}

	function drawAxis(style) {
		const wish = (to - from) / Math.max(2, (width - left) / 110), unit = 10 ** Math.floor(Math.log10(wish));
		const by = [1, 2, 5, 10].map((n) => n * unit).find((one) => one >= wish);
		c.fillStyle = style.getPropertyValue("--soft");
		for (let at = Math.ceil(from / by) * by; at <= to; at += by) {
			c.fillStyle = style.getPropertyValue("--line");
			c.fillRect(x(at), AXIS, 1, rows.length * ROW);
			c.fillStyle = style.getPropertyValue("--soft");
			c.fillText(fromNs(Math.round(at)), Math.min(x(at) + 3, width - 60), 12);
		}
	}

	function draw() {
		const style = getComputedStyle(document.documentElement), scale = devicePixelRatio || 1;
		width = canvas.clientWidth;
		left = width < 500 ? 76 : 96;
		canvas.width = width * scale;
		canvas.height = canvas.clientHeight * scale;
		c.scale(scale, scale);
		c.font = "11px system-ui, sans-serif";
		hatches = {};
		drawAxis(style);
		rows.forEach((row, n) => {
			const top = AXIS + n * ROW + 3;
			c.fillStyle = style.getPropertyValue(row.head ? "--fg" : "--soft");
			c.fillText(row.head || row.name, 2, top + 11.5, row.head ? width : left - 6);
			if (row.under)
				drawGaps(row.under, top, style, true);
			if (row.gaps)
				drawGaps(row.gaps, top, style, false);
			if (row.blocks)
				drawBlocks(row, top, style);
			for (let m = row.spans ? firstIn(row.spans.length, (at) => row.spans[at].start) : 0;
				row.spans && m < row.spans.length && row.spans[m].start < to; m++) {
				const span = row.spans[m], a = Math.max(x(span.start), left);
				bar(span.start, span.dur, top, style.getPropertyValue(row.color), span.label, style,
					style.getPropertyValue("--fg"));
				c.fillStyle = style.getPropertyValue("--soft");
				c.fillRect(a, top, .7, BAND);
			}
		});
		range.textContent = fromNs(Math.round(from)) + " to " + fromNs(Math.round(to));
	}

	function look(at, y) {
		const row = rows[Math.floor((y - AXIS) / ROW)], moment = time(at), slack = (to - from) / width * 2;
		const holds = (start, dur) => start - slack <= moment && moment <= start + dur + slack;
		if (!row || at < left)
			return null;
		const gap = (list) => list && list.find((one) => holds(one[1], one[2]));
		const tell = (one) => one && { start: one[1], dur: one[2], text: ["nothing runs, " + fromNs(one[2]) + ": " +
			CAUSES[one[3]], one[4] && "in " + one[4], one[5] && "call " + one[5], one[6] && "before " + one[6]] };
		if (row.spans) {
			const span = row.spans.find((one) => holds(one.start, one.dur));
			return span && { start: span.start, dur: span.dur, text: [span.tip || "pass " + span.label, fromNs(span.dur)] };
		}
		for (let n = 0; row.blocks && n < row.blocks.length; n += B_SIZE) {
			const [start, dur, name, count, sum] = row.blocks.subarray(n, n + B_SIZE);
			if (start > moment + slack)
				break;
			if (holds(start, dur))
				return { start, dur, text: [count > 1 ? count + " kernels, longest " + data.names[name][0] : data.names[name][0],
					TYPES[data.names[name][1]], fromNs(dur) + (count > 1 ? ", at work " + fromNs(sum) : ""),
					"at " + fromNs(start)] };
		}
		return tell(gap(row.gaps || row.under)) || null;
	}

	function show(event) {
		hover = look(event.offsetX, event.offsetY);
		tip.hidden = !hover;
		if (hover) {
			tip.textContent = hover.text.filter(Boolean).join("\n");
			tip.style.left = Math.max(0, Math.min(event.offsetX + 12, canvas.clientWidth - tip.offsetWidth - 4)) + "px";
			tip.style.top = event.offsetY + 16 + "px";
		}
	}

	function zoom(by, middle = (from + to) / 2) {
		const size = Math.min(Math.max((to - from) * by, 100), whole[1]);
		const start = middle - (middle - from) * size / (to - from);
		go(start, size);
	}

	function go(start, size) {
		from = Math.min(Math.max(start, 0), whole[1] - size);
		to = from + size;
		draw();
	}

	let held = null;
	canvas.onpointerdown = (event) => {
		held = { at: event.offsetX, from };
		canvas.setPointerCapture(event.pointerId);
	};
	canvas.onpointerup = () => held = null;
	canvas.onpointermove = (event) => {
		if (held) {
			tip.hidden = true;
			go(held.from - (event.offsetX - held.at) / (width - left) * (to - from), to - from);
		} else
			show(event);
	};
	canvas.onpointerleave = () => tip.hidden = true;
	canvas.ondblclick = () => hover ? go(hover.start - hover.dur * .1, Math.max(hover.dur * 1.2, 100)) : go(0, whole[1]);
	canvas.addEventListener("wheel", (event) => {
		if (!event.ctrlKey && !event.metaKey)
			return;
		event.preventDefault();
		zoom(event.deltaY > 0 ? 1.25 : .8, time(event.offsetX));
	}, { passive: false });
	const acts = { in: () => zoom(.5), out: () => zoom(2), all: () => go(0, whole[1]) };
	canvas.onkeydown = (event) => {
		const act = { "+": acts.in, "=": acts.in, "-": acts.out, 0: acts.all,
			ArrowRight: () => go(from + (to - from) / 8, to - from),
			ArrowLeft: () => go(from - (to - from) / 8, to - from) }[event.key];
		if (!act)
			return;
		event.preventDefault();
		act();
	};
	box.querySelectorAll("[data-do]").forEach((button) => button.onclick = acts[button.dataset.do]);
	const used = new Set(data.rows.flatMap((row) => row.blocks.filter((_, n) => n % B_SIZE === B_NAME))
		.map((name) => data.names[name][1]));
	TYPES.forEach((name, type) => used.has(type) && box.querySelector(".legend").append(
		make("span", {}, Object.assign(make("i", {}), { style: "background:var(--t" + type + ")" }), name)));
	if (data.gaps.length)
		box.querySelector(".legend").append(make("span", {}, make("i", { className: "why" }), "nothing runs"),
			make("span", {}, make("i", { className: "why unknown" }), "nothing runs, unknown why"));
	new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
	box.ontoggle = draw;
	addEventListener("resize", draw);
	draw();
}

document.querySelectorAll(".trace").forEach(timeline);

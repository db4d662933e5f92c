// The flame graph: callers above what they call, as wide as the GPU's time that they launched.
const FRAME = 17;

// Where each frame begins: children after one another, from where their caller begins.
function flameFrames(data) {
	const ends = [0], frames = [];
	for (let n = 0; n < data.frames.length; n += 3) {
		const [depth, name, ns] = data.frames.slice(n, n + 3), start = ends[depth - 1];
		frames.push({ depth, name, ns, start });
		ends[depth - 1] = start + ns;
		ends[depth] = start;
	}
	return frames;
}

// Frames of one file have one hue.
function hueOf(name) {
	const file = (/\(([^()]*?):\d+\)$/.exec(name) || [0, name])[1];
	let hash = 7;
	for (const letter of file)
		hash = (hash * 31 + letter.codePointAt(0)) % 360;
	return hash;
}

// "run_batch, scheduler.py:2919"
const shortFrame = (name) => name.replace(/ \((?:.*\/)?([^/()]*:\d+)\)$/, ", $1");

function flame(section) {
	const box = section.querySelector(".flame");
	if (!box)
		return;
	const data = JSON.parse(section.querySelector(".flame-data").textContent), frames = flameFrames(data);
	const canvas = box.querySelector("canvas"), tip = box.querySelector(".tip"), c = canvas.getContext("2d");
	const search = box.querySelector("input"), found = box.querySelector(".found");
	const hues = data.names.map(hueOf), labels = data.names.map(shortFrame);
	let from = 0, size = data.total, top = null, width = 100, at = -1;
	canvas.style.height = (frames.reduce((most, frame) => Math.max(most, frame.depth), 0) + 1) * FRAME + "px";

	const x = (ns) => (ns - from) / size * width;
	const inView = (frame) => frame.start < from + size && frame.start + frame.ns > from;
	const hit = (frame) => search.value && data.names[frame.name].toLowerCase().includes(search.value.toLowerCase());

	function put(depth, start, ns, fill, label, text) {
		const a = Math.max(x(start), 0), b = Math.min(x(start + ns), width);
		c.fillStyle = fill;
		c.fillRect(a, depth * FRAME, Math.max(b - a - .5, .5), FRAME - 1);
		if (b - a < 30)
			return;
		c.save();
		c.beginPath();
		c.rect(a, depth * FRAME, b - a - 3, FRAME);
		c.clip();
		c.fillStyle = text;
		c.fillText(label, a + 3, depth * FRAME + 12);
		c.restore();
	}

	function draw() {
		const style = getComputedStyle(document.documentElement), scale = devicePixelRatio || 1;
		const light = isDark() ? 30 : 84, fg = style.getPropertyValue("--fg");
		width = canvas.clientWidth;
		canvas.width = width * scale;
		canvas.height = canvas.clientHeight * scale;
		c.scale(scale, scale);
		c.font = "11px system-ui, sans-serif";
		put(0, 0, data.total, style.getPropertyValue("--head"), "all, " + fromNs(data.total), fg);
		let sum = 0;
		const under = [];
		for (const frame of frames) {
			// Once for a call within a call of the same.
			under.length = frame.depth;
			under[frame.depth] = under[frame.depth - 1] || hit(frame);
			if (hit(frame) && !under[frame.depth - 1])
				sum += frame.ns;
			if (!inView(frame) || frame.ns / size * width < .3)
				continue;
			put(frame.depth, frame.start, frame.ns, hit(frame) ? style.getPropertyValue("--hit") :
				"hsl(" + hues[frame.name] + " 45% " + light + "%)", labels[frame.name], fg);
			if (frames[at] === frame) {
				c.strokeStyle = fg;
				c.strokeRect(Math.max(x(frame.start), 0) + .5, frame.depth * FRAME + .5,
					Math.min(x(frame.start + frame.ns), width) - Math.max(x(frame.start), 0) - 1, FRAME - 2);
			}
		}
		found.textContent = search.value ? fromNs(sum) + ", " + (100 * sum / data.total).toFixed(1) + " %" : "";
	}

	function zoom(frame) {
		top = frame;
		[from, size] = frame ? [frame.start, frame.ns] : [0, data.total];
		draw();
	}

	const under = (event) => frames.findIndex((frame) => frame.depth === Math.floor(event.offsetY / FRAME) &&
		inView(frame) && x(frame.start) <= event.offsetX && event.offsetX <= x(frame.start + frame.ns));

	function show(n, left, y) {
		at = n;
		tip.hidden = n < 0;
		if (n >= 0) {
			tip.textContent = data.names[frames[n].name] + "\n" + fromNs(frames[n].ns) + ", " +
				(100 * frames[n].ns / data.total).toFixed(1) + " %";
			tip.style.left = Math.max(0, Math.min(left + 12, canvas.clientWidth - tip.offsetWidth - 4)) + "px";
			tip.style.top = y + 18 + "px";
		}
		draw();
	}

	canvas.onmousemove = (event) => show(under(event), event.offsetX, event.offsetY);
	canvas.onmouseleave = canvas.onblur = () => show(-1, 0, 0);
	canvas.onclick = (event) => {
		const frame = frames[under(event)];
		zoom(frame === top ? null : frame || null);
	};
	canvas.onkeydown = (event) => {
		const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
		if (event.key === "Enter" && at >= 0)
			zoom(frames[at] === top ? null : frames[at]);
		else if (event.key === "Escape")
			zoom(null);
		else if (by)
			show(Math.max(0, Math.min(frames.length - 1, at + by)), 20, frames[Math.max(0,
				Math.min(frames.length - 1, at + by))].depth * FRAME);
		else
			return;
		event.preventDefault();
	};
	search.oninput = draw;
	box.querySelector("button").onclick = () => zoom(null);
	new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
	box.ontoggle = draw;
	addEventListener("resize", draw);
	draw();
}

document.querySelectorAll(".trace").forEach(flame);

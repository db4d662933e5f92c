// A bar for each layer on a canvas, so that ten thousand of them are no burden.
const [PASS, LAYER, TYPE, STAGE, , DUR, TIMES, MODULE] = [0, 1, 2, 3, 4, 5, 6, 7];

function us(value) {
	const [unit, name] = value >= 1e6 ? [1e6, " s"] : value >= 1e3 ? [1e3, " ms"] : [1, " µs"];
	return value === 0 ? "0" : (value / unit).toPrecision(4) + name;
}

function make(tag, properties, ...children) {
	const element = Object.assign(document.createElement(tag), properties);
	element.append(...children);
	return element;
}

function chart(section) {
	const figure = section.querySelector(".chart");
	const layers = figure ? JSON.parse(section.querySelector(".layers").textContent) : [];
	if (!layers.length)
		return;
	figure.hidden = false;
	const canvas = figure.querySelector("canvas"), tip = figure.querySelector(".tip");
	const pass = figure.querySelector(".pass"), mode = figure.querySelector(".mode");
	const shown = TYPES.map((_, type) => layers.some((layer) => layer[TIMES][type] > 0));
	let bars = [], left = 0, step = 1, hover = -1;

	function drawAxis(c, style, share, top, bottom, high) {
		c.textAlign = "right";
		for (let i = 0; i <= 4; i++) {
			const y = bottom - high * i / 4;
			c.fillStyle = style.getPropertyValue("--line");
			c.fillRect(left, y, canvas.clientWidth - left - 8, 1);
			c.fillStyle = style.getPropertyValue("--soft");
			c.fillText(share ? i * 25 + " %" : us(top * i / 4), left - 6, y + 4);
		}
		c.textAlign = "center";
		const every = Math.ceil(40 / step);
		bars.forEach((layer, n) => {
			if (n % every === 0)
				c.fillText(layer[LAYER], left + (n + .5) * step, bottom + 14);
			if (n && bars[n - 1][PASS] !== layer[PASS])
				c.fillRect(left + n * step - .5, 4, 1, bottom - 4);
		});
	}

	function draw() {
		const style = getComputedStyle(document.documentElement), scale = devicePixelRatio || 1;
		const width = canvas.clientWidth, height = canvas.clientHeight, c = canvas.getContext("2d");
		canvas.width = width * scale;
		canvas.height = height * scale;
		c.scale(scale, scale);
		c.font = "11px system-ui, sans-serif";
		bars = layers.filter((layer) => +pass.value < 0 || layer[PASS] === +pass.value);
		const total = (layer) => layer[TIMES].reduce((sum, time, type) => sum + (shown[type] ? time : 0), 0);
		const share = mode.value === "share";
		const top = share ? 1 : bars.reduce((most, layer) => Math.max(most, total(layer)), 1e-9) * 1.05;
		const bottom = height - 20, high = bottom - 8;
		left = 64;
		step = (width - left - 8) / bars.length;
		drawAxis(c, style, share, top, bottom, high);
		bars.forEach((layer, n) => {
			const sum = total(layer) || 1;
			let y = bottom;
			layer[TIMES].forEach((time, type) => {
				if (!shown[type] || !time)
					return;
				const size = high * (share ? time / sum : time / top);
				y -= size;
				c.fillStyle = style.getPropertyValue("--t" + type);
				c.globalAlpha = hover < 0 || hover === n ? 1 : .55;
				c.fillRect(left + n * step, y, Math.max(step - (step > 6 ? 1 : 0), .5), size);
			});
		});
	}

	function show(n, x) {
		hover = n >= 0 && n < bars.length ? n : -1;
		tip.hidden = hover < 0;
		if (hover >= 0) {
			const layer = bars[hover];
			tip.textContent = ["pass " + layer[PASS] + ", layer " + layer[LAYER] + ": " + layer[TYPE] +
				", " + layer[STAGE], layer[MODULE], "lasts " + us(layer[DUR]), ...TYPES.map((name, type) =>
				layer[TIMES][type] ? name + " " + us(layer[TIMES][type]) : "")].filter(Boolean).join("\n");
			tip.style.left = Math.min(x + 12, canvas.clientWidth - 190) + "px";
			tip.style.top = "3rem";
		}
		draw();
	}

	const passes = new Map(layers.map((layer) => [layer[PASS], layer[STAGE]]));
	if (passes.size > 1)
		pass.append(make("option", { value: -1 }, "all"));
	for (const [number, stage] of passes)
		pass.append(make("option", { value: number }, number + " " + stage));
	pass.value = layers[0][PASS];
	TYPES.forEach((name, type) => {
		if (!shown[type])
			return;
		const dot = make("i", {});
		dot.style.background = "var(--t" + type + ")";
		const button = make("button", { type: "button", onclick() {
			shown[type] = !shown[type];
			button.setAttribute("aria-pressed", shown[type]);
			draw();
		} }, dot, name);
		button.setAttribute("aria-pressed", true);
		figure.querySelector(".legend").append(button);
	});
	canvas.onmousemove = (event) => show(Math.floor((event.offsetX - left) / step), event.offsetX);
	canvas.onmouseleave = canvas.onblur = () => show(-1, 0);
	canvas.onkeydown = (event) => {
		const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
		if (!by)
			return;
		event.preventDefault();
		const n = Math.max(0, Math.min(bars.length - 1, hover + by));
		show(n, left + n * step);
	};
	pass.onchange = mode.onchange = () => show(-1, 0);
	new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
	addEventListener("resize", draw);
	draw();
}

document.title = (document.querySelector("h1") || document).textContent.split(":")[0] || document.title;
document.querySelectorAll(".trace").forEach(chart);

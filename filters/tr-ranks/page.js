// Two maps on canvases, so that a thousand ranks are no burden: a row for each rank, a column for
// each pass or layer.
function us(value) {
	const [unit, name] = value >= 1e6 ? [1e6, " s"] : value >= 1e3 ? [1e3, " ms"] : [1, " µs"];
	return value === 0 ? "0" : (value / unit).toPrecision(4) + name;
}

const ranks = JSON.parse(document.getElementById("data").textContent);

// From what lies below to what stands out, on any background.
function colour(share, style) {
	const part = Math.max(0, Math.min(1, share));
	return `color-mix(in oklab, ${style.getPropertyValue("--t4")} ${(part * 100).toFixed(1)}%, ${style.getPropertyValue("--head")})`;
}

function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted.length ? sorted[sorted.length >> 1] : 0;
}

// rows: [name, Map of column to the numbers of its square]; shows: [title, value, to median]
function heat(id, key, columnName, shows) {
	const figure = document.getElementById(id);
	const rows = ranks.map((rank) => ({ rank, squares: new Map(rank[key].map((one) => [one[0], one])) }))
		.filter((row) => row.squares.size);
	if (!rows.length)
		return;
	figure.hidden = false;
	// What is outside of layers comes last.
	const columns = [...new Set(rows.flatMap((row) => [...row.squares.keys()]))]
		.sort((a, b) => (a < 0) - (b < 0) || a - b);
	const canvas = figure.querySelector("canvas"), tip = figure.querySelector(".tip");
	const [show, order] = figure.querySelectorAll("select");
	shows.forEach(([title], n) => show.append(Object.assign(document.createElement("option"), { value: n, textContent: title })));
	const high = Math.max(3, Math.min(18, Math.floor(900 / rows.length))), bottom = 22;
	let left = 60, step = 1, at = null, shown = rows;

	function sorted() {
		return order.value === "late" ? rows : [...rows].sort((a, b) => a.rank.number - b.rank.number ||
			String(a.rank.rank).localeCompare(String(b.rank.rank), undefined, { numeric: true }));
	}

	function draw() {
		const style = getComputedStyle(document.documentElement), scale = devicePixelRatio || 1;
		const [, value, toMedian] = shows[show.value], c = canvas.getContext("2d");
		shown = sorted();
		canvas.style.height = shown.length * high + bottom + "px";
		const width = canvas.clientWidth;
		canvas.width = width * scale;
		canvas.height = (shown.length * high + bottom) * scale;
		c.scale(scale, scale);
		c.font = "11px system-ui, sans-serif";
		left = Math.min(width / 4, 12 + shown.reduce((most, row) => Math.max(most, c.measureText(row.rank.rank).width), 0));
		step = (width - left - 4) / columns.length;
		const middle = new Map(columns.map((column) => [column, toMedian ?
			median(rows.filter((row) => row.squares.has(column)).map((row) => value(row.squares.get(column)))) : 0]));
		const of = (square) => toMedian ? value(square) / (middle.get(square[0]) || 1) - 1 : value(square);
		// Some per cent are noise, and shown as such.
		let most = toMedian ? .05 : 0;
		for (const row of rows)
			for (const square of row.squares.values())
				most = Math.max(most, of(square));
		c.textAlign = "right";
		c.fillStyle = style.getPropertyValue("--soft");
		const every = Math.ceil(12 / high);
		shown.forEach((row, n) => n % every === 0 &&
			c.fillText(row.rank.rank, left - 6, n * high + high / 2 + 4, left - 8));
		const colours = Array.from({ length: 65 }, (_, n) => colour(n / 64, style));
		shown.forEach((row, n) => {
			for (const [k, column] of columns.entries()) {
				const square = row.squares.get(column);
				if (!square)
					continue;
				c.fillStyle = colours[Math.round(64 * Math.max(0, most ? of(square) / most : 0))];
				c.fillRect(left + k * step, n * high, Math.max(step - (step > 4 ? 1 : 0), .5), high - (high > 4 ? 1 : 0));
			}
		});
		c.fillStyle = style.getPropertyValue("--soft");
		const apart = Math.ceil(40 / step);
		columns.forEach((column, k) => {
			const y = shown.length * high + 14;
			c.textAlign = column < 0 ? "right" : "center";
			if (column < 0)
				c.fillText("outside", width - 4, y);
			else if (k % apart === 0 && (columns.at(-1) >= 0 || (k + .5) * step < width - left - 70))
				c.fillText(column, left + (k + .5) * step, y);
		});
		if (at) {
			c.strokeStyle = style.getPropertyValue("--fg");
			c.strokeRect(left + at[0] * step, at[1] * high, step, high);
		}
		const text = (share) => toMedian ? "+" + (100 * share).toFixed(1) + " %" : us(share);
		figure.querySelector(".low").textContent = toMedian ? "median or below" : "0";
		figure.querySelector(".high").textContent = text(most);
		figure.querySelector(".scale").style.background =
			`linear-gradient(to right, ${colour(0, style)}, ${colour(1, style)})`;
	}

	function point(k, n) {
		const row = shown[n], column = columns[k], square = row && row.squares.get(column);
		at = square ? [k, n] : null;
		tip.hidden = !square;
		if (square) {
			tip.textContent = ["rank " + row.rank.rank + ", " + (column < 0 ? "outside of layers" : columnName + " " + column),
				...shows.filter(([, , toMedian]) => !toMedian).map(([title, value]) => title + " " + us(value(square))),
				row.rank.file].join("\n");
			tip.style.left = Math.max(0, Math.min(left + k * step + 14, canvas.clientWidth - tip.offsetWidth - 4)) + "px";
			tip.style.top = canvas.offsetTop + n * high + high + 4 + "px";
		}
		draw();
	}

	canvas.onmousemove = (event) => point(Math.floor((event.offsetX - left) / step), Math.floor(event.offsetY / high));
	canvas.onmouseleave = canvas.onblur = () => point(-1, -1);
	canvas.onkeydown = (event) => {
		const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
		if (!by)
			return;
		event.preventDefault();
		const [k, n] = at ? at : [-by[0], -by[1]];
		point(Math.max(0, Math.min(columns.length - 1, k + by[0])), Math.max(0, Math.min(shown.length - 1, n + by[1])));
	};
	show.onchange = order.onchange = () => point(-1, -1);
	new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
	addEventListener("resize", draw);
	draw();
}

heat("passes", "passes", "pass", [["others waited for it", (one) => one[5], false],
	["it waited", (one) => one[4], false], ["wall time, above the median rank", (one) => one[1], true],
	["idle", (one) => one[3], false], ["busy", (one) => one[2], false], ["wall time", (one) => one[1], false]]);
heat("layers", "layers", "layer", [["it waited", (one) => one[1], false],
	["others waited for it", (one) => one[2], false], ["transfer", (one) => one[3], false]]);

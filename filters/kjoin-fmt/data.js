// What the page's other parts share: the records, figures as people read them, elements.
const page = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const EXPLAINED = {
	chain: "op and calls", stack: "Python function", symbol: "Python kernel", between: "ops around it",
	library: "library", none: "unmatched",
};
// How sure a place is, by how it was found; all others are told by names.
const GRADES = { frames: "frames", capture: "frames", plan: "plan", order: "order" };

// A name stays text: what breaks lines or turns the direction of writing is spelled out.
const clean = (text) => String(text).replace(
	/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
	(c) => c === "\n" ? "\\n" : c === "\t" ? "\\t" :
		"\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

function make(tag, properties, ...children) {
	const element = document.createElement(tag);
	for (const [key, value] of Object.entries(properties || {})) {
		if (value === undefined || value === null || value === false)
			continue;
		if (typeof value === "function")
			element.addEventListener(key, value);
		else if (key === "style")
			for (const [name, set] of Object.entries(value))
				element.style.setProperty(name, set);
		else
			element.setAttribute(key, value === true ? "" : clean(value));
	}
	for (const child of children.flat(Infinity))
		if (child !== null && child !== undefined && child !== false)
			element.append(typeof child === "object" ? child : clean(child));
	return element;
}

const isNumber = (value) => typeof value === "number" && isFinite(value);
const digits = (value) => Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;

function time(us) {
	if (!isNumber(us))
		return "–";
	const [unit, name] = us >= 1e6 ? [1e6, "s"] : us >= 1e3 ? [1e3, "ms"] : [1, "µs"];
	return us === 0 ? "0" : (us / unit).toFixed(digits(us / unit)) + " " + name;
}

// Never 0.0 % of what is there, never 100.0 % of what is not all.
function percent(part, whole = 1) {
	const value = whole > 0 ? 100 * part / whole : 0;
	return value > 0 && value < 0.05 ? "<0.1 %" : value < 99.9999 && value >= 99.95 ? ">99.9 %" :
		value.toFixed(1) + " %";
}

// Three digits that count: 5,793 and 0.0417.
const figure = (value) => value >= 100 ? Math.round(value).toLocaleString("en-US") :
	String(Number(value.toPrecision(3)));
const count = (number) => isNumber(number) ? number.toLocaleString("en-US") : "–";
const plural = (number, word) => count(number) + " " + word + (number === 1 ? "" : "s");
const baseName = (path) => path ? path.split("/").pop() : "?";
const place = (at) => at.line ? baseName(at.file) + ":" + at.line : baseName(at.file);

// "self.qkv_proj(x)" and "kernel[grid]" by the name that stands in the line.
function label(call) {
	let name = String(call);
	for (let last = ""; name !== last && /[)\]]$/.test(name);) {
		last = name;
		name = name.replace(/\([^()]*\)$|\[[^[\]]*\]$/, "");
	}
	const cut = /[)\]]$/.test(name) ? String(call).split(/[([]/)[0] : name;
	return cut.startsWith("super().") ? cut : cut.split(/[)\]]\.?/).pop() || cut || String(call);
}

// Links lead where the reader's editor or forge opens them, once that was told; else to the
// trees beside the page.
const links = { template: "" };
try {
	links.template = localStorage.getItem("warpipe-links") || "";
} catch (refused) { /* nothing is stored for this page */ }

function href(file, line) {
	const path = encodeURI(file).replace(/[?#]/g, encodeURIComponent);
	if (/^(https?|file|vscode(-insiders)?|cursor|idea|zed|txmt):/.test(links.template))
		return links.template.replace("{path}", () => path).replace("{line}", () => line || 1);
	return encodeURI(page.prefix) + path + (line ? "#L" + line : "");
}

// Where the tree has a file that the trace names; null for files of something else, where a
// link would lead nowhere.
function treePath(view, file) {
	const tree = view.head.tree ? baseName(view.head.tree.replace(/\/+$/, "")) : "";
	const root = tree + "/python/", known = view.ops.length && view.ops[0].file || "";
	const inPackage = known.startsWith(root);
	const name = (inPackage ? known.slice(root.length).split("/")[0] : tree) + "/";
	const at = file.startsWith(name) && !file.includes("/" + name) ? 0 : file.lastIndexOf("/" + name) + 1;
	return name === "/" || (at === 0 && !file.startsWith(name)) ? null :
		(inPackage ? root : "") + file.slice(at);
}

// The call site of a place's op, the function that was seen to launch it, and the op before it.
const siteOf = (view, at) => at.at || view.ops[at.op] || null;
const seenIn = (view, at) => at.stack && (at.stack.find((frame) => treePath(view, frame.file)) || at.stack[0]);

function seenLink(view, frame, text) {
	const path = treePath(view, frame.file);
	return path ? make("a", { class: "small", title: frame.file + ":" + frame.line,
		href: href(path, frame.line) }, text || place(frame)) :
		make("span", { class: "dim small", title: frame.file }, text || place(frame));
}

function sourceLink(text, at, properties) {
	return at.file ? make("a", { href: href(at.file, at.line), title: at.file + ":" + at.line,
		...properties }, text) : make("span", properties, text);
}

// One row: the record and what its cells and the filter ask of it.
function rowOf(view, hot) {
	const places = hot.places || [];
	const certain = places.filter((at) => at.certain).sort((a, b) => b.sum - a.sum);
	const maybe = places.filter((at) => !at.certain);
	const main = certain[0] || maybe[0] || null;
	const row = { hot, certain, maybe, main, open: false };
	row.unclear = maybe.length ? Math.max(0, hot.sum - certain.reduce((s, at) => s + at.sum, 0)) : 0;
	row.ops = new Set(places.map((at) => at.op).filter((op) => op !== null && op !== undefined));
	row.definition = main && main.definition || null;
	row.rate = rateOf(certain, maybe);
	return row;
}

// The rate of all certain places by their time; of candidates only where they agree.
function rateOf(certain, maybe) {
	const rated = certain.filter((at) => at.rate && isNumber(at.rate.ceiling_pct));
	if (rated.length) {
		const sum = rated.reduce((s, at) => s + at.sum, 0) || 1;
		const value = rated.reduce((s, at) => s + at.rate.ceiling_pct * at.sum, 0) / sum;
		const hows = new Set(rated.map((at) => at.rate.how));
		return { ...rated[0].rate, ceiling_pct: value, how: hows.size === 1 ? rated[0].rate.how :
			"mixed", part: rated.length < certain.length || maybe.length > 0 };
	}
	if (certain.length)
		return certain[0].rate || null;
	const same = maybe.length && maybe.every((at) => at.rate && maybe[0].rate &&
		at.rate.ceiling_pct === maybe[0].rate.ceiling_pct);
	return same ? maybe[0].rate : null;
}

const views = page.streams.map((records) => {
	const view = { head: records[0], ops: [], rows: [], layers: [] };
	for (const record of records)
		if (record.kind === "op")
			view.ops.push(record);
		else if (record.kind === "layer")
			view.layers.push(record);
	for (const record of records)
		if (record.kind === "hot")
			view.rows.push(rowOf(view, record));
	return view;
});

// What the words of a filter are looked for in, made when it is first asked for.
function haystack(view, row) {
	if (row.haystack === undefined) {
		const hot = row.hot, parts = [hot.name, hot.short, hot.type, hot.family, hot.library,
			hot.stage, EXPLAINED[hot.explained]];
		for (const at of hot.places || []) {
			const op = siteOf(view, at), seen = at.stack && at.stack[0];
			parts.push(at.kernel, at.source, at.definition, op && op.call,
				op && op.file + ":" + op.line, op && op.function, at.launch && at.launch.op,
				seen && seen.function, seen && seen.file);
			for (const frame of at.chain ? at.chain.frames : [])
				parts.push(frame.call + "()", frame.file + ":" + frame.line, frame.function);
		}
		row.haystack = parts.filter(Boolean).join("\n").toLowerCase();
	}
	return row.haystack;
}

const any = (row, key, value) => (row.hot.places || []).some((at) =>
	String(at[key] || "").toLowerCase() === value);
const KEYS = {
	type: (row, value) => (row.hot.type || "other") === value,
	stage: (row, value) => row.hot.stage === value,
	explained: (row, value) => row.hot.explained === (value === "unmatched" ? "none" : value),
	op: (row, value) => value === "none" ? !row.ops.size : /^\d+$/.test(value) ?
		row.ops.has(Number(value)) : (row.hot.places || []).some((at) => at.at &&
		at.at.call.toLowerCase().includes(value)),
	source: (row, value) => any(row, "source", value),
	symbol: (row, value) => any(row, "kernel", value),
	definition: (row, value) => any(row, "definition", value),
	how: (row, value) => any(row, "how", value),
	library: (row, value) => String(row.hot.library || "").toLowerCase() === value,
	is: (row, value) => value === "ambiguous" ? row.maybe.length > 0 :
		value === "certain" ? row.certain.length > 0 && !row.maybe.length :
		value === "unmatched" ? row.hot.explained === "none" : false,
};

// A filter's text as tokens: words, and key:value of the keys above; "-" turns one round.
function tokens(text) {
	return [...text.matchAll(/(-?)(?:(\w+):)?("[^"]*"|\S+)/g)].map(([whole, not, key, value]) => {
		const known = key !== undefined && Object.hasOwn(KEYS, key.toLowerCase());
		const plain = known || key === undefined ? value : key + ":" + value;
		return { whole, not: not === "-", key: known ? key.toLowerCase() : null,
			value: plain.replace(/^"(.*)"$/, "$1").toLowerCase() };
	});
}

function matcher(view, text) {
	const list = tokens(text), groups = new Map();
	for (const token of list) {
		const name = token.key && !token.not ? token.key : token.whole;
		groups.set(name, [...(groups.get(name) || []), token]);
	}
	const holds = (row, token) => token.not !== (token.key ? KEYS[token.key](row, token.value) :
		haystack(view, row).includes(token.value));
	return (row) => [...groups.values()].every((group) => group.some((token) => holds(row, token)));
}

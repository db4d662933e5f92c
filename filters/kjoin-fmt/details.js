// What an opened row shows: the kernel's figures, and each place it is launched from, or may be.

function copyText(text, what) {
	const done = () => say("Copied " + what);
	const byHand = () => {
		const box = make("textarea", { class: "unseen" });
		box.value = text;
		document.body.append(box);
		box.select();
		const worked = document.execCommand("copy");
		box.remove();
		say(worked ? "Copied " + what : "The browser does not let this page copy");
	};
	if (navigator.clipboard && isSecureContext)
		navigator.clipboard.writeText(text).then(done, byHand);
	else
		byHand();
}

function notes(frame) {
	const parts = [], on = frame.receivers || (frame.receiver ? [frame.receiver] : []);
	if (frame.via && !PLAIN_VIAS.includes(frame.via))
		parts.push(" · " + frame.via);
	if (on.length)
		parts.push(" · on " + on.join(", "));
	(frame.guards || []).forEach((guard, i) =>
		parts.push(i ? " and " : " · if ", make("code", null, guard)));
	return parts.length ? make("span", { class: "note" }, parts) : null;
}

// From the model down to the kernel: the frames stand the other way round in the record.
function chainList(row, at) {
	const frames = at.chain.frames, last = frames.length - 1;
	const items = frames.map((frame, i) => make("li", {
		class: i === at.chain.op ? "op" : null,
		style: { "--depth": last - i } },
	sourceLink(label(frame.call) + "()", frame, { class: "mono" }), " ",
	i === at.chain.op ? make("b", { class: "optag" }, "← OP ") : null,
	make("span", { class: "dim small" }, place(frame) + " in " + frame.function), notes(frame)));
	return make("ol", { class: "chain" }, items.reverse(), make("li", { class: "gpu",
		style: { "--depth": frames.length } }, make("b", { class: "mono" }, row.hot.short || row.hot.name),
	make("span", { class: "dim small" }, " on the GPU")));
}

// Outermost first, as the chain. What is not the tree's is folded into the line before it.
function stackList(view, at) {
	const list = make("ol", { class: "chain" });
	let depth = 0, line = null, folded = [];
	const item = (frame) => make("li", { style: { "--depth": depth } },
		make("span", { class: "mono" }, frame.function), " ", seenLink(view, frame));
	const fold = () => {
		if (!folded.length)
			return;
		const items = folded, after = line;
		const button = make("button", { type: "button", class: "frames", click: () => {
			button.remove();
			after.after(...items);
		}, title: plural(items.length, "frame") + " of other code" }, "⋯ " + items.length);
		after.append(" ", button);
		folded = [];
	};
	[...at.stack].reverse().forEach((frame, i) => {
		if (line && !treePath(view, frame.file) && i < at.stack.length - 1) {
			folded.push(item(frame));
			return;
		}
		fold();
		line = item(frame);
		depth++;
		list.append(line);
	});
	return list;
}

function chainText(at) {
	const lines = (at.chain ? at.chain.frames : []).map((frame, i) =>
		(i ? "    ".repeat(i - 1) + "└─> " : "") + label(frame.call) + "()  " + frame.file + ":" +
		frame.line + (i === at.chain.op ? "  ← OP" : "") +
		((frame.guards || []).length ? "  if " + frame.guards.join(" and ") : ""));
	return lines.map(clean).join("\n");
}

function rowChains(row) {
	return (row.hot.places || []).filter((at) => at.chain).map((at) =>
		(at.certain ? "" : "candidate: ") + clean(at.kernel || "") + "\n" + chainText(at)).join("\n\n");
}

const DTYPES = { "c10::BFloat16": "bf16", "c10::Half": "fp16", "c10::Float8_e4m3fn": "fp8 e4m3",
	"c10::Float8_e5m2": "fp8 e5m2" };

function launchText(launch) {
	const shapes = (launch.dims || []).map((dims, i) => Array.isArray(dims) && dims.length ?
		"[" + dims.join("×") + "]" + (launch.types && launch.types[i] ?
			" " + (DTYPES[launch.types[i]] || launch.types[i]) : "") : null).filter(Boolean);
	return launch.op + (shapes.length ? "  " + shapes.join(", ") : "");
}

const howMuch = (rate) => rate.how === "lower-bound" ? "≥ " : "";

function rateText(view, rate) {
	const parts = [], ceiling = view.head.ceiling;
	if (isNumber(rate.gbps))
		parts.push(howMuch(rate) + figure(rate.gbps) + " GB/s");
	if (isNumber(rate.tflops))
		parts.push(howMuch(rate) + figure(rate.tflops) + " TFLOP/s");
	if (isNumber(rate.ceiling_pct))
		parts.push(howMuch(rate) + rate.ceiling_pct.toFixed(1) + " % of the ceiling" +
			(ceiling ? " of " + ceiling.device + " (" + ceiling.how + ")" : ""));
	if (rate.bound)
		parts.push(rate.bound + "-bound");
	return parts.join(" · ");
}

function fact(name, ...value) {
	return [make("dt", null, name), make("dd", null, value)];
}

// `above`: stacks that cards of the row have shown already.
function stackPart(view, at, above) {
	const key = JSON.stringify(at.stack || []);
	if (key === "[]")
		return null;
	const shown = above.has(key);
	above.add(key);
	return make("div", null, make("h4", null, "Python stack, as the trace saw it"), shown ?
		make("p", { class: "dim small" }, "The same stack as above.") : [make("p", { class: "dim small" },
		"Lines are where functions begin."), stackList(view, at)]);
}

function placeCard(view, row, at, above) {
	const op = view.ops[at.op], site = siteOf(view, at), facts = [];
	const callLink = (call, text) => [sourceLink(text || label(call.call) + "()", call, { class: "mono" }),
		make("span", { class: "dim small" }, " " + place(call))];
	facts.push(fact("how", make("span", { class: "tag" }, at.how), " ", at.why || ""));
	if (at.also_at && at.also_at.length)
		facts.push(fact("or at", at.also_at.map((call) => [callLink(call), " "]),
			make("span", { class: "dim" }, "the same op: the trace ran one of these calls")));
	if (at.after)
		facts.push(fact("after", callLink(at.after)));
	if (at.before)
		facts.push(fact("before", callLink(at.before)));
	if (at.called_at)
		facts.push(fact("called", callLink(at.called_at, at.called_at.text),
			make("span", { class: "dim" }, " which the model does not reach")));
	if (at.launch)
		facts.push(fact("launch", make("code", null, launchText(at.launch))));
	if (at.definition) {
		const definition = op && op.definition && op.definition.name === at.definition ?
			Object.entries(op.definition.axes || {}).map(([k, v]) => k + "=" + v).join(", ") : "";
		facts.push(fact("definition", make("span", { class: "mono" }, at.definition),
			make("span", { class: "dim" }, definition && "  " + definition)));
	}
	if (at.rate)
		facts.push(fact("rate", rateText(view, at.rate), " ", make("span", { class: "tag" }, at.rate.how),
			make("span", { class: "dim" }, at.rate.why ? " " + at.rate.why : "")));
	const head = make("div", { class: "place-head" },
		at.certain ? null : make("span", { class: "maybe" }, "candidate"),
		make("b", { class: "mono" }, at.kernel || "no symbol"),
		at.source ? make("span", { class: "tag" }, at.source) : null,
		site ? make("span", null, "for ", sourceLink(label(site.call) + "()", site, { class: "mono" }),
			make("span", { class: "dim small" }, " " + place(site))) : null,
		make("span", { class: "dim" }, (at.certain ? "" : "if so, ") + plural(at.calls, "call") + ", " +
			time(at.sum) + (at.certain ? ", " + percent(at.sum, row.hot.sum) + " of the row" : "")));
	return make("article", { class: at.certain ? "place" : "place unsure" }, head,
		make("dl", { class: "facts" }, facts),
		make("div", { class: "two" },
			at.chain ? make("div", null, make("h4", null, "Call chain, as the source says"), chainList(row, at)) : null,
			stackPart(view, at, above)));
}

function kernelFacts(view, row) {
	const hot = row.hot, shape = (dims) => Array.isArray(dims) ? dims.join("×") : null;
	return make("dl", { class: "facts" },
		fact("time", time(hot.sum) + " in " + plural(hot.calls, "call") + ", mean " + time(hot.mean) +
			", " + time(hot.min) + " to " + time(hot.max)),
		fact("is", [hot.type, hot.family, hot.library, hot.stage].filter(Boolean).join(" · ") +
			(hot.layers ? " · in " + plural(hot.layers, "layer") : " · in no layer")),
		hot.grid || hot.block ? fact("launch", "grid " + (shape(hot.grid) || "?") + ", block " +
			(shape(hot.block) || "?")) : null,
		fact("explained", EXPLAINED[hot.explained] || hot.explained));
}

// Candidates that are for the same calls, together.
function candidateGroups(row) {
	const groups = [];
	for (const at of row.maybe) {
		const last = groups[groups.length - 1];
		if (last && last[0].calls === at.calls && last[0].sum === at.sum)
			last.push(at);
		else
			groups.push([at]);
	}
	return groups;
}

function details(view, row) {
	const hot = row.hot, above = new Set(), buttons = [
		make("button", { type: "button", click: () => copyText(hot.name, "the name") }, "Copy name"),
		rowChains(row) ? make("button", { type: "button", click: () =>
			copyText(rowChains(row), "the chains") }, "Copy chain") : null,
		make("button", { type: "button", click: () =>
			copyText(JSON.stringify(hot), "the row as JSON") }, "Copy JSON")];
	const cards = (places) => make("div", { class: "places" },
		places.map((at) => placeCard(view, row, at, above)));
	const parts = [make("div", { class: "bar" }, make("code", { class: "name" }, hot.name),
		make("span", { class: "buttons" }, buttons)), kernelFacts(view, row)];
	if (row.certain.length > 1)
		parts.push(make("h3", null, "Launched from " + row.certain.length +
			" places, which share " + (row.maybe.length ? "a part of its calls" : "its calls")));
	parts.push(cards(row.certain));
	for (const group of candidateGroups(row))
		parts.push(make("h3", { class: "maybe-head" }, plural(group.length, "candidate") + " for " +
			plural(group[0].calls, "call") + ", " + time(group[0].sum) + (group.length > 1 ?
			": the trace does not tell which" : ": not certain")), cards(group));
	if (!row.main)
		parts.push(make("p", { class: "unmatched-note" },
			"Unmatched: nothing in the trace or the tree tells where it is launched from."));
	return make("div", { class: "details" }, parts);
}

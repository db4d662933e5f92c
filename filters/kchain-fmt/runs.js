/* SPDX-License-Identifier: Apache-2.0 */
// What deployments launch: a table in the order of execution, a column a phase of a deployment.
// A row opens to the chain that leads to it.
const RUN = { KERNEL: 0, SOURCE: 1, FRAMES: 2, OP: 3, CELLS: 4, CONDITIONS: 5 };
const deploymentBox = document.getElementById("deployment");
const phaseBox = document.getElementById("phase");
const runsList = document.getElementById("runs");

function runsFrame(index) {
	const [label, file, line, inside] = data.runs.frames[index];
	return { label, file: data.files[file], line, inside };
}

function runsLink(frame, text) {
	return make("a", { class: "call", href: href(frame.file, frame.line), title: frame.file + ":" + frame.line +
		" in " + frame.inside }, text || (frame.label ? frame.label + "()" :
		frame.file.split("/").pop() + ":" + frame.line));
}

// The columns that are chosen, as indices.
function runsColumns() {
	return data.runs.columns.map((column, i) => [column, i]).filter(([column]) =>
		(!deploymentBox.value || column.deployment === Number(deploymentBox.value)) &&
		(!phaseBox.value || column.phase === phaseBox.value)).map(([, i]) => i);
}

function runsMatch(row, words) {
	const frames = row[RUN.FRAMES].map(runsFrame);
	const text = [row[RUN.KERNEL], row[RUN.SOURCE], ...row[RUN.CONDITIONS],
		...frames.map((frame) => (frame.label || "") + "() " + frame.file + ":" + frame.line + " " + frame.inside)]
		.join("\n").toLowerCase();
	return words.every((word) => text.includes(word));
}

function runsChain(row) {
	const chain = make("ol", { class: "chain" });
	row[RUN.FRAMES].map(runsFrame).forEach((frame, i) => chain.append(make("li", null, runsLink(frame), " ",
		make("span", { class: "place dim" }, frame.file.split("/").pop() + ":" + frame.line + " in " + frame.inside),
		i === row[RUN.OP] ? make("span", { class: "op" }, "← OP") : null)));
	return chain;
}

function runsRow(row, columns) {
	const frames = row[RUN.FRAMES].map(runsFrame), op = frames[row[RUN.OP]];
	const name = make("button", { type: "button", class: "link call", "aria-expanded": "false" }, row[RUN.KERNEL]);
	const line = make("tr", null,
		make("td", null, name, " ", make("span", { class: "dim" }, row[RUN.SOURCE])),
		make("td", null, op ? runsLink(op) : runsLink(frames[0])),
		...columns.map((i) => make("td", { class: "cell" }, row[RUN.CELLS][i] || "")),
		make("td", { class: "note" }, row[RUN.CONDITIONS].join("; ")));
	name.addEventListener("click", () => {
		const open = name.getAttribute("aria-expanded") === "true";
		name.setAttribute("aria-expanded", String(!open));
		if (open)
			line.nextElementSibling.remove();
		else
			line.after(make("tr", null, make("td", { colspan: columns.length + 3 }, runsChain(row))));
	});
	return line;
}

// Returns how many launches are shown.
function showRuns(words, source) {
	const columns = runsColumns(), parts = [];
	let count = 0;
	for (const stretch of data.runs.stretches) {
		const rows = stretch.rows.filter((row) => (!source || row[RUN.SOURCE] === source) &&
			columns.some((i) => row[RUN.CELLS][i] !== null) && runsMatch(row, words));
		if (!rows.length)
			continue;
		count += rows.length;
		parts.push(make("details", { open: stretch.forward || words.length ? "" : null },
			make("summary", null, make("h3", null, stretch.heading + " (" + rows.length + ")")),
			make("div", { class: "wide" }, make("table", null,
			make("thead", null, make("tr", null, make("th", null, "Kernel"), make("th", null, "Op, or call"),
				...columns.map((i) => make("th", null, data.runs.deployments[data.runs.columns[i].deployment].name +
					", " + data.runs.columns[i].phase)), make("th", null, "Depends on"))),
			make("tbody", null, ...rows.map((row) => runsRow(row, columns)))))));
	}
	const told = data.runs.deployments.flatMap((deployment) => deployment.unresolved.map((text) =>
		make("p", { class: "note" }, deployment.name + ": not all could be run: " + text)));
	runsList.replaceChildren(make("h2", null, "What runs"), ...told, ...parts);
	if (!parts.length)
		runsList.append(make("p", { class: "dim" }, "No launch matches."));
	return count;
}

function openRuns(changed) {
	data.runs.deployments.forEach((deployment, i) =>
		deploymentBox.append(make("option", { value: i }, deployment.name)));
	for (const phase of new Set(data.runs.columns.map((column) => column.phase)))
		phaseBox.append(make("option", { value: phase }, phase));
	for (const box of [deploymentBox, phaseBox]) {
		box.hidden = false;
		box.addEventListener("change", changed);
	}
}

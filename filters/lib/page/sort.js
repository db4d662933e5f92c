// Tables that sort by the column whose head is pressed.
function sortBy(th) {
	const body = th.closest("table").tBodies[0], n = th.cellIndex;
	const down = th.getAttribute("aria-sort") !== "descending";
	for (const other of th.parentNode.children)
		other.removeAttribute("aria-sort");
	th.setAttribute("aria-sort", down ? "descending" : "ascending");
	const rows = [...body.rows].map((row) => [row.cells[n].dataset.v === undefined ?
		row.cells[n].textContent : +row.cells[n].dataset.v, row]);
	rows.sort(([a], [b]) => (typeof a === "number" && typeof b === "number" ? b - a :
		String(a).localeCompare(String(b))) * (down ? 1 : -1));
	body.append(...rows.map(([, row]) => row));
}

document.querySelectorAll("th button").forEach((button) =>
	button.addEventListener("click", () => sortBy(button.parentNode)));

// Light or dark: what was chosen last on any of these pages, else what the system has. Stands
// in the head, so that nothing is drawn before; the button #theme switches.
"use strict";
const systemDark = matchMedia("(prefers-color-scheme: dark)");
let chosenTheme = null;
try {
	chosenTheme = localStorage.getItem("warpipe-theme");
} catch (refused) { /* nothing is stored for this page */ }

function setTheme(theme, chosen = true) {
	document.documentElement.dataset.theme = theme;
	if (!chosen)
		return;
	chosenTheme = theme;
	try {
		localStorage.setItem("warpipe-theme", theme);
	} catch (refused) { /* it lasts as long as the page */ }
}

const isDark = () => document.documentElement.dataset.theme === "dark";
setTheme(["light", "dark"].includes(chosenTheme) ? chosenTheme : systemDark.matches ? "dark" : "light",
	false);
systemDark.addEventListener("change", () =>
	chosenTheme || setTheme(systemDark.matches ? "dark" : "light", false));
document.addEventListener("DOMContentLoaded", () =>
	document.getElementById("theme").addEventListener("click", () => setTheme(isDark() ? "light" : "dark")));

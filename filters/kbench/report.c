/* SPDX-License-Identifier: Apache-2.0 */
/* The report: machine, ceilings, a chapter a kernel, summary table, checklist. */
#include <math.h>
#include <string.h>

#include "explain.h"
#include "fit.h"
#include "report.h"
#include "writers.h"

static void
write_head(struct output *out, const struct results *results, const char *plots)
{
	output_format(out, "# Kernel analysis: %s\n\n", results->device.name);
	output_string(out,
	    "Every number carries its origin: [measured] timed in this run, [computed] follows from\n"
	    "others, [device] told by the machine, [datasheet] stated by the vendor, [counter] read\n"
	    "by Nsight Compute, [static] in the source or the compiler's output. What has none reads\n"
	    "\"not measured\" and what it would need. Sizes are in powers of two (KiB, MiB), rates in\n"
	    "powers of ten (GB/s).\n\n");
	if (plots != NULL)
		output_format(out, "![Roofline: what each row reaches of the ceilings](%s-roofline.svg)\n\n"
		    "![Time and rate by size](%s-sweep.svg)\n\n", plots, plots);
}

/* An empty cell where the number does not apply. */
static void
put_cell(struct output *out, double number, const char *unit, enum origin origin)
{
	output_string(out, " | ");
	if (isfinite(number))
		report_number(out, number, unit, origin);
}

static void
write_machine(struct output *out, const struct results *results)
{
	output_string(out, "## Machine\n\n");
	output_format(out, "- backend: %s\n", results->device.backend);
	for (size_t i = 0; i < results->device.facts.count; i++) {
		const struct fact *fact = &results->device.facts.items[i];

		if (fact->text != NULL)
			output_format(out, "- %s: `%s` [%s]\n", fact->name, fact->text,
			    origin_name(fact->origin));
		else
			report_value(out, fact->name, fact->number, fact->unit, fact->origin);
	}
	if (strcmp(results->device.backend, "cpu") == 0)
		report_missing(out, "GPU: its multiprocessors, clocks, memory and links",
		    "a GPU: `kbench -d cuda:0`");
	output_string(out, "\n## Ceilings\n\n"
	    "| what | where | caches | bytes | GB/s | us | |\n|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < results->ceiling_count; i++) {
		const struct ceiling *ceiling = &results->ceilings[i];

		if (strcmp(ceiling->how, "same size") == 0)
			continue;
		output_format(out, "| %s | %s | %s", ceiling->what, ceiling->level, ceiling->l2);
		put_cell(out, ceiling->bytes, "B", ORIGIN_STATIC);
		put_cell(out, ceiling->gbps, "", ceiling->origin);
		put_cell(out, ceiling->us, "", ceiling->origin);
		output_format(out, " | %s |\n", ceiling->how);
	}
	output_string(out, "\nBesides, each row below has its own ceiling: the same number of bytes, "
	    "caches likewise hot or cold.\n");
}

/* The row that moves most, with caches cold where such were measured: what memory allows. */
static const struct measure *
largest_row(const struct results *results, const char *kernel)
{
	const struct measure *largest = NULL;

	for (size_t i = 0; i < results->measure_count; i++) {
		const struct measure *measure = &results->measures[i];
		bool colder = largest != NULL && strcmp(measure->l2, "cold") == 0 &&
		    strcmp(largest->l2, "cold") != 0;
		bool as_cold = largest != NULL && strcmp(measure->l2, largest->l2) == 0;

		if (strcmp(measure->kernel, kernel) == 0 &&
		    (largest == NULL || colder || (as_cold && measure->bytes > largest->bytes)))
			largest = measure;
	}
	return largest;
}

static void
write_summary_row(struct output *out, struct results *results, const char *kernel,
    const char *type, const char *option)
{
	const struct measure *largest = largest_row(results, kernel);
	const char *bound;

	output_format(out, "| %s | %s | ", kernel, type);
	if (largest == NULL) {
		output_format(out, "not measured | not measured | not measured | %s |\n", option);
		return;
	}
	bound = explain_bound(results, largest);
	output_format(out, "%s | `%s`, %s: ", strcmp(bound, "unknown") == 0
	    ? "no single one over these sizes" : bound, measure_axes_text(results, largest, true),
	    largest->l2);
	report_number(out, largest->gbps, "GB/s", ORIGIN_MEASURED);
	output_string(out, " | ");
	if (isfinite(largest->ceiling_pct)) {
		report_number(out, largest->ceiling_pct, "%", ORIGIN_MEASURED);
		output_format(out, " of the %s of as many bytes", largest->ceiling);
	} else {
		output_string(out, "no ceiling was measured");
	}
	output_format(out, " | %s |\n", option);
}

static void
write_summary(struct output *out, struct results *results)
{
	output_string(out, "\n## Summary table\n\n"
	    "| kernel | type | bottleneck [computed] | largest row | efficiency | key optimisation |\n"
	    "|---|---|---|---|---|---|\n");
	write_summary_row(out, results, "index", "memory", "all loads of a piece before its stores, "
	    "whole words whatever the alignment");
	write_summary_row(out, results, "store", "memory", "K and V in one launch, both under way");
	write_summary_row(out, results, "allreduce", "links between ranks", "registered symmetric "
	    "buffer");
	write_summary_row(out, results, "radix", "processor", "vectors chosen at run time");
	output_string(out, "\nExpected efficiency follows from the fit: bytes/BW over t0 + bytes/BW "
	    "is the share that a kernel with the same fixed cost can reach at that size; each "
	    "chapter gives both numbers.\n");
}

static void
tick(struct output *out, bool checked, bool fine, const char *what, const char *needs)
{
	if (!checked)
		output_format(out, "- [ ] %s: not checked (needs %s)\n", what, needs);
	else
		output_format(out, "- [%c] %s%s\n", fine ? 'x' : ' ', what,
		    fine ? "" : ": checked, and not so; see the rows' notes");
}

static bool
any_counter(const struct results *results, const char *begin)
{
	for (size_t i = 0; i < results->measure_count; i++)
		for (size_t j = 0; j < results->measures[i].facts.count; j++)
			if (results->measures[i].facts.items[j].origin == ORIGIN_COUNTER &&
			    strncmp(results->measures[i].facts.items[j].name, begin, strlen(begin)) == 0)
				return true;
	return false;
}

static void
write_checklist(struct output *out, const struct results *results)
{
	bool checked = false, right = true, quiet = true, cool = true, below = true;
	const struct fact *spills = facts_find(&results->device.facts, "spilled bytes a thread");
	const struct fact *occupancy = facts_find(&results->device.facts, "occupancy");

	for (size_t i = 0; i < results->measure_count; i++) {
		const struct measure *measure = &results->measures[i];

		checked = checked || measure->correct >= 0;
		right = right && measure->correct != 0;
		quiet = quiet && !measure_has_flag(measure, "noisy") && isfinite(measure->noise);
		cool = cool && !measure_has_flag(measure, "throttled");
		below = below && !measure_has_flag(measure, "above-ceiling");
	}
	output_string(out, "\n## Profiling checklist\n\n");
	tick(out, checked, right, "data compared with an independent computation on every row",
	    "a run without --no-check");
	tick(out, results->measure_count > 0, quiet, "medians known within --max-noise",
	    "a measured row");
	tick(out, results->measure_count > 0, cool, "no throttling: the clock after each row as before",
	    "a measured row");
	tick(out, results_plateau(results, "copy") != NULL, true,
	    "bandwidth compared with a ceiling of the same run", "a measured copy");
	tick(out, results->measure_count > 0, below, "no row above its ceiling", "a measured row");
	tick(out, false, false, "execution timeline matches the phases", "nsys, or ncu");
	tick(out, any_counter(results, "smsp__average_warp"), true,
	    "warp stalls dominated by the expected category", "--ncu with section WarpStateStats");
	tick(out, spills != NULL, spills != NULL && !(spills->number > 0), "no register spilling",
	    "a GPU; `make CUDA=1` fails on a spill when it compiles");
	tick(out, occupancy != NULL, true, "occupancy known from the runtime", "a GPU");
}

void
write_report(struct output *out, struct results *results, const char *plots)
{
	write_head(out, results, plots);
	write_machine(out, results);
	report_index(out, results);
	report_store(out, results);
	report_allreduce(out, results);
	report_radix(out, results);
	write_summary(out, results);
	write_checklist(out, results);
	for (size_t i = 0; i < results->skipped_count; i++)
		output_format(out, "%s- skipped: %s\n", i ? "" : "\n", results->skipped[i]);
}

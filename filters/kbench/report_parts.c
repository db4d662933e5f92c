/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with their origins, and the pieces that all chapters of the report are made of. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "fit.h"
#include "positions.h"
#include "report.h"
#include "base/text.h"

void
report_number(struct output *out, double number, const char *unit, enum origin origin)
{
	struct text text = { 0 };

	if (!isfinite(number)) {
		output_string(out, "not measured");
		return;
	}
	if (strcmp(unit, "B") == 0)
		explain_bytes(&text, number);
	else if (fabs(number) >= 1000 && floor(number) >= number)
		text_add_format(&text, "%.0f", number);
	else
		text_add_format(&text, fabs(number) >= 1000 ? "%.0f" : "%.4g", number);
	output_string(out, text.bytes);
	if (strcmp(unit, "B") != 0 && unit[0] != '\0')
		output_format(out, " %s", unit);
	output_format(out, " [%s]", origin_name(origin));
	text_free(&text);
}

static void
report_any(struct output *out, const struct fact *fact, const char *name)
{
	output_format(out, "- %s: ", name);
	if (fact->text != NULL)
		output_format(out, "`%s` [%s]", fact->text, origin_name(fact->origin));
	else
		report_number(out, fact->number, fact->unit, fact->origin);
	output_char(out, '\n');
}

void
report_fact(struct output *out, const struct measure *measure, const char *fact,
    const char *name, const char *needs)
{
	const struct fact *found = measure ? facts_find(&measure->facts, fact) : NULL;

	if (found != NULL)
		report_any(out, found, name);
	else
		report_missing(out, name, needs);
}

void
report_counter(struct output *out, const struct measure *measure, const char *counter,
    const char *name)
{
	for (size_t i = 0; measure != NULL && i < measure->facts.count; i++) {
		const struct fact *fact = &measure->facts.items[i];

		if (fact->origin == ORIGIN_COUNTER &&
		    strncmp(fact->name, counter, strlen(counter)) == 0) {
			report_any(out, fact, name);
			return;
		}
	}
	output_format(out, "- %s: not measured (needs a GPU and --ncu with `%s`)\n", name, counter);
}

void
report_value(struct output *out, const char *name, double number, const char *unit,
    enum origin origin)
{
	output_format(out, "- %s: ", name);
	report_number(out, number, unit, origin);
	output_char(out, '\n');
}

void
report_missing(struct output *out, const char *name, const char *needs)
{
	output_format(out, "- %s: not measured (needs %s)\n", name, needs);
}

void
report_positions(struct output *out, const char *const *functions)
{
	for (; *functions != NULL; functions++)
		for (size_t i = 0; i < sizeof(positions) / sizeof(positions[0]); i++)
			if (strcmp(positions[i].function, *functions) == 0)
				output_format(out, "- `%s`: `%s:%d-%d` [static]\n", *functions,
				    positions[i].file, positions[i].first, positions[i].last);
}

const struct measure *
report_pick(const struct results *results, const char *kernel, double size, const char *l2,
    const char *name, const char *value)
{
	const struct measure *nearest = NULL;
	double least = INFINITY;

	for (size_t i = 0; i < results->measure_count; i++) {
		const struct measure *measure = &results->measures[i];
		const char *text = settings_find(&measure->axes, measure->size_axis);
		const char *other = name ? settings_find(&measure->axes, name) : NULL;
		double distance = text ? fabs(log(strtod(text, NULL) / size)) : INFINITY;

		if (strcmp(measure->kernel, kernel) != 0 || strcmp(measure->l2, l2) != 0 ||
		    (name != NULL && (other == NULL || strcmp(other, value) != 0)))
			continue;
		if (distance < least || nearest == NULL) {
			nearest = measure;
			least = distance;
		}
	}
	return nearest;
}

static void
put_cell(struct output *out, double number, const char *format)
{
	if (isfinite(number))
		output_format(out, format, number);
	else
		output_string(out, "-");
	output_string(out, " | ");
}

void
report_rows(struct output *out, struct results *results, const char *kernel)
{
	bool any = false;

	for (size_t i = 0; i < results->measure_count; i++) {
		const struct measure *measure = &results->measures[i];
		struct text bytes = { 0 };

		if (strcmp(measure->kernel, kernel) != 0)
			continue;
		if (!any)
			output_string(out, "\n| axes [static] | caches [static] | bytes moved [computed] | "
			    "median us [measured] | best us [measured] | p99 us [measured] | "
			    "noise % [measured] | samples [measured] | GB/s [measured] | "
			    "% of ceiling [measured] | % of plateau [measured] | "
			    "% of data sheet [computed] | bound | data | notes |\n"
			    "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---|---|\n");
		any = true;
		explain_bytes(&bytes, measure->bytes);
		output_format(out, "| %s | %s | %s | ", measure_axes_text(results, measure, true),
		    measure->l2, bytes.bytes);
		put_cell(out, measure->median, "%.4g");
		put_cell(out, measure->min, "%.4g");
		put_cell(out, measure->p99, "%.4g");
		put_cell(out, measure->noise * 100, "%.2g");
		put_cell(out, (double)measure->samples, "%.0f");
		put_cell(out, measure->gbps, "%.4g");
		put_cell(out, measure->ceiling_pct, "%.1f");
		put_cell(out, measure->peak_pct, "%.1f");
		put_cell(out, measure->datasheet_pct, "%.1f");
		output_format(out, "%s | %s | ", explain_bound(results, measure),
		    measure->correct < 0 ? "not checked" : measure->correct ? "right" : "WRONG");
		for (size_t j = 0; j < measure->flag_count; j++)
			output_format(out, "%s%s", j ? ", " : "", measure->flags[j]);
		output_string(out, " |\n");
		text_free(&bytes);
	}
	if (!any)
		output_format(out, "\nNo row of %s was measured in this run.\n", kernel);
}

void
report_bandwidth(struct output *out, struct results *results, const struct measure *measure)
{
	const struct fit *fit = fit_of(results, measure);
	const struct ceiling *plateau = results_plateau(results, measure->ceiling);

	report_value(out, "time of one call, median", measure->median, "us", ORIGIN_MEASURED);
	report_value(out, "bytes moved by it", measure->bytes, "B", ORIGIN_COMPUTED);
	report_value(out, "achieved, bytes over median", measure->gbps, "GB/s", ORIGIN_MEASURED);
	if (isfinite(measure->ceiling_gbps)) {
		output_format(out, "- ceiling, a %s of as many bytes, caches %s: ", measure->ceiling,
		    measure->l2);
		report_number(out, measure->ceiling_gbps, "GB/s", ORIGIN_MEASURED);
		output_string(out, "; achieved is ");
		report_number(out, measure->ceiling_pct, "% of it", ORIGIN_MEASURED);
		output_char(out, '\n');
	}
	if (plateau != NULL) {
		output_format(out, "- plateau, a %s in %s: ", measure->ceiling, plateau->level);
		report_number(out, plateau->gbps, "GB/s", ORIGIN_MEASURED);
		output_string(out, "; achieved is ");
		report_number(out, measure->peak_pct, "% of it", ORIGIN_MEASURED);
		output_string(out, measure_has_flag(measure, "cache-resident")
		        ? ": above all of it, so the data lie in a cache\n" : "\n");
	}
	if (isfinite(measure->datasheet_pct))
		report_value(out, "share of the data sheet's bandwidth", measure->datasheet_pct, "%",
		    ORIGIN_COMPUTED);
	else
		report_missing(out, "share of the data sheet's bandwidth",
		    "--datasheet with the vendor's figure: the system does not tell it");
	if (fit == NULL) {
		report_missing(out, "fixed cost and bandwidth of the fit t = t0 + bytes/BW",
		    "three sizes or more");
		return;
	}
	output_string(out, "- fit t = t0 + bytes/BW over its sizes: t0 ");
	report_number(out, fit->t0_us, "us", ORIGIN_COMPUTED);
	output_string(out, ", BW ");
	report_number(out, fit->gbps, "GB/s", ORIGIN_COMPUTED);
	output_string(out, ", off by at most ");
	report_number(out, fit->worst * 100, "%", ORIGIN_COMPUTED);
	if (strcmp(explain_bound(results, measure), "unknown") == 0) {
		output_string(out, "; too far off to say what binds: the sizes fall into different "
		    "caches\n");
		return;
	}
	output_format(out, "; at this size the call is bound by %s: ",
	    explain_bound(results, measure));
	report_number(out, fit_fixed_share(fit, measure) * 100, "% of it is fixed",
	    ORIGIN_COMPUTED);
	output_char(out, '\n');
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Results as comma-separated values (RFC 4180), one measure a line, all axes in columns. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "base/map.h"
#include "writers.h"

static void
put_text(struct output *out, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		output_string(out, text);
		return;
	}
	output_char(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			output_char(out, '"');
		output_char(out, *text);
	}
	output_char(out, '"');
}

/* An empty field where there is no number. */
static void
put_number(struct output *out, double number)
{
	if (isfinite(number))
		output_format(out, ",%.9g", number);
	else
		output_char(out, ',');
}

static void
put_fact(struct output *out, const struct measure *measure, const char *name)
{
	const struct fact *fact = facts_find(&measure->facts, name);

	put_number(out, fact ? fact->number : NAN);
}

static void
put_measure(struct output *out, const struct results *results, const struct measure *measure,
    const struct map *axes)
{
	output_format(out, "%s,%s", measure->kernel, measure->backend);
	for (size_t i = 0; i < axes->count; i++) {
		const char *value = settings_find(&measure->axes, axes->entries[i].key);

		output_char(out, ',');
		put_text(out, value ? value : "");
	}
	put_number(out, measure->bytes);
	put_number(out, measure->median);
	put_number(out, measure->min);
	put_number(out, measure->p99);
	put_number(out, measure->noise);
	output_format(out, ",%lld", (long long)measure->samples);
	put_number(out, measure->gbps);
	put_fact(out, measure, "algbw");
	put_fact(out, measure, "busbw");
	output_format(out, ",%s", measure->ceiling);
	put_number(out, measure->ceiling_gbps);
	put_number(out, measure->ceiling_pct);
	put_number(out, measure->peak_pct);
	put_number(out, measure->datasheet_pct);
	output_format(out, ",%s,%s,", explain_bound(results, measure),
	    measure->correct < 0 ? "" : measure->correct ? "true" : "false");
	for (size_t i = 0; i < measure->flag_count; i++) {
		/* None of our flags has a quote; some have a comma. */
		output_string(out, i == 0 ? "\"" : ";");
		output_string(out, measure->flags[i]);
	}
	output_string(out, measure->flag_count ? "\"\r\n" : "\r\n");
}

void
write_csv(struct output *out, struct results *results)
{
	struct map axes = { 0 };

	for (size_t i = 0; i < results->measure_count; i++)
		for (size_t j = 0; j < results->measures[i].axes.count; j++)
			map_put_string(&axes, results->measures[i].axes.items[j].name);
	/* A cache state is a column whether or not the kernel has the axis. */
	output_string(out, "kernel,backend");
	for (size_t i = 0; i < axes.count; i++)
		output_format(out, ",%s", axes.entries[i].key);
	output_string(out, ",bytes_moved,us_median,us_min,us_p99,noise,samples,gbps,algbw,busbw,"
	    "ceiling,ceiling_gbps,ceiling_pct,peak_pct,datasheet_pct,bound,correct,flags\r\n");
	for (size_t i = 0; i < results->measure_count; i++)
		put_measure(out, results, &results->measures[i], &axes);
	map_free(&axes);
}

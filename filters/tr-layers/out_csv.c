/* SPDX-License-Identifier: Apache-2.0 */
/* One row for each layer, for spreadsheets and scripts (RFC 4180). */
#include <string.h>

#include "report.h"

/* A spreadsheet takes what begins like this for a formula; behind an apostrophe it is text. */
static bool
is_formula(const char *text)
{
	return *text != '\0' && strchr("=+-@\t\r", *text) != NULL;
}

static void
put_quoted(struct output *out, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		if (is_formula(text))
			output_char(out, '\'');
		output_string(out, text);
		return;
	}
	output_char(out, '"');
	if (is_formula(text))
		output_char(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			output_char(out, '"');
		output_char(out, *text);
	}
	output_char(out, '"');
}

static void
put_ns(struct output *out, int64_t ns)
{
	struct number number;

	output_format(out, ",%s", number_ns(&number, ns));
}

static void
begin(struct output *out)
{
	enum kernel_type type;

	output_string(out, "file,rank,pass,layer_idx,layer_type,stage,ts_us,dur_us,total_time_us,"
	    "busy_us");
	for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++)
		output_format(out, ",%s_time_us", type_names[type]);
	output_string(out, ",kernel_count,module\n");
}

static void
write_trace(struct output *out, const struct report *report, const struct view *view)
{
	const struct trace *trace = report->trace;
	enum kernel_type type;
	size_t i;

	for (i = 0; i < trace->layer_count; i++) {
		const struct layer *layer = &trace->layers[i];

		if (view->stage != NONE && layer->stage != view->stage)
			continue;
		put_quoted(out, trace->file);
		if (trace->rank == NONE)
			output_char(out, ',');
		else
			output_format(out, ",%lld", (long long)trace->rank);
		output_format(out, ",%d,%d,%s,%s", (int)layer->pass, (int)layer->index,
		    layer_type(layer), stage_names[layer->stage]);
		put_ns(out, layer->at.ts);
		put_ns(out, layer->at.end - layer->at.ts);
		put_ns(out, layer->at.sum);
		put_ns(out, layer->at.busy);
		for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++)
			put_ns(out, layer->time[type]);
		output_format(out, ",%u,", layer->at.kernels);
		put_quoted(out, layer->module != NULL ? layer->module : "");
		output_char(out, '\n');
	}
}

const struct format format_csv = { "csv", begin, write_trace, NULL };

/* SPDX-License-Identifier: Apache-2.0 */
/* One row for each layer, for spreadsheets and scripts (RFC 4180). */
#include "csv.h"
#include "report.h"

static void
begin(struct output *out)
{
	enum kernel_type type;

	output_string(out, "file,rank,pass,layer_idx,layer_type,stage,ts_us,dur_us,total_time_us,"
	    "busy_us");
	for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++)
		output_format(out, ",%s_time_us", type_names[type]);
	output_string(out, ",kernel_count,module" CSV_LIMIT_COLUMNS "\n");
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
		csv_text(out, trace->file);
		if (trace->rank == NONE)
			output_char(out, ',');
		else
			output_format(out, ",%lld", (long long)trace->rank);
		output_format(out, ",%d,%d,%s,%s", (int)layer->pass, (int)layer->index,
		    layer_type(layer), stage_names[layer->stage]);
		csv_ns(out, layer->at.ts);
		csv_ns(out, layer->at.end - layer->at.ts);
		csv_ns(out, layer->at.sum);
		csv_ns(out, layer->at.busy);
		for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++)
			csv_ns(out, layer->time[type]);
		output_format(out, ",%u,", layer->at.kernels);
		csv_text(out, layer->module != NULL ? layer->module : "");
		csv_limit(out, report->limits != NULL ? &report->limits->layers[i] : NULL);
		output_char(out, '\n');
	}
}

const struct format format_csv = { "csv", begin, write_trace, NULL };

/* SPDX-License-Identifier: Apache-2.0 */
/* Layers, passes and the summary as records. */
#include <stdlib.h>

#include "json/json_writer.h"
#include "report.h"
#include "spread.h"

static void
put_ns(struct json_writer *writer, const char *key, int64_t ns)
{
	struct number number;

	json_key(writer, key);
	json_put_spelled(writer, number_ns(&number, ns));
}

static void
put_us(struct json_writer *writer, const char *key, double us)
{
	struct number number;

	json_key(writer, key);
	json_put_spelled(writer, number_us(&number, us));
}

static void
put_sums(struct json_writer *writer, const struct time_sums *sums)
{
	put_ns(writer, "ts", sums->ts);
	put_ns(writer, "dur", sums->end - sums->ts);
	put_ns(writer, "sum", sums->sum);
	put_ns(writer, "busy", sums->busy);
	json_member_integer(writer, "kernels", sums->kernels);
}

/* The device of a pass or layer, and of which rank it is, as the kernels say it. */
static void
put_device(struct json_writer *writer, const struct trace *trace, uint32_t device)
{
	json_key(writer, "rank");
	if (trace->devices[device].rank != NULL)
		json_put_spelled(writer, trace->devices[device].rank);
	else if (trace->rank != NONE)
		json_put_integer(writer, trace->rank);
	else
		json_put_null(writer);
	json_key(writer, "device");
	if (trace->devices[device].number < 0)
		json_put_null(writer);
	else
		json_put_integer(writer, trace->devices[device].number);
}

/* What a layer or pass would take at the limit; nothing unless kroof went before. */
static void
put_limit(struct json_writer *writer, const struct limit_sum *sum)
{
	if (sum == NULL)
		return;
	json_key(writer, "limit");
	json_object_begin(writer);
	put_us(writer, "limited_us", sum->known_us);
	put_us(writer, "limit_us", sum->limit_us);
	put_us(writer, "win_us", sum->win_us);
	put_us(writer, "range_us", sum->range_us);
	put_us(writer, "low_us", sum->low_us);
	put_us(writer, "high_us", sum->high_us);
	json_object_end(writer);
}

static void
put_layer(struct json_writer *writer, const struct report *report, size_t index)
{
	const struct trace *trace = report->trace;
	const struct layer *layer = &trace->layers[index];
	enum kernel_type type;

	json_object_begin(writer);
	json_member_string(writer, "kind", "layer");
	json_member_integer(writer, "pass", layer->pass);
	json_member_integer(writer, "layer", layer->index);
	put_device(writer, trace, trace->passes[layer->pass].device);
	json_member_string(writer, "type", layer_type(layer));
	json_member_string(writer, "stage", stage_names[layer->stage]);
	put_sums(writer, &layer->at);
	json_key(writer, "time");
	json_object_begin(writer);
	for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++)
		if (layer->time[type] > 0 && !trace->mismatched)
			put_ns(writer, type_names[type], layer->time[type]);
	json_object_end(writer);
	json_member_string(writer, "module", layer->module);
	json_member_string(writer, "method", method_names[layer->method]);
	put_limit(writer, report->limits != NULL ? &report->limits->layers[index] : NULL);
	if (layer->partial)
		json_member_bool(writer, "partial", true);
	json_object_end(writer);
}

static void
put_pass(struct json_writer *writer, const struct report *report, size_t index)
{
	const struct trace *trace = report->trace;
	const struct pass *pass = &trace->passes[index];

	json_object_begin(writer);
	json_member_string(writer, "kind", "pass");
	json_member_integer(writer, "pass", (int64_t)index);
	put_device(writer, trace, pass->device);
	json_member_string(writer, "stage", stage_names[pass->stage]);
	json_member_integer(writer, "layers", pass->layers);
	put_sums(writer, &pass->at);
	json_member_string(writer, "method", method_names[pass->method]);
	put_limit(writer, report->limits != NULL ? &report->limits->passes[index] : NULL);
	json_object_end(writer);
}

static void
put_spread(struct json_writer *writer, const char *key, const struct spread *spread)
{
	json_key(writer, key);
	json_object_begin(writer);
	put_ns(writer, "min", spread->least);
	put_ns(writer, "median", spread->median);
	put_ns(writer, "p99", spread->p99);
	put_ns(writer, "max", spread->most);
	json_object_end(writer);
}

static void
put_index_spreads(struct json_writer *writer, const struct trace *trace)
{
	size_t count, i;
	struct index_spread *list = index_spreads(trace, &count);

	for (i = 0; i < count; i++) {
		json_object_begin(writer);
		json_member_string(writer, "kind", "layer-index");
		json_member_integer(writer, "layer", list[i].index);
		json_member_string(writer, "stage", stage_names[list[i].stage]);
		json_member_integer(writer, "passes", list[i].passes);
		put_spread(writer, "dur", &list[i].dur);
		put_spread(writer, "busy", &list[i].busy);
		json_object_end(writer);
	}
	free(list);
}

static void
put_step(struct json_writer *writer, const struct trace *trace, size_t index)
{
	json_object_begin(writer);
	json_member_string(writer, "kind", "step");
	json_member_integer(writer, "step", (int64_t)index);
	put_device(writer, trace, trace->steps[index].device);
	put_sums(writer, &trace->steps[index].at);
	json_object_end(writer);
}

/* Why a device has no layers, and what repeats there. */
static void
put_why(struct json_writer *writer, const char *why, size_t repeats, size_t repeated)
{
	if (why == NULL)
		return;
	json_member_string(writer, "why", why);
	if (repeats == 0)
		return;
	json_key(writer, "repetition");
	json_object_begin(writer);
	json_member_integer(writer, "times", (int64_t)repeats);
	json_member_integer(writer, "kernels", (int64_t)repeated);
	json_object_end(writer);
}

static void
put_counts(struct json_writer *writer, const char *key, const struct count_sum *counts,
    const char *const *names)
{
	size_t i;

	json_key(writer, key);
	json_object_begin(writer);
	for (i = 0; names[i] != NULL; i++) {
		if (counts[i].kernels == 0)
			continue;
		json_key(writer, names[i]);
		json_object_begin(writer);
		json_member_integer(writer, "kernels", counts[i].kernels);
		put_ns(writer, "sum", counts[i].sum);
		json_object_end(writer);
	}
	json_object_end(writer);
}

static void
put_outside(struct json_writer *writer, const struct report *report)
{
	enum place place;

	json_key(writer, "outside");
	json_object_begin(writer);
	json_member_integer(writer, "kernels", report->outside[PLACE_LAYER].kernels);
	put_ns(writer, "sum", report->outside[PLACE_LAYER].sum);
	for (place = PLACE_PROLOGUE; place < PLACE_COUNT; place++) {
		if (report->outside[place].kernels == 0)
			continue;
		json_key(writer, place_names[place]);
		json_object_begin(writer);
		json_member_integer(writer, "kernels", report->outside[place].kernels);
		put_ns(writer, "sum", report->outside[place].sum);
		if (place == PLACE_TAIL)
			json_member_integer(writer, "layers", (int64_t)report->trace->tail_layers);
		json_object_end(writer);
	}
	json_object_end(writer);
}

/* What was kept out of the sums, where anything was. */
static void
put_damage(struct json_writer *writer, const struct trace *trace)
{
	size_t left_out = trace->left_out_count + trace->copies_left_out;

	if (left_out > 0)
		json_member_integer(writer, "left_out", (int64_t)left_out);
	if (trace->mismatched)
		json_member_bool(writer, "names_and_times_apart", true);
	if (trace->displaced_count > 0)
		json_member_integer(writer, "displaced", (int64_t)trace->displaced_count);
	if (trace->clipped_count == 0)
		return;
	json_member_integer(writer, "clipped", (int64_t)trace->clipped_count);
	put_ns(writer, "clipped_by", trace->clipped);
}

static void
put_devices(struct json_writer *writer, const struct report *report)
{
	size_t i;

	json_key(writer, "devices");
	json_array_begin(writer);
	for (i = 0; i < report->trace->device_count; i++) {
		const struct device_sums *device = &report->devices[i];
		int64_t span = device->all.end - device->all.ts;

		if (device->all.kernels == 0)
			continue;
		json_object_begin(writer);
		put_device(writer, report->trace, (uint32_t)i);
		json_member_integer(writer, "layers", (int64_t)device->layers);
		json_member_integer(writer, "passes", (int64_t)device->passes);
		json_member_integer(writer, "kernels", device->kernels.kernels);
		json_member_integer(writer, "copies",
		    device->all.kernels - device->kernels.kernels);
		put_ns(writer, "ts", device->all.ts);
		put_ns(writer, "sum", device->kernels.sum);
		put_ns(writer, "busy", device->all.busy);
		put_ns(writer, "busy_kernels", device->kernels.busy);
		put_ns(writer, "span", span);
		put_ns(writer, "idle", span - device->all.busy);
		if (device->layers == 0)
			put_why(writer, report->trace->devices[i].why,
			    report->trace->devices[i].repeats,
			    report->trace->devices[i].repeated);
		json_object_end(writer);
	}
	json_array_end(writer);
}

static void
put_summary(struct json_writer *writer, const struct report *report)
{
	const struct trace *trace = report->trace;
	int64_t idle = report->span - report->busy;

	json_object_begin(writer);
	json_member_string(writer, "kind", "summary");
	json_member_string(writer, "file", trace->file);
	json_key(writer, "rank");
	if (trace->rank == NONE)
		json_put_null(writer);
	else
		json_put_integer(writer, trace->rank);
	if (trace->layer_count > 0)
		json_member_string(writer, "method", method_names[report->method]);
	else
		json_member_null(writer, "method");
	json_member_integer(writer, "layers", (int64_t)trace->layer_count);
	json_member_integer(writer, "passes", (int64_t)trace->pass_count);
	if (trace->step_count > 0)
		json_member_integer(writer, "steps", (int64_t)trace->step_count);
	if (trace->layer_count == 0)
		json_member_string(writer, "why", report_why(report));
	json_member_integer(writer, "kernels", report->kernels);
	json_member_integer(writer, "copies", report->copies);
	put_ns(writer, "sum", report->sum);
	put_ns(writer, "busy", report->busy);
	put_ns(writer, "busy_kernels", report->busy_kernels);
	put_ns(writer, "span", report->span);
	put_ns(writer, "idle", idle);
	put_damage(writer, trace);
	put_devices(writer, report);
	if (trace->mismatched) {
		json_key(writer, "by_type");
		json_object_begin(writer);
		json_object_end(writer);
	} else
		put_counts(writer, "by_type", report->by_type, type_names);
	put_counts(writer, "by_stage", report->by_stage, stage_names);
	put_outside(writer, report);
	json_object_end(writer);
}

static void
write_trace(struct output *out, const struct report *report, const struct view *view)
{
	const struct trace *trace = report->trace;
	struct json_writer *writer = json_writer_open(out, false);
	size_t i;

	(void)view;
	for (i = 0; report->account != NULL && i < report->account->say_count; i++)
		output_format(out, "%s\n", report->account->lines[i]);
	for (i = 0; i < trace->layer_count; i++)
		put_layer(writer, report, i);
	for (i = 0; i < trace->pass_count; i++)
		put_pass(writer, report, i);
	put_index_spreads(writer, trace);
	for (i = 0; i < trace->step_count; i++)
		put_step(writer, trace, i);
	put_summary(writer, report);
	json_writer_close(writer);
}

const struct format format_ndjson = { "ndjson", NULL, write_trace, NULL };

/* SPDX-License-Identifier: Apache-2.0 */
/* The join record, ops, hot kernels, layers, and the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json_writer.h"
#include "base/memory.h"
#include "write.h"
#include "write_place.h"
#include "write_work.h"

static void
put_spelled_member(struct json_writer *writer, const char *key, struct slice value)
{
	struct arena arena = { 0 };
	struct json_error error;

	json_key(writer, key);
	if (value.bytes == NULL)
		json_put_null(writer);
	else
		json_put_value(writer, json_parse(&arena, value.bytes, value.length, &error));
	arena_free(&arena);
}

static void
put_summary(struct json_writer *writer, const struct json *summary)
{
	static const char *const keys[] = { "busy", "span", "passes", "layers", "method" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct json *value = json_get(summary, keys[i]);

		json_key(writer, keys[i]);
		if (value != NULL)
			json_put_value(writer, value);
		else
			json_put_null(writer);
	}
}

/* One judge's: kroof's record, or what definitions were judged by. */
static void
put_peaks(struct json_writer *writer, const char *device, double gbps, const double *tflops,
    const char *how)
{
	static const enum peak types[] = { PEAK_BF16, PEAK_FP8 };

	json_key(writer, "ceiling");
	json_object_begin(writer);
	json_member_string(writer, "device", device);
	json_member_double(writer, "gbps", gbps);
	json_key(writer, "tflops");
	json_object_begin(writer);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (tflops[types[i]] > 0)
			json_member_double(writer, peak_names[types[i]], tflops[types[i]]);
	json_object_end(writer);
	json_member_string(writer, "how", how);
	json_object_end(writer);
}

static void
put_ceiling(struct json_writer *writer, const struct joined *joined)
{
	const struct json *judged = json_get(joined->trace->limits, "peaks");
	const struct peaks *peaks = &joined->trace->peaks;
	double gbps = 0, tflops[PEAK_KINDS] = { 0 };

	if (judged != NULL && judged->type == JSON_OBJECT) {
		json_number(json_get(judged, "gbps"), &gbps);
		for (int i = 0; i < PEAK_KINDS; i++)
			json_number(json_get(json_get(judged, "tflops"), peak_names[i]),
			    &tflops[i]);
		put_peaks(writer, json_string(json_get(judged, "device")), gbps, tflops,
		    json_string(json_get(judged, "gbps_how")));
	} else if (peaks->device != NULL)
		put_peaks(writer, peaks->device, peaks->gbps, peaks->tflops, "datasheet");
	else
		json_member_null(writer, "ceiling");
}

static void
put_head(struct json_writer *writer, const struct joined *joined)
{
	const struct trace *trace = joined->trace;
	const struct chains *chains = joined->chains;
	int32_t root = evidence_is_foreign(joined->evidence) ? NONE
	    : joined->places->forward.root;

	json_object_begin(writer);
	json_member_string(writer, "kind", "join");
	put_spelled_member(writer, "file", trace->file);
	put_spelled_member(writer, "device", trace->device);
	put_spelled_member(writer, "vendor", trace->vendor);
	if (trace->rank == NONE)
		json_member_null(writer, "rank");
	else
		json_member_integer(writer, "rank", trace->rank);
	json_member_string(writer, "model", joined->model);
	json_member_string(writer, "forward", root != NONE ? chains->roots[root].function : NULL);
	json_member_string(writer, "forward_file", root != NONE ? chains->roots[root].file : NULL);
	json_member_string(writer, "tree", joined->tree);
	json_key(writer, "frames");
	json_object_begin(writer);
	json_member_integer(writer, "seen", (int64_t)joined->evidence->frames_seen);
	json_member_integer(writer, "in_tree", (int64_t)joined->evidence->frames_in_tree);
	json_object_end(writer);
	json_member_integer(writer, "kernels", (int64_t)trace->work_count);
	json_member_double(writer, "sum", trace->sum);
	put_summary(writer, trace->summary);
	json_key(writer, "explained");
	json_object_begin(writer);
	for (int i = 0; i < EXPLAINED_COUNT; i++)
		json_member_double(writer, explained_names[i], joined->rows->by_explained[i]);
	json_object_end(writer);
	json_member_double(writer, "certain", joined->rows->certain);
	put_ceiling(writer, joined);
	put_plan_member(writer, joined);
	json_object_end(writer);
}

static void
put_definition(struct json_writer *writer, const struct definition *definition)
{
	const struct json *axis;
	int64_t size;

	json_key(writer, "definition");
	if (definition == NULL) {
		json_put_null(writer);
		return;
	}
	json_object_begin(writer);
	json_member_string(writer, "name", definition->name);
	json_member_string(writer, "op_type", definition->op_type);
	json_member_string(writer, "path", definition->path);
	json_key(writer, "axes");
	json_object_begin(writer);
	axis = definition->axes != NULL ? definition->axes->child : NULL;
	for (; axis != NULL; axis = axis->next)
		if (json_integer(json_get(axis, "value"), &size))
			json_member_integer(writer, axis->key, size);
	json_object_end(writer);
	json_object_end(writer);
}

/* Whether some part of the row is certainly of this op. */
static bool
row_has_op(const struct joined *joined, const struct row *row, int32_t op)
{
	for (size_t i = 0; i < row->part_count; i++)
		if (rows_op(joined->rows, &joined->places->list[row->parts[i].place]) == op)
			return true;
	return false;
}

static void
put_op(struct json_writer *writer, const struct joined *joined, size_t index)
{
	const struct op *op = &joined->rows->ops[index];
	const struct site *site = &joined->chains->sites[op->site];

	json_object_begin(writer);
	json_member_string(writer, "kind", "op");
	json_member_integer(writer, "op", (int64_t)index);
	json_member_string(writer, "call", site->call);
	json_member_string(writer, "file", site->file);
	json_member_integer(writer, "line", site->line);
	json_member_string(writer, "function", site->function);
	json_member_double(writer, "sum", op->sum);
	json_member_double(writer, "share", joined->trace->sum > 0
	    ? op->sum / joined->trace->sum : 0);
	json_member_integer(writer, "calls", op->calls);
	json_key(writer, "kernels");
	json_array_begin(writer);
	for (size_t i = 0; i < joined->rows->count; i++)
		if (row_has_op(joined, &joined->rows->list[i], (int32_t)index))
			json_put_integer(writer, (int64_t)i);
	json_array_end(writer);
	put_definition(writer, op->definition);
	json_object_end(writer);
}

static void
put_triple(struct json_writer *writer, const char *key, const char *triple)
{
	put_spelled_member(writer, key, (struct slice){ triple, triple != NULL ? strlen(triple) : 0 });
}

/* Over all places: none of the calls is in two of them. */
static void
put_limit(struct json_writer *writer, const struct row *row)
{
	struct rate rate = { 0 };

	for (size_t i = 0; i < row->part_count; i++)
		rate_add(&rate, &row->parts[i].rate);
	rate_put_limit(writer, &rate);
}

static void
put_row(struct json_writer *writer, const struct joined *joined, size_t index)
{
	const struct row *row = &joined->rows->list[index];
	const struct kernel_class *class = &joined->trace->classes[row->class];
	const struct work *first = &joined->trace->works[row->first];

	json_object_begin(writer);
	json_member_string(writer, "kind", "hot");
	json_member_integer(writer, "rank", (int64_t)index);
	json_member_string(writer, "name", class->name);
	json_member_string(writer, "short", class->short_name);
	json_member_string(writer, "type", class->type);
	json_member_string(writer, "family", class->family);
	json_member_string(writer, "library", class->library);
	json_member_string(writer, "stage", row->stage);
	json_member_integer(writer, "calls", row->calls);
	json_member_double(writer, "sum", row->sum);
	json_member_double(writer, "share", joined->trace->sum > 0
	    ? row->sum / joined->trace->sum : 0);
	json_member_double(writer, "mean", row->sum / row->calls);
	json_member_double(writer, "min", row->min);
	json_member_double(writer, "max", row->max);
	json_member_integer(writer, "layers", row->layers);
	put_triple(writer, "grid", first->grid);
	put_triple(writer, "block", first->block);
	json_member_string(writer, "explained", explained_names[row->explained]);
	put_limit(writer, row);
	json_key(writer, "places");
	json_array_begin(writer);
	for (size_t i = 0; i < row->part_count; i++)
		place_put(writer, joined, row, &row->parts[i]);
	json_array_end(writer);
	json_object_end(writer);
}

/* Time of each op in each layer, from one walk over the work. */
struct layer_times {
	const struct joined *joined;
	double *times; /* [span][op + 1]; 0 is of no op */
};

static struct layer_times
layer_times(const struct joined *joined)
{
	const struct trace *trace = joined->trace;
	size_t columns = joined->rows->op_count + 1, i;
	struct layer_times times = { joined, memory_alloc_zero(trace->span_count * columns + 1,
		sizeof(double)) };
	struct map index = { 0 };
	char key[64];

	for (i = 0; i < trace->span_count; i++) {
		snprintf(key, sizeof(key), "%d %d", (int)trace->spans[i].pass,
		    (int)trace->spans[i].layer);
		*map_put_string(&index, key) = (void *)(uintptr_t)(i + 1);
	}
	for (i = 0; i < trace->work_count; i++) {
		const struct work *work = &trace->works[i];
		int32_t op = rows_op(joined->rows, &joined->places->list[work->place]);
		void **place;

		if (work->layer == NONE)
			continue;
		snprintf(key, sizeof(key), "%d %d", (int)work->pass, (int)work->layer);
		place = map_get_string(&index, key);
		if (place != NULL)
			times.times[((uintptr_t)*place - 1) * columns + (size_t)(op + 1)] +=
			    work->dur;
	}
	map_free(&index);
	return times;
}

/* The line that tr-layers wrote, with the time of each op. */
static void
write_layer(struct output *out, const struct layer_times *times, size_t span)
{
	const char *line = times->joined->trace->spans[span].line, *comma = "";
	size_t columns = times->joined->rows->op_count + 1, length = strlen(line), i;

	while (length > 0 && line[length - 1] != '}')
		length--;
	output_bytes(out, line, length > 0 ? length - 1 : 0);
	output_string(out, ",\"by_op\":[");
	for (i = 1; i <= columns; i++) {
		double time = times->times[span * columns + i % columns];

		if (time == 0)
			continue;
		if (i == columns)
			output_format(out, "%s[null,%.3f]", comma, time);
		else
			output_format(out, "%s[%zu,%.3f]", comma, i - 1, time);
		comma = ",";
	}
	output_string(out, "]}\n");
}

static size_t
write_layers(const struct joined *joined, struct output *out)
{
	struct layer_times times = layer_times(joined);
	size_t layers = 0;

	for (size_t i = 0; i < joined->trace->span_count; i++)
		if (joined->trace->spans[i].layer != NONE) {
			write_layer(out, &times, i);
			layers++;
		}
	free(times.times);
	return layers;
}

void
joined_write(const struct joined *joined, struct output *out)
{
	struct json_writer *writer = json_writer_open(out, false);
	size_t i, layers;

	put_head(writer, joined);
	for (i = 0; i < joined->rows->op_count; i++)
		put_op(writer, joined, i);
	for (i = 0; i < joined->rows->count; i++)
		put_row(writer, joined, i);
	if (joined->each)
		put_works(writer, joined);
	json_writer_close(writer);
	layers = write_layers(joined, out);
	output_format(out, "{\"kind\":\"end\",\"hot\":%zu,\"ops\":%zu,\"layers\":%zu}\n",
	    joined->rows->count, joined->rows->op_count, layers);
}

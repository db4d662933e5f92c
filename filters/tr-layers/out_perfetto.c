/* SPDX-License-Identifier: Apache-2.0 */
/* The trace for ui.perfetto.dev: its kernels by stream and by type, below its passes and
 * layers, and the gaps where nothing runs. Times count from the first work; a slice has the
 * kernel's short name, and its full name, grid, correlation, pass and layer beside it. */
#include <stdlib.h>

#include "base/error.h"
#include "json/json_writer.h"
#include "base/memory.h"
#include "report.h"

enum process { PROCESS_LAYERS = 1, PROCESS_TYPES, PROCESS_STREAMS };

/* The viewer drops a slice that neither nests in the one before on its track nor follows it.
 * So what overlaps goes to another track, a lane, of the same name. */
struct lane {
	size_t thread;
	int64_t *ends; /* of the slices that are open, the innermost last */
	size_t depth, capacity;
};

struct track {
	enum process process;
	const char *name; /* owned */
	struct lane *lanes;
	size_t lane_count, lane_capacity;
};

/* Of more at once the viewer may drop a slice; a message says how many. */
enum { MOST_LANES = 256 };

struct drawing {
	struct output *out;
	struct json_writer *writer;
	const struct trace *trace;
	const struct file_account *account; /* or NULL */
	const struct view *view;
	int64_t begin;
	size_t number; /* of the trace: each has its own processes */
	size_t threads[PROCESS_STREAMS + 1];
	size_t crowded; /* slices without a lane of their own */
	bool first;    /* no event is written yet */
};

static void
put_number(const struct drawing *drawing, const char *key, int64_t ns)
{
	struct number number;

	json_key(drawing->writer, key);
	json_put_spelled(drawing->writer, number_ns(&number, ns));
}

static void
begin_event(struct drawing *drawing, const char *phase, enum process process, size_t thread,
    const char *name)
{
	if (!drawing->first)
		output_char(drawing->out, ',');
	drawing->first = false;
	json_object_begin(drawing->writer);
	json_member_string(drawing->writer, "ph", phase);
	json_member_integer(drawing->writer, "pid", (int64_t)(drawing->number * 10 + process));
	json_member_integer(drawing->writer, "tid", (int64_t)thread);
	json_member_string(drawing->writer, "name", name);
}

static void
put_name(struct drawing *drawing, const char *what, enum process process, size_t thread,
    const char *name)
{
	begin_event(drawing, "M", process, thread, what);
	json_key(drawing->writer, "args");
	json_object_begin(drawing->writer);
	json_member_string(drawing->writer, "name", name);
	json_object_end(drawing->writer);
	json_object_end(drawing->writer);
}

/* Whether the slice fits into the lane; slices come in the order of their begin. */
static bool
lane_takes(struct lane *lane, int64_t ts, int64_t end)
{
	while (lane->depth > 0 && lane->ends[lane->depth - 1] <= ts)
		lane->depth--;
	return lane->depth == 0 || lane->ends[lane->depth - 1] >= end;
}

static struct lane *
lane_for(struct drawing *drawing, struct track *track, int64_t ts, int64_t end)
{
	struct lane *lane;
	size_t i;

	for (i = 0; i < track->lane_count; i++)
		if (lane_takes(&track->lanes[i], ts, end))
			return &track->lanes[i];
	if (i == MOST_LANES) {
		drawing->crowded++;
		return &track->lanes[i - 1];
	}
	track->lanes = memory_grow(track->lanes, track->lane_count, &track->lane_capacity,
	    sizeof(*track->lanes));
	lane = &track->lanes[track->lane_count++];
	*lane = (struct lane){ .thread = ++drawing->threads[track->process] };
	put_name(drawing, "thread_name", track->process, lane->thread, track->name);
	return lane;
}

/* To be followed by arguments and end_slice. */
static void
begin_slice(struct drawing *drawing, struct track *track, const char *name, int64_t ts,
    int64_t end)
{
	struct lane *lane = lane_for(drawing, track, ts, end);

	lane->ends = memory_grow(lane->ends, lane->depth, &lane->capacity, sizeof(*lane->ends));
	lane->ends[lane->depth++] = end;
	begin_event(drawing, "X", track->process, lane->thread, name);
	put_number(drawing, "ts", ts - drawing->begin);
	put_number(drawing, "dur", end - ts);
	json_key(drawing->writer, "args");
	json_object_begin(drawing->writer);
}

static void
end_slice(const struct drawing *drawing)
{
	json_object_end(drawing->writer);
	json_object_end(drawing->writer);
}

static void
put_shape(const struct drawing *drawing, const char *key, const char *spelled)
{
	json_key(drawing->writer, key);
	if (spelled == NULL)
		json_put_null(drawing->writer);
	else
		json_put_spelled(drawing->writer, spelled);
}

static void
put_kernel(struct drawing *drawing, struct track *track, const struct kernel *kernel)
{
	const struct trace *trace = drawing->trace;
	const struct kernel_class *class = trace_class(trace, kernel);
	const struct shape *shape = trace_shape(trace, kernel);

	begin_slice(drawing, track, class->short_name, kernel->ts, kernel->ts + kernel->dur);
	json_member_string(drawing->writer, "name", class->name);
	json_member_string(drawing->writer, "type", type_names[class->type]);
	json_member_string(drawing->writer, "stage", stage_names[kernel->stage]);
	put_shape(drawing, "grid", shape->grid);
	put_shape(drawing, "block", shape->block);
	if (kernel->correlation != NO_CORRELATION)
		json_member_integer(drawing->writer, "correlation", kernel->correlation);
	if (kernel->pass != NONE)
		json_member_integer(drawing->writer, "pass", kernel->pass);
	if (kernel->layer != NONE)
		json_member_integer(drawing->writer, "layer", trace->layers[kernel->layer].index);
	end_slice(drawing);
}

static bool
is_shown(const struct drawing *drawing, int stage)
{
	return drawing->view->stage == NONE || drawing->view->stage == stage;
}

static void
put_passes(struct drawing *drawing, struct track *tracks)
{
	const struct trace *trace = drawing->trace;
	struct text name = { 0 };
	size_t i;

	for (i = 0; i < trace->pass_count; i++) {
		const struct pass *pass = &trace->passes[i];

		if (!is_shown(drawing, pass->stage))
			continue;
		text_clear(&name);
		text_add_format(&name, "pass %zu %s", i, stage_names[pass->stage]);
		begin_slice(drawing, &tracks[pass->device], name.bytes, pass->at.ts, pass->at.end);
		json_member_integer(drawing->writer, "layers", pass->layers);
		put_number(drawing, "busy", pass->at.busy);
		end_slice(drawing);
	}
	text_free(&name);
}

static void
put_layers(struct drawing *drawing, struct track *tracks)
{
	const struct trace *trace = drawing->trace;
	struct text name = { 0 };
	size_t i;

	for (i = 0; i < trace->layer_count; i++) {
		const struct layer *layer = &trace->layers[i];

		if (!is_shown(drawing, layer->stage))
			continue;
		text_clear(&name);
		text_add_format(&name, "%d %s", (int)layer->index, layer_type(layer));
		begin_slice(drawing, &tracks[trace->passes[layer->pass].device], name.bytes,
		    layer->at.ts, layer->at.end);
		json_member_integer(drawing->writer, "pass", layer->pass);
		put_number(drawing, "busy", layer->at.busy);
		if (layer->module != NULL)
			json_member_string(drawing->writer, "module", layer->module);
		end_slice(drawing);
	}
	text_free(&name);
}

static void
put_kernels(struct drawing *drawing, struct track *types, struct track *streams)
{
	const struct trace *trace = drawing->trace;
	size_t i;

	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];

		if (!is_shown(drawing, kernel->stage))
			continue;
		put_kernel(drawing, &types[trace_class(trace, kernel)->type], kernel);
		put_kernel(drawing, &streams[kernel->stream], kernel);
	}
}

static void
put_copies(struct drawing *drawing, struct track *tracks)
{
	const struct trace *trace = drawing->trace;
	size_t i;

	for (i = 0; drawing->view->stage == NONE && i < trace->copy_count; i++) {
		const struct copy *copy = &trace->copies[i];

		begin_slice(drawing, &tracks[copy->device], copy->fill ? "fill" : "copy", copy->ts,
		    copy->ts + copy->dur);
		end_slice(drawing);
	}
}

static void
put_member(struct drawing *drawing, const char *key, const char *text)
{
	if (text != NULL)
		json_member_string(drawing->writer, key, text);
}

static int
compare_starts(const void *left, const void *right)
{
	const struct device_gap *a = *(const struct device_gap *const *)left;
	const struct device_gap *b = *(const struct device_gap *const *)right;

	return a->start != b->start ? (a->start < b->start ? -1 : 1) : 0;
}

/* When nothing ran, and why. */
static void
put_gaps(struct drawing *drawing, struct track *tracks)
{
	size_t count = drawing->account != NULL ? drawing->account->gap_count : 0, i;
	const struct device_gap **gaps = memory_alloc((count + 1) *
	    sizeof(const struct device_gap *));

	for (i = 0; i < count; i++)
		gaps[i] = &drawing->account->gaps[i];
	if (count > 0)
		qsort(gaps, count, sizeof(const struct device_gap *), compare_starts);
	for (i = 0; i < count; i++) {
		uint32_t device = trace_find_device(drawing->trace, gaps[i]->rank,
		    gaps[i]->device);

		if (device == NO_DEVICE)
			continue;
		begin_slice(drawing, &tracks[device], cause_words[gaps[i]->cause], gaps[i]->start,
		    gaps[i]->start + gaps[i]->length);
		put_member(drawing, "cause", cause_names[gaps[i]->cause]);
		put_member(drawing, "where", gaps[i]->where);
		put_member(drawing, "call", gaps[i]->call);
		put_member(drawing, "before", gaps[i]->before);
		put_member(drawing, "after", gaps[i]->after);
		end_slice(drawing);
	}
	free(gaps);
}

/* "pass", or "rank 3 device 0 pass" where there are several devices. */
static void
name_track(struct track *track, enum process process, const struct trace *trace,
    uint32_t device, const char *what, const int64_t *number)
{
	struct text name = { 0 };

	if (trace->devices[device].rank != NULL && trace->device_count > 1)
		text_add_format(&name, "rank %s ", trace->devices[device].rank);
	if (number != NULL || trace->device_count > 1)
		text_add_format(&name, "device %lld ", (long long)trace->devices[device].number);
	text_add_string(&name, what);
	if (number != NULL)
		text_add_format(&name, " %lld", (long long)*number);
	*track = (struct track){ .process = process, .name = memory_copy_string(name.bytes) };
	text_free(&name);
}

static void
free_tracks(struct track *tracks, size_t count)
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		for (j = 0; j < tracks[i].lane_count; j++)
			free(tracks[i].lanes[j].ends);
		free(tracks[i].lanes);
		free((char *)tracks[i].name);
	}
	free(tracks);
}

static void
put_process_names(struct drawing *drawing)
{
	static const char *const names[] = { NULL, "layers", "types", "streams" };
	struct text name = { 0 };
	enum process process;

	for (process = PROCESS_LAYERS; process <= PROCESS_STREAMS; process++) {
		text_clear(&name);
		text_add_format(&name, "%s %s", names[process], drawing->trace->file);
		put_name(drawing, "process_name", process, 0, name.bytes);
	}
	text_free(&name);
}

static void
draw(struct drawing *drawing)
{
	const struct trace *trace = drawing->trace;
	size_t devices = trace->device_count, streams = trace->stream_count, i;
	struct track *passes = memory_alloc_zero(devices, sizeof(*passes));
	struct track *layers = memory_alloc_zero(devices, sizeof(*layers));
	struct track *gaps = memory_alloc_zero(devices, sizeof(*gaps));
	struct track *copies = memory_alloc_zero(devices, sizeof(*copies));
	struct track *types = memory_alloc_zero(TYPE_COUNT, sizeof(*types));
	struct track *by_stream = memory_alloc_zero(streams, sizeof(*by_stream));

	for (i = 0; i < devices; i++) {
		name_track(&passes[i], PROCESS_LAYERS, trace, (uint32_t)i, "pass", NULL);
		name_track(&layers[i], PROCESS_LAYERS, trace, (uint32_t)i, "layer", NULL);
		name_track(&gaps[i], PROCESS_LAYERS, trace, (uint32_t)i, "nothing runs", NULL);
		name_track(&copies[i], PROCESS_STREAMS, trace, (uint32_t)i, "copies and fills",
		    NULL);
	}
	for (i = 0; i < TYPE_COUNT; i++)
		types[i] = (struct track){ .process = PROCESS_TYPES,
			.name = memory_copy_string(type_names[i]) };
	for (i = 0; i < streams; i++)
		name_track(&by_stream[i], PROCESS_STREAMS, trace, trace->streams[i].device,
		    "stream", &trace->streams[i].number);
	put_passes(drawing, passes);
	put_layers(drawing, layers);
	put_gaps(drawing, gaps);
	put_kernels(drawing, types, by_stream);
	put_copies(drawing, copies);
	free_tracks(passes, devices);
	free_tracks(layers, devices);
	free_tracks(gaps, devices);
	free_tracks(copies, devices);
	free_tracks(types, TYPE_COUNT);
	free_tracks(by_stream, streams);
}

static void
begin(struct output *out)
{
	output_string(out, "[\n");
}

static void
end(struct output *out)
{
	output_string(out, "]\n");
}

static void
write_trace(struct output *out, const struct report *report, const struct view *view)
{
	struct drawing drawing = { .out = out, .writer = json_writer_open(out, false),
		.trace = report->trace, .account = report->account, .view = view, .begin = report->begin,
		.number = report->number, .first = report->number == 0 };

	put_process_names(&drawing);
	draw(&drawing);
	if (drawing.crowded > 0)
		warn("%s: more than %d slices at once on a track: the viewer may drop %zu",
		    report->trace->file, MOST_LANES, drawing.crowded);
	json_writer_close(drawing.writer);
}

const struct format format_perfetto = { "perfetto", begin, write_trace, end };

/* SPDX-License-Identifier: Apache-2.0 */
/* The trace for ui.perfetto.dev: its kernels by stream and by type, below its passes and
 * layers. Times count from the first kernel; names are the short ones. */
#include <math.h>
#include <stdlib.h>

#include "json/json_writer.h"
#include "base/memory.h"
#include "report.h"

enum process { PROCESS_LAYERS = 1, PROCESS_TYPES, PROCESS_STREAMS };
enum { TRACK_PASS = 1, TRACK_LAYER };

/* The kernel of a track that is not written yet. The viewer wants slices of a track to
 * nest or to follow one another, so one that the next runs into is cut short there. */
struct track {
	enum process process;
	size_t thread;
	const struct kernel *waiting;
};

struct drawing {
	struct output *out;
	struct json_writer *writer;
	const struct trace *trace;
	double begin;
	size_t number; /* of the trace: each has its own processes */
};

static void
put_number(struct json_writer *writer, const char *key, double us)
{
	struct number number;

	json_key(writer, key);
	json_put_spelled(writer, number_us(&number, us));
}

static void
begin_event(const struct drawing *drawing, const char *phase, enum process process,
    size_t thread, const char *name)
{
	output_char(drawing->out, ',');
	json_object_begin(drawing->writer);
	json_member_string(drawing->writer, "ph", phase);
	json_member_integer(drawing->writer, "pid", (int64_t)(drawing->number * 10 + process));
	json_member_integer(drawing->writer, "tid", (int64_t)thread);
	json_member_string(drawing->writer, "name", name);
}

static void
put_name(const struct drawing *drawing, const char *what, enum process process, size_t thread,
    const char *name)
{
	begin_event(drawing, "M", process, thread, what);
	json_key(drawing->writer, "args");
	json_object_begin(drawing->writer);
	json_member_string(drawing->writer, "name", name);
	json_object_end(drawing->writer);
	json_object_end(drawing->writer);
}

static void
begin_slice(const struct drawing *drawing, enum process process, size_t thread,
    const char *name, double ts, double dur)
{
	begin_event(drawing, "X", process, thread, name);
	put_number(drawing->writer, "ts", ts - drawing->begin);
	put_number(drawing->writer, "dur", dur);
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
put_kernel(const struct drawing *drawing, const struct track *track, double end)
{
	const struct kernel *kernel = track->waiting;
	const struct kernel_class *class = trace_class(drawing->trace, kernel);
	double dur = fmin(kernel->dur, end - kernel->ts);

	begin_slice(drawing, track->process, track->thread, class->short_name, kernel->ts, dur);
	if (dur < kernel->dur)
		put_number(drawing->writer, "dur", kernel->dur);
	if (kernel->layer != NONE && track->process == PROCESS_STREAMS)
		json_member_integer(drawing->writer, "layer",
		    drawing->trace->layers[kernel->layer].index);
	end_slice(drawing);
}

static void
track_add(const struct drawing *drawing, struct track *track, const struct kernel *kernel)
{
	const struct kernel *waiting = track->waiting;

	if (waiting != NULL && kernel->ts + kernel->dur <= waiting->ts + waiting->dur &&
	    kernel->ts >= waiting->ts) {
		track->waiting = kernel;
		put_kernel(drawing, track, INFINITY);
		track->waiting = waiting;
		return;
	}
	if (waiting != NULL)
		put_kernel(drawing, track, kernel->ts);
	track->waiting = kernel;
}

/* Kernels of two streams make layers and passes overlap; see struct track. */
static double
slice_end(const struct time_sums *sums, const struct time_sums *next)
{
	return next != NULL ? fmin(sums->end, fmax(sums->ts, next->ts)) : sums->end;
}

static void
put_passes(const struct drawing *drawing, const struct view *view)
{
	const struct trace *trace = drawing->trace;
	struct text name = { 0 };
	size_t i;

	for (i = 0; i < trace->pass_count; i++) {
		const struct pass *pass = &trace->passes[i];

		if (view->stage != NONE && pass->stage != view->stage)
			continue;
		text_clear(&name);
		text_add_format(&name, "pass %zu %s", i, stage_names[pass->stage]);
		begin_slice(drawing, PROCESS_LAYERS, TRACK_PASS, name.bytes, pass->at.ts,
		    slice_end(&pass->at, i + 1 < trace->pass_count ? &pass[1].at : NULL) -
		        pass->at.ts);
		json_member_integer(drawing->writer, "layers", pass->layers);
		put_number(drawing->writer, "busy", pass->at.busy);
		end_slice(drawing);
	}
	text_free(&name);
}

static void
put_layers(const struct drawing *drawing, const struct view *view)
{
	const struct trace *trace = drawing->trace;
	struct text name = { 0 };
	size_t i;

	for (i = 0; i < trace->layer_count; i++) {
		const struct layer *layer = &trace->layers[i];

		if (view->stage != NONE && layer->stage != view->stage)
			continue;
		text_clear(&name);
		text_add_format(&name, "%d %s", (int)layer->index, layer_type(layer));
		begin_slice(drawing, PROCESS_LAYERS, TRACK_LAYER, name.bytes, layer->at.ts,
		    slice_end(&layer->at, i + 1 < trace->layer_count ? &layer[1].at : NULL) -
		        layer->at.ts);
		put_number(drawing->writer, "busy", layer->at.busy);
		if (layer->module != NULL)
			json_member_string(drawing->writer, "module", layer->module);
		end_slice(drawing);
	}
	text_free(&name);
}

static void
put_process_names(const struct drawing *drawing)
{
	const struct trace *trace = drawing->trace;
	struct text name = { 0 };
	enum process process;
	size_t i;

	for (process = PROCESS_LAYERS; process <= PROCESS_STREAMS; process++) {
		static const char *const names[] = { NULL, "layers", "types", "streams" };

		text_clear(&name);
		text_add_format(&name, "%s %s", names[process], trace->file);
		put_name(drawing, "process_name", process, 0, name.bytes);
	}
	put_name(drawing, "thread_name", PROCESS_LAYERS, TRACK_PASS, "pass");
	put_name(drawing, "thread_name", PROCESS_LAYERS, TRACK_LAYER, "layer");
	for (i = 0; i < TYPE_COUNT; i++)
		put_name(drawing, "thread_name", PROCESS_TYPES, i + 1, type_names[i]);
	for (i = 0; i < trace->stream_count; i++) {
		text_clear(&name);
		text_add_format(&name, "device %lld stream %lld",
		    (long long)trace->streams[i].device, (long long)trace->streams[i].number);
		put_name(drawing, "thread_name", PROCESS_STREAMS, i + 1, name.bytes);
	}
	text_free(&name);
}

static void
put_kernels(const struct drawing *drawing, const struct view *view)
{
	const struct trace *trace = drawing->trace;
	size_t count = TYPE_COUNT + trace->stream_count, i;
	struct track *tracks = memory_alloc_zero(count, sizeof(*tracks));

	for (i = 0; i < count; i++)
		tracks[i] = i < TYPE_COUNT
		    ? (struct track){ PROCESS_TYPES, i + 1, NULL }
		    : (struct track){ PROCESS_STREAMS, i - TYPE_COUNT + 1, NULL };
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];

		if (view->stage != NONE && kernel->stage != view->stage)
			continue;
		track_add(drawing, &tracks[trace_class(trace, kernel)->type], kernel);
		track_add(drawing, &tracks[TYPE_COUNT + kernel->stream], kernel);
	}
	for (i = 0; i < count; i++)
		if (tracks[i].waiting != NULL)
			put_kernel(drawing, &tracks[i], INFINITY);
	free(tracks);
}

/* The array form of the format: the first event needs no comma, all others bring theirs. */
static void
begin(struct output *out)
{
	output_string(out, "[{\"ph\":\"M\",\"pid\":0,\"tid\":0,\"name\":\"process_name\","
	    "\"args\":{\"name\":\"tr-layers\"}}\n");
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
		.trace = report->trace, .begin = report->all.ts, .number = report->number };

	put_process_names(&drawing);
	put_passes(&drawing, view);
	put_layers(&drawing, view);
	put_kernels(&drawing, view);
	json_writer_close(drawing.writer);
}

const struct format format_perfetto = { "perfetto", begin, write_trace, end };

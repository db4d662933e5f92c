/* SPDX-License-Identifier: Apache-2.0 */
/* One trace in memory: its kernels, what launched them, and the layers found in them. */
#ifndef TR_LAYERS_TRACE_H
#define TR_LAYERS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/launches.h"
#include "base/map.h"
#include "base/text.h"
#include "limits.h"
#include "trace/kinds.h"
#include "trace/trace_record.h"

/* Roles beyond those of the records. */
enum {
	ROLE_LINEAR = 1 << ROLE_COUNT,        /* a matrix product */
	ROLE_SOFTMAX = 1 << (ROLE_COUNT + 1)  /* attention, if the softmax is not one of classes */
};

enum method { METHOD_MODULES, METHOD_PERIODIC, METHOD_MARKERS, METHOD_COUNT };

/* Where a kernel outside the layers stands. */
enum place {
	PLACE_LAYER,
	PLACE_PROLOGUE, /* before the first layer of its pass */
	PLACE_EPILOGUE, /* after the last */
	PLACE_SIDE,     /* in a pass, outside its layers: another stream, or another job of this one */
	PLACE_TAIL,     /* of a step launched before the trace began */
	PLACE_NONE,     /* no pass at all */
	PLACE_COUNT
};

/* What kernels of one name and type share. Strings are interned. */
struct kernel_class {
	const char *name, *short_name, *family, *library;
	enum kernel_type type;
	unsigned roles;
	bool has_role; /* tr-classify gave it one, also where that is none of these */
};

/* What a class was found by, interned: a kernel whose record says the same is of it. */
enum { CLASS_MEMOS = 1024 };
struct class_memo {
	struct slice name, type, roles;
	uint32_t class;
};

/* What the last kernel said of its place. */
struct stream_memo {
	struct slice rank; /* interned */
	int64_t device, stream;
	uint32_t number;
	bool known;
};

/* One kernel. All times here are whole nanoseconds. */
struct kernel {
	int64_t ts, dur;
	int64_t correlation; /* NO_CORRELATION when unknown */
	uint32_t class;
	uint32_t stream; /* index into streams */
	uint32_t limit;  /* as limits_add gave it */
	int32_t layer;   /* index into layers; NONE outside */
	int32_t pass;    /* index into passes; NONE when there are none */
	uint8_t vote;    /* the stage tr-classify gave it */
	uint8_t stage;   /* the final one */
	uint8_t place;
};

/* A copy or a fill. */
struct copy {
	int64_t ts, dur;
	uint32_t device;
	bool fill;
};

/* A launch's shape, JSON as spelled and interned; NULL where the trace has none. */
struct shape {
	const char *grid, *block;
};

enum { NONE = -1 };
#define NO_CORRELATION INT64_MIN

/* Each device of each process has work of its own: passes, layers, busy and idle time. */
struct device {
	const char *rank; /* as spelled in the records, interned; NULL where they have none */
	uint32_t process;
	int64_t number;
	bool training;    /* it runs backward */
	const char *why;  /* it has no layers, or which of its work was taken for none; or NULL */
	size_t repeats;   /* how often the same kernels came again, where that is no layer */
	size_t repeated;  /* how many kernels that were */
};

struct stream {
	uint32_t device; /* index into devices */
	int64_t number;
};

/* One call of an nn.Module. */
struct module {
	int64_t ts, end;
	uint32_t thread;
	int32_t parent;      /* index of the call around it; NONE at the top */
	const char *name;    /* "Qwen3DecoderLayer_0", interned */
	const char *class;   /* "Qwen3DecoderLayer", interned */
	uint32_t children;
};

struct annotation {
	int64_t ts, end;
	uint32_t process;
	bool gpu;
	enum stage stage; /* as tr-classify tells it; others are not kept */
	size_t outer;     /* 1 + index of what this may stand in, 0 for nothing: see stages.c */
};

struct time_sums {
	int64_t ts, end; /* first start, last end */
	int64_t sum, busy;
	uint32_t kernels;
	int64_t busy_begin, busy_end; /* the open interval of the union */
};

struct layer {
	struct time_sums at;
	int64_t time[TYPE_COUNT];
	int32_t pass, index;
	uint64_t order; /* among those of its pass, where the order of kernels made it */
	unsigned roles; /* of all its kernels */
	uint16_t linear_after; /* matrix products after its attention */
	uint8_t stage;
	uint8_t method;
	bool partial;   /* cut by the beginning or the end of the trace */
	bool is_half;   /* with --split-half-layers */
	uint32_t votes[STAGE_COUNT];
	const char *module; /* interned; NULL when unknown */
};

struct pass {
	struct time_sums at;
	uint32_t device;
	int32_t layers;
	uint8_t stage;
	uint8_t method;
	uint32_t votes[STAGE_COUNT];
};

/* Forward, backward and optimizer of training, once. */
struct step {
	struct time_sums at;
	uint32_t device;
};

/* Everything of one stream of records, from `trace` to `end`. */
struct trace {
	char *head;   /* the `trace` record's line, owned */
	char *tail;   /* the `end` record's line, owned */
	const char *file; /* interned: the trace's own name, or where the records came from */
	int64_t rank; /* NONE when unknown */
	int64_t grid_threshold; /* see --grid-threshold; 0 for off. Kept by trace_clear */
	bool wants_shapes;      /* keep grids and blocks. Kept by trace_clear */

	struct kernel *kernels; /* in the order they came */
	size_t kernel_count, kernel_capacity;
	uint32_t *by_time;      /* indexes of kernels, sorted by ts, then as they came */
	uint32_t *by_stream;    /* the same, stream by stream, in the order they ran */
	size_t *stream_begin;   /* by stream: where it begins in by_stream; one more at the end */
	uint32_t *by_device;    /* by_time, device by device */
	size_t *device_begin;
	struct shape *shapes;   /* by kernel, when they are wanted */
	size_t shape_capacity;
	struct copy *copies;    /* sorted by ts, once ready */
	size_t copy_count, copy_capacity;
	int64_t duration;       /* of all kernels and copies: it fits */
	size_t *left_out;       /* places among the kernels of those whose times are none */
	size_t left_out_count, left_out_capacity;
	size_t copies_left_out;
	size_t clipped_count;   /* kernels that were cut short, and by how much */
	int64_t clipped;
	bool mismatched;        /* names and times do not belong together: no figures by name */
	size_t displaced_count; /* kernels whose times are not in the order of their graph launch */

	struct kernel_class *classes;
	size_t class_count, class_capacity;
	struct map class_index; /* "type\0name" to index + 1 */
	struct class_memo *class_memo; /* by what the name's ends hash to: CLASS_MEMOS */
	uint32_t *renumbered;   /* by class; all 0 but while a sequence is opened */

	struct device *devices;
	size_t device_count, device_capacity;
	struct map device_index; /* "process number" to index + 1 */
	struct stream *streams;
	size_t stream_count, stream_capacity;
	struct map stream_index; /* "device number" to index + 1 */
	struct stream_memo stream_memo;

	struct limits limits;
	struct launches launches;
	struct module *modules;  /* sorted by thread, then ts, outer before inner */
	size_t module_count, module_capacity;
	struct annotation *annotations;
	size_t annotation_count, annotation_capacity;
	struct annotation *optimizer_calls; /* of the host */
	size_t optimizer_call_count, optimizer_call_capacity;
	struct annotation *profiler_steps; /* the profiler's own, of the host */
	size_t profiler_step_count, profiler_step_capacity;

	struct layer *layers;
	size_t layer_count, layer_capacity;
	struct pass *passes;
	size_t pass_count, pass_capacity;
	struct step *steps;
	size_t step_count, step_capacity;
	size_t tail_layers;     /* layers of a step that began before the trace */
};

/* Add a record of any kind; those this program has no use for are ignored. */
void trace_add(struct trace *trace, const struct trace_record *record);

/* Add a kernel of which only the correlation counts; it need not be classified. */
void trace_add_correlation(struct trace *trace, const struct trace_record *record);

/* Sort, and link modules to their parents: once, when all records are in. */
void trace_ready(struct trace *trace);

/* Empty for the next stream; the memory of classes is kept. */
void trace_clear(struct trace *trace);
void trace_close(struct trace *trace);

/* The kernel's launch, or NULL. */
const struct launch *trace_launch(const struct trace *trace, const struct kernel *kernel);

/* The innermost module call around that moment on that thread, or NONE. */
int32_t trace_module_at(const struct trace *trace, uint32_t thread, int64_t ts);

/* The device with these names in the records of tr-account: of equal numbers the one of that
 * rank; NO_DEVICE. */
#define NO_DEVICE UINT32_MAX
uint32_t trace_find_device(const struct trace *trace, const char *rank, const char *number);

int32_t trace_add_layer(struct trace *trace, enum method method);
int32_t trace_add_pass(struct trace *trace, enum method method, uint32_t device);

/* Nanoseconds as what people and averages want. */
static inline double
us_of(int64_t ns)
{
	return (double)ns / 1000;
}

static inline uint32_t
trace_device(const struct trace *trace, const struct kernel *kernel)
{
	return trace->streams[kernel->stream].device;
}

static inline const struct shape *
trace_shape(const struct trace *trace, const struct kernel *kernel)
{
	return &trace->shapes[kernel - trace->kernels];
}

static inline const struct kernel_class *
trace_class(const struct trace *trace, const struct kernel *kernel)
{
	return &trace->classes[kernel->class];
}

static inline unsigned
trace_roles(const struct trace *trace, uint32_t kernel)
{
	return trace->classes[trace->kernels[kernel].class].roles;
}

extern const char *const method_names[METHOD_COUNT + 1]; /* NULL-terminated */
extern const char *const place_names[PLACE_COUNT + 1];

#endif

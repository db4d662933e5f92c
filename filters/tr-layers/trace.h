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
#include "trace/trace_record.h"

/* In the order of their columns. */
enum kernel_type {
	TYPE_ATTENTION,
	TYPE_MOE,
	TYPE_LINEAR,
	TYPE_QUANTIZATION,
	TYPE_COMMUNICATION,
	TYPE_MEMORY,
	TYPE_OTHER,
	TYPE_COUNT
};

enum stage { STAGE_PREFILL, STAGE_DECODE, STAGE_MIXED, STAGE_UNKNOWN, STAGE_COUNT };

/* What a kernel does for a layer; a set. */
enum role {
	ROLE_NORM = 1,
	ROLE_ATTENTION = 2, /* scores times values, not caches or rotations */
	ROLE_MLA = 4,
	ROLE_GDN = 8,       /* linear attention */
	ROLE_MOE = 16,
	ROLE_FC = 32, /* the activation of a dense MLP */
	ROLE_COMMUNICATION = 64,
	ROLE_START = 128, /* a layer-start norm by the marker rule */
	ROLE_LINEAR = 256, /* a matrix product */
	ROLE_EMBEDDING = 512, /* before the first layer */
	ROLE_SAMPLER = 1024   /* behind the last */
};

enum method { METHOD_MODULES, METHOD_PERIODIC, METHOD_MARKERS, METHOD_COUNT };

/* Where a kernel outside the layers stands. */
enum place {
	PLACE_LAYER,
	PLACE_PROLOGUE, /* before the first layer of its pass */
	PLACE_EPILOGUE, /* behind the last */
	PLACE_SIDE,     /* beside the layers: another stream, or another job of this one */
	PLACE_TAIL,     /* of a step launched before the trace began */
	PLACE_NONE,     /* no pass at all */
	PLACE_COUNT
};

/* What kernels of one name and type share. Strings are interned. */
struct kernel_class {
	const char *name, *short_name, *family, *library;
	enum kernel_type type;
	unsigned roles;
};

/* One kernel. Times in microseconds. */
struct kernel {
	double ts, dur;
	int64_t correlation; /* NO_CORRELATION when unknown */
	uint32_t class;
	uint32_t stream; /* index into streams */
	int32_t layer;   /* index into layers; NONE outside */
	int32_t pass;    /* index into passes; NONE when there are none */
	uint8_t vote;    /* the stage tr-classify gave it */
	uint8_t stage;   /* the final one */
	uint8_t place;
	uint8_t kind;    /* TRACE_KERNEL; copies are not kept */
};

enum { NONE = -1 };
#define NO_CORRELATION INT64_MIN

struct stream {
	int64_t device, number;
};

/* One call of an nn.Module. */
struct module {
	double ts, end;
	uint32_t thread;
	int32_t parent;      /* index of the call around it; NONE at the top */
	const char *name;    /* "Qwen3DecoderLayer_0", interned */
	const char *class;   /* "Qwen3DecoderLayer", interned */
	uint32_t children;
};

struct annotation {
	double ts, end;
	bool gpu;
	enum stage stage; /* as tr-classify tells it; others are not kept */
};

struct time_sums {
	double ts, end; /* first start, last end */
	double sum, busy;
	uint32_t kernels;
	double busy_begin, busy_end; /* the open interval of the union */
};

struct layer {
	struct time_sums at;
	double time[TYPE_COUNT];
	int32_t pass, index;
	unsigned roles; /* of all its kernels */
	uint16_t linear_after; /* matrix products behind its attention */
	uint8_t stage;
	uint8_t method;
	bool partial;   /* cut by the beginning or the end of the trace */
	bool is_half;   /* with --split-half-layers */
	uint32_t votes[STAGE_COUNT];
	const char *module; /* interned; NULL when unknown */
};

struct pass {
	struct time_sums at;
	int32_t layers;
	uint8_t stage;
	uint8_t method;
	uint32_t votes[STAGE_COUNT];
};

/* Everything of one stream of records, from `trace` to `end`. */
struct trace {
	char *head;   /* the `trace` record's line, owned */
	char *tail;   /* the `end` record's line, owned */
	const char *file; /* interned: the trace's own name, or where the records came from */
	int64_t rank; /* NONE when unknown */
	int64_t grid_threshold; /* see --grid-threshold; 0 for off. Kept by trace_clear */

	struct kernel *kernels; /* in the order they came */
	size_t kernel_count, kernel_capacity;
	uint32_t *by_time;      /* indexes of kernels, sorted by ts, then as they came */

	struct kernel_class *classes;
	size_t class_count, class_capacity;
	struct map class_index; /* "type\0name" to index + 1 */

	struct stream *streams;
	size_t stream_count, stream_capacity;

	struct launches launches;
	struct module *modules;  /* sorted by thread, then ts, outer before inner */
	size_t module_count, module_capacity;
	struct annotation *annotations;
	size_t annotation_count, annotation_capacity;
	double first_cpu;   /* earliest launch or module; infinite when there is none */

	struct layer *layers;
	size_t layer_count, layer_capacity;
	struct pass *passes;
	size_t pass_count, pass_capacity;
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

/* The launch with this correlation, or NULL. */
const struct launch *trace_launch(const struct trace *trace, int64_t correlation);

/* The innermost module call around that moment on that thread, or NONE. */
int32_t trace_module_at(const struct trace *trace, uint32_t thread, double ts);

int32_t trace_add_layer(struct trace *trace, enum method method);
int32_t trace_add_pass(struct trace *trace, enum method method);

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

extern const char *const type_names[TYPE_COUNT + 1];  /* NULL-terminated */
extern const char *const stage_names[STAGE_COUNT + 1];
extern const char *const method_names[METHOD_COUNT + 1];
extern const char *const place_names[PLACE_COUNT + 1];

#endif

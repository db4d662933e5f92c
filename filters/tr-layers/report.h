/* SPDX-License-Identifier: Apache-2.0 */
/* What all output formats print: the figures of one trace, and how they are written. */
#ifndef TR_LAYERS_REPORT_H
#define TR_LAYERS_REPORT_H

#include "base/number.h"
#include "base/output.h"
#include "account.h"
#include "flame.h"
#include "limit_groups.h"
#include "trace.h"

struct count_sum {
	uint32_t kernels;
	int64_t sum;
};

/* One kernel class over the whole trace. */
struct class_sum {
	uint32_t class;
	uint32_t kernels;
	int64_t sum, shortest, longest;
	uint32_t in_stage[STAGE_COUNT];
	int64_t sum_in_stage[STAGE_COUNT];
};

/* One device: its kernels, copies and fills. */
struct device_sums {
	struct time_sums kernels;
	struct time_sums all;   /* of kernels, copies and fills; `kernels` counts the three */
	size_t layers, passes;
};

struct report {
	const struct trace *trace;
	size_t number;      /* of the trace in this run, from 0 */
	const struct file_account *account; /* what tr-account says of it, or NULL */
	struct limit_sums *limits; /* NULL unless kroof went before */
	const struct flame *flame; /* of all traces, with the first; or NULL */
	enum method method; /* of most layers */
	struct device_sums *devices;
	/* Added over the devices: nothing is a union over several of them. */
	uint32_t kernels, copies;
	int64_t sum, busy, busy_kernels, span;
	int64_t begin; /* the first start of all */
	struct count_sum by_type[TYPE_COUNT];
	struct count_sum by_stage[STAGE_COUNT];
	struct count_sum stage_type[STAGE_COUNT][TYPE_COUNT];
	struct count_sum outside[PLACE_COUNT]; /* PLACE_LAYER: all of them together */
	struct class_sum *classes; /* by sum, largest first; only those that occur */
	size_t class_count;
};

/* What the user asked to see. */
struct view {
	size_t top;            /* rows of kernel tables */
	int stage;             /* enum stage, or NONE for all */
	size_t layer_rows;     /* of the table of layers, one each; 0 for no such table */
	const char *layers;    /* layers to show kernel by kernel ("4,10-12"), or NULL */
	const char *debug;     /* layers whose votes to show, or NULL */
	bool color;            /* a terminal that takes it */
	size_t width;          /* its columns; 0: not known */
	size_t name;           /* characters of a kernel's name */
};

/* Valid as long as the trace is unchanged. */
void report_open(struct report *report, const struct trace *trace, size_t number);
void report_close(struct report *report);

/* Why there are no layers: of the first device that says it. */
const char *report_why(const struct report *report);

/* "MHA+MoE". */
const char *layer_type(const struct layer *layer);

/* Whether the number is in a list such as "4,10-12,20-". Dies on a list that is none. */
bool spec_contains(const char *spec, int64_t number);

/* The first number that the list names and that is beyond the last; NONE without one. */
int64_t spec_beyond(const char *spec, int64_t last);

/* A kernel's name, shortened to `length` characters with an ellipsis. Owned by `text`. */
const char *name_short(struct text *text, const char *name, size_t length);

/* `begin` and `end` frame the traces of one run; either may be NULL. */
struct format {
	const char *name;
	void (*begin)(struct output *out);
	void (*trace)(struct output *out, const struct report *report, const struct view *view);
	void (*end)(struct output *out);
};

extern const struct format format_ndjson, format_table, format_csv, format_markdown,
    format_html, format_perfetto, format_stats, format_events;

#endif

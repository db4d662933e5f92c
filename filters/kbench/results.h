/* SPDX-License-Identifier: Apache-2.0 */
/* What a run found, in memory: the same whether it was measured now or read from a file. */
#ifndef KBENCH_RESULTS_H
#define KBENCH_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "json/reader.h"

/* Where a number comes from. Every number of a report carries one of these labels. */
enum origin {
	ORIGIN_MEASURED,  /* timed in this run */
	ORIGIN_COMPUTED,  /* follows from other numbers by the formula beside it */
	ORIGIN_DEVICE,    /* the machine said so when asked */
	ORIGIN_DATASHEET, /* the vendor's figure */
	ORIGIN_COUNTER,   /* a hardware counter, from an ncu file */
	ORIGIN_STATIC,    /* the source or the compiler says so */
	ORIGINS,
};

const char *origin_name(enum origin origin);

/* A named value with its origin. */
struct fact {
	const char *name;
	const char *text; /* NULL: a number */
	double number;
	const char *unit; /* "" when it has none */
	enum origin origin;
};

struct facts {
	struct fact *items;
	size_t count, capacity;
};

/* Name and value of an axis. */
struct setting {
	const char *name, *value;
};

struct settings {
	struct setting *items;
	size_t count, capacity;
};

struct device {
	const char *backend; /* "cpu" or "cuda" */
	const char *name;
	struct facts facts;
};

/* A limit of the machine; NAN where a number does not apply. */
struct ceiling {
	const char *what;  /* copy, read, compare: gbps over `bytes`; call: us */
	const char *level; /* where the bytes lie: L1, L2, L3, DRAM, HBM; "" for call */
	const char *l2;    /* "hot", "cold" */
	double bytes, gbps, us;
	double noise;      /* as of a measure; NAN where not measured */
	int64_t samples;   /* 0 where not measured */
	const char *flag;  /* what is wrong with it; "" */
	enum origin origin;
	const char *how;   /* a few words */
};

struct measure {
	const char *kernel, *backend;
	struct settings axes;
	const char *size_axis; /* the axis whose values a fit goes over */
	double bytes;          /* moved by one call */
	double median, min, p99; /* us of one call */
	double noise;          /* half the 95 % confidence interval of the median, over the median;
	                        * NAN: too few samples for one */
	const double *values;  /* samples, ascending, or some at even ranks; us; none: not kept */
	size_t value_count;
	int64_t samples, calls; /* calls within a sample */
	double gbps;
	const char *ceiling;   /* what the percentage is of: "copy", "compare", "" */
	double ceiling_gbps, ceiling_pct; /* of the same number of bytes, the same way, in this run */
	double peak_pct;       /* of the memory's plateau, measured in this run */
	double datasheet_pct;
	const char *l2;
	int correct;           /* 1, 0, -1 not checked */
	const char *flags[8];
	size_t flag_count;
	struct facts facts;
};

/* t = t0 + bytes / bandwidth over the rows that differ in size alone. */
struct fit {
	const char *kernel, *backend, *l2;
	struct settings axes; /* without the size axis */
	double t0_us, gbps;
	double worst;         /* largest |fit - t| / t of its rows */
	size_t points;
};

/* Strings and arrays of everything live in `arena`. */
struct results {
	struct arena arena;
	struct device device;
	struct ceiling *ceilings;
	size_t ceiling_count, ceiling_capacity;
	struct measure *measures;
	size_t measure_count, measure_capacity;
	struct fit *fits;
	size_t fit_count, fit_capacity;
	/* Configurations that could not be measured, as "kernel: reason". */
	const char **skipped;
	size_t skipped_count, skipped_capacity;
};

/* Strings given to these are copied. */
const char *results_keep(struct results *results, const char *string);
const char *results_format(struct results *results, const char *format, ...) PRINTF_LIKE(2, 3);
void facts_number(struct results *results, struct facts *facts, const char *name, double number,
    const char *unit, enum origin origin);
void facts_text(struct results *results, struct facts *facts, const char *name,
    const char *text, enum origin origin);
void settings_add(struct results *results, struct settings *settings, const char *name,
    const char *value);

/* A copy of its samples for the measure. */
void results_keep_values(struct results *results, struct measure *measure, const double *values,
    size_t count);

/* NULL when there is no such fact or setting. */
const struct fact *facts_find(const struct facts *facts, const char *name);

/* Its number; not a number where there is none of that name. */
double facts_value(const struct facts *facts, const char *name);
const char *settings_find(const struct settings *settings, const char *name);

/* Appended copies; the pointer holds until the next one of its kind. */
struct ceiling *results_ceiling(struct results *results);
struct measure *results_measure(struct results *results);
void results_skip(struct results *results, const char *kernel, const char *reason);
void measure_flag(struct measure *measure, const char *flag);
bool measure_has_flag(const struct measure *measure, const char *flag);

/* "rows=64 dim=4096 dtype=fp16", without the axes that all measures of the kernel share when
 * `short_form`. In the results' arena. */
const char *measure_axes_text(struct results *results, const struct measure *measure,
    bool short_form);

/* The measure of the same kernel, axes and caches; NULL when there is none. */
const struct measure *results_same(const struct results *results, const struct measure *measure);

/* The last ceiling of that kind at that level; NULL when there is none. */
const struct ceiling *results_find_ceiling(const struct results *results, const char *what,
    const char *level);

/* The plateau of the memory behind all caches: the copy of the largest size. */
const struct ceiling *results_plateau(const struct results *results, const char *what);

/* Reads what kbench -f ndjson wrote; dies on a record that is not as written. */
void results_read(struct results *results, const char *path);

void results_free(struct results *results);

#endif

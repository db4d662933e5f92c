/* SPDX-License-Identifier: Apache-2.0 */
/* A run: what is measured, on which machine, by which rule, into which results. */
#ifndef KBENCH_BENCH_H
#define KBENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "axes.h"
#include "backend.h"
#include "results.h"
#include "sample.h"

struct bench {
	struct backend *backend;
	struct results *results;
	struct stop_rule rule;
	unsigned warmups;
	bool check;
	bool no_ceilings;      /* measure none: only times are asked for */
	unsigned ceiling_tries; /* so far */
	uint64_t seed;
	double datasheet_gbps; /* of the device's memory; NAN when unknown */
	/* For a collective whose ranks are processes; world 0: ranks are threads or GPUs here. */
	int rank, world;
	const char *id_file;
	unsigned communicators; /* opened so far */
	const void *own;       /* the subject that the user brings, in own.c; NULL */
};

/* A kernel as a subject of measurement. A job is one configuration, ready to run. */
struct subject {
	const char *name;
	const char *sentence;         /* what it does */
	const char *size_axis;        /* the axis that a fit goes over */
	const struct axis_rule *axes; /* ends with a row without a name */
	bool cpu_only;                /* measured on the CPU whatever the device */
	bool collective;              /* its calls wait for other ranks' */

	/* NULL, with the reason, when the configuration cannot be had here. */
	void *(*open)(struct bench *bench, const struct point *point, const char **why);
	enum kernel_status (*call)(void *job, unsigned calls);
	/* As struct work has it; NULL: there is nothing to be woken. */
	void (*ready)(void *job, unsigned calls);
	/* What its last `call` took by a clock of its own, us a call; NULL, or NULL returned: the
	 * backend's clock around it counts. */
	const double *(*told_us)(void *job);
	/* Runs once on fresh memory and compares with an independent computation. `check_known` in its
	 * place: 1, 0, or -1 where nobody can say. */
	bool (*check)(void *job);
	int (*check_known)(void *job);
	/* Bytes, the kind of ceiling, flags and facts of the configuration. */
	void (*describe)(void *job, struct measure *measure);
	void (*close)(void *job);
};

extern const struct subject subject_index, subject_store, subject_kvcache, subject_allreduce, subject_radix;

/* NULL-terminated, in the order of a report. */
extern const struct subject *const subjects[];

/* Sample `work` until the rule is content. `calls` gets how many calls a sample holds;
 * false, with `why`, when it cannot be timed. */
bool bench_time(struct bench *bench, const struct work *work, bool cold,
    const struct stop_rule *rule, struct summary *summary, size_t *samples, unsigned *calls,
    const char **why);

/* The ceiling `what` (copy, read, compare) for `bytes` bytes moved in all, hot or cold;
 * measured at the first request and kept. NULL when memory is short. */
const struct ceiling *bench_ceiling(struct bench *bench, const char *what, double bytes,
    bool cold);

/* Measures that ceiling again and keeps the faster of both. */
void bench_ceiling_again(struct bench *bench, const struct ceiling *ceiling, bool cold);

/* The ceilings that every run begins with: each level of memory, and a call of nothing. */
void bench_ceilings(struct bench *bench);

/* Flags the ceilings that are slower than their order allows. It is called after the last row: rows
 * that are above their ceiling have it measured again. */
void bench_ceilings_judge(struct bench *bench);

/* Measure one configuration of a subject, its axis "l2" too, into the results; what cannot
 * be had is noted as skipped. */
void bench_point(struct bench *bench, const struct subject *subject, const struct point *point);

/* Fits over all measures of the results. */
void bench_fits(struct results *results);

/* Deterministic random numbers. */
uint64_t bench_random(uint64_t *state);
void bench_fill(uint64_t *state, void *bytes, size_t length);

/* `count` indices below `limit` by pattern (random, sequential, same, distinct), as int32
 * or int64 into `indices`, and as numbers into `numbers`. */
void bench_indices(uint64_t *state, const char *pattern, size_t count, size_t limit, bool wide,
    void *indices, int64_t *numbers);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The ranks of a job as tr-account --comms tells of them, and what their collectives come to. */
#ifndef TR_RANKS_JOB_H
#define TR_RANKS_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "trace/collective.h"

/* What a rank waited for the others, and they for it. ns. */
struct waits {
	uint64_t collectives, last;
	int64_t transfer, wait, caused;
};

struct pass {
	int64_t number, start, own, busy, idle, exposed;
	char *stage; /* owned */
	struct waits waits;
};

/* What became of a trace. */
enum health {
	HEALTH_GOOD,
	HEALTH_RECOVERED,  /* damaged: what could be read is told */
	HEALTH_EMPTY,      /* without GPU work */
	HEALTH_DOUBLED,    /* its rank was there before; it is in no collective */
	HEALTH_UNREADABLE,
	HEALTH_COUNT
};
extern const char *const health_names[HEALTH_COUNT];

/* A device of a rank; or a trace that has none. Strings are decoded and owned; NULL: not
 * known. ns. */
struct rank {
	char *label, *device, *file;
	char *key;            /* of its member */
	enum health health, own_health; /* the latter if it were not doubled */
	struct text says;     /* why not good, and what is implausible */
	bool is_job;          /* it is a rank; else only a file */
	int64_t number, world_size; /* of the rank, -1 where not known */
	int64_t base, layers;
	int64_t window, busy, idle, compute, exposed;
	char *idle_by_cause;  /* JSON */
	char *idle_cause;     /* the greatest */
	int64_t idle_cause_ns;
	char *frame;          /* where the host was while the device was idle, mostly */
	int64_t frame_ns;
	char *host_says;      /* tr-account's sentence on its host being late */
	struct pass *passes;
	size_t pass_count, pass_capacity;
	struct waits *layer_waits; /* by layer, the last one of what is outside; NULL: none */
	const struct lateness *late; /* NULL: in no collective */
	bool holds_up;        /* the others wait for it for longer than the limit */
	bool slow;            /* its wall time is beyond the others' */
};

/* Collectives of one kind and size in one group. */
struct kind {
	const char *group;
	enum collective_kind kind;
	int64_t bytes, count, transfer, wait, algbw, busbw; /* rates: -1 not known */
};

struct job {
	struct rank *ranks;   /* the greatest lateness first, once judged */
	size_t count, capacity;
	struct members members;
	struct rows rows;     /* no list with fewer than two members */
	struct arena *facts;  /* what the members' kernels point to */
	struct kind *kinds;   /* by time waited */
	size_t kind_count, kind_capacity;
	int64_t layers;       /* of the rank that has most */
	size_t files;
	/* What it comes to. */
	double late_percent, slow_percent;
	int64_t median_window, median_compute, transfer, wait;
	uint64_t nobody_late, mismatches, unmatched;
	struct text missing;  /* "3, 4"; empty: none */
	bool damaged;
	const char *status;   /* of the verdict */
	struct text says;     /* of the verdict */
	struct text *sentences; /* for people */
	size_t sentence_count, sentence_capacity;
};

/* Read what tr-account --comms wrote of each trace, and tr-ranks --unreadable. */
void job_read(struct job *job, char *const *files);

/* Match the collectives, find who holds up whom, and decide. */
void job_judge(struct job *job);
void job_free(struct job *job);

/* The place of a rank's layer in layer_waits. */
size_t job_layer(const struct job *job, int64_t layer);

/* The reason that cost most; WHY_COUNT: none. */
enum why rank_why(const struct rank *rank);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What must be kept of a trace stream: the GPU's work and the host's events of each rank. */
#ifndef TR_ACCOUNT_LOAD_H
#define TR_ACCOUNT_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "trace/collective.h"
#include "trace/trace_record.h"
#include "word.h"

enum { NO_CORRELATION = -1, NO_LAUNCH = -1, NO_PASS = -1 };

/* A kernel, copy or fill. Times are ns. */
struct piece {
	int64_t start, end;
	uint64_t order;       /* place among the files and in its file */
	struct word *name;
	int64_t correlation;  /* or NO_CORRELATION, which none has */
	ptrdiff_t launch;     /* in the rank's host events, or NO_LAUNCH */
	const struct collective_facts *facts; /* NULL: none */
	int64_t launched_before; /* start of the launch before its own onto the stream; INT64_MIN */
	uint32_t device, stream; /* of the rank, of the device */
	uint32_t stage;       /* in `stages` */
	int32_t pass, layer;  /* or NO_PASS */
	bool first;           /* of its correlation on the device */
	uint8_t work;
};

enum host_kind { HOST_CALL, HOST_OP, HOST_FRAME, HOST_ANNOTATION };

struct host_event {
	int64_t start, end;
	uint64_t order;
	struct word *name;
	int64_t correlation;
	uint32_t thread; /* of the rank */
	uint8_t kind;    /* enum host_kind */
};

struct interval {
	int64_t start, end;
};

/* A growing list of intervals; sorted and disjoint after interval_unite. */
struct intervals {
	struct interval *list;
	size_t count, capacity;
};

/* What is implausible, and what more a rank should tell. The names are those of findings. */
enum oddity {
	ODD_TIME_NOT_A_NUMBER,
	ODD_TS_ZERO,
	ODD_NEGATIVE,
	ODD_ZERO_DURATION,
	ODD_HOST_TIME,
	ODD_HOST_TS_ZERO,
	ODD_OVERLAP_IN_GRAPH,
	ODD_OVERLAP,
	ODD_OVERLAP_MOST,
	ODD_OVERRUN,
	ODD_OVERRUN_NS,
	ODD_COUNT
};

extern const char *const oddity_names[ODD_COUNT];

struct rank {
	char *key;  /* as JSON spells it */
	char *file; /* the first it was read from */
	char **further; /* those that were joined to it */
	size_t further_count, further_capacity;
	char *trace_id, *process; /* of the run and of the host's process; NULL: not told */
	bool nameless;            /* the key is the file's place */
	int64_t base;             /* ns that times count from */
	int64_t world_size;       /* -1: not told */
	int32_t layers;           /* one more than the greatest layer of its work */
	struct piece *pieces;
	size_t piece_count, piece_capacity;
	struct host_event *hosts;
	size_t host_count, host_capacity;
	struct intervals overheads;
	struct map devices, streams, threads; /* spelling to number + 1 */
	int64_t host_first, host_last;        /* both 0: none */
	uint64_t oddities[ODD_COUNT];
	struct map unknown; /* category, as spelled, to how many, a uint64_t */
};

/* One file, or several of one run: ranks in the order they came. */
struct load {
	struct words words;
	struct arena arena;     /* facts of collectives, until the run is done with */
	struct map stages;      /* name to number + 1 */
	struct map passes;      /* of --passes: event index to struct given_pass */
	struct arena pass_arena;
	struct rank **ranks;
	size_t count, capacity;
	uint64_t file;          /* how many files have begun */
	char *file_name, *trace_id, *rank; /* of the open one */
	int64_t base, world_size;
	size_t first_rank;      /* the first that the open file began */
};

struct given_pass {
	int32_t pass;
	uint32_t stage;
};

/* Take in a record. */
void load_record(struct load *load, const struct trace_record *record);

/* The number of a spelling, from 0; a new one gets the next. */
uint32_t load_number(struct map *map, struct slice text);

/* The rank's host was at work in [start, end), too. */
void rank_widen(struct rank *rank, int64_t start, int64_t end);

/* Read what `--passes` names: event index, pass and stage, by tab. Dies on another form. */
void load_passes(struct load *load, const char *path);

/* After a file's `end`: what the file began is joined to the ranks before it where these are
 * of the same run of the same process. Whether the ranks before `first_rank` are complete:
 * nothing was joined. */
bool load_end_file(struct load *load);

/* Forget the first `count` ranks. */
void load_drop(struct load *load, size_t count);
void load_free(struct load *load);

const char *load_stage(const struct load *load, uint32_t stage);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Collectives over ranks: which kernels are one, who was waited for, and why. */
#ifndef WARPIPE_COLLECTIVE_H
#define WARPIPE_COLLECTIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/output.h"
#include "base/text.h"

/* What the trace says of a collective; NULL where it does not. Texts as JSON spells them. */
struct collective_facts {
	const char *name, *group, *group_ranks, *in_elements, *dtype;
	int64_t sequence, group_size, in_count, out_count; /* -1: not told */
};

/* What a device has done since its first work, each instant in one of them. */
enum comm_time { TIME_COMPUTE, TIME_COMM, TIME_COPY, TIME_COUNT };

/* A kernel that communicates. Times are ns. */
struct comm {
	int64_t start, end;
	const char *name;      /* as JSON spells it; not owned */
	const struct collective_facts *facts; /* NULL: none; not owned */
	int64_t at_start[TIME_COUNT], at_end[TIME_COUNT];
	int32_t pass, layer;   /* -1: in none */
};

/* A device and what communicates on it. */
struct member {
	char *key;             /* of the rank, with its device where it has several; owned */
	int64_t base;          /* ns that its times count from */
	struct comm *comms;    /* by start; owned */
	size_t count, capacity;
};

/* All zero is valid. */
struct members {
	struct member *list;
	size_t count, capacity;
};

/* A member without kernels; the key is copied. Valid until the next call. */
struct member *members_add(struct members *members, const char *key, int64_t base);
/* Room for one more kernel of it, not filled. */
struct comm *member_add(struct member *member);
void members_free(struct members *members);

enum collective_kind {
	COLLECTIVE_ALL_REDUCE, COLLECTIVE_ALL_GATHER, COLLECTIVE_REDUCE_SCATTER,
	COLLECTIVE_ALL_TO_ALL, COLLECTIVE_BROADCAST, COLLECTIVE_SEND_RECV, COLLECTIVE_REDUCE,
	COLLECTIVE_OTHER
};
extern const char *const collective_names[];

/* Why the last one was late. */
enum why { WHY_UNKNOWN, WHY_COMPUTE, WHY_HOST, WHY_EARLIER_WAIT, WHY_COPY, WHY_COUNT };
extern const char *const why_names[WHY_COUNT];
extern const char *const why_says[WHY_COUNT]; /* in words: "its host was late" */

enum { NOBODY = -1 };

struct place {
	size_t member;
	const struct comm *comm;
};

/* A collective, matched over its members. */
struct row {
	size_t number;       /* as they were matched */
	const char *group;
	int64_t key, repeat;
	bool by_sequence, complete;
	struct place *seats; /* by member */
	size_t count;
	enum collective_kind kind;
	bool same;           /* all say the same of it */
	bool assumed;        /* to make its members wait for each other */
	int64_t transfer;    /* ns */
	int64_t first;       /* start on the common clock, to sort by */
	int64_t last;        /* who was waited for: a member, or NOBODY */
	enum why why;
	bool has_excess;
	int64_t excess[4];   /* compute, comm, copy, idle: ns more than the others' median */
	int64_t bytes, rate, bus_rate; /* -1: not known; rates in bytes a second */
	int64_t size;        /* of the group, as the trace says; -1: not known */
};

/* What a bus must carry of each byte of a message, as nccl-tests count it. */
double collective_bus_factor(enum collective_kind kind, int64_t size);

/* What one member's collectives say of it. ns. */
struct lateness {
	uint64_t collectives, last, by_why[WHY_COUNT];
	int64_t duration, transfer, wait, caused, ns_by_why[WHY_COUNT];
	bool has_offset, has_drift;
	int64_t offset, residual, drift; /* of its clock against the first one's */
	struct map ends; /* group to the last kernel there, while they are gone through */
};

struct rows {
	struct members *members;  /* sorted, by rows_find */
	struct row *list;         /* as they began, on the first member's clock */
	size_t count, capacity;
	uint64_t *unmatched;      /* kernels without a partner, by member */
	struct lateness *late;    /* by member */
};

/* Match the kernels of the members, of which there are two or more: by sequence number where
 * all have one, else in order. The shortest duration of a collective is its transfer; what
 * others last longer is waiting, for which no clock is needed. The members must outlive them. */
void rows_find(struct rows *rows, struct members *members);
void rows_free(struct rows *rows);

/* The `collective` records, and the `lateness` records. */
void rows_write(const struct rows *rows, struct output *out);
void rows_write_lateness(const struct rows *rows, struct output *out);

/* What `end` says of all, as JSON members. */
void rows_describe(const struct rows *rows, struct text *tail);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Collectives that were matched, one a row. */
#ifndef TR_ACCOUNT_COLLECTIVE_ROW_H
#define TR_ACCOUNT_COLLECTIVE_ROW_H

#include "collective.h"

enum collective_kind {
	COLLECTIVE_ALL_REDUCE, COLLECTIVE_ALL_GATHER, COLLECTIVE_REDUCE_SCATTER,
	COLLECTIVE_ALL_TO_ALL, COLLECTIVE_BROADCAST, COLLECTIVE_SEND_RECV, COLLECTIVE_REDUCE,
	COLLECTIVE_OTHER
};

enum { NOBODY = -1 };

struct place {
	size_t member;
	const struct comm *comm;
};

/* Why the last one was late. */
enum why { WHY_UNKNOWN, WHY_COMPUTE, WHY_HOST, WHY_EARLIER_WAIT, WHY_COPY, WHY_COUNT };

struct row {
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
};

struct rows {
	const struct members *members;
	struct row *list;
	size_t count, capacity;
	uint64_t *unmatched; /* by member */
	uint64_t mismatches;
};

/* A row with room for that many; valid until the next call. */
struct row *rows_add(struct rows *rows, size_t seats);

/* From its seats: kind, bytes, transfer and what else needs no other row. */
void row_describe(struct row *row);

/* Who was late and why, and all the records. */
void rows_write(struct rows *rows, struct output *out, struct text *tail);
void rows_free(struct rows *rows);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What a trace holds, counted while it is read: what has no record is not forgotten. */
#ifndef TR_PARSE_CENSUS_H
#define TR_PARSE_CENSUS_H

#include <stdint.h>

#include "base/map.h"
#include "base/output.h"
#include "base/slice.h"
#include "base/text.h"

/* More categories than event.c knows. */
enum { CENSUS_KNOWN = 48 };

/* Of categories that nobody knows this many are told apart; the rest is one. */
enum { CENSUS_UNKNOWN = 64 };

/* One rank of a merged trace, or all of another. Of what made records. */
struct census_rank {
	int64_t first_ns, last_ns;   /* of the host's events; both 0: none */
	uint64_t ts_zero, negative, zero_duration; /* GPU work */
	uint64_t no_time[2];         /* events without a usable time: host, GPU */
};

/* All zero is valid. */
struct census {
	uint64_t known[CENSUS_KNOWN]; /* complete events by category, in event.c's order */
	struct map unknown;           /* category, as spelled, to its uint64_t */
	struct map ranks;             /* label, as spelled, to its struct census_rank */
	struct slice last_label;      /* the key in `ranks`, and what it has there */
	struct census_rank *last;
};

/* The counter of a category that has no row; a NULL slice: an event without any. Valid
 * until census_free, as what the next function returns. */
uint64_t *census_unknown(struct census *census, struct slice category);
struct census_rank *census_rank(struct census *census, struct slice label);

/* Append "3 mtia_ccp_events, 5 without a category", `before` the first. */
void census_describe_unknown(const struct census *census, struct text *text, const char *before);

/* The sum over all ranks. */
struct census_rank census_total(const struct census *census);

/* Write `,"unknown_categories":{..},"host_span":[..],"implausible":{..}` and, of merged
 * traces, `,"ranks":{"TP00":{..},..}` with the latter two of each. */
void census_write(const struct census *census, struct output *out);

void census_free(struct census *census);

#endif

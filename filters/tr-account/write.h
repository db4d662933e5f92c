/* SPDX-License-Identifier: Apache-2.0 */
/* The records of one rank and its devices. */
#ifndef TR_ACCOUNT_WRITE_H
#define TR_ACCOUNT_WRITE_H

#include "base/output.h"
#include "base/text.h"
#include "figures.h"
#include "source.h"

/* Which gaps have a record. */
struct gap_choice {
	bool all;
	size_t longest; /* these many of a device, whatever they last */
	int64_t over;   /* ns; and all that last longer */
};

/* What a rank says of itself; counts over all its devices. */
struct rank_facts {
	uint64_t launch_calls, launch_calls_alone, graph_launches, graph_launches_alone;
	uint64_t without_launch, before_trace;
	int64_t idle, queued, window, longest_gap; /* the latter of all its gaps */
	uint64_t launch_negative, launched, steps_back;
};

/* A string of JSON: `text` is spelled as JSON does. */
void write_string(struct output *out, const char *key, const char *text);

/* Where "(line): " stands in the name of a frame; NULL when it has none. */
const char *frame_line(const struct word *frame);

/* `"file":"..","line":7,"function":".."` of it. */
void write_frame_members(struct output *out, const struct word *frame);

/* The first of the rank's records. */
void write_rank(const char *key, const struct rank *rank, const struct rank_facts *facts,
    bool first, struct output *out);

/* Its `finding` records. Adds how many there were, and how many of them are implausible: each
 * of these is also a line on stderr. */
void write_findings(const char *key, const struct rank *rank, const struct rank_facts *facts,
    struct output *out, uint64_t *count, uint64_t *implausible);

void write_account(const char *key, const struct device *device, const struct figures *figures,
    const struct load *load, const struct stage_figures *stages, size_t stage_count, struct output *out);
void write_pass(const char *key, const struct device *device, const struct load *load,
    const struct pass *pass, struct output *out);

/* The chosen gaps, the longest first. How many there were. */
uint64_t write_gaps(const char *key, const struct device *device, const struct gap_choice *choice,
    struct words *words, struct sources *sources, struct output *out);

#endif

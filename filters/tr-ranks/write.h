/* SPDX-License-Identifier: Apache-2.0 */
/* The ways in which a job is told. */
#ifndef TR_RANKS_WRITE_H
#define TR_RANKS_WRITE_H

#include "base/output.h"
#include "job.h"

/* Records; with `collectives` one for each of them, and the lateness of each rank, too. */
void write_ndjson(const struct job *job, bool collectives, struct output *out);

/* For a terminal of so many columns: what does not fit is said. */
void write_table(const struct job *job, size_t width, struct output *out);

void write_markdown(const struct job *job, struct output *out);

/* A page that needs nothing else. */
void write_page(const struct job *job, struct output *out);

#endif

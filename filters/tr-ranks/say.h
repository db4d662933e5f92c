/* SPDX-License-Identifier: Apache-2.0 */
/* What a job comes to, in sentences. */
#ifndef TR_RANKS_SAY_H
#define TR_RANKS_SAY_H

#include "job.h"

/* Fills job->sentences and job->says; to be called last. */
void say_all(struct job *job);

/* Whether its clock differs from the first rank's by more than can be measured. */
bool clock_differs(const struct lateness *late);

/* "1.53 s" */
void say_time(struct text *text, int64_t ns);

#endif

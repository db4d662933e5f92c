/* SPDX-License-Identifier: Apache-2.0 */
/* The plan's part of the join record, and a record for each work. */
#ifndef KJOIN_WRITE_WORK_H
#define KJOIN_WRITE_WORK_H

#include "json/json_writer.h"
#include "write.h"

/* What the plan is of, and how much of the work has a launch of it: the member "plan".
 * Nothing without a plan. */
void put_plan_member(struct json_writer *writer, const struct joined *joined);

/* A record for each work, after those of rows: which of the places written of its row it has. */
void put_works(struct json_writer *writer, const struct joined *joined);

#endif

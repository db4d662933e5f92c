/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that match collectives share. */
#ifndef WARPIPE_COLLECTIVE_ROW_H
#define WARPIPE_COLLECTIVE_ROW_H

#include "trace/collective.h"

/* A row with room for that many; valid until the next call. */
struct row *rows_add(struct rows *rows, size_t seats);

/* From its seats: kind, bytes, transfer and what else needs no other row. */
void row_describe(struct row *row);

/* Who was late and why, the order of the rows, and what it comes to for each member. */
void rows_find_late(struct rows *rows);

#endif

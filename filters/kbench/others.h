/* SPDX-License-Identifier: Apache-2.0 */
/* Launch configurations of other projects' kernels (others.tsv). */
#ifndef KBENCH_OTHERS_H
#define KBENCH_OTHERS_H

#include <stdbool.h>

#include "limits/table.h"

struct other_launch {
	const char *by;
	double blocks, threads, lanes, unroll; /* lanes of a row; words a lane has of it */
	double held;   /* bytes of loads that a block has under way at most */
};

/* Of the row `at` of the table; false where it speaks of another kernel, or is not built for rows of
 * so many bytes. Strings live as long as the table. */
bool others_launch(const struct table *table, size_t at, const char *kernel, double rows,
    double bytes, bool new_chip, struct other_launch *launch);

struct table others_open(void);

#endif

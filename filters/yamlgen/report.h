/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the kernel summaries of Nsight Systems: CSV reports and SQLite exports. */
#ifndef WARPIPE_YAMLGEN_REPORT_H
#define WARPIPE_YAMLGEN_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "catalogue.h"
#include "csv.h"
#include "base/input.h"

/* Add every kernel row of a CSV: `nsys stats --report cuda_gpu_kern_sum --format csv` of any
 * release (older: gpukernsum), and tables alike. The header is looked for: a row with a
 * column of kernel names (Name, Kernel Name, Function), one of total time (Total Time, in
 * the unit that its parentheses name; ns where they name none) and one of launches
 * (Instances, Count, Calls, Kern Inst). What stands before it (nsys prose, other tables)
 * is passed over; a blank line ends the table, and another header may follow.
 * Thousands separators and decimals are read; '-' and an empty time count as 0.
 * Dies, naming file and line, when there is no header, no row below it, when a row has
 * fewer fields than the header, or its time is no number. */
void report_read_csv(struct catalogue *catalogue, struct source *source, struct input *input);

/* Add every kernel of an `nsys export --type sqlite` file. Dies when it has no kernels. */
void report_read_sqlite(struct catalogue *catalogue, struct source *source, const char *path);

/* Whether a file is an SQLite database, by its first bytes. */
bool report_is_sqlite(const char *path);

#endif

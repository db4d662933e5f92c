/* SPDX-License-Identifier: Apache-2.0 */
/* What a run found, for people and for the next program. */
#ifndef DEFGEN_REPORT_H
#define DEFGEN_REPORT_H

#include "definition.h"

/* The report object of --report. */
void report_write(const struct catalogue *catalogue, const char *const *models,
    struct json_writer *writer);

/* One line on stderr for each kernel that became no definition and each conflict; returns
 * how many there were. */
size_t report_warn(const struct catalogue *catalogue);

#endif

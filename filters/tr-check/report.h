/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what came of a budget. */
#ifndef WARPIPE_REPORT_H
#define WARPIPE_REPORT_H

#include "base/output.h"
#include "judge.h"

/* In the order of report_format_names. */
enum report_format {
	REPORT_NDJSON, /* a `check` record a limit, then the `verdict` */
	REPORT_TEXT,   /* a line a limit */
	REPORT_JUNIT,  /* the XML that CI servers read */
	REPORT_GITHUB, /* a workflow command a limit that is not kept */
	REPORT_FORMAT_COUNT
};

extern const char *const report_format_names[REPORT_FORMAT_COUNT + 1];

void report_write(const struct budget *budget, const struct result *results,
    enum report_format format, struct output *out);

/* Whether every limit was kept. */
bool report_all_pass(const struct budget *budget, const struct result *results);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what changed. */
#ifndef WARPIPE_REPORT_H
#define WARPIPE_REPORT_H

#include "base/output.h"
#include "base/text.h"
#include "change.h"

enum report_format { REPORT_NDJSON, REPORT_TABLE, REPORT_MD, REPORT_HTML, REPORT_FORMAT_COUNT };
extern const char *const report_format_names[REPORT_FORMAT_COUNT + 1];

/* A limit on what a comparison may come to; NaN where there is none. */
struct threshold {
	double pass;                    /* per cent of the median pass */
	double type[TYPE_COUNT];  /* per cent of the type's time a pass */
};

struct report {
	struct stage_change changes[STAGE_COUNT];
	size_t count;
	const struct rows *rows;
	const struct side *sides;       /* two */
	struct threshold threshold;
	size_t most_rows;               /* in tables, a stage; what is left out is said */
};

/* What a row is called: "idle: host", "LM_HEAD (replaces GEMM)", "ARGMAX, outside layers". */
void report_title(struct text *text, const struct report *report, const struct contribution *one);

/* A stage in one line. */
void report_head(struct text *text, const struct stage_change *change);

/* A page that needs nothing else. */
void report_write_page(const struct report *report, const char *status, const char *says,
    struct output *out);

/* Returns the status of the verdict: one of those of a verdict record. */
const char *report_write(const struct report *report, enum report_format format,
    struct output *out);

#endif

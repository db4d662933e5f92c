/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one trace's joined records. */
#ifndef KJOIN_WRITE_H
#define KJOIN_WRITE_H

#include "base/output.h"
#include "rows.h"

/* All that was found out about one trace; the writer owns nothing of it. */
struct joined {
	const struct trace *trace;
	const struct chains *chains;
	const struct places *places;
	const struct rows *rows;
	const struct evidence *evidence;
	const struct definitions *definitions;
	const char *model, *tree;      /* as the user calls them; NULL */
	size_t most_options;           /* written of an uncertain place */
	const struct plan *plan;
	const struct planned *planned;
	bool each;                     /* write a record for each work, too */
};

void joined_write(const struct joined *joined, struct output *out);

#endif

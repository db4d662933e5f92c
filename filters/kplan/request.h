/* SPDX-License-Identifier: Apache-2.0 */
/* What the user asks, as the driver of a framework is told it. */
#ifndef KPLAN_REQUEST_H
#define KPLAN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Strings of the command line, in order. */
struct request_list {
	const char **values;
	size_t count, capacity;
};

struct request {
	const char *config, *device, *arguments;
	const char *explain; /* or NULL */
	long long tp, ep, dp;
	long long batch; /* requests; 0: 1 of a prefill, else 32 */
	long long tokens, cached;
	struct request_list environment, phases;
	bool facts, fold, lines;
};

void request_add(struct request_list *list, const char *value);

/* Append the JSON object; docs/dryrun.md names its members. Reads the config
 * file; dies when it cannot be read or is no JSON object, for a variable without '=', and for a
 * device that nobody knows. */
void request_write(struct text *text, const struct request *request, const char *root);

void request_free(struct request *request);

#endif

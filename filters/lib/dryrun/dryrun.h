/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the Python of a tree in an embedded, confined CPython, and hands back what its driver
 * says, record by record.
 *
 * Three processes: the caller's, which runs no Python, keeps the clock and the cache and
 * checks what it is told; a child that runs the tree under no_new_privs, resource limits,
 * Landlock and seccomp; and, when the cache lacks a file, a second child as confined that only
 * parses, rewrites and compiles. docs/dryrun.md says how they talk. */
#ifndef WARPIPE_DRYRUN_H
#define WARPIPE_DRYRUN_H

#include <stdbool.h>
#include <stddef.h>

#include "json/json.h"

/* What to run. The strings stay the caller's and must live until dryrun_close. */
struct dryrun_options {
	const char *root;    /* the tree: a checkout with python/, a folder of packages, or a
	                      * package; it must exist */
	const char *driver;  /* python/drivers/NAME.py, which has run(request) */
	const char *request; /* a JSON object: what run() is given */
	const char *site;    /* folder of installed packages that replace stand-ins, or NULL */
	double timeout;      /* seconds for the whole run */
	bool strict;         /* fail where a part of the confinement cannot be had */
	bool verbose;        /* what the tree prints goes to stderr, not nowhere */
	bool serves;         /* dryrun_again may follow: the driver has warm(request), whose imports
	                      * all requests share */
};

/* One record, checked: an object of a known kind. Valid until the next dryrun_next. */
struct dryrun_record {
	const char *kind;
	const char *line; /* as sent, length bytes, without a newline */
	size_t length;
	const struct json *value;
};

struct dryrun;

/* Start the run. Dies when the tree cannot be read or no process can be had. */
struct dryrun *dryrun_start(const struct dryrun_options *options);

/* The next record; false when there are no more. What ends a run early (no time left, no
 * memory, a signal, words that are no record) is one warning and one `unresolved` record, the
 * last. `end` records are not passed on: the caller counts for itself. Dies with `strict`
 * where protection is missing; otherwise that is one warning. */
bool dryrun_next(struct dryrun *run, struct dryrun_record *record);

/* Once dryrun_next is false: run on another request, whose string must live as the first's. Only
 * for a run that serves; the time begins anew. */
void dryrun_again(struct dryrun *run, const char *request);

/* The text of a file of python/data, a constant; NULL when there is none of this name. */
const char *dryrun_data(const char *name, size_t *length);

/* End what still runs and release everything. */
void dryrun_close(struct dryrun *run);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A database while it is read. */
#ifndef WARPIPE_YAMLGEN_SQLITE_READING_H
#define WARPIPE_YAMLGEN_SQLITE_READING_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "catalogue.h"

struct reading {
	const char *path;
	sqlite3 *database;
	struct catalogue *catalogue;
	struct source *source;
	long left; /* steps that SQLite may take: so many times what it does at once */
	double lost_ns, backward;
	size_t lost;
};

/* Dies with SQLite's message. */
_Noreturn void reading_fail(const struct reading *reading);

/* The caller finalizes it. Dies when the query does not fit the database. */
sqlite3_stmt *reading_prepare(const struct reading *reading, const char *query);

/* Whether a statement has a row more. Dies when the read fails: that is no end of the rows. */
bool reading_step(const struct reading *reading, sqlite3_stmt *statement);

/* Whether there is a table or view of that name; with a column when one is named. */
bool reading_has(const struct reading *reading, const char *table, const char *column);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Adds up the kernels of an Nsight Systems SQLite export. Its schema: table
 * CUPTI_ACTIVITY_KIND_KERNEL with start and end in ns and demangledName as an id into
 * StringIds(id, value). */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "report.h"

/* False when there are fewer bytes, or the file is a pipe, which SQLite cannot read. */
static bool
read_head(int descriptor, char *head, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = pread(descriptor, head + done, size - done, (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

bool
report_is_sqlite(const char *path)
{
	static const char magic[16] = "SQLite format 3";
	char head[sizeof(magic)];
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	bool same;

	if (descriptor < 0)
		return false; /* whoever reads it says why */
	same = read_head(descriptor, head, sizeof(head)) && memcmp(head, magic, sizeof(magic)) == 0;
	close(descriptor);
	return same;
}

void
report_read_sqlite(struct catalogue *catalogue, struct source *source, const char *path)
{
	static const char query[] =
	    "SELECT s.value, SUM(k.end - k.start), COUNT(*)"
	    " FROM CUPTI_ACTIVITY_KIND_KERNEL k JOIN StringIds s ON s.id = k.demangledName"
	    " GROUP BY k.demangledName ORDER BY s.value";
	sqlite3_stmt *statement = NULL;
	sqlite3 *database = NULL;
	int result;

	if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(database, query, -1, &statement, NULL) != SQLITE_OK)
		die("%s: %s (is it an export of a run with CUDA kernels?)", path,
		    sqlite3_errmsg(database));
	while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(statement, 0);

		if (name == NULL)
			continue;
		catalogue_add(catalogue, source, name, strlen(name),
		    (double)sqlite3_column_int64(statement, 1),
		    (uint64_t)sqlite3_column_int64(statement, 2));
	}
	if (result != SQLITE_DONE)
		die("%s: %s", path, sqlite3_errmsg(database));
	if (source->kernels == 0)
		die("%s: no kernels in it", path);
	sqlite3_finalize(statement);
	sqlite3_close(database);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Adds up the kernels of databases: exports of Nsight Systems, rocprofv3's and rocprof's. What
 * they hold is not trusted. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "report.h"

/* Steps of SQLite's machine that a file may take: some for each of its bytes. A view that has
 * no end takes more. */
enum { STEPS_AT_ONCE = 100000, STEPS_TO_BEGIN = 400, STEPS_A_MEGABYTE = 800 };

struct reading {
	const char *path;
	sqlite3 *database;
	struct catalogue *catalogue;
	struct source *source;
	long left; /* of the steps, in units of STEPS_AT_ONCE */
	double lost_ns, backward;
	size_t lost;
};

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

static int
count_steps(void *reading)
{
	return --((struct reading *)reading)->left < 0;
}

static _Noreturn void
fail(const struct reading *reading)
{
	if (reading->left < 0)
		die("%s: reading it takes more steps than a file of its size can: a view without "
		    "end?", reading->path);
	die("%s: %s", reading->path, sqlite3_errmsg(reading->database));
}

static sqlite3_stmt *
prepare(const struct reading *reading, const char *query)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(reading->database, query, -1, &statement, NULL) != SQLITE_OK)
		fail(reading);
	return statement;
}

/* Whether there is a table or view of that name; with a column when one is named. */
static bool
has(const struct reading *reading, const char *table, const char *column)
{
	sqlite3_stmt *statement = prepare(reading, column == NULL ?
	    "SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?1" :
	    "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2");
	bool found;

	sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
	if (column != NULL)
		sqlite3_bind_text(statement, 2, column, -1, SQLITE_STATIC);
	found = sqlite3_step(statement) == SQLITE_ROW;
	sqlite3_finalize(statement);
	return found;
}

/* Columns: name, name's id, time, launches, min, max, device, grid and block (3 each), launches
 * that end before they start. */
enum { NAME, ID, TOTAL, COUNT, MIN, MAX, DEVICE, GRID, BLOCK = GRID + 3, BACKWARD = BLOCK + 3 };

static void
add_row(struct reading *reading, sqlite3_stmt *row)
{
	const char *name = (const char *)sqlite3_column_text(row, NAME);
	size_t length = (size_t)sqlite3_column_bytes(row, NAME);
	const char *device = (const char *)sqlite3_column_text(row, DEVICE);
	struct observation seen = observation_of(sqlite3_column_double(row, TOTAL),
	    (uint64_t)sqlite3_column_int64(row, COUNT));
	char lost[80];

	seen.min_ns = sqlite3_column_double(row, MIN);
	seen.max_ns = sqlite3_column_double(row, MAX);
	for (int i = 0; i < 3; i++) {
		sqlite3_int64 grid = sqlite3_column_int64(row, GRID + i);
		sqlite3_int64 block = sqlite3_column_int64(row, BLOCK + i);

		seen.grid[i] = grid > 0 && grid < UINT32_MAX ? (unsigned)grid : 0;
		seen.block[i] = block > 0 && block < UINT32_MAX ? (unsigned)block : 0;
	}
	reading->backward += sqlite3_column_double(row, BACKWARD);
	if (name == NULL || length == 0) {
		length = (size_t)snprintf(lost, sizeof(lost), "[name lost: string %lld]",
		    (long long)sqlite3_column_int64(row, ID));
		name = lost;
		reading->lost++;
		reading->lost_ns += seen.total_ns;
	}
	/* A name ends at a NUL, as all readers of names have it; what follows tells two apart. */
	catalogue_add(reading->catalogue, device == NULL ? reading->source :
	    catalogue_device(reading->catalogue, reading->source, device, strlen(device)), name,
	    length, &seen);
}

static void
add_rows(struct reading *reading, const char *query)
{
	sqlite3_stmt *statement = prepare(reading, query);
	int result;

	while ((result = sqlite3_step(statement)) == SQLITE_ROW)
		add_row(reading, statement);
	if (result != SQLITE_DONE)
		fail(reading);
	sqlite3_finalize(statement);
}

/* Grouped before names are looked for: a launch costs no search then. */
static void
add_kernels_of(struct reading *reading, const char *table, const char *name_column,
    const char *names, const char *names_id, const char *names_value, const char *device,
    const char *where, const char *const *shape)
{
	struct text query = { 0 };

	text_add_format(&query, "SELECT s.%s, g.name, g.total, g.launches, g.shortest, g.longest, "
	    "g.device, g.gx, g.gy, g.gz, g.bx, g.by, g.bz, g.backward FROM (SELECT %s AS name, "
	    "SUM(MAX(\"end\" - start, 0)) AS total, COUNT(*) AS launches, "
	    "MIN(MAX(\"end\" - start, 0)) AS shortest, MAX(\"end\" - start) AS longest, "
	    "%s AS device, SUM(\"end\" < start) AS backward", names_value, name_column, device);
	for (int i = 0; i < 6; i++)
		text_add_format(&query, ", %s AS %c%c", shape[i], i < 3 ? 'g' : 'b', 'x' + i % 3);
	text_add_format(&query, " FROM %s %s GROUP BY 1, 6, 8, 9, 10, 11, 12, 13) g "
	    "LEFT JOIN %s s ON s.%s = g.name ORDER BY 1, 2", table, where, names, names_id);
	add_rows(reading, query.bytes);
	text_free(&query);
}

static const char *const no_shape[6] = { "0", "0", "0", "0", "0", "0" };

static void
add_nsight(struct reading *reading)
{
	static const char table[] = "CUPTI_ACTIVITY_KIND_KERNEL";
	static const char *const shape[6] = { "gridX", "gridY", "gridZ", "blockX", "blockY",
		"blockZ" };
	static const char *const names[] = { "demangledName", "shortName", "mangledName", "name",
		NULL };
	const char *const *name = names;

	while (*name != NULL && !has(reading, table, *name))
		name++;
	if (*name == NULL)
		die("%s: table %s has no column of names", reading->path, table);
	add_kernels_of(reading, table, *name, "StringIds", "id", "value",
	    has(reading, table, "deviceId") ? "deviceId" : "NULL", "",
	    has(reading, table, "gridX") && has(reading, table, "blockZ") ? shape : no_shape);
}

/* Whole graphs: nsys' default. Their kernels are in no table. */
static void
add_graphs(struct reading *reading)
{
	add_rows(reading, "SELECT '[CUDA graph, kernels not traced]', 0, "
	    "SUM(MAX(\"end\" - start, 0)), COUNT(*), MIN(\"end\" - start), MAX(\"end\" - start), "
	    "deviceId, 0, 0, 0, 0, 0, 0, SUM(\"end\" < start) FROM CUPTI_ACTIVITY_KIND_GRAPH_TRACE "
	    "GROUP BY deviceId HAVING COUNT(*) > 0");
}

static void
add_rocpd(struct reading *reading)
{
	static const char *const amd[6] = { "grid_size_x / MAX(workgroup_size_x, 1)",
		"grid_size_y / MAX(workgroup_size_y, 1)", "grid_size_z / MAX(workgroup_size_z, 1)",
		"workgroup_size_x", "workgroup_size_y", "workgroup_size_z" };
	const char *names = has(reading, "rocpd_info_kernel_symbol", "display_name") ?
	    "display_name" : "kernel_name";

	add_kernels_of(reading, "rocpd_kernel_dispatch", "kernel_id", "rocpd_info_kernel_symbol",
	    "id", names, has(reading, "rocpd_kernel_dispatch", "agent_id") ? "agent_id" : "NULL",
	    "", has(reading, "rocpd_kernel_dispatch", "grid_size_x") &&
	    has(reading, "rocpd_kernel_dispatch", "workgroup_size_z") ? amd : no_shape);
}

/* The older rocpd of rocmProfileData. */
static void
add_rpd(struct reading *reading)
{
	add_kernels_of(reading, "rocpd_op", "description_id", "rocpd_string", "id", "string",
	    "gpuId", "WHERE opType_id IN (SELECT id FROM rocpd_string WHERE string = "
	    "'KernelExecution')", no_shape);
}

/* What the whole graphs took. */
static double
graph_time(const struct reading *reading, sqlite3_int64 *launches)
{
	sqlite3_stmt *statement = prepare(reading, "SELECT SUM(MAX(\"end\" - start, 0)), COUNT(*) "
	    "FROM CUPTI_ACTIVITY_KIND_GRAPH_TRACE");
	double total = 0;

	if (sqlite3_step(statement) == SQLITE_ROW) {
		total = sqlite3_column_double(statement, 0);
		*launches = sqlite3_column_int64(statement, 1);
	}
	sqlite3_finalize(statement);
	return total;
}

static void
read_tables(struct reading *reading)
{
	bool any = false;

	if (has(reading, "CUPTI_ACTIVITY_KIND_KERNEL", NULL) && (any = true))
		add_nsight(reading);
	if (has(reading, "CUPTI_ACTIVITY_KIND_GRAPH_TRACE", NULL) && (any = true)) {
		sqlite3_int64 launches = 0;
		double total = graph_time(reading, &launches);

		if (launches > 0) {
			add_graphs(reading);
			catalogue_remark(reading->catalogue, "%s: %.0f ns in %lld launches of whole "
			    "CUDA graphs: their kernels were not traced; profile with nsys "
			    "--cuda-graph-trace=node to see them", reading->path, total,
			    (long long)launches);
		}
	}
	if (has(reading, "rocpd_kernel_dispatch", NULL) && (any = true))
		add_rocpd(reading);
	else if (has(reading, "rocpd_op", NULL) && (any = true))
		add_rpd(reading);
	if (!any)
		die("%s: no table of kernels (CUPTI_ACTIVITY_KIND_KERNEL of an nsys export, "
		    "rocpd_kernel_dispatch of rocprofv3): was the GPU traced?", reading->path);
}

void
report_read_sqlite(struct catalogue *catalogue, struct source *source, const char *path)
{
	struct reading reading = { .path = path, .catalogue = catalogue, .source = source };
	struct stat status;

	if (sqlite3_open_v2(path, &reading.database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		fail(&reading);
	reading.left = STEPS_TO_BEGIN;
	if (stat(path, &status) == 0)
		reading.left += (long)(status.st_size / 1000000) * STEPS_A_MEGABYTE / 100;
	sqlite3_progress_handler(reading.database, STEPS_AT_ONCE, count_steps, &reading);
	read_tables(&reading);
	if (reading.lost > 0)
		catalogue_remark(catalogue, "%s: %.0f ns are of kernels whose names the export "
		    "lost", path, reading.lost_ns);
	if (reading.backward > 0)
		catalogue_remark(catalogue, "%s: %.0f launches end before they start and count as "
		    "0 ns", path, reading.backward);
	if (source->kernels == 0)
		die("%s: no kernels in it", path);
	sqlite3_close(reading.database);
}

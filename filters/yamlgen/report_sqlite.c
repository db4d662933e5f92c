/* SPDX-License-Identifier: Apache-2.0 */
/* Adds up the kernels of databases: exports of Nsight Systems, rocprofv3's and rocprof's. What
 * they hold is not trusted. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/text.h"
#include "nvtx_export.h"
#include "report.h"
#include "sqlite_reading.h"

/* Steps of SQLite's machine that a file may take: some for each of its bytes. A view that has
 * no end takes more. */
enum { STEPS_AT_ONCE = 100000, STEPS_TO_BEGIN = 400, STEPS_A_MEGABYTE = 800 };

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

_Noreturn void
reading_fail(const struct reading *reading)
{
	if (reading->left < 0)
		die("%s: reading it takes more steps than a file of its size can: a view without "
		    "end?", reading->path);
	die("%s: %s", reading->path, sqlite3_errmsg(reading->database));
}

sqlite3_stmt *
reading_prepare(const struct reading *reading, const char *query)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(reading->database, query, -1, &statement, NULL) != SQLITE_OK)
		reading_fail(reading);
	return statement;
}

bool
reading_step(const struct reading *reading, sqlite3_stmt *statement)
{
	int result = sqlite3_step(statement);

	if (result != SQLITE_ROW && result != SQLITE_DONE)
		reading_fail(reading);
	return result == SQLITE_ROW;
}

bool
reading_has(const struct reading *reading, const char *table, const char *column)
{
	sqlite3_stmt *statement = reading_prepare(reading, column == NULL ?
	    "SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?1" :
	    "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2");
	bool found;

	sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
	if (column != NULL)
		sqlite3_bind_text(statement, 2, column, -1, SQLITE_STATIC);
	found = reading_step(reading, statement);
	sqlite3_finalize(statement);
	return found;
}

/* Launches of one kernel on one device with one grid, added up before names are looked for: a
 * launch costs no search in the file, and SQLite need not sort them. */
struct launches {
	sqlite3_int64 name, device, grid[3], block[3]; /* the key: device -1 for none */
	sqlite3_int64 total, shortest, longest, count, backward;
	struct durations durations;
};

enum { COLUMN_START, COLUMN_END, COLUMN_NAME_ID, COLUMN_OF_DEVICE, COLUMN_SHAPE };

static void
count_launch(struct map *groups, struct arena *arena, sqlite3_stmt *row)
{
	sqlite3_int64 start = sqlite3_column_int64(row, COLUMN_START);
	sqlite3_int64 end = sqlite3_column_int64(row, COLUMN_END);
	sqlite3_int64 duration = end > start && start >= 0 ? end - start : 0;
	struct launches key = { .name = sqlite3_column_int64(row, COLUMN_NAME_ID) };
	struct launches *group;
	void **place;

	key.device = sqlite3_column_type(row, COLUMN_OF_DEVICE) == SQLITE_NULL ? -1 :
	    sqlite3_column_int64(row, COLUMN_OF_DEVICE);
	for (int i = 0; i < 3; i++) {
		key.grid[i] = sqlite3_column_int64(row, COLUMN_SHAPE + i);
		key.block[i] = sqlite3_column_int64(row, COLUMN_SHAPE + 3 + i);
	}
	place = map_put(groups, (const char *)&key, offsetof(struct launches, total));
	if (*place == NULL) {
		group = *place = arena_alloc(arena, sizeof(*group));
		*group = key;
		group->shortest = INT64_MAX;
	}
	group = *place;
	group->total += duration;
	group->shortest = duration < group->shortest ? duration : group->shortest;
	group->longest = duration > group->longest ? duration : group->longest;
	group->count++;
	group->backward += end < start;
	durations_add(&group->durations, (double)duration);
}

/* The kernels of one name are one after another: `lookup` finds its text. */
static void
add_group(struct reading *reading, sqlite3_stmt *lookup, struct launches *group)
{
	struct observation seen = { .total_ns = (double)group->total,
		.instances = (uint64_t)group->count, .min_ns = (double)group->shortest,
		.median_ns = NAN, .max_ns = (double)group->longest, .durations = &group->durations };
	char lost[80], device[32];
	const char *name = NULL;
	size_t length = 0;

	sqlite3_reset(lookup);
	sqlite3_bind_int64(lookup, 1, group->name);
	if (reading_step(reading, lookup)) {
		name = (const char *)sqlite3_column_text(lookup, 0);
		length = (size_t)sqlite3_column_bytes(lookup, 0);
	}
	for (int i = 0; i < 3; i++) {
		seen.grid[i] = group->grid[i] > 0 && group->grid[i] < UINT32_MAX ?
		    (unsigned)group->grid[i] : 0;
		seen.block[i] = group->block[i] > 0 && group->block[i] < UINT32_MAX ?
		    (unsigned)group->block[i] : 0;
	}
	reading->backward += (double)group->backward;
	if (name == NULL || length == 0) {
		length = (size_t)snprintf(lost, sizeof(lost), "[name lost: string %lld]",
		    (long long)group->name);
		name = lost;
		reading->lost++;
		reading->lost_ns += seen.total_ns;
	}
	snprintf(device, sizeof(device), "%lld", (long long)group->device);
	catalogue_add(reading->catalogue, group->device < 0 ? reading->source :
	    catalogue_device(reading->catalogue, reading->source, device, strlen(device)), name,
	    length, &seen);
	durations_free(&group->durations);
}

static void
add_kernels_of(struct reading *reading, const char *table, const char *name_column,
    const char *names, const char *names_id, const char *names_value, const char *device,
    const char *where, const char *const *shape)
{
	struct map groups = { 0 };
	struct arena arena = { 0 };
	struct text query = { 0 };
	sqlite3_stmt *statement;

	text_add_format(&query, "SELECT start, \"end\", %s, %s, %s, %s, %s, %s, %s, %s FROM %s %s",
	    name_column, device, shape[0], shape[1], shape[2], shape[3], shape[4], shape[5], table,
	    where);
	statement = reading_prepare(reading, query.bytes);
	while (reading_step(reading, statement))
		count_launch(&groups, &arena, statement);
	sqlite3_finalize(statement);
	text_clear(&query);
	text_add_format(&query, "SELECT %s FROM %s WHERE %s = ?1", names_value, names, names_id);
	statement = reading_prepare(reading, query.bytes);
	for (size_t i = 0; i < groups.count; i++)
		add_group(reading, statement, groups.entries[i].value);
	sqlite3_finalize(statement);
	text_free(&query);
	map_free(&groups);
	arena_free(&arena);
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

	while (*name != NULL && !reading_has(reading, table, *name))
		name++;
	if (*name == NULL)
		die("%s: table %s has no column of names", reading->path, table);
	add_kernels_of(reading, table, *name, "StringIds", "id", "value",
	    reading_has(reading, table, "deviceId") ? "deviceId" : "NULL", "",
	    reading_has(reading, table, "gridX") && reading_has(reading, table, "blockZ") ?
	    shape : no_shape);
	nvtx_export_read(reading, *name);
}

/* Whole graphs: nsys' default. Their kernels are in no table. */
static void
add_graphs(struct reading *reading)
{
	static const char name[] = "[CUDA graph, kernels not traced]";
	sqlite3_stmt *row = reading_prepare(reading, "SELECT deviceId, SUM(MAX(\"end\" - start, 0)), "
	    "COUNT(*), MIN(MAX(\"end\" - start, 0)), MAX(\"end\" - start), SUM(\"end\" < start) "
	    "FROM CUPTI_ACTIVITY_KIND_GRAPH_TRACE GROUP BY deviceId");
	int result;

	while ((result = sqlite3_step(row)) == SQLITE_ROW) {
		const char *device = (const char *)sqlite3_column_text(row, 0);
		struct observation seen = observation_of(sqlite3_column_double(row, 1),
		    (uint64_t)sqlite3_column_int64(row, 2));

		seen.min_ns = sqlite3_column_double(row, 3);
		seen.max_ns = sqlite3_column_double(row, 4);
		reading->backward += sqlite3_column_double(row, 5);
		catalogue_add(reading->catalogue, device == NULL ? reading->source :
		    catalogue_device(reading->catalogue, reading->source, device, strlen(device)),
		    name, sizeof(name) - 1, &seen);
	}
	if (result != SQLITE_DONE)
		reading_fail(reading);
	sqlite3_finalize(row);
}

static void
add_rocpd(struct reading *reading)
{
	static const char *const amd[6] = { "grid_size_x / MAX(workgroup_size_x, 1)",
		"grid_size_y / MAX(workgroup_size_y, 1)", "grid_size_z / MAX(workgroup_size_z, 1)",
		"workgroup_size_x", "workgroup_size_y", "workgroup_size_z" };
	const char *names = reading_has(reading, "rocpd_info_kernel_symbol", "display_name") ?
	    "display_name" : "kernel_name";

	add_kernels_of(reading, "rocpd_kernel_dispatch", "kernel_id", "rocpd_info_kernel_symbol",
	    "id", names, reading_has(reading, "rocpd_kernel_dispatch", "agent_id") ? "agent_id" :
	    "NULL", "", reading_has(reading, "rocpd_kernel_dispatch", "grid_size_x") &&
	    reading_has(reading, "rocpd_kernel_dispatch", "workgroup_size_z") ? amd : no_shape);
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
	sqlite3_stmt *statement = reading_prepare(reading,
	    "SELECT SUM(MAX(\"end\" - start, 0)), COUNT(*) FROM CUPTI_ACTIVITY_KIND_GRAPH_TRACE");
	double total = 0;

	if (reading_step(reading, statement)) {
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

	if (reading_has(reading, "CUPTI_ACTIVITY_KIND_KERNEL", NULL) && (any = true))
		add_nsight(reading);
	if (reading_has(reading, "CUPTI_ACTIVITY_KIND_GRAPH_TRACE", NULL) && (any = true)) {
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
	if (reading_has(reading, "rocpd_kernel_dispatch", NULL) && (any = true))
		add_rocpd(reading);
	else if (reading_has(reading, "rocpd_op", NULL) && (any = true))
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

	/* One thread reads it: no lock at each value. */
	if (sqlite3_open_v2(path, &reading.database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
	    NULL) != SQLITE_OK)
		reading_fail(&reading);
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

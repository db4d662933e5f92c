/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the ranges around the calls that launched kernels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "nvtx_export.h"

enum {
	MOST_STAGES = 64, /* more are a stage for each step or tensor: no reader wants them */
	MOST_OPEN = 256,  /* ranges around one call */
};

/* All ranges of one name. */
struct stage {
	const char *name;
	struct map kernels; /* id of the name -> struct stage_kernel */
	double total_ns;
	size_t seen_by; /* the last launch that was added */
};

struct stage_kernel {
	sqlite3_int64 name;
	struct observation seen;
	struct durations durations;
};

struct range {
	sqlite3_int64 thread, start, end;
	struct stage *stage;
};

struct ranges {
	struct map stages; /* name -> struct stage */
	struct arena arena;
	struct range *all; /* by thread and start */
	size_t count, capacity;
	struct range *open[MOST_OPEN]; /* around the current call */
	size_t open_count, next;
	size_t too_deep;
};

static void
add_range(struct ranges *ranges, sqlite3_stmt *row)
{
	const char *name = (const char *)sqlite3_column_text(row, 3);
	struct stage *stage;
	void **place;

	if (name == NULL || name[0] == '\0')
		return;
	place = map_put(&ranges->stages, name, strlen(name));
	if (*place == NULL) {
		stage = *place = arena_alloc_zero(&ranges->arena, sizeof(*stage));
		stage->name = arena_copy(&ranges->arena, name, strlen(name));
	}
	ranges->all = memory_grow(ranges->all, ranges->count, &ranges->capacity,
	    sizeof(*ranges->all));
	ranges->all[ranges->count++] = (struct range){ sqlite3_column_int64(row, 0),
		sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2), *place };
}

/* Marks have no end, and ranges that were open when the profile ended have none, either. */
static void
read_ranges(const struct reading *reading, struct ranges *ranges)
{
	bool ids = reading_has(reading, "NVTX_EVENTS", "textId");
	sqlite3_stmt *row = reading_prepare(reading, ids ?
	    "SELECT globalTid, start, \"end\", COALESCE(text, (SELECT value FROM StringIds WHERE "
	    "id = textId)) FROM NVTX_EVENTS WHERE \"end\" > start ORDER BY globalTid, start" :
	    "SELECT globalTid, start, \"end\", text FROM NVTX_EVENTS WHERE \"end\" > start "
	    "ORDER BY globalTid, start");

	while (reading_step(reading, row))
		add_range(ranges, row);
	sqlite3_finalize(row);
}

/* Calls come by thread and time, as the ranges do. */
static void
move_to(struct ranges *ranges, sqlite3_int64 thread, sqlite3_int64 time)
{
	size_t kept = 0;

	for (size_t i = 0; i < ranges->open_count; i++)
		if (ranges->open[i]->thread == thread && ranges->open[i]->end >= time)
			ranges->open[kept++] = ranges->open[i];
	ranges->open_count = kept;
	for (; ranges->next < ranges->count; ranges->next++) {
		struct range *range = &ranges->all[ranges->next];

		if (range->thread > thread || (range->thread == thread && range->start > time))
			break;
		if (range->thread < thread || range->end < time)
			continue;
		if (ranges->open_count < MOST_OPEN)
			ranges->open[ranges->open_count++] = range;
		else
			ranges->too_deep++;
	}
}

static void
add_launch(struct ranges *ranges, struct stage *stage, sqlite3_int64 name, double ns)
{
	void **place = map_put(&stage->kernels, (const char *)&name, sizeof(name));
	struct stage_kernel *kernel = *place;

	if (kernel == NULL) {
		kernel = *place = arena_alloc_zero(&ranges->arena, sizeof(*kernel));
		kernel->name = name;
		kernel->seen = observation_of(0, 0);
		kernel->seen.min_ns = kernel->seen.max_ns = ns;
	}
	kernel->seen.total_ns += ns;
	kernel->seen.instances++;
	kernel->seen.min_ns = fmin(kernel->seen.min_ns, ns);
	kernel->seen.max_ns = fmax(kernel->seen.max_ns, ns);
	durations_add(&kernel->durations, ns);
	stage->total_ns += ns;
}

static void
read_launches(const struct reading *reading, struct ranges *ranges, const char *name_column)
{
	static const char table[] = "CUPTI_ACTIVITY_KIND_KERNEL";
	struct text query = { 0 };
	sqlite3_stmt *row;
	size_t launch = 0;

	/* Numbers of calls are of a process; its id are the upper bits of both. */
	text_add_format(&query, "SELECT r.globalTid, r.start, MAX(k.\"end\" - k.start, 0), k.%s "
	    "FROM %s k JOIN CUPTI_ACTIVITY_KIND_RUNTIME r ON r.correlationId = k.correlationId%s "
	    "ORDER BY r.globalTid, r.start", name_column, table,
	    reading_has(reading, table, "globalPid") ?
	    " AND r.globalTid / 16777216 = k.globalPid / 16777216" : "");
	row = reading_prepare(reading, query.bytes);
	while (reading_step(reading, row)) {
		move_to(ranges, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1));
		launch++;
		for (size_t i = 0; i < ranges->open_count; i++) {
			struct stage *stage = ranges->open[i]->stage;

			if (stage->seen_by != launch)
				add_launch(ranges, stage, sqlite3_column_int64(row, 3),
				    sqlite3_column_double(row, 2));
			stage->seen_by = launch;
		}
	}
	sqlite3_finalize(row);
	text_free(&query);
}

static int
compare_stages(const void *left, const void *right)
{
	const struct stage *a = ((const struct map_entry *)left)->value;
	const struct stage *b = ((const struct map_entry *)right)->value;

	if (a->total_ns != b->total_ns)
		return a->total_ns > b->total_ns ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void
add_stage(struct reading *reading, sqlite3_stmt *lookup, const struct stage *stage)
{
	struct source *source = catalogue_add_source(reading->catalogue, stage->name,
	    reading->source->file, false);

	source->within = true;
	for (size_t i = 0; i < stage->kernels.count; i++) {
		struct stage_kernel *kernel = stage->kernels.entries[i].value;

		kernel->seen.durations = &kernel->durations;
		sqlite3_reset(lookup);
		sqlite3_bind_int64(lookup, 1, kernel->name);
		if (reading_step(reading, lookup) && sqlite3_column_bytes(lookup, 0) > 0)
			catalogue_add(reading->catalogue, source,
			    (const char *)sqlite3_column_text(lookup, 0),
			    (size_t)sqlite3_column_bytes(lookup, 0), &kernel->seen);
	}
}

static void
add_stages(struct reading *reading, struct ranges *ranges)
{
	size_t count = ranges->stages.count, used = 0;
	/* The map is not asked any more: its entries may be sorted. */
	struct map_entry *stages = ranges->stages.entries;
	sqlite3_stmt *lookup = reading_prepare(reading,
	    "SELECT CAST(value AS TEXT) FROM StringIds WHERE id = ?1");

	qsort(stages, count, sizeof(*stages), compare_stages);
	for (size_t i = 0; i < count; i++) {
		const struct stage *stage = stages[i].value;

		used += stage->kernels.count > 0;
		if (i < MOST_STAGES && stage->kernels.count > 0)
			add_stage(reading, lookup, stage);
	}
	sqlite3_finalize(lookup);
	if (used > MOST_STAGES)
		catalogue_remark(reading->catalogue, "%s: of %zu NVTX ranges that launched kernels, "
		    "the %d that took longest are stages", reading->path, used, MOST_STAGES);
	if (ranges->too_deep > 0)
		catalogue_remark(reading->catalogue, "%s: %zu NVTX ranges are in more than %d "
		    "others and are left out of the stages", reading->path, ranges->too_deep,
		    MOST_OPEN);
}

static void
free_ranges(struct ranges *ranges)
{
	for (size_t i = 0; i < ranges->stages.count; i++) {
		struct stage *stage = ranges->stages.entries[i].value;

		for (size_t k = 0; k < stage->kernels.count; k++)
			durations_free(&((struct stage_kernel *)
			    stage->kernels.entries[k].value)->durations);
		map_free(&stage->kernels);
	}
	map_free(&ranges->stages);
	arena_free(&ranges->arena);
	free(ranges->all);
}

void
nvtx_export_read(struct reading *reading, const char *name_column)
{
	struct ranges ranges = { 0 };

	if (!reading_has(reading, "NVTX_EVENTS", "globalTid") ||
	    !reading_has(reading, "NVTX_EVENTS", "text") ||
	    !reading_has(reading, "CUPTI_ACTIVITY_KIND_KERNEL", "correlationId") ||
	    !reading_has(reading, "CUPTI_ACTIVITY_KIND_RUNTIME", "globalTid"))
		return;
	read_ranges(reading, &ranges);
	if (ranges.count > 0) {
		read_launches(reading, &ranges, name_column);
		add_stages(reading, &ranges);
	}
	free_ranges(&ranges);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Launches are found by the correlation that kernels share with them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "trace/launches.h"
#include "base/memory.h"
#include "base/text.h"

/* Numbers keys as they come, from 0; the one that came last comes mostly again. */
static uint32_t
number_of(struct map *map, struct launches_last *last, const char *key, size_t length)
{
	void **place;

	if (last->known && length == last->length && memcmp(last->key, key, length) == 0)
		return last->number;
	place = map_put(map, key, length);
	if (*place == NULL)
		*place = (void *)(uintptr_t)map->count;
	last->number = (uint32_t)((uintptr_t)*place - 1);
	last->known = length <= sizeof(last->key);
	last->length = length;
	if (last->known)
		memcpy(last->key, key, length);
	return last->number;
}

uint32_t
launches_process(struct launches *launches, const struct trace_record *record)
{
	struct slice rank = trace_get(record, "rank");

	return number_of(&launches->processes, &launches->last_process,
	    rank.bytes != NULL ? rank.bytes : "", rank.length);
}

uint32_t
launches_thread(struct launches *launches, const struct trace_record *record)
{
	static const char *const keys[] = { "rank", "pid", "tid" };
	struct text *key = &launches->key;
	size_t i;

	text_clear(key);
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct slice part = trace_get(record, keys[i]);

		text_add(key, part.bytes != NULL ? part.bytes : "", part.length);
		text_add_char(key, ' ');
	}
	return number_of(&launches->threads, &launches->last_thread, key->bytes, key->length);
}

const struct launch *
launches_add(struct launches *launches, const struct trace_record *record)
{
	struct launch launch = { 0 };
	struct slice name;

	if (!trace_get_integer(record, "correlation", &launch.correlation))
		return NULL;
	if (!trace_get_ns(record, "ts", &launch.ts)) {
		trace_need_number(record, "ts");
		return NULL;
	}
	launch.process = launches_process(launches, record);
	launch.thread = launches_thread(launches, record);
	name = trace_need_string(record, "name");
	launch.name = intern(name.bytes, name.length);
	launch.graph = strstr(launch.name, "GraphLaunch") != NULL;
	launch.kernel = strstr(launch.name, "Launch") != NULL &&
	    strstr(launch.name, "Kernel") != NULL;
	launches->list = memory_grow(launches->list, launches->count, &launches->capacity,
	    sizeof(*launches->list));
	launches->list[launches->count] = launch;
	return &launches->list[launches->count++];
}

static int
compare_launches(const void *left, const void *right)
{
	const struct launch *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	return a->correlation != b->correlation ? (a->correlation < b->correlation ? -1 : 1)
	    : a->ts != b->ts ? (a->ts < b->ts ? -1 : 1) : 0;
}

void
launches_sort(struct launches *launches)
{
	size_t i;

	/* Most traces have them in order. */
	for (i = 1; i < launches->count; i++)
		if (compare_launches(&launches->list[i - 1], &launches->list[i]) > 0)
			break;
	if (i < launches->count)
		qsort(launches->list, launches->count, sizeof(*launches->list),
		    compare_launches);
}

static bool
is_before(const struct launch *launch, uint32_t process, int64_t correlation)
{
	return launch->process < process ||
	    (launch->process == process && launch->correlation < correlation);
}

const struct launch *
launches_find(const struct launches *launches, uint32_t process, int64_t correlation)
{
	size_t low = 0, high = launches->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_before(&launches->list[middle], process, correlation))
			low = middle + 1;
		else
			high = middle;
	}
	return low < launches->count && launches->list[low].process == process &&
	    launches->list[low].correlation == correlation ? &launches->list[low] : NULL;
}

void
launches_clear(struct launches *launches)
{
	launches->count = 0;
	map_free(&launches->threads);
	map_free(&launches->processes);
	launches->threads = launches->processes = (struct map){ 0 };
	launches->last_process.known = launches->last_thread.known = false;
}

void
launches_free(struct launches *launches)
{
	launches_clear(launches);
	free(launches->list);
	text_free(&launches->key);
	*launches = (struct launches){ 0 };
}

struct slice
module_class(struct slice name)
{
	size_t length = name.length;

	while (length > 0 && isdigit((unsigned char)name.bytes[length - 1]))
		length--;
	if (length > 1 && length < name.length && name.bytes[length - 1] == '_')
		name.length = length - 1;
	return name;
}

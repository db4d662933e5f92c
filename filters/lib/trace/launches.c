/* SPDX-License-Identifier: Apache-2.0 */
/* Launches are found by the correlation that kernels share with them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "trace/launches.h"
#include "base/memory.h"
#include "base/text.h"

uint32_t
launches_thread(struct launches *launches, const struct trace_record *record)
{
	struct slice pid = trace_get(record, "pid"), tid = trace_get(record, "tid");
	struct text key = { 0 };
	void **place;

	text_add(&key, pid.bytes != NULL ? pid.bytes : "", pid.length);
	text_add_char(&key, ' ');
	text_add(&key, tid.bytes != NULL ? tid.bytes : "", tid.length);
	place = map_put(&launches->threads, key.bytes, key.length);
	if (*place == NULL)
		*place = (void *)(uintptr_t)launches->threads.count;
	text_free(&key);
	return (uint32_t)((uintptr_t)*place - 1);
}

const struct launch *
launches_add(struct launches *launches, const struct trace_record *record)
{
	struct launch launch = { 0 };
	struct slice name;

	if (!trace_get_integer(record, "correlation", &launch.correlation))
		return NULL;
	launch.ts = trace_need_number(record, "ts");
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

	return a->correlation != b->correlation ? (a->correlation < b->correlation ? -1 : 1)
	    : a->ts != b->ts ? (a->ts < b->ts ? -1 : 1) : 0;
}

void
launches_sort(struct launches *launches)
{
	if (launches->count > 0)
		qsort(launches->list, launches->count, sizeof(*launches->list),
		    compare_launches);
}

const struct launch *
launches_find(const struct launches *launches, int64_t correlation)
{
	size_t low = 0, high = launches->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (launches->list[middle].correlation < correlation)
			low = middle + 1;
		else
			high = middle;
	}
	return low < launches->count && launches->list[low].correlation == correlation
	    ? &launches->list[low] : NULL;
}

void
launches_clear(struct launches *launches)
{
	launches->count = 0;
	map_free(&launches->threads);
	launches->threads = (struct map){ 0 };
}

void
launches_free(struct launches *launches)
{
	launches_clear(launches);
	free(launches->list);
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

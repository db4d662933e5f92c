/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps of each limit what reports add up. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "json/json.h"
#include "limits.h"

static const char *
own(const struct json *object, const char *key)
{
	const char *text = json_string(json_get(object, key));

	return text != NULL ? intern_string(text) : "";
}

/* Sizes that grow with each token a request gets: with them every step has operators of its
 * own. */
static bool
grows(const char *size)
{
	static const char *const names[] = { "kv=", "pairs=", "rows_read=", "experts_read=" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(size, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static const char *
lasting_sizes(const char *sizes)
{
	struct text kept = { 0 };
	const char *interned;

	while (*sizes != '\0') {
		size_t length = strcspn(sizes, " ");

		if (!grows(sizes)) {
			if (kept.length > 0)
				text_add_char(&kept, ' ');
			text_add(&kept, sizes, length);
		}
		sizes += length;
		sizes += strspn(sizes, " ");
	}
	interned = intern_string(kept.length > 0 ? kept.bytes : "");
	text_free(&kept);
	return interned;
}

/* "at most 58 experts were read; " stands before what a range rests on, a number a call. */
static const char *
lasting_note(const char *note, double *experts)
{
	static const char begin[] = "at most ";
	const char *rest = strstr(note, "; ");

	if (strncmp(note, begin, sizeof(begin) - 1) != 0 || rest == NULL)
		return note;
	*experts = strtod(note + sizeof(begin) - 1, NULL);
	return intern_string(rest + 2);
}

static uint32_t
op_of(struct limits *limits, const struct json *limit, double *experts)
{
	const char *flag = own(limit, "flag");
	struct limit_op op = { own(limit, "family"), lasting_sizes(own(limit, "sizes")),
		own(limit, "bound"), own(limit, "how"), flag[0] != '\0' ? flag
		: lasting_note(own(limit, "note"), experts), own(limit, "type") };
	void **place;

	/* strings are interned: equal ones have one address */
	place = map_put(&limits->op_index, (const char *)&op, sizeof(op));
	if (*place == NULL) {
		limits->ops = memory_grow(limits->ops, limits->op_count, &limits->op_capacity,
		    sizeof(*limits->ops));
		limits->ops[limits->op_count++] = op;
		*place = (void *)(uintptr_t)limits->op_count;
	}
	return (uint32_t)((uintptr_t)*place - 1);
}

/* False when it says no times. */
static bool
read_call(struct limit_call *call, const struct json *limit)
{
	const struct json *range = json_get(limit, "share_range");
	double low;

	if (!json_number(json_get(limit, "op_us"), &call->op_us) || !(call->op_us > 0) ||
	    !json_number(json_get(limit, "limit_us"), &call->limit_us))
		return false;
	call->low_us = call->limit_us;
	json_number(json_get(limit, "bytes"), &call->bytes);
	json_number(json_get(limit, "flops"), &call->flops);
	if (json_number(json_get(limit, "win_us"), &call->win_us))
		call->state = LIMIT_SHARE;
	else if (range != NULL && range->child != NULL && json_number(range->child, &low)) {
		call->state = LIMIT_RANGE;
		call->low_us = low * call->op_us;
		call->win_us = call->op_us > call->limit_us ? call->op_us - call->limit_us : 0;
	} else
		call->state = LIMIT_FLAGGED;
	return true;
}

uint32_t
limits_add(struct limits *limits, const struct trace_record *record)
{
	struct slice value = trace_get(record, "limit");
	struct arena arena = { 0 };
	struct limit_call call = { 0 };
	struct json_error error;
	const struct json *limit;
	uint32_t place = 0;

	if (value.bytes == NULL || value.bytes[0] != '{')
		return 0;
	limit = json_parse(&arena, value.bytes, value.length, &error);
	if (limit != NULL && read_call(&call, limit)) {
		call.op = op_of(limits, limit, &call.experts);
		limits->calls = memory_grow(limits->calls, limits->call_count,
		    &limits->call_capacity, sizeof(*limits->calls));
		limits->calls[limits->call_count++] = call;
		place = (uint32_t)limits->call_count;
	}
	arena_free(&arena);
	return place;
}

void
limits_add_whole(struct limits *limits, const struct trace_record *record)
{
	struct slice value = trace_get(record, "peaks");
	struct arena arena = { 0 };
	struct json_error error;
	const struct json *peaks;

	if (value.bytes == NULL || value.bytes[0] != '{')
		return;
	peaks = json_parse(&arena, value.bytes, value.length, &error);
	limits->device = own(peaks, "device");
	limits->measured = strcmp(own(peaks, "gbps_how"), "measured") == 0;
	json_number(json_get(peaks, "gbps"), &limits->gbps);
	for (int i = 0; i < PEAK_KINDS; i++)
		json_number(json_get(json_get(peaks, "tflops"), peak_names[i]),
		    &limits->tflops[i]);
	arena_free(&arena);
}

void
limits_sum(struct limit_sum *sum, const struct limits *limits, uint32_t place)
{
	const struct limit_call *call;

	if (place == 0)
		return;
	call = &limits->calls[place - 1];
	sum->calls++;
	if (call->state == LIMIT_SHARE) {
		sum->known_us += call->op_us;
		sum->limit_us += call->limit_us;
		sum->win_us += call->win_us;
	} else if (call->state == LIMIT_RANGE) {
		sum->range_us += call->op_us;
		sum->low_us += call->low_us;
		sum->high_us += call->limit_us < call->op_us ? call->limit_us : call->op_us;
		sum->least_win_us += call->win_us;
	}
}

void
limits_clear(struct limits *limits)
{
	limits->call_count = limits->op_count = 0;
	map_free(&limits->op_index);
	limits->op_index = (struct map){ 0 };
	limits->device = NULL;
	limits->measured = false;
	limits->gbps = 0;
	memset(limits->tflops, 0, sizeof(limits->tflops));
}

void
limits_close(struct limits *limits)
{
	limits_clear(limits);
	free(limits->calls);
	free(limits->ops);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Picks a few values out of what stands around the events. */
#include <string.h>
#include <strings.h>

#include "head.h"
#include "json/json.h"
#include "json/json_scan.h"

static const char *const names[] = {
	[HEAD_DEVICE] = "device",
	[HEAD_VENDOR] = "vendor",
	[HEAD_DEVICES] = "devices",
	[HEAD_SMS] = "sms",
	[HEAD_MEMORY] = "memory",
	[HEAD_RANK] = "rank",
	[HEAD_WORLD_SIZE] = "world_size",
	[HEAD_BACKEND] = "backend",
	[HEAD_BASE_TIME] = "base_time_ns",
	[HEAD_TRACE_NAME] = "trace_name",
	[HEAD_TRACE_ID] = "trace_id",
};

/* The first one who knows is right. */
static void
set(struct head *head, enum head_field field, const char *json, size_t length)
{
	if (head->values[field].length == 0)
		text_add(&head->values[field], json, length);
}

/* A value of that type, as spelled. */
static void
set_value(struct head *head, enum head_field field, const struct json *value,
    enum json_type type)
{
	if (value != NULL && value->type == type)
		set(head, field, value->raw, value->raw_length);
}

static bool
mentions(const char *text, size_t length, const char *word)
{
	size_t word_length = strlen(word);

	for (size_t at = 0; at + word_length <= length; at++)
		if (strncasecmp(text + at, word, word_length) == 0)
			return true;
	return false;
}

static bool
mentions_any(const char *text, size_t length, const char *const *words)
{
	for (; *words != NULL; words++)
		if (mentions(text, length, *words))
			return true;
	return false;
}

static void
set_vendor(struct head *head, const char *text, size_t length)
{
	/* Before 2021 devices had no maker in their names. */
	static const char *const nvidia[] = { "nvidia", "cuda_", "cupti", "tesla", "geforce",
		"quadro", "titan", NULL };
	static const char *const amd[] = { "amd", "hip_", "roctracer", "rocprofiler", "radeon",
		NULL };

	if (mentions_any(text, length, nvidia))
		set(head, HEAD_VENDOR, "\"nvidia\"", 8);
	else if (mentions_any(text, length, amd))
		set(head, HEAD_VENDOR, "\"amd\"", 5);
}

static void
learn_devices(struct head *head, const struct json *devices)
{
	const struct json *first = devices->child, *name = json_get(first, "name");
	struct text text = { 0 };

	if (devices->type != JSON_ARRAY)
		return;
	text_add_format(&text, "%zu", json_count(devices));
	set(head, HEAD_DEVICES, text.bytes, text.length);
	text_free(&text);
	if (json_string(name) != NULL && name->length > 0) {
		set_value(head, HEAD_DEVICE, name, JSON_STRING);
		set_vendor(head, name->text, name->length);
	}
	set_value(head, HEAD_SMS, json_get(first, "numSms"), JSON_NUMBER);
	set_value(head, HEAD_MEMORY, json_get(first, "totalGlobalMem"), JSON_NUMBER);
}

static void
learn_ranks(struct head *head, const struct json *info)
{
	set_value(head, HEAD_RANK, json_get(info, "rank"), JSON_NUMBER);
	set_value(head, HEAD_WORLD_SIZE, json_get(info, "world_size"), JSON_NUMBER);
	set_value(head, HEAD_BACKEND, json_get(info, "backend"), JSON_STRING);
}

void
head_learn(struct head *head, struct slice key, struct slice value)
{
	struct arena arena = { 0 };
	struct json_error error;
	const struct json *root;

	/* cuda_runtime_version, cupti_version; hip_runtime_version, roctracer_version */
	set_vendor(head, key.bytes, key.length);
	if (!slice_equals(key, "deviceProperties") && !slice_equals(key, "computeProperties") &&
	    !slice_equals(key, "distributedInfo") && !slice_equals(key, "baseTimeNanoseconds") &&
	    !slice_equals(key, "traceName") && !slice_equals(key, "trace_id"))
		return;
	root = json_parse(&arena, value.bytes, value.length, &error);
	if (root != NULL && (slice_equals(key, "deviceProperties") ||
	    slice_equals(key, "computeProperties")))
		learn_devices(head, root);
	else if (slice_equals(key, "distributedInfo"))
		learn_ranks(head, root);
	else if (slice_equals(key, "baseTimeNanoseconds"))
		set_value(head, HEAD_BASE_TIME, root, JSON_NUMBER);
	else if (slice_equals(key, "trace_id"))
		set_value(head, HEAD_TRACE_ID, root, JSON_STRING);
	else
		set_value(head, HEAD_TRACE_NAME, root, JSON_STRING);
	arena_free(&arena);
}

void
head_write(struct head *head, struct output *out, bool late)
{
	for (int i = 0; i < HEAD_FIELDS; i++) {
		struct text *value = &head->values[i];

		if (late && (value->length == 0 || head->written[i]))
			continue;
		output_format(out, ",\"%s\":", names[i]);
		output_bytes(out, value->length ? value->bytes : "null",
		    value->length ? value->length : 4);
		head->written[i] = value->length > 0;
	}
}

void
head_rank(const struct head *head, int file, struct text *rank)
{
	const struct text *number = &head->values[HEAD_RANK];
	int64_t integer;

	if (number->length > 0 &&
	    json_scan_integer((struct slice){ number->bytes, number->length }, &integer))
		text_add_format(rank, "%lld", (long long)integer);
	else
		text_add_format(rank, "file%d", file);
}

void
head_free(struct head *head)
{
	for (int i = 0; i < HEAD_FIELDS; i++)
		text_free(&head->values[i]);
}

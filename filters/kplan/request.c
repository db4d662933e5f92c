/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the request of a plan as JSON. */
#include "request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/input.h"
#include "base/memory.h"
#include "base/spelling.h"
#include "dryrun/dryrun.h"
#include "json/json.h"
#include "json/quote.h"

enum { LARGEST_CONFIG = 16 << 20, DECODED = 32 };

void
request_add(struct request_list *list, const char *value)
{
	list->values = memory_grow(list->values, list->count, &list->capacity,
	    sizeof(*list->values));
	list->values[list->count++] = value;
}

void
request_free(struct request *request)
{
	free(request->environment.values);
	free(request->phases.values);
}

static void
add_member(struct text *text, const char *key, const char *value)
{
	text_add_format(text, "\"%s\":", key);
	json_quote(text, value);
	text_add_char(text, ',');
}

/* The config as it is written, once it is known to be an object. */
static void
add_config(struct text *text, const char *path)
{
	struct input *input = input_open(path);
	struct text bytes = { 0 };
	struct arena arena = { 0 };
	struct json_error error;
	const struct json *value;
	ptrdiff_t got;

	do {
		got = input_read(input, text_reserve(&bytes, 65536), 65536);
		if (got < 0)
			die("%s: %s", path, input_error(input));
		bytes.length += (size_t)got;
		if (bytes.length > LARGEST_CONFIG)
			die("%s: larger than 16 MiB", path);
	} while (got > 0);
	input_close(input);
	value = json_parse(&arena, bytes.bytes, bytes.length, &error);
	if (value == NULL)
		die("%s: byte %zu: %s", path, error.offset, error.message);
	if (value->type != JSON_OBJECT)
		die("%s: no JSON object", path);
	text_add_string(text, "\"config\":");
	text_add(text, value->raw, value->raw_length);
	text_add_char(text, ',');
	arena_free(&arena);
	text_free(&bytes);
}

static void
add_config_folder(struct text *text, const char *path)
{
	char *real = folder_real_path(path), *slash = real == NULL ? NULL : strrchr(real, '/');

	if (slash != NULL)
		*slash = '\0';
	add_member(text, "config_dir", slash == NULL ? NULL : real);
	free(real);
}

static void
add_root(struct text *text, const char *root)
{
	char *real = folder_real_path(root);

	if (real == NULL)
		die("%s:", root);
	add_member(text, "root", real);
	free(real);
}

static void
add_environment(struct text *text, const struct request_list *list)
{
	text_add_string(text, "\"env\":{");
	for (size_t i = 0; i < list->count; i++) {
		const char *equals = strchr(list->values[i], '=');

		if (equals == NULL || equals == list->values[i])
			die("-e %s: not NAME=VALUE", list->values[i]);
		if (i > 0)
			text_add_char(text, ',');
		json_quote_bytes(text, list->values[i], (size_t)(equals - list->values[i]));
		text_add_char(text, ':');
		json_quote(text, equals + 1);
	}
	text_add_string(text, "},");
}

static void
add_phases(struct text *text, const struct request *request)
{
	static const char *usual[] = { "decode", "extend" };
	struct request_list list = request->phases;

	if (list.count == 0)
		list = (struct request_list){ .values = usual, .count = 2 };
	text_add_string(text, "\"phases\":[");
	for (size_t i = 0; i < list.count; i++) {
		bool prefill = strncmp(list.values[i], "extend", 6) == 0;
		long long batch = request->batch > 0 ? request->batch : prefill ? 1 : DECODED;

		text_add_string(text, i > 0 ? ",{" : "{");
		add_member(text, "phase", list.values[i]);
		text_add_format(text, "\"batch\":%lld,\"new\":%lld,\"kv\":%lld}", batch,
		    request->tokens, strcmp(list.values[i], "extend") == 0 ? 0 : request->cached);
	}
	text_add_string(text, "]");
}

/* Whether the device is called so: by the table's key, by a word of a product's name that is that
 * key ("NVIDIA B300 SXM6 AC"), or by the product's whole name. */
static bool
is_device(const struct json *row, const char *device)
{
	const char *product = json_string(json_get(row, "name"));
	size_t length = strlen(row->key);

	if (product != NULL && strcasecmp(product, device) == 0)
		return true;
	for (const char *at = device; *at != '\0'; at++)
		if ((at == device || !isalnum((unsigned char)at[-1])) &&
		    strncasecmp(at, row->key, length) == 0 && !isalnum((unsigned char)at[length]))
			return true;
	return false;
}

/* Adds the device as the table calls it; dies, naming those there are, when it has none of this
 * name. */
static void
add_device(struct text *text, const char *device)
{
	struct arena arena = { 0 };
	struct json_error error;
	struct text names = { 0 };
	size_t length;
	const char *table = dryrun_data("devices.json", &length);
	struct spelling near;
	struct text meant = { 0 };
	const struct json *row = table == NULL ? NULL : json_parse(&arena, table, length, &error);

	spelling_begin(&near, device);
	for (row = row == NULL ? NULL : row->child; row != NULL; row = row->next) {
		if (is_device(row, device))
			break;
		text_add_format(&names, " %s", row->key);
		spelling_try(&near, row->key);
	}
	if (row == NULL) {
		spelling_add(&near, &meant);
		die("no device is called '%s'; there are:%s%s", device, names.bytes,
		    meant.bytes == NULL ? "" : meant.bytes);
	}
	add_member(text, "device", row->key);
	text_free(&meant);
	arena_free(&arena);
	text_free(&names);
}

void
request_write(struct text *text, const struct request *request, const char *root)
{
	text_add_char(text, '{');
	add_root(text, root);
	add_config(text, request->config);
	add_config_folder(text, request->config);
	add_device(text, request->device);
	text_add_format(text, "\"tp\":%lld,\"ep\":%lld,\"dp\":%lld,", request->tp, request->ep,
	    request->dp);
	add_member(text, "args_text", request->arguments);
	add_environment(text, &request->environment);
	add_member(text, "want", request->facts ? "facts" : "plan");
	add_member(text, "explain", request->explain);
	text_add_format(text, "\"lines\":%s,\"fold\":%s,", request->lines ? "true" : "false",
	    request->fold ? "true" : "false");
	add_phases(text, request);
	text_add_char(text, '}');
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the tree from yajl's callbacks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/error.h"
#include "json/json.h"
#include "json/yajl_memory.h"

enum { DEEPEST = 512 };

/* The open arrays and objects, outermost first, and where the next value hangs. */
struct builder {
	struct arena *arena;
	yajl_handle handle;
	const char *bytes;
	size_t value_begin; /* where the token after the last one may begin */
	struct json *root;
	struct json *open[DEEPEST];
	struct json **tail[DEEPEST];
	int depth;
	const char *key;
	size_t key_length;
	bool too_deep;
};

static size_t
token_end(const struct builder *builder)
{
	return yajl_get_bytes_consumed(builder->handle);
}

/* Where the value that ends at token_end() begins: after the last token and what may
 * stand between two tokens. */
static size_t
token_begin(const struct builder *builder)
{
	size_t at = builder->value_begin;

	while (strchr(" \t\r\n,:", builder->bytes[at]) != NULL && builder->bytes[at] != '\0')
		at++;
	return at;
}

static struct json *
add_value(struct builder *builder, enum json_type type)
{
	struct json *value = arena_alloc_zero(builder->arena, sizeof(*value));
	size_t begin = token_begin(builder), end = token_end(builder);

	/* yajl sees the end of a number that is the whole text only when told that the
	 * text ends, and by then counts from 0 again. */
	if (end < begin)
		end = begin;
	value->type = type;
	value->key = builder->key;
	value->key_length = builder->key_length;
	value->raw = builder->bytes + begin;
	value->raw_length = end - begin;
	builder->key = NULL;
	builder->key_length = 0;
	builder->value_begin = end;
	if (builder->depth == 0) {
		builder->root = value;
	} else {
		*builder->tail[builder->depth - 1] = value;
		builder->tail[builder->depth - 1] = &value->next;
	}
	return value;
}

static int
add_scalar(struct builder *builder, enum json_type type, const char *text, size_t length)
{
	struct json *value = add_value(builder, type);

	value->text = arena_copy(builder->arena, text, length);
	value->length = length;
	if (type == JSON_NUMBER)
		value->raw_length = length;
	return 1;
}

static int
on_null(void *context)
{
	return add_scalar(context, JSON_NULL, "null", 4);
}

static int
on_boolean(void *context, int truth)
{
	return truth ? add_scalar(context, JSON_BOOL, "true", 4)
	             : add_scalar(context, JSON_BOOL, "false", 5);
}

static int
on_number(void *context, const char *text, size_t length)
{
	return add_scalar(context, JSON_NUMBER, text, length);
}

static int
on_string(void *context, const unsigned char *text, size_t length)
{
	return add_scalar(context, JSON_STRING, (const char *)text, length);
}

static int
on_key(void *context, const unsigned char *text, size_t length)
{
	struct builder *builder = context;

	builder->key = arena_copy(builder->arena, (const char *)text, length);
	builder->key_length = length;
	builder->value_begin = token_end(builder);
	return 1;
}

static int
open_container(struct builder *builder, enum json_type type)
{
	struct json *value;

	if (builder->depth == DEEPEST) {
		builder->too_deep = true;
		return 0;
	}
	value = add_value(builder, type);
	builder->open[builder->depth] = value;
	builder->tail[builder->depth] = &value->child;
	builder->depth++;
	return 1;
}

static int
on_open_object(void *context)
{
	return open_container(context, JSON_OBJECT);
}

static int
on_open_array(void *context)
{
	return open_container(context, JSON_ARRAY);
}

static int
on_close(void *context)
{
	struct builder *builder = context;
	struct json *value = builder->open[--builder->depth];

	builder->value_begin = token_end(builder);
	value->raw_length = builder->value_begin - (size_t)(value->raw - builder->bytes);
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_open_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_close,
	.yajl_start_array = on_open_array,
	.yajl_end_array = on_close,
};

/* yajl's own text without its trailing newline and "parse error: " prefix. */
static void
describe_error(struct builder *builder, const char *bytes, size_t length, size_t offset,
    struct json_error *error)
{
	unsigned char *message = yajl_get_error(builder->handle, 0, (const unsigned char *)bytes,
	    length);
	const char *text = (const char *)message;

	error->offset = offset;
	if (strncmp(text, "parse error: ", 13) == 0)
		text += 13;
	else if (strncmp(text, "lexical error: ", 15) == 0)
		text += 15;
	if (builder->too_deep)
		snprintf(error->message, sizeof(error->message),
		    "arrays and objects nested deeper than %d", DEEPEST);
	else if (*text == '\0' || *text == '\n' || strncmp(text, "premature EOF", 13) == 0)
		snprintf(error->message, sizeof(error->message), "JSON ends too early");
	else
		snprintf(error->message, sizeof(error->message), "%.*s",
		    (int)strcspn(text, "\n"), text);
	yajl_free_error(builder->handle, message);
}

/* yajl does not mind the beginning of a string after the value, when it does not end. */
static bool
has_more(const struct json *root, const char *end, const char *bytes, struct json_error *error)
{
	const char *at = root->raw + root->raw_length;

	while (at < end && strchr(" \t\r\n", *at) != NULL && *at != '\0')
		at++;
	if (at == end)
		return false;
	error->offset = (size_t)(at - bytes);
	snprintf(error->message, sizeof(error->message), "trailing garbage");
	return true;
}

struct json *
json_parse(struct arena *arena, const char *bytes, size_t length, struct json_error *error)
{
	struct builder builder = { .arena = arena, .bytes = bytes };
	yajl_status status;
	size_t offset;

	builder.handle = yajl_alloc(&callbacks, &yajl_memory, &builder);
	status = yajl_parse(builder.handle, (const unsigned char *)bytes, length);
	offset = token_end(&builder);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(builder.handle);
	if (status != yajl_status_ok)
		describe_error(&builder, bytes, length, offset, error);
	yajl_free(builder.handle);
	if (status != yajl_status_ok || has_more(builder.root, bytes + length, bytes, error))
		return NULL;
	return builder.root;
}

const struct json *
json_get(const struct json *object, const char *key)
{
	size_t length = strlen(key);

	if (object == NULL || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *member = object->child; member != NULL; member = member->next)
		if (member->key_length == length && memcmp(member->key, key, length) == 0)
			return member;
	return NULL;
}

const char *
json_string(const struct json *value)
{
	return value != NULL && value->type == JSON_STRING ? value->text : NULL;
}

bool
json_number(const struct json *value, double *number)
{
	if (value == NULL || value->type != JSON_NUMBER)
		return false;
	*number = strtod(value->text, NULL);
	return true;
}

bool
json_integer(const struct json *value, int64_t *number)
{
	long long parsed;
	char *end;

	if (value == NULL || value->type != JSON_NUMBER)
		return false;
	errno = 0;
	parsed = strtoll(value->text, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*number = parsed;
	return true;
}

size_t
json_count(const struct json *value)
{
	size_t count = 0;

	if (value != NULL)
		for (const struct json *child = value->child; child != NULL; child = child->next)
			count++;
	return count;
}

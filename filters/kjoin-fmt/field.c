/* SPDX-License-Identifier: Apache-2.0 */
/* Reads single fields. */
#include <math.h>

#include "field.h"
#include "base/text.h"

/* C's strings end at a NUL, names from a trace should not. */
static const char *
copy_text(struct arena *arena, const struct json *value)
{
	struct text text = { 0 };
	const char *copy;

	for (size_t i = 0; i < value->length; i++) {
		if (value->text[i] == '\0')
			text_add_string(&text, "\xe2\x90\x80");
		else
			text_add_char(&text, value->text[i]);
	}
	copy = arena_copy(arena, text.bytes, text.length);
	text_free(&text);
	return copy;
}

/* The field's value; NULL when it is not there or null. */
static const struct json *
get(const struct record *record, const struct json *object, const char *key, enum json_type type,
    const char *what)
{
	const struct json *value = json_get(object, key);

	if (value == NULL || value->type == JSON_NULL)
		return NULL;
	if (value->type != type)
		reader_fail(record, "\"%s\" is no %s", key, what);
	return value;
}

const char *
field_string(struct arena *arena, const struct record *record, const struct json *object,
    const char *key)
{
	const struct json *value = get(record, object, key, JSON_STRING, "string");

	return value != NULL ? copy_text(arena, value) : NULL;
}

const char *
field_need_string(struct arena *arena, const struct record *record, const struct json *object,
    const char *key)
{
	const char *string = field_string(arena, record, object, key);

	if (string == NULL)
		reader_fail(record, "\"%s\" is missing", key);
	return string;
}

double
field_number(const struct record *record, const struct json *object, const char *key)
{
	double number = NAN;

	json_number(get(record, object, key, JSON_NUMBER, "number"), &number);
	return number;
}

double
field_need_number(const struct record *record, const struct json *object, const char *key)
{
	double number = field_number(record, object, key);

	if (!isfinite(number))
		reader_fail(record, "\"%s\" is missing or no number", key);
	return number;
}

uint64_t
field_count(const struct record *record, const struct json *object, const char *key)
{
	const struct json *value = get(record, object, key, JSON_NUMBER, "count");
	int64_t count;

	if (value == NULL)
		return 0;
	if (!json_integer(value, &count) || count < 0)
		reader_fail(record, "\"%s\" is no count", key);
	return (uint64_t)count;
}

uint32_t
field_line(const struct record *record, const struct json *object)
{
	uint64_t line = field_count(record, object, "line");

	if (line > UINT32_MAX)
		reader_fail(record, "\"line\" is no line number");
	return (uint32_t)line;
}

const char **
field_strings(struct arena *arena, const struct record *record, const struct json *object,
    const char *key, size_t *count)
{
	const struct json *array = get(record, object, key, JSON_ARRAY, "array");
	const char **strings;

	*count = 0;
	if (array == NULL)
		return NULL;
	strings = arena_alloc(arena, (json_count(array) + 1) * sizeof(*strings));
	for (array = array->child; array != NULL; array = array->next) {
		if (array->type != JSON_STRING)
			reader_fail(record, "\"%s\" holds something that is no string", key);
		strings[(*count)++] = copy_text(arena, array);
	}
	return strings;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* yajl_gen with repaired UTF-8 and shortest numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "base/error.h"
#include "json/json_writer.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "json/yajl_memory.h"

struct json_writer {
	struct output *out;
	yajl_gen generator;
	int depth;
	bool pretty, has_version;
	struct text repaired;
};

static void
print_to_output(void *context, const char *bytes, size_t length)
{
	struct json_writer *writer = context;

	output_bytes(writer->out, bytes, length);
}

struct json_writer *
json_writer_open(struct output *out, bool pretty)
{
	struct json_writer *writer = memory_alloc_zero(1, sizeof(*writer));

	writer->out = out;
	writer->pretty = pretty;
	writer->generator = yajl_gen_alloc(&yajl_memory);
	yajl_gen_config(writer->generator, yajl_gen_print_callback, print_to_output, writer);
	yajl_gen_config(writer->generator, yajl_gen_beautify, (int)pretty);
	yajl_gen_config(writer->generator, yajl_gen_indent_string, "  ");
	return writer;
}

void
json_writer_close(struct json_writer *writer)
{
	yajl_gen_free(writer->generator);
	text_free(&writer->repaired);
	free(writer);
}

/* A complete value at the top ends its line, and the generator starts afresh. */
static void
check(struct json_writer *writer, yajl_gen_status status)
{
	if (status != yajl_gen_status_ok && status != yajl_gen_generation_complete)
		die("cannot write JSON: generator status %d", (int)status);
	if (writer->depth == 0) {
		yajl_gen_reset(writer->generator, NULL);
		/* The beautifier ends the last line itself. */
		if (!writer->pretty)
			output_char(writer->out, '\n');
	}
}

void
json_object_begin(struct json_writer *writer)
{
	writer->depth++;
	check(writer, yajl_gen_map_open(writer->generator));
}

void
json_object_end(struct json_writer *writer)
{
	writer->depth--;
	check(writer, yajl_gen_map_close(writer->generator));
}

void
json_array_begin(struct json_writer *writer)
{
	writer->depth++;
	check(writer, yajl_gen_array_open(writer->generator));
}

void
json_array_end(struct json_writer *writer)
{
	writer->depth--;
	check(writer, yajl_gen_array_close(writer->generator));
}

void
json_put_text(struct json_writer *writer, const char *text, size_t length)
{
	if (!utf8_is_valid(text, length)) {
		text_clear(&writer->repaired);
		utf8_repair(&writer->repaired, text, length);
		text = writer->repaired.bytes;
		length = writer->repaired.length;
	}
	check(writer, yajl_gen_string(writer->generator, (const unsigned char *)text, length));
}

void
json_put_string(struct json_writer *writer, const char *text)
{
	if (text == NULL)
		json_put_null(writer);
	else
		json_put_text(writer, text, strlen(text));
}

void
json_key(struct json_writer *writer, const char *key)
{
	json_put_text(writer, key, strlen(key));
}

void
json_put_integer(struct json_writer *writer, int64_t number)
{
	check(writer, yajl_gen_integer(writer->generator, number));
}

void
json_put_double(struct json_writer *writer, double number)
{
	char spelled[40];

	if (!isfinite(number)) {
		json_put_null(writer);
		return;
	}
	/* The fewest digits that read back as the same number. */
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(spelled, sizeof(spelled), "%.*g", digits, number);
		if (strtod(spelled, NULL) == number)
			break;
	}
	json_put_spelled(writer, spelled);
}

void
json_put_spelled(struct json_writer *writer, const char *number)
{
	check(writer, yajl_gen_number(writer->generator, number, strlen(number)));
}

void
json_put_bool(struct json_writer *writer, bool truth)
{
	check(writer, yajl_gen_bool(writer->generator, truth));
}

void
json_put_null(struct json_writer *writer)
{
	check(writer, yajl_gen_null(writer->generator));
}

void
json_put_value(struct json_writer *writer, const struct json *value)
{
	switch (value->type) {
	case JSON_NULL:
		json_put_null(writer);
		break;
	case JSON_BOOL:
		json_put_bool(writer, value->text[0] == 't');
		break;
	case JSON_NUMBER:
		json_put_spelled(writer, value->text);
		break;
	case JSON_STRING:
		json_put_text(writer, value->text, value->length);
		break;
	case JSON_ARRAY:
		json_array_begin(writer);
		for (value = value->child; value != NULL; value = value->next)
			json_put_value(writer, value);
		json_array_end(writer);
		break;
	case JSON_OBJECT:
		json_object_begin(writer);
		for (value = value->child; value != NULL; value = value->next) {
			json_put_text(writer, value->key, value->key_length);
			json_put_value(writer, value);
		}
		json_object_end(writer);
		break;
	}
}

void
json_member_string(struct json_writer *writer, const char *key, const char *text)
{
	json_key(writer, key);
	json_put_string(writer, text);
}

void
json_member_integer(struct json_writer *writer, const char *key, int64_t number)
{
	json_key(writer, key);
	json_put_integer(writer, number);
}

void
json_member_double(struct json_writer *writer, const char *key, double number)
{
	json_key(writer, key);
	json_put_double(writer, number);
}

void
json_member_bool(struct json_writer *writer, const char *key, bool truth)
{
	json_key(writer, key);
	json_put_bool(writer, truth);
}

void
json_member_null(struct json_writer *writer, const char *key)
{
	json_key(writer, key);
	json_put_null(writer);
}

void
json_record_begin(struct json_writer *writer, const char *kind)
{
	json_object_begin(writer);
	json_member_string(writer, "kind", kind);
	if (!writer->has_version)
		json_member_integer(writer, "version", RECORD_VERSION);
	writer->has_version = true;
}

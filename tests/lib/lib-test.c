/* SPDX-License-Identifier: Apache-2.0 */
/* lib-test MODULE [ARGUMENT...]: runs the checks of one library module, prints the first
 * that fails. For what a filter's own tests cannot reach. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/columns.h"
#include "base/error.h"
#include "base/intern.h"
#include "json/json_scan.h"
#include "json/json_writer.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "json/reader.h"
#include "base/text.h"
#include "trace/trace_record.h"
#include "base/utf8.h"

#define CHECK(truth) check((truth), #truth, __LINE__)

static void
check(bool truth, const char *text, int line)
{
	if (!truth)
		die("%s:%d: %s does not hold", __FILE__, line, text);
}

static void
test_arena(void)
{
	struct arena arena = { 0 };
	char *pieces[2000];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2000; i++) {
			size_t size = (size_t)i * 7 % 1500 + 1;

			pieces[i] = arena_alloc(&arena, size);
			CHECK((uintptr_t)pieces[i] % 16 == 0);
			memset(pieces[i], i & 0xff, size);
		}
		for (int i = 0; i < 2000; i++) {
			size_t size = (size_t)i * 7 % 1500 + 1;

			for (size_t at = 0; at < size; at++)
				CHECK((unsigned char)pieces[i][at] == (i & 0xff));
		}
		CHECK(((char *)arena_alloc_zero(&arena, 5 << 20))[(5 << 20) - 1] == 0);
		CHECK(strcmp(arena_copy(&arena, "abcdef", 3), "abc") == 0);
		CHECK(strcmp(arena_copy(&arena, NULL, 0), "") == 0);
		arena_reset(&arena);
	}
	arena_free(&arena);
}

static bool
columns_are(const char *string, const char *clean, size_t width)
{
	struct text text = { 0 };
	bool same;

	columns_clean(&text, string);
	same = strcmp(text.bytes, clean) == 0 && columns_width(clean) == width;
	text_free(&text);
	return same;
}

static bool
fits(const char *string, size_t width, bool right, const char *expected)
{
	struct text text = { 0 };
	bool same;

	columns_fit(&text, string, width, right);
	same = strcmp(text.bytes ? text.bytes : "", expected) == 0;
	text_free(&text);
	return same;
}

static void
test_columns(void)
{
	CHECK(columns_are("gemm<a|b>", "gemm<a|b>", 9));
	CHECK(columns_are("a\nb\t\x1b[31m\x7f", "a\\nb\\t\\x1b[31m\\x7f", 18));
	/* NEL, a line separator and a direction override; a byte that is no UTF-8. */
	CHECK(columns_are("\xc2\x85\xe2\x80\xa8\xe2\x80\xae", "\\x85\\u2028\\u202e", 16));
	CHECK(columns_are("x\xff", "x\xef\xbf\xbd", 2));
	CHECK(columns_are("\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x96\x87", 4));
	CHECK(columns_are("\xf0\x9f\x9a\x80", "\xf0\x9f\x9a\x80", 2));
	CHECK(columns_are("e\xcc\x81", "e\xcc\x81", 1));
	CHECK(fits("abc", 5, false, "abc  "));
	CHECK(fits("abc", 5, true, "  abc"));
	CHECK(fits("abcdef", 4, false, "abc\xe2\x80\xa6"));
	CHECK(fits("abcdef", 0, false, ""));
	/* A wide character that only half fits leaves its column empty. */
	CHECK(fits("\xe4\xb8\xad\xe6\x96\x87\xe5\xb9\x85", 4, false, "\xe4\xb8\xad\xe2\x80\xa6 "));
}

static void
test_map(void)
{
	struct map map = { 0 };
	char key[32];

	CHECK(map_get_string(&map, "x") == NULL);
	for (intptr_t i = 0; i < 50000; i++) {
		snprintf(key, sizeof(key), "key %" PRIdPTR, i);
		CHECK(*map_put_string(&map, key) == NULL);
		*map_put_string(&map, key) = (void *)(i + 1);
	}
	CHECK(map.count == 50000);
	for (intptr_t i = 0; i < 50000; i++) {
		snprintf(key, sizeof(key), "key %" PRIdPTR, i);
		CHECK(*map_get_string(&map, key) == (void *)(i + 1));
		CHECK(strcmp(map.entries[i].key, key) == 0); /* insertion order */
	}
	CHECK(map_get_string(&map, "key 50000") == NULL);
	/* Keys are bytes: NULs count, and the empty key is a key. */
	*map_put(&map, "a\0b", 3) = key;
	*map_put(&map, "", 0) = &map;
	CHECK(map_get(&map, "a\0c", 3) == NULL);
	CHECK(map_get(&map, "a", 1) == NULL);
	CHECK(*map_get(&map, "a\0b", 3) == key);
	CHECK(*map_get(&map, "", 0) == &map);
	map_free(&map);
}

static void *
intern_many(void *results)
{
	const char **strings = results;
	char text[32];

	for (int i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "name_%d", i);
		strings[i] = intern_string(text);
	}
	return NULL;
}

static void
test_intern(void)
{
	static const char *results[4][20000];
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&threads[i], NULL, intern_many, results[i]) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 20000; i++) {
		CHECK(results[0][i] == results[1][i] && results[0][i] == results[3][i]);
		CHECK(i == 0 || results[0][i] != results[0][i - 1]);
	}
	CHECK(intern("abcdef", 3) == intern_string("abc"));
	CHECK(intern("a\0b", 3) != intern("a\0c", 3));
}

static void
test_text(void)
{
	struct text text = { 0 };

	for (int i = 0; i < 3000; i++)
		text_add_format(&text, "%d,", i % 10);
	CHECK(text.length == 6000 && strlen(text.bytes) == 6000);
	CHECK(strncmp(text.bytes, "0,1,2,", 6) == 0);
	text_clear(&text);
	CHECK(text.length == 0 && text.bytes[0] == '\0');
	text_add(&text, NULL, 0);
	text_add_char(&text, 'x');
	text_add_string(&text, "yz");
	CHECK(strcmp(text.bytes, "xyz") == 0);
	text_free(&text);
}

static void
test_utf8(void)
{
	static const char *const bad[] = { "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf",
		"\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82",
		"a\xff" };
	static const char *const good[] = { "", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
		"\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf" };
	struct text text = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!utf8_is_valid(bad[i], strlen(bad[i])));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(utf8_is_valid(good[i], strlen(good[i])));
	utf8_repair(&text, "a\xff\xc3\xa9\xe2\x82", 6);
	CHECK(strcmp(text.bytes, "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd") == 0);
	text_free(&text);
}

/* Values come back as they were written, spelled as they were. */
static void
test_json(void)
{
	static const char source[] = " { \"a\" : 12345678901234567890123 , \"b\\u0041\":\"x\\n\","
	    "\"c\":[1.50e3, -0,[],{}],\"d\":null,\"e\":true,\"f\":false,\"a\":2 } ";
	struct arena arena = { 0 };
	struct json_error error;
	const struct json *root = json_parse(&arena, source, sizeof(source) - 1, &error), *c;
	int64_t integer = 7;
	double number;

	CHECK(root != NULL && root->type == JSON_OBJECT && json_count(root) == 7);
	CHECK(strcmp(json_get(root, "a")->text, "12345678901234567890123") == 0);
	CHECK(!json_integer(json_get(root, "a"), &integer) && integer == 7);
	CHECK(strcmp(json_string(json_get(root, "bA")), "x\n") == 0);
	CHECK(strncmp(json_get(root, "bA")->raw, "\"x\\n\"", 5) == 0);
	CHECK(json_get(root, "bA")->raw_length == 5);
	c = json_get(root, "c");
	CHECK(json_count(c) == 4 && c->raw_length == strlen("[1.50e3, -0,[],{}]"));
	CHECK(strcmp(c->child->text, "1.50e3") == 0);
	CHECK(json_number(c->child, &number) && number == 1500);
	CHECK(json_string(json_get(root, "d")) == NULL && json_get(root, "zz") == NULL);
	CHECK(json_get(NULL, "a") == NULL);
	CHECK(root->raw[0] == '{' && root->raw[root->raw_length - 1] == '}');
	arena_free(&arena);
}

static void
test_json_errors(void)
{
	static const char *const bad[] = { "", " ", "{", "[1,", "{\"a\"}", "{\"a\":}", "[1 2]", "01",
		"nul", "\"\xff\"", "\"\n\"", "\"\\x\"", "1 2", "{\"a\":1}}", "[inf]", "[NaN]", "'a'" };
	struct arena arena = { 0 };
	struct json_error error;
	struct text deep = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(json_parse(&arena, bad[i], strlen(bad[i]), &error) == NULL);
		CHECK(error.message[0] != '\0' && error.offset <= strlen(bad[i]));
	}
	for (int i = 0; i < 100000; i++)
		text_add_char(&deep, '[');
	CHECK(json_parse(&arena, deep.bytes, deep.length, &error) == NULL);
	CHECK(strstr(error.message, "nested") != NULL);
	text_free(&deep);
	arena_free(&arena);
}

static void
test_json_writer(void)
{
	struct output *out = output_stdout();
	struct json_writer *writer = json_writer_open(out, false);

	json_object_begin(writer);
	json_member_string(writer, "quote\"", "line\n\x01\xff\xc3\xa9");
	json_member_string(writer, "none", NULL);
	json_member_integer(writer, "low", INT64_MIN);
	json_member_double(writer, "tenth", 0.1);
	json_member_double(writer, "third", 1.0 / 3);
	json_member_double(writer, "whole", 3485);
	json_member_double(writer, "nan", strtod("nan", NULL));
	json_key(writer, "list");
	json_array_begin(writer);
	json_put_bool(writer, true);
	json_put_spelled(writer, "1.50e3");
	json_array_end(writer);
	json_object_end(writer);
	json_array_begin(writer);
	json_array_end(writer);
	json_writer_close(writer);
	output_close(out);
}

static struct slice
slice_of(const char *string)
{
	return (struct slice){ string, strlen(string) };
}

/* Where json_skip_value stops: how many bytes it takes, or -1 - the byte of the fault. */
static long
skip(const char *json)
{
	const char *end = json + strlen(json), *at;
	struct json_fault fault;

	at = json_skip_value(json, end, &fault);
	return at != NULL ? at - json : -1 - (fault.at - json);
}

static bool
is_thousandths(const char *number, int64_t want)
{
	int64_t value = INT64_MIN;

	return json_scan_thousandths(slice_of(number), &value) && value == want;
}

static void
test_json_scan(void)
{
	struct text text = { 0 };
	int64_t integer;

	CHECK(skip("[1,{\"a\":[]},\"\\u00e9\"] ") == 21);
	CHECK(skip("-0.5e+3,") == 7);
	CHECK(skip("[1,nan]") == -1 - 3);
	CHECK(skip("\"a\nb\"") == -1 - 2);
	CHECK(skip("\"\\x\"") == -1 - 1);
	CHECK(skip("{\"a\":1,}") == -1 - 7);
	/* What may yet turn out well ends too early, wherever it ends. */
	CHECK(skip("tru") == -1 - 3);
	CHECK(skip("-") == -1 - 1);
	CHECK(skip("\"\xe2\x82") == -1 - 3);
	CHECK(skip("\"\\u12") == -1 - 5);
	CHECK(json_scan_number(slice_of("4909913692278.281")) == 4909913692278.281);
	CHECK(json_scan_number(slice_of("9007199254740993")) == 9007199254740992.0);
	CHECK(json_scan_number(slice_of("1e-320")) == 1e-320);
	CHECK(json_scan_integer(slice_of("-9223372036854775808"), &integer) &&
	    integer == INT64_MIN);
	CHECK(!json_scan_integer(slice_of("9223372036854775808"), &integer));
	CHECK(!json_scan_integer(slice_of("1.0"), &integer));
	CHECK(is_thousandths("1711036800123456.789", 1711036800123456789));
	CHECK(is_thousandths("-0.0005", -1) && is_thousandths("0.0004999", 0));
	CHECK(is_thousandths("1.5e-3", 2) && is_thousandths("12.3456E+2", 1234560));
	CHECK(is_thousandths("0", 0) && is_thousandths("0e99999", 0));
	CHECK(is_thousandths("12345678", 12345678000) && is_thousandths("1234567.8", 1234567800));
	CHECK(is_thousandths("12345678.123", 12345678123) && is_thousandths("1234567812345678.5",
	    1234567812345678500));
	CHECK(is_thousandths("4909913692199.6949", 4909913692199695));
	CHECK(is_thousandths("999999999999999999", 0) == false);
	CHECK(!json_scan_thousandths(slice_of("1e309"), &integer));
	CHECK(!json_scan_thousandths(slice_of("92233720368547758079"), &integer));
	json_unescape(&text, slice_of("\\u00e9\\ud83d\\ude00\\ud83d\\/\\n"));
	CHECK(strcmp(text.bytes, "\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd/\n") == 0);
	text_clear(&text);
	json_escape(&text, slice_of("a\"\\\x01\xff\xc3\xa9"));
	CHECK(strcmp(text.bytes, "\"a\\\"\\\\\\u0001\xef\xbf\xbd\xc3\xa9\"") == 0);
	text_free(&text);
}

/* Copies a trace stream and gives each kernel a type. */
static void
copy_trace(char *const *files)
{
	static const char *const owned[] = { "type", NULL };
	struct output *out = output_stdout();
	struct trace_reader *reader = trace_reader_open(files);
	const struct trace_record *record;

	while ((record = trace_reader_next(reader)) != NULL) {
		if (record->kind == TRACE_KERNEL)
			trace_write_with(record, out, owned, slice_of("\"type\":\"moe\""));
		else
			trace_write(record, out);
	}
	trace_reader_close(reader);
	output_close(out);
}

/* What is found in each record under three names. */
static void
tell_fields(char *const *files)
{
	static const char *const keys[] = { "one", "two", "three" };
	struct trace_reader *reader = trace_reader_open(files);
	const struct trace_record *record;

	while ((record = trace_reader_next(reader)) != NULL) {
		for (size_t i = 0; i < 3; i++) {
			struct slice value = trace_get(record, keys[i]);

			printf("%.*s%c", value.bytes != NULL ? (int)value.length : 1,
			    value.bytes != NULL ? value.bytes : "-", i < 2 ? ' ' : '\n');
		}
	}
	trace_reader_close(reader);
}

/* Copies every record of the files to stdout: what reader and writer do together. */
static void
copy_records(char *const *files)
{
	struct output *out = output_stdout();
	struct json_writer *writer = json_writer_open(out, false);
	const struct record *record;
	struct reader reader;

	reader_open(&reader, files, false);
	while ((record = reader_next(&reader)) != NULL)
		json_put_value(writer, record->root);
	reader_close(&reader);
	json_writer_close(writer);
	output_close(out);
}

/* Writes a file in two halves and, told to fail, dies between them. */
static void
write_file(const char *path, bool fail)
{
	struct output *out = output_file(path);

	for (int i = 0; i < 100000; i++)
		output_format(out, "%d\n", i);
	if (fail)
		die("failing as told");
	output_close(out);
}

int
main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = { { "arena", test_arena }, { "columns", test_columns },
		{ "map", test_map }, { "intern", test_intern },
		{ "text", test_text }, { "utf8", test_utf8 }, { "json", test_json },
		{ "json-errors", test_json_errors }, { "json-writer", test_json_writer },
		{ "json-scan", test_json_scan } };

	error_set_program("lib-test");
	for (size_t i = 0; argc == 2 && i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(argv[1], tests[i].name) == 0) {
			tests[i].run();
			return STATUS_DONE;
		}
	}
	if (argc >= 2 && strcmp(argv[1], "copy") == 0)
		copy_records(argv + 2);
	else if (argc >= 2 && strcmp(argv[1], "copy-trace") == 0)
		copy_trace(argv + 2);
	else if (argc >= 2 && strcmp(argv[1], "fields") == 0)
		tell_fields(argv + 2);
	else if (argc == 3 && strcmp(argv[1], "write") == 0)
		write_file(argv[2], false);
	else if (argc == 3 && strcmp(argv[1], "write-and-fail") == 0)
		write_file(argv[2], true);
	else
		die("unknown module '%s'", argc > 1 ? argv[1] : "");
	return STATUS_DONE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of records against made-up lines: what json_scan finds in a line must be what
 * yajl finds, and the quick walk over known text what the checking one finds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "json/json_scan.h"
#include "trace/trace_record.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "fuzz_reader: %s\n", what);
	abort();
}

static bool
same(struct slice slice, const char *bytes, size_t length)
{
	return slice.length == length && (length == 0 || memcmp(slice.bytes, bytes, length) == 0);
}

/* yajl has its own idea of halves of surrogate pairs: strings with \u are not compared. */
static void
compare_string(struct slice spelled, const char *text, size_t length)
{
	struct text decoded = { 0 };

	for (size_t i = 0; i + 1 < spelled.length; i++)
		if (spelled.bytes[i] == '\\' && spelled.bytes[i + 1] == 'u')
			return;
	json_unescape(&decoded, spelled);
	must(same((struct slice){ decoded.bytes, decoded.length }, text, length),
	    "a string says different things");
	text_free(&decoded);
}

static void
compare_number(struct slice spelled, const struct json *value)
{
	double expected = strtod(value->text, NULL), got = json_scan_number(spelled);
	int64_t integer, expected_integer;
	bool is_integer = json_integer(value, &expected_integer);

	must(got == expected, "a number is not rounded as strtod rounds it");
	must(signbit(got) == signbit(expected), "a zero has the wrong sign");
	must(json_scan_integer(spelled, &integer) == is_integer, "a whole number or not");
	must(!is_integer || integer == expected_integer, "a whole number differs");
}

static void
compare_value(struct slice spelled, const struct json *value)
{
	must(same(spelled, value->raw, value->raw_length), "a value ends elsewhere");
	if (value->type == JSON_NUMBER)
		compare_number(spelled, value);
	if (value->type == JSON_STRING)
		compare_string((struct slice){ spelled.bytes + 1, spelled.length - 2 }, value->text,
		    value->length);
}

static void
compare_known(const struct json_member *member, const struct json_member *known,
    const char *at, const char *known_at)
{
	must(at == known_at && member->key.bytes == known->key.bytes &&
	    member->key.length == known->key.length, "known text has another key");
	must(member->key.bytes == NULL || (member->key_escaped == known->key_escaped &&
	    member->value.bytes == known->value.bytes &&
	    member->value.length == known->value.length), "known text has another value");
}

/* Every prefix of what is right must be told to end too early, not to be wrong. */
static void
check_prefixes(const char *line, size_t length)
{
	struct json_fault fault;

	if (length > 256)
		return;
	for (size_t cut = 1; cut < length; cut++) {
		char *prefix = malloc(cut);
		const char *end;

		must(prefix != NULL, "no memory");
		memcpy(prefix, line, cut);
		end = json_skip_value(prefix, prefix + cut, &fault);
		must(end != NULL || fault.at == prefix + cut, "a prefix is told to be wrong");
		free(prefix);
	}
}

/* The members of an object, side by side with yajl's. */
static void
compare_members(const char *line, size_t length, const struct json *root)
{
	const char *end = line + length, *begin = json_skip_space(line, end) + 1;
	const char *at = begin, *known_at = begin;
	const struct json *child = root->child;
	struct json_member member, known;
	struct json_fault fault;

	for (bool first = true;; first = false) {
		at = json_next_member(at, end, first, &member, &fault);
		must(at != NULL, "a member is refused");
		known_at = json_next_known_member(known_at, end, first, &known);
		compare_known(&member, &known, at, known_at);
		if (member.key.bytes == NULL)
			break;
		must(child != NULL, "there are more members");
		compare_string(member.key, child->key, child->key_length);
		compare_value(member.value, child);
		child = child->next;
	}
	must(child == NULL, "there are fewer members");
}

static void
read_record(const char *line, size_t length, const struct json *root)
{
	static struct trace_reader *reader;
	const struct json *kind = json_get(root, "kind");
	const struct trace_record *record;
	struct json_fault fault;

	if (reader == NULL)
		reader = trace_reader_open(NULL);
	record = trace_reader_parse(reader, (struct slice){ line, length }, &fault);
	must((record != NULL) == (root != NULL && root->type == JSON_OBJECT && kind != NULL &&
	    kind->type == JSON_STRING), "a record is taken or refused");
	if (record == NULL)
		return;
	must(record->field_count == json_count(root), "a record has other fields");
	for (size_t i = 0; i < record->field_count; i++) {
		struct slice spelled = record->fields[i].key, value;
		char key[64];

		/* trace_get is asked for strings only. */
		if (spelled.length >= sizeof(key) ||
		    (spelled.length > 0 && memchr(spelled.bytes, '\0', spelled.length) != NULL))
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)spelled.length, spelled.bytes);
		value = trace_get(record, key);
		must(value.bytes == NULL || value.bytes <= record->fields[i].value.bytes,
		    "not the first field of that name");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of its own size, so that a byte read behind it is noticed. */
	char *line = malloc(size > 0 ? size : 1);
	struct arena arena = { 0 };
	struct json_error error;
	struct json_fault fault;
	const struct json *root;
	const char *end = NULL, *begin;

	/* To yajl these are white space. */
	if (memchr(data, '\v', size) != NULL || memchr(data, '\f', size) != NULL) {
		free(line);
		return 0;
	}
	must(line != NULL, "no memory");
	memcpy(line, data, size);
	root = size > 0 ? json_parse(&arena, line, size, &error) : NULL;
	begin = json_skip_space(line, line + size);
	if (size > 0)
		end = json_skip_value(begin, line + size, &fault);
	if (end != NULL && json_skip_space(end, line + size) != line + size)
		end = NULL;
	/* yajl takes UTF-8 that is longer than it need be, and surrogates. */
	if (!utf8_is_valid(line, size)) {
		must(end == NULL, "text that is not UTF-8 is taken");
		root = NULL;
		size = 0;
	}
	must((end != NULL) == (root != NULL), "yajl is of another opinion");
	if (root != NULL)
		check_prefixes(begin, (size_t)(end - begin));
	if (root != NULL && root->type == JSON_OBJECT)
		compare_members(line, size, root);
	else if (root != NULL && size > 0)
		compare_value((struct slice){ begin, (size_t)(end - begin) }, root);
	if (size > 0)
		read_record(line, size, root);
	arena_free(&arena);
	free(line);
	return 0;
}

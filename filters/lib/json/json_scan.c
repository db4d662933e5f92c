/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the bytes with a stack of one bit a level: array or object. */
#include "json/json_scan.h"
#include "json/string_bytes.h"
#include "base/utf8.h"

static const char *
fail(struct json_fault *fault, const char *at, const char *message)
{
	*fault = (struct json_fault){ at, message };
	return NULL;
}

static bool
is_space(char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static int
hex_digit(char byte)
{
	if (json_is_digit(byte))
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

const char *
json_skip_space(const char *at, const char *end)
{
	while (at < end && is_space(*at))
		at++;
	return at;
}

/* After the bytes that need no look: ASCII without quote, backslash and controls. */
static const char *
skip_plain(const char *at, const char *end)
{
	for (; end - at >= STRING_BYTES; at += STRING_BYTES) {
		uint32_t stops = string_stops(at);

		if (stops != 0)
			return at + __builtin_ctz(stops);
	}
	while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20 &&
	    (unsigned char)*at < 0x80)
		at++;
	return at;
}

/* `at` points after a backslash. */
static const char *
skip_escape(const char *at, const char *end, struct json_fault *fault)
{
	if (at == end)
		return fail(fault, at, "string does not end");
	if (*at != 'u')
		return strchr("\"\\/bfnrt", *at) != NULL && *at != '\0' ? at + 1 :
		    fail(fault, at - 1, "invalid escape in a string");
	for (int i = 1; i <= 4; i++) {
		if (at + i == end)
			return fail(fault, at + i, "string does not end");
		if (hex_digit(at[i]) < 0)
			return fail(fault, at - 1, "invalid escape in a string");
	}
	return at + 5;
}

/* Whether the text ends inside a sequence of UTF-8 that may yet turn out well. */
static bool
ends_in_sequence(const char *at, const char *end)
{
	unsigned char lead = (unsigned char)*at;
	int length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;

	if (lead > 0xf4 || end - at >= length)
		return false;
	while (++at < end)
		if (((unsigned char)*at & 0xc0) != 0x80)
			return false;
	return true;
}

const char *
json_skip_string(const char *at, const char *end, bool *escaped, struct json_fault *fault)
{
	size_t sequence;

	*escaped = false;
	for (at++;;) {
		at = skip_plain(at, end);
		if (at == end)
			return fail(fault, at, "string does not end");
		if (*at == '"')
			return at + 1;
		if (*at == '\\') {
			*escaped = true;
			at = skip_escape(at + 1, end, fault);
			if (at == NULL)
				return NULL;
			continue;
		}
		if ((unsigned char)*at < 0x20)
			return fail(fault, at, "control character in a string");
		sequence = utf8_sequence(at, (size_t)(end - at));
		if (sequence == 0 && ends_in_sequence(at, end))
			return fail(fault, end, "string does not end");
		if (sequence == 0)
			return fail(fault, at, "string is not UTF-8");
		at += sequence;
	}
}

static const char *
skip_digits(const char *at, const char *end)
{
	while (at < end && json_is_digit(*at))
		at++;
	return at;
}

/* Digits must come here, in the number that begins at `begin`. */
static const char *
need_digits(const char *at, const char *end, const char *begin, struct json_fault *fault)
{
	if (at == end)
		return fail(fault, at, "text ends too early");
	if (!json_is_digit(*at))
		return fail(fault, begin, "not a JSON value");
	return skip_digits(at, end);
}

static const char *
skip_number(const char *at, const char *end, struct json_fault *fault)
{
	const char *begin = at, *digits;

	at += *at == '-';
	digits = at;
	at = need_digits(at, end, begin, fault);
	if (at != NULL && *digits == '0' && at - digits > 1)
		return fail(fault, begin, "not a JSON value");
	if (at != NULL && at < end && *at == '.')
		at = need_digits(at + 1, end, begin, fault);
	if (at != NULL && at < end && (*at == 'e' || *at == 'E')) {
		at++;
		at += at < end && (*at == '+' || *at == '-');
		at = need_digits(at, end, begin, fault);
	}
	return at;
}

static const char *
skip_literal(const char *at, const char *end, const char *literal, struct json_fault *fault)
{
	size_t length = strlen(literal), left = (size_t)(end - at);

	if (left >= length && memcmp(at, literal, length) == 0)
		return at + length;
	if (left < length && memcmp(at, literal, left) == 0)
		return fail(fault, end, "text ends too early");
	return fail(fault, at, "not a JSON value");
}

static const char *
skip_scalar(const char *at, const char *end, struct json_fault *fault)
{
	bool escaped;

	if (at == end)
		return fail(fault, at, "text ends too early");
	switch (*at) {
	case '"':
		return json_skip_string(at, end, &escaped, fault);
	case 't':
		return skip_literal(at, end, "true", fault);
	case 'f':
		return skip_literal(at, end, "false", fault);
	case 'n':
		return skip_literal(at, end, "null", fault);
	default:
		if (*at == '-' || json_is_digit(*at))
			return skip_number(at, end, fault);
		return fail(fault, at, "not a JSON value");
	}
}

/* A key and its colon; `at` points to where the key should begin. */
static const char *
skip_key(const char *at, const char *end, bool *escaped, struct json_fault *fault)
{
	if (at == end)
		return fail(fault, at, "text ends too early");
	if (*at != '"')
		return fail(fault, at, "a key should begin here");
	at = json_skip_string(at, end, escaped, fault);
	if (at == NULL)
		return NULL;
	at = json_skip_space(at, end);
	if (at == end)
		return fail(fault, at, "text ends too early");
	if (*at != ':')
		return fail(fault, at, "':' should stand here");
	return json_skip_space(at + 1, end);
}

/* The open arrays and objects of one walk. */
struct nesting {
	uint64_t is_object[JSON_SCAN_DEEPEST / 64];
	int depth;
};

static bool
in_object(const struct nesting *nesting)
{
	int level = nesting->depth - 1;

	return nesting->is_object[level / 64] >> (level % 64) & 1;
}

/* Past as many '[' and '{' (with its first key) as there are, to a scalar or after an
 * empty pair of brackets; *closed tells which. */
static const char *
skip_opening(const char *at, const char *end, struct nesting *nesting, bool *closed,
    struct json_fault *fault)
{
	bool escaped;

	*closed = false;
	while (at < end && (*at == '[' || *at == '{')) {
		bool object = *at == '{';
		uint64_t bit = UINT64_C(1) << (nesting->depth % 64);

		if (nesting->depth == JSON_SCAN_DEEPEST)
			return fail(fault, at, "arrays and objects nested too deep");
		if (object)
			nesting->is_object[nesting->depth / 64] |= bit;
		else
			nesting->is_object[nesting->depth / 64] &= ~bit;
		nesting->depth++;
		at = json_skip_space(at + 1, end);
		if (at < end && *at == (object ? '}' : ']')) {
			nesting->depth--;
			*closed = true;
			return at + 1;
		}
		if (object && (at = skip_key(at, end, &escaped, fault)) == NULL)
			return NULL;
	}
	return at;
}

/* After a value: past closing brackets and one comma (with the next key), to the next
 * value. At depth 0 the walk is over. */
static const char *
skip_closing(const char *at, const char *end, struct nesting *nesting, struct json_fault *fault)
{
	bool escaped;

	while (nesting->depth > 0) {
		bool object = in_object(nesting);

		at = json_skip_space(at, end);
		if (at == end)
			return fail(fault, at, "text ends too early");
		if (*at == ',') {
			at = json_skip_space(at + 1, end);
			return object ? skip_key(at, end, &escaped, fault) : at;
		}
		if (*at != (object ? '}' : ']'))
			return fail(fault, at, object ? "',' or '}' should stand here" :
			    "',' or ']' should stand here");
		nesting->depth--;
		at++;
	}
	return at;
}

const char *
json_skip_value(const char *at, const char *end, struct json_fault *fault)
{
	struct nesting nesting = { 0 };
	bool closed;

	if (at == end || (*at != '[' && *at != '{'))
		return skip_scalar(at, end, fault);
	do {
		at = skip_opening(at, end, &nesting, &closed, fault);
		if (at != NULL && !closed)
			at = skip_scalar(at, end, fault);
		if (at != NULL)
			at = skip_closing(at, end, &nesting, fault);
	} while (at != NULL && nesting.depth > 0);
	return at;
}

const char *
json_next_member(const char *at, const char *end, bool first, struct json_member *member,
    struct json_fault *fault)
{
	const char *begin;

	member->key = (struct slice){ NULL, 0 };
	at = json_skip_space(at, end);
	if (at == end)
		return fail(fault, at, "text ends too early");
	if (*at == '}')
		return at + 1;
	if (!first) {
		if (*at != ',')
			return fail(fault, at, "',' or '}' should stand here");
		at = json_skip_space(at + 1, end);
	}
	begin = at;
	at = skip_key(at, end, &member->key_escaped, fault);
	if (at == NULL)
		return NULL;
	member->value.bytes = at;
	/* Back over the colon and white space to the key's closing quote. */
	while (*--at != '"')
		;
	member->key = (struct slice){ begin + 1, (size_t)(at - begin - 1) };
	at = json_skip_value(member->value.bytes, end, fault);
	if (at == NULL)
		return NULL;
	member->value.length = (size_t)(at - member->value.bytes);
	return at;
}

/* `at` points after the opening quote; returns the byte after the closing one. */
static const char *
known_string_end(const char *at, const char *end)
{
	for (;;) {
		for (; end - at >= STRING_BYTES; at += STRING_BYTES) {
			uint32_t ends = string_ends(at);

			if (ends != 0) {
				at += __builtin_ctz(ends);
				break;
			}
		}
		while (*at != '"' && *at != '\\')
			at++;
		if (*at == '"')
			return at + 1;
		at += 2;
	}
}

/* After the brackets that open at `at`. */
static const char *
known_brackets_end(const char *at, const char *end)
{
	size_t depth = 0;

	for (;;) {
		switch (*at++) {
		case '[':
		case '{':
			depth++;
			break;
		case ']':
		case '}':
			if (--depth == 0)
				return at;
			break;
		case '"':
			at = known_string_end(at, end);
			break;
		}
	}
}

const char *
json_known_value_end(const char *at, const char *end)
{
	if (*at == '"')
		return known_string_end(at + 1, end);
	if (*at == '[' || *at == '{')
		return known_brackets_end(at, end);
	while (*at != ',' && *at != '}' && *at != ']' && !is_space(*at))
		at++;
	return at;
}

static const char *
skip_known_space(const char *at)
{
	while (is_space(*at))
		at++;
	return at;
}

const char *
json_next_known_member(const char *at, const char *end, bool first,
    struct json_member *member)
{
	const char *begin;

	member->key = (struct slice){ NULL, 0 };
	at = skip_known_space(at);
	if (*at == '}')
		return at + 1;
	begin = (first ? at : skip_known_space(at + 1)) + 1;
	at = known_string_end(begin, end);
	member->key = (struct slice){ begin, (size_t)(at - 1 - begin) };
	member->key_escaped = memchr(begin, '\\', member->key.length) != NULL;
	at = skip_known_space(skip_known_space(at) + 1);
	member->value.bytes = at;
	at = json_known_value_end(at, end);
	member->value.length = (size_t)(at - member->value.bytes);
	return at;
}

static unsigned
four_digits(const char *at)
{
	return (unsigned)hex_digit(at[0]) << 12 | (unsigned)hex_digit(at[1]) << 8 |
	    (unsigned)hex_digit(at[2]) << 4 | (unsigned)hex_digit(at[3]);
}

static void
add_code_point(struct text *text, unsigned code)
{
	if (code < 0x80) {
		text_add_char(text, (char)code);
	} else if (code < 0x800) {
		text_add_char(text, (char)(0xc0 | code >> 6));
		text_add_char(text, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		text_add_char(text, (char)(0xe0 | code >> 12));
		text_add_char(text, (char)(0x80 | (code >> 6 & 0x3f)));
		text_add_char(text, (char)(0x80 | (code & 0x3f)));
	} else {
		text_add_char(text, (char)(0xf0 | code >> 18));
		text_add_char(text, (char)(0x80 | (code >> 12 & 0x3f)));
		text_add_char(text, (char)(0x80 | (code >> 6 & 0x3f)));
		text_add_char(text, (char)(0x80 | (code & 0x3f)));
	}
}

/* `at` points to the first digit of \uXXXX; returns the byte after what was used. */
static const char *
add_unicode_escape(struct text *text, const char *at, const char *end)
{
	unsigned code = four_digits(at), low;

	at += 4;
	if (code >= 0xd800 && code < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
		low = four_digits(at + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			add_code_point(text, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
			return at + 6;
		}
	}
	add_code_point(text, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
	return at;
}

void
json_unescape(struct text *text, struct slice string)
{
	static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	const char *at = string.bytes, *end = at + string.length;

	text_reserve(text, string.length);
	while (at < end) {
		const char *backslash = memchr(at, '\\', (size_t)(end - at)), *letter;

		text_add(text, at, (size_t)((backslash ? backslash : end) - at));
		if (backslash == NULL)
			return;
		at = backslash + 2;
		letter = strchr(letters, backslash[1]);
		if (backslash[1] == 'u')
			at = add_unicode_escape(text, at, end);
		else
			text_add_char(text, letter ? meanings[letter - letters] : backslash[1]);
	}
}

void
json_escape(struct text *text, struct slice bytes)
{
	const char *at = bytes.bytes, *end = at + bytes.length;

	text_add_char(text, '"');
	while (at < end) {
		const char *plain = skip_plain(at, end);

		text_add(text, at, (size_t)(plain - at));
		at = plain;
		if (at == end)
			break;
		if (*at == '"' || *at == '\\') {
			text_add_char(text, '\\');
			text_add_char(text, *at++);
		} else if ((unsigned char)*at < 0x20) {
			text_add_format(text, "\\u%04x", (unsigned)*at++);
		} else {
			size_t sequence = utf8_sequence(at, (size_t)(end - at));

			if (sequence == 0)
				text_add_string(text, "\xef\xbf\xbd");
			else
				text_add(text, at, sequence);
			at += sequence ? sequence : 1;
		}
	}
	text_add_char(text, '"');
}

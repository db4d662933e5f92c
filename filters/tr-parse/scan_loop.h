/* SPDX-License-Identifier: Apache-2.0 */
/* The scan itself, included once for each way to find the classes of 64 bytes; the file
 * that includes it has defined SCAN_RUN (the function's name), SCAN_TARGET (its attributes),
 * classify_strings(), classify_tokens() and running_xor(). All that follows those is
 * arithmetic on words of 64 bits, one bit a byte, so that every engine gives one answer.
 *
 * The grammar is checked without a look at single tokens. A token's last byte, moved one up
 * and carried through white space by an addition, marks where the next token begins, and
 * each kind of token allows only some kinds behind it. Whether a comma may be followed by a
 * number, or a string by a colon, depends on the innermost bracket; those marks are
 * collected in `not_in_object` and `not_in_array` and compared when the walk over the
 * brackets, which is the only loop, knows what it is in.
 *
 * Strings are found as in Langdale and Lemire, Parsing Gigabytes of JSON per Second (2019):
 * the running exclusive or of the quotes is the inside of the strings. */
#include <string.h>

#include "scan_classes.h"

enum { BLOCK = 64 };

/* a + b + *carry, and the carry out. */
SCAN_TARGET INLINE uint64_t
add(uint64_t a, uint64_t b, uint64_t *carry)
{
	uint64_t sum = a + b, overflow = sum < a;

	sum += *carry;
	*carry = overflow | (sum < *carry);
	return sum;
}

/* The bits moved one up, with what was carried into the word and out of it. */
SCAN_TARGET INLINE uint64_t
shift(uint64_t bits, uint64_t *carry)
{
	uint64_t moved = bits << 1 | *carry;

	*carry = bits >> 63;
	return moved;
}

/* Where the tokens begin that come behind white space or at once: `next` marks the bytes
 * behind tokens, *carry says whether white space ran on into the next block. */
SCAN_TARGET INLINE uint64_t
skip_space(uint64_t next, uint64_t space, uint64_t *carry)
{
	uint64_t none = 0, behind = add(next & space, space, &none);

	*carry |= none;
	return (next | behind) & ~space;
}

/* Bytes that a backslash escapes. Few blocks have any. */
SCAN_TARGET INLINE uint64_t
find_escaped(uint64_t backslash, uint64_t *carry)
{
	uint64_t escaped = *carry;

	*carry = 0;
	backslash &= ~escaped;
	while (backslash != 0) {
		uint64_t first = backslash & -backslash;

		if (first >> 63)
			*carry = 1;
		escaped |= first << 1;
		backslash &= ~(first | first << 1);
	}
	return escaped;
}

/* Bytes that make a number unlike -?digits, maybe with .digits behind. `scalar` marks the
 * bytes outside strings that are neither punctuation nor white space, `begin` the first of
 * each run. */
SCAN_TARGET INLINE uint64_t
find_odd_numbers(const struct token_classes *is, uint64_t scalar, uint64_t begin,
    struct scan_carry *carry)
{
	uint64_t digit = is->digit & scalar, dot = is->dot & scalar, minus = is->minus & scalar;
	uint64_t behind_digit = shift(digit, &carry->digit);
	uint64_t behind_dot = shift(dot, &carry->dot);
	uint64_t behind_minus = shift(minus, &carry->minus);
	uint64_t zero = is->zero & (begin | behind_minus);
	/* A run of digits that a dot begins is carried to what stands behind it. */
	uint64_t fraction = add(behind_dot & digit, digit, &carry->fraction) & ~digit;

	return (scalar & ~(digit | dot | minus)) | (minus & ~begin) |
	    ((behind_minus | behind_dot) & ~digit) | (dot & (~behind_digit | fraction)) |
	    (shift(zero, &carry->zero) & digit);
}

/* What the walk over a block's brackets needs to know. */
struct marks {
	uint64_t open, close;
	uint64_t fault; /* wrong wherever it stands */
	uint64_t not_in[3]; /* wrong inside each enum scan_level */
	uint64_t odd;
};

SCAN_TARGET INLINE void
find_marks(const struct token_classes *is, uint64_t quote, uint64_t in_string,
    struct scan_carry *carry, struct marks *marks)
{
	uint64_t quote_open = quote & in_string, quote_close = quote & ~in_string;
	uint64_t outside = ~(in_string | quote);
	uint64_t open = is->open & outside, close = is->close & outside;
	uint64_t colon = is->colon & outside, comma = is->comma & outside;
	uint64_t space = is->space & outside;
	uint64_t scalar = outside & ~(open | close | colon | comma | space);
	uint64_t behind_scalar = shift(scalar, &carry->scalar);
	uint64_t begin = scalar & ~behind_scalar, value = quote_open | begin | open;
	uint64_t after_open, after_comma, after_colon, after_key, after_value, key;

	after_open = skip_space(shift(open, &carry->after_open), space, &carry->after_open);
	after_comma = skip_space(shift(comma, &carry->after_comma), space, &carry->after_comma);
	after_colon = skip_space(shift(colon, &carry->after_colon), space, &carry->after_colon);

	/* Strings that come where a key may come; their closing quotes are the first bytes
	 * that an addition at the opening ones carries out of the string to. */
	key = add(in_string, (after_open | after_comma) & quote_open, &carry->key) & quote_close;
	after_key = skip_space(shift(key, &carry->after_key), space, &carry->after_key);
	after_value = shift((quote_close & ~key) | close, &carry->after_value);
	after_value = skip_space(after_value | (behind_scalar & ~scalar), space,
	    &carry->after_value);

	marks->open = open;
	marks->close = close;
	marks->fault = ((after_colon | after_comma) & ~value) |
	    (after_open & ~(value | close)) | (after_key & ~(colon | comma | close)) |
	    (after_value & ~(comma | close));
	marks->not_in[SCAN_OBJECT] = ((after_open | after_comma) & ~(quote_open | close)) |
	    (after_key & ~colon);
	marks->not_in[SCAN_ARRAY] = colon;
	marks->not_in[SCAN_EVENTS] = colon | quote_open | begin;
	marks->odd = find_odd_numbers(is, scalar, begin, carry);
}

/* Enter the bracket at `at`; false when none may stand here. */
SCAN_TARGET INLINE bool
enter(struct scan *scan, const char *at)
{
	if (scan->depth == JSON_SCAN_DEEPEST)
		return false;
	if (scan->levels[scan->depth] == SCAN_EVENTS) {
		if (*at != '{')
			return false;
		scan->anchor = at;
		scan->inside = true;
		scan->odd = false;
	}
	scan->levels[++scan->depth] = *at == '{' ? SCAN_OBJECT : SCAN_ARRAY;
	return true;
}

/* The bits that belong to the open event. */
SCAN_TARGET INLINE uint64_t
within_event(const struct scan *scan, const char *at, uint64_t bits)
{
	if (!scan->inside)
		return 0;
	return scan->anchor > at ? bits & ~UINT64_C(0) << (scan->anchor - at) : bits;
}

/* Leave the bracket at `at`, which may end an event; false to stop. */
SCAN_TARGET INLINE bool
leave(struct scan *scan, const char *at, bool odd)
{
	if (*at != (scan->levels[scan->depth] == SCAN_OBJECT ? '}' : ']'))
		return false;
	scan->depth--;
	if (scan->levels[scan->depth] == SCAN_EVENTS) {
		if (!scan->on_event(scan->context, scan->anchor, at + 1, scan->odd || odd))
			return false;
		scan->anchor = at + 1;
		scan->inside = false;
	}
	return true;
}

/* Walk over the brackets of the block at `at`. */
SCAN_TARGET INLINE enum scan_result
walk(struct scan *scan, const char *at, const struct marks *marks)
{
	uint64_t before_fault = (marks->fault & -marks->fault) - 1;
	uint64_t brackets = (marks->open | marks->close) & before_fault;
	uint64_t rest = ~UINT64_C(0); /* bytes not yet walked over */

	for (; brackets != 0; brackets &= brackets - 1) {
		uint64_t bit = brackets & -brackets, upto = bit | (bit - 1);
		const char *bracket = at + __builtin_ctzll(bit);

		if (marks->not_in[scan->levels[scan->depth]] & rest & upto)
			return SCAN_FAULT;
		if (marks->open & bit) {
			if (!enter(scan, bracket))
				return SCAN_FAULT;
		} else {
			if (!leave(scan, bracket, within_event(scan, at, marks->odd & upto) != 0))
				return SCAN_FAULT;
			if (scan->depth == 0) {
				scan->at = bracket + 1;
				return SCAN_END;
			}
		}
		rest = ~upto;
	}
	if (marks->fault | (marks->not_in[scan->levels[scan->depth]] & rest))
		return SCAN_FAULT;
	scan->odd |= within_event(scan, at, marks->odd) != 0;
	return SCAN_MORE;
}

SCAN_TARGET INLINE enum scan_result
scan_block(struct scan *scan, const char *at, const char *bytes, struct scan_carry *carry)
{
	struct string_classes string;
	struct token_classes token;
	struct marks marks;
	uint64_t quote, in_string;

	classify_strings(bytes, &string);
	quote = string.quote;
	if (string.backslash | carry->escaped)
		quote &= ~find_escaped(string.backslash, &carry->escaped);
	if (quote == 0 && carry->in_string != 0) {
		/* All string, as in the names of kernels. */
		scan->odd |= (string.control | string.backslash | string.high) != 0;
		return SCAN_MORE;
	}
	in_string = running_xor(quote) ^ carry->in_string;
	carry->in_string = -(in_string >> 63);
	classify_tokens(bytes, &token);
	find_marks(&token, quote, in_string, carry, &marks);
	marks.odd |= (string.control & in_string) | string.backslash | string.high;
	return walk(scan, at, &marks);
}

SCAN_TARGET enum scan_result
SCAN_RUN(struct scan *scan, const char *end, bool last)
{
	struct scan_carry carry = scan->carry;
	enum scan_result result = SCAN_MORE;
	const char *at = scan->at;

	for (; result == SCAN_MORE && end - at >= BLOCK; at += BLOCK)
		result = scan_block(scan, at, at, &carry);
	if (result == SCAN_MORE && last && at < end) {
		char tail[BLOCK];

		memset(tail, ' ', sizeof(tail));
		memcpy(tail, at, (size_t)(end - at));
		result = scan_block(scan, at, tail, &carry);
		at = end;
	}
	scan->carry = carry;
	if (result != SCAN_END)
		scan->at = at;
	return result;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The scan itself, included once for each way to find the classes of 64 bytes; the file
 * that includes it has defined SCAN_RUN (the function's name), SCAN_TARGET (its attributes),
 * classify_strings(), classify_tokens(), running_xor(), gather() and scatter(). What follows
 * is arithmetic on words of 64 bits, so that every engine gives one answer.
 *
 * Strings are found as in Langdale and Lemire, Parsing Gigabytes of JSON per Second (2019):
 * the running exclusive or of the quotes is the inside of the strings.
 *
 * The grammar is checked without a look at single tokens. The bits at the tokens' first
 * bytes are gathered into words of one bit a token; moved one up, a class of tokens meets
 * what follows it, and each class allows only some after it. Whether a comma may be followed
 * by a number, or a string by a colon, depends on the innermost bracket; those tokens are
 * collected for each kind of bracket and compared when the walk over the brackets, which is
 * the only loop, knows what it is in. */
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

/* Bytes that make a scalar unlike digits, maybe with .digits after: few traces have other
 * numbers. `scalar` marks the bytes outside strings that are neither punctuation nor white
 * space, `begin` the first of each run. */
SCAN_TARGET INLINE uint64_t
find_odd_numbers(const struct token_classes *is, uint64_t scalar, uint64_t begin,
    struct scan_carry *carry)
{
	uint64_t digit = is->digit & scalar, dot = is->dot & scalar;
	uint64_t behind_dot = shift(dot, &carry->dot);
	uint64_t behind_zero = shift(is->zero & begin, &carry->zero);
	/* A run of digits that a dot begins is carried to what stands after it. */
	uint64_t fraction = add(behind_dot & digit, digit, &carry->fraction) & ~digit;

	return (scalar & ~(digit | dot)) | (dot & (begin | fraction)) | (behind_dot & ~digit) |
	    (behind_zero & digit);
}

/* What the walk over a block's brackets needs to know. But for `odd`, one bit a token. */
struct marks {
	uint64_t tokens;    /* their first bytes, one bit a byte */
	uint64_t open, close, curly;
	uint64_t fault;     /* wrong wherever it stands */
	uint64_t not_in_object, not_in_array, not_in_events; /* wrong inside those */
	uint64_t odd;       /* one bit a byte */
};

/* Bits of tokens, moved up by one token; the block has `count`, which is not 0. */
SCAN_TARGET INLINE uint64_t
behind(uint64_t tokens, int count, uint64_t *carry)
{
	uint64_t moved = tokens << 1 | *carry;

	*carry = tokens >> (count - 1);
	return moved;
}

SCAN_TARGET INLINE void
check_grammar(struct marks *marks, const struct token_classes *is, uint64_t quote_open,
    struct scan_carry *carry)
{
	int count = __builtin_popcountll(marks->tokens);
	uint64_t all = ~UINT64_C(0) >> (64 - count), tokens = marks->tokens;
	uint64_t open = gather(is->open, tokens), close = gather(is->close, tokens);
	uint64_t colon = gather(is->colon, tokens), comma = gather(is->comma, tokens);
	uint64_t string = gather(quote_open, tokens);
	uint64_t value = all & ~(close | colon | comma);
	/* Where a key or an element may come, and where there must be a value. */
	uint64_t begins = behind(open | comma, count, &carry->begins);
	uint64_t goes_on = behind(comma | colon, count, &carry->goes_on);
	uint64_t key = string & begins, after_key = behind(key, count, &carry->after_key);
	uint64_t expected = begins | goes_on;

	marks->open = open;
	marks->close = close;
	marks->curly = gather(is->curly, tokens);
	marks->fault = (value & ~expected) | (comma & expected) | (close & goes_on) |
	    (colon & ~after_key);
	marks->not_in_object = (begins & value & ~string) | (after_key & (comma | close));
	marks->not_in_array = colon;
	marks->not_in_events = colon | (value & ~open);
}

/* The place of the byte that the token of this bit begins with. */
SCAN_TARGET INLINE int
place(uint64_t bit, uint64_t tokens)
{
	return __builtin_ctzll(scatter(bit, tokens));
}

/* Enter a bracket; false when none may stand here. */
SCAN_TARGET INLINE bool
enter(struct scan *scan, const char *at, const struct marks *marks, uint64_t bit,
    enum scan_level *level)
{
	bool curly = (marks->curly & bit) != 0;

	if (scan->depth == JSON_SCAN_DEEPEST)
		return false;
	if (*level == SCAN_EVENTS) {
		if (!curly)
			return false;
		scan->anchor = at + place(bit, marks->tokens);
		scan->inside = true;
		scan->odd = false;
	}
	*level = curly ? SCAN_OBJECT : SCAN_ARRAY;
	scan->levels[++scan->depth] = (uint8_t)*level;
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

/* Leave a bracket, which may end an event; false to stop. */
SCAN_TARGET INLINE bool
leave(struct scan *scan, const char *at, const struct marks *marks, uint64_t bit,
    enum scan_level *level)
{
	bool curly = (marks->curly & bit) != 0;
	const char *end;
	uint64_t odd;

	if (curly != (*level == SCAN_OBJECT))
		return false;
	*level = (enum scan_level)scan->levels[--scan->depth];
	if (*level == SCAN_EVENTS) {
		end = at + place(bit, marks->tokens) + 1;
		odd = within_event(scan, at, marks->odd & (~UINT64_C(0) >> (at + 64 - end)));
		if (!scan->on_event(scan->context, scan->anchor, end, scan->odd || odd != 0))
			return false;
		scan->anchor = end;
		scan->inside = false;
	}
	return true;
}

SCAN_TARGET INLINE uint64_t
not_in(const struct marks *marks, enum scan_level level)
{
	return level == SCAN_OBJECT ? marks->not_in_object :
	    level == SCAN_ARRAY ? marks->not_in_array : marks->not_in_events;
}

/* Walk over the brackets of the block at `at`. */
SCAN_TARGET INLINE enum scan_result
walk(struct scan *scan, const char *at, const struct marks *marks)
{
	uint64_t before_fault = (marks->fault & -marks->fault) - 1;
	uint64_t brackets = (marks->open | marks->close) & before_fault;
	uint64_t rest = ~UINT64_C(0); /* tokens not yet walked over */
	enum scan_level level = (enum scan_level)scan->levels[scan->depth];

	for (; brackets != 0; brackets &= brackets - 1) {
		uint64_t bit = brackets & -brackets, upto = bit | (bit - 1);

		if (not_in(marks, level) & rest & upto)
			return SCAN_FAULT;
		if (marks->open & bit) {
			if (!enter(scan, at, marks, bit, &level))
				return SCAN_FAULT;
		} else {
			if (!leave(scan, at, marks, bit, &level))
				return SCAN_FAULT;
			if (scan->depth == 0) {
				scan->at = at + place(bit, marks->tokens) + 1;
				return SCAN_END;
			}
			if (level == SCAN_EVENTS && scan->pause) {
				scan->at = scan->anchor;
				return SCAN_PAUSE;
			}
		}
		rest = ~upto;
	}
	if (marks->fault | (not_in(marks, level) & rest))
		return SCAN_FAULT;
	return SCAN_MORE;
}

SCAN_TARGET INLINE enum scan_result
scan_block(struct scan *scan, const char *at, const char *bytes, struct scan_carry *carry)
{
	struct string_classes string;
	struct token_classes token;
	struct marks marks;
	uint64_t quote, in_string, outside, punctuation, scalar, begin;
	enum scan_result result = SCAN_MORE;

	classify_strings(bytes, &string);
	quote = string.quote;
	if (string.backslash | carry->escaped)
		quote &= ~find_escaped(string.backslash, &carry->escaped);
	if (quote == 0 && carry->in_string != 0) {
		/* All string, as in the names of kernels. */
		scan->odd |= (string.unlikely | string.backslash) != 0;
		return SCAN_MORE;
	}
	in_string = running_xor(quote) ^ carry->in_string;
	carry->in_string = -(in_string >> 63);
	classify_tokens(bytes, &token);
	outside = ~(in_string | quote);
	punctuation = token.open | token.close | token.colon | token.comma;
	scalar = outside & ~(punctuation | token.space);
	begin = scalar & ~shift(scalar, &carry->scalar);
	marks.tokens = (outside & punctuation) | begin | (quote & in_string);
	marks.odd = find_odd_numbers(&token, scalar, begin, carry) |
	    (string.unlikely & in_string) | string.backslash;
	if (marks.tokens != 0) {
		check_grammar(&marks, &token, quote & in_string, carry);
		result = walk(scan, at, &marks);
	}
	if (marks.odd != 0)
		scan->odd |= within_event(scan, at, marks.odd) != 0;
	return result;
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
	if (result != SCAN_END && result != SCAN_PAUSE)
		scan->at = at;
	return result;
}

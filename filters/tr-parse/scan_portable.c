/* SPDX-License-Identifier: Apache-2.0 */
/* The scan in plain C: the classes of a byte come out of a table. */
#include "scan_bits.h"

#define SCAN_RUN scan_run_portable
#define SCAN_TARGET

/* Eight classes a table. A byte's entry has 1 in the byte of each class that it is in, so
 * that eight entries, each moved up by its place, hold eight bits of each class. */
enum string_class { QUOTE, BACKSLASH };
enum token_class { OPEN, CLOSE, CURLY, COLON, COMMA, SPACE };
enum number_class { DIGIT, ZERO, DOT };

#define IN(class) (UINT64_C(1) << (8 * (class)))

static const uint64_t string_table[256] = { ['"'] = IN(QUOTE), ['\\'] = IN(BACKSLASH) };

static const uint64_t token_table[256] = {
	['['] = IN(OPEN), ['{'] = IN(OPEN) | IN(CURLY),
	[']'] = IN(CLOSE), ['}'] = IN(CLOSE) | IN(CURLY),
	[':'] = IN(COLON), [','] = IN(COMMA),
	[' '] = IN(SPACE), ['\t'] = IN(SPACE), ['\n'] = IN(SPACE), ['\r'] = IN(SPACE),
};

static const uint64_t number_table[256] = {
	['0'] = IN(DIGIT) | IN(ZERO), ['1'] = IN(DIGIT), ['2'] = IN(DIGIT), ['3'] = IN(DIGIT),
	['4'] = IN(DIGIT), ['5'] = IN(DIGIT), ['6'] = IN(DIGIT), ['7'] = IN(DIGIT),
	['8'] = IN(DIGIT), ['9'] = IN(DIGIT), ['.'] = IN(DOT),
};

static uint64_t
look_up(const uint64_t *table, const char *bytes)
{
	uint64_t found = 0;

	for (int i = 0; i < 8; i++)
		found |= table[(unsigned char)bytes[i]] << i;
	return found;
}

static uint64_t
class_bits(uint64_t found, int class)
{
	return found >> (8 * class) & 0xff;
}

/* The high bits of eight bytes, the first byte's lowest, on machines of any byte order. */
static uint64_t
high_bits(uint64_t bytes)
{
	return (bytes >> 7 & 0x0101010101010101) * 0x0102040810204080 >> 56;
}

static uint64_t
load_word(const char *bytes)
{
	uint64_t word = 0;

	for (int i = 0; i < 8; i++)
		word |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
	return word;
}

INLINE void
classify_strings(const char *bytes, struct string_classes *is)
{
	*is = (struct string_classes){ 0 };
	for (int i = 0; i < 64; i += 8) {
		uint64_t found = look_up(string_table, bytes + i), word = load_word(bytes + i);

		is->quote |= class_bits(found, QUOTE) << i;
		is->backslash |= class_bits(found, BACKSLASH) << i;
		/* Below 0x20: none of the three high bits. */
		is->unlikely |= high_bits(word | ~(word << 1 | word << 2)) << i;
	}
}

INLINE void
classify_tokens(const char *bytes, struct token_classes *is)
{
	*is = (struct token_classes){ 0 };
	for (int i = 0; i < 64; i += 8) {
		uint64_t token = look_up(token_table, bytes + i);
		uint64_t number = look_up(number_table, bytes + i);

		is->open |= class_bits(token, OPEN) << i;
		is->close |= class_bits(token, CLOSE) << i;
		is->curly |= class_bits(token, CURLY) << i;
		is->colon |= class_bits(token, COLON) << i;
		is->comma |= class_bits(token, COMMA) << i;
		is->space |= class_bits(token, SPACE) << i;
		is->digit |= class_bits(number, DIGIT) << i;
		is->zero |= class_bits(number, ZERO) << i;
		is->dot |= class_bits(number, DOT) << i;
	}
}

#include "scan_loop.h"

/* SPDX-License-Identifier: Apache-2.0 */
/* The scan in plain C: the classes of a byte come out of a table. */
#include "scan_classes.h"

#define SCAN_RUN scan_run_portable
#define SCAN_TARGET

enum {
	QUOTE = 1 << 0, BACKSLASH = 1 << 1, CONTROL = 1 << 2, HIGH = 1 << 3,
	OPEN = 1 << 4, CLOSE = 1 << 5, COLON = 1 << 6, COMMA = 1 << 7, SPACE = 1 << 8,
	DIGIT = 1 << 9, ZERO = 1 << 10, DOT = 1 << 11, MINUS = 1 << 12
};

static uint16_t
class_of(unsigned char byte)
{
	switch (byte) {
	case '"': return QUOTE;
	case '\\': return BACKSLASH;
	case '{': case '[': return OPEN;
	case '}': case ']': return CLOSE;
	case ':': return COLON;
	case ',': return COMMA;
	case ' ': return SPACE;
	case '\t': case '\n': case '\r': return SPACE | CONTROL;
	case '0': return DIGIT | ZERO;
	case '.': return DOT;
	case '-': return MINUS;
	default:
		return byte >= '1' && byte <= '9' ? DIGIT : byte < 0x20 ? CONTROL :
		    byte >= 0x80 ? HIGH : 0;
	}
}

INLINE void
classify_strings(const char *bytes, struct string_classes *is)
{
	*is = (struct string_classes){ 0 };
	for (int i = 0; i < 64; i++) {
		uint64_t class = class_of((unsigned char)bytes[i]);

		is->quote |= (class / QUOTE & 1) << i;
		is->backslash |= (class / BACKSLASH & 1) << i;
		is->control |= (class / CONTROL & 1) << i;
		is->high |= (class / HIGH & 1) << i;
	}
}

INLINE void
classify_tokens(const char *bytes, struct token_classes *is)
{
	*is = (struct token_classes){ 0 };
	for (int i = 0; i < 64; i++) {
		uint64_t class = class_of((unsigned char)bytes[i]);

		is->open |= (class / OPEN & 1) << i;
		is->close |= (class / CLOSE & 1) << i;
		is->colon |= (class / COLON & 1) << i;
		is->comma |= (class / COMMA & 1) << i;
		is->space |= (class / SPACE & 1) << i;
		is->digit |= (class / DIGIT & 1) << i;
		is->zero |= (class / ZERO & 1) << i;
		is->dot |= (class / DOT & 1) << i;
		is->minus |= (class / MINUS & 1) << i;
	}
}

/* Bit i is the exclusive or of bits 0 to i. */
INLINE uint64_t
running_xor(uint64_t bits)
{
	for (int distance = 1; distance < 64; distance *= 2)
		bits ^= bits << distance;
	return bits;
}

#include "scan_loop.h"

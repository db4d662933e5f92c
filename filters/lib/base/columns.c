/* SPDX-License-Identifier: Apache-2.0 */
/* Measures and cuts text for a terminal. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/utf8.h"

struct range {
	uint32_t first, last;
};

/* Unicode's East_Asian_Width W and F, and emoji that stand alone as pictures. */
static const struct range wide[] = { { 0x1100, 0x115f }, { 0x231a, 0x231b }, { 0x2329, 0x232a },
	{ 0x23e9, 0x23ec }, { 0x23f0, 0x23f0 }, { 0x23f3, 0x23f3 }, { 0x25fd, 0x25fe },
	{ 0x2614, 0x2615 }, { 0x2648, 0x2653 }, { 0x267f, 0x267f }, { 0x2693, 0x2693 },
	{ 0x26a1, 0x26a1 }, { 0x26aa, 0x26ab }, { 0x26bd, 0x26be }, { 0x26c4, 0x26c5 },
	{ 0x26ce, 0x26ce }, { 0x26d4, 0x26d4 }, { 0x26ea, 0x26ea }, { 0x26f2, 0x26f3 },
	{ 0x26f5, 0x26f5 }, { 0x26fa, 0x26fa }, { 0x26fd, 0x26fd }, { 0x2705, 0x2705 },
	{ 0x270a, 0x270b }, { 0x2728, 0x2728 }, { 0x274c, 0x274c }, { 0x274e, 0x274e },
	{ 0x2753, 0x2755 }, { 0x2757, 0x2757 }, { 0x2795, 0x2797 }, { 0x27b0, 0x27b0 },
	{ 0x27bf, 0x27bf }, { 0x2b1b, 0x2b1c }, { 0x2b50, 0x2b50 }, { 0x2b55, 0x2b55 },
	{ 0x2e80, 0x303e }, { 0x3041, 0x4dbf }, { 0x4e00, 0xa4cf }, { 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe10, 0xfe19 }, { 0xfe30, 0xfe6f },
	{ 0xff01, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x16fe0, 0x18dff }, { 0x1b000, 0x1b2ff },
	{ 0x1f004, 0x1f004 }, { 0x1f0cf, 0x1f0cf }, { 0x1f18e, 0x1f18e }, { 0x1f191, 0x1f19a },
	{ 0x1f200, 0x1f320 }, { 0x1f32d, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f7e0, 0x1f7eb },
	{ 0x1f90c, 0x1faff }, { 0x20000, 0x3fffd } };

/* Marks on the character before, joiners and selectors. */
static const struct range narrow[] = { { 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd },
	{ 0x610, 0x61a }, { 0x64b, 0x65f }, { 0x93c, 0x93c }, { 0x94d, 0x94d },
	{ 0xe31, 0xe31 }, { 0xe34, 0xe3a }, { 0xe47, 0xe4e }, { 0x1160, 0x11ff },
	{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x200b, 0x200d }, { 0x20d0, 0x20ff },
	{ 0x302a, 0x302d }, { 0x3099, 0x309a }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
	{ 0xe0100, 0xe01ef } };

/* Controls, line and paragraph separators, and all that reorders the text around it. */
static const struct range moving[] = { { 0, 0x1f }, { 0x7f, 0x9f }, { 0x61c, 0x61c },
	{ 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb } };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
is_within(uint32_t code, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count && ranges[i].first <= code; i++)
		if (code <= ranges[i].last)
			return true;
	return false;
}

/* The character at `bytes`, whose sequence has that length; U+FFFD when it has none. */
static uint32_t
decode(const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *)bytes;
	uint32_t code;

	if (length <= 1)
		return length == 1 ? at[0] : 0xfffd;
	code = at[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++)
		code = code << 6 | (at[i] & 0x3f);
	return code;
}

static size_t
width_of(uint32_t code)
{
	if (code < 0x300)
		return 1;
	if (is_within(code, narrow, COUNT(narrow)))
		return 0;
	return is_within(code, wide, COUNT(wide)) ? 2 : 1;
}

size_t
columns_width(const char *text)
{
	size_t width = 0, left = strlen(text);

	while (left > 0) {
		size_t length = utf8_sequence(text, left);

		width += width_of(decode(text, length));
		length += length == 0;
		text += length;
		left -= length;
	}
	return width;
}

static void
spell(struct text *text, uint32_t code)
{
	if (code == '\n')
		text_add_string(text, "\\n");
	else if (code == '\t')
		text_add_string(text, "\\t");
	else if (code == '\r')
		text_add_string(text, "\\r");
	else
		text_add_format(text, code < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned int)code);
}

void
columns_clean(struct text *text, const char *string)
{
	size_t left = strlen(string);

	text_reserve(text, left);
	while (left > 0) {
		size_t length = utf8_sequence(string, left);
		uint32_t code = decode(string, length);

		if (length == 0)
			text_add_string(text, "\xef\xbf\xbd");
		else if (is_within(code, moving, COUNT(moving)))
			spell(text, code);
		else
			text_add(text, string, length);
		length += length == 0;
		string += length;
		left -= length;
	}
}

void
columns_fit(struct text *text, const char *string, size_t width, bool right)
{
	size_t whole = columns_width(string), left = strlen(string), used = 0;

	for (; right && whole < width; whole++)
		text_add_char(text, ' ');
	if (whole <= width) {
		text_add(text, string, left);
		used = whole;
	} else {
		while (left > 0) {
			size_t length = utf8_sequence(string, left);
			size_t wants = width_of(decode(string, length));

			if (used + wants + 1 > width)
				break;
			length += length == 0;
			text_add(text, string, length);
			used += wants;
			string += length;
			left -= length;
		}
		if (width > 0)
			text_add_string(text, "\xe2\x80\xa6");
		used += width > 0;
	}
	for (; used < width; used++)
		text_add_char(text, ' ');
}

size_t
columns_terminal(size_t otherwise)
{
	const char *wish = getenv("COLUMNS");
	struct winsize size;
	char *end;
	long columns;

	if (wish != NULL && *wish != '\0') {
		columns = strtol(wish, &end, 10);
		if (*end == '\0' && columns > 0 && columns <= 10000)
			return (size_t)columns;
	}
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return otherwise;
}

bool
columns_color(void)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0');
}

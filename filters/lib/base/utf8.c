/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3629's table of well-formed sequences. */
#include "base/utf8.h"

static bool
continues(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t
utf8_sequence(const char *bytes, size_t length)
{
	const unsigned char *b = (const unsigned char *)bytes;

	if (b[0] < 0x80)
		return 1;
	if (b[0] >= 0xc2 && b[0] <= 0xdf)
		return length >= 2 && continues(b[1]) ? 2 : 0;
	if (b[0] >= 0xe0 && b[0] <= 0xef) {
		if (length < 3 || !continues(b[1]) || !continues(b[2]))
			return 0;
		if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f))
			return 0;
		return 3;
	}
	if (b[0] >= 0xf0 && b[0] <= 0xf4) {
		if (length < 4 || !continues(b[1]) || !continues(b[2]) || !continues(b[3]))
			return 0;
		if ((b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

bool
utf8_is_valid(const char *bytes, size_t length)
{
	while (length > 0) {
		size_t sequence = utf8_sequence(bytes, length);

		if (sequence == 0)
			return false;
		bytes += sequence;
		length -= sequence;
	}
	return true;
}

void
utf8_repair(struct text *text, const char *bytes, size_t length)
{
	while (length > 0) {
		size_t sequence = utf8_sequence(bytes, length);

		if (sequence == 0) {
			text_add_string(text, "\xef\xbf\xbd");
			sequence = 1;
		} else {
			text_add(text, bytes, sequence);
		}
		bytes += sequence;
		length -= sequence;
	}
}

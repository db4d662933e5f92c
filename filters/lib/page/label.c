/* SPDX-License-Identifier: Apache-2.0 */
/* Short names for calls, which a reader (and grep) finds in the line they link to. Square
 * brackets would end a link's text. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/intern.h"
#include "page/label.h"

static bool
is_name_byte(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_' || (unsigned char)byte > 0x7f;
}

/* Where the bracket that closes at end - 1 opens; `end` when it is not in the text. */
static size_t
opening(const char *text, size_t end)
{
	size_t depth = 0;

	for (size_t at = end; at > 0; at--) {
		if (text[at - 1] == ')' || text[at - 1] == ']')
			depth++;
		else if ((text[at - 1] == '(' || text[at - 1] == '[') && --depth == 0)
			return at - 1;
	}
	return end;
}

static size_t
name_begin(const char *text, size_t end)
{
	while (end > 0 && (is_name_byte(text[end - 1]) || text[end - 1] == '.'))
		end--;
	return end;
}

const char *
label_of(const char *callee)
{
	size_t end = strlen(callee), begin, other;

	/* Subscripts and calls after the name: kernel[grid], get_class(x). */
	while (end > 0 && !is_name_byte(callee[end - 1])) {
		other = callee[end - 1] == ')' || callee[end - 1] == ']' ? opening(callee, end)
									  : end;
		end = other == end ? end - 1 : other;
	}
	begin = name_begin(callee, end);
	/* super().forward keeps its object, a[i].run and f(x).run do not. */
	if (begin > 1 && callee[begin] == '.' && memcmp(callee + begin - 2, "()", 2) == 0)
		begin = name_begin(callee, begin - 2);
	while (begin < end && callee[begin] == '.')
		begin++;
	return begin < end ? intern(callee + begin, end - begin) : intern_string("call");
}

const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

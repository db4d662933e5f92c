/* SPDX-License-Identifier: Apache-2.0 */
/* Puts values into texts. */
#include <ctype.h>
#include <string.h>

#include "names/names_template.h"

static bool
equals_folded(const char *name, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (tolower((unsigned char)bytes[i]) != name[i])
			return false;
	return name[length] == '\0';
}

/* Append the value of the {name} at `at`, which points after the brace. */
static bool
add_value(struct text *out, const char *at, size_t length, const struct names_value *values,
    size_t count)
{
	bool capitals = length > 0 && isupper((unsigned char)at[0]);
	size_t start = out->length;

	for (size_t i = 0; i < count; i++) {
		if (!equals_folded(values[i].name, at, length))
			continue;
		text_add_string(out, values[i].text);
		for (size_t k = start; capitals && k < out->length; k++)
			out->bytes[k] = (char)toupper((unsigned char)out->bytes[k]);
		return true;
	}
	return false;
}

/* What is left of a list when values were not known: "(, BF16)" and " ()". */
static void
tidy(struct text *out, size_t start)
{
	char *to = out->bytes + start, *begin = to;

	for (const char *at = to; *at != '\0'; at++) {
		*to++ = *at;
		if (*at == '(' && at[1] == ',' && at[2] == ' ')
			at += 2;
		if (at[1] == ')' && to[-1] == '(') {
			to--;
			at++;
			while (to > begin && to[-1] == ' ')
				to--;
		}
	}
	*to = '\0';
	out->length = (size_t)(to - out->bytes);
}

bool
names_template_render(struct text *out, const char *template,
    const struct names_value *values, size_t count)
{
	size_t start = out->length, group = start;
	bool inside = false, known = true;

	text_reserve(out, strlen(template))[0] = '\0';
	for (const char *at = template; *at != '\0'; at++) {
		if (*at == '[' && at[1] != '[') {
			inside = true;
			group = out->length;
		} else if (*at == ']' && inside) {
			if (!known)
				out->bytes[out->length = group] = '\0';
			inside = false;
			known = true;
		} else if (*at == '{') {
			size_t length = strcspn(at + 1, "}");

			if (!add_value(out, at + 1, length, values, count)) {
				known = false;
				if (!inside) {
					out->bytes[out->length = start] = '\0';
					return false;
				}
			}
			at += length + 1;
		} else {
			text_add_char(out, *at);
			at += *at == '[';
		}
	}
	if (strchr(template, '[') != NULL)
		tidy(out, start);
	return true;
}

const char *
names_template_check(const char *template)
{
	bool inside = false;

	for (const char *at = template; *at != '\0'; at++) {
		if (*at == '{') {
			size_t length = strcspn(at + 1, "{}[]");

			if (at[1 + length] != '}' || length == 0)
				return "a { without its name and }";
			at += length + 1;
		} else if (*at == '[' && at[1] == '[') {
			at++;
		} else if (*at == '[') {
			if (inside)
				return "a [ within [ ]";
			inside = true;
		} else if (*at == ']') {
			inside = false;
		}
	}
	return inside ? "a [ without its ]" : NULL;
}

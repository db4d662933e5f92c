/* SPDX-License-Identifier: Apache-2.0 */
/* Tells decimal from thousands separators by what stands around them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "quantity.h"

enum { LONGEST_NUMBER = 60 };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Past a blank: also the no-break ones that locales put between thousands. */
static size_t
blank_length(const char *at, const char *end)
{
	if (*at == ' ' || *at == '\'' || *at == '\t')
		return 1;
	if (end - at >= 2 && memcmp(at, "\xc2\xa0", 2) == 0)
		return 2;
	if (end - at >= 3 && (memcmp(at, "\xe2\x80\xaf", 3) == 0 || memcmp(at, "\xe2\x80\x99", 3) == 0))
		return 3;
	return 0;
}

/* Whether every separator has three digits after it, and one to three stand before the first. */
static bool
are_thousands(const char *text, char separator)
{
	const char *first = strchr(text, separator), *digits = text;

	digits += *digits == '-' || *digits == '+';
	if (first == digits || first - digits > 3)
		return false;
	for (const char *at = first; at != NULL; at = strchr(at + 1, separator))
		if (!is_digit(at[1]) || !is_digit(at[2]) || !is_digit(at[3]) || is_digit(at[4]))
			return false;
	return true;
}

static void
drop(char *text, char what)
{
	char *to = text;

	for (; *text != '\0'; text++)
		if (*text != what)
			*to++ = *text;
	*to = '\0';
}

/* Brings separators into the form that strtod reads; false when they make no number. */
static bool
settle_separators(char *text, bool decimal_comma)
{
	char *comma = strrchr(text, ','), *point = strrchr(text, '.');
	bool is_decimal = comma != NULL && (point != NULL ? comma > point :
	    strchr(text, ',') == comma && (decimal_comma || !are_thousands(text, ',')));

	if (is_decimal) {
		*comma = '\0';
		if (strchr(text, '.') != NULL && !are_thousands(text, '.'))
			return false;
		*comma = ',';
		drop(text, '.');
		*strchr(text, ',') = '.';
		return true;
	}
	if (comma != NULL) {
		if (point != NULL)
			*point = '\0';
		if (!are_thousands(text, ','))
			return false;
		if (point != NULL)
			*point = '.';
		drop(text, ',');
		return true;
	}
	if (point != NULL && (strchr(text, '.') != point || decimal_comma) &&
	    are_thousands(text, '.'))
		drop(text, '.');
	return true;
}

bool
quantity_number(const char *text, size_t length, bool decimal_comma, double *number)
{
	const char *end = text + length;
	char digits[LONGEST_NUMBER + 1], *stop;
	size_t count = 0;

	while (text < end) {
		size_t blank = blank_length(text, end);

		if (blank == 0 && count == LONGEST_NUMBER)
			return false;
		if (blank == 0)
			digits[count++] = *text;
		text += blank > 0 ? blank : 1;
	}
	digits[count] = '\0';
	*number = 0;
	if (count == 0 || strcmp(digits, "-") == 0)
		return true;
	if (strspn(digits, "0123456789.,+-eE") != count || !settle_separators(digits, decimal_comma))
		return false;
	*number = strtod(digits, &stop);
	return *stop == '\0' && *number >= 0 && *number < 1e30;
}

bool
quantity_shows_decimal_comma(const char *text, size_t length)
{
	char digits[LONGEST_NUMBER + 1];
	const char *comma;

	if (length == 0 || length > LONGEST_NUMBER || memchr(text, ',', length) == NULL)
		return false;
	memcpy(digits, text, length);
	digits[length] = '\0';
	if (strspn(digits, "0123456789.,") != length)
		return false;
	comma = strrchr(digits, ',');
	if (strchr(digits, ',') != comma || !is_digit(comma[1]))
		return false;
	if (strchr(digits, '.') != NULL)
		return strrchr(digits, '.') < comma;
	return !are_thousands(digits, ',') || (digits[0] == '0' && comma == digits + 1);
}

double
quantity_time_unit(const char *text, size_t length)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "nsec", 1 }, { "nsecond", 1 }, { "nanosecond", 1 },
		{ "us", 1e3 }, { "usec", 1e3 }, { "usecond", 1e3 }, { "microsecond", 1e3 },
		{ "\xc2\xb5s", 1e3 }, { "\xce\xbcs", 1e3 }, { "ms", 1e6 }, { "msec", 1e6 },
		{ "msecond", 1e6 }, { "millisecond", 1e6 }, { "s", 1e9 }, { "sec", 1e9 },
		{ "second", 1e9 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == length && strncasecmp(units[i].name, text, length) == 0)
			return units[i].ns;
	return 0;
}

bool
quantity_time(const char *text, size_t length, bool decimal_comma, double unit_ns, double *ns)
{
	size_t digits = length;
	double unit;

	while (digits > 0 && !is_digit(text[digits - 1]) && text[digits - 1] != '.' &&
	    text[digits - 1] != ' ')
		digits--;
	unit = quantity_time_unit(text + digits, length - digits);
	if (digits == 0 || unit == 0) {
		digits = length;
		unit = unit_ns;
	}
	if (!quantity_number(text, digits, decimal_comma, ns))
		return false;
	*ns *= unit;
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Writes fields of comma-separated values. */
#include <stdbool.h>
#include <string.h>

#include "base/number.h"
#include "csv.h"

/* A spreadsheet takes what begins like this for a formula; after an apostrophe it is text. */
static bool
is_formula(const char *text)
{
	return *text != '\0' && strchr("=+-@\t\r", *text) != NULL;
}

void
csv_text(struct output *out, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		if (is_formula(text))
			output_char(out, '\'');
		output_string(out, text);
		return;
	}
	output_char(out, '"');
	if (is_formula(text))
		output_char(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			output_char(out, '"');
		output_char(out, *text);
	}
	output_char(out, '"');
}

void
csv_ns(struct output *out, int64_t ns)
{
	struct number number;

	output_format(out, ",%s", number_ns(&number, ns));
}

void
csv_integer(struct output *out, int64_t number)
{
	output_format(out, ",%lld", (long long)number);
}

void
csv_limit(struct output *out, const struct limit_sum *sum)
{
	struct number number;

	if (sum == NULL || !(sum->known_us > 0)) {
		output_string(out, ",,,");
		return;
	}
	output_format(out, ",%s", number_us(&number, sum->known_us));
	output_format(out, ",%s", number_us(&number, sum->limit_us));
	output_format(out, ",%s", number_us(&number, sum->win_us));
}

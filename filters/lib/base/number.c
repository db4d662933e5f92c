/* SPDX-License-Identifier: Apache-2.0 */
/* Writes figures. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

const char *
number_us(struct number *number, double us)
{
	char *end;

	if (!isfinite(us))
		return "null";
	snprintf(number->text, sizeof(number->text), "%.3f", fabs(us) < 1e30 ? us : 0);
	end = number->text + strlen(number->text);
	while (end[-1] == '0')
		*--end = '\0';
	if (end[-1] == '.')
		*--end = '\0';
	return strcmp(number->text, "-0") == 0 ? "0" : number->text;
}

const char *
number_ns(struct number *number, int64_t ns)
{
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	uint64_t whole = size / 1000, part = size % 1000;
	char *at = number->text + sizeof(number->text) - 1;

	/* From the last digit on. */
	*at = '\0';
	if (part != 0) {
		int places = 3;

		for (; part % 10 == 0; part /= 10)
			places--;
		for (; places > 0; places--, part /= 10)
			*--at = (char)('0' + part % 10);
		*--at = '.';
	}
	do
		*--at = (char)('0' + whole % 10);
	while ((whole /= 10) != 0);
	if (ns < 0)
		*--at = '-';
	return at;
}

const char *
number_human(struct number *number, double us)
{
	static const struct {
		double from, unit;
		const char *name;
	} units[] = { { 1e6, 1e6, "s" }, { 1e3, 1e3, "ms" }, { 0, 1, "us" } };
	size_t i = 0;

	if (us == 0)
		return "0";
	while (fabs(us) < units[i].from)
		i++;
	us /= units[i].unit;
	snprintf(number->text, sizeof(number->text), "%.*f %s",
	    fabs(us) >= 100 ? 1 : fabs(us) >= 10 ? 2 : 3, us, units[i].name);
	return number->text;
}

const char *
number_percent(struct number *number, double part, double whole)
{
	double percent = whole > 0 ? 100 * part / whole : 0;

	if (percent > 0 && percent < 0.05)
		return "<0.1%";
	/* Parts that were rounded before they were added may lack a little. */
	if (percent < 99.9999 && percent >= 99.95)
		return ">99.9%";
	snprintf(number->text, sizeof(number->text), "%.1f%%", percent);
	return number->text;
}

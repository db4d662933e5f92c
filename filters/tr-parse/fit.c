/* SPDX-License-Identifier: Apache-2.0 */
/* Holds an event against a shape, on any machine. */
#include <string.h>

#include "fit.h"
#include "json/json_scan.h"
#include "json/plain.h"

const char *
fit_other(const char *at, const char *end, bool checked)
{
	const char *after = json_plain_value(at, end + SHAPE_SLACK);

	if (after == NULL && checked)
		after = json_known_value_end(at, end);
	return after != NULL && after <= end ? after : NULL;
}

const char *
fit_portable(struct shape *shape, struct slice text, bool checked, void *places, size_t size)
{
	const char *at = text.bytes, *end = at + text.length, *after;
	size_t rest = shape->length - shape->end;

	for (size_t i = 0; i < shape->count; i++) {
		const struct shape_value *value = &shape->values[i];

		if ((size_t)(end - at) <= value->length ||
		    !bytes_same(at, shape->text + value->begin, value->length))
			return NULL;
		if (i == 0 && shape->wanted)
			memset(places, 0, size);
		at += value->length;
		after = fit_other(at, end, checked);
		if (after == NULL)
			return NULL;
		if (value->place >= 0)
			fit_store(places, value->place, at, after);
		at = after;
	}
	if ((size_t)(end - at) < rest || memcmp(at, shape->text + shape->end, rest) != 0)
		return NULL;
	return at + rest;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Looks again, by the whole grammar, at what the scan stopped at. */
#include <string.h>
#include <strings.h>

#include "recheck.h"

const char *
recheck_event(const struct walk *walk, const char **event, struct json_fault *fault)
{
	const struct scan *scan = &walk->scan;
	const char *at = scan->anchor, *end = walk->window.end;

	*event = NULL;
	if (!scan->inside) {
		at = json_skip_space(at, end);
		if (at < end && *at == ',' && !walk->no_event_yet)
			at = json_skip_space(at + 1, end);
		else if (at < end && !walk->no_event_yet) {
			*fault = (struct json_fault){ at, "',' or ']' should stand here" };
			return NULL;
		}
		if (at < end && *at != '{') {
			*fault = (struct json_fault){ at, "an event should begin here" };
			return NULL;
		}
	}
	if (at < end)
		*event = at;
	return json_skip_value(at, end, fault);
}

size_t
recheck_odd_number(const char *at, const char *end)
{
	static const char *const words[] = { "infinity", "inf", "nan" };
	size_t sign = at < end && *at == '-' ? 1 : 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t length = strlen(words[i]);

		if ((size_t)(end - at) > sign + length &&
		    strncasecmp(at + sign, words[i], length) == 0 &&
		    strchr(",]} \t\r\n", at[sign + length]) != NULL)
			return sign + length;
	}
	return 0;
}

const char *
recheck_without_odd(struct walk *walk, const char *at)
{
	const char *end = walk->window.end, *run = at;
	bool in_string = false;
	size_t depth = 0, length;

	text_clear(&walk->mended);
	for (; at < end; at++) {
		if (in_string) {
			if (*at == '\\')
				at++;
			else if (*at == '"')
				in_string = false;
		} else if (*at == '"') {
			in_string = true;
		} else if (*at == '{' || *at == '[') {
			depth++;
		} else if ((*at == '}' || *at == ']') && --depth == 0) {
			text_add(&walk->mended, run, (size_t)(at + 1 - run));
			text_reserve(&walk->mended, FEED_SLACK);
			return at + 1;
		} else if ((length = recheck_odd_number(at, end)) > 0) {
			text_add(&walk->mended, run, (size_t)(at - run));
			text_add_string(&walk->mended, "null");
			run = at + length;
			at = run - 1;
		}
	}
	return NULL;
}

bool
recheck_ends_well(const struct walk *walk, const struct json_fault *fault, const char *event)
{
	return walk->bare && event == NULL && !walk->no_event_yet &&
	    fault->at == walk->window.end && feed_error(walk->feed) == NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Remembers keys as bytes. */
#include <string.h>

#include "trace/layout.h"

static bool
begins_so(const struct layout *layout, struct slice line)
{
	return line.length > layout->begin_length &&
	    memcmp(line.bytes, layout->begin, layout->begin_length) == 0;
}

struct layout *
layouts_find(struct layouts *layouts, struct slice line)
{
	if (layouts->count > 0 && begins_so(&layouts->list[layouts->last], line))
		return &layouts->list[layouts->last];
	for (size_t i = 0; i < layouts->count; i++)
		if (begins_so(&layouts->list[i], line)) {
			layouts->last = i;
			return &layouts->list[i];
		}
	return NULL;
}

struct layout *
layouts_add(struct layouts *layouts, struct slice name, int kind)
{
	static const char begin[] = "{\"kind\":\"";
	struct layout *layout;

	if (layouts->count == LAYOUT_KINDS || name.length > LAYOUT_LONGEST ||
	    memchr(name.bytes, '\\', name.length) != NULL)
		return NULL;
	layout = &layouts->list[layouts->count++];
	*layout = (struct layout){ .kind = kind };
	memcpy(layout->begin, begin, sizeof(begin) - 1);
	memcpy(layout->begin + sizeof(begin) - 1, name.bytes, name.length);
	layout->begin_length = sizeof(begin) - 1 + name.length;
	layout->begin[layout->begin_length++] = '"';
	return layout;
}

void
layout_learn(struct layout *layout, size_t place, struct slice key)
{
	char *to;

	if (place >= LAYOUT_FIELDS || key.length > LAYOUT_LONGEST ||
	    memchr(key.bytes, '\\', key.length) != NULL)
		return;
	to = layout->fields[place].text;
	memcpy(to, ",\"", 2);
	memcpy(to + 2, key.bytes, key.length);
	memcpy(to + 2 + key.length, "\":", 2);
	layout->fields[place].length = (uint8_t)(key.length + 4);
	if (layout->count <= place)
		layout->count = place + 1;
}

void
layout_learned(struct layout *layout, size_t count)
{
	layout->count = count < LAYOUT_FIELDS ? count : LAYOUT_FIELDS;
	layout->owned = NULL;
	memset(layout->asked, 0, sizeof(layout->asked));
	layout->twice = false;
	for (size_t i = 1; i < layout->count; i++)
		for (size_t j = 0; j < i && !layout->twice; j++)
			layout->twice = layout->fields[i].length == layout->fields[j].length &&
			    memcmp(layout->fields[i].text, layout->fields[j].text,
			    layout->fields[i].length) == 0;
}

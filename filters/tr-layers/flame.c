/* SPDX-License-Identifier: Apache-2.0 */
/* Adds folded stacks up to a tree, and writes as much of it as a page can show. */
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "base/utf8.h"
#include "flame.h"
#include "page/html.h"

/* Of a page: more frames, deeper stacks and longer names are not drawn. A frame of less than a
 * part in LEAST_PART of the whole is narrower than a point. */
enum { MOST_FRAMES = 15000, DEEPEST = 250, NAME_BYTES = 160, LEAST_PART = 5000 };

extern const char page_flame_html[];

/* One frame below one chain of callers. */
struct frame {
	uint32_t parent, name; /* frame 0 is all */
	int64_t ns;
	uint32_t depth;
};

struct flame {
	struct map names;  /* to number + 1 */
	struct map places; /* of parent and name, to number of the frame + 1 */
	struct frame *frames;
	size_t count, capacity;
	bool cut; /* a stack is deeper than DEEPEST */
};

struct place {
	uint32_t parent, name;
};

static uint32_t
frame_below(struct flame *flame, uint32_t parent, const char *name, size_t length)
{
	void **number = map_put(&flame->names, name, length), **frame;
	struct place place;

	if (*number == NULL)
		*number = (void *)(uintptr_t)flame->names.count;
	memset(&place, 0, sizeof(place));
	place.parent = parent;
	place.name = (uint32_t)((uintptr_t)*number - 1);
	frame = map_put(&flame->places, (const char *)&place, sizeof(place));
	if (*frame == NULL) {
		flame->frames = memory_grow(flame->frames, flame->count, &flame->capacity,
		    sizeof(*flame->frames));
		flame->frames[flame->count] = (struct frame){ parent, place.name, 0,
			flame->frames[parent].depth + 1 };
		*frame = (void *)(uintptr_t)++flame->count;
	}
	return (uint32_t)((uintptr_t)*frame - 1);
}

/* False for a line that is no stack. */
static bool
add_line(struct flame *flame, struct slice line)
{
	const char *end = line.bytes + line.length, *at = line.bytes, *digits = end;
	uint32_t frame = 0;
	int64_t ns = 0;

	while (digits > at && digits[-1] >= '0' && digits[-1] <= '9')
		digits--;
	if (digits == end || end - digits > 18 || digits == at || digits[-1] != ' ')
		return false;
	for (const char *digit = digits; digit < end; digit++)
		ns = 10 * ns + (*digit - '0');
	flame->frames[0].ns += ns;
	for (end = digits - 1; at < end && flame->frames[frame].depth < DEEPEST;) {
		const char *stop = memchr(at, ';', (size_t)(end - at));
		const char *next = stop != NULL ? stop : end;

		frame = frame_below(flame, frame, at, (size_t)(next - at));
		flame->frames[frame].ns += ns;
		at = next + (stop != NULL);
	}
	flame->cut |= at < end;
	return true;
}

struct flame *
flame_open(const char *path)
{
	struct flame *flame = memory_alloc_zero(1, sizeof(*flame));
	struct lines lines;
	struct slice line;

	flame->frames = memory_grow(flame->frames, 0, &flame->capacity, sizeof(*flame->frames));
	flame->frames[flame->count++] = (struct frame){ 0 };
	lines_open_input(&lines, input_open(path));
	while (lines_next(&lines, &line))
		if (line.length > 0 && !add_line(flame, line))
			die("%s:%llu: no stack and its nanoseconds, as tr-stacks -f folded "
			    "writes them", path, (unsigned long long)lines.number);
	lines_close(&lines);
	return flame;
}

void
flame_close(struct flame *flame)
{
	if (flame == NULL)
		return;
	map_free(&flame->names);
	map_free(&flame->places);
	free(flame->frames);
	free(flame);
}

/* A frame among its siblings; by parent, the longest first, and then as they came. */
struct sibling {
	uint32_t parent, frame;
	int64_t ns;
};

static int
compare_siblings(const void *left, const void *right)
{
	const struct sibling *a = left, *b = right;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	if (a->ns != b->ns)
		return a->ns > b->ns ? -1 : 1;
	return a->frame < b->frame ? -1 : a->frame > b->frame;
}

static int
compare_lengths(const void *left, const void *right)
{
	const struct sibling *a = left, *b = right;

	return a->ns != b->ns ? (a->ns > b->ns ? -1 : 1) : 0;
}

/* What a frame must last to be drawn. */
static int64_t
find_least(const struct flame *flame, struct sibling *list)
{
	int64_t least = flame->frames[0].ns / LEAST_PART + 1;

	for (size_t i = 0; i < flame->count; i++)
		list[i].ns = flame->frames[i].ns;
	qsort(list, flame->count, sizeof(*list), compare_lengths);
	if (flame->count > MOST_FRAMES && list[MOST_FRAMES].ns >= least)
		least = list[MOST_FRAMES].ns + 1;
	return least;
}

/* Those that are drawn, sorted as siblings; how many. */
static size_t
find_drawn(const struct flame *flame, struct sibling *list, int64_t least)
{
	size_t count = 0;

	for (uint32_t i = 1; i < flame->count; i++)
		if (flame->frames[i].ns >= least)
			list[count++] = (struct sibling){ flame->frames[i].parent, i,
				flame->frames[i].ns };
	if (count > 0)
		qsort(list, count, sizeof(*list), compare_siblings);
	return count;
}

/* Where the children of a frame begin in the list. */
static size_t
children_of(const struct sibling *list, size_t count, uint32_t parent)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list[middle].parent < parent)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Depth, name and ns of each frame, callers before what they call. Names get numbers as they
 * come, in `used`. */
static uint32_t
write_frames(const struct flame *flame, const struct sibling *list, size_t count,
    uint32_t *numbers, uint32_t *used, struct output *out)
{
	size_t *next = memory_alloc_zero(DEEPEST + 2, sizeof(*next));
	uint32_t *parents = memory_alloc_zero(DEEPEST + 2, sizeof(*parents));
	uint32_t name_count = 0;
	size_t depth = 0;
	bool first = true;

	for (;;) {
		const struct sibling *sibling = &list[next[depth]];
		const struct frame *frame;

		if (next[depth] == count || sibling->parent != parents[depth]) {
			if (depth == 0)
				break;
			depth--;
			continue;
		}
		next[depth]++;
		frame = &flame->frames[sibling->frame];
		if (numbers[frame->name] == 0) {
			used[name_count++] = frame->name;
			numbers[frame->name] = name_count;
		}
		output_format(out, "%s%zu,%u,%lld", first ? "" : ",", depth + 1,
		    numbers[frame->name] - 1, (long long)frame->ns);
		first = false;
		parents[++depth] = sibling->frame;
		next[depth] = children_of(list, count, sibling->frame);
	}
	free(next);
	free(parents);
	return name_count;
}

static void
write_name(const struct map_entry *name, struct output *out)
{
	size_t length = name->key_length < NAME_BYTES ? name->key_length : NAME_BYTES;
	struct text text = { 0 };

	while (length < name->key_length && length > 0 &&
	    (name->key[length] & 0xc0) == 0x80)
		length--;
	text_add(&text, name->key, length);
	if (length < name->key_length)
		text_add_string(&text, "\xe2\x80\xa6");
	html_json_string(out, text.bytes);
	text_free(&text);
}

void
flame_write(const struct flame *flame, struct output *out)
{
	struct sibling *list;
	uint32_t *numbers, *used, name_count;
	struct number number;
	int64_t least;
	size_t count;

	if (flame->frames[0].ns == 0)
		return;
	list = memory_alloc_zero(flame->count, sizeof(*list));
	numbers = memory_alloc_zero(flame->names.count + 1, sizeof(*numbers));
	used = memory_alloc_zero(flame->names.count + 1, sizeof(*used));
	least = find_least(flame, list);
	count = find_drawn(flame, list, least);
	output_string(out, page_flame_html);
	output_format(out, "<script type=application/json class=flame-data>{\"total\":%lld,"
	    "\"frames\":[", (long long)flame->frames[0].ns);
	name_count = write_frames(flame, list, count, numbers, used, out);
	output_string(out, "],\n\"names\":[");
	for (uint32_t i = 0; i < name_count; i++) {
		output_string(out, i > 0 ? ",\n" : "");
		write_name(&flame->names.entries[used[i]], out);
	}
	output_string(out, "]}</script>\n<p class=note>");
	if (count + 1 < flame->count)
		output_format(out, "%zu of %zu frames, with less than %s each, are not drawn. ",
		    flame->count - 1 - count, flame->count - 1,
		    number_human(&number, (double)least / 1000));
	if (flame->cut)
		output_format(out, "Stacks end after %d frames. ", DEEPEST);
	output_string(out, "</p>\n");
	free(list);
	free(numbers);
	free(used);
}

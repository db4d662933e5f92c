/* SPDX-License-Identifier: Apache-2.0 */
/* Sets two profiles side by side. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "json/json_writer.h"
#include "base/memory.h"
#include "sheet.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A place in two sequences; NULL where one has nothing. */
struct pair {
	const struct slot *before, *after;
	enum kernel_type type; /* of what is there now, else of what was */
};

static struct pair
pair_of(const struct slot *before, const struct slot *after)
{
	return (struct pair){ before, after, after != NULL ? after->class.type
	    : before != NULL ? before->class.type : TYPE_OTHER };
}

static int
likeness(const struct slot *before, const struct slot *after)
{
	if (before->class.name == after->class.name)
		return 8;
	/* Not the same kernel, but for the same work: one takes the other's place. */
	if (before->class.type == after->class.type && before->class.roles == after->class.roles)
		return before->class.roles != 0 ? 5 : 3;
	return before->class.type == after->class.type ? 2 : 0;
}

/* The alignment that keeps the most alike, by dynamic programming. Returns how many pairs
 * there are, at most as many as slots in both. */
static size_t
align(const struct profile_kind *before, const struct profile_kind *after, struct pair *pairs)
{
	size_t rows = before->slot_count, columns = after->slot_count, count = 0, i, j, k;
	int *best = memory_alloc_zero((rows + 1) * (columns + 1), sizeof(*best));

#define BEST(row, column) best[(row) * (columns + 1) + (column)]
	for (i = rows; i-- > 0;)
		for (j = columns; j-- > 0;) {
			int alike = likeness(&before->slots[i], &after->slots[j]);
			int skip = BEST(i + 1, j) > BEST(i, j + 1) ? BEST(i + 1, j)
			                                           : BEST(i, j + 1);

			BEST(i, j) = alike > 0 && BEST(i + 1, j + 1) + alike > skip
			    ? BEST(i + 1, j + 1) + alike : skip;
		}
	for (i = j = 0; i < rows || j < columns;) {
		int alike = i < rows && j < columns
		    ? likeness(&before->slots[i], &after->slots[j]) : 0;

		if (alike > 0 && BEST(i, j) == BEST(i + 1, j + 1) + alike)
			pairs[count++] = pair_of(&before->slots[i++], &after->slots[j++]);
		else if (j == columns || (i < rows && BEST(i, j) == BEST(i + 1, j)))
			pairs[count++] = pair_of(&before->slots[i++], NULL);
		else
			pairs[count++] = pair_of(NULL, &after->slots[j++]);
	}
#undef BEST
	free(best);
	/* One kernel alone where another stood alone: it took its place, whatever its type. */
	for (i = 0, k = 0; i < count; i++) {
		pairs[k] = pairs[i];
		if (k > 0 && pairs[k].before == NULL && pairs[k - 1].after == NULL &&
		    (k < 2 || (pairs[k - 2].before != NULL && pairs[k - 2].after != NULL)) &&
		    (i + 1 == count || (pairs[i + 1].before != NULL && pairs[i + 1].after != NULL)))
			pairs[k - 1] = pair_of(pairs[k - 1].before, pairs[i].after);
		else
			k++;
	}
	return k;
}

static const char *
what_happened(const struct pair *pair)
{
	if (pair->before == NULL)
		return "new";
	if (pair->after == NULL)
		return "gone";
	return pair->before->class.name == pair->after->class.name ? "same" : "replaced";
}

static const struct profile_kind *
same_kind(const struct profile *profile, const struct profile_kind *kind)
{
	const struct profile_kind *by_type = NULL;
	size_t i;

	for (i = 0; i < profile->kind_count; i++) {
		if (strcmp(profile->kinds[i].type, kind->type) != 0)
			continue;
		if (profile->kinds[i].stage == kind->stage)
			return &profile->kinds[i];
		/* A stage that only one trace tells is no reason not to compare. */
		if (profile->kinds[i].stage == STAGE_UNKNOWN || kind->stage == STAGE_UNKNOWN)
			by_type = &profile->kinds[i];
	}
	return by_type;
}

/* Before, after, difference, and the difference in percent. */
static void
add_change(struct sheet *sheet, double before, double after)
{
	struct number number;

	sheet_time(sheet, before);
	sheet_time(sheet, after);
	sheet_text(sheet, "%s%s", after > before ? "+" : "",
	    number_human(&number, after - before));
	if (before > 0)
		sheet_text(sheet, "%+.1f%%", 100 * (after - before) / before);
	else
		sheet_text(sheet, "%s", "");
}

static void
add_passes(struct sheet *sheet, const struct profile *before, const struct profile *after)
{
	static const struct column columns[] = { { "stage", false }, { "what", false },
		{ "passes", true }, { "before", true }, { "after", true }, { "change", true },
		{ "%", true } };
	size_t i;

	sheet_section(sheet, "passes", "An average pass", columns, COUNT(columns));
	for (i = 0; i < STAGE_COUNT; i++) {
		if (before->passes[i] == 0 && after->passes[i] == 0)
			continue;
		sheet_text(sheet, "%s", stage_names[i]);
		sheet_text(sheet, "lasts");
		sheet_text(sheet, "%u, %u", before->passes[i], after->passes[i]);
		add_change(sheet, before->pass_dur[i], after->pass_dur[i]);
		sheet_text(sheet, "%s", stage_names[i]);
		sheet_text(sheet, "busy");
		sheet_text(sheet, "%u, %u", before->passes[i], after->passes[i]);
		add_change(sheet, before->pass_busy[i], after->pass_busy[i]);
	}
}

static void
add_kind(struct sheet *sheet, const struct profile_kind *before, const struct profile_kind *after)
{
	static const struct column columns[] = { { "what", false }, { "before", true },
		{ "after", true }, { "change", true }, { "%", true } };
	enum kernel_type type;

	sheet_section(sheet, "kind", sheet_string(sheet, "%s, %s: an average layer (%u, %u layers)",
	    before->type, stage_names[before->stage], before->layers, after->layers), columns,
	    COUNT(columns));
	sheet_text(sheet, "lasts");
	add_change(sheet, before->dur, after->dur);
	sheet_text(sheet, "busy");
	add_change(sheet, before->busy, after->busy);
	for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++) {
		if (before->time[type] == 0 && after->time[type] == 0)
			continue;
		sheet_text(sheet, "%s", type_names[type]);
		add_change(sheet, before->time[type], after->time[type]);
	}
}

static void
add_pairs(struct sheet *sheet, const struct profile_kind *before,
    const struct profile_kind *after)
{
	static const struct column columns[] = { { "kernel", false }, { "type", false },
		{ "before", true }, { "after", true }, { "change", true }, { "%", true },
		{ "name before", false }, { "name after", false } };
	struct pair *pairs = memory_alloc((before->slot_count + after->slot_count) *
	    sizeof(*pairs));
	size_t count = align(before, after, pairs), i;
	struct text name = { 0 };

	sheet_section(sheet, "kernels", sheet_string(sheet,
	    "%s, %s: kernel by kernel (as in %u and %u layers)", before->type,
	    stage_names[before->stage], before->typical, after->typical), columns, COUNT(columns));
	for (i = 0; i < count; i++) {
		const struct slot *left = pairs[i].before, *right = pairs[i].after;

		sheet_text(sheet, "%s", what_happened(&pairs[i]));
		sheet_text(sheet, "%s", type_names[pairs[i].type]);
		add_change(sheet, left != NULL ? left->us : 0, right != NULL ? right->us : 0);
		sheet_text(sheet, "%s", left != NULL
		    ? name_short(&name, left->class.short_name, 40) : "");
		sheet_text(sheet, "%s", right != NULL && (left == NULL ||
		    left->class.name != right->class.name)
		    ? name_short(&name, right->class.short_name, 40) : "");
	}
	text_free(&name);
	free(pairs);
}

static void
write_sheet(struct output *out, const struct format *format, const struct view *view,
    const struct profile *before, const struct profile *after)
{
	struct sheet sheet = { 0 };
	size_t i;

	sheet.title = sheet_string(&sheet, "%s (before) and %s (after)", before->file, after->file);
	sheet.figures = "Averages; kernel by kernel over layers with the most frequent sequence.";
	add_passes(&sheet, before, after);
	for (i = 0; i < before->kind_count; i++) {
		const struct profile_kind *kind = &before->kinds[i];
		const struct profile_kind *other = same_kind(after, kind);

		if (other == NULL || (view->stage != NONE && kind->stage != view->stage))
			continue;
		add_kind(&sheet, kind, other);
		add_pairs(&sheet, kind, other);
	}
	if (format == &format_html)
		sheet_write_html(&sheet, out);
	else if (format == &format_markdown)
		sheet_write_markdown(&sheet, out);
	else
		sheet_write_text(&sheet, out, view->color, view->width);
	sheet_close(&sheet);
}

static void
put_us(struct json_writer *writer, const char *key, double us)
{
	struct number number;

	json_key(writer, key);
	json_put_spelled(writer, number_us(&number, us));
}

static void
put_both(struct json_writer *writer, const char *key, double before, double after)
{
	json_key(writer, key);
	json_object_begin(writer);
	put_us(writer, "before", before);
	put_us(writer, "after", after);
	put_us(writer, "change", after - before);
	json_object_end(writer);
}

static void
put_pairs(struct json_writer *writer, const struct profile_kind *before,
    const struct profile_kind *after)
{
	struct pair *pairs = memory_alloc((before->slot_count + after->slot_count) *
	    sizeof(*pairs));
	size_t count = align(before, after, pairs), i;

	for (i = 0; i < count; i++) {
		const struct slot *left = pairs[i].before, *right = pairs[i].after;

		json_object_begin(writer);
		json_member_string(writer, "kind", "kernel-change");
		json_member_string(writer, "type", before->type);
		json_member_string(writer, "stage", stage_names[before->stage]);
		json_member_integer(writer, "place", (int64_t)i);
		json_member_string(writer, "what", what_happened(&pairs[i]));
		json_member_string(writer, "name_before", left != NULL ? left->class.name : NULL);
		json_member_string(writer, "name_after", right != NULL ? right->class.name : NULL);
		put_both(writer, "dur", left != NULL ? left->us : 0, right != NULL ? right->us : 0);
		json_object_end(writer);
	}
	free(pairs);
}

static void
write_records(struct output *out, const struct view *view, const struct profile *before,
    const struct profile *after)
{
	struct json_writer *writer = json_writer_open(out, false);
	enum kernel_type type;
	size_t i;

	for (i = 0; i < before->kind_count; i++) {
		const struct profile_kind *kind = &before->kinds[i];
		const struct profile_kind *other = same_kind(after, kind);

		if (other == NULL || (view->stage != NONE && kind->stage != view->stage))
			continue;
		json_object_begin(writer);
		json_member_string(writer, "kind", "layer-change");
		json_member_string(writer, "type", kind->type);
		json_member_string(writer, "stage", stage_names[kind->stage]);
		put_both(writer, "layers", kind->layers, other->layers);
		put_both(writer, "dur", kind->dur, other->dur);
		put_both(writer, "busy", kind->busy, other->busy);
		json_key(writer, "time");
		json_object_begin(writer);
		for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++)
			if (kind->time[type] > 0 || other->time[type] > 0)
				put_both(writer, type_names[type], kind->time[type],
				    other->time[type]);
		json_object_end(writer);
		json_object_end(writer);
		put_pairs(writer, kind, other);
	}
	json_writer_close(writer);
}

void
compare_write(struct output *out, const struct format *format, const struct view *view,
    const struct profile *before, const struct profile *after)
{
	if (format == &format_ndjson)
		write_records(out, view, before, after);
	else
		write_sheet(out, format, view, before, after);
}

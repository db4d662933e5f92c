/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the launches of all columns side by side: the layers are cut where any column's kinds
 * of layers change, and within such a stretch each column is aligned with the rows so far by
 * their longest common subsequence. */
#include <stdlib.h>

#include "deployments.h"
#include "base/memory.h"

static int
compare_layers(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

/* Where kinds of layers begin and end, sorted, each once. */
static int64_t *
find_bounds(const struct deployments *deployments, size_t *count)
{
	int64_t *bounds;
	size_t all = 0, distinct = 0;

	for (size_t i = 0; i < deployments->column_count; i++)
		all += deployments->columns[i].count;
	bounds = memory_alloc((2 * all + 1) * sizeof(*bounds));
	all = 0;
	for (size_t i = 0; i < deployments->column_count; i++)
		for (size_t at = 0; at < deployments->columns[i].count; at++) {
			const struct launch *launch = &deployments->columns[i].launches[at];

			if (launch->layer < 0)
				continue;
			bounds[all++] = launch->layer;
			bounds[all++] = launch->layer + launch->repeat;
		}
	qsort(bounds, all, sizeof(*bounds), compare_layers);
	for (size_t i = 0; i < all; i++)
		if (distinct == 0 || bounds[distinct - 1] != bounds[i])
			bounds[distinct++] = bounds[i];
	*count = distinct;
	return bounds;
}

/* Where the column's launch i is; `last` is the place of the one before it. A launch outside of
 * layers that comes between two of them is taken to come after all. */
static enum place_in_step
place_of(const struct launch *launch, enum place_in_step last)
{
	if (launch->layer >= 0)
		return IN_LAYERS;
	if (last < IN_LAYERS && !launch->model)
		return last == BEFORE_MODEL ? BEFORE_MODEL : AFTER_MODEL;
	if (launch->model)
		return last < IN_LAYERS ? BEFORE_LAYERS : AFTER_LAYERS;
	return AFTER_MODEL;
}

/* The column's launches in the stretch. */
static const struct launch **
launches_in(const struct column *column, const struct stretch *stretch, size_t *count)
{
	const struct launch **list = memory_alloc((column->count + 1) * sizeof(*list));
	enum place_in_step place = BEFORE_MODEL;

	*count = 0;
	for (size_t i = 0; i < column->count; i++) {
		const struct launch *launch = &column->launches[i];

		place = place_of(launch, place);
		if (place == stretch->place && (place != IN_LAYERS ||
		    (launch->layer <= stretch->layer &&
		    stretch->layer < launch->layer + launch->repeat)))
			list[(*count)++] = launch;
	}
	return list;
}

/* One kernel, called from one place for one op. */
static bool
same_place(const struct launch *a, const struct launch *b)
{
	const struct frame *x = &a->frames[0], *y = &b->frames[0];

	if (a->kernel != b->kernel || a->source != b->source || x->file != y->file ||
	    x->line != y->line || (a->op < a->frame_count) != (b->op < b->frame_count))
		return false;
	if (a->op == a->frame_count)
		return true;
	x = &a->frames[a->op];
	y = &b->frames[b->op];
	return x->file == y->file && x->line == y->line;
}

static void
add_row(struct deployments *deployments, struct stretch *stretch, struct row row)
{
	size_t size = deployments->column_count * sizeof(*row.cells);

	if (row.cells == NULL) {
		row.cells = arena_alloc(&deployments->arena, size);
		for (size_t i = 0; i < deployments->column_count; i++)
			row.cells[i] = NULL;
	}
	stretch->rows = memory_grow(stretch->rows, stretch->count, &stretch->capacity,
	    sizeof(*stretch->rows));
	stretch->rows[stretch->count++] = row;
}

/* length[i * (count + 1) + at]: of the longest common subsequence of rows from i on and
 * launches from `at` on. */
static uint32_t *
common_lengths(const struct row *rows, size_t row_count, const struct launch **launches,
    size_t count)
{
	size_t width = count + 1;
	uint32_t *length = memory_alloc_zero((row_count + 1) * width, sizeof(*length));

	for (size_t i = row_count; i > 0; i--)
		for (size_t at = count; at > 0; at--) {
			uint32_t *here = &length[(i - 1) * width + at - 1];
			uint32_t down = here[width], right = here[1];

			*here = same_place(rows[i - 1].first, launches[at - 1]) ?
			    here[width + 1] + 1 : down > right ? down : right;
		}
	return length;
}

static void
merge_column(struct deployments *deployments, struct stretch *stretch, size_t column)
{
	size_t count, width, i = 0, at = 0;
	const struct launch **launches = launches_in(&deployments->columns[column], stretch, &count);
	struct stretch before = *stretch;
	uint32_t *length = common_lengths(before.rows, before.count, launches, count);

	width = count + 1;
	*stretch = (struct stretch){ .place = before.place, .layer = before.layer,
		.end = before.end };
	while (i < before.count || at < count) {
		bool both = i < before.count && at < count &&
		    same_place(before.rows[i].first, launches[at]);
		/* Where neither order is better, what stood there first stays first. */
		bool old = both || at == count || (i < before.count &&
		    length[(i + 1) * width + at] >= length[i * width + at + 1]);

		add_row(deployments, stretch, old ? before.rows[i++] :
		    (struct row){ .first = launches[at] });
		if (both || !old)
			stretch->rows[stretch->count - 1].cells[column] = launches[at++];
	}
	free(before.rows);
	free(launches);
	free(length);
}

static void
add_stretch(struct deployments *deployments, enum place_in_step place, int64_t layer, int64_t end)
{
	deployments->stretches[deployments->stretch_count++] = (struct stretch){
		.place = place, .layer = layer, .end = end };
}

void
deployments_align(struct deployments *deployments)
{
	size_t count;
	int64_t *bounds = find_bounds(deployments, &count);

	deployments->stretches = memory_alloc_zero(count + 5, sizeof(*deployments->stretches));
	add_stretch(deployments, BEFORE_MODEL, 0, 0);
	add_stretch(deployments, BEFORE_LAYERS, 0, 0);
	for (size_t i = 0; i + 1 < count; i++)
		add_stretch(deployments, IN_LAYERS, bounds[i], bounds[i + 1]);
	add_stretch(deployments, AFTER_LAYERS, 0, 0);
	add_stretch(deployments, AFTER_MODEL, 0, 0);
	for (size_t i = 0; i < deployments->stretch_count; i++)
		for (size_t column = 0; column < deployments->column_count; column++)
			merge_column(deployments, &deployments->stretches[i], column);
	free(bounds);
}

void
stretch_heading(const struct stretch *stretch, struct text *heading)
{
	static const char *const places[] = {
		[BEFORE_MODEL] = "Before the model's forward",
		[BEFORE_LAYERS] = "In the forward, before the layers",
		[AFTER_LAYERS] = "In the forward, after the layers",
		[AFTER_MODEL] = "After the model's forward" };

	text_clear(heading);
	if (stretch->place != IN_LAYERS)
		text_add_string(heading, places[stretch->place]);
	else if (stretch->end == stretch->layer + 1)
		text_add_format(heading, "Layer %lld", (long long)stretch->layer);
	else
		text_add_format(heading, "Layers %lld to %lld, each", (long long)stretch->layer,
		    (long long)stretch->end - 1);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Adds up work by name and stage, and by op. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "rows.h"
#include "base/text.h"

static struct row *
row_of(struct rows *rows, struct map *index, const struct trace *trace, uint32_t work)
{
	const struct work *at = &trace->works[work];
	struct text key = { 0 };
	void **place;
	struct row *row;

	text_add_format(&key, "%u %s", (unsigned)at->class, at->stage);
	place = map_put(index, key.bytes, key.length);
	text_free(&key);
	if (*place == NULL) {
		rows->list = memory_grow(rows->list, rows->count, &rows->capacity,
		    sizeof(*rows->list));
		row = &rows->list[rows->count++];
		*row = (struct row){ .class = at->class, .stage = at->stage, .min = at->dur,
			.first = work, .last_pass = NONE, .last_layer = NONE };
		*place = (void *)(uintptr_t)rows->count;
	}
	return &rows->list[(uintptr_t)*place - 1];
}

static void
add_part(struct row *row, const struct work *work, uint32_t index)
{
	struct part *part = NULL;

	for (size_t i = 0; i < row->part_count && part == NULL; i++)
		if (row->parts[i].place == work->place)
			part = &row->parts[i];
	if (part == NULL) {
		row->parts = memory_grow(row->parts, row->part_count, &row->part_capacity,
		    sizeof(*row->parts));
		part = &row->parts[row->part_count++];
		*part = (struct part){ .place = work->place, .first = index };
	}
	part->calls++;
	part->sum += work->dur;
	part->bytes += work->bytes > 0 ? (double)work->bytes : 0;
	rate_add(&part->rate, &work->rate);
}

static void
add_work(struct row *row, const struct work *work, uint32_t index, const struct place *place)
{
	row->calls++;
	row->sum += work->dur;
	row->min = work->dur < row->min ? work->dur : row->min;
	row->max = work->dur > row->max ? work->dur : row->max;
	if (work->layer != NONE &&
	    (work->layer != row->last_layer || work->pass != row->last_pass)) {
		row->layers++;
		row->last_layer = work->layer;
		row->last_pass = work->pass;
	}
	row->by_explained[place->explained] += work->dur;
	add_part(row, work, index);
}

static int
compare_parts(const void *left, const void *right)
{
	const struct part *a = left, *b = right;

	if (a->sum != b->sum)
		return a->sum > b->sum ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static int
compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->sum != b->sum)
		return a->sum > b->sum ? -1 : 1;
	return a->first < b->first ? -1 : a->first > b->first;
}

static void
finish_row(struct row *row)
{
	for (int i = 0; i < EXPLAINED_COUNT; i++)
		if (row->by_explained[i] > row->by_explained[row->explained])
			row->explained = (enum explained)i;
	qsort(row->parts, row->part_count, sizeof(*row->parts), compare_parts);
}

/* What the op computes, in the stage and by the kernel that take most of its time. */
static void
define_ops(struct rows *rows, const struct trace *trace, const struct chains *chains,
    const struct places *places, const struct definitions *definitions)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->list[i];

		for (size_t j = 0; j < row->part_count; j++) {
			const struct place *place = &places->list[row->parts[j].place];
			int32_t op = rows_op(rows, place);
			const char *hint = trace->classes[row->class].short_name;

			if (op == NONE || rows->ops[op].definition != NULL)
				continue;
			if (place->list[0].symbol != NONE)
				hint = chains->symbols[place->list[0].symbol].kernel;
			rows->ops[op].definition = definitions_find(definitions,
			    &chains->sites[rows->ops[op].site], row->stage, hint);
		}
	}
}

/* The op that is called at the site: one that is there, called elsewhere, or a new one. */
static int32_t
op_at(struct rows *rows, const struct chains *chains, int32_t site)
{
	for (size_t i = 0; i < rows->op_count; i++)
		if (chains->sites[rows->ops[i].site].op == chains->sites[site].op)
			return (int32_t)i;
	rows->ops = memory_grow(rows->ops, rows->op_count, &rows->op_capacity,
	    sizeof(*rows->ops));
	rows->ops[rows->op_count] = (struct op){ site, 0, 0, NULL };
	return (int32_t)rows->op_count++;
}

/* Ops are numbered in the order in which they first ran. */
static void
find_ops(struct rows *rows, const struct trace *trace, const struct chains *chains,
    const struct places *places)
{
	size_t i;

	rows->op_of_site = memory_alloc((chains->site_count + 1) * sizeof(*rows->op_of_site));
	for (i = 0; i < chains->site_count; i++)
		rows->op_of_site[i] = NONE;
	for (i = 0; i < trace->work_count; i++) {
		const struct place *place = &places->list[trace->works[i].place];
		const struct option *option = place_certain(place);
		int32_t site = option != NULL ? option->site : NONE;

		if (site != NONE && rows->op_of_site[site] == NONE)
			rows->op_of_site[site] = op_at(rows, chains, site);
	}
}

int32_t
rows_op(const struct rows *rows, const struct place *place)
{
	const struct option *option = place_certain(place);

	return option != NULL && option->site != NONE ? rows->op_of_site[option->site] : NONE;
}

void
rows_make(struct rows *rows, const struct trace *trace, const struct chains *chains,
    const struct places *places, const struct definitions *definitions)
{
	struct map index = { 0 };
	size_t i;

	find_ops(rows, trace, chains, places);
	for (i = 0; i < trace->work_count; i++) {
		const struct work *work = &trace->works[i];
		const struct place *place = &places->list[work->place];
		int32_t op = rows_op(rows, place);

		add_work(row_of(rows, &index, trace, (uint32_t)i), work, (uint32_t)i, place);
		rows->by_explained[place->explained] += work->dur;
		if (place_certain(place) != NULL && place->explained <= EXPLAINED_SYMBOL)
			rows->certain += work->dur;
		if (op != NONE) {
			rows->ops[op].sum += work->dur;
			rows->ops[op].calls++;
		}
	}
	map_free(&index);
	for (i = 0; i < rows->count; i++)
		finish_row(&rows->list[i]);
	if (rows->count > 0)
		qsort(rows->list, rows->count, sizeof(*rows->list), compare_rows);
	define_ops(rows, trace, chains, places, definitions);
}

void
rows_clear(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free(rows->list[i].parts);
	free(rows->list);
	free(rows->ops);
	free(rows->op_of_site);
	*rows = (struct rows){ 0 };
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Fills the tables: ranks by lateness, layers and passes by what was waited in them, and kinds
 * of collectives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "json/json_scan.h"
#include "page/label.h"
#include "say.h"
#include "sheet.h"
#include "trace/kinds.h"

static struct text *
add_cell(struct sheet *sheet, double value)
{
	sheet->cells = memory_grow(sheet->cells, sheet->count, &sheet->capacity,
	    sizeof(*sheet->cells));
	sheet->values = memory_grow(sheet->values, sheet->count, &sheet->value_capacity,
	    sizeof(*sheet->values));
	sheet->cells[sheet->count] = (struct text){ 0 };
	text_add_string(&sheet->cells[sheet->count], "");
	sheet->values[sheet->count] = value;
	return &sheet->cells[sheet->count++];
}

static void
add_string(struct sheet *sheet, const char *string)
{
	text_add_string(add_cell(sheet, NAN), string != NULL ? string : "");
}

static void
add_count(struct sheet *sheet, int64_t count, bool known)
{
	struct text *cell = add_cell(sheet, known ? (double)count : NAN);

	if (known)
		text_add_format(cell, "%lld", (long long)count);
}

static void
add_time(struct sheet *sheet, int64_t ns, bool known)
{
	struct text *cell = add_cell(sheet, known ? (double)ns : NAN);

	if (known)
		say_time(cell, ns);
}

static void
add_share(struct sheet *sheet, int64_t part, int64_t whole, bool sign)
{
	double share = 100 * (double)part / (double)whole - (sign ? 100 : 0);
	struct text *cell = add_cell(sheet, whole > 0 ? share : NAN);

	if (whole > 0)
		text_add_format(cell, sign ? "%+.1f%%" : "%.1f%%", share);
}

static void
add_rate(struct sheet *sheet, int64_t rate)
{
	struct text *cell = add_cell(sheet, rate >= 0 ? (double)rate : NAN);

	if (rate >= 0)
		text_add_format(cell, "%.1f GB/s", (double)rate / 1e9);
}

static const struct column rank_columns[] = {
	{ "rank", true, 0 }, { "", false, 0 }, { "others waited", true, 0 }, { "last at", true, 1 },
	{ "why", false, 2 }, { "it waited", true, 4 }, { "wall", true, 3 },
	{ "to median", true, 5 }, { "busy", true, 6 }, { "idle", true, 7 },
	{ "idle most by", false, 9 }, { "exposed comm.", true, 8 }, { "computing", true, 10 },
	{ "to median", true, 11 }, { "clock", true, 12 }, { "passes", true, 14 },
	{ "layers", true, 15 }, { "file", false, 13 },
};

/* A cause that is not known here stays as it is. */
static const char *
cause_in_words(const char *cause)
{
	for (int i = 0; cause != NULL && i < CAUSE_COUNT; i++)
		if (strcmp(cause, cause_names[i]) == 0)
			return cause_words[i];
	return cause;
}

static const char *
mark_of(const struct rank *rank)
{
	if (rank->health != HEALTH_GOOD)
		return health_names[rank->health];
	return rank->holds_up ? "holds up" : rank->slow ? "slow" : "";
}

static void
add_clock(struct sheet *sheet, const struct lateness *late)
{
	bool known = late != NULL && late->has_offset;
	struct text *cell = add_cell(sheet, known ? (double)late->offset : NAN);

	if (!known || !clock_differs(late)) {
		text_add_string(cell, known ? "same" : "");
		return;
	}
	text_add_char(cell, late->offset < 0 ? '-' : '+');
	say_time(cell, llabs(late->offset));
}

/* Another device of the same trace, which stands next to it or not. */
static bool
has_namesake(const struct job *job, const struct rank *rank)
{
	for (size_t i = 0; rank->device != NULL && rank->label != NULL && i < job->count; i++) {
		const struct rank *other = &job->ranks[i];

		if (other != rank && other->label != NULL && other->device != NULL &&
		    strcmp(other->label, rank->label) == 0)
			return true;
	}
	return false;
}

static void
add_rank(struct sheet *sheet, const struct job *job, const struct rank *rank)
{
	bool has = rank->window > 0, late = rank->late != NULL;
	enum why why = rank_why(rank);
	struct text *name = add_cell(sheet, rank->number >= 0 ? (double)rank->number : NAN);

	text_add_string(name, rank->label != NULL ? rank->label : "-");
	if ((rank->key != NULL && strchr(rank->key, '/') != NULL) || has_namesake(job, rank))
		text_add_format(name, "/%s", rank->device);
	add_string(sheet, mark_of(rank));
	add_time(sheet, late ? rank->late->caused : 0, late);
	add_count(sheet, late ? (int64_t)rank->late->last : 0, late);
	add_string(sheet, why == WHY_COUNT ? "" : why_says[why]);
	add_time(sheet, late ? rank->late->wait : 0, late);
	add_time(sheet, rank->window, has);
	add_share(sheet, rank->window, has ? job->median_window : 0, true);
	add_share(sheet, rank->busy, rank->window, false);
	add_time(sheet, rank->idle, has);
	add_string(sheet, cause_in_words(rank->idle_cause));
	add_time(sheet, rank->exposed, has);
	add_time(sheet, rank->compute, has);
	add_share(sheet, rank->compute, has ? job->median_compute : 0, true);
	add_clock(sheet, rank->late);
	add_count(sheet, (int64_t)rank->pass_count, has);
	add_count(sheet, rank->layers, has);
	add_string(sheet, rank->file != NULL ? base_name(rank->file) : "");
}

static void
fill_ranks(struct sheet *sheet, const struct job *job)
{
	for (size_t i = 0; i < job->count; i++)
		add_rank(sheet, job, &job->ranks[i]);
}

/* What all ranks say of one layer or pass. */
struct sum {
	int64_t number, transfer, wait, least, most, median;
	size_t ranks;
	const struct rank *last, *slowest; /* who caused most, who took longest */
	int64_t caused;
	const char *stage;
};

static int
compare_sums(const void *left, const void *right)
{
	const struct sum *a = left, *b = right;

	if (a->wait != b->wait)
		return a->wait > b->wait ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static void
sum_add(struct sum *sum, const struct rank *rank, const struct waits *waits)
{
	sum->transfer += waits->transfer;
	sum->wait += waits->wait;
	sum->ranks++;
	if (waits->caused > sum->caused) {
		sum->caused = waits->caused;
		sum->last = rank;
	}
}

static void
add_last(struct sheet *sheet, const struct sum *sum)
{
	add_string(sheet, sum->last != NULL ? sum->last->label : "");
	add_time(sheet, sum->caused, sum->last != NULL);
}

static const struct column layer_columns[] = {
	{ "layer", true, 0 }, { "waited", true, 0 }, { "of all", true, 1 },
	{ "most for rank", true, 0 }, { "for it", true, 2 },
};

static void
fill_layers(struct sheet *sheet, const struct job *job)
{
	size_t layers = (size_t)job->layers + 1;
	struct sum *sums = memory_alloc_zero(layers, sizeof(*sums));

	for (size_t i = 0; i < layers; i++) {
		sums[i].number = (int64_t)i;
		for (size_t k = 0; k < job->count; k++)
			if (job->ranks[k].layer_waits != NULL)
				sum_add(&sums[i], &job->ranks[k], &job->ranks[k].layer_waits[i]);
	}
	qsort(sums, layers, sizeof(*sums), compare_sums);
	for (size_t i = 0; i < layers && sums[i].transfer + sums[i].wait > 0; i++) {
		if (sums[i].number == job->layers)
			add_string(sheet, "outside");
		else
			add_count(sheet, sums[i].number, true);
		add_time(sheet, sums[i].wait, true);
		add_share(sheet, sums[i].wait, job->wait, false);
		add_last(sheet, &sums[i]);
	}
	free(sums);
}

static const struct column pass_columns[] = {
	{ "pass", true, 0 }, { "stage", false, 3 }, { "waited", true, 0 }, { "of all", true, 2 },
	{ "most for rank", true, 0 }, { "for it", true, 1 }, { "shortest", true, 6 },
	{ "median", true, 4 }, { "longest", true, 5 }, { "of rank", true, 7 },
};

/* The passes of all ranks, by number. */
static struct sum *
sum_passes(const struct job *job, size_t *count)
{
	struct map places = { 0 };
	struct sum *sums = NULL;
	size_t capacity = 0;

	*count = 0;
	for (size_t i = 0; i < job->count; i++)
		for (size_t k = 0; k < job->ranks[i].pass_count; k++) {
			const struct pass *pass = &job->ranks[i].passes[k];
			void **place = map_put(&places, (const char *)&pass->number,
			    sizeof(pass->number));
			struct sum *sum;

			if (*place == NULL) {
				sums = memory_grow(sums, *count, &capacity, sizeof(*sums));
				sums[(*count)++] = (struct sum){ .number = pass->number,
					.stage = pass->stage, .least = INT64_MAX };
				*place = (void *)(uintptr_t)*count;
			}
			sum = &sums[(uintptr_t)*place - 1];
			sum_add(sum, &job->ranks[i], &pass->waits);
			if (pass->own < sum->least)
				sum->least = pass->own;
			if (pass->own > sum->most) {
				sum->most = pass->own;
				sum->slowest = &job->ranks[i];
			}
		}
	map_free(&places);
	return sums;
}

static int64_t
median_own(const struct job *job, int64_t number)
{
	int64_t *owns = memory_alloc((job->count + 1) * sizeof(*owns)), median;
	size_t count = 0;

	for (size_t i = 0; i < job->count; i++)
		for (size_t k = 0; k < job->ranks[i].pass_count; k++)
			if (job->ranks[i].passes[k].number == number && count <= job->count) {
				owns[count++] = job->ranks[i].passes[k].own;
				break;
			}
	median = statistics_median_of(owns, count);
	free(owns);
	return median;
}

static void
fill_passes(struct sheet *sheet, const struct job *job)
{
	size_t count;
	struct sum *sums = sum_passes(job, &count);

	if (count > 0)
		qsort(sums, count, sizeof(*sums), compare_sums);
	for (size_t i = 0; i < count; i++) {
		add_count(sheet, sums[i].number, true);
		add_string(sheet, sums[i].stage);
		add_time(sheet, sums[i].wait, true);
		add_share(sheet, sums[i].wait, job->wait, false);
		add_last(sheet, &sums[i]);
		add_time(sheet, sums[i].least, true);
		add_time(sheet, median_own(job, sums[i].number), true);
		add_time(sheet, sums[i].most, true);
		add_string(sheet, sums[i].slowest != NULL ? sums[i].slowest->label : "");
	}
	free(sums);
}

static const struct column kind_columns[] = {
	{ "collective", false, 0 }, { "group", false, 5 }, { "bytes", true, 0 },
	{ "count", true, 2 }, { "waited", true, 1 }, { "transfer", true, 3 },
	{ "algorithm", true, 4 }, { "bus", true, 0 },
};

static void
fill_kinds(struct sheet *sheet, const struct job *job)
{
	for (size_t i = 0; i < job->kind_count; i++) {
		const struct kind *kind = &job->kinds[i];
		struct text *group;

		add_string(sheet, collective_names[kind->kind]);
		group = add_cell(sheet, NAN);
		json_unescape(group, (struct slice){ kind->group, strlen(kind->group) });
		text_add_string(group, ""); /* it ends, also when nothing was added */
		add_count(sheet, kind->bytes, kind->bytes >= 0);
		add_count(sheet, kind->count, true);
		add_time(sheet, kind->wait, true);
		add_time(sheet, kind->transfer, true);
		add_rate(sheet, kind->algbw);
		add_rate(sheet, kind->busbw);
	}
}

#define COLUMNS(list) list, sizeof(list) / sizeof((list)[0])

struct sheet
sheet_make(const struct job *job, enum sheet_kind kind)
{
	static const struct {
		const char *title, *legend;
		const struct column *columns;
		size_t count;
		void (*fill)(struct sheet *sheet, const struct job *job);
	} kinds[SHEET_COUNT] = {
		{ "Ranks, the greatest lateness first",
		    "others waited: in collectives that this rank was last at. to median: of the "
		    "ranks. exposed comm.: communication while nothing is computed.",
		    COLUMNS(rank_columns), fill_ranks },
		{ "Waiting by layer", "over all ranks and passes; for it: the rank that most was "
		    "waited for there.", COLUMNS(layer_columns), fill_layers },
		{ "Waiting by pass", "over all ranks; shortest, median and longest are a pass's "
		    "wall time on the ranks.", COLUMNS(pass_columns), fill_passes },
		{ "Collectives", "transfer: the shortest duration over the ranks, added up. "
		    "algorithm: bytes by transfer; bus: times the factor of nccl-tests.",
		    COLUMNS(kind_columns), fill_kinds },
	};
	struct sheet sheet = { .title = kinds[kind].title, .legend = kinds[kind].legend,
		.columns = kinds[kind].columns, .column_count = kinds[kind].count };

	if (kind == SHEET_RANKS || job->rows.count > 0)
		kinds[kind].fill(&sheet, job);
	return sheet;
}

void
sheet_free(struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->count; i++)
		text_free(&sheet->cells[i]);
	free(sheet->cells);
	free(sheet->values);
}

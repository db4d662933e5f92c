/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds up whom, by how much and why; what is missing; and what to make of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "job.h"
#include "say.h"

static void
wait_add(struct waits *waits, const struct row *row, int64_t duration)
{
	waits->collectives++;
	waits->transfer += row->transfer;
	waits->wait += duration - row->transfer;
}

static void
cause_add(struct waits *waits, int64_t waited)
{
	waits->last++;
	waits->caused += waited;
}

size_t
job_layer(const struct job *job, int64_t layer)
{
	return (size_t)(layer >= 0 && layer < job->layers ? layer : job->layers);
}

static struct pass *
pass_of(struct rank *rank, int64_t number)
{
	for (size_t i = 0; i < rank->pass_count; i++) {
		/* Nearly always they are numbered from 0, in order. */
		size_t at = number >= 0 ? ((size_t)number + i) % rank->pass_count : i;

		if (rank->passes[at].number == number)
			return &rank->passes[at];
	}
	return NULL;
}

static void
add_kind(struct job *job, const struct row *row, struct map *kinds, int64_t waited)
{
	struct text key = { 0 };
	struct kind *kind;
	void **place;

	text_add_format(&key, "%d %lld %s", (int)row->kind, (long long)row->bytes, row->group);
	place = map_put(kinds, key.bytes, key.length);
	text_free(&key);
	if (*place == NULL) {
		job->kinds = memory_grow(job->kinds, job->kind_count, &job->kind_capacity,
		    sizeof(*job->kinds));
		job->kinds[job->kind_count++] = (struct kind){ .group = row->group,
			.kind = row->kind, .bytes = row->bytes, .algbw = -1, .busbw = -1 };
		*place = (void *)(uintptr_t)job->kind_count;
	}
	kind = &job->kinds[(uintptr_t)*place - 1];
	kind->count++;
	kind->transfer += row->transfer;
	kind->wait += waited;
}

/* A kind's rates are those of all its collectives together: bytes by time; a bus's factor is
 * the same for all of one kind in one group. */
static void
find_rates(struct job *job, const struct row *row, const struct map *kinds)
{
	struct text key = { 0 };
	struct kind *kind;

	text_add_format(&key, "%d %lld %s", (int)row->kind, (long long)row->bytes, row->group);
	kind = &job->kinds[(uintptr_t)*map_get(kinds, key.bytes, key.length) - 1];
	text_free(&key);
	if (kind->algbw >= 0 || row->rate <= 0 || row->bytes < 0 || kind->transfer <= 0)
		return;
	kind->algbw = (int64_t)((double)row->bytes * (double)kind->count * 1e9 /
	    (double)kind->transfer);
	if (row->size >= 1)
		kind->busbw = (int64_t)((double)kind->algbw *
		    collective_bus_factor(row->kind, row->size));
}

static int
compare_kinds(const void *left, const void *right)
{
	const struct kind *a = left, *b = right;

	if (a->wait != b->wait)
		return a->wait > b->wait ? -1 : 1;
	if (a->transfer != b->transfer)
		return a->transfer > b->transfer ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? -1 : 1;
	return strcmp(a->group, b->group);
}

/* What was waited, by pass and by layer of each rank. */
static void
add_row(struct job *job, struct rank *const *of_member, const struct row *row, struct map *kinds)
{
	int64_t waited = 0;

	for (size_t i = 0; i < row->count; i++) {
		const struct comm *comm = row->seats[i].comm;
		struct rank *rank = of_member[row->seats[i].member];
		struct pass *pass = pass_of(rank, comm->pass);
		int64_t duration = comm->end - comm->start;

		if (pass != NULL)
			wait_add(&pass->waits, row, duration);
		wait_add(&rank->layer_waits[job_layer(job, comm->layer)], row, duration);
		waited += duration - row->transfer;
	}
	add_kind(job, row, kinds, waited);
	job->transfer += row->transfer;
	job->wait += waited;
	job->nobody_late += row->last == NOBODY;
	job->mismatches += !row->same;
	for (size_t i = 0; i < row->count && row->last != NOBODY; i++) {
		struct rank *rank = of_member[row->last];
		struct pass *pass;

		if (row->seats[i].member != (size_t)row->last)
			continue;
		pass = pass_of(rank, row->seats[i].comm->pass);
		if (pass != NULL)
			cause_add(&pass->waits, waited);
		cause_add(&rank->layer_waits[job_layer(job, row->seats[i].comm->layer)], waited);
	}
}

static void
match(struct job *job)
{
	struct map keys = { 0 }, kinds = { 0 };
	struct rank **of_member;

	if (job->members.count < 2)
		return;
	rows_find(&job->rows, &job->members);
	of_member = memory_alloc_zero(job->members.count, sizeof(struct rank *));
	for (size_t i = 0; i < job->members.count; i++)
		*map_put_string(&keys, job->members.list[i].key) = (void *)(uintptr_t)(i + 1);
	for (size_t i = 0; i < job->count; i++) {
		struct rank *rank = &job->ranks[i];
		size_t member;

		if (rank->key == NULL)
			continue;
		member = (size_t)(uintptr_t)*map_get_string(&keys, rank->key) - 1;
		of_member[member] = rank;
		rank->layer_waits = memory_alloc_zero((size_t)job->layers + 1,
		    sizeof(*rank->layer_waits));
		job->unmatched += job->rows.unmatched[member];
		rank->late = &job->rows.late[member];
	}
	for (size_t i = 0; i < job->rows.count; i++)
		add_row(job, of_member, &job->rows.list[i], &kinds);
	for (size_t i = 0; i < job->rows.count; i++)
		find_rates(job, &job->rows.list[i], &kinds);
	if (job->kind_count > 0)
		qsort(job->kinds, job->kind_count, sizeof(*job->kinds), compare_kinds);
	map_free(&keys);
	map_free(&kinds);
	free(of_member);
}

static bool
is_whole(const struct rank *rank)
{
	return rank->is_job && rank->window > 0 && rank->health != HEALTH_RECOVERED;
}

static int64_t
median_of(const struct job *job, int64_t (*value)(const struct rank *))
{
	int64_t *values = memory_alloc((job->count + 1) * sizeof(*values)), median = 0;
	size_t count = 0;

	for (size_t i = 0; i < job->count; i++)
		if (is_whole(&job->ranks[i]))
			values[count++] = value(&job->ranks[i]);
	if (count > 0)
		median = statistics_median_of(values, count);
	free(values);
	return median;
}

static int64_t
window_of(const struct rank *rank)
{
	return rank->window;
}

static int64_t
compute_of(const struct rank *rank)
{
	return rank->compute;
}

/* Whether a is beyond b by more than so many per cent. */
static bool
is_beyond(int64_t a, int64_t b, double percent)
{
	return b > 0 && (double)a > (double)b * (1 + percent / 100);
}

enum why
rank_why(const struct rank *rank)
{
	enum why most = WHY_COUNT;

	if (rank->late == NULL || rank->late->last == 0)
		return WHY_COUNT;
	for (enum why why = WHY_UNKNOWN; why < WHY_COUNT; why++)
		if (rank->late->by_why[why] > 0 && (most == WHY_COUNT ||
		    rank->late->ns_by_why[why] > rank->late->ns_by_why[most]))
			most = why;
	return most;
}

static void
find_late(struct job *job)
{
	job->median_window = median_of(job, window_of);
	job->median_compute = median_of(job, compute_of);
	for (size_t i = 0; i < job->count; i++) {
		struct rank *rank = &job->ranks[i];
		double others = (double)job->members.count - 1;

		rank->holds_up = rank->late != NULL && rank->late->caused > 0 &&
		    (double)rank->late->caused / others >=
		    job->late_percent / 100 * (double)job->median_window;
		/* Where ranks wait for each other, wall time is alike and computing says who. */
		rank->slow = is_whole(rank) &&
		    (is_beyond(rank->window, job->median_window, job->slow_percent) ||
		    (job->rows.count == 0 &&
		    is_beyond(rank->compute, job->median_compute, job->slow_percent)));
	}
}

static int
compare_labels(const char *a, const char *b)
{
	size_t a_length = a != NULL ? strlen(a) : 0, b_length = b != NULL ? strlen(b) : 0;

	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	return a_length > 0 ? strcmp(a, b) : 0;
}

/* The greatest lateness first; then as they are numbered; files that are no rank last. */
static int
compare_ranks(const void *left, const void *right)
{
	const struct rank *a = left, *b = right;
	int64_t a_caused = a->late != NULL ? a->late->caused : 0;
	int64_t b_caused = b->late != NULL ? b->late->caused : 0;
	int order;

	if (a->is_job != b->is_job)
		return a->is_job ? -1 : 1;
	if (a_caused != b_caused)
		return a_caused > b_caused ? -1 : 1;
	if (a->slow != b->slow)
		return a->slow ? -1 : 1;
	if ((order = compare_labels(a->label, b->label)) != 0)
		return order;
	if ((order = compare_labels(a->device, b->device)) != 0)
		return order;
	return a->file != NULL && b->file != NULL ? strcmp(a->file, b->file) : 0;
}

/* Ranks that the job has, as the traces say, and no trace is of. */
static void
find_missing(struct job *job)
{
	enum { MOST_TOLD = 20 };
	int64_t world = 0;
	bool *seen;
	size_t told = 0, missing = 0;

	for (size_t i = 0; i < job->count; i++)
		if (job->ranks[i].world_size > world && job->ranks[i].world_size <= 1000000)
			world = job->ranks[i].world_size;
	seen = memory_alloc_zero((size_t)world + 1, sizeof(*seen));
	for (size_t i = 0; i < job->count; i++)
		if (job->ranks[i].number >= 0 && job->ranks[i].number < world)
			seen[job->ranks[i].number] = true;
	for (int64_t number = 0; number < world; number++) {
		if (seen[number])
			continue;
		if (missing++ < MOST_TOLD) {
			text_add_format(&job->missing, "%s%lld", told++ > 0 ? ", " : "",
			    (long long)number);
		}
	}
	if (missing > told)
		text_add_format(&job->missing, " and %zu more", missing - told);
	free(seen);
}

static void
decide(struct job *job)
{
	bool late = false, slow = false;

	job->damaged = job->missing.length > 0;
	for (size_t i = 0; i < job->count; i++) {
		job->damaged |= job->ranks[i].health != HEALTH_GOOD;
		late |= job->ranks[i].holds_up;
		slow |= job->ranks[i].slow;
	}
	job->status = job->damaged ? "damaged" : late || slow ? "slower" : "pass";
}

static void
swap_strings(char **a, char **b)
{
	char *swapped = *a;

	*a = *b;
	*b = swapped;
}

/* Of two of one label the whole one counts, else the first. */
static void
choose(struct rank *rank, struct rank *before)
{
	if (rank->own_health >= before->own_health)
		return;
	rank->health = rank->own_health;
	before->health = HEALTH_DOUBLED;
	swap_strings(&rank->label, &before->label);
}

/* A rank that was given twice is in no collective: its clock and its waiting are another run's,
 * or the same once more. */
static void
drop_doubled(struct job *job)
{
	struct members *members = &job->members;

	for (size_t i = 0; i < job->count; i++) {
		struct rank *rank = &job->ranks[i];
		size_t length = rank->label != NULL ? strcspn(rank->label, "#") : 0;

		for (size_t k = 0; k < i && rank->health == HEALTH_DOUBLED; k++)
			if (job->ranks[k].label != NULL && job->ranks[k].health != HEALTH_DOUBLED &&
			    strlen(job->ranks[k].label) == length &&
			    strncmp(job->ranks[k].label, rank->label, length) == 0)
				choose(rank, &job->ranks[k]);
	}
	for (size_t i = 0; i < job->count; i++) {
		struct rank *rank = &job->ranks[i];

		if (rank->health != HEALTH_DOUBLED)
			continue;
		text_add_string(&rank->says, rank->says.length > 0 ? "; " : "");
		text_add_string(&rank->says, "this rank was given twice, and is in no collective");
		for (size_t k = 0; k < members->count && rank->key != NULL; k++)
			if (strcmp(members->list[k].key, rank->key) == 0) {
				free(members->list[k].key);
				free(members->list[k].comms);
				members->list[k] = members->list[--members->count];
				break;
			}
		free(rank->key);
		rank->key = NULL;
	}
}

void
job_judge(struct job *job)
{
	drop_doubled(job);
	for (size_t i = 0; i < job->count; i++)
		if (job->ranks[i].layers > job->layers)
			job->layers = job->ranks[i].layers;
	match(job);
	find_late(job);
	find_missing(job);
	qsort(job->ranks, job->count, sizeof(*job->ranks), compare_ranks);
	decide(job);
	say_all(job);
}

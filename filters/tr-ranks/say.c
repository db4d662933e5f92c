/* SPDX-License-Identifier: Apache-2.0 */
/* Says who holds up whom, what was waited, and what is wrong with the traces. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "say.h"

/* More of one sort are counted only. */
enum { MOST_TOLD = 8 };

void
say_time(struct text *text, int64_t ns)
{
	struct number number;

	text_add_string(text, number_human(&number, (double)ns / 1e3));
}

static struct text *
new_sentence(struct job *job)
{
	job->sentences = memory_grow(job->sentences, job->sentence_count,
	    &job->sentence_capacity, sizeof(*job->sentences));
	job->sentences[job->sentence_count] = (struct text){ 0 };
	return &job->sentences[job->sentence_count++];
}

static void
say_percent(struct text *text, double part, double whole)
{
	struct number number;

	text_add_string(text, number_percent(&number, part, whole));
}

/* "rank 0, device 1" where a rank has several. */
static void
say_name(struct text *text, const struct rank *rank)
{
	text_add_format(text, "rank %s", rank->label);
	if (rank->key != NULL && strchr(rank->key, '/') != NULL)
		text_add_format(text, ", device %s", rank->device != NULL ? rank->device : "");
}

static void
say_late(const struct job *job, const struct rank *rank, struct text *text)
{
	int64_t each = rank->late->caused / (int64_t)(job->members.count - 1);
	enum why why = rank_why(rank);

	say_name(text, rank);
	text_add_format(text, " holds up the others: last at %llu of %llu collectives, for which "
	    "they waited ", (unsigned long long)rank->late->last,
	    (unsigned long long)rank->late->collectives);
	say_time(text, rank->late->caused);
	text_add_string(text, " (");
	say_time(text, each);
	text_add_string(text, " each, ");
	say_percent(text, (double)each, (double)job->median_window);
	text_add_format(text, " of the wall time): %s (%llu of %llu)",
	    why_says[why == WHY_COUNT ? WHY_UNKNOWN : why],
	    (unsigned long long)rank->late->by_why[why == WHY_COUNT ? WHY_UNKNOWN : why],
	    (unsigned long long)rank->late->last);
	if (why == WHY_HOST && rank->host_says != NULL)
		text_add_format(text, ": %.*s", (int)strcspn(rank->host_says, "\n") -
		    (rank->host_says[0] != '\0'), rank->host_says); /* without its full stop */
}

static void
say_waits(const struct job *job, struct text *text)
{
	if (job->rows.count == 0) {
		text_add_string(text, job->members.count < 2 ?
		    "One rank alone: what is waiting for others cannot be told from it" :
		    "The ranks have no collectives in common: who waits for whom is not known");
		return;
	}
	text_add_format(text, "%zu collectives of %zu ranks: transfer ", job->rows.count,
	    job->members.count);
	say_time(text, job->transfer);
	text_add_string(text, ", waiting ");
	say_time(text, job->wait);
	text_add_string(text, " over all ranks");
	if (job->nobody_late > 0)
		text_add_format(text, "; at %llu nobody was late",
		    (unsigned long long)job->nobody_late);
	if (job->unmatched > 0)
		text_add_format(text, "; %llu kernels that communicate have no partner",
		    (unsigned long long)job->unmatched);
	if (job->mismatches > 0)
		text_add_format(text, "; of %llu the ranks say different things: their order may "
		    "be off from there", (unsigned long long)job->mismatches);
}

static void
say_slow(const struct job *job, const struct rank *rank, struct text *text)
{
	bool wall = rank->window > job->median_window;
	int64_t value = wall ? rank->window : rank->compute;
	int64_t median = wall ? job->median_window : job->median_compute;

	say_name(text, rank);
	text_add_format(text, " takes %s longer than the median rank: ",
	    wall ? "" : "its computing ");
	say_time(text, value);
	text_add_string(text, " for ");
	say_time(text, median);
	text_add_format(text, " (%+.1f %%)", 100 * ((double)value / (double)median - 1));
}

/* Who of the ranks; how many more there are. */
static void
say_ranks(struct job *job)
{
	size_t late = 0, slow = 0;

	for (size_t i = 0; i < job->count; i++) {
		const struct rank *rank = &job->ranks[i];

		if (rank->holds_up && late++ < MOST_TOLD)
			say_late(job, rank, new_sentence(job));
		else if (rank->slow && !rank->holds_up && slow++ < MOST_TOLD)
			say_slow(job, rank, new_sentence(job));
	}
	if (late > MOST_TOLD)
		text_add_format(new_sentence(job), "%zu more ranks hold up the others",
		    late - MOST_TOLD);
	if (slow > MOST_TOLD)
		text_add_format(new_sentence(job), "%zu more ranks take longer than the median",
		    slow - MOST_TOLD);
	if (late == 0 && job->rows.count > 0)
		text_add_format(new_sentence(job), "No rank makes each of the others wait for "
		    "%g %% of the wall time or more", job->late_percent);
}

/* The layer that most was waited in, over all ranks. */
static void
say_layer(struct job *job)
{
	size_t most = 0;
	int64_t most_wait = 0;
	struct text *text;

	for (size_t layer = 0; job->rows.count > 0 && layer <= (size_t)job->layers; layer++) {
		int64_t wait = 0;

		for (size_t i = 0; i < job->count; i++)
			if (job->ranks[i].layer_waits != NULL)
				wait += job->ranks[i].layer_waits[layer].wait;
		if (wait > most_wait) {
			most_wait = wait;
			most = layer;
		}
	}
	if (most_wait == 0 || job->layers == 0)
		return;
	text = new_sentence(job);
	if (most == (size_t)job->layers)
		text_add_string(text, "Most was waited outside of layers: ");
	else
		text_add_format(text, "Most was waited in layer %zu: ", most);
	say_time(text, most_wait);
	text_add_string(text, ", ");
	say_percent(text, (double)most_wait, (double)job->wait);
	text_add_string(text, " of all waiting");
}

/* Ends of a collective really differ by some microseconds. */
bool
clock_differs(const struct lateness *late)
{
	return late->has_offset && llabs(late->offset) > 3 * late->residual + 1000;
}

static void
say_clock(struct job *job)
{
	const struct rank *most = NULL;
	int64_t farthest = 0;
	struct text *text;

	for (size_t i = 0; i < job->count; i++) {
		const struct lateness *late = job->ranks[i].late;

		if (late == NULL || !clock_differs(late) || llabs(late->offset) <= farthest)
			continue;
		farthest = llabs(late->offset);
		most = &job->ranks[i];
	}
	if (most == NULL)
		return;
	text = new_sentence(job);
	text_add_string(text, "The clocks differ by up to ");
	say_time(text, farthest);
	text_add_format(text, " (rank %s ", most->label);
	text_add_format(text, "%s rank %s, give or take ",
	    most->late->offset > 0 ? "is ahead of" : "is after", job->members.list[0].key);
	say_time(text, most->late->residual);
	text_add_string(text, "): taken out. Waiting needs no clock");
}

static void
say_health(struct job *job)
{
	size_t told[HEALTH_COUNT] = { 0 };

	if (job->missing.length > 0)
		text_add_format(new_sentence(job), "Of these ranks there is no trace: %s",
		    job->missing.bytes);
	for (size_t i = 0; i < job->count; i++) {
		const struct rank *rank = &job->ranks[i];
		struct text *text;

		if (rank->health == HEALTH_GOOD || told[rank->health]++ >= MOST_TOLD)
			continue;
		text = new_sentence(job);
		if (rank->label != NULL)
			text_add_format(text, "rank %s, ", rank->label);
		text_add_format(text, "%s, is %s: %s", rank->file != NULL ? rank->file : "",
		    rank->health == HEALTH_EMPTY ? "without GPU work" : health_names[rank->health],
		    rank->says.length > 0 ? rank->says.bytes : "");
	}
	for (int health = 0; health < HEALTH_COUNT; health++)
		if (told[health] > MOST_TOLD)
			text_add_format(new_sentence(job), "%zu more traces are %s",
			    told[health] - MOST_TOLD, health_names[health]);
}

/* The verdict's own sentence is the first ones of these. */
static void
say_verdict(struct job *job, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			text_add_string(&job->says, ". ");
		text_add_string(&job->says, job->sentences[i].bytes);
	}
}

void
say_all(struct job *job)
{
	size_t ranks;

	say_ranks(job);
	say_health(job);
	ranks = job->sentence_count;
	say_waits(job, new_sentence(job));
	say_layer(job);
	say_clock(job);
	for (size_t i = 0; i < job->sentence_count; i++) {
		char *first = job->sentences[i].bytes;

		if (strncmp(first, "rank ", 5) == 0)
			*first = 'R';
	}
	say_verdict(job, ranks > 0 ? ranks : 1);
}

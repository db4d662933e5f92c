/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a group are matched by sequence number, else by order. The shortest duration is
 * the transfer; what others last longer is waiting, for which no clock is needed. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "trace/collective_row.h"

struct member *
members_add(struct members *members, const char *key, int64_t base)
{
	members->list = memory_grow(members->list, members->count, &members->capacity,
	    sizeof(*members->list));
	members->list[members->count] = (struct member){ .key = memory_copy_string(key),
		.base = base };
	return &members->list[members->count++];
}

struct comm *
member_add(struct member *member)
{
	member->comms = memory_grow(member->comms, member->count, &member->capacity,
	    sizeof(*member->comms));
	return &member->comms[member->count++];
}

void
members_free(struct members *members)
{
	for (size_t i = 0; i < members->count; i++) {
		free(members->list[i].key);
		free(members->list[i].comms);
	}
	free(members->list);
}

static int
compare_members(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	size_t a_length = strlen(a->key), b_length = strlen(b->key);

	return a_length != b_length ? (a_length < b_length ? -1 : 1) : strcmp(a->key, b->key);
}

static const char *
group_of(const struct comm *comm)
{
	return comm->facts != NULL && comm->facts->group != NULL ? comm->facts->group : "";
}

static const char *
ranks_of(const struct comm *comm)
{
	return comm->facts != NULL && comm->facts->group_ranks != NULL ?
	    comm->facts->group_ranks : "";
}

/* The kernels of one member in one group. */
struct party {
	const char *group, *ranks; /* as its first kernel has them */
	size_t member;
	const struct comm **comms;
	size_t count, capacity;
};

struct parties {
	struct party *list;
	size_t count, capacity;
};

static void
add_parties(struct parties *parties, const struct member *member, size_t number)
{
	size_t first = parties->count;

	for (size_t i = 0; i < member->count; i++) {
		const struct comm *comm = &member->comms[i];
		const char *group = group_of(comm);
		struct party *party;
		size_t place = first;

		while (place < parties->count && strcmp(parties->list[place].group, group) != 0)
			place++;
		if (place == parties->count) {
			parties->list = memory_grow(parties->list, parties->count,
			    &parties->capacity, sizeof(*parties->list));
			parties->list[parties->count++] = (struct party){ .group = group,
				.ranks = ranks_of(comm), .member = number };
		}
		party = &parties->list[place];
		party->comms = memory_grow(party->comms, party->count, &party->capacity,
		    sizeof(*party->comms));
		party->comms[party->count++] = comm;
	}
}

static int
compare_parties(const void *left, const void *right)
{
	const struct party *a = left, *b = right;
	int order = strcmp(a->group, b->group);

	if (order == 0)
		order = strcmp(a->ranks, b->ranks);
	return order != 0 ? order : a->member < b->member ? -1 : a->member > b->member;
}

/* One kernel with its key in its group. */
struct seat {
	int64_t key, repeat;
	size_t member;
	const struct comm *comm;
};

static int
compare_seats(const void *left, const void *right)
{
	const struct seat *a = left, *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->repeat != b->repeat)
		return a->repeat < b->repeat ? -1 : 1;
	return a->member < b->member ? -1 : a->member > b->member;
}

static bool
has_sequences(const struct party *parties, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < parties[i].count; k++)
			if (parties[i].comms[k]->facts == NULL ||
			    parties[i].comms[k]->facts->sequence < 0)
				return false;
	return true;
}

static int
compare_repeats(const void *left, const void *right)
{
	const struct seat *a = left, *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->repeat < b->repeat ? -1 : a->repeat > b->repeat;
}

/* The party's kernels with their keys: how often a number came before is its second part. */
static void
seat_party(const struct party *party, bool sequences, struct seat *seats)
{
	for (size_t i = 0; i < party->count; i++)
		seats[i] = (struct seat){ sequences ? party->comms[i]->facts->sequence : (int64_t)i,
			(int64_t)i, party->member, party->comms[i] };
	qsort(seats, party->count, sizeof(*seats), compare_repeats);
	for (size_t i = 0, first = 0; i < party->count; i++) {
		if (seats[i].key != seats[first].key)
			first = i;
		seats[i].repeat = (int64_t)(i - first);
	}
}

/* The collectives of the parties of one group with the same ranks. */
static void
match(const struct party *parties, size_t count, struct rows *rows)
{
	bool sequences = has_sequences(parties, count);
	size_t total = 0, end;
	struct seat *seats;

	if (count < 2) {
		rows->unmatched[parties->member] += parties->count;
		return;
	}
	for (size_t i = 0; i < count; i++)
		total += parties[i].count;
	seats = memory_alloc(total * sizeof(*seats));
	total = 0;
	for (size_t i = 0; i < count; i++) {
		seat_party(&parties[i], sequences, seats + total);
		total += parties[i].count;
	}
	qsort(seats, total, sizeof(*seats), compare_seats);
	for (size_t begin = 0; begin < total; begin = end) {
		struct row *row;

		for (end = begin; end < total && seats[end].key == seats[begin].key &&
		    seats[end].repeat == seats[begin].repeat; end++)
			;
		if (end - begin < 2) {
			rows->unmatched[seats[begin].member]++;
			continue;
		}
		row = rows_add(rows, end - begin);
		row->group = parties->group;
		row->key = seats[begin].key;
		row->repeat = seats[begin].repeat;
		row->by_sequence = sequences;
		row->complete = end - begin == count;
		for (size_t i = begin; i < end; i++)
			row->seats[i - begin] = (struct place){ seats[i].member, seats[i].comm };
		row_describe(row);
	}
	free(seats);
}

void
rows_find(struct rows *rows, struct members *members)
{
	struct parties parties = { 0 };
	size_t end;

	qsort(members->list, members->count, sizeof(*members->list), compare_members);
	*rows = (struct rows){ .members = members };
	rows->unmatched = memory_alloc_zero(members->count, sizeof(*rows->unmatched));
	for (size_t i = 0; i < members->count; i++)
		add_parties(&parties, &members->list[i], i);
	if (parties.count > 0)
		qsort(parties.list, parties.count, sizeof(*parties.list), compare_parties);
	for (size_t begin = 0; begin < parties.count; begin = end) {
		for (end = begin; end < parties.count &&
		    strcmp(parties.list[end].group, parties.list[begin].group) == 0 &&
		    strcmp(parties.list[end].ranks, parties.list[begin].ranks) == 0; end++)
			;
		match(parties.list + begin, end - begin, rows);
	}
	for (size_t i = 0; i < parties.count; i++)
		free(parties.list[i].comms);
	free(parties.list);
	rows_find_late(rows);
}

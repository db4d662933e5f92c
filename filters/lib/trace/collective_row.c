/* SPDX-License-Identifier: Apache-2.0 */
/* What one collective is, how much it moves and how fast. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "trace/collective_row.h"

struct row *
rows_add(struct rows *rows, size_t seats)
{
	struct row *row;

	rows->list = memory_grow(rows->list, rows->count, &rows->capacity, sizeof(*rows->list));
	row = &rows->list[rows->count];
	*row = (struct row){ .number = rows->count++, .count = seats, .last = NOBODY };
	row->seats = memory_alloc(seats * sizeof(*row->seats));
	return row;
}

void
rows_free(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free(rows->list[i].seats);
	free(rows->list);
	free(rows->unmatched);
	free(rows->late);
}

/* Whether the words come in this order, with an underscore between them or not; any case.
 * "all reduce": allreduce, AllReduce, all_reduce. */
static bool
mentions(const char *text, const char *words)
{
	for (; *text != '\0'; text++) {
		const char *at = text, *word = words;

		while (*word != '\0' && *at != '\0') {
			if (*word == ' ') {
				at += *at == '_';
				word++;
			} else if ((*at | 0x20) == *word || (*at == '_' && *word == '_')) {
				at++;
				word++;
			} else {
				break;
			}
		}
		if (*word == '\0')
			return true;
	}
	return false;
}

static enum collective_kind
kind_in(const char *text)
{
	static const struct {
		const char *words;
		enum collective_kind kind;
	} table[] = {
		{ "all reduce", COLLECTIVE_ALL_REDUCE },
		{ "cross_device_reduce", COLLECTIVE_ALL_REDUCE },
		{ "quick reduce", COLLECTIVE_ALL_REDUCE },
		{ "all gather", COLLECTIVE_ALL_GATHER },
		{ "reduce scatter", COLLECTIVE_REDUCE_SCATTER },
		{ "all to all", COLLECTIVE_ALL_TO_ALL },
		{ "broadcast", COLLECTIVE_BROADCAST },
		{ "send recv", COLLECTIVE_SEND_RECV },
		{ "reduce", COLLECTIVE_REDUCE },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (mentions(text, table[i].words))
			return table[i].kind;
	return COLLECTIVE_OTHER;
}

static enum collective_kind
kind_of(const struct comm *comm)
{
	enum collective_kind kind = COLLECTIVE_OTHER;

	if (comm->facts != NULL && comm->facts->name != NULL)
		kind = kind_in(comm->facts->name);
	return kind != COLLECTIVE_OTHER ? kind : kind_in(comm->name);
}

static bool
same_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* Up to the arguments. */
static size_t
short_length(const char *name)
{
	return strcspn(name, "(");
}

static bool
says_the_same(const struct comm *a, const struct comm *b)
{
	static const struct collective_facts nothing;
	const struct collective_facts *x = a->facts != NULL ? a->facts : &nothing;
	const struct collective_facts *y = b->facts != NULL ? b->facts : &nothing;
	size_t length = short_length(a->name);

	return kind_of(a) == kind_of(b) && length == short_length(b->name) &&
	    strncmp(a->name, b->name, length) == 0 &&
	    same_text(x->in_elements, y->in_elements) && same_text(x->dtype, y->dtype);
}

/* Bytes of one element; 0: not known. */
static int64_t
element_size(const char *dtype)
{
	static const struct {
		const char *name;
		int64_t size;
	} sizes[] = {
		{ "float", 4 }, { "int", 4 }, { "long", 8 }, { "bfloat16", 2 }, { "half", 2 },
		{ "double", 8 }, { "byte", 1 }, { "char", 1 }, { "bool", 1 }, { "short", 2 },
		{ "float8_e4m3fn", 1 }, { "float8_e5m2", 1 }, { "float8_e4m3fnuz", 1 },
	};

	for (size_t i = 0; dtype != NULL && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (strcasecmp(dtype, sizes[i].name) == 0)
			return sizes[i].size;
	return 0;
}

/* count * 1e9 / ns, rounded down; without a product that does not fit. */
static int64_t
per_second(int64_t count, int64_t ns)
{
	int64_t rate = count / ns, rest = count % ns;

	for (int digit = 0; digit < 9; digit++) {
		rest *= 10;
		rate = rate * 10 + rest / ns;
		rest %= ns;
	}
	return rate;
}

double
collective_bus_factor(enum collective_kind kind, int64_t size)
{
	double part = (double)(size - 1) / (double)size;

	switch (kind) {
	case COLLECTIVE_ALL_REDUCE:
		return 2 * part;
	case COLLECTIVE_ALL_GATHER:
	case COLLECTIVE_REDUCE_SCATTER:
	case COLLECTIVE_ALL_TO_ALL:
		return part;
	default:
		return 1;
	}
}

/* The same in whole numbers: what goes over a rank's link in a second. */
static int64_t
bus_rate(const struct row *row, int64_t size)
{
	if (size < 1)
		return -1;
	switch (row->kind) {
	case COLLECTIVE_ALL_REDUCE:
		return per_second(row->bytes * 2 * (size - 1), row->transfer * size);
	case COLLECTIVE_ALL_GATHER:
	case COLLECTIVE_REDUCE_SCATTER:
	case COLLECTIVE_ALL_TO_ALL:
		return per_second(row->bytes * (size - 1), row->transfer * size);
	default:
		return row->rate;
	}
}

/* A quarter of an hour: what lasts longer is no transfer, and products of it do not fit. */
static const int64_t LONGEST_NS = INT64_C(900000000000);

/* The first that any member tells; a group's size above a million is none. */
static void
find_rates(struct row *row)
{
	int64_t in = -1, out = -1, size = -1, element;
	const char *dtype = NULL;

	for (size_t i = 0; i < row->count; i++) {
		const struct collective_facts *facts = row->seats[i].comm->facts;

		if (facts == NULL)
			continue;
		in = in >= 0 ? in : facts->in_count;
		out = out >= 0 ? out : facts->out_count;
		size = size >= 0 ? size : facts->group_size;
		dtype = dtype != NULL ? dtype : facts->dtype;
	}
	row->bytes = row->rate = row->bus_rate = -1;
	row->size = size;
	if (row->kind == COLLECTIVE_ALL_GATHER && out >= 0)
		in = out;
	element = element_size(dtype);
	if (element == 0 || in < 0 || in > INT64_C(1) << 36)
		return;
	row->bytes = in * element;
	if (row->transfer == 0 || row->transfer > LONGEST_NS)
		return;
	row->rate = per_second(row->bytes, row->transfer);
	if (size <= 1000000)
		row->bus_rate = bus_rate(row, size);
}

void
row_describe(struct row *row)
{
	row->kind = kind_of(row->seats[0].comm);
	row->same = true;
	row->transfer = INT64_MAX;
	for (size_t i = 0; i < row->count; i++) {
		const struct comm *comm = row->seats[i].comm;

		row->same &= says_the_same(row->seats[0].comm, comm);
		if (comm->end - comm->start < row->transfer)
			row->transfer = comm->end - comm->start;
	}
	row->assumed = (row->kind == COLLECTIVE_SEND_RECV || row->kind == COLLECTIVE_OTHER) &&
	    row->count >= 3 && row->complete && row->same;
	find_rates(row);
}

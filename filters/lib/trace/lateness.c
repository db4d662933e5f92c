/* SPDX-License-Identifier: Apache-2.0 */
/* Who was waited for, why, and how far the ranks' clocks are apart. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "base/text.h"
#include "trace/collective_row.h"

/* Nobody is late below this spread, or below a tenth of the transfer. */
enum { LATE_NS = 5000, DRIFT_LEAST = 5 };

const char *const collective_names[] = { "all_reduce", "all_gather", "reduce_scatter",
	"all_to_all", "broadcast", "send_recv", "reduce", "other" };
const char *const why_names[WHY_COUNT] = { "unknown", "compute", "host", "earlier_wait",
	"copy" };
const char *const why_says[WHY_COUNT] = { "it is not known why", "its compute was longer",
	"its host was late", "it waited itself, in another group", "its copies took longer" };
static const char *const excess_names[4] = { "compute", "comm", "copy", "idle" };

static int64_t
median(int64_t *numbers, size_t count)
{
	statistics_sort(numbers, count);
	return statistics_quantile(numbers, count, 500);
}

static bool
synchronises(const struct row *row)
{
	return row->kind <= COLLECTIVE_ALL_TO_ALL;
}

/* The member's kernel, or NULL. */
static const struct comm *
comm_of(const struct row *row, size_t member)
{
	size_t low = 0, high = row->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (row->seats[middle].member < member)
			low = middle + 1;
		else
			high = middle;
	}
	return low < row->count && row->seats[low].member == member ? row->seats[low].comm : NULL;
}

/* Of synchronising collectives the ends are at one time. */
static void
find_offset(const struct rows *rows, size_t member, struct lateness *late)
{
	const struct member *members = rows->members->list;
	int64_t *apart = memory_alloc_zero(rows->count + 1, sizeof(*apart));
	int64_t *copy = memory_alloc_zero(rows->count + 1, sizeof(*copy));
	size_t count = 0, half;

	for (size_t i = 0; i < rows->count; i++) {
		const struct comm *mine = comm_of(&rows->list[i], member);
		const struct comm *theirs = comm_of(&rows->list[i], 0);

		if (synchronises(&rows->list[i]) && mine != NULL && theirs != NULL)
			apart[count++] = mine->end + members[member].base -
			    (theirs->end + members[0].base);
	}
	half = count / 2;
	if (count > 0) {
		late->has_offset = true;
		memcpy(copy, apart, count * sizeof(*copy));
		late->offset = median(copy, count);
		for (size_t i = 0; i < count; i++)
			copy[i] = apart[i] > late->offset ? apart[i] - late->offset :
			    late->offset - apart[i];
		late->residual = median(copy, count);
	}
	if (half >= DRIFT_LEAST) {
		late->has_drift = true;
		memcpy(copy, apart, count * sizeof(*copy));
		late->drift = median(copy + half, count - half) - median(copy, half);
	}
	free(apart);
	free(copy);
}

static int
compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->number < b->number ? -1 : 1; /* as they were matched */
}

/* On the first rank's clock. */
static void
find_first(const struct rows *rows, struct row *row)
{
	row->first = INT64_MAX;
	for (size_t i = 0; i < row->count; i++) {
		size_t member = row->seats[i].member;
		int64_t start = row->seats[i].comm->start + rows->members->list[member].base -
		    rows->late[member].offset;

		if (start < row->first)
			row->first = start;
	}
}

static void
find_last(struct row *row)
{
	int64_t longest = 0, least = row->transfer / 10 > LATE_NS ? row->transfer / 10 : LATE_NS;
	size_t shortest = 0;

	for (size_t i = 0; i < row->count; i++) {
		int64_t duration = row->seats[i].comm->end - row->seats[i].comm->start;

		if (duration > longest)
			longest = duration;
		if (duration == row->transfer) {
			shortest++;
			row->last = (int64_t)row->seats[i].member;
		}
	}
	if (shortest != 1 || longest - row->transfer <= least ||
	    !(synchronises(row) || row->assumed))
		row->last = NOBODY;
}

/* What a rank did since its last collective of the group: compute, comm, copy, idle. */
struct since {
	bool known;
	int64_t ns[4];
};

static struct since
look_back(const struct row *row, const struct place *seat, const struct lateness *late)
{
	void **place = map_get_string(&late->ends, row->group);
	const struct comm *before = place != NULL ? *place : NULL, *now = seat->comm;
	struct since since = { 0 };

	if (before == NULL || before->end >= now->start)
		return since;
	since.known = true;
	since.ns[3] = now->start - before->end;
	for (int time = 0; time < TIME_COUNT; time++) {
		since.ns[time] = now->at_start[time] - before->at_end[time];
		since.ns[3] -= since.ns[time];
	}
	return since;
}

/* Why the last one was late: what it did more of than the others since the one before. */
static void
find_why(struct row *row, const struct lateness *late)
{
	static const enum why whys[4] = { WHY_COMPUTE, WHY_EARLIER_WAIT, WHY_COPY, WHY_HOST };
	static const int order[4] = { 0, 3, 1, 2 }; /* of equal ones, who is named */
	struct since *since = memory_alloc(row->count * sizeof(*since));
	int64_t *others = memory_alloc(row->count * sizeof(*others));
	size_t last = 0, known = 0;
	int most = -1;

	for (size_t i = 0; i < row->count; i++) {
		since[i] = look_back(row, &row->seats[i], &late[row->seats[i].member]);
		known += since[i].known;
		if ((int64_t)row->seats[i].member == row->last)
			last = i;
	}
	row->why = WHY_UNKNOWN;
	row->has_excess = row->last != NOBODY && since[last].known && known > 1;
	for (int at = 0; row->has_excess && at < 4; at++) {
		int each = order[at];
		size_t count = 0;

		for (size_t i = 0; i < row->count; i++)
			if (i != last && since[i].known)
				others[count++] = since[i].ns[each];
		row->excess[each] = since[last].ns[each] - median(others, count);
		if (most < 0 || row->excess[each] > row->excess[most])
			most = each;
	}
	if (most >= 0 && row->excess[most] > 0)
		row->why = whys[most];
	free(since);
	free(others);
}

static void
add_row(const struct row *row, struct lateness *late)
{
	int64_t waited = 0;

	for (size_t i = 0; i < row->count; i++) {
		struct lateness *each = &late[row->seats[i].member];
		const struct comm *comm = row->seats[i].comm;
		int64_t duration = comm->end - comm->start;
		void **place = map_put_string(&each->ends, row->group);

		*place = (void *)comm;
		each->collectives++;
		each->duration += duration;
		each->transfer += row->transfer;
		each->wait += duration - row->transfer;
		waited += duration - row->transfer;
	}
	if (row->last == NOBODY)
		return;
	late[row->last].last++;
	late[row->last].caused += waited;
	late[row->last].by_why[row->why]++;
	late[row->last].ns_by_why[row->why] += waited;
}

static void
write_optional(struct output *out, const char *key, int64_t number)
{
	if (number >= 0)
		output_format(out, ",\"%s\":%lld", key, (long long)number);
	else
		output_format(out, ",\"%s\":null", key);
}

static void
write_text(struct output *out, const char *before, const char *text)
{
	output_string(out, before);
	output_string(out, text);
	output_char(out, '"');
}

static void
write_row(const struct rows *rows, const struct row *row, struct output *out)
{
	const char *name = row->seats[0].comm->name;

	write_text(out, "{\"kind\":\"collective\",\"group\":\"", row->group);
	output_format(out,
	    ",\"key\":%lld,\"repeat\":%lld,\"matched_by\":\"%s\",\"name\":\"%s\",\"kernel\":\"",
	    (long long)row->key, (long long)row->repeat, row->by_sequence ? "seq" : "order",
	    collective_names[row->kind]);
	output_bytes(out, name, strcspn(name, "("));
	output_format(out, "\",\"n\":%zu,\"complete\":%s,\"signature_equal\":%s", row->count,
	    row->complete ? "true" : "false", row->same ? "true" : "false");
	write_optional(out, "bytes", row->bytes);
	output_format(out, ",\"transfer_ns\":%lld,\"ranks\":{", (long long)row->transfer);
	for (size_t i = 0; i < row->count; i++) {
		int64_t duration = row->seats[i].comm->end - row->seats[i].comm->start;

		write_text(out, i > 0 ? ",\"" : "\"",
		    rows->members->list[row->seats[i].member].key);
		output_format(out, ":{\"duration_ns\":%lld,\"wait_ns\":%lld}", (long long)duration,
		    (long long)(duration - row->transfer));
	}
	if (row->last != NOBODY) {
		write_text(out, "},\"last\":\"", rows->members->list[row->last].key);
		output_format(out, ",\"why\":\"%s\"", why_names[row->why]);
	} else {
		output_string(out, "},\"last\":null,\"why\":null");
	}
	output_format(out, ",\"assumed_synchronising\":%s", row->assumed ? "true" : "false");
	write_optional(out, "algbw", row->rate);
	write_optional(out, "busbw", row->bus_rate);
	for (int i = 0; row->has_excess && i < 4; i++)
		output_format(out, "%s\"%s\":%lld", i == 0 ? ",\"excess_ns\":{" : ",",
		    excess_names[i], (long long)row->excess[i]);
	output_string(out, row->has_excess ? "}}\n" : "}\n");
}

static void
write_lateness(const struct member *member, const struct lateness *late, struct output *out)
{
	const char *before = "";

	write_text(out, "{\"kind\":\"lateness\",\"rank\":\"", member->key);
	output_format(out, ",\"collectives\":%llu,\"duration_ns\":%lld,\"transfer_ns\":%lld,"
	    "\"wait_ns\":%lld,\"last\":%llu,\"caused_wait_ns\":%lld,\"why\":{",
	    (unsigned long long)late->collectives, (long long)late->duration,
	    (long long)late->transfer, (long long)late->wait, (unsigned long long)late->last,
	    (long long)late->caused);
	for (int why = 0; why < WHY_COUNT; why++)
		if (late->by_why[why] > 0) {
			output_format(out, "%s\"%s\":%llu", before, why_names[why],
			    (unsigned long long)late->by_why[why]);
			before = ",";
		}
	output_string(out, "},\"why_ns\":{");
	before = "";
	for (int why = 0; why < WHY_COUNT; why++)
		if (late->by_why[why] > 0) {
			output_format(out, "%s\"%s\":%lld", before, why_names[why],
			    (long long)late->ns_by_why[why]);
			before = ",";
		}
	output_char(out, '}');
	if (late->has_offset)
		output_format(out, ",\"clock_offset_ns\":%lld,\"clock_residual_ns\":%lld",
		    (long long)late->offset, (long long)late->residual);
	else
		output_string(out, ",\"clock_offset_ns\":null,\"clock_residual_ns\":null");
	if (late->has_drift)
		output_format(out, ",\"clock_drift_ns\":%lld}\n", (long long)late->drift);
	else
		output_string(out, ",\"clock_drift_ns\":null}\n");
}

void
rows_describe(const struct rows *rows, struct text *tail)
{
	int64_t transfer = 0, wait = 0;
	uint64_t nobody = 0, mismatches = 0;
	const char *before = "";

	for (size_t i = 0; i < rows->count; i++) {
		transfer += rows->list[i].transfer;
		nobody += rows->list[i].last == NOBODY;
		mismatches += !rows->list[i].same;
	}
	for (size_t i = 0; i < rows->members->count; i++)
		wait += rows->late[i].wait;
	text_add_format(tail, ",\"transfer_ns\":%lld,\"wait_ns\":%lld,\"nobody_late\":%llu,"
	    "\"signature_mismatch\":%llu,\"unmatched\":{", (long long)transfer, (long long)wait,
	    (unsigned long long)nobody, (unsigned long long)mismatches);
	for (size_t i = 0; i < rows->members->count; i++)
		if (rows->unmatched[i] > 0) {
			text_add_format(tail, "%s\"%s\":%llu", before, rows->members->list[i].key,
			    (unsigned long long)rows->unmatched[i]);
			before = ",";
		}
	text_add_char(tail, '}');
}

void
rows_find_late(struct rows *rows)
{
	size_t members = rows->members->count;
	struct lateness *late = memory_alloc_zero(members, sizeof(*late));

	rows->late = late;
	late[0].has_offset = true;
	for (size_t i = 1; i < members; i++)
		find_offset(rows, i, &late[i]);
	for (size_t i = 0; i < rows->count; i++) {
		find_first(rows, &rows->list[i]);
		find_last(&rows->list[i]);
	}
	if (rows->count > 0)
		qsort(rows->list, rows->count, sizeof(*rows->list), compare_rows);
	for (size_t i = 0; i < rows->count; i++) {
		find_why(&rows->list[i], late);
		add_row(&rows->list[i], late);
	}
	for (size_t i = 0; i < members; i++)
		map_free(&late[i].ends);
}

void
rows_write(const struct rows *rows, struct output *out)
{
	for (size_t i = 0; i < rows->count; i++)
		write_row(rows, &rows->list[i], out);
}

void
rows_write_lateness(const struct rows *rows, struct output *out)
{
	for (size_t i = 0; i < rows->members->count; i++)
		write_lateness(&rows->members->list[i], &rows->late[i], out);
}

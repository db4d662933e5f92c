/* SPDX-License-Identifier: Apache-2.0 */
/* Collects a device's kernels that communicate, and writes them in rows of numbers: a record of
 * its own for each would be ten times as long. */
#include "base/map.h"
#include "comms.h"
#include "write.h"

/* So that no line is too long to be read at once. */
enum { ROWS_A_RECORD = 1000 };

/* Adds what the device did in [from, to); a copy or a fill is one. Backwards takes away. */
static void
advance(const struct timeline *timeline, int64_t from, int64_t to, int64_t times[TIME_COUNT])
{
	struct times between = timeline_times(timeline, from < to ? from : to,
	    from < to ? to : from);
	int64_t sign = from < to ? 1 : -1;

	times[TIME_COMPUTE] += sign * between.exclusive[WORK_COMPUTE];
	times[TIME_COMM] += sign * between.exclusive[WORK_COMM];
	times[TIME_COPY] += sign * (between.exclusive[WORK_COPY] + between.exclusive[WORK_FILL]);
}

void
comms_collect(const struct device *device, const struct timeline *timeline, struct member *member)
{
	int64_t now = device->first, times[TIME_COUNT] = { 0 };

	for (size_t i = 0; i < device->count; i++) {
		const struct piece *piece = &device->pieces[i];
		struct comm *comm;

		if (piece->work != WORK_COMM)
			continue;
		comm = member_add(member);
		*comm = (struct comm){ .start = piece->start, .end = piece->end,
			.name = piece->name->text, .facts = piece->facts, .pass = piece->pass,
			.layer = piece->layer };
		advance(timeline, now, piece->start, times);
		now = piece->start;
		for (int time = 0; time < TIME_COUNT; time++)
			comm->at_start[time] = comm->at_end[time] = times[time];
		advance(timeline, piece->start, piece->end, comm->at_end);
	}
}

/* The place of an address among those before it; `*is_new` when it is the first time. */
static size_t
place_of(struct map *map, const void *address, bool *is_new)
{
	void **place = map_put(map, (const char *)&address, sizeof(address));

	*is_new = *place == NULL;
	if (*is_new)
		*place = (void *)(uintptr_t)map->count;
	return (size_t)(uintptr_t)*place - 1;
}

static void
write_facts(const struct collective_facts *facts, struct output *out)
{
	static const struct collective_facts nothing = { .sequence = -1, .group_size = -1,
		.in_count = -1, .out_count = -1 };

	if (facts == NULL)
		facts = &nothing;
	output_char(out, '{');
	output_format(out, "\"sequence\":%lld", (long long)facts->sequence);
	write_string(out, "name", facts->name);
	write_string(out, "group", facts->group);
	write_string(out, "group_ranks", facts->group_ranks);
	write_string(out, "in_elements", facts->in_elements);
	write_string(out, "dtype", facts->dtype);
	output_format(out, ",\"group_size\":%lld,\"in_count\":%lld,\"out_count\":%lld}",
	    (long long)facts->group_size, (long long)facts->in_count,
	    (long long)facts->out_count);
}

/* start, end - start, name, facts, pass, layer, at_start, at_end - at_start; all but the places
 * are told from those of the row before. */
static void
write_row(const struct comm *comm, const struct comm *before, size_t name, size_t facts,
    struct output *out)
{
	static const struct comm nothing;

	before = before != NULL ? before : &nothing;
	output_format(out, "[%lld,%lld,%zu,%zu,%d,%d", (long long)(comm->start - before->start),
	    (long long)(comm->end - comm->start), name, facts, (int)comm->pass,
	    (int)comm->layer);
	for (int time = 0; time < TIME_COUNT; time++)
		output_format(out, ",%lld",
		    (long long)(comm->at_start[time] - before->at_start[time]));
	for (int time = 0; time < TIME_COUNT; time++)
		output_format(out, ",%lld",
		    (long long)(comm->at_end[time] - comm->at_start[time]));
	output_char(out, ']');
}

static void
write_record(const char *key, const char *device, const struct member *member, size_t begin,
    size_t end, struct output *out)
{
	struct map names = { 0 }, facts = { 0 };
	bool is_new;

	output_string(out, "{\"kind\":\"comms\"");
	write_string(out, "rank", key);
	write_string(out, "device", device);
	output_string(out, ",\"names\":[");
	for (size_t i = begin; i < end; i++) {
		place_of(&names, member->comms[i].name, &is_new);
		if (is_new)
			output_format(out, "%s\"%s\"", names.count > 1 ? "," : "",
			    member->comms[i].name);
	}
	output_string(out, "],\"facts\":[");
	for (size_t i = begin; i < end; i++) {
		place_of(&facts, member->comms[i].facts, &is_new);
		if (!is_new)
			continue;
		output_string(out, facts.count > 1 ? "," : "");
		write_facts(member->comms[i].facts, out);
	}
	output_string(out, "],\"rows\":[");
	for (size_t i = begin; i < end; i++) {
		const struct comm *comm = &member->comms[i];
		size_t name = place_of(&names, comm->name, &is_new);

		output_string(out, i > begin ? "," : "");
		write_row(comm, i > begin ? comm - 1 : NULL, name,
		    place_of(&facts, comm->facts, &is_new), out);
	}
	output_string(out, "]}\n");
	map_free(&names);
	map_free(&facts);
}

void
comms_write(const char *key, const char *device, const struct member *member, struct output *out)
{
	size_t end;

	for (size_t begin = 0; begin < member->count; begin = end) {
		end = member->count - begin > ROWS_A_RECORD ? begin + ROWS_A_RECORD : member->count;
		write_record(key, device, member, begin, end, out);
	}
}

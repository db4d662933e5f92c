/* SPDX-License-Identifier: Apache-2.0 */
/* What the plan told, as a whole and of each work. */
#include <stdlib.h>

#include "base/memory.h"
#include "write_work.h"

void
put_plan_member(struct json_writer *writer, const struct joined *joined)
{
	const struct plan *plan = joined->plan;

	if (joined->planned->launches == 0)
		return;
	json_key(writer, "plan");
	json_object_begin(writer);
	json_member_string(writer, "model", plan->model);
	json_member_string(writer, "device", plan->device);
	json_member_string(writer, "release", plan->release);
	json_member_integer(writer, "launches", (int64_t)joined->planned->launches);
	json_member_integer(writer, "kernels", (int64_t)joined->planned->works);
	json_member_double(writer, "sum", joined->planned->sum);
	json_member_integer(writer, "misfits", (int64_t)joined->planned->misfits);
	json_object_end(writer);
}

static void
put_work(struct json_writer *writer, const struct joined *joined, const struct work *work,
    int64_t rank, int32_t first)
{
	const struct place *place = &joined->places->list[work->place];

	json_object_begin(writer);
	json_member_string(writer, "kind", "work");
	json_member_double(writer, "ts", work->ts);
	json_member_double(writer, "dur", work->dur);
	json_member_integer(writer, "hot", rank);
	if (first == NONE)
		json_member_null(writer, "place");
	else
		json_member_integer(writer, "place", first);
	json_member_integer(writer, "places", (int64_t)(place->count < joined->most_options
	    ? place->count : joined->most_options));
	json_object_end(writer);
}

void
put_works(struct json_writer *writer, const struct joined *joined)
{
	const struct trace *trace = joined->trace;
	int32_t *first = memory_alloc((joined->places->count + 1) * sizeof(*first));

	for (size_t i = 0; i < joined->rows->count; i++) {
		const struct row *row = &joined->rows->list[i];
		int32_t written = 0;

		for (size_t j = 0; j < row->part_count; j++) {
			size_t count = joined->places->list[row->parts[j].place].count;

			first[row->parts[j].place] = count > 0 ? written : NONE;
			written += (int32_t)(count < joined->most_options ? count : joined->most_options);
		}
		for (size_t j = 0; j < trace->work_count; j++)
			if (trace->works[j].class == row->class && trace->works[j].stage == row->stage)
				put_work(writer, joined, &trace->works[j], (int64_t)i,
				    first[trace->works[j].place]);
	}
	free(first);
}

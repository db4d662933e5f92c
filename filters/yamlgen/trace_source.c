/* SPDX-License-Identifier: Apache-2.0 */
/* Adds kernel records up per stage. */
#include <string.h>

#include "base/error.h"
#include "trace/trace_record.h"
#include "trace_source.h"

/* The stages tr-classify tells apart; "unknown" is no stage. */
static const char *const stage_names[] = { "prefill", "decode", "mixed", NULL };

enum { STAGES = sizeof(stage_names) / sizeof(stage_names[0]) };

static size_t
stage_of(const struct trace_record *record)
{
	struct slice stage;
	size_t i;

	if (!trace_get_string(record, "stage", &stage))
		return STAGES - 1;
	for (i = 0; stage_names[i] != NULL; i++)
		if (slice_equals(stage, stage_names[i]))
			break;
	return i;
}

void
trace_source_read(struct catalogue *catalogue, struct input *input)
{
	struct source *sources[STAGES] = { NULL };
	const char *file = input_name(input);
	struct trace_reader *reader = trace_reader_open_input(input);
	const struct trace_record *record;
	size_t kernels = 0;

	while ((record = trace_reader_next(reader)) != NULL) {
		struct slice name;
		size_t stage;

		if (record->kind != TRACE_KERNEL)
			continue;
		stage = stage_of(record);
		if (sources[stage] == NULL)
			sources[stage] = catalogue_add_source(catalogue, stage_names[stage], file,
			    false);
		name = trace_need_string(record, "name");
		catalogue_add(catalogue, sources[stage], name.bytes, name.length,
		    trace_need_number(record, "dur") * 1e3, 1);
		kernels++;
	}
	if (kernels == 0)
		die("%s: no kernel records", file);
	trace_reader_close(reader);
}

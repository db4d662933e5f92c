/* SPDX-License-Identifier: Apache-2.0 */
/* Adds kernel records up per stage. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
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

/* "[160,1,1]"; left as it is when the record has no such list. */
static void
read_triple(const struct trace_record *record, const char *key, unsigned *triple)
{
	struct slice list = trace_get(record, key);
	size_t at = 0;

	for (int i = 0; i < 3 && at < list.length; i++) {
		while (at < list.length && !isdigit((unsigned char)list.bytes[at]))
			at++;
		for (; at < list.length && isdigit((unsigned char)list.bytes[at]) &&
		    triple[i] < 400000000u; at++)
			triple[i] = triple[i] * 10 + (unsigned)(list.bytes[at] - '0');
	}
}

static void
add_launch(struct catalogue *catalogue, struct source *source,
    const struct trace_record *record, const struct slice *name)
{
	double ns = trace_need_number(record, "dur") * 1e3;
	struct observation seen = { .total_ns = ns, .instances = 1, .min_ns = ns,
		.median_ns = NAN, .max_ns = ns };
	char device[24];
	int64_t number;

	read_triple(record, "grid", seen.grid);
	read_triple(record, "block", seen.block);
	if (trace_get_integer(record, "device", &number)) {
		int length = snprintf(device, sizeof(device), "%lld", (long long)number);

		source = catalogue_device(catalogue, source, device, (size_t)length);
	}
	catalogue_add(catalogue, source, name->bytes, name->length, &seen);
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
		add_launch(catalogue, sources[stage], record, &name);
		kernels++;
	}
	if (kernels == 0)
		die("%s: no kernel records", file);
	trace_reader_close(reader);
}

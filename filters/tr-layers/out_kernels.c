/* SPDX-License-Identifier: Apache-2.0 */
/* Passes the input's records on, kernels with their stage, pass and layer, and what
 * was cut off their end. */
#include <stdio.h>

#include "out_kernels.h"

static void
write_kernel(const struct trace_record *record, const struct trace *trace,
    const struct kernel *kernel, struct output *out)
{
	static const char *const owned[] = { "stage", "pass", "layer", "clipped_by", NULL };
	char members[160], pass[16] = "null", layer[16] = "null", clipped[48] = "";
	int64_t dur;
	int length;

	if (kernel->pass != NONE)
		snprintf(pass, sizeof(pass), "%d", (int)kernel->pass);
	if (kernel->layer != NONE)
		snprintf(layer, sizeof(layer), "%d", (int)trace->layers[kernel->layer].index);
	/* What is not believed is in no sum here, and should be in none of who reads this. */
	if (trace->clipped_count > 0 && trace_get_ns(record, "dur", &dur) && dur > kernel->dur)
		snprintf(clipped, sizeof(clipped), ",\"clipped_by\":%lld.%03d",
		    (long long)((dur - kernel->dur) / 1000), (int)((dur - kernel->dur) % 1000));
	length = snprintf(members, sizeof(members),
	    "\"stage\":\"%s\",\"pass\":%s,\"layer\":%s%s",
	    stage_names[kernel->stage], pass, layer, clipped);
	trace_write_with(record, out, owned, (struct slice){ members, (size_t)length });
}

void
kernels_write(struct spool *spool, const struct trace *trace, struct output *out)
{
	struct trace_reader *reader = spool_read(spool);
	const struct trace_record *record;
	const struct kernel nowhere = { .stage = STAGE_UNKNOWN, .pass = NONE, .layer = NONE,
		.dur = INT64_MAX };
	size_t next = 0, left_out = 0;

	while ((record = trace_reader_next(reader)) != NULL) {
		if (record->kind == TRACE_KERNEL && left_out < trace->left_out_count &&
		    trace->left_out[left_out] == next + left_out) {
			write_kernel(record, trace, &nowhere, out);
			left_out++;
		} else if (record->kind == TRACE_KERNEL)
			write_kernel(record, trace, &trace->kernels[next++], out);
		else if (record->kind != TRACE_TRACE && record->kind != TRACE_END)
			trace_write(record, out);
	}
	trace_reader_close(reader);
	spool_clear(spool);
}

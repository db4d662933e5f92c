/* SPDX-License-Identifier: Apache-2.0 */
/* Adds up layers and passes: durations, their union over streams, first start to last end. */
#include "evidence.h"
#include "sums.h"

void
sums_add(struct time_sums *sums, int64_t ts, int64_t dur)
{
	int64_t end = ts + dur;

	if (sums->kernels++ == 0) {
		sums->ts = sums->busy_begin = ts;
		sums->end = sums->busy_end = end;
	} else if (ts <= sums->busy_end) {
		if (end > sums->busy_end)
			sums->busy_end = end;
	} else {
		sums->busy += sums->busy_end - sums->busy_begin;
		sums->busy_begin = ts;
		sums->busy_end = end;
	}
	if (end > sums->end)
		sums->end = end;
	sums->sum += dur;
}

void
sums_close(struct time_sums *sums)
{
	sums->busy += sums->busy_end - sums->busy_begin;
	sums->busy_begin = sums->busy_end;
}

void
sums_find(struct trace *trace)
{
	size_t i;

	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];
		const struct kernel_class *class = trace_class(trace, kernel);

		if (kernel->layer != NONE) {
			struct layer *layer = &trace->layers[kernel->layer];

			sums_add(&layer->at, kernel->ts, kernel->dur);
			layer->time[class->type] += kernel->dur;
			if (class->roles & (ROLE_ATTENTION | ROLE_GDN))
				layer->linear_after = 0;
			else if (class->roles & ROLE_LINEAR && layer->linear_after < UINT16_MAX)
				layer->linear_after++;
			layer->roles |= class->roles;
		}
		if (kernel->pass != NONE)
			sums_add(&trace->passes[kernel->pass].at, kernel->ts, kernel->dur);
	}
	for (i = 0; i < trace->layer_count; i++)
		sums_close(&trace->layers[i].at);
	for (i = 0; i < trace->pass_count; i++)
		sums_close(&trace->passes[i].at);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Names the modules of replayed kernels: while a graph was captured, every launch was
 * recorded below its module, in the order in which the replay runs the kernels. */
#include <stdlib.h>

#include "evidence.h"
#include "base/memory.h"
#include "trace/replay.h"

static struct replay_call
call_of(const struct trace *trace, const struct launch *launch)
{
	return (struct replay_call){ launch->ts, launch->process, launch->correlation,
		(uint32_t)(launch - trace->launches.list) };
}

/* The launches that became nodes of the graph, in their order. */
static size_t
captured_launches(const struct trace *capture, struct replay_call **calls)
{
	int64_t *ran = memory_alloc(capture->kernel_count * sizeof(*ran));
	size_t count = 0, i;

	for (i = 0; i < capture->kernel_count; i++)
		ran[i] = capture->kernels[i].correlation;
	*calls = memory_alloc(capture->launches.count * sizeof(**calls));
	for (i = 0; i < capture->launches.count; i++)
		if (capture->launches.list[i].kernel && !capture->launches.list[i].graph)
			(*calls)[count++] = call_of(capture, &capture->launches.list[i]);
	count = replay_captured(*calls, count, ran, capture->kernel_count);
	free(ran);
	return count;
}

/* All replayed kernels that have no layer yet. */
static struct replay_kernel *
replayed_kernels(const struct trace *trace, size_t *count)
{
	struct replay_kernel *replayed = NULL;
	size_t capacity = 0, i;

	*count = 0;
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[i];
		const struct launch *launch = trace_launch(trace, kernel);

		if (launch == NULL || !launch->graph || kernel->layer != NONE)
			continue;
		replayed = memory_grow(replayed, *count, &capacity, sizeof(*replayed));
		replayed[(*count)++] = (struct replay_kernel){ .launch = call_of(trace, launch),
			.ts = kernel->ts, .id = (uint32_t)i };
	}
	return replayed;
}

size_t
modules_find_captured(struct trace *trace, const struct trace *capture)
{
	struct origin origin = { .trace = trace, .calls = capture };
	struct replay_call *calls;
	size_t captured = captured_launches(capture, &calls), count, found, i;
	struct replay_kernel *replayed = replayed_kernels(trace, &count);

	origin.leaf = memory_alloc(trace->kernel_count * sizeof(*origin.leaf));
	origin.replay = memory_alloc_zero(trace->kernel_count, sizeof(*origin.replay));
	for (i = 0; i < trace->kernel_count; i++)
		origin.leaf[i] = NONE;
	replay_match(replayed, count, captured);
	for (i = 0; i < count; i++) {
		const struct launch *launch;

		if (replayed[i].node == NONE)
			continue;
		launch = &capture->launches.list[calls[replayed[i].node].id];
		origin.leaf[replayed[i].id] = trace_module_at(capture, launch->thread, launch->ts);
		origin.replay[replayed[i].id] = replayed[i].replay;
	}
	found = layers_from_calls(&origin);
	free(origin.leaf);
	free(origin.replay);
	free(calls);
	free(replayed);
	return found;
}

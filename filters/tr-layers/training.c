/* SPDX-License-Identifier: Apache-2.0 */
/* Training: a device that runs backward has steps of training, not passes of a model that
 * serves. Which kernels are backward and which the optimizer's is told by names, by the
 * optimizer's own annotations, and by what stands between such kernels. */
#include <stdlib.h>

#include "base/memory.h"
#include "evidence.h"
#include "sums.h"

/* One in so many kernels, at the least, is backward where training runs. */
enum { LEAST_SHARE = 200 };

static const char why_training[] =
    "it is training: steps are told, and layers only where nn.Module calls tell them";

static int
compare_annotations(const void *left, const void *right)
{
	const struct annotation *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	return a->ts != b->ts ? (a->ts < b->ts ? -1 : 1) : 0;
}

/* The index of the span around the process's moment, NONE without one; they are sorted, and
 * do not nest. */
static int64_t
span_at(const struct annotation *spans, size_t count, uint32_t process, int64_t ts)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (spans[middle].process < process ||
		    (spans[middle].process == process && spans[middle].ts <= ts))
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && spans[low - 1].process == process && spans[low - 1].end >= ts
	    ? (int64_t)low - 1 : NONE;
}

/* What was launched while the optimizer made a step. */
static void
mark_optimizer(const struct trace *trace)
{
	size_t i;

	for (i = 0; i < trace->kernel_count; i++) {
		struct kernel *kernel = &trace->kernels[i];
		const struct device *device = &trace->devices[trace_device(trace, kernel)];
		const struct launch *launch;

		if (!device->training || trace->optimizer_call_count == 0)
			continue;
		launch = trace_launch(trace, kernel);
		if (launch != NULL && span_at(trace->optimizer_calls,
		    trace->optimizer_call_count, launch->process, launch->ts) != NONE)
			kernel->vote = kernel->stage = STAGE_OPTIMIZER;
	}
}

static void
sort_spans(struct annotation *spans, size_t count)
{
	if (count > 0)
		qsort(spans, count, sizeof(*spans), compare_annotations);
}

void
training_detect(struct trace *trace)
{
	size_t *backward = memory_alloc_zero(trace->device_count, sizeof(*backward)), i;

	for (i = 0; i < trace->kernel_count; i++)
		backward[trace_device(trace, &trace->kernels[i])] +=
		    trace->kernels[i].vote == STAGE_BACKWARD;
	for (i = 0; i < trace->device_count; i++) {
		struct device *device = &trace->devices[i];

		device->training = backward[i] > 0 && backward[i] * LEAST_SHARE >=
		    trace->device_begin[i + 1] - trace->device_begin[i];
		if (device->training)
			device->why = why_training;
	}
	free(backward);
	/* A stage of serving, or a stray name like one of training, is then none. */
	for (i = 0; i < trace->kernel_count; i++) {
		struct kernel *kernel = &trace->kernels[i];
		bool training = trace->devices[trace_device(trace, kernel)].training;
		bool of_training = kernel->vote == STAGE_BACKWARD ||
		    kernel->vote == STAGE_OPTIMIZER;

		if (training != of_training)
			kernel->vote = kernel->stage = STAGE_UNKNOWN;
	}
	sort_spans(trace->optimizer_calls, trace->optimizer_call_count);
	sort_spans(trace->profiler_steps, trace->profiler_step_count);
	mark_optimizer(trace);
}

/* A device's kernels by time, and of each the step it belongs to; NONE outside. */
struct steps {
	struct trace *trace;
	const uint32_t *kernel;
	size_t count;
	int32_t *of;
	int32_t step_count;
};

static struct kernel *
kernel_at(const struct steps *steps, size_t at)
{
	return &steps->trace->kernels[steps->kernel[at]];
}

/* By the profiler's own steps: a kernel is of the step in which it was launched; one whose
 * launch is not known, of that of the kernel before it. False when hardly any launch is. */
static bool
ask_profiler(struct steps *steps)
{
	const struct trace *trace = steps->trace;
	int32_t *number = memory_alloc(trace->profiler_step_count * sizeof(*number));
	int32_t current = NONE;
	size_t known = 0, i;

	for (i = 0; i < trace->profiler_step_count; i++)
		number[i] = NONE;
	for (i = 0; i < steps->count; i++) {
		const struct launch *launch = trace_launch(trace, kernel_at(steps, i));
		int64_t span = launch == NULL ? NONE : span_at(trace->profiler_steps,
		    trace->profiler_step_count, launch->process, launch->ts);

		known += launch != NULL;
		if (span != NONE) {
			if (number[span] == NONE)
				number[span] = steps->step_count++;
			current = number[span];
		} else if (launch != NULL)
			current = NONE;
		steps->of[i] = current;
	}
	free(number);
	return known * 2 > steps->count && steps->step_count > 0;
}

/* By what runs once a step: after the last kernel of backward or optimizer, the loss of the
 * next step tells that it has begun. Without a known loss, that anything else runs after the
 * optimizer does. */
static void
ask_kernels(struct steps *steps)
{
	bool has_loss = false, backward = false, optimizer = false;
	size_t end = 0, begin = 0, i;

	for (i = 0; i < steps->count; i++)
		has_loss = has_loss || trace_class(steps->trace, kernel_at(steps, i))->roles &
		    ROLE_LOSS;
	steps->step_count = 1;
	for (i = 0; i < steps->count; i++) {
		const struct kernel *kernel = kernel_at(steps, i);
		unsigned roles = trace_class(steps->trace, kernel)->roles;
		bool ends = has_loss ? backward && roles & ROLE_LOSS &&
		        kernel->vote != STAGE_BACKWARD
		    : optimizer && backward && kernel->vote == STAGE_UNKNOWN &&
		        trace_class(steps->trace, kernel)->type == TYPE_LINEAR;

		steps->of[i] = steps->step_count - 1;
		if (ends) {
			for (begin = end; begin <= i; begin++)
				steps->of[begin] = steps->step_count;
			steps->step_count++;
			backward = optimizer = false;
		}
		if (kernel->vote == STAGE_BACKWARD || kernel->vote == STAGE_OPTIMIZER) {
			backward = backward || kernel->vote == STAGE_BACKWARD;
			optimizer = optimizer || kernel->vote == STAGE_OPTIMIZER;
			end = i + 1;
		}
	}
}

/* Where the kernels of backward and of the optimizer begin and end in a step. */
struct reach {
	size_t backward, backward_end, optimizer, optimizer_end; /* an end of 0: there are none */
};

static void
find_reaches(const struct steps *steps, struct reach *reaches)
{
	size_t i;

	for (i = 0; i < steps->count; i++) {
		enum stage vote = (enum stage)kernel_at(steps, i)->vote;
		struct reach *reach = steps->of[i] != NONE ? &reaches[steps->of[i]] : NULL;

		if (reach != NULL && vote == STAGE_BACKWARD) {
			if (reach->backward_end == 0)
				reach->backward = i;
			reach->backward_end = i + 1;
		} else if (reach != NULL && vote == STAGE_OPTIMIZER) {
			if (reach->optimizer_end == 0)
				reach->optimizer = i;
			reach->optimizer_end = i + 1;
		}
	}
}

/* What stands between two kernels of backward, or of the optimizer, is so, too; so is what
 * stands between backward and the optimizer that follows it: gradients without a name. */
static void
fill_stages(const struct steps *steps)
{
	struct reach *reaches = memory_alloc_zero((size_t)steps->step_count, sizeof(*reaches));
	size_t i;

	find_reaches(steps, reaches);
	for (i = 0; i < steps->count; i++) {
		struct kernel *kernel = kernel_at(steps, i);
		const struct reach *reach;
		size_t end;

		if (steps->of[i] == NONE || kernel->stage != STAGE_UNKNOWN)
			continue;
		reach = &reaches[steps->of[i]];
		end = reach->backward_end;
		if (end > 0 && reach->optimizer > end)
			end = reach->optimizer;
		if (i >= reach->backward && i < end)
			kernel->stage = STAGE_BACKWARD;
		else if (i >= reach->optimizer && i < reach->optimizer_end)
			kernel->stage = STAGE_OPTIMIZER;
	}
	free(reaches);
}

static void
add_steps(const struct steps *steps, uint32_t device)
{
	struct trace *trace = steps->trace;
	size_t first = trace->step_count, i;

	for (i = 0; i < (size_t)steps->step_count; i++) {
		trace->steps = memory_grow(trace->steps, trace->step_count, &trace->step_capacity,
		    sizeof(*trace->steps));
		trace->steps[trace->step_count++] = (struct step){ .device = device };
	}
	for (i = 0; i < steps->count; i++)
		if (steps->of[i] != NONE)
			sums_add(&trace->steps[first + (size_t)steps->of[i]].at,
			    kernel_at(steps, i)->ts, kernel_at(steps, i)->dur);
	for (i = first; i < trace->step_count; i++)
		sums_close(&trace->steps[i].at);
}

void
training_steps(struct trace *trace)
{
	size_t i;

	for (i = 0; i < trace->device_count; i++) {
		size_t begin = trace->device_begin[i];
		struct steps steps = { .trace = trace, .kernel = trace->by_device + begin,
			.count = trace->device_begin[i + 1] - begin };

		if (!trace->devices[i].training)
			continue;
		steps.of = memory_alloc(steps.count * sizeof(*steps.of));
		if (trace->profiler_step_count == 0 || !ask_profiler(&steps))
			ask_kernels(&steps);
		fill_stages(&steps);
		add_steps(&steps, (uint32_t)i);
		free(steps.of);
	}
}

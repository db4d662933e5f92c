/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over the kernels for sums, one for groups. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "limit_groups.h"
#include "report.h"

void
limit_sum_add(struct limit_sum *sum, const struct limit_sum *more)
{
	sum->calls += more->calls;
	sum->known_us += more->known_us;
	sum->limit_us += more->limit_us;
	sum->win_us += more->win_us;
	sum->range_us += more->range_us;
	sum->low_us += more->low_us;
	sum->high_us += more->high_us;
	sum->least_win_us += more->least_win_us;
}

struct limit_sums *
limit_sums_open(const struct trace *trace)
{
	struct limit_sums *sums;

	if (trace->limits.call_count == 0)
		return NULL;
	sums = memory_alloc_zero(1, sizeof(*sums));
	sums->layers = memory_alloc_zero(trace->layer_count + 1, sizeof(*sums->layers));
	sums->passes = memory_alloc_zero(trace->pass_count + 1, sizeof(*sums->passes));
	sums->classes = memory_alloc_zero((trace->class_count + 1) * STAGE_COUNT,
	    sizeof(*sums->classes));
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[i];
		struct limit_sum sum = { 0 };

		if (kernel->limit == 0)
			continue;
		limits_sum(&sum, &trace->limits, kernel->limit);
		if (kernel->layer != NONE)
			limit_sum_add(&sums->layers[kernel->layer], &sum);
		if (kernel->pass != NONE)
			limit_sum_add(&sums->passes[kernel->pass], &sum);
		limit_sum_add(&sums->classes[kernel->class * STAGE_COUNT + kernel->stage], &sum);
		limit_sum_add(&sums->stages[kernel->stage], &sum);
		limit_sum_add(&sums->types[kernel->stage][trace_class(trace, kernel)->type], &sum);
	}
	return sums;
}

void
limit_sums_close(struct limit_sums *sums)
{
	if (sums == NULL)
		return;
	free(sums->layers);
	free(sums->passes);
	free(sums->classes);
	free(sums);
}

double
limit_group_win(const struct limit_group *group)
{
	return group->sum.win_us + group->sum.least_win_us;
}

static int
compare_groups(const void *left, const void *right)
{
	const struct limit_group *a = left, *b = right;
	double a_win = limit_group_win(a), b_win = limit_group_win(b);

	if (a_win != b_win)
		return a_win > b_win ? -1 : 1;
	if (a->op_us != b->op_us)
		return a->op_us > b->op_us ? -1 : 1;
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (a->stage != b->stage)
		return a->stage < b->stage ? -1 : 1;
	if (a->op != b->op)
		return a->op < b->op ? -1 : 1;
	return strcmp(a->where, b->where);
}

static const char *
where_of(const struct trace *trace, const struct kernel *kernel)
{
	return kernel->layer == NONE ? "outside" : layer_type(&trace->layers[kernel->layer]);
}

static void
add_call(struct limit_group *group, const struct limits *limits, uint32_t place)
{
	const struct limit_call *call = &limits->calls[place - 1];

	limits_sum(&group->sum, limits, place);
	group->op_us += call->op_us;
	group->bytes += call->bytes;
	group->flops += call->flops;
	group->experts += call->experts;
	group->expert_calls += call->experts > 0;
}

struct limit_group *
limit_groups(const struct trace *trace, int stage, size_t *count)
{
	struct limit_group *groups = NULL;
	struct map index = { 0 };
	size_t capacity = 0;

	*count = 0;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[i];
		const void *key[4] = { 0 };
		void **place;

		if (kernel->limit == 0 || (stage != NONE && kernel->stage != stage))
			continue;
		key[0] = &trace->limits.ops[trace->limits.calls[kernel->limit - 1].op];
		key[1] = where_of(trace, kernel);
		key[2] = &trace->classes[kernel->class];
		key[3] = stage_names[kernel->stage];
		place = map_put(&index, (const char *)key, sizeof(key));
		if (*place == NULL) {
			groups = memory_grow(groups, *count, &capacity, sizeof(*groups));
			groups[*count] = (struct limit_group){ .op = key[0], .where = key[1],
				.class = kernel->class, .stage = kernel->stage };
			*place = (void *)(uintptr_t)++*count;
		}
		add_call(&groups[(uintptr_t)*place - 1], &trace->limits, kernel->limit);
	}
	map_free(&index);
	if (*count > 0)
		qsort(groups, *count, sizeof(*groups), compare_groups);
	return groups;
}

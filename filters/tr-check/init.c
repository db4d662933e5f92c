/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a budget from what was measured. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "init.h"

/* Kernels that a new budget names. */
enum { MOST_KERNELS = 10 };

struct writing {
	const struct measures *measures;
	double factor;
	struct output *out;
};

/* Rounded up: the trace itself keeps to its budget. */
static void
put_bound(const struct writing *writing, double us)
{
	output_format(writing->out, "    max_us: %.3f\n", ceil(us * writing->factor * 1e3) / 1e3);
}

static void
write_passes(const struct writing *writing)
{
	const struct measures *measures = writing->measures;
	int64_t ns;

	for (int stage = 0; stage < STAGE_COUNT; stage++)
		if (measure_median(&measures->passes, stage, -1, &ns)) {
			output_format(writing->out, "  - pass: %s\n",
			    stage_names[stage]);
			put_bound(writing, (double)ns / 1e3);
		}
}

/* Per pass where there are passes: a longer capture is no regression. */
static void
write_types(const struct writing *writing)
{
	const struct measures *measures = writing->measures;
	size_t passes = measure_count(&measures->passes, -1);

	for (int type = 0; type < TYPE_COUNT; type++) {
		const char *name = type_names[type];
		int64_t ns = 0;

		for (size_t i = 0; i < measures->kernels.count; i++) {
			const struct kernel_sum *sum = measures->kernels.entries[i].value;

			for (int stage = 0; stage < STAGE_COUNT; stage++)
				if (strcmp(sum->type, name) == 0)
					ns += passes > 0 ? sum->in_passes_ns[stage]
					    : sum->ns[stage];
		}
		if (ns == 0)
			continue;
		output_format(writing->out, "  - type: %s\n", name);
		if (passes > 0)
			output_string(writing->out, "    per: pass\n");
		put_bound(writing, (double)ns / 1e3 / (double)(passes > 0 ? passes : 1));
	}
}

static int64_t
whole_ns(const struct kernel_sum *sum)
{
	int64_t ns = 0;

	for (int stage = 0; stage < STAGE_COUNT; stage++)
		ns += sum->ns[stage];
	return ns;
}

/* Longest first; of equal ones the first of the trace, so that the order is one. */
static int
compare_entries(const void *a, const void *b)
{
	const struct map_entry *first = *(const struct map_entry *const *)a;
	const struct map_entry *second = *(const struct map_entry *const *)b;
	int64_t first_ns = whole_ns(first->value), second_ns = whole_ns(second->value);

	if (first_ns != second_ns)
		return first_ns < second_ns ? 1 : -1;
	return (first > second) - (first < second);
}

/* The name as a shell pattern that matches it alone, between YAML's single quotes. */
static void
put_pattern(struct output *out, const char *name)
{
	output_char(out, '\'');
	for (; *name != '\0'; name++) {
		if (strchr("*?[]\\", *name) != NULL)
			output_char(out, '\\');
		output_string(out, *name == '\'' ? "'" : "");
		/* YAML has no control characters; '?' stands for any one. */
		output_char(out, (unsigned char)*name < ' ' || *name == 0x7f ? '?' : *name);
	}
	output_char(out, '\'');
}

static void
write_kernels(const struct writing *writing)
{
	const struct map *kernels = &writing->measures->kernels;
	const struct map_entry **order = memory_alloc((kernels->count + 1) * sizeof(*order));

	for (size_t i = 0; i < kernels->count; i++)
		order[i] = &kernels->entries[i];
	qsort(order, kernels->count, sizeof(*order), compare_entries);
	for (size_t i = 0; i < kernels->count && i < MOST_KERNELS; i++) {
		const struct kernel_sum *sum = order[i]->value;
		uint64_t calls = 0;

		for (int stage = 0; stage < STAGE_COUNT; stage++)
			calls += sum->calls[stage];
		output_string(writing->out, "  - kernel: ");
		put_pattern(writing->out, order[i]->key);
		output_string(writing->out, "\n    per: call\n");
		put_bound(writing, (double)whole_ns(sum) / 1e3 / (double)calls);
	}
	free(order);
}

/* Idle time is a share of the wall time: captures differ in length. A tenth of the margin is added
 * in points of the wall time, so that a cause that hardly occurred has room, too. */
static void
write_share(const struct writing *writing, const char *subject, const char *of, int64_t ns)
{
	double whole = (double)writing->measures->window_ns;
	double share = ceil(1e4 * (double)ns / whole * writing->factor +
	    1e3 * (writing->factor - 1)) / 100;

	if (ns > 0)
		output_format(writing->out, "  - %s: %s\n    max_share: %.2f\n", subject, of,
		    share < 100 ? share : 100);
}

static void
write_accounts(const struct writing *writing)
{
	const struct measures *measures = writing->measures;

	if (measures->accounts == 0 || measures->window_ns <= 0)
		return;
	write_share(writing, "idle", "any", measures->all_idle_ns);
	for (size_t i = 0; i < measures->idle_ns.count; i++)
		write_share(writing, "idle", measures->idle_ns.entries[i].key,
		    *(const int64_t *)measures->idle_ns.entries[i].value);
	write_share(writing, "exposed", "communication", measures->exposed_communication_ns);
	write_share(writing, "exposed", "copies", measures->exposed_copies_ns);
}

static bool
holds_anything(const struct measures *measures)
{
	return (measures->summaries > 0 && measures->layer_count >= 0) ||
	    measures->passes.count > 0 || measures->kernels.count > 0 ||
	    (measures->window_ns > 0 && (measures->all_idle_ns > 0 ||
	    measures->exposed_communication_ns > 0 || measures->exposed_copies_ns > 0));
}

void
init_write(const struct measures *measures, double margin, struct output *out)
{
	struct writing writing = { measures, 1 + margin / 100, out };

	if (!holds_anything(measures))
		die("nothing here can be limited: no kernel, pass, layer, idle or exposed time");
	output_format(out, "# Limits for tr-check: what was measured, and %g %% more.\nlimits:\n",
	    margin);
	if (measures->summaries > 0 && measures->layer_count >= 0)
		output_format(out, "  - layers: %lld\n", (long long)measures->layer_count);
	write_passes(&writing);
	write_types(&writing);
	write_kernels(&writing);
	write_accounts(&writing);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Says which evidence was used to find layers, why not another, and what has no role. */
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "verbose.h"

enum { MOST_NAMES = 10 };

static size_t
layers_by(const struct trace *trace, enum method method)
{
	size_t count = 0, i;

	for (i = 0; i < trace->layer_count; i++)
		count += trace->layers[i].method == method;
	return count;
}

static void
say_modules(const struct trace *trace)
{
	size_t launches = trace->launches.count, layers = layers_by(trace, METHOD_MODULES);

	if (layers > 0)
		warn("%s: modules: %zu layers from %zu nn.Module calls around %zu launches",
		    trace->file, layers, trace->module_count, launches);
	else if (trace->module_count == 0)
		warn("%s: modules: not used: no nn.Module calls in the records (tr-parse -a; and "
		    "torch.profiler with_modules or with_stack)", trace->file);
	else
		warn("%s: modules: no layers: %zu nn.Module calls, but no class that repeats below "
		    "one parent around the %zu launches", trace->file, trace->module_count,
		    launches);
}

static size_t
count_roles(const struct trace *trace, unsigned roles)
{
	size_t count = 0, i;

	for (i = 0; i < trace->kernel_count; i++)
		count += (trace_roles(trace, (uint32_t)i) & roles) != 0;
	return count;
}

static void
say_kernels(const struct trace *trace)
{
	size_t layers = layers_by(trace, METHOD_PERIODIC);

	if (layers == 0)
		warn("%s: periodic: no layers", trace->file);
	else
		warn("%s: periodic: %zu layers", trace->file, layers);
	warn("%s: %zu kernels mix tokens (attention), %zu are norms, %zu matrix products, %zu "
	    "experts, %zu activations of an MLP, %zu collectives", trace->file,
	    count_roles(trace, ROLE_ATTENTION | ROLE_GDN), count_roles(trace, ROLE_NORM),
	    count_roles(trace, ROLE_LINEAR), count_roles(trace, ROLE_MOE),
	    count_roles(trace, ROLE_FC), count_roles(trace, ROLE_COMMUNICATION));
}

static void
say_markers(const struct trace *trace)
{
	size_t layers = layers_by(trace, METHOD_MARKERS), starts = count_roles(trace, ROLE_START);

	if (layers > 0)
		warn("%s: markers: %zu layers from %zu start norms", trace->file, layers, starts);
	else if (starts == 0)
		warn("%s: markers: not used: no start norm", trace->file);
	else
		warn("%s: markers: not used: what goes before found layers, or no collective goes "
		    "before the %zu start norms", trace->file, starts);
}

static void
say_devices(const struct trace *trace)
{
	size_t i;

	for (i = 0; i < trace->device_count; i++)
		if (trace->devices[i].why != NULL)
			warn("%s: device %lld: %s%s", trace->file,
			    (long long)trace->devices[i].number, trace->devices[i].training ? ""
			    : "no layers: ", trace->devices[i].why);
}

/* The time of a class whose kernels no row of the table gives a role. */
struct roleless {
	uint32_t class;
	uint32_t kernels;
	int64_t sum;
};

static int
compare_roleless(const void *left, const void *right)
{
	const struct roleless *a = left, *b = right;

	if (a->sum != b->sum)
		return a->sum > b->sum ? -1 : 1;
	return a->class < b->class ? -1 : a->class > b->class;
}

static void
say_roleless(const struct trace *trace)
{
	struct roleless *classes = memory_alloc_zero(trace->class_count, sizeof(*classes));
	struct number number;
	struct text name = { 0 };
	int64_t all = 0, sum = 0;
	size_t kernels = 0, names = 0, i;

	for (i = 0; i < trace->class_count; i++)
		classes[i].class = (uint32_t)i;
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[i];

		all += kernel->dur;
		if (trace_class(trace, kernel)->has_role)
			continue;
		classes[kernel->class].kernels++;
		classes[kernel->class].sum += kernel->dur;
		kernels++;
		sum += kernel->dur;
	}
	if (trace->class_count > 0)
		qsort(classes, trace->class_count, sizeof(*classes), compare_roleless);
	while (names < trace->class_count && classes[names].kernels > 0)
		names++;
	warn("%s: %zu kernels of %zu names have no role, %s of the time%s", trace->file, kernels,
	    names, number_percent(&number, us_of(sum), us_of(all)),
	    names > MOST_NAMES ? "; the ten that take most:" : names > 0 ? ":" : "");
	for (i = 0; i < names && i < MOST_NAMES; i++)
		warn("%s:   %u, %s: %s", trace->file, classes[i].kernels,
		    number_human(&number, us_of(classes[i].sum)),
		    name_short(&name, trace->classes[classes[i].class].name, 100));
	text_free(&name);
	free(classes);
}

void
verbose_say(const struct trace *trace, int method)
{
	warn("%s: %zu kernels on %zu devices, %zu launches, %zu modules: %zu layers in %zu passes",
	    trace->file, trace->kernel_count, trace->device_count, trace->launches.count,
	    trace->module_count, trace->layer_count, trace->pass_count);
	if (method < 0 || method == METHOD_MODULES)
		say_modules(trace);
	if (method < 0 || method == METHOD_PERIODIC)
		say_kernels(trace);
	if (method < 0 || method == METHOD_MARKERS)
		say_markers(trace);
	say_devices(trace);
	say_roleless(trace);
}

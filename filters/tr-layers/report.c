/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of one trace. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "report.h"
#include "sums.h"
#include "base/utf8.h"

static void
count_add(struct count_sum *count, int64_t dur)
{
	count->kernels++;
	count->sum += dur;
}

static int
compare_classes(const void *left, const void *right)
{
	const struct class_sum *a = left, *b = right;

	if (a->sum != b->sum)
		return a->sum > b->sum ? -1 : 1;
	return a->class < b->class ? -1 : a->class > b->class;
}

static void
add_to_class(struct class_sum *sum, const struct kernel *kernel)
{
	if (sum->kernels++ == 0)
		sum->shortest = sum->longest = kernel->dur;
	if (kernel->dur < sum->shortest)
		sum->shortest = kernel->dur;
	if (kernel->dur > sum->longest)
		sum->longest = kernel->dur;
	sum->sum += kernel->dur;
	sum->in_stage[kernel->stage]++;
	sum->sum_in_stage[kernel->stage] += kernel->dur;
}

static void
sort_classes(struct report *report)
{
	size_t kept = 0, i;

	for (i = 0; i < report->class_count; i++)
		if (report->classes[i].kernels > 0)
			report->classes[kept++] = report->classes[i];
	report->class_count = kept;
	if (kept > 0)
		qsort(report->classes, kept, sizeof(*report->classes), compare_classes);
}

static enum method
main_method(const struct trace *trace)
{
	size_t layers[METHOD_COUNT] = { 0 }, i;
	enum method method, best = METHOD_PERIODIC;

	for (i = 0; i < trace->layer_count; i++)
		layers[trace->layers[i].method]++;
	for (method = METHOD_MODULES; method < METHOD_COUNT; method++)
		if (layers[method] > layers[best])
			best = method;
	return best;
}

/* Kernels and copies of all devices, in the order of their start. */
static void
sum_work(struct report *report)
{
	const struct trace *trace = report->trace;
	size_t kernel = 0, copy = 0;

	while (kernel < trace->kernel_count || copy < trace->copy_count) {
		const struct kernel *next = kernel < trace->kernel_count
		    ? &trace->kernels[trace->by_time[kernel]] : NULL;
		struct device_sums *device;

		if (next == NULL || (copy < trace->copy_count &&
		    trace->copies[copy].ts < next->ts)) {
			const struct copy *it = &trace->copies[copy++];

			sums_add(&report->devices[it->device].all, it->ts, it->dur);
			continue;
		}
		device = &report->devices[trace_device(trace, next)];
		sums_add(&device->kernels, next->ts, next->dur);
		sums_add(&device->all, next->ts, next->dur);
		kernel++;
	}
}

static void
sum_devices(struct report *report)
{
	const struct trace *trace = report->trace;
	size_t i;

	report->devices = memory_alloc_zero(trace->device_count, sizeof(*report->devices));
	sum_work(report);
	for (i = 0; i < trace->pass_count; i++) {
		report->devices[trace->passes[i].device].passes++;
		report->devices[trace->passes[i].device].layers += (size_t)trace->passes[i].layers;
	}
	report->begin = INT64_MAX;
	for (i = 0; i < trace->device_count; i++) {
		struct device_sums *device = &report->devices[i];

		sums_close(&device->kernels);
		sums_close(&device->all);
		report->kernels += device->kernels.kernels;
		report->copies += device->all.kernels - device->kernels.kernels;
		report->sum += device->kernels.sum;
		report->busy_kernels += device->kernels.busy;
		report->busy += device->all.busy;
		report->span += device->all.end - device->all.ts;
		if (device->all.kernels > 0 && device->all.ts < report->begin)
			report->begin = device->all.ts;
	}
	if (report->begin == INT64_MAX)
		report->begin = 0;
}

void
report_open(struct report *report, const struct trace *trace, size_t number)
{
	size_t i;

	*report = (struct report){ .trace = trace, .number = number, .method = main_method(trace),
		.class_count = trace->class_count };
	report->classes = memory_alloc_zero(trace->class_count, sizeof(*report->classes));
	for (i = 0; i < trace->class_count; i++)
		report->classes[i].class = (uint32_t)i;
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];
		enum kernel_type type = trace_class(trace, kernel)->type;

		count_add(&report->by_type[type], kernel->dur);
		count_add(&report->by_stage[kernel->stage], kernel->dur);
		count_add(&report->stage_type[kernel->stage][type], kernel->dur);
		if (kernel->layer == NONE) {
			count_add(&report->outside[PLACE_LAYER], kernel->dur);
			count_add(&report->outside[kernel->place], kernel->dur);
		}
		add_to_class(&report->classes[kernel->class], kernel);
	}
	sum_devices(report);
	sort_classes(report);
	report->limits = limit_sums_open(trace);
}

void
report_close(struct report *report)
{
	limit_sums_close(report->limits);
	free(report->classes);
	free(report->devices);
}

const char *
report_why(const struct report *report)
{
	const struct trace *trace = report->trace;
	size_t i;

	for (i = 0; i < trace->device_count; i++)
		if (trace->devices[i].why != NULL)
			return trace->devices[i].why;
	return trace->kernel_count == 0 ? "there are no kernels"
	    : "nothing repeats as layers do, and no attention was found";
}

const char *
layer_type(const struct layer *layer)
{
	static const char *const names[4][4] = {
		{ "unknown", "FC", "MoE", "MoE" },
		{ "Attn", "MHA+FC", "MHA+MoE", "MHA+MoE" },
		{ "Attn", "MLA+FC", "MLA+MoE", "MLA+MoE" },
		{ "GDN", "GDN+FC", "GDN+MoE", "GDN+MoE" },
	};
	unsigned roles = layer->roles;
	int mixes = roles & ROLE_MLA ? 2 : roles & ROLE_GDN ? 3 : roles & ROLE_ATTENTION ? 1 : 0;
	int feeds = (roles & ROLE_MOE ? 2 : 0) | (roles & ROLE_FC ? 1 : 0);

	/* An output projection and two more products: an MLP with its activation fused. */
	if (feeds == 0 && mixes > 0 && !layer->is_half && layer->linear_after >= 3)
		feeds = 1;
	return names[mixes][feeds];
}

/* The number at *at, which moves after it. */
static int64_t
spec_number(const char *spec, const char **at)
{
	char *end;
	long long number = isdigit((unsigned char)**at) ? strtoll(*at, &end, 10) : -1;

	if (number < 0)
		die("'%s' is no list of layers such as 0,4-10", spec);
	*at = end;
	return number;
}

/* The next range of the list; false at its end. `to` is INT64_MAX for "20-". */
static bool
spec_next(const char *spec, const char **at, int64_t *from, int64_t *to)
{
	if (**at == '\0')
		return false;
	*from = *to = spec_number(spec, at);
	if (**at == '-') {
		++*at;
		*to = **at == '\0' || **at == ',' ? INT64_MAX : spec_number(spec, at);
	}
	if (**at != '\0' && (*(*at)++ != ',' || **at == '\0'))
		die("'%s' is no list of layers such as 0,4-10", spec);
	return true;
}

bool
spec_contains(const char *spec, int64_t number)
{
	const char *at = spec;
	bool contains = false;
	int64_t from, to;

	while (spec_next(spec, &at, &from, &to))
		contains = contains || (number >= from && number <= to);
	return contains;
}

int64_t
spec_beyond(const char *spec, int64_t last)
{
	const char *at = spec;
	int64_t from, to, beyond = NONE;

	if (*spec == '\0')
		die("'' is no list of layers such as 0,4-10");
	while (spec_next(spec, &at, &from, &to))
		if (beyond == NONE && (from > last || (to > last && to != INT64_MAX)))
			beyond = from > last ? from : to;
	return beyond;
}

const char *
name_short(struct text *text, const char *name, size_t length)
{
	size_t at = 0, characters = 0, left = strlen(name);

	text_clear(text);
	while (left > 0 && characters < length) {
		size_t bytes = utf8_sequence(name + at, left);

		bytes = bytes > 0 ? bytes : 1;
		at += bytes;
		left -= bytes;
		characters++;
	}
	if (left == 0) {
		text_add_string(text, name);
		return text->bytes;
	}
	while (at > 0 && (name[at - 1] & 0xc0) == 0x80)
		at--;
	text_add(text, name, at > 0 ? at - 1 : 0);
	text_add_string(text, "\xe2\x80\xa6");
	return text->bytes;
}

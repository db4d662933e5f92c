/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the wish against what kernels and axes there are, and walks the combinations. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "plan.h"
#include "base/text.h"

void
plan_wish_axis(struct plan_wish *wish, const struct option_scan *scan, struct arena *arena)
{
	const char *error;

	wish->axes = memory_grow(wish->axes, wish->axis_count, &wish->axis_capacity,
	    sizeof(*wish->axes));
	error = axis_parse(&wish->axes[wish->axis_count], scan->value, arena);
	if (error != NULL)
		options_fail(scan, "-a %s: %s", scan->value, error);
	wish->axis_count++;
}

/* -b, -e and -f become the axis "bytes". */
static void
wish_sizes(struct plan_wish *wish, struct arena *arena)
{
	struct text text = { 0 };
	const char *error;

	if (wish->begin == NULL && wish->end == NULL) {
		if (wish->factor != NULL)
			die("-f %s is a factor between -b and -e, which are missing", wish->factor);
		return;
	}
	text_add_format(&text, "bytes=%s:%s:x%s", wish->begin ? wish->begin : "8",
	    wish->end ? wish->end : wish->begin, wish->factor ? wish->factor : "2");
	wish->axes = memory_grow(wish->axes, wish->axis_count, &wish->axis_capacity,
	    sizeof(*wish->axes));
	error = axis_parse(&wish->axes[wish->axis_count], text.bytes, arena);
	if (error != NULL)
		die("-b, -e: %s", error);
	wish->axis_count++;
	text_free(&text);
}

static bool
is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	while (list != NULL) {
		if (strncmp(list, name, length) == 0 && (list[length] == ',' || list[length] == '\0'))
			return true;
		list = strchr(list, ',');
		list = list ? list + 1 : NULL;
	}
	return false;
}

static const struct axis_rule *
find_rule(const struct subject *subject, const char *name)
{
	for (const struct axis_rule *rule = subject->axes; rule->name != NULL; rule++)
		if (strcmp(rule->name, name) == 0)
			return rule;
	return NULL;
}

static const char *
rule_default(const struct plan *plan, const struct axis_rule *rule)
{
	return plan->backend->is_cuda ? rule->on_cuda : rule->on_cpu;
}

/* How many were added: what runs on the CPU only is left out elsewhere. */
static size_t
choose(struct plan *plan, const struct subject *subject, size_t at, struct results *results)
{
	if (plan->backend->is_cuda && subject->cpu_only) {
		results_skip(results, subject->name, "it runs on the CPU: -d cpu");
		return 0;
	}
	plan->chosen[at] = subject;
	return 1;
}

/* Every name of the list must be a kernel. */
static void
choose_kernels(struct plan *plan, const char *list, struct results *results)
{
	size_t count = 0, chosen = 0, names = 1;

	for (size_t i = 0; subjects[i] != NULL; i++) {
		if (list != NULL ? !is_listed(list, subjects[i]->name) : plan->wish->own != NULL)
			continue;
		count++;
		chosen += choose(plan, subjects[i], chosen, results);
	}
	if (plan->wish->own != NULL) {
		count += list != NULL && is_listed(list, plan->wish->own->name);
		choose(plan, plan->wish->own, chosen, results);
	}
	for (const char *at = list; at != NULL && (at = strchr(at, ',')) != NULL; at++)
		names++;
	if (list != NULL && count != names)
		die("'%s' is no list of kernels: index, store, kvcache, allreduce, radix "
		    "(try 'kbench --list')", list);
}

/* A wished axis must be one of some chosen kernel's, with values that fit it there. */
static void
check_axes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->wish->axis_count; i++) {
		const struct axis *axis = &plan->wish->axes[i];
		bool known = false, here = false;

		for (size_t j = 0; plan->chosen[j] != NULL; j++) {
			const struct axis_rule *rule = find_rule(plan->chosen[j], axis->name);
			const char *error = rule ? axis_check(axis, rule, plan->arena) : NULL;

			if (error != NULL)
				die("axis %s of %s: %s", axis->name, plan->chosen[j]->name, error);
			known = known || rule != NULL;
			here = here || (rule != NULL && rule_default(plan, rule) != NULL);
		}
		if (!known)
			die("no chosen kernel has an axis '%s' (try 'kbench --list')", axis->name);
		if (!here)
			die("axis '%s' is not there on %s (try 'kbench --list')", axis->name,
			    plan->backend->name);
	}
}

static void
set_axis(struct plan *plan, const struct axis_rule *rule, struct axis *axis)
{
	struct text text = { 0 };
	const char *error;

	for (size_t i = plan->wish->axis_count; i-- > 0;) {
		if (strcmp(plan->wish->axes[i].name, rule->name) == 0) {
			*axis = plan->wish->axes[i];
			axis->rule = rule;
			return;
		}
	}
	text_add_format(&text, "%s=%s", rule->name, rule_default(plan, rule));
	error = axis_parse(axis, text.bytes, plan->arena);
	if (error != NULL)
		die("default of axis %s: %s", rule->name, error);
	axis->rule = rule;
	text_free(&text);
}

static void
enter_subject(struct plan *plan)
{
	plan->subject = plan->chosen[plan->at];
	plan->point = (struct point){ .axes = plan->axes, .at = plan->turns };
	memset(plan->turns, 0, sizeof(plan->turns));
	if (plan->subject == NULL)
		return;
	for (const struct axis_rule *rule = plan->subject->axes; rule->name != NULL; rule++)
		if (rule_default(plan, rule) != NULL)
			set_axis(plan, rule, &plan->axes[plan->point.axis_count++]);
}

void
plan_make(struct plan *plan, struct plan_wish *wish, const struct backend *backend,
    struct results *results)
{
	*plan = (struct plan){ .wish = wish, .backend = backend, .arena = &results->arena };
	wish_sizes(wish, plan->arena);
	choose_kernels(plan, wish->kernels, results);
	check_axes(plan);
}

bool
plan_next(struct plan *plan)
{
	if (plan->subject == NULL) {
		if (plan->at == 0)
			enter_subject(plan);
	} else if (!point_next(&plan->point)) {
		plan->at++;
		enter_subject(plan);
	}
	return plan->subject != NULL;
}

size_t
plan_count(const struct plan *plan)
{
	struct plan walk = *plan;
	size_t count = 0;

	for (walk.at = 0; plan->chosen[walk.at] != NULL; walk.at++) {
		enter_subject(&walk);
		count += axes_combinations(walk.axes, walk.point.axis_count);
	}
	return count;
}

const char *
plan_describe(const struct plan *plan, struct results *results)
{
	return results_format(results, "%s %s=%s", plan->subject->name, plan->subject->size_axis,
	    point_text(&plan->point, plan->subject->size_axis));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the rows of operators.tsv for each operator of a stack. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/text.h"
#include "operators.h"
#include "shapes.h"

extern const char operators_tsv[];

enum { NAME, WHEN, FAMILY, SIZES, TYPE, MARKS, NOTE, COLUMNS };

struct table
operators_open(void)
{
	return table_open(operators_tsv, COLUMNS);
}

/* What was found out about one operator. */
struct finding {
	bool composite;          /* has no formula of its own, but its parts may */
	bool values;             /* what it touches depends on values */
	const struct table_row *row;
	struct work work;
	struct sizes sizes;
	char lacking[EXPRESSION_NAME];
};

static bool
holds(const char *formula, const struct expression_scope *scope)
{
	char lacking[EXPRESSION_NAME];
	double value;

	return expression_value(formula, scope, &value, lacking) && value != 0;
}

static bool
has_mark(const struct table_row *row, const char *mark)
{
	return strstr(row->cells[MARKS], mark) != NULL;
}

/* The first row that fits and whose sizes are all there; false when there is none. */
static bool
find_row(struct finding *finding, struct shapes *shapes, const struct families *families,
    const struct table *table)
{
	struct expression_scope scope = { shapes, shapes_size, shapes_call };

	for (size_t i = 0; i < table->count; i++) {
		const struct table_row *row = &table->rows[i];

		if (fnmatch(row->cells[NAME], shapes->op->name, 0) != 0 ||
		    !holds(row->cells[WHEN], &scope))
			continue;
		if (has_mark(row, "composite")) {
			finding->composite = true;
			return false;
		}
		if (has_mark(row, "values")) {
			finding->values = true;
			return false;
		}
		finding->sizes.count = 0;
		finding->row = row;
		if (sizes_make(&finding->sizes, row->cells[SIZES], &scope, finding->lacking) &&
		    work_make(&finding->work, families, row->cells[FAMILY], &finding->sizes,
		    finding->lacking))
			return true;
	}
	return false;
}

static void
take(struct item *item, const struct finding *finding, const struct op *op, int level,
    enum origin origin)
{
	const struct table_row *row = finding->row;

	item->work = finding->work;
	item_take_sizes(item, &finding->sizes);
	item->origin = origin;
	item->assumed = has_mark(row, "assumed");
	item->note = row->cells[NOTE];
	item->op_level = level;
	item->why = NULL;
	if (row->cells[TYPE][0] != '-')
		item->work.type = shapes_arithmetic(
		    op->arguments[strtol(row->cells[TYPE], NULL, 10)].type, item->name);
}

/* Why the innermost operator tells nothing. */
static void
say_why(struct item *item, const struct op *op, const struct finding *finding)
{
	struct text why = { 0 };

	if (op->count == 0)
		text_add_format(&why, "the trace has no shapes of %s", op->name);
	else if (finding->composite)
		text_add_format(&why, "%s is made of parts", op->name);
	else if (finding->values)
		text_add_format(&why, "what %s touches depends on values", op->name);
	else if (finding->row != NULL && has_mark(finding->row, "lengths"))
		text_add_format(&why, "%s: the lengths of its requests are not in the trace",
		    op->name);
	else if (finding->row != NULL)
		text_add_format(&why, "%s: its shapes are not those expected", op->name);
	else
		text_add_format(&why, "no formula for %s", op->name);
	item->why = intern_string(why.bytes);
	text_free(&why);
}

/* Work of an event that counts its own bytes belongs to an operator only as a helper. */
static bool
may_own(const struct item *item, const struct finding *finding)
{
	return item->kind == TRACE_KERNEL || finding->work.engine == ENGINE_TENSOR;
}

/* The launch of a plan that the kernel is, if it was planned for as many tokens as its step has. */
static void
read_plan(struct item *item, const struct step *step, const struct families *families,
    const struct table *table)
{
	struct shapes shapes = { item->plan, item->name, 0, step != NULL ? &step->sizes : NULL };
	const struct size *tokens = step != NULL ? sizes_find(&step->sizes, "tokens") : NULL;
	struct finding finding = { 0 };

	if (tokens != NULL && item->plan_tokens > 0 &&
	    (tokens->low < item->plan_tokens || tokens->low > item->plan_tokens)) {
		item->why = "the plan is of another number of tokens than the step";
		return;
	}
	if (find_row(&finding, &shapes, families, table))
		take(item, &finding, item->plan, 0, ORIGIN_PLAN);
	else
		say_why(item, item->plan, &finding);
}

void
operators_read(struct item *item, const struct kernels *kernels, const struct families *families,
    const struct table *table)
{
	const struct stack *stack = item->stack == NONE ? NULL : &kernels->stacks[item->stack];
	int count = stack == NULL || stack->graph ? 0 : stack->count, whole = NONE;
	const struct step *step = item->step == NONE ? NULL
	    : &kernels->steps.list[item->step];

	for (int level = 0; level < count; level++) {
		struct shapes shapes = { &stack->ops[level], item->name, level,
			step != NULL ? &step->sizes : NULL };
		struct finding finding = { 0 };
		bool found = find_row(&finding, &shapes, families, table) &&
		    may_own(item, &finding);

		if (level == 0 && !found)
			say_why(item, &stack->ops[0], &finding);
		if (found && (item->origin == ORIGIN_NONE ||
		    (whole == NONE && has_mark(finding.row, "whole")))) {
			take(item, &finding, &stack->ops[level], level, stack->capture
			    ? ORIGIN_CAPTURE : ORIGIN_SHAPES);
			if (has_mark(finding.row, "whole"))
				whole = level;
		}
		if ((finding.composite || finding.values) && item->origin == ORIGIN_NONE)
			break;
	}
	if (item->origin == ORIGIN_NONE && item->plan != NULL)
		read_plan(item, step, families, table);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments in Markdown. */
#include <stdlib.h>
#include <string.h>

#include "deployed.h"
#include "base/map.h"
#include "base/text.h"
#include "formats.h"
#include "page/markdown.h"

/* A frame's call as a link; what has no text of its own is a plain place. */
static void
write_call(struct output *out, const struct frame *frame, const char *prefix)
{
	if (frame->label != NULL)
		markdown_link(out, frame, prefix);
	else
		markdown_place(out, frame->file, frame->line, prefix);
}

static void
write_deployments(struct output *out, const struct deployments *deployments)
{
	output_string(out, "\n## Deployments\n\nWhat each launches, by running the tree's own "
	    "Python on shapes (kplan). A cell has the shapes of the first tensors; layers alike "
	    "stand once. Conditions are comparisons of sizes that decided a launch: with other "
	    "sizes it may be another.\n");
	for (size_t i = 0; i < deployments->count; i++) {
		const struct deployment *deployment = &deployments->list[i];

		output_format(out, "\n%zu. **", i + 1);
		markdown_text(out, deployment->name);
		output_string(out, "**");
		if (deployment->release != NULL) {
			output_string(out, ", release ");
			markdown_text(out, deployment->release);
		}
		output_format(out, ": %zu launches", deployment->launches);
		for (size_t at = 0; at < deployment->unresolved_count; at++) {
			output_string(out, "\n   - not all could be run: ");
			markdown_text(out, deployment->unresolved[at]);
		}
	}
	output_char(out, '\n');
}

/* "1 decode": how a column is called. */
static void
write_column(struct output *out, const struct column *column)
{
	output_format(out, "%zu ", column->deployment + 1);
	markdown_text(out, column->phase);
}

static void
write_source(struct output *out, const struct launch *launch)
{
	output_string(out, " *(");
	markdown_text(out, launch->source);
	output_string(out, ")*");
}

static void
write_head(struct output *out, const struct deployments *deployments)
{
	output_string(out, "\n| Kernel | Op | Called at |");
	for (size_t i = 0; i < deployments->column_count; i++) {
		output_char(out, ' ');
		write_column(out, &deployments->columns[i]);
		output_string(out, " |");
	}
	output_string(out, " Conditions |\n|---|---|---|");
	for (size_t i = 0; i < deployments->column_count; i++)
		output_string(out, "---|");
	output_string(out, "---|\n");
}

static void
write_conditions(struct output *out, const struct row *row, size_t columns)
{
	struct map seen = { 0 };

	for (size_t i = 0; i < columns; i++)
		for (uint32_t at = 0; row->cells[i] && at < row->cells[i]->condition_count; at++) {
			size_t before = seen.count;

			map_put_string(&seen, row->cells[i]->conditions[at]);
			if (seen.count == before)
				continue;
			output_string(out, before > 0 ? "; " : "");
			markdown_text(out, row->cells[i]->conditions[at]);
		}
	map_free(&seen);
}

static void
write_row(struct output *out, const struct row *row, const struct deployments *deployments,
    const char *prefix)
{
	const struct launch *launch = row->first;

	output_string(out, "| ");
	markdown_text(out, launch->kernel);
	write_source(out, launch);
	output_string(out, " | ");
	if (launch->op < launch->frame_count)
		write_call(out, &launch->frames[launch->op], prefix);
	output_string(out, " | ");
	markdown_place(out, launch->frames[0].file, launch->frames[0].line, prefix);
	output_string(out, " |");
	for (size_t i = 0; i < deployments->column_count; i++) {
		output_char(out, ' ');
		if (row->cells[i] != NULL)
			markdown_text(out, *row->cells[i]->shapes ? row->cells[i]->shapes : "yes");
		output_string(out, " |");
	}
	output_char(out, ' ');
	write_conditions(out, row, deployments->column_count);
	output_string(out, " |\n");
}

void
deployed_write_table(struct output *out, const struct deployments *deployments,
    const char *prefix)
{
	struct text heading = { 0 };

	write_deployments(out, deployments);
	for (size_t i = 0; i < deployments->stretch_count; i++) {
		const struct stretch *stretch = &deployments->stretches[i];

		if (stretch->count == 0)
			continue;
		stretch_heading(stretch, &heading);
		output_format(out, "\n### %s\n", heading.bytes);
		write_head(out, deployments);
		for (size_t at = 0; at < stretch->count; at++)
			write_row(out, &stretch->rows[at], deployments, prefix);
	}
	text_free(&heading);
}

static bool
same_chain(const struct launch *a, const struct launch *b)
{
	if (a->frame_count != b->frame_count || a->op != b->op)
		return false;
	for (uint32_t i = 0; i < a->frame_count; i++)
		if (a->frames[i].file != b->frames[i].file ||
		    a->frames[i].line != b->frames[i].line)
			return false;
	return true;
}

/* How often the column launches this chain. */
static int64_t
times_in(const struct column *column, const struct launch *launch)
{
	int64_t times = 0;

	for (size_t i = 0; i < column->count; i++)
		if (column->launches[i].kernel == launch->kernel &&
		    column->launches[i].source == launch->source &&
		    same_chain(&column->launches[i], launch))
			times += column->launches[i].repeat;
	return times;
}

/* The conditions of all launches with the launch's chain, each once. */
static void
write_whens(struct output *out, const struct deployments *deployments,
    const struct launch *launch)
{
	struct map seen = { 0 };

	for (size_t i = 0; i < deployments->column_count; i++)
		for (size_t at = 0; at < deployments->columns[i].count; at++) {
			const struct launch *other = &deployments->columns[i].launches[at];

			if (other->kernel != launch->kernel || other->source != launch->source ||
			    !same_chain(other, launch))
				continue;
			for (uint32_t c = 0; c < other->condition_count; c++) {
				size_t before = seen.count;

				map_put_string(&seen, other->conditions[c]);
				if (seen.count == before)
					continue;
				output_string(out, before == 0 ? "; depends on " : ", ");
				markdown_code(out, other->conditions[c]);
			}
		}
	map_free(&seen);
}

static void
write_places(struct output *out, const struct deployments *deployments,
    const struct launch *launch)
{
	const char *between = "Runs in: ";

	for (size_t i = 0; i < deployments->column_count; i++) {
		int64_t times = times_in(&deployments->columns[i], launch);

		if (times == 0)
			continue;
		output_string(out, between);
		write_column(out, &deployments->columns[i]);
		if (times > 1)
			output_format(out, " (%lld times)", (long long)times);
		between = ", ";
	}
	write_whens(out, deployments, launch);
	output_char(out, '\n');
}

static void
write_chain(struct output *out, const struct deployments *deployments,
    const struct launch *launch, const char *prefix)
{
	output_char(out, '\n');
	for (uint32_t i = 0; i < launch->frame_count; i++) {
		for (uint32_t at = 1; at < i; at++)
			output_string(out, "    ");
		output_string(out, i > 0 ? "└─> " : "");
		write_call(out, &launch->frames[i], prefix);
		if (i == 0)
			write_source(out, launch);
		output_string(out, i == launch->op ? " ← **OP**\n" : "\n");
	}
	output_char(out, '\n');
	write_places(out, deployments, launch);
}

/* Whether an earlier launch of any column has the same kernel, and the same chain. */
static bool
is_first(const struct deployments *deployments, size_t column, size_t index, bool chain)
{
	const struct launch *launch = &deployments->columns[column].launches[index];

	for (size_t i = 0; i <= column; i++) {
		const struct column *other = &deployments->columns[i];

		for (size_t at = 0; at < (i < column ? other->count : index); at++)
			if (other->launches[at].kernel == launch->kernel &&
			    other->launches[at].source == launch->source &&
			    (!chain || same_chain(&other->launches[at], launch)))
				return false;
	}
	return true;
}

static void
write_kernel(struct output *out, const struct deployments *deployments,
    const struct launch *kernel, const char *prefix)
{
	for (size_t i = 0; i < deployments->column_count; i++)
		for (size_t at = 0; at < deployments->columns[i].count; at++) {
			const struct launch *launch = &deployments->columns[i].launches[at];

			if (launch->kernel == kernel->kernel && launch->source == kernel->source &&
			    is_first(deployments, i, at, true))
				write_chain(out, deployments, launch, prefix);
		}
}

void
deployed_write_kernels(struct output *out, const struct deployments *deployments,
    const char *prefix)
{
	size_t number = 0;

	output_string(out, "\n## Kernels of the deployments\n");
	for (size_t i = 0; i < deployments->column_count; i++)
		for (size_t at = 0; at < deployments->columns[i].count; at++) {
			const struct launch *launch = &deployments->columns[i].launches[at];

			if (!is_first(deployments, i, at, false))
				continue;
			output_format(out, "\n### D%zu. ", ++number);
			markdown_text(out, launch->kernel);
			write_source(out, launch);
			output_char(out, '\n');
			write_kernel(out, deployments, launch, prefix);
		}
}

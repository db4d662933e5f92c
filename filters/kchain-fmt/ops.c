/* SPDX-License-Identifier: Apache-2.0 */
/* The op document: what the model's forward calls, from the top down and in the order of
 * the lines, to each op and the kernels that implement it. */
#include <stdlib.h>
#include <string.h>

#include "formats.h"
#include "base/intern.h"
#include "base/map.h"
#include "page/markdown.h"
#include "base/memory.h"
#include "base/text.h"

/* A call site in the tree from the top. Chains that pass it with other receivers or
 * bindings are the same here. */
struct step {
	const struct frame *frame;
	struct step **children;
	size_t count, capacity;
	const struct kernel **kernels; /* that this op is implemented by, no twice in a row */
	size_t kernel_count, kernel_capacity;
};

struct tops {
	struct output *out;
	const struct chains *chains;
	const char *prefix;
	struct arena arena;
	struct step root;
	const struct kernel *kernel;  /* whose chains are being added */
	const struct frame **path;    /* from the op up */
	size_t depth, path_capacity;
	struct text margin;
};

static bool
is_same_call(const struct frame *a, const struct frame *b)
{
	return a->line == b->line && a->file == b->file && a->label == b->label;
}

static struct step *
child_of(struct tops *tops, struct step *parent, const struct frame *frame)
{
	struct step *step;

	for (size_t i = parent->count; i > 0; i--)
		if (is_same_call(parent->children[i - 1]->frame, frame))
			return parent->children[i - 1];
	step = arena_alloc_zero(&tops->arena, sizeof(*step));
	step->frame = frame;
	parent->children = memory_grow(parent->children, parent->count, &parent->capacity,
	    sizeof(*parent->children));
	return parent->children[parent->count++] = step;
}

static void
add_path(struct tops *tops)
{
	struct step *step = &tops->root;

	for (size_t i = tops->depth; i > 0; i--)
		step = child_of(tops, step, tops->path[i - 1]);
	if (step->kernel_count > 0 && step->kernels[step->kernel_count - 1] == tops->kernel)
		return;
	step->kernels = memory_grow(step->kernels, step->kernel_count, &step->kernel_capacity,
	    sizeof(*step->kernels));
	step->kernels[step->kernel_count++] = tops->kernel;
}

/* Go from a node up to every end of its chains, and note what lies from the op on. */
static void
add_chains(struct tops *tops, uint32_t node, bool above_op)
{
	const struct node *at = &tops->chains->nodes[node];

	above_op |= at->op;
	if (above_op) {
		tops->path = memory_grow(tops->path, tops->depth, &tops->path_capacity,
		    sizeof(*tops->path));
		tops->path[tops->depth++] = &tops->chains->frames[at->frame];
	}
	for (uint32_t n = at->first; n; n = tops->chains->nodes[n].next)
		add_chains(tops, n, above_op);
	if (!at->first)
		add_path(tops);
	tops->depth -= above_op;
}

/* Within a function the order of the lines; functions that a call may mean one after
 * another. */
static int
compare_steps(const void *left, const void *right)
{
	const struct frame *a = (*(struct step *const *)left)->frame;
	const struct frame *b = (*(struct step *const *)right)->frame;
	int order;

	if ((order = strcmp(a->file, b->file)) || (order = strcmp(a->function, b->function)))
		return order;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return strcmp(a->label, b->label);
}

static void
write_step(struct tops *tops, const struct step *step)
{
	markdown_link(tops->out, step->frame, tops->prefix);
	if (step->kernel_count > 0)
		output_string(tops->out, " ← **OP**");
	for (uint32_t i = 0; i < step->frame->guard_count; i++) {
		output_string(tops->out, i ? " and " : " · if ");
		markdown_code(tops->out, step->frame->guards[i]);
	}
	for (size_t i = 0; i < step->kernel_count; i++) {
		output_string(tops->out, i ? ", " : " · kernels: ");
		markdown_text(tops->out, step->kernels[i]->name);
	}
	output_char(tops->out, '\n');
}

static void
write_below(struct tops *tops, struct step *step)
{
	if (step->count > 0)
		qsort(step->children, step->count, sizeof(*step->children), compare_steps);
	for (size_t i = 0; i < step->count; i++) {
		bool last = i + 1 == step->count;
		size_t length = tops->margin.length;

		output_bytes(tops->out, tops->margin.bytes ? tops->margin.bytes : "", length);
		output_string(tops->out, last ? "└─> " : "├─> ");
		write_step(tops, step->children[i]);
		text_add_string(&tops->margin, last ? "    " : "│   ");
		write_below(tops, step->children[i]);
		tops->margin.length = length;
	}
}

static void
free_steps(struct step *step)
{
	for (size_t i = 0; i < step->count; i++)
		free_steps(step->children[i]);
	free(step->children);
	free(step->kernels);
}

static void
write_roots(struct tops *tops)
{
	const struct frame *before = NULL;
	size_t number = 0;

	if (tops->root.count > 0)
		qsort(tops->root.children, tops->root.count, sizeof(*tops->root.children),
		    compare_steps);
	for (size_t i = 0; i < tops->root.count; i++) {
		struct step *step = tops->root.children[i];

		if (!before || before->file != step->frame->file ||
		    before->function != step->frame->function) {
			output_format(tops->out, "\n## %zu. ", ++number);
			markdown_text(tops->out, step->frame->function);
			output_string(tops->out, " (");
			markdown_text(tops->out, base_name(step->frame->file));
			output_string(tops->out, ")\n");
		}
		before = step->frame;
		output_char(tops->out, '\n');
		write_step(tops, step);
		write_below(tops, step);
	}
}

void
ops_write(struct output *out, const struct chains *chains, const struct format_options *options)
{
	struct tops tops = { .out = out, .chains = chains, .prefix = options->prefix };

	for (size_t i = 0; i < chains->kernel_count; i++) {
		tops.kernel = &chains->kernels[i];
		for (uint32_t n = tops.kernel->first; n; n = chains->nodes[n].next)
			add_chains(&tops, n, false);
	}
	output_string(out, "# ");
	markdown_text(out, options->title);
	output_string(out, "\n\nWhat the model's forward calls, from the top down, each function's "
	    "calls in the order of its lines. ← **OP** marks an op, with the kernels that "
	    "implement it.\n");
	write_roots(&tops);
	free_steps(&tops.root);
	free(tops.path);
	text_free(&tops.margin);
	arena_free(&tops.arena);
}

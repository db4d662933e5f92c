/* SPDX-License-Identifier: Apache-2.0 */
/* The call graph as Graphviz reads it: functions and kernels, an edge for each call. */
#include <string.h>

#include "base/columns.h"
#include "formats.h"
#include "base/map.h"
#include "base/text.h"

struct drawing {
	struct output *out;
	const struct chains *chains;
	const char *prefix;
	struct map nodes; /* what was declared -> its number + 1 */
	struct map edges; /* what was drawn */
};

/* Text within a double-quoted string; the escapes are Graphviz's own. */
static void
write_quoted(struct output *out, const char *text)
{
	struct text clean = { 0 };

	columns_clean(&clean, text);
	for (size_t i = 0; i < clean.length; i++) {
		if (clean.bytes[i] == '"' || clean.bytes[i] == '\\')
			output_char(out, '\\');
		output_char(out, clean.bytes[i]);
	}
	text_free(&clean);
}

static size_t
declare(struct drawing *drawing, const struct text *key, bool *is_new)
{
	void **place = map_put(&drawing->nodes, key->bytes, key->length);

	*is_new = !*place;
	if (*is_new)
		*place = (void *)drawing->nodes.count;
	return (size_t)*place;
}

static size_t
function_node(struct drawing *drawing, const struct frame *frame)
{
	struct text key = { 0 };
	bool is_new;
	size_t node;

	text_add_format(&key, "%s\t%s", frame->file, frame->function);
	node = declare(drawing, &key, &is_new);
	text_free(&key);
	if (!is_new)
		return node;
	output_format(drawing->out, "\tn%zu [label=\"", node);
	write_quoted(drawing->out, frame->function);
	output_string(drawing->out, "\\n");
	write_quoted(drawing->out, base_name(frame->file));
	output_string(drawing->out, "\"];\n");
	return node;
}

static size_t
kernel_node(struct drawing *drawing, const struct kernel *kernel)
{
	struct text key = { 0 };
	bool is_new;
	size_t node;

	text_add_format(&key, "\t%s\t%s\t%s", kernel->source, kernel->name,
	    kernel->implementation ? kernel->implementation : "");
	node = declare(drawing, &key, &is_new);
	text_free(&key);
	if (!is_new)
		return node;
	output_format(drawing->out, "\tn%zu [shape=box, style=filled, fillcolor=\"#dde7f3\", "
	    "label=\"", node);
	write_quoted(drawing->out, kernel->name);
	output_string(drawing->out, "\\n");
	write_quoted(drawing->out, kernel->source);
	output_string(drawing->out, "\"];\n");
	return node;
}

static void
draw_edge(struct drawing *drawing, size_t from, size_t to, const struct frame *frame, bool op)
{
	size_t before = drawing->edges.count;
	struct text key = { 0 };

	text_add_format(&key, "%zu %zu %u %s %d", from, to, frame->line, frame->label, op);
	map_put(&drawing->edges, key.bytes, key.length);
	text_free(&key);
	if (drawing->edges.count == before)
		return;
	output_format(drawing->out, "\tn%zu -> n%zu [label=\"", from, to);
	write_quoted(drawing->out, frame->label);
	output_format(drawing->out, "() :%u\", URL=\"", frame->line);
	write_quoted(drawing->out, drawing->prefix);
	write_quoted(drawing->out, frame->file);
	output_format(drawing->out, "#L%u\"%s];\n", frame->line,
	    op ? ", color=\"#c0392b\", penwidth=2" : "");
}

static void
draw_callers(struct drawing *drawing, uint32_t node, size_t callee)
{
	for (; node; node = drawing->chains->nodes[node].next) {
		const struct node *at = &drawing->chains->nodes[node];
		const struct frame *frame = &drawing->chains->frames[at->frame];
		size_t caller = function_node(drawing, frame);

		draw_edge(drawing, caller, callee, frame, at->op);
		draw_callers(drawing, at->first, caller);
	}
}

void
graphviz_write(struct output *out, const struct chains *chains,
    const struct format_options *options)
{
	struct drawing drawing = { .out = out, .chains = chains, .prefix = options->prefix };

	output_string(out, "digraph kernels {\n\tlabel=\"");
	write_quoted(out, options->title);
	output_string(out, "\";\n\trankdir=LR;\n\tnode [fontname=\"sans-serif\", fontsize=10];\n"
	    "\tedge [fontname=\"sans-serif\", fontsize=8];\n");
	for (size_t i = 0; i < chains->kernel_count; i++)
		if (chains->kernels[i].first)
			draw_callers(&drawing, chains->kernels[i].first,
			    kernel_node(&drawing, &chains->kernels[i]));
	output_string(out, "}\n");
	map_free(&drawing.nodes);
	map_free(&drawing.edges);
}

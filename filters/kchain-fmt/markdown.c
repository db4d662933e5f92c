/* SPDX-License-Identifier: Apache-2.0 */
/* The trace document: tables of kernels and ops, every chain as a tree from the kernel's
 * call site up to the model's forward, kernels by source, and those no model reaches. */
#include <stdlib.h>
#include <string.h>

#include "deployed.h"
#include "formats.h"
#include "inventory.h"
#include "base/intern.h"
#include "base/map.h"
#include "page/markdown.h"
#include "base/memory.h"
#include "base/text.h"

struct document {
	struct output *out;
	const struct chains *chains;
	const char *prefix;
	const struct deployments *deployments; /* NULL: nothing is known of what runs */
	struct text margin; /* what stands before the arrow of the current node */
};

static const struct frame *
frame_of(const struct document *document, uint32_t node)
{
	return &document->chains->frames[document->chains->nodes[node].frame];
}

/* A row's cell that lists each text once, in the order they come. */
struct cell {
	struct output *out;
	struct map seen;
};

static bool
cell_begin(struct cell *cell, const char *text)
{
	size_t before = cell->seen.count;

	map_put_string(&cell->seen, text);
	if (cell->seen.count == before)
		return false;
	if (before > 0)
		output_string(cell->out, ", ");
	return true;
}

static void
write_op_labels(const struct document *document, const struct kernel *kernel)
{
	struct cell cell = { .out = document->out };

	for (size_t i = 0; i < kernel->op_count; i++) {
		const char *label = document->chains->frames[kernel->ops[i].frame].label;

		if (cell_begin(&cell, label))
			output_format(document->out, "%s()", label);
	}
	map_free(&cell.seen);
}

/* file.py:line, not as links: a link promises that its line has the call it names. */
static void
write_call_sites(const struct document *document, const struct kernel *kernel)
{
	struct cell cell = { .out = document->out };
	struct text place = { 0 };

	for (uint32_t n = kernel->first; n; n = document->chains->nodes[n].next) {
		const struct frame *frame = frame_of(document, n);

		text_clear(&place);
		text_add_format(&place, "%s:%u", base_name(frame->file), frame->line);
		if (cell_begin(&cell, place.bytes))
			markdown_text(document->out, place.bytes);
	}
	for (size_t i = 0; i < kernel->caller_count; i++) {
		text_clear(&place);
		text_add_format(&place, "%s:%u", base_name(kernel->callers[i].file),
		    kernel->callers[i].line);
		if (cell_begin(&cell, place.bytes))
			markdown_text(document->out, place.bytes);
	}
	text_free(&place);
	map_free(&cell.seen);
}

static void
write_summary(const struct document *document)
{
	const struct chains *chains = document->chains;

	output_string(document->out, "\n## Summary Table\n\n"
	    "| Kernel | Source | Target Op | Kernel Call Site |\n"
	    "|--------|--------|-----------|------------------|\n");
	for (size_t i = 0; i < chains->kernel_count; i++) {
		const struct kernel *kernel = &chains->kernels[i];

		output_string(document->out, "| ");
		markdown_text(document->out, kernel->name);
		output_format(document->out, " | %s | ", kernel->source);
		if (kernel->op_count > 0)
			write_op_labels(document, kernel);
		else
			output_string(document->out, "*(unreached)*");
		output_string(document->out, " | ");
		write_call_sites(document, kernel);
		output_string(document->out, " |\n");
	}
}

static void
write_ops(const struct document *document)
{
	const struct chains *chains = document->chains;

	output_string(document->out, "\n## Kernel → Ops\n\n"
	    "| Kernel | Source | Op | In | Chains |\n|--------|--------|----|----|-------:|\n");
	for (size_t i = 0; i < chains->kernel_count; i++)
		for (size_t o = 0; o < chains->kernels[i].op_count; o++) {
			const struct op *op = &chains->kernels[i].ops[o];
			const struct frame *frame = &chains->frames[op->frame];

			output_string(document->out, "| ");
			markdown_text(document->out, chains->kernels[i].name);
			output_format(document->out, " | %s | ", chains->kernels[i].source);
			markdown_link(document->out, frame, document->prefix);
			output_string(document->out, " | ");
			markdown_text(document->out, frame->function);
			output_format(document->out, " | %u |\n", op->chains);
		}
}

static void
write_node(const struct document *document, uint32_t node, const char *source)
{
	const struct frame *frame = frame_of(document, node);

	markdown_link(document->out, frame, document->prefix);
	if (source)
		output_format(document->out, " *(%s)*", source);
	if (document->chains->nodes[node].op)
		output_string(document->out, " ← **OP**");
	markdown_notes(document->out, frame);
	output_char(document->out, '\n');
}

/* The callers of a node, each below it and four columns further in. */
static void
write_callers(struct document *document, uint32_t node)
{
	for (uint32_t n = document->chains->nodes[node].first; n; ) {
		uint32_t next = document->chains->nodes[n].next;
		size_t length = document->margin.length;

		output_bytes(document->out, document->margin.bytes ? document->margin.bytes : "",
		    length);
		output_string(document->out, next ? "├─> " : "└─> ");
		write_node(document, n, NULL);
		text_add_string(&document->margin, next ? "│   " : "    ");
		write_callers(document, n);
		document->margin.length = length;
		n = next;
	}
}

static void
write_kernel(struct document *document, const struct kernel *kernel, size_t section,
    size_t number)
{
	output_format(document->out, "\n#### %zu.%zu ", section, number);
	markdown_text(document->out, kernel->name);
	output_format(document->out, " *(%s)*\n", kernel->source);
	if (kernel->implementation) {
		/* Linked without the line: a link to a line promises a call there. */
		output_string(document->out, "\nImplementation: ");
		markdown_place(document->out, kernel->implementation,
		    kernel->implementation_line, document->prefix);
		output_char(document->out, '\n');
	}
	if (document->deployments == NULL && (kernel->omitted > 0 || kernel->omitted_at_least))
		output_format(document->out, "\n%llu chains; %s%llu more lead to the same ops and "
		    "are not listed.\n",
		    (unsigned long long)kernel->chains, kernel->omitted_at_least ? "at least " : "",
		    (unsigned long long)kernel->omitted);
	if (document->deployments != NULL) {
		inventory_write_chains(document->out, document->chains, kernel, document->prefix);
		return;
	}
	for (uint32_t n = kernel->first; n; n = document->chains->nodes[n].next) {
		output_char(document->out, '\n');
		write_node(document, n, kernel->source);
		write_callers(document, n);
	}
}

struct section {
	const char *name;
	size_t kernels;
};

static int
compare_sections(const void *left, const void *right)
{
	const struct section *a = left, *b = right;

	if (a->kernels != b->kernels)
		return a->kernels > b->kernels ? -1 : 1;
	return strcmp(a->name, b->name);
}

static struct section *
find_sections(const struct document *document, size_t *count)
{
	const struct chains *chains = document->chains;
	struct map counts = { 0 };
	struct section *sections;

	for (size_t i = 0; i < chains->kernel_count; i++)
		if (chains->kernels[i].category &&
		    !inventory_leaves_out(&chains->kernels[i], document->deployments)) {
			void **kernels = map_put_string(&counts, chains->kernels[i].category);

			*kernels = (void *)((uintptr_t)*kernels + 1);
		}
	sections = memory_alloc_zero(counts.count + 1, sizeof(*sections));
	*count = counts.count;
	for (size_t i = 0; i < counts.count; i++)
		sections[i] = (struct section){ intern_string(counts.entries[i].key),
			(uintptr_t)counts.entries[i].value };
	qsort(sections, *count, sizeof(*sections), compare_sections);
	map_free(&counts);
	return sections;
}

static void
write_details(struct document *document)
{
	const struct chains *chains = document->chains;
	size_t section_count;
	struct section *sections = find_sections(document, &section_count);

	output_string(document->out, document->deployments == NULL ?
	    "\n## Detailed Call Chains\n" : "\n## Inventory\n\nWhat else the tree has: one "
	    "chain from each call of a kernel to each op that it may implement. No deployment "
	    "above runs these; other models, devices or arguments may.\n");
	for (size_t s = 0; s < section_count; s++) {
		size_t number = 0;

		output_format(document->out, "\n### %zu. ", s + 1);
		markdown_text(document->out, sections[s].name);
		output_char(document->out, '\n');
		for (size_t i = 0; i < chains->kernel_count; i++)
			if (chains->kernels[i].category == sections[s].name &&
			    !inventory_leaves_out(&chains->kernels[i], document->deployments))
				write_kernel(document, &chains->kernels[i], s + 1, ++number);
	}
	free(sections);
}

static void
write_breakdown(const struct document *document)
{
	const struct chains *chains = document->chains;
	const char *source = NULL;

	output_string(document->out, "\n## Kernel Source Breakdown\n");
	for (size_t i = 0; i < chains->kernel_count; i++) {
		const struct kernel *kernel = &chains->kernels[i];

		if (!source || strcmp(source, kernel->source) != 0) {
			size_t all = i, reached = 0;

			for (; all < chains->kernel_count &&
			    strcmp(chains->kernels[all].source, kernel->source) == 0; all++)
				reached += chains->kernels[all].chains > 0;
			source = kernel->source;
			output_format(document->out, "\n### %s\n\n%zu %s, %zu reached\n\n",
			    source, all - i, all - i == 1 ? "kernel" : "kernels", reached);
		}
		/* The summary has their ops already. */
		if (document->deployments != NULL)
			continue;
		output_string(document->out, "- ");
		markdown_text(document->out, kernel->name);
		if (kernel->chains > 0) {
			output_string(document->out, " → ");
			write_op_labels(document, kernel);
		} else {
			output_string(document->out, " *(unreached)*");
		}
		output_char(document->out, '\n');
	}
}

/* A reason, its paths as Python sees them: what is before python/ is the same for all, and
 * a plain path should not look like the end of a link. */
static void
write_reason(struct output *out, const char *reason)
{
	struct text text = { 0 };

	while (*reason) {
		size_t length = strcspn(reason, " ");
		const char *begin = reason;

		for (const char *at = reason; at + 8 <= reason + length; at++)
			if (strncmp(at, "/python/", 8) == 0)
				begin = at + 8;
		text_add(&text, begin, length - (size_t)(begin - reason));
		reason += length;
		length = strspn(reason, " ");
		text_add(&text, reason, length);
		reason += length;
	}
	markdown_text(out, text.bytes ? text.bytes : "");
	text_free(&text);
}

static void
write_unreached(const struct document *document)
{
	const struct chains *chains = document->chains;

	output_string(document->out, "\n## Unreached Kernels\n\n"
	    "Imported or defined, but no path of the model's forward leads to them.\n\n"
	    "| Kernel | Source | Reason |\n|--------|--------|--------|\n");
	for (size_t i = 0; i < chains->kernel_count; i++) {
		const struct kernel *kernel = &chains->kernels[i];

		if (kernel->chains > 0)
			continue;
		output_string(document->out, "| ");
		markdown_text(document->out, kernel->name);
		output_format(document->out, " | %s | ", kernel->source);
		write_reason(document->out, kernel->reason ? kernel->reason : "unknown");
		output_string(document->out, " |\n");
	}
}

static void
write_unresolved(const struct document *document)
{
	const struct chains *chains = document->chains;

	if (chains->unresolved_count == 0)
		return;
	output_string(document->out, "\n## Not Resolved\n\n"
	    "Calls on the model's way whose target is only known at run time: chains through "
	    "them may be missing.\n\n| Call | In | What |\n|------|----|------|\n");
	for (size_t i = 0; i < chains->unresolved_count; i++) {
		const struct unresolved *unresolved = &chains->unresolved[i];

		output_string(document->out, "| ");
		markdown_link(document->out, &unresolved->frame, document->prefix);
		output_string(document->out, " | ");
		markdown_text(document->out, unresolved->frame.function);
		output_string(document->out, " | ");
		markdown_text(document->out, unresolved->what);
		output_string(document->out, " |\n");
	}
}

static void
write_head(const struct document *document, const char *title)
{
	const struct chains *chains = document->chains;
	unsigned long long omitted = 0;
	size_t reached = 0, device_functions = 0;

	for (size_t i = 0; i < chains->kernel_count; i++) {
		device_functions += chains->kernels[i].device_function;
		reached += chains->kernels[i].chains > 0;
		omitted += chains->kernels[i].omitted;
	}
	output_string(document->out, "# ");
	markdown_text(document->out, title);
	output_format(document->out, "\n\n%zu kernels, %zu reached by the model; %llu direct call "
	    "sites; %llu chains", chains->kernel_count - device_functions, reached,
	    (unsigned long long)chains->calls, (unsigned long long)chains->chain_count);
	if (omitted > 0)
		output_format(document->out, " (%llu more are counted, not listed)", omitted);
	if (device_functions > 0)
		output_format(document->out, "; %zu further functions are only called inside of "
		    "kernels", device_functions);
	output_string(document->out, ".\n\nEach chain begins with the kernel's call site; every "
	    "line below is the call that reaches the function of the line above, up to the "
	    "model's forward. ← **OP** marks the call in model code that the kernel implements. "
	    "Behind a call: how it is bound where that is no plain call, the classes it runs on, "
	    "and the conditions it stands under.\n");
}

void
markdown_write(struct output *out, const struct chains *chains,
    const struct format_options *options)
{
	struct document document = { .out = out, .chains = chains, .prefix = options->prefix,
		.deployments = options->deployments };

	write_head(&document, options->title);
	if (options->deployments != NULL) {
		deployed_write_table(out, options->deployments, options->prefix);
		deployed_write_kernels(out, options->deployments, options->prefix);
	}
	write_summary(&document);
	if (options->deployments == NULL)
		write_ops(&document);
	write_details(&document);
	if (options->deployments != NULL)
		inventory_write_ops(out, chains, options);
	write_breakdown(&document);
	write_unreached(&document);
	write_unresolved(&document);
	text_free(&document.margin);
}

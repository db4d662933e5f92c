/* SPDX-License-Identifier: Apache-2.0 */
/* The main model is the file that most ops are in: files around it, such as those of layers for
 * speculative decoding, have few of their own. */
#include <stdlib.h>
#include <string.h>

#include "inventory.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "page/markdown.h"

struct inventory {
	struct output *out;
	const struct chains *chains;
	const char *prefix;
	size_t *ops_in;     /* by frame: how many ops are in its file */
	bool *kept;         /* by node: on the way to an op that is shown */
	struct text margin;
};

static const struct frame *
frame_of(const struct inventory *inventory, uint32_t node)
{
	return &inventory->chains->frames[inventory->chains->nodes[node].frame];
}

static size_t *
count_ops(const struct chains *chains)
{
	size_t *counts = memory_alloc_zero(chains->frame_count + 1, sizeof(*counts));
	struct map files = { 0 };

	for (size_t i = 0; i < chains->kernel_count; i++)
		for (size_t o = 0; o < chains->kernels[i].op_count; o++) {
			const struct op *op = &chains->kernels[i].ops[o];
			void **count = map_put_string(&files, chains->frames[op->frame].file);

			*count = (void *)((uintptr_t)*count + 1);
		}
	for (size_t i = 0; i < chains->frame_count; i++) {
		void **count = map_get_string(&files, chains->frames[i].file);

		counts[i] = count == NULL ? 0 : (size_t)(uintptr_t)*count;
	}
	map_free(&files);
	return counts;
}

/* Let best[label] be the node of the op that is shown for it. */
static void
choose_ops(const struct inventory *inventory, struct map *best, uint32_t node)
{
	const struct node *at = &inventory->chains->nodes[node];

	if (at->op) {
		void **chosen = map_put_string(best, frame_of(inventory, node)->label);
		uint32_t other = (uint32_t)(uintptr_t)*chosen;

		if (other == 0 || inventory->ops_in[at->frame] >
		    inventory->ops_in[inventory->chains->nodes[other].frame])
			*chosen = (void *)(uintptr_t)node;
		return;
	}
	for (uint32_t n = at->first; n; n = inventory->chains->nodes[n].next)
		choose_ops(inventory, best, n);
}

static bool
keep(struct inventory *inventory, struct map *best, uint32_t node)
{
	const struct node *at = &inventory->chains->nodes[node];
	bool kept = false;

	if (at->op)
		kept = (uint32_t)(uintptr_t)*map_get_string(best,
		    frame_of(inventory, node)->label) == node;
	for (uint32_t n = at->op ? 0 : at->first; n; n = inventory->chains->nodes[n].next)
		kept |= keep(inventory, best, n);
	return inventory->kept[node] = kept;
}

static void
write_node(const struct inventory *inventory, uint32_t node, const char *source)
{
	const struct frame *frame = frame_of(inventory, node);

	markdown_link(inventory->out, frame, inventory->prefix);
	if (source != NULL)
		output_format(inventory->out, " *(%s)*", source);
	/* What an op stands under is said once, where its way to the forward is. */
	if (inventory->chains->nodes[node].op)
		output_string(inventory->out, " ← **OP**");
	else
		markdown_notes(inventory->out, frame);
	output_char(inventory->out, '\n');
}

static uint32_t
next_kept(const struct inventory *inventory, uint32_t node)
{
	while (node && !inventory->kept[node])
		node = inventory->chains->nodes[node].next;
	return node;
}

static void
write_callers(struct inventory *inventory, uint32_t node)
{
	const struct node *nodes = inventory->chains->nodes;
	uint32_t n = nodes[node].op ? 0 : next_kept(inventory, nodes[node].first);

	while (n) {
		uint32_t next = next_kept(inventory, nodes[n].next);
		size_t length = inventory->margin.length;

		output_bytes(inventory->out, length > 0 ? inventory->margin.bytes : "", length);
		output_string(inventory->out, next ? "├─> " : "└─> ");
		write_node(inventory, n, NULL);
		text_add_string(&inventory->margin, next ? "│   " : "    ");
		write_callers(inventory, n);
		inventory->margin.length = length;
		n = next;
	}
}

static void
inventory_open(struct inventory *inventory, struct output *out, const struct chains *chains,
    const char *prefix)
{
	*inventory = (struct inventory){ .out = out, .chains = chains, .prefix = prefix,
		.ops_in = count_ops(chains),
		.kept = memory_alloc_zero(chains->node_count + 1, sizeof(*inventory->kept)) };
}

static void
inventory_close(struct inventory *inventory)
{
	free(inventory->ops_in);
	free(inventory->kept);
	text_free(&inventory->margin);
}

/* Mark what is shown of a kernel. */
static void
keep_kernel(struct inventory *inventory, const struct kernel *kernel)
{
	const struct node *nodes = inventory->chains->nodes;
	struct map best = { 0 };

	for (uint32_t n = kernel->first; n; n = nodes[n].next)
		choose_ops(inventory, &best, n);
	for (uint32_t n = kernel->first; n; n = nodes[n].next)
		keep(inventory, &best, n);
	map_free(&best);
}

void
inventory_write_chains(struct output *out, const struct chains *chains,
    const struct kernel *kernel, const char *prefix)
{
	struct inventory inventory;

	inventory_open(&inventory, out, chains, prefix);
	keep_kernel(&inventory, kernel);
	for (uint32_t n = next_kept(&inventory, kernel->first); n;
	    n = next_kept(&inventory, chains->nodes[n].next)) {
		output_char(out, '\n');
		write_node(&inventory, n, kernel->source);
		write_callers(&inventory, n);
	}
	inventory_close(&inventory);
}

bool
inventory_leaves_out(const struct kernel *kernel, const struct deployments *deployments)
{
	return deployments != NULL && deployments_have(deployments, kernel->name, kernel->source);
}

/* The best way found so far from an op to the model's forward. */
struct way {
	uint32_t *nodes; /* from the op's caller on */
	size_t count;
	size_t ops_in;   /* in the file of the forward */
	bool shown, found;
};

struct ways {
	struct inventory *inventory;
	struct way *of;    /* by frame of the op */
	uint32_t path[512];
	size_t depth;
};

static void
end_way(struct ways *ways, struct way *way, uint32_t last)
{
	size_t ops_in = ways->inventory->ops_in[ways->inventory->chains->nodes[last].frame];

	if (way->found && (ops_in < way->ops_in ||
	    (ops_in == way->ops_in && ways->depth >= way->count)))
		return;
	free(way->nodes);
	way->nodes = memory_alloc((ways->depth + 1) * sizeof(*way->nodes));
	memcpy(way->nodes, ways->path, ways->depth * sizeof(*way->nodes));
	way->count = ways->depth;
	way->ops_in = ops_in;
	way->found = true;
}

static void
find_ways(struct ways *ways, uint32_t node, struct way *way)
{
	const struct node *at = &ways->inventory->chains->nodes[node];

	if (way != NULL && ways->depth < sizeof(ways->path) / sizeof(*ways->path))
		ways->path[ways->depth++] = node;
	if (at->op) {
		way = &ways->of[at->frame];
		way->shown |= ways->inventory->kept[node];
		ways->depth = 0;
	}
	if (at->first == 0 && way != NULL)
		end_way(ways, way, node);
	for (uint32_t n = at->first; n; n = ways->inventory->chains->nodes[n].next) {
		size_t depth = ways->depth;

		find_ways(ways, n, way);
		ways->depth = depth;
	}
}

static void
write_way(const struct inventory *inventory, uint32_t op, const struct way *way)
{
	const struct frame *frame = &inventory->chains->frames[op];

	output_string(inventory->out, "\n");
	markdown_link(inventory->out, frame, inventory->prefix);
	output_string(inventory->out, " in ");
	markdown_text(inventory->out, frame->function);
	markdown_notes(inventory->out, frame);
	output_char(inventory->out, '\n');
	for (size_t i = 0; i < way->count; i++) {
		for (size_t at = 0; at < i; at++)
			output_string(inventory->out, "    ");
		output_string(inventory->out, "└─> ");
		write_node(inventory, way->nodes[i], NULL);
	}
}

void
inventory_write_ops(struct output *out, const struct chains *chains,
    const struct format_options *options)
{
	struct inventory inventory;
	struct ways ways = { .inventory = &inventory,
		.of = memory_alloc_zero(chains->frame_count + 1, sizeof(*ways.of)) };

	inventory_open(&inventory, out, chains, options->prefix);
	for (size_t i = 0; i < chains->kernel_count; i++)
		if (!inventory_leaves_out(&chains->kernels[i], options->deployments))
			keep_kernel(&inventory, &chains->kernels[i]);
	for (size_t i = 0; i < chains->kernel_count; i++)
		for (uint32_t n = chains->kernels[i].first; n; n = chains->nodes[n].next) {
			ways.depth = 0;
			find_ways(&ways, n, NULL);
		}
	output_string(out, "\n## From ops to the forward\n\nOne way for each op above: the main "
	    "model's where there are several.\n");
	for (uint32_t i = 0; i < chains->frame_count; i++) {
		if (ways.of[i].shown)
			write_way(&inventory, i, &ways.of[i]);
		free(ways.of[i].nodes);
	}
	free(ways.of);
	inventory_close(&inventory);
}

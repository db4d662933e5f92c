/* SPDX-License-Identifier: Apache-2.0 */
/* A certain place, or each candidate. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rate.h"
#include "base/text.h"
#include "write_place.h"

/* The fields of a frame, of a frame or an edge. */
static void
put_frame(struct json_writer *writer, const struct json *frame)
{
	static const char *const keys[] = { "call", "file", "line", "function", "via", "guards",
		"receiver" };

	json_object_begin(writer);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_get(frame, keys[i]) != NULL) {
			json_key(writer, keys[i]);
			json_put_value(writer, json_get(frame, keys[i]));
		}
	json_object_end(writer);
}

/* Whether the frame calls in a model's own forward: above it is what runs any model. */
static bool
is_root(const struct joined *joined, const struct chain_frame *frame)
{
	for (size_t i = 0; i < joined->chains->root_count; i++)
		if (joined->chains->roots[i].file == frame->file &&
		    joined->chains->roots[i].function == frame->function)
			return true;
	return false;
}

/* All frames that ran, up to the model's forward. */
static void
put_planned(struct json_writer *writer, const struct joined *joined, const struct chain *chain)
{
	const struct json *frame = chain->json->child;
	uint32_t last = chain->op;

	while (last + 1 < chain->frame_count && !is_root(joined, &chain->frames[last]))
		last++;
	json_object_begin(writer);
	json_member_integer(writer, "op", (int64_t)chain->op);
	json_key(writer, "frames");
	json_array_begin(writer);
	for (uint32_t i = 0; i <= last; i++, frame = frame->next)
		put_frame(writer, frame);
	json_array_end(writer);
	json_object_end(writer);
}

/* Frames from the innermost that is known: the chain's up to the op, then the way through the
 * layer that was found. */
static void
put_chain(struct json_writer *writer, const struct joined *joined, const struct option *option)
{
	const struct forward *forward = &joined->places->forward;
	const struct edge *edges[FORWARD_DEEPEST];
	const struct chain *chain;
	const struct json *frame;
	size_t count, i = 0;

	json_key(writer, "chain");
	if (option->chain == NONE || option->site == NONE) {
		json_put_null(writer);
		return;
	}
	chain = &joined->chains->list[option->chain];
	if (chain->planned) {
		put_planned(writer, joined, chain);
		return;
	}
	count = forward_path(forward, option->stretch != NONE
	    ? &forward->layers[option->stretch] : &forward->outside, option->site, edges);
	json_object_begin(writer);
	json_member_integer(writer, "op", (int64_t)chain->op - (int64_t)option->from);
	json_key(writer, "frames");
	json_array_begin(writer);
	for (frame = chain->json->child; frame != NULL; frame = frame->next, i++)
		if (i >= option->from && i <= chain->op)
			put_frame(writer, frame);
	for (i = 0; i < count; i++)
		put_frame(writer, edges[i]->json);
	json_array_end(writer);
	json_object_end(writer);
}

/* Where a launch outside of the model's ops was made: the lines of the calls. */
static void
put_run(struct json_writer *writer, const struct chain *chain)
{
	json_array_begin(writer);
	for (uint32_t i = 0; i < chain->frame_count; i++) {
		json_object_begin(writer);
		json_member_string(writer, "file", chain->frames[i].file);
		json_member_integer(writer, "line", chain->frames[i].line);
		json_member_string(writer, "function", chain->frames[i].name);
		json_object_end(writer);
	}
	json_array_end(writer);
}

/* Frames around the launch that a reader can open: built-in functions are left out. */
static void
put_stack(struct json_writer *writer, const struct joined *joined, const struct option *option)
{
	const struct stack *stack = option->stack != NONE
	    ? &joined->trace->stacks[option->stack] : NULL;
	const struct json *frame = stack != NULL && stack->frames_json != NULL
	    ? stack->frames_json->child : NULL;

	json_key(writer, "stack");
	if (option->site == NONE && option->chain != NONE) {
		put_run(writer, &joined->chains->list[option->chain]);
		return;
	}
	if (stack == NULL) {
		json_put_null(writer);
		return;
	}
	json_array_begin(writer);
	for (; frame != NULL; frame = frame->next)
		if (json_string(json_get(frame, "file")) != NULL)
			json_put_value(writer, frame);
	json_array_end(writer);
}

/* The innermost operator. */
static void
put_launch(struct json_writer *writer, const struct joined *joined, const struct option *option)
{
	static const char *const keys[] = { "dims", "types" };
	const struct stack *stack = option->stack != NONE
	    ? &joined->trace->stacks[option->stack] : NULL;
	const struct json *op = stack != NULL && stack->ops != NULL ? stack->ops->child : NULL;

	json_key(writer, "launch");
	if (op == NULL) {
		json_put_null(writer);
		return;
	}
	json_object_begin(writer);
	json_member_string(writer, "op", json_string(json_get(op, "name")));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct json *value = json_get(op, keys[i]);

		json_key(writer, keys[i]);
		if (value != NULL)
			json_put_value(writer, value);
		else
			json_put_null(writer);
	}
	json_object_end(writer);
}

static void
put_site(struct json_writer *writer, const struct joined *joined, int32_t site)
{
	const struct site *at = &joined->chains->sites[site];

	json_object_begin(writer);
	json_member_string(writer, "call", at->call);
	json_member_string(writer, "file", at->file);
	json_member_integer(writer, "line", at->line);
	json_member_string(writer, "function", at->function);
	json_object_end(writer);
}

static void
put_site_member(struct json_writer *writer, const struct joined *joined, const char *key,
    int32_t site)
{
	json_key(writer, key);
	if (site != NONE)
		put_site(writer, joined, site);
	else
		json_put_null(writer);
}

/* Where else the same op is called: the trace ran one of these calls. */
static void
put_also(struct json_writer *writer, const struct joined *joined, const struct place *place)
{
	if (place->also_count == 0)
		return;
	json_key(writer, "also_at");
	json_array_begin(writer);
	for (size_t i = 0; i < place->also_count; i++)
		put_site(writer, joined, place->also[i]);
	json_array_end(writer);
}

/* A call of the kernel that the model does not reach. */
static void
put_call(struct json_writer *writer, const struct joined *joined, const struct option *option)
{
	static const char *const keys[] = { "text", "file", "line", "function" };
	const struct json *call = option->symbol != NONE && option->chain == NONE
	    ? joined->chains->symbols[option->symbol].call : NULL;

	if (call == NULL)
		return;
	json_key(writer, "called_at");
	json_object_begin(writer);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_get(call, keys[i]) != NULL) {
			json_key(writer, keys[i]);
			json_put_value(writer, json_get(call, keys[i]));
		}
	json_object_end(writer);
}

/* What the op computes in the stage of the row; NULL when op or definition are not known. */
static const struct definition *
defined(const struct joined *joined, const struct row *row, const struct part *part)
{
	const struct place *place = &joined->places->list[part->place];
	const char *hint = joined->trace->classes[row->class].short_name;

	if (place->count != 1 || place->list[0].site == NONE)
		return NULL;
	if (place->list[0].symbol != NONE)
		hint = joined->chains->symbols[place->list[0].symbol].kernel;
	return definitions_find(joined->definitions, &joined->chains->sites[place->list[0].site],
	    row->stage, hint);
}

static void
put_why(struct json_writer *writer, const struct place *place, const struct option *option)
{
	struct text why = { 0 };

	text_add_string(&why, option->why);
	if (place->by_order)
		text_add_format(&why, "; the order of the kernels around it leaves %s",
		    place->count == 1 ? "this op" : "these ops");
	json_member_string(writer, "why", why.bytes);
	text_free(&why);
}

static void
put_option(struct json_writer *writer, const struct joined *joined, const struct row *row,
    const struct part *part, const struct option *option)
{
	const struct place *place = &joined->places->list[part->place];
	const struct symbol *symbol = option->symbol != NONE
	    ? &joined->chains->symbols[option->symbol] : NULL;
	const struct chain *chain = option->chain != NONE
	    ? &joined->chains->list[option->chain] : NULL;
	int32_t op = option->site != NONE ? joined->rows->op_of_site[option->site] : NONE;
	const struct definition *definition;

	json_object_begin(writer);
	json_key(writer, "op");
	if (op != NONE)
		json_put_integer(writer, op);
	else
		json_put_null(writer);
	put_site_member(writer, joined, "at", option->site);
	put_also(writer, joined, place);
	if (symbol == NULL && chain != NULL && chain->planned) {
		json_member_string(writer, "kernel", chain->kernel);
		json_member_string(writer, "source", chain->source);
	} else {
		json_member_string(writer, "kernel", symbol != NULL ? symbol->kernel : NULL);
		json_member_string(writer, "source", symbol != NULL ? symbol->source : NULL);
	}
	json_member_string(writer, "how", place->by_order && option->stack == NONE
	    ? "order" : option->how);
	put_why(writer, place, option);
	json_member_bool(writer, "certain", place_certain(place) != NULL);
	json_member_integer(writer, "calls", part->calls);
	json_member_double(writer, "sum", part->sum);
	if (strcmp(option->how, "between") == 0) {
		put_site_member(writer, joined, "after", option->after);
		put_site_member(writer, joined, "before", option->before);
	}
	put_call(writer, joined, option);
	put_chain(writer, joined, option);
	put_stack(writer, joined, option);
	put_launch(writer, joined, option);
	definition = defined(joined, row, part);
	json_member_string(writer, "definition", definition != NULL ? definition->name : NULL);
	rate_put(writer, &part->rate, part->bytes, part->sum);
	json_object_end(writer);
}

void
place_put(struct json_writer *writer, const struct joined *joined, const struct row *row,
    const struct part *part)
{
	const struct place *place = &joined->places->list[part->place];

	for (size_t i = 0; i < place->count && i < joined->most_options; i++)
		put_option(writer, joined, row, part, &place->list[i]);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A stack is the way from the innermost call outwards; it is kept as its innermost span. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stacks.h"
#include "base/text.h"

struct stack {
	const struct calls *calls;
	const char *launch; /* the runtime's call; interned */
	int32_t span;       /* the innermost; NONE when nothing is known around the launch */
	enum stack_how how;
};

static const char *const how_names[] = { "launch", "capture", "graph" };

static void
add_key(struct text *key, const struct calls *calls, int32_t span)
{
	for (; span != NONE; span = calls->spans[span].parent)
		text_add(key, (const char *)&calls->spans[span].content,
		    sizeof(calls->spans[span].content));
}

uint32_t
stacks_find(struct stacks *stacks, const struct calls *calls, const struct launch *launch,
    enum stack_how how)
{
	int32_t span = calls_at(calls, launch->thread, launch->ts);
	struct text key = { 0 };
	void **place;

	text_add_format(&key, "%d %s%c", (int)how, launch->name, '\0');
	add_key(&key, calls, span);
	place = map_put(&stacks->index, key.bytes, key.length);
	text_free(&key);
	if (*place == NULL) {
		stacks->list = memory_grow(stacks->list, stacks->count, &stacks->capacity,
		    sizeof(*stacks->list));
		stacks->list[stacks->count++] = (struct stack){ calls, launch->name, span, how };
		*place = (void *)(uintptr_t)stacks->count;
	}
	return (uint32_t)((uintptr_t)*place - 1);
}

/* The stack's contents of one kind, innermost first. */
static void
write_contents(const struct stack *stack, enum content_kind kind, struct output *out)
{
	const struct calls *calls = stack->calls;
	const char *separator = "";

	output_char(out, '[');
	for (int32_t span = stack->span; span != NONE; span = calls->spans[span].parent) {
		const struct content *content = &calls->contents[calls->spans[span].content];

		if (content->kind != kind)
			continue;
		output_string(out, separator);
		output_string(out, content->json);
		separator = ",";
	}
	output_char(out, ']');
}

static void
write_stack(const struct stack *stack, size_t number, struct output *out)
{
	struct text name = { 0 };

	json_escape(&name, (struct slice){ stack->launch, strlen(stack->launch) });
	output_format(out, "{\"kind\":\"stack\",\"stack\":%zu,\"how\":\"%s\",\"launch\":%s,\"ops\":",
	    number, how_names[stack->how], name.bytes);
	write_contents(stack, CONTENT_OP, out);
	output_string(out, ",\"modules\":");
	write_contents(stack, CONTENT_MODULE, out);
	output_string(out, ",\"frames\":");
	write_contents(stack, CONTENT_FRAME, out);
	output_string(out, "}\n");
	text_free(&name);
}

void
stacks_fold(const struct stacks *stacks, uint32_t number, struct text *line)
{
	const struct stack *stack = &stacks->list[number];
	const struct calls *calls = stack->calls;
	size_t depth = 0, i;
	int32_t span, *spans;

	for (span = stack->span; span != NONE; span = calls->spans[span].parent)
		depth++;
	spans = memory_alloc(depth * sizeof(*spans));
	for (span = stack->span, i = depth; span != NONE; span = calls->spans[span].parent)
		spans[--i] = span;
	for (i = 0; i < depth; i++) {
		text_add_string(line, calls->contents[calls->spans[spans[i]].content].label);
		text_add_char(line, ';');
	}
	text_add_string(line, stack->launch);
	free(spans);
}

void
stacks_write(const struct stacks *stacks, struct output *out)
{
	for (size_t i = 0; i < stacks->count; i++)
		write_stack(&stacks->list[i], i, out);
}

void
stacks_clear(struct stacks *stacks)
{
	map_free(&stacks->index);
	free(stacks->list);
	*stacks = (struct stacks){ 0 };
}

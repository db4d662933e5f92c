/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over a thread's events once, in the order of time, with the stack of those that are
 * open, and answers the questions that come up on the way. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "context.h"

/* The events of a thread that are open, outermost first. */
struct stack {
	const struct host *host;
	size_t next, end; /* of the thread's events: those not yet taken */
	const struct host_event **open;
	size_t count, capacity;
};

/* Add up by name and kind. */
struct tally {
	struct share *list;
	size_t count, capacity;
};

struct question {
	int64_t time;
	uint32_t thread;
	struct context *answer;
	const struct gap *gap; /* with it: what the thread did from its start to `until` */
	int64_t until;
	struct evidence *evidence;
};

static void
stack_begin(struct stack *stack, uint32_t thread)
{
	stack->next = stack->host->threads[thread];
	stack->end = stack->host->threads[thread + 1];
	stack->count = 0;
}

/* Not for one without length that begins just then. */
static bool
is_over(const struct host_event *event, int64_t time)
{
	return event->end < time || (event->end == time && event->start < time);
}

static void
push(struct stack *stack, const struct host_event *event)
{
	/* What is over goes as soon as it lies on top. */
	while (stack->count > 0 && is_over(stack->open[stack->count - 1], event->start))
		stack->count--;
	stack->open = memory_grow(stack->open, stack->count, &stack->capacity,
	    sizeof(*stack->open));
	stack->open[stack->count++] = event;
}

/* Drop what ended at or before `time`; an event without length is there when it begins. */
static void
drop_ended(struct stack *stack, int64_t time)
{
	size_t kept = 0;

	for (size_t i = 0; i < stack->count; i++) {
		const struct host_event *event = stack->open[i];

		if (event->end > time || (event->start == time && event->end == time))
			stack->open[kept++] = event;
	}
	stack->count = kept;
}

/* Open what begins at `time` or before. */
static void
advance(struct stack *stack, int64_t time)
{
	const struct host_event *hosts = stack->host->rank->hosts;

	for (; stack->next < stack->end && hosts[stack->next].start <= time; stack->next++)
		push(stack, &hosts[stack->next]);
	drop_ended(stack, time);
}

static struct context
look(const struct stack *stack)
{
	struct context context = { 0 };
	const struct word *source = NULL;

	for (size_t i = 0; i < stack->count; i++) {
		const struct host_event *event = stack->open[i];
		const struct word *name = event->name;

		if (event->kind == HOST_OP)
			context.op = name;
		if (event->kind != HOST_FRAME)
			continue;
		context.innermost = name;
		if ((name->flags & WORD_SOURCE) != 0) {
			source = name;
			if ((name->flags & WORD_TORCH) == 0)
				context.frame = name;
		}
		if ((name->flags & WORD_MODULE) != 0)
			context.module = name;
		context.profiler |= (name->flags & WORD_PROFILER) != 0;
	}
	if (context.frame == NULL)
		context.frame = source;
	return context;
}

static void
tally_add(struct tally *tally, const struct word *name, uint8_t kind, int64_t ns)
{
	for (size_t i = tally->count; i-- > 0;) {
		struct share found = tally->list[i];

		if (found.name != name || found.kind != kind)
			continue;
		/* Likely to be asked for next: it goes where the search begins. */
		found.ns += ns;
		tally->list[i] = tally->list[tally->count - 1];
		tally->list[tally->count - 1] = found;
		return;
	}
	tally->list = memory_grow(tally->list, tally->count, &tally->capacity,
	    sizeof(*tally->list));
	tally->list[tally->count++] = (struct share){ name, ns, kind };
}

/* As they are spelled; what has no name stands where "(" would. */
static const char *
spelling(const struct share *share)
{
	return share->name != NULL ? share->name->text : "(n";
}

static int
kind_order(const struct share *share)
{
	/* cpu_op, none, python_function, runtime, user_annotation */
	static const int order[] = { [HOST_CALL] = 3, [HOST_OP] = 0, [HOST_FRAME] = 2,
		[HOST_ANNOTATION] = 4 };

	return share->name == NULL ? 1 : order[share->kind];
}

static int
compare_shares(const void *left, const void *right)
{
	const struct share *a = left, *b = right;

	if (a->ns != b->ns)
		return a->ns > b->ns ? -1 : 1;
	if (kind_order(a) != kind_order(b))
		return kind_order(a) < kind_order(b) ? -1 : 1;
	return strcmp(spelling(a), spelling(b));
}

static int
compare_frames(const void *left, const void *right)
{
	const struct share *a = left, *b = right;

	return a->ns != b->ns ? (a->ns > b->ns ? -1 : 1) : strcmp(spelling(a), spelling(b));
}

static size_t
take_most(struct tally *tally, int (*compare)(const void *, const void *), struct share *shares)
{
	size_t count = tally->count < SHARES_TOLD ? tally->count : SHARES_TOLD;

	if (tally->count > 0)
		qsort(tally->list, tally->count, sizeof(*tally->list), compare);
	for (size_t i = 0; i < count; i++)
		shares[i] = tally->list[i];
	tally->count = 0;
	return count;
}

/* The innermost of all, which began last; of equal ones the shorter, then the later. */
static const struct host_event *
innermost(const struct stack *stack)
{
	return stack->count > 0 ? stack->open[stack->count - 1] : NULL;
}

static const struct word *
innermost_source(const struct stack *stack)
{
	for (size_t i = stack->count; i > 0; i--)
		if (stack->open[i - 1]->kind == HOST_FRAME &&
		    (stack->open[i - 1]->name->flags & WORD_SOURCE) != 0)
			return stack->open[i - 1]->name;
	return NULL;
}

/* When the set of open events changes next, at most `until`. */
static int64_t
next_change(const struct stack *stack, int64_t until)
{
	const struct host_event *hosts = stack->host->rank->hosts;
	int64_t time = until;

	for (size_t i = 0; i < stack->count; i++)
		if (stack->open[i]->end < time)
			time = stack->open[i]->end;
	if (stack->next < stack->end && hosts[stack->next].start < time)
		time = hosts[stack->next].start;
	return time;
}

/* Events without length hold no time. */
static void
drop_empty(struct stack *stack, int64_t time)
{
	size_t kept = 0;

	for (size_t i = 0; i < stack->count; i++)
		if (stack->open[i]->end > time)
			stack->open[kept++] = stack->open[i];
	stack->count = kept;
}

/* What the thread did in [start, end). */
static void
walk(struct stack *stack, int64_t start, int64_t end, struct tally *self, struct tally *frames)
{
	for (int64_t time = start; time < end;) {
		const struct host_event *top;
		int64_t next;

		advance(stack, time);
		drop_empty(stack, time);
		next = next_change(stack, end);
		top = innermost(stack);
		if (self != NULL)
			tally_add(self, top != NULL ? top->name : NULL, top != NULL ? top->kind : 0,
			    next - time);
		tally_add(frames, innermost_source(stack), HOST_FRAME, next - time);
		time = next;
	}
}

static int
compare_questions(const void *left, const void *right)
{
	const struct question *a = left, *b = right;

	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	return a->time != b->time ? (a->time < b->time ? -1 : 1) : 0;
}

static void
answer(const struct host *host, struct question *questions, size_t count)
{
	struct stack stack = { .host = host };
	struct tally self = { 0 }, frames = { 0 };

	if (count > 0)
		qsort(questions, count, sizeof(*questions), compare_questions);
	for (size_t i = 0; i < count; i++) {
		struct question *question = &questions[i];
		struct evidence *evidence = question->evidence;

		if (i == 0 || question->thread != questions[i - 1].thread)
			stack_begin(&stack, question->thread);
		if (question->gap == NULL) {
			advance(&stack, question->time);
			*question->answer = look(&stack);
			continue;
		}
		walk(&stack, question->time, question->until, &self, &frames);
		evidence->self_count = take_most(&self, compare_shares, evidence->self);
		evidence->frame_count = take_most(&frames, compare_frames, evidence->frames);
	}
	free(stack.open);
	free(self.list);
	free(frames.list);
}

/* Two walks, since a question about an instant may lie within the time of another's walk. */
void
context_find(const struct device *device, const struct gap *const *gaps, size_t count,
    struct evidence *evidence)
{
	struct question *instants = memory_alloc_zero(2 * count + 1, sizeof(*instants));
	struct question *spans = memory_alloc_zero(count + 1, sizeof(*spans));
	size_t instant_count = 0, span_count = 0;

	for (size_t i = 0; i < count; i++) {
		const struct host_event *launch = launch_of(device->rank, gaps[i]->after);
		const struct host_event *sync = gaps[i]->sync;

		evidence[i] = (struct evidence){ 0 };
		if (launch == NULL)
			continue;
		instants[instant_count++] = (struct question){ .time = launch->start,
			.thread = launch->thread, .answer = &evidence[i].launch };
		if (sync != NULL)
			instants[instant_count++] = (struct question){ .time = sync->start,
				.thread = sync->thread, .answer = &evidence[i].sync };
		if (launch->start > gaps[i]->start)
			spans[span_count++] = (struct question){ .time = gaps[i]->start,
				.thread = launch->thread, .gap = gaps[i], .until = launch->start,
				.evidence = &evidence[i] };
	}
	answer(device->host, instants, instant_count);
	answer(device->host, spans, span_count);
	free(instants);
	free(spans);
}

static bool
has_frames(const struct host *host, uint32_t thread)
{
	for (size_t i = host->threads[thread]; i < host->threads[thread + 1]; i++)
		if (host->rank->hosts[i].kind == HOST_FRAME)
			return true;
	return false;
}

struct share *
context_frames(const struct device *device, size_t most, size_t *count)
{
	struct question *spans = memory_alloc_zero(device->gap_count + 1, sizeof(*spans));
	struct stack stack = { .host = device->host };
	struct tally frames = { 0 };
	size_t span_count = 0;
	bool told = false;

	for (size_t i = 0; i < device->gap_count; i++) {
		const struct gap *gap = &device->gaps[i];
		const struct host_event *launch = launch_of(device->rank, gap->after);

		if (launch != NULL && gap->after->first && gap->start <= launch->start &&
		    launch->start <= gap->end)
			spans[span_count++] = (struct question){ .time = gap->start,
				.thread = launch->thread, .until = launch->start };
	}
	if (span_count > 0)
		qsort(spans, span_count, sizeof(*spans), compare_questions);
	for (size_t i = 0; i < span_count; i++) {
		if (i == 0 || spans[i].thread != spans[i - 1].thread) {
			stack_begin(&stack, spans[i].thread);
			told = has_frames(device->host, spans[i].thread);
		}
		if (told)
			walk(&stack, spans[i].time, spans[i].until, NULL, &frames);
	}
	if (frames.count > 0)
		qsort(frames.list, frames.count, sizeof(*frames.list), compare_frames);
	*count = frames.count < most ? frames.count : most;
	free(spans);
	free(stack.open);
	return frames.list;
}

struct asked {
	const struct word *name;
	uint32_t thread;
	uint8_t kind;
	int64_t *lengths;
	size_t count, capacity;
	int64_t median;
};

struct usual {
	const struct host *host;
	struct map map; /* of name, thread and kind to struct asked */
};

struct usual *
usual_open(const struct host *host)
{
	struct usual *usual = memory_alloc_zero(1, sizeof(*usual));

	usual->host = host;
	return usual;
}

struct usual_key {
	uintptr_t name;
	uint32_t thread, kind;
};

static struct usual_key
key_of(uint32_t thread, enum host_kind kind, const struct word *name)
{
	struct usual_key key;

	memset(&key, 0, sizeof(key));
	key.name = (uintptr_t)name;
	key.thread = thread;
	key.kind = (uint32_t)kind;
	return key;
}

void
usual_ask(struct usual *usual, uint32_t thread, enum host_kind kind, const struct word *name)
{
	struct usual_key key = key_of(thread, kind, name);
	void **place = map_put(&usual->map, (const char *)&key, sizeof(key));

	if (*place == NULL)
		*place = memory_alloc_zero(1, sizeof(struct asked));
}

void
usual_answer(struct usual *usual)
{
	const struct rank *rank = usual->host->rank;

	for (size_t i = 0; usual->map.count > 0 && i < rank->host_count; i++) {
		const struct host_event *event = &rank->hosts[i];
		struct usual_key key = key_of(event->thread, (enum host_kind)event->kind,
		    event->name);
		void **place = map_get(&usual->map, (const char *)&key, sizeof(key));
		struct asked *asked = place != NULL ? *place : NULL;

		if (asked == NULL)
			continue;
		asked->lengths = memory_grow(asked->lengths, asked->count, &asked->capacity,
		    sizeof(*asked->lengths));
		asked->lengths[asked->count++] = event->end - event->start;
	}
	for (size_t i = 0; i < usual->map.count; i++) {
		struct asked *asked = usual->map.entries[i].value;

		statistics_sort(asked->lengths, asked->count);
		asked->median = asked->count > 0
		    ? statistics_quantile(asked->lengths, asked->count, 500) : -1;
		free(asked->lengths);
		asked->lengths = NULL;
	}
}

int64_t
usual_length_of(const struct usual *usual, uint32_t thread, enum host_kind kind,
    const struct word *name)
{
	struct usual_key key = key_of(thread, kind, name);
	void **place = map_get(&usual->map, (const char *)&key, sizeof(key));

	return place != NULL ? ((const struct asked *)*place)->median : -1;
}

void
usual_close(struct usual *usual)
{
	for (size_t i = 0; i < usual->map.count; i++)
		free(usual->map.entries[i].value);
	map_free(&usual->map);
	free(usual);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a chain stream. Of its lines nearly all are chains, and of their frames nearly all
 * have been there before: a frame is looked up as it is spelled and read only once. */
#include <stdlib.h>
#include <string.h>

#include "chains.h"
#include "base/error.h"
#include "base/intern.h"
#include "json/json.h"
#include "json/json_scan.h"
#include "base/lines.h"
#include "base/memory.h"

struct reading {
	struct chains *chains;
	const char *const *only;
	struct lines lines;
	struct slice line;
	struct arena scratch;
	bool ended;
};

static _Noreturn void
fail(const struct reading *reading, const char *message)
{
	die("%s:%llu: %s", reading->lines.file, (unsigned long long)reading->lines.number, message);
}

static bool
is_wanted(const struct reading *reading, const char *name)
{
	if (!reading->only)
		return true;
	for (const char *const *only = reading->only; *only; only++)
		if (strcmp(*only, name) == 0)
			return true;
	return false;
}

/* The kernel of that name; one function of the tree is one kernel, whatever its name. */
static struct kernel *
find_kernel(struct chains *chains, const char *name, const char *source, const char *file,
    uint32_t line)
{
	struct text key = { 0 };
	struct kernel *kernel;
	void **place;

	text_add_format(&key, "%s\t%s\t%s", source, name, file ? file : "");
	place = map_put(&chains->kernel_index, key.bytes, key.length);
	text_free(&key);
	if (*place)
		return chains->newest = &chains->kernels[(uintptr_t)*place - 1];
	chains->kernels = memory_grow(chains->kernels, chains->kernel_count,
	    &chains->kernel_capacity, sizeof(*chains->kernels));
	kernel = &chains->kernels[chains->kernel_count++];
	*kernel = (struct kernel){ .name = name, .source = source, .implementation = file,
		.implementation_line = line };
	*place = (void *)(uintptr_t)chains->kernel_count;
	return chains->newest = kernel;
}

static const char *
need_string(const struct reading *reading, const struct json *object, const char *key)
{
	const char *text = json_string(json_get(object, key));

	if (!text) {
		struct text message = { 0 };

		text_add_format(&message, "\"%s\" is missing or no string", key);
		fail(reading, message.bytes);
	}
	return intern_string(text);
}

static uint32_t
need_line(const struct reading *reading, const struct json *object)
{
	int64_t line;

	if (!json_integer(json_get(object, "line"), &line) || line < 1 || line > UINT32_MAX)
		fail(reading, "\"line\" is missing or no line number");
	return (uint32_t)line;
}

static const char **
read_strings(struct reading *reading, const struct json *array, uint32_t *count)
{
	const char **strings = arena_alloc(&reading->chains->arena,
	    (json_count(array) + 1) * sizeof(*strings));

	*count = 0;
	for (array = array ? array->child : NULL; array; array = array->next)
		if (array->type == JSON_STRING)
			strings[(*count)++] = intern_string(array->text);
	return strings;
}

static struct json *
parse(struct reading *reading, struct slice text)
{
	struct json_error error;
	struct json *value;

	arena_reset(&reading->scratch);
	value = json_parse(&reading->scratch, text.bytes, text.length, &error);
	if (!value || value->type != JSON_OBJECT)
		fail(reading, value ? "not a JSON object" : error.message);
	return value;
}

static uint32_t
read_frame(struct reading *reading, struct slice spelled)
{
	struct chains *chains = reading->chains;
	void **place = map_put(&chains->frame_index, spelled.bytes, spelled.length);
	const struct json *object;
	struct frame *frame;

	if (*place)
		return (uint32_t)((uintptr_t)*place - 1);
	*place = (void *)(uintptr_t)(chains->frame_count + 1);
	object = parse(reading, spelled);
	chains->frames = memory_grow(chains->frames, chains->frame_count,
	    &chains->frame_capacity, sizeof(*chains->frames));
	frame = &chains->frames[chains->frame_count++];
	frame->label = label_of(need_string(reading, object, "call"));
	frame->file = need_string(reading, object, "file");
	frame->function = need_string(reading, object, "function");
	frame->via = need_string(reading, object, "via");
	frame->line = need_line(reading, object);
	frame->guards = read_strings(reading, json_get(object, "guards"), &frame->guard_count);
	frame->receivers = read_strings(reading, json_get(object, "receivers"),
	    &frame->receiver_count);
	return (uint32_t)(chains->frame_count - 1);
}

static uint32_t
child_of(struct chains *chains, struct kernel *kernel, uint32_t parent, uint32_t frame, bool op)
{
	uint32_t last = parent ? chains->nodes[parent].last : kernel->last;
	uint32_t first = parent ? chains->nodes[parent].first : kernel->first;
	uint32_t made = (uint32_t)chains->node_count;

	/* Chains come in order, so that a shared beginning is mostly the newest. */
	if (last && chains->nodes[last].frame == frame && chains->nodes[last].op == op)
		return last;
	for (uint32_t n = first; n; n = chains->nodes[n].next)
		if (chains->nodes[n].frame == frame && chains->nodes[n].op == op)
			return n;
	chains->nodes = memory_grow(chains->nodes, chains->node_count, &chains->node_capacity,
	    sizeof(*chains->nodes));
	chains->nodes[chains->node_count++] = (struct node){ .frame = frame, .op = op };
	if (last)
		chains->nodes[last].next = made;
	if (parent) {
		chains->nodes[parent].last = made;
		if (!first)
			chains->nodes[parent].first = made;
	} else {
		kernel->last = made;
		if (!first)
			kernel->first = made;
	}
	return made;
}

static void
count_op(struct kernel *kernel, uint32_t frame)
{
	for (size_t i = kernel->op_count; i > 0; i--)
		if (kernel->ops[i - 1].frame == frame) {
			kernel->ops[i - 1].chains++;
			return;
		}
	kernel->ops = memory_grow(kernel->ops, kernel->op_count, &kernel->op_capacity,
	    sizeof(*kernel->ops));
	kernel->ops[kernel->op_count++] = (struct op){ frame, 1 };
}

static const char *
skip_value(const struct reading *reading, const char *at, const char *end)
{
	struct json_fault fault = { 0 };
	const char *behind = json_skip_value(at, end, &fault);

	if (!behind)
		fail(reading, fault.message);
	return behind;
}

static void
read_frames(struct reading *reading, struct kernel *kernel, struct slice frames, int64_t op)
{
	const char *at = frames.bytes + 1, *end = frames.bytes + frames.length, *behind;
	struct chains *chains = reading->chains;
	uint32_t node = 0;
	int64_t depth = 0;

	for (at = json_skip_space(at, end); at < end && *at != ']'; depth++) {
		uint32_t frame;

		behind = skip_value(reading, at, end);
		frame = read_frame(reading, (struct slice){ at, (size_t)(behind - at) });
		node = child_of(chains, kernel, node, frame, depth == op);
		if (depth == op)
			count_op(kernel, frame);
		at = json_skip_space(behind, end);
		if (at < end && *at == ',')
			at = json_skip_space(at + 1, end);
	}
	if (op < 0 || op >= depth)
		fail(reading, "\"op\" is no index into \"frames\"");
	kernel->chains++;
	chains->chain_count++;
}

/* What a chain record has of its own; the rest of a line is skipped over. */
struct chain_record {
	struct slice kind, kernel, source, implementation, op, frames;
};

static struct chain_record
split_record(const struct reading *reading)
{
	const char *end = reading->line.bytes + reading->line.length;
	const char *at = json_skip_space(reading->line.bytes, end);
	struct chain_record record = { 0 };
	struct json_member member;
	struct json_fault fault;
	bool first = true;

	if (at == end || *at != '{')
		fail(reading, "not a JSON object");
	for (at++; (at = json_next_member(at, end, first, &member, &fault)); first = false) {
		if (!member.key.bytes)
			break;
		if (slice_equals(member.key, "kind"))
			record.kind = member.value;
		else if (slice_equals(member.key, "kernel"))
			record.kernel = member.value;
		else if (slice_equals(member.key, "source"))
			record.source = member.value;
		else if (slice_equals(member.key, "implementation"))
			record.implementation = member.value;
		else if (slice_equals(member.key, "op"))
			record.op = member.value;
		else if (slice_equals(member.key, "frames"))
			record.frames = member.value;
	}
	if (!at)
		fail(reading, fault.message);
	if (json_skip_space(at, end) != end)
		fail(reading, "something stands after the object");
	return record;
}

static const char *
string_of(const struct reading *reading, struct slice value, const char *message)
{
	struct text text = { 0 };
	const char *string;

	if (value.length < 2 || *value.bytes != '"')
		fail(reading, message);
	json_unescape(&text, (struct slice){ value.bytes + 1, value.length - 2 });
	string = intern(text.bytes ? text.bytes : "", text.length);
	text_free(&text);
	return string;
}

static struct kernel *
kernel_of(struct reading *reading, const struct chain_record *record)
{
	const char *name = string_of(reading, record->kernel,
	    "\"kernel\" is missing or no string");
	const char *source = string_of(reading, record->source,
	    "\"source\" is missing or no string");
	const char *file = NULL;
	uint32_t line = 0;

	if (!is_wanted(reading, name))
		return NULL;
	/* A record that does not say which function it means goes on about the last one. */
	if (!record->implementation.bytes && reading->chains->newest &&
	    reading->chains->newest->name == name && reading->chains->newest->source == source)
		return reading->chains->newest;
	if (record->implementation.bytes && *record->implementation.bytes == '{') {
		const struct json *place = parse(reading, record->implementation);

		file = need_string(reading, place, "file");
		line = need_line(reading, place);
	}
	return find_kernel(reading->chains, name, source, file, line);
}

static void
read_unreached(struct reading *reading, struct kernel *kernel)
{
	const struct json *object = parse(reading, reading->line), *caller;

	const char *role = json_string(json_get(object, "role"));

	kernel->device_function = role != NULL && strcmp(role, "device-function") == 0;
	kernel->reason = need_string(reading, object, "reason");
	caller = json_get(object, "callers");
	for (caller = caller ? caller->child : NULL; caller; caller = caller->next) {
		kernel->callers = memory_grow(kernel->callers, kernel->caller_count,
		    &kernel->caller_capacity, sizeof(*kernel->callers));
		kernel->callers[kernel->caller_count++] = (struct place){
			need_string(reading, caller, "file"),
			need_string(reading, caller, "function"), need_line(reading, caller) };
	}
}

static void
read_omitted(struct reading *reading, struct kernel *kernel)
{
	const struct json *object = parse(reading, reading->line), *exact;
	int64_t count;

	if (!json_integer(json_get(object, "chains"), &count) || count < 0)
		fail(reading, "\"chains\" is missing or no number");
	exact = json_get(object, "exact");
	kernel->omitted += (uint64_t)count;
	kernel->omitted_at_least |= exact && exact->type == JSON_BOOL && *exact->text == 'f';
}

static void
read_unresolved(struct reading *reading)
{
	struct chains *chains = reading->chains;
	const struct json *object = parse(reading, reading->line);
	struct unresolved *unresolved;

	chains->unresolved = memory_grow(chains->unresolved, chains->unresolved_count,
	    &chains->unresolved_capacity, sizeof(*chains->unresolved));
	unresolved = &chains->unresolved[chains->unresolved_count++];
	*unresolved = (struct unresolved){ .what = need_string(reading, object, "what"),
		.frame = { .label = label_of(need_string(reading, object, "call")),
		    .file = need_string(reading, object, "file"),
		    .function = need_string(reading, object, "function"),
		    .line = need_line(reading, object) } };
}

static void
read_record(struct reading *reading)
{
	struct chain_record record = split_record(reading);
	struct kernel *kernel = NULL;
	int64_t op;

	if (slice_equals(record.kind, "\"end\"")) {
		reading->ended = true;
		return;
	}
	if (slice_equals(record.kind, "\"call\"")) {
		reading->chains->calls++;
		return;
	}
	if (slice_equals(record.kind, "\"unresolved\"")) {
		read_unresolved(reading);
		return;
	}
	if (slice_equals(record.kind, "\"chain\"") || slice_equals(record.kind, "\"omitted\"") ||
	    slice_equals(record.kind, "\"unreached\""))
		kernel = kernel_of(reading, &record);
	if (!kernel)
		return;
	if (slice_equals(record.kind, "\"unreached\"")) {
		read_unreached(reading, kernel);
	} else if (slice_equals(record.kind, "\"omitted\"")) {
		read_omitted(reading, kernel);
	} else {
		if (!record.op.bytes || !json_scan_integer(record.op, &op))
			fail(reading, "\"op\" is missing or no whole number");
		if (!record.frames.bytes || *record.frames.bytes != '[')
			fail(reading, "\"frames\" is missing or no array");
		read_frames(reading, kernel, record.frames, op);
	}
}

void
chains_read(struct chains *chains, char *const *files, const char *const *only)
{
	struct reading reading = { .chains = chains, .only = only };

	/* Index 0 of the nodes means none. */
	chains->nodes = memory_grow(NULL, 0, &chains->node_capacity, sizeof(*chains->nodes));
	chains->node_count = 1;
	lines_open(&reading.lines, files);
	while (lines_next_file(&reading.lines)) {
		while (lines_next(&reading.lines, &reading.line)) {
			if (reading.ended)
				fail(&reading, "a record after the end record");
			read_record(&reading);
		}
		if (!reading.ended)
			die("%s:%llu: the stream is cut short: no end record", reading.lines.file,
			    (unsigned long long)reading.lines.number);
		lines_close_file(&reading.lines);
		reading.ended = false;
	}
	lines_close(&reading.lines);
	arena_free(&reading.scratch);
}

/* Ops of a kernel by place; qsort has no argument, and kernels have few ops. */
static void
sort_ops(const struct chains *chains, struct kernel *kernel)
{
	for (size_t i = 1; i < kernel->op_count; i++) {
		struct op op = kernel->ops[i];
		const struct frame *a = &chains->frames[op.frame];
		size_t at = i;

		for (; at > 0; at--) {
			const struct frame *b = &chains->frames[kernel->ops[at - 1].frame];
			int order;

			order = strcmp(a->file, b->file);
			if (order > 0 || (order == 0 && a->line >= b->line))
				break;
			kernel->ops[at] = kernel->ops[at - 1];
		}
		kernel->ops[at] = op;
	}
}

/* What kernels are sorted by, side by side with them. */
struct kernel_key {
	struct kernel kernel;
	size_t reached; /* kernels of the same source that have a chain */
};

static int
compare_kernels(const void *left, const void *right)
{
	const struct kernel_key *a = left, *b = right;
	int order;

	if (a->reached != b->reached)
		return a->reached > b->reached ? -1 : 1;
	if ((order = strcmp(a->kernel.source, b->kernel.source)) ||
	    (order = strcmp(a->kernel.name, b->kernel.name)))
		return order;
	return strcmp(a->kernel.implementation ? a->kernel.implementation : "",
	    b->kernel.implementation ? b->kernel.implementation : "");
}

void
chains_sort(struct chains *chains)
{
	struct kernel_key *keys = memory_alloc_zero(chains->kernel_count + 1, sizeof(*keys));
	struct map reached = { 0 };

	for (size_t i = 0; i < chains->kernel_count; i++) {
		void **count = map_put_string(&reached, chains->kernels[i].source);

		*count = (void *)((uintptr_t)*count + (chains->kernels[i].chains > 0));
	}
	for (size_t i = 0; i < chains->kernel_count; i++) {
		sort_ops(chains, &chains->kernels[i]);
		keys[i].kernel = chains->kernels[i];
		keys[i].reached = (size_t)*map_get_string(&reached, chains->kernels[i].source);
	}
	qsort(keys, chains->kernel_count, sizeof(*keys), compare_kernels);
	for (size_t i = 0; i < chains->kernel_count; i++)
		chains->kernels[i] = keys[i].kernel;
	map_free(&reached);
	free(keys);
}

void
chains_free(struct chains *chains)
{
	for (size_t i = 0; i < chains->kernel_count; i++) {
		free(chains->kernels[i].ops);
		free(chains->kernels[i].callers);
	}
	map_free(&chains->frame_index);
	map_free(&chains->kernel_index);
	free(chains->frames);
	free(chains->nodes);
	free(chains->kernels);
	free(chains->unresolved);
	arena_free(&chains->arena);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Adds to each kernel of a trace the stack of Python frames, modules and operators that it
 * was launched from.
 *
 * in:  {"kind":"kernel","name":"store_kvcache","ts":9.5,"dur":2,...,"correlation":7}
 * out: {"kind":"stack","stack":0,"how":"launch","launch":"cudaLaunchKernel","ops":[],
 *       "modules":["Attention"],"frames":[{"file":"a.py","line":3,"function":"store"}]}
 *      {"kind":"kernel","name":"store_kvcache",...,"correlation":7,"stack":0,"op_calls":[]} */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "base/error.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "trace/replay.h"
#include "trace/spool.h"
#include "stacks.h"
#include "base/text.h"

static const struct option_spec option_table[] = {
	{ 'f', "format", "FORMAT", "ndjson or folded (for speedscope and flame graphs)" },
	{ 'c', "capture", "FILE", "records of the trace that captured the graph" },
	{ 0, NULL, NULL, NULL },
};

static const struct program program = {
	.name = "tr-stacks",
	.usage = "[-f FORMAT] [-c FILE] [FILE...]",
	.sentence = "Say from which Python stack each kernel of a trace was launched.",
	.options = option_table,
	.example = "tr-parse -s kernel,launch,frame,module,op x.json.gz | tr-stacks | grep '\"stack\"'",
};

/* One run over any number of streams. */
struct run {
	const char *capture_file;
	char **files;
	struct output *out;
	struct spool *spool;
	struct calls capture; /* empty without one */
	struct replay_call *nodes; /* of the graph: launches of the capture */
	size_t node_count;
	struct calls calls;
	struct stacks stacks;
	struct work *works; /* in the order they came */
	size_t work_count, work_capacity;
	bool folded;
	struct map folds; /* "outer;inner;kernel" to nanoseconds */
};

/* Work of the GPU. */
struct work {
	int64_t ts; /* ns; 0 where it cannot be told */
	int64_t correlation;
	uint32_t process;
	int64_t dur; /* ns; of folded stacks */
	const char *name; /* interned; of folded stacks */
	bool known; /* has a correlation */
	bool kernel;
	int32_t node; /* index of the graph's node; NONE when none is known */
};

static const char *const format_choices[] = { "ndjson", "folded", NULL };

static void
options_parse(struct run *run, int argc, char *argv[])
{
	struct option_scan scan;
	int key;

	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END) {
		if (key == 'f')
			run->folded = options_choice(&scan, format_choices) == 1;
		else
			run->capture_file = scan.value;
	}
	run->files = scan.operands;
}

/* The launches of the capture that the graph replays. */
static void
find_nodes(struct run *run)
{
	const struct calls *capture = &run->capture;
	size_t count = 0;

	run->nodes = memory_alloc((capture->launches.count + 1) * sizeof(*run->nodes));
	for (size_t i = 0; i < capture->launches.count; i++)
		if (capture->launches.list[i].kernel && !capture->launches.list[i].graph)
			run->nodes[count++] = (struct replay_call){ capture->launches.list[i].ts,
				capture->launches.list[i].process,
				capture->launches.list[i].correlation, (uint32_t)i };
	run->node_count = replay_captured(run->nodes, count, capture->ran, capture->ran_count);
}

static void
read_capture(struct run *run)
{
	char *files[] = { (char *)run->capture_file, NULL };
	const struct trace_record *record;
	struct trace_reader *in;

	if (run->capture_file == NULL)
		return;
	in = trace_reader_open(files);
	trace_reader_expect_trace(in);
	while ((record = trace_reader_next(in)) != NULL)
		calls_add(&run->capture, record);
	trace_reader_close(in);
	calls_ready(&run->capture);
	if (run->capture.launches.count == 0 || run->capture.span_count == 0)
		die("%s: has no launches or nothing around them: "
		    "make it with tr-parse -s kernel,launch,frame,module,op", run->capture_file);
	find_nodes(run);
}

static bool
is_work(const struct trace_record *record)
{
	return record->kind == TRACE_KERNEL || record->kind == TRACE_MEMCPY ||
	    record->kind == TRACE_MEMSET;
}

static void
add_work(struct run *run, const struct trace_record *record)
{
	struct work work = { .node = NONE, .kernel = record->kind == TRACE_KERNEL };

	trace_need_number(record, "ts");
	trace_get_ns(record, "ts", &work.ts);
	work.process = launches_process(&run->calls.launches, record);
	if (run->folded) {
		struct slice name = trace_need_string(record, "name");

		work.name = intern(name.bytes, name.length);
		trace_get_ns(record, "dur", &work.dur);
	}
	work.known = trace_get_integer(record, "correlation", &work.correlation);
	run->works = memory_grow(run->works, run->work_count, &run->work_capacity,
	    sizeof(*run->works));
	run->works[run->work_count++] = work;
}

/* Gives each replayed kernel its node. */
static void
match_replays(struct run *run)
{
	struct replay_kernel *kernels = memory_alloc((run->work_count + 1) * sizeof(*kernels));
	size_t count = 0, i;

	for (i = 0; i < run->work_count; i++) {
		const struct work *work = &run->works[i];
		const struct launch *launch = work->known && work->kernel
		    ? launches_find(&run->calls.launches, work->process,
		    work->correlation) : NULL;

		if (launch != NULL && launch->graph)
			kernels[count++] = (struct replay_kernel){ .ts = work->ts,
				.launch = { launch->ts, launch->process, launch->correlation, 0 },
				.id = (uint32_t)i };
	}
	replay_match(kernels, count, run->node_count);
	for (i = 0; i < count; i++)
		run->works[kernels[i].id].node = kernels[i].node;
	free(kernels);
}

/* What was found of one piece of work. */
struct found {
	int64_t stack; /* NONE when its launch is not in the trace */
	const struct calls *calls;
	int32_t span; /* the innermost around its launch; NONE */
};

static struct found
stack_of(struct run *run, const struct work *work)
{
	struct found found = { NONE, &run->calls, NONE };
	const struct launch *launch = work->known
	    ? launches_find(&run->calls.launches, work->process,
		    work->correlation) : NULL;
	enum stack_how how = launch != NULL && launch->graph ? STACK_GRAPH : STACK_LAUNCH;

	if (work->node != NONE) {
		found.calls = &run->capture;
		launch = &run->capture.launches.list[run->nodes[work->node].id];
		how = STACK_CAPTURE;
	}
	if (launch == NULL)
		return found;
	found.stack = stacks_find(&run->stacks, found.calls, launch, how);
	found.span = calls_at(found.calls, launch->thread, launch->ts);
	return found;
}

static void
write_work(const struct trace_record *record, const struct found *found, struct output *out)
{
	static const char *const owned[] = { "stack", "op_calls", NULL };
	struct text members = { 0 };

	if (found->stack == NONE)
		text_add_string(&members, "\"stack\":null,\"op_calls\":[]");
	else {
		text_add_format(&members, "\"stack\":%lld,\"op_calls\":[",
		    (long long)found->stack);
		calls_add_ops(found->calls, found->span, &members);
		text_add_char(&members, ']');
	}
	trace_write_with(record, out, owned, (struct slice){ members.bytes, members.length });
	text_free(&members);
}

/* Frames and operators have become stacks; everything else goes on in its place. */
static void
write_rest(struct run *run, const struct found *found)
{
	struct trace_reader *reader = spool_read(run->spool);
	const struct trace_record *record;
	size_t next = 0;

	while ((record = trace_reader_next(reader)) != NULL) {
		if (is_work(record))
			write_work(record, &found[next++], run->out);
		else if (record->kind == TRACE_TRACE) {
			trace_write(record, run->out);
			stacks_write(&run->stacks, run->out);
		} else
			trace_write(record, run->out);
	}
	trace_reader_close(reader);
	spool_clear(run->spool);
}

/* Time of the GPU by where it was launched; what lasts less than nothing adds none. */
static void
fold(struct run *run, const struct work *work, int64_t stack)
{
	struct text line = { 0 };
	const char *at;
	void **sum;

	if (work->dur <= 0)
		return;
	if (stack == NONE)
		text_add_string(&line, "(launch not in the trace)");
	else
		stacks_fold(&run->stacks, (uint32_t)stack, &line);
	text_add_char(&line, ';');
	for (at = work->name; *at != '\0'; at++)
		text_add_char(&line, *at == ';' || (unsigned char)*at < 32 ? ':' : *at);
	sum = map_put(&run->folds, line.bytes, line.length);
	*sum = (void *)((intptr_t)*sum + work->dur);
	text_free(&line);
}

static int
compare_entries(const void *left, const void *right)
{
	return strcmp(((const struct map_entry *)left)->key,
	    ((const struct map_entry *)right)->key);
}

/* "outer;inner;kernel NANOSECONDS", sorted. */
static void
write_folds(struct run *run)
{
	struct map *folds = &run->folds;
	size_t i;

	if (folds->count > 0)
		qsort(folds->entries, folds->count, sizeof(*folds->entries), compare_entries);
	for (i = 0; i < folds->count; i++)
		output_format(run->out, "%s %lld\n", folds->entries[i].key,
		    (long long)(intptr_t)folds->entries[i].value);
	map_free(folds);
}

static void
write_stream(struct run *run)
{
	struct found *found = memory_alloc((run->work_count + 1) * sizeof(*found));

	calls_ready(&run->calls);
	match_replays(run);
	for (size_t i = 0; i < run->work_count; i++)
		found[i] = stack_of(run, &run->works[i]);
	for (size_t i = 0; run->folded && i < run->work_count; i++)
		fold(run, &run->works[i], found[i].stack);
	if (!run->folded)
		write_rest(run, found);
	free(found);
	stacks_clear(&run->stacks);
	calls_clear(&run->calls);
	run->work_count = 0;
}

static void
read_streams(struct run *run)
{
	struct trace_reader *in = trace_reader_open(run->files);
	const struct trace_record *record;

	trace_reader_expect_trace(in);
	while ((record = trace_reader_next(in)) != NULL) {
		calls_add(&run->calls, record);
		if (is_work(record))
			add_work(run, record);
		if (!run->folded && record->kind != TRACE_FRAME && record->kind != TRACE_OP)
			spool_add(run->spool, record);
		if (record->kind == TRACE_END)
			write_stream(run);
	}
	trace_reader_close(in);
}

int
main(int argc, char *argv[])
{
	struct run run = { 0 };

	options_parse(&run, argc, argv);
	read_capture(&run);
	run.spool = spool_open(program.name);
	run.out = output_stdout();
	read_streams(&run);
	if (run.folded)
		write_folds(&run);
	output_close(run.out);
	spool_close(run.spool);
	calls_clear(&run.capture);
	free(run.nodes);
	free(run.works);
	return STATUS_DONE;
}

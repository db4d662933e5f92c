/* SPDX-License-Identifier: Apache-2.0 */
/* Turns a trace of the torch profiler into a stream of records, without ever holding it.
 *
 * in:  {"traceEvents":[{"ph":"X","cat":"kernel","name":"gemm","pid":0,"tid":7,"ts":10.5,
 *      "dur":2,"args":{"device":0,"stream":7,"correlation":3,"grid":[8,1,1],"block":[256,1,1]}}]}
 * out: {"kind":"kernel","index":0,"rank":"file0","name":"gemm","ts":10.5,"dur":2,"device":0,
 *      "stream":7,"correlation":3,"grid":[8,1,1],"block":[256,1,1]}
 */
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "event.h"
#include "head.h"
#include "json/json_scan.h"
#include "base/options.h"
#include "base/output.h"
#include "walk.h"

enum { BLOCK_SIZE = 512 << 10 };

/* More damage than this in one file is counted, not printed. */
enum { DAMAGES_TOLD = 10 };

enum { OPTION_FROM = 256, OPTION_TO, OPTION_DEVICE, OPTION_STREAM, OPTION_PORTABLE };

static const struct option_spec option_table[] = {
	{ 'a', "all", NULL, "launches, modules, frames and annotations too" },
	{ 's', "select", "KINDS", "only these, as in kernel,launch,module; all: every kind" },
	{ OPTION_FROM, "from", "US", "what begins at this time or later" },
	{ OPTION_TO, "to", "US", "what begins before this time" },
	{ OPTION_DEVICE, "device", "N", "GPU work of this device; may be repeated" },
	{ OPTION_STREAM, "stream", "N", "GPU work of this stream; may be repeated" },
	{ 'k', "keep-going", NULL, "skip what is damaged and count it" },
	{ OPTION_PORTABLE, "portable", NULL, "use no vector units; the result is the same" },
	{ 0, NULL, NULL, NULL },
};

static const struct program program = {
	.name = "tr-parse",
	.usage = "[-ak] [-s KINDS] [--from US] [--to US] [FILE...]",
	.sentence = "Turn torch profiler traces (JSON, maybe packed) into records.",
	.options = option_table,
	.example = "tr-parse -s kernel trace.json.gz | jq .name | sort | uniq -c",
	.status = "0 done, 1 done, with something to say, 2 failed",
};

struct options {
	struct selection selection;
	struct walk_options walk;
	char **files;
};

/* One trace on its way through. */
struct job {
	const char *file;
	struct output *out;
	const struct options *options;
	struct seen seen;
	struct head head;
	struct text line;
	int place;        /* among the files given, from 0 */
	struct text rank; /* of what has no label; known once begun */
	bool begun;       /* the `trace` record is out */
	struct census census;
	uint64_t written[EVENT_KINDS];
	uint64_t damages;
};

static void
write_file_name(struct output *out, const char *file)
{
	struct text text = { 0 };

	json_escape(&text, (struct slice){ file, strlen(file) });
	output_bytes(out, text.bytes, text.length);
	text_free(&text);
}

/* The `trace` record: what is known when the events begin. */
static void
begin_stream(void *context)
{
	struct job *job = context;

	if (job->begun)
		return;
	job->begun = true;
	head_rank(&job->head, job->place, &job->rank);
	output_string(job->out, "{\"kind\":\"trace\",\"version\":1,\"file\":");
	write_file_name(job->out, job->file);
	head_write(&job->head, job->out, false);
	output_string(job->out, "}\n");
}

static void
end_stream(struct job *job, const struct walk *walk)
{
	static const char *const counts[EVENT_KINDS] = { NULL, "kernels", "memcpys", "memsets",
		"launches", "modules", "frames", "annotations", "ops", "calls", "overheads" };
	struct output *out = job->out;

	begin_stream(job);
	output_format(out, "{\"kind\":\"end\",\"events\":%llu", (unsigned long long)walk->events);
	for (int kind = EVENT_KERNEL; kind < EVENT_KINDS; kind++)
		output_format(out, ",\"%s\":%llu", counts[kind],
		    (unsigned long long)job->written[kind]);
	output_format(out, ",\"lost\":%llu,\"lost_bytes\":%llu,\"not_numbers\":%llu",
	    (unsigned long long)walk->lost_events, (unsigned long long)walk->lost_bytes,
	    (unsigned long long)walk->not_numbers);
	output_format(out, ",\"gpu_work\":%llu",
	    (unsigned long long)event_gpu_work(&job->census));
	census_write(&job->census, out);
	head_write(&job->head, out, true);
	output_string(out, "}\n");
}

static void
learn_member(void *context, struct slice key, struct slice value)
{
	struct job *job = context;

	head_learn(&job->head, key, value);
}

static void
write_event(struct job *job, const struct event *event, uint64_t index)
{
	text_clear(&job->line);
	emit_event(&job->line, event, index,
	    (struct slice){ job->rank.bytes, job->rank.length });
	output_bytes(job->out, job->line.bytes, job->line.length);
	job->written[event->kind]++;
}

static bool
read_event(void *context, uint64_t index, struct slice bytes, struct json_fault *fault)
{
	struct job *job = context;
	struct event event;
	enum event_result result = event_read(&event, bytes, &job->options->selection,
	    &job->seen, &job->census, fault);

	if (result == EVENT_WANTED)
		write_event(job, &event, index);
	return result != EVENT_DAMAGED;
}

static const char *
find_event(void *context, uint64_t index, struct slice text, struct json_fault *fault)
{
	struct job *job = context;
	struct event event;
	enum event_result result;
	const char *end = event_find(&event, text, &job->options->selection, &job->seen,
	    &job->census, &result, fault);

	if (end == NULL || result == EVENT_DAMAGED)
		return end;
	fault->message = NULL;
	if (result == EVENT_WANTED)
		write_event(job, &event, index);
	return end;
}

/* What a reader of the records should know: one line each. Whether there was anything. */
static bool
tell_findings(const struct job *job)
{
	struct census_rank total = census_total(&job->census);
	struct text held = { 0 };
	bool none = event_gpu_work(&job->census) == 0;

	if (none) {
		event_describe_categories(&job->census, &held);
		warn("%s: no GPU work that tr-parse knows: the file holds %s", job->file,
		    held.length > 0 ? held.bytes : "no complete events");
	} else if (job->census.unknown.count > 0) {
		census_describe_unknown(&job->census, &held, "");
		warn("%s: events of unknown categories are left out: %s", job->file, held.bytes);
	}
	if (total.ts_zero > 0)
		warn("%s: %llu pieces of GPU work begin at time 0 or before", job->file,
		    (unsigned long long)total.ts_zero);
	if (total.negative > 0)
		warn("%s: %llu pieces of GPU work last less than nothing", job->file,
		    (unsigned long long)total.negative);
	text_free(&held);
	return none || job->census.unknown.count > 0 || total.ts_zero + total.negative > 0;
}

/* What came before the damage goes out first. */
static void
tell_damage(void *context, uint64_t offset, const char *message)
{
	struct job *job = context;

	output_flush(job->out);
	if (job->damages++ < DAMAGES_TOLD)
		warn("%s: byte %llu: %s", job->file, (unsigned long long)offset, message);
}

static enum status
parse_file(const struct options *options, int place, struct output *out)
{
	const char *file = options->files[place];
	struct job job = { .file = file, .place = place, .out = out, .options = options };
	const struct walk_handler handler = { &job, learn_member, begin_stream, read_event,
		find_event, tell_damage };
	struct walk walk;
	enum walk_result result;
	bool findings = false;

	if (strcmp(file, "-") == 0)
		job.file = "<stdin>";
	seen_begin(&job.seen, options->walk.portable);
	result = walk_file(&walk, file, &options->walk, &handler);
	if (job.damages > DAMAGES_TOLD)
		warn("%s: damaged in %llu places", job.file, (unsigned long long)job.damages);
	if (result != WALK_FAILED) {
		end_stream(&job, &walk);
		output_flush(out);
		findings = tell_findings(&job);
	}
	head_free(&job.head);
	census_free(&job.census);
	seen_free(&job.seen);
	text_free(&job.line);
	text_free(&job.rank);
	return result == WALK_FAILED ? STATUS_FAILED :
	    result == WALK_MENDED || findings ? STATUS_FINDINGS : STATUS_DONE;
}

static enum event_kind
find_kind(const char *name, size_t length)
{
	for (int kind = EVENT_KERNEL; kind < EVENT_KINDS; kind++)
		if (strlen(event_kind_names[kind]) == length &&
		    strncmp(event_kind_names[kind], name, length) == 0)
			return (enum event_kind)kind;
	return EVENT_NONE;
}

/* "kernel,launch" into flags. */
static void
select_kinds(const struct option_scan *scan, struct selection *selection)
{
	const char *at = scan->value;

	memset(selection->kinds, 0, sizeof(selection->kinds));
	for (;;) {
		size_t length = strcspn(at, ",");
		enum event_kind kind = find_kind(at, length);
		bool all = length == 3 && strncmp(at, "all", length) == 0;

		if (kind == EVENT_NONE && !all)
			options_fail(scan, "no kind '%.*s': kernel, memcpy, memset, launch, "
			    "call, op, frame, module, annotation, overhead, all",
			    (int)length, at);
		for (int each = EVENT_KERNEL; each < EVENT_KINDS; each++)
			selection->kinds[each] |= all || each == (int)kind;
		if (at[length] == '\0')
			return;
		at += length + 1;
	}
}

static void
add_number(const struct option_scan *scan, int64_t *list, size_t *count)
{
	if (*count == SELECTION_LIMIT)
		options_fail(scan, "more than %d of one option", SELECTION_LIMIT);
	list[(*count)++] = options_integer(scan, INT64_MIN, INT64_MAX);
}

static void
take_option(const struct option_scan *scan, int key, struct options *options)
{
	struct selection *selection = &options->selection;

	switch (key) {
	case 'a':
		for (int kind = EVENT_KERNEL; kind < EVENT_OP; kind++)
			selection->kinds[kind] = true;
		break;
	case 's':
		select_kinds(scan, selection);
		break;
	case 'k':
		options->walk.keep_going = true;
		break;
	case OPTION_FROM:
		selection->has_from = true;
		selection->from = options_number(scan, -1e300, 1e300);
		break;
	case OPTION_TO:
		selection->has_to = true;
		selection->to = options_number(scan, -1e300, 1e300);
		break;
	case OPTION_DEVICE:
		add_number(scan, selection->devices, &selection->device_count);
		break;
	case OPTION_STREAM:
		add_number(scan, selection->streams, &selection->stream_count);
		break;
	case OPTION_PORTABLE:
		options->walk.portable = true;
		break;
	}
}

static struct options
options_parse(int argc, char *argv[])
{
	static char standard_input[] = "-";
	static char *only_standard_input[] = { standard_input, NULL };
	struct options options = { .walk.block_size = BLOCK_SIZE };
	struct option_scan scan;
	int key;

	options.selection.kinds[EVENT_KERNEL] = true;
	options.selection.kinds[EVENT_MEMCPY] = true;
	options.selection.kinds[EVENT_MEMSET] = true;
	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END)
		take_option(&scan, key, &options);
	options.files = scan.operand_count > 0 ? scan.operands : only_standard_input;
	return options;
}

int
main(int argc, char *argv[])
{
	struct options options = options_parse(argc, argv);
	struct output *out = output_stdout();
	enum status status = STATUS_DONE;

	for (int i = 0; options.files[i] != NULL && status != STATUS_FAILED; i++) {
		enum status this = parse_file(&options, i, out);

		if (this > status)
			status = this;
	}
	output_close(out);
	return (int)status;
}

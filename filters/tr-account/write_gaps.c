/* SPDX-License-Identifier: Apache-2.0 */
/* Gaps with their evidence: the launch, the call that blocked, what the host did. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "context.h"
#include "write.h"

static const char *const kind_names[] = { [HOST_CALL] = "runtime", [HOST_OP] = "cpu_op",
	[HOST_FRAME] = "python_function", [HOST_ANNOTATION] = "user_annotation" };

static void
write_number(struct output *out, const char *key, int64_t number)
{
	output_format(out, ",\"%s\":%lld", key, (long long)number);
}

static void
write_word(struct output *out, const char *key, const struct word *word)
{
	write_string(out, key, word != NULL ? word->text : NULL);
}

const char *
frame_line(const struct word *frame)
{
	const char *at = frame->text;

	while ((at = strchr(at, '(')) != NULL) {
		size_t digits = strspn(at + 1, "0123456789");

		if (digits > 0 && strncmp(at + 1 + digits, "): ", 3) == 0)
			return at;
		at++;
	}
	return NULL;
}

void
write_frame_members(struct output *out, const struct word *frame)
{
	const char *line = frame_line(frame);

	if (line == NULL) {
		output_string(out, "\"file\":null,\"line\":null");
		write_string(out, "function", frame->text);
		return;
	}
	output_string(out, "\"file\":\"");
	output_bytes(out, frame->text, (size_t)(line - frame->text));
	/* A number of JSON has no zeros before it. */
	output_format(out, "\",\"line\":%llu", strtoull(line + 1, NULL, 10));
	write_string(out, "function", line + strspn(line + 1, "0123456789") + 4);
}

static void
write_frame(struct output *out, const struct word *frame)
{
	if (frame == NULL || frame_line(frame) == NULL) {
		output_string(out, ",\"frame\":null");
		return;
	}
	output_string(out, ",\"frame\":{");
	write_frame_members(out, frame);
	output_char(out, '}');
}

static void
write_context(struct output *out, const struct context *context)
{
	write_frame(out, context->frame);
	write_word(out, "innermost_frame", context->innermost);
	write_word(out, "module", context->module);
	write_word(out, "op", context->op);
}

/* `{"name":..,"ts_ns":..,"dur_ns":..,"tid":".."`, not closed. */
static void
open_event(struct output *out, const struct rank *rank, const struct host_event *event)
{
	const char *thread = rank->threads.entries[event->thread].key;
	const char *tid = strchr(thread, '\t') + 1;
	size_t length = strlen(tid);

	output_string(out, "{\"name\":\"");
	output_bytes(out, event->name->text, event->name->length);
	output_char(out, '"');
	write_number(out, "ts_ns", event->start);
	write_number(out, "dur_ns", event->end - event->start);
	output_string(out, ",\"tid\":\"");
	if (length > 1 && tid[0] == '"')
		output_bytes(out, tid + 1, length - 2);
	else
		output_bytes(out, tid, length);
	output_char(out, '"');
}

static void
write_usual(struct output *out, int64_t usual)
{
	if (usual >= 0)
		write_number(out, "usual_ns", usual);
	else
		output_string(out, ",\"usual_ns\":null");
}

static void
write_sync(struct output *out, const struct rank *rank, const struct gap *gap,
    const struct context *context)
{
	const struct host_event *call = gap->sync;
	int64_t from = call->start > gap->start ? call->start : gap->start;
	int64_t to = call->end < gap->end ? call->end : gap->end;

	output_string(out, ",\"call\":");
	open_event(out, rank, call);
	write_number(out, "in_gap_ns", to > from ? to - from : 0);
	write_context(out, context);
	output_format(out, ",\"by_profiler\":%s,\"drained\":%s}",
	    context->profiler ? "true" : "false", gap->drained ? "true" : "false");
}

static void
write_host(struct output *out, const struct evidence *evidence, const struct host_event *launch,
    const struct usual *usual)
{
	output_string(out, ",\"host_self\":[");
	for (size_t i = 0; i < evidence->self_count; i++) {
		const struct share *share = &evidence->self[i];

		output_format(out, "%s{\"cat\":\"%s\"", i > 0 ? "," : "",
		    share->name != NULL ? kind_names[share->kind] : "none");
		write_string(out, "name", share->name != NULL ? share->name->text :
		    "(nothing recorded)");
		write_number(out, "ns", share->ns);
		write_usual(out, share->name != NULL ? usual_length_of(usual, launch->thread,
		    (enum host_kind)share->kind, share->name) : -1);
		output_char(out, '}');
	}
	output_string(out, "],\"host_frames\":[");
	for (size_t i = 0; i < evidence->frame_count; i++) {
		const struct share *share = &evidence->frames[i];

		output_format(out, "%s{\"frame\":\"", i > 0 ? "," : "");
		output_string(out, share->name != NULL ? share->name->text : "(no Python frame)");
		output_format(out, "\",\"ns\":%lld}", (long long)share->ns);
	}
	output_char(out, ']');
}

static void
write_evidence(struct output *out, const struct device *device, const struct gap *gap,
    const struct evidence *evidence, const struct usual *usual, struct sources *sources)
{
	const struct host_event *launch = launch_of(device->rank, gap->after);

	output_string(out, ",\"evidence\":{\"launch\":");
	if (launch == NULL) {
		output_string(out, "null");
	} else {
		open_event(out, device->rank, launch);
		write_usual(out, usual_length_of(usual, launch->thread,
		    (enum host_kind)launch->kind, launch->name));
		output_char(out, '}');
		write_number(out, "launch_delay_ns", gap->after->start - launch->start);
		write_context(out, &evidence->launch);
		if (gap->sync != NULL)
			sources_write_sites(sources, evidence->sync.frame, evidence->sync.op,
			    gap->sync->name, out);
		else
			sources_write_sites(sources, evidence->launch.frame, evidence->launch.op,
			    launch->name, out);
		if (gap->sync != NULL)
			write_sync(out, device->rank, gap, &evidence->sync);
		if (launch->start > gap->start)
			write_host(out, evidence, launch, usual);
	}
	if (gap->wait != NULL) {
		output_string(out, ",\"stream_wait\":");
		open_event(out, device->rank, gap->wait);
		output_char(out, '}');
	}
	if (gap->reason != NULL)
		write_string(out, "reason", gap->reason);
	if (gap->cause == CAUSE_CLOCK)
		write_number(out, "launch_after_start_ns", launch->start - gap->end);
	output_char(out, '}');
}

/* The number of a "device stream" key is the device's; what follows is the stream. */
static void
write_piece(struct output *out, const char *key, const struct device *device,
    const struct piece *piece, struct words *words)
{
	const char *stream = device->rank->streams.entries[piece->stream].key;
	struct text short_name = { 0 };

	output_format(out, ",\"%s\":{\"index\":%llu", key,
	    (unsigned long long)(piece->order & ((UINT64_C(1) << 40) - 1)));
	write_word(out, "name", piece->name);
	output_string(out, ",\"short\":\"");
	words_add_short(words, piece->name, &short_name);
	output_bytes(out, short_name.bytes, short_name.length);
	output_char(out, '"');
	text_free(&short_name);
	write_string(out, "stream", strchr(stream, ' ') + 1);
	output_char(out, '}');
}

static void
write_gap(const char *key, const struct device *device, const struct gap *gap,
    const struct evidence *evidence, const struct usual *usual, struct words *words,
    struct sources *sources, struct output *out)
{
	const char *before = "";

	output_string(out, "{\"kind\":\"gap\"");
	write_string(out, "rank", key);
	write_string(out, "device", device->key);
	if (gap->after->pass == NO_PASS)
		output_string(out, ",\"pass\":null");
	else
		write_number(out, "pass", gap->after->pass);
	if (gap->after->layer == NO_PASS)
		output_string(out, ",\"layer\":null");
	else
		write_number(out, "layer", gap->after->layer);
	write_number(out, "start_ns", gap->start);
	write_number(out, "gap_ns", gap->end - gap->start);
	write_string(out, "cause", cause_names[gap->cause]);
	output_string(out, ",\"parts_ns\":{");
	for (int part = 0; part < PART_COUNT; part++)
		if (gap->parts[part] != 0) {
			output_format(out, "%s\"%s\":%lld", before, part_names[part],
			    (long long)gap->parts[part]);
			before = ",";
		}
	output_char(out, '}');
	write_piece(out, "before", device, gap->before, words);
	write_piece(out, "after", device, gap->after, words);
	write_evidence(out, device, gap, evidence, usual, sources);
	output_string(out, "}\n");
}

static int
compare_gaps(const void *left, const void *right)
{
	const struct gap *a = *(const struct gap *const *)left;
	const struct gap *b = *(const struct gap *const *)right;
	int64_t a_length = a->end - a->start, b_length = b->end - b->start;

	if (a_length != b_length)
		return a_length > b_length ? -1 : 1;
	return a->start < b->start ? -1 : a->start > b->start;
}

static const struct gap **
choose(const struct device *device, const struct gap_choice *choice, size_t *count)
{
	const struct gap **gaps = memory_alloc((device->gap_count + 1) *
	    sizeof(const struct gap *));
	size_t kept = 0;

	for (size_t i = 0; i < device->gap_count; i++)
		gaps[i] = &device->gaps[i];
	if (device->gap_count > 0)
		qsort(gaps, device->gap_count, sizeof(const struct gap *), compare_gaps);
	while (kept < device->gap_count && (choice->all || kept < choice->longest ||
	    gaps[kept]->end - gaps[kept]->start > choice->over))
		kept++;
	*count = kept;
	return gaps;
}

static void
ask_usual(const struct device *device, const struct gap *const *gaps, size_t count,
    const struct evidence *evidence, struct usual *usual)
{
	for (size_t i = 0; i < count; i++) {
		const struct host_event *launch = launch_of(device->rank, gaps[i]->after);

		if (launch == NULL)
			continue;
		usual_ask(usual, launch->thread, (enum host_kind)launch->kind, launch->name);
		for (size_t k = 0; k < evidence[i].self_count; k++)
			if (evidence[i].self[k].name != NULL)
				usual_ask(usual, launch->thread,
				    (enum host_kind)evidence[i].self[k].kind,
				    evidence[i].self[k].name);
	}
	usual_answer(usual);
}

uint64_t
write_gaps(const char *key, const struct device *device, const struct gap_choice *choice,
    struct words *words, struct sources *sources, struct output *out)
{
	size_t count;
	const struct gap **gaps = choose(device, choice, &count);
	struct evidence *evidence = memory_alloc_zero(count + 1, sizeof(*evidence));
	struct usual *usual = usual_open(device->host);

	context_find(device, gaps, count, evidence);
	ask_usual(device, gaps, count, evidence, usual);
	for (size_t i = 0; i < count; i++)
		write_gap(key, device, gaps[i], &evidence[i], usual, words, sources, out);
	usual_close(usual);
	free(evidence);
	free(gaps);
	return count;
}

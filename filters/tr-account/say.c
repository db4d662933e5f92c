/* SPDX-License-Identifier: Apache-2.0 */
/* The diagnosis in words. What is written of a trace is text as JSON spells it. */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "diagnosis.h"
#include "write.h"

enum { MOST_SAID = 5 };

/* A sentence: "12.3% of the wall time " CLAUSE ": 1.45 ms in 7 " COUNTED, evidence, REST. */
struct saying {
	const char *name, *clause, *one, *many, *rest;
	const char *kernel; /* how the kernel of the evidence stands to it */
	bool gain_known;    /* all of it could be won; else nobody can tell from this */
};

static const struct saying sayings[WHAT_COUNT] = {
	[CAUSE_HOST] = { "host", "the GPU is idle because the host launches late", "gap", "gaps",
		"", NULL, true },
	[CAUSE_AFTER_SYNC] = { "after_sync", "the GPU is idle because the host had waited until "
		"nothing was left to do, and only then prepared the next launch", "gap", "gaps",
		"", NULL, true },
	[CAUSE_SYNC] = { "sync", "the GPU is idle while the host is in a call that blocks", "gap",
		"gaps", "", NULL, true },
	[CAUSE_ALLOC] = { "alloc", "the GPU is idle while the host allocates or frees memory",
		"gap", "gaps", "", NULL, true },
	[CAUSE_LAUNCH] = { "launch", "the GPU is idle while its next work is being launched",
		"gap", "gaps", "", NULL, true },
	[CAUSE_GRAPH_LAUNCH] = { "graph_launch", "the GPU is idle while a graph is being launched",
		"gap", "gaps", "", NULL, true },
	[CAUSE_GRAPH] = { "graph", "the GPU is idle between the kernels of a replayed graph, which "
		"is latency of the device", "gap", "gaps", "", "before", true },
	[CAUSE_BLOCKED_COPY] = { "blocked_copy", "the GPU is idle until a copy begins that the "
		"host itself drives", "gap", "gaps", "", NULL, true },
	[CAUSE_STREAM_WAIT] = { "stream_wait", "the GPU is idle because a stream was told to wait "
		"for another, by the order of the calls", "gap", "gaps", "", "before", true },
	[CAUSE_DISPATCH] = { "dispatch", "the GPU is idle between kernels that were launched in "
		"time, which is latency of the device", "gap", "gaps", "", "before", true },
	[CAUSE_PROFILER] = { "profiler", "the GPU is idle while the profiler does work of its own",
		"gap", "gaps", "; that is of the measurement, not of the program", "before", false },
	[CAUSE_QUEUED] = { "queued", "no work of this file runs though it was submitted", "gap",
		"gaps", "; why is unknown, and the device may have run what this file does not hold",
		"before", false },
	[CAUSE_NO_LAUNCH] = { "no_launch", "nothing runs, and the trace does not tell what launched "
		"the work after that", "gap", "gaps", "; why is unknown", "before", false },
	[CAUSE_CLOCK] = { "clock", "nothing runs before work that begins earlier than its launch",
		"gap", "gaps", "; the clocks of host and GPU do not agree, so why is unknown",
		"before", false },
	[WHAT_COMM] = { "communication", "nothing runs but communication", "collective",
		"collectives", "", "in", true },
	[WHAT_COPY] = { "copies", "nothing runs but copies", "copy", "copies", "", "in", true },
	[WHAT_FILL] = { "fills", "nothing runs but fills", "fill", "fills", "", "in", true },
	[WHAT_COMPUTE] = { "compute", "the GPU computes", "kernel", "kernels",
		"; what of it could be won depends on how near each kernel is to its limit", "in",
		false },
};

static void
add_time(struct text *text, int64_t ns)
{
	struct number number;

	text_add_string(text, number_human(&number, (double)ns / 1000));
}

/* "init_new, forward_batch_info.py:443" of "sglang/srt/.../forward_batch_info.py(443): init_new". */
static void
add_place(struct text *text, const struct word *frame)
{
	const char *line = frame_line(frame), *file = frame->text;

	if (line == NULL) {
		text_add_string(text, frame->text);
		return;
	}
	for (const char *at = frame->text; at < line; at++)
		if (*at == '/')
			file = at + 1;
	text_add_format(text, "%s, %.*s:%llu", strstr(line, "): ") + 3, (int)(line - file), file,
	    strtoull(line + 1, NULL, 10));
}

static void
add_evidence(struct text *text, const struct saying *saying, const struct point *point,
    struct words *words)
{
	const char *before = ", ";

	if (point->kernel.name != NULL && saying->kernel != NULL) {
		text_add_string(text, before);
		add_time(text, point->kernel.ns);
		text_add_format(text, " of it %s ", saying->kernel);
		words_add_short(words, point->kernel.name, text);
		before = " and ";
	}
	if (point->call.name != NULL) {
		text_add_string(text, before);
		add_time(text, point->call.ns);
		text_add_format(text, " of it in %s", point->call.name->text);
	}
	for (size_t i = 0; i < PLACES_SAID; i++) {
		if (point->places[i].name == NULL)
			break;
		if (point->kernel.name != NULL) {
			/* The place is that of the launches, not of the time. */
			text_add_string(text, ", launched in ");
			add_place(text, point->places[i].name);
			break;
		}
		text_add_string(text, i == 0 ? ", " : " and ");
		add_time(text, point->places[i].ns);
		text_add_string(text, " in ");
		add_place(text, point->places[i].name);
	}
}

static void
add_sentence(struct text *text, const struct diagnosis *diagnosis, enum what what,
    struct words *words, struct sources *sources)
{
	const struct saying *saying = &sayings[what];
	const struct point *point = &diagnosis->points[what];
	struct number percent;

	if (diagnosis->devices > 1)
		text_add_format(text, "Rank %s, device %s: ", point->rank, point->device);
	text_add_format(text, "%s of the wall time %s: ", number_percent(&percent,
	    (double)point->ns, (double)point->window), saying->clause);
	add_time(text, point->ns);
	text_add_format(text, " in %zu %s", point->count,
	    point->count == 1 ? saying->one : saying->many);
	add_evidence(text, saying, point, words);
	text_add_string(text, saying->rest);
	if (point->reason != NULL)
		text_add_format(text, " (%s)", point->reason);
	if (point->by_profiler > point->ns / 2)
		text_add_string(text, "; it is the profiler's own code that waits");
	if (saying->gain_known && (int)what != CAUSE_HOST &&
	    (int)what != CAUSE_ALLOC)
		sources_add_condition(sources, point->places[0].name, point->places[0].op,
		    point->call.name, text);
	if (point->devices > 1) {
		text_add_format(text, "; the same on %zu of %zu devices, ", point->devices,
		    diagnosis->devices);
		add_time(text, point->all_ns);
		text_add_string(text, " in all");
	}
	text_add_char(text, '.');
}

/* A list of what to say, the most costly first; computing, of which nobody knows what could
 * be won, last. */
static size_t
rank_points(const struct diagnosis *diagnosis, enum what list[WHAT_COUNT])
{
	size_t count = 0;

	for (int what = 0; what < WHAT_COUNT; what++) {
		size_t at = count;

		if (diagnosis->points[what].devices == 0)
			continue;
		while (what != WHAT_COMPUTE && at > 0 &&
		    diagnosis->points[list[at - 1]].ns < diagnosis->points[what].ns) {
			list[at] = list[at - 1];
			at--;
		}
		list[at] = (enum what)what;
		count++;
	}
	return count;
}

static void
write_culprit(struct output *out, const char *key, const struct culprit *culprit)
{
	if (culprit->name == NULL)
		return;
	output_format(out, ",\"%s\":{", key);
	output_string(out, "\"name\":\"");
	output_bytes(out, culprit->name->text, culprit->name->length);
	output_format(out, "\",\"ns\":%lld}", (long long)culprit->ns);
}

static void
write_point(const struct saying *saying, const struct point *point, const char *says,
    size_t place, struct sources *sources, struct output *out)
{
	output_format(out, ",\"place\":%zu", place);
	write_string(out, "rank", point->rank);
	write_string(out, "device", point->device);
	write_string(out, "file", point->file);
	write_string(out, "what", saying->name);
	write_string(out, "says", says);
	output_format(out, ",\"ns\":%lld,\"win_ns\":", (long long)point->ns);
	if (saying->gain_known && point->by_profiler <= point->ns / 2)
		output_format(out, "%lld", (long long)point->ns);
	else
		output_string(out, "null");
	output_format(out, ",\"window_ns\":%lld,\"count\":%zu,\"devices\":%zu,\"all_ns\":%lld",
	    (long long)point->window, point->count, point->devices, (long long)point->all_ns);
	output_string(out, ",\"sources\":[");
	for (size_t i = 0; i < PLACES_SAID && point->places[i].name != NULL; i++) {
		output_string(out, i > 0 ? ",{" : "{");
		write_frame_members(out, point->places[i].name);
		output_format(out, ",\"ns\":%lld", (long long)point->places[i].ns);
		if (point->places[i].op != NULL || point->call.name != NULL)
			sources_write_sites(sources, point->places[i].name, point->places[i].op,
			    point->call.name, out);
		output_char(out, '}');
	}
	output_char(out, ']');
	write_culprit(out, "call", &point->call);
	write_culprit(out, "kernel", &point->kernel);
}

size_t
diagnosis_write(const struct diagnosis *diagnosis, struct words *words,
    struct sources *sources, bool first, struct output *out)
{
	enum what list[WHAT_COUNT];
	size_t count = rank_points(diagnosis, list);
	struct text says = { 0 };

	if (count > MOST_SAID)
		count = MOST_SAID;
	for (size_t i = 0; i < count; i++) {
		text_clear(&says);
		add_sentence(&says, diagnosis, list[i], words, sources);
		output_format(out, "{\"kind\":\"diagnosis\"%s",
		    first && i == 0 ? ",\"version\":1" : "");
		write_point(&sayings[list[i]], &diagnosis->points[list[i]], says.bytes, i + 1,
		    sources, out);
		output_string(out, "}\n");
	}
	text_free(&says);
	return count;
}

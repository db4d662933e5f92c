/* SPDX-License-Identifier: Apache-2.0 */
/* Records become pieces of GPU work and host events; times are read from their decimal text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/lines.h"
#include "base/memory.h"
#include "base/text.h"
#include "load.h"

const char *const oddity_names[ODD_COUNT] = { "gpu_time_not_a_number", "gpu_ts_zero",
	"gpu_negative_duration", "gpu_zero_duration", "host_time_not_usable", "host_ts_zero",
	"same_stream_overlap_in_graph", "same_stream_overlap", "same_stream_overlap_ns_max",
	"overrun_clipped", "overrun_clipped_ns" };

/* Files have fewer events than this. */
enum { ORDER_BITS = 40 };

uint32_t
load_number(struct map *map, struct slice text)
{
	void **place = map_put(map, text.bytes != NULL ? text.bytes : "", text.length);

	if (*place == NULL)
		*place = (void *)(uintptr_t)map->count;
	return (uint32_t)((uintptr_t)*place - 1);
}

const char *
load_stage(const struct load *load, uint32_t stage)
{
	return load->stages.entries[stage].key;
}

/* A string's text or a number as spelled; bytes NULL for null and what is nested. */
static struct slice
scalar_text(struct slice value)
{
	if (value.bytes == NULL || *value.bytes == 'n')
		return (struct slice){ NULL, 0 };
	if (*value.bytes == '"')
		return (struct slice){ value.bytes + 1, value.length - 2 };
	return value;
}

static struct slice
get_text(const struct trace_record *record, const char *key)
{
	return scalar_text(trace_get(record, key));
}

static const char *
intern_slice(struct slice text)
{
	return text.bytes != NULL ? intern(text.bytes, text.length) : NULL;
}

static char *
copy_slice(struct slice text)
{
	char *copy;

	if (text.bytes == NULL)
		return NULL;
	copy = memory_alloc(text.length + 1);
	memcpy(copy, text.bytes, text.length);
	copy[text.length] = '\0';
	return copy;
}

/* The rank of the open file that the record names. */
static struct rank *
rank_of(struct load *load, const struct trace_record *record)
{
	struct slice key = get_text(record, "rank");
	struct rank *rank;

	/* A trace without events has it in its first record alone. */
	if (key.bytes == NULL && load->rank != NULL)
		key = (struct slice){ load->rank, strlen(load->rank) };
	if (key.bytes == NULL)
		key = (struct slice){ "file0", 5 };
	for (size_t i = load->count; i-- > load->first_rank;) {
		rank = load->ranks[i];
		if (strlen(rank->key) == key.length &&
		    memcmp(rank->key, key.bytes, key.length) == 0)
			return rank;
	}
	rank = memory_alloc_zero(1, sizeof(*rank));
	rank->key = copy_slice(key);
	rank->nameless = strncmp(rank->key, "file", 4) == 0;
	rank->file = memory_copy_string(load->file_name != NULL ? load->file_name : "");
	rank->trace_id = load->trace_id != NULL ? memory_copy_string(load->trace_id) : NULL;
	rank->base = load->base;
	rank->world_size = load->world_size;
	load->ranks = memory_grow(load->ranks, load->count, &load->capacity,
	    sizeof(*load->ranks));
	load->ranks[load->count++] = rank;
	return rank;
}

static uint64_t
order_of(const struct load *load, const struct trace_record *record)
{
	int64_t index = 0;

	trace_get_integer(record, "index", &index);
	return load->file << ORDER_BITS | (uint64_t)index;
}

/* The times of a record as [start, end); false when they say nothing. */
static bool
times_of(const struct trace_record *record, int64_t *start, int64_t *end, int64_t *duration)
{
	*duration = 0;
	if (!trace_get_ns(record, "ts", start))
		return false;
	if (trace_get(record, "dur").bytes != NULL && !trace_get_ns(record, "dur", duration))
		return false;
	*end = *start + *duration;
	return true;
}

static int64_t
count_of(struct slice text)
{
	int64_t count;

	return text.bytes != NULL && json_scan_integer(text, &count) && count >= 0 ? count : -1;
}

/* The `collective` of a kernel. */
static const struct collective_facts *
read_facts(struct load *load, struct slice object)
{
	struct collective_facts *facts;
	struct json_member member;
	const char *at = object.bytes, *end = at == NULL ? at : at + object.length;

	if (at == NULL || *at != '{')
		return NULL;
	facts = arena_alloc(&load->arena, sizeof(*facts));
	*facts = (struct collective_facts){ .sequence = -1, .group_size = -1, .in_count = -1,
		.out_count = -1 };
	at++;
	for (bool first = true;; first = false) {
		struct slice text;

		at = json_next_known_member(at, end, first, &member);
		if (member.key.bytes == NULL)
			return facts;
		text = scalar_text(member.value);
		if (slice_equals(member.key, "name"))
			facts->name = intern_slice(text);
		else if (slice_equals(member.key, "group"))
			facts->group = intern_slice(text);
		else if (slice_equals(member.key, "group_ranks"))
			facts->group_ranks = intern_slice(text);
		else if (slice_equals(member.key, "dtype"))
			facts->dtype = intern_slice(text);
		else if (slice_equals(member.key, "seq"))
			facts->sequence = count_of(text);
		else if (slice_equals(member.key, "group_size"))
			facts->group_size = count_of(text);
		else if (slice_equals(member.key, "out_elements"))
			facts->out_count = count_of(text);
		if (slice_equals(member.key, "in_elements")) {
			facts->in_elements = intern_slice(text);
			facts->in_count = count_of(text);
		}
	}
}

static void
find_pass(struct load *load, const struct trace_record *record, struct piece *piece)
{
	int64_t number;
	char key[24];
	void **place;

	piece->pass = piece->layer = NO_PASS;
	if (load->passes.count > 0) {
		snprintf(key, sizeof(key), "%llu", (unsigned long long)
		    (piece->order & ((UINT64_C(1) << ORDER_BITS) - 1)));
		place = map_get_string(&load->passes, key);
		if (place == NULL)
			return;
		piece->pass = ((const struct given_pass *)*place)->pass;
		piece->stage = ((const struct given_pass *)*place)->stage;
		return;
	}
	if (!trace_get_integer(record, "pass", &number))
		return;
	piece->pass = (int32_t)number;
	piece->stage = load_number(&load->stages, get_text(record, "stage"));
	if (trace_get_integer(record, "layer", &number))
		piece->layer = (int32_t)number;
}

static enum work
work_of(struct load *load, const struct trace_record *record, struct word *name)
{
	if (record->kind == TRACE_MEMCPY)
		return WORK_COPY;
	if (record->kind == TRACE_MEMSET)
		return WORK_FILL;
	/* tr-classify may have been given other rules. */
	if (slice_equals(trace_get(record, "type"), "\"communication\""))
		return WORK_COMM;
	return words_work(&load->words, name);
}

static void
add_piece(struct load *load, struct rank *rank, const struct trace_record *record)
{
	struct piece piece = { .correlation = NO_CORRELATION, .launch = NO_LAUNCH };
	struct text stream = { 0 };
	struct slice spelled = get_text(record, "stream");
	int64_t duration;

	if (!times_of(record, &piece.start, &piece.end, &duration)) {
		rank->oddities[ODD_TIME_NOT_A_NUMBER]++;
		return;
	}
	if (piece.start <= 0 || duration < 0) {
		rank->oddities[piece.start <= 0 ? ODD_TS_ZERO : ODD_NEGATIVE]++;
		return;
	}
	rank->oddities[ODD_ZERO_DURATION] += duration == 0;
	piece.order = order_of(load, record);
	piece.name = words_get(&load->words, get_text(record, "name"));
	trace_get_integer(record, "correlation", &piece.correlation);
	piece.device = load_number(&rank->devices, get_text(record, "device"));
	/* Streams of several devices have the same numbers. */
	text_add_format(&stream, "%u ", piece.device);
	text_add(&stream, spelled.bytes != NULL ? spelled.bytes : "", spelled.length);
	piece.stream = load_number(&rank->streams, (struct slice){ stream.bytes, stream.length });
	text_free(&stream);
	piece.work = (uint8_t)work_of(load, record, piece.name);
	if (piece.work == WORK_COMM)
		piece.facts = read_facts(load, trace_get(record, "collective"));
	find_pass(load, record, &piece);
	if (piece.layer >= rank->layers)
		rank->layers = piece.layer + 1;
	rank->pieces = memory_grow(rank->pieces, rank->piece_count, &rank->piece_capacity,
	    sizeof(*rank->pieces));
	rank->pieces[rank->piece_count++] = piece;
}

static struct word *
host_name(struct load *load, const struct trace_record *record)
{
	struct slice text = get_text(record, "name");
	struct text whole = { 0 };
	struct word *word;

	if (record->kind == TRACE_MODULE) {
		text_add_string(&whole, "nn.Module: ");
		text_add(&whole, text.bytes, text.length);
	} else if (record->kind == TRACE_FRAME) {
		struct slice file = get_text(record, "file"), line = get_text(record, "line");

		text = get_text(record, "function");
		if (file.bytes == NULL)
			return words_get(&load->words, text);
		text_add(&whole, file.bytes, file.length);
		text_add_char(&whole, '(');
		text_add(&whole, line.bytes, line.length);
		text_add_string(&whole, "): ");
		text_add(&whole, text.bytes, text.length);
	} else {
		return words_get(&load->words, text);
	}
	word = words_get(&load->words, (struct slice){ whole.bytes, whole.length });
	text_free(&whole);
	return word;
}

void
rank_widen(struct rank *rank, int64_t start, int64_t end)
{
	if (start <= 0)
		return;
	if (rank->host_first == 0 || start < rank->host_first)
		rank->host_first = start;
	if (end > rank->host_last)
		rank->host_last = end;
}

static void
add_host(struct load *load, struct rank *rank, const struct trace_record *record,
    enum host_kind kind)
{
	struct host_event event = { .correlation = NO_CORRELATION, .kind = (uint8_t)kind };
	struct slice pid = trace_get(record, "pid"), tid = trace_get(record, "tid");
	struct text thread = { 0 };
	int64_t duration;

	if (!times_of(record, &event.start, &event.end, &duration) || duration < 0) {
		rank->oddities[ODD_HOST_TIME]++;
		return;
	}
	if (kind != HOST_CALL && event.start <= 0) {
		rank->oddities[ODD_HOST_TS_ZERO]++;
		return;
	}
	event.order = order_of(load, record);
	event.name = host_name(load, record);
	text_add(&thread, pid.bytes != NULL ? pid.bytes : "", pid.length);
	text_add_char(&thread, '\t');
	text_add(&thread, tid.bytes != NULL ? tid.bytes : "", tid.length);
	event.thread = load_number(&rank->threads, (struct slice){ thread.bytes, thread.length });
	text_free(&thread);
	if (kind == HOST_CALL) {
		trace_get_integer(record, "correlation", &event.correlation);
		if (rank->process == NULL)
			rank->process = copy_slice(pid);
	}
	rank_widen(rank, event.start, event.end);
	rank->hosts = memory_grow(rank->hosts, rank->host_count, &rank->host_capacity,
	    sizeof(*rank->hosts));
	rank->hosts[rank->host_count++] = event;
}

static void
add_overhead(struct rank *rank, const struct trace_record *record)
{
	struct interval interval;
	int64_t duration;
	struct intervals *all = &rank->overheads;

	if (!times_of(record, &interval.start, &interval.end, &duration) || duration < 0)
		return;
	all->list = memory_grow(all->list, all->count, &all->capacity, sizeof(*all->list));
	all->list[all->count++] = interval;
}

static void
begin_file(struct load *load, const struct trace_record *record)
{
	free(load->file_name);
	free(load->trace_id);
	free(load->rank);
	load->rank = copy_slice(get_text(record, "rank"));
	load->file_name = copy_slice(get_text(record, "file"));
	load->trace_id = copy_slice(get_text(record, "trace_id"));
	load->base = 0;
	load->world_size = -1;
	trace_get_integer(record, "world_size", &load->world_size);
	trace_get_integer(record, "base_time_ns", &load->base);
	load->first_rank = load->count;
	load->file++;
}

/* "host_span":[first,last] in microseconds. */
static void
widen_by(struct rank *rank, struct slice span)
{
	const char *end = span.bytes == NULL ? NULL : span.bytes + span.length;
	const char *comma, *first, *last;
	struct json_fault fault;
	int64_t start, stop;

	if (span.bytes == NULL || *span.bytes != '[')
		return;
	first = json_skip_space(span.bytes + 1, end);
	comma = json_skip_value(first, end, &fault);
	if (comma == NULL)
		return;
	last = json_skip_space(json_skip_space(comma, end) + 1, end);
	if (json_scan_thousandths((struct slice){ first, (size_t)(comma - first) }, &start) &&
	    json_scan_thousandths((struct slice){ last, (size_t)(end - 1 - last) }, &stop))
		rank_widen(rank, start, stop);
}

static void
take_end_of_rank(struct rank *rank, struct slice object)
{
	struct json_member member;
	const char *at = object.bytes, *end = at == NULL ? at : at + object.length;

	if (at == NULL || *at != '{')
		return;
	at++;
	for (bool first = true;; first = false) {
		int64_t count;

		at = json_next_known_member(at, end, first, &member);
		if (member.key.bytes == NULL)
			return;
		if (slice_equals(member.key, "host_span"))
			widen_by(rank, member.value);
		/* What did not become a record; the rest is counted here. */
		if (slice_equals(member.key, "gpu_time_not_a_number") &&
		    json_scan_integer(member.value, &count))
			rank->oddities[ODD_TIME_NOT_A_NUMBER] += (uint64_t)count;
		if (slice_equals(member.key, "host_time_not_usable") &&
		    json_scan_integer(member.value, &count))
			rank->oddities[ODD_HOST_TIME] += (uint64_t)count;
		if (slice_equals(member.key, "world_size"))
			json_scan_integer(member.value, &rank->world_size);
		if (slice_equals(member.key, "implausible"))
			take_end_of_rank(rank, member.value);
	}
}

static void
take_unknown(struct rank *rank, struct slice object)
{
	struct json_member member;
	const char *at = object.bytes, *end = at == NULL ? at : at + object.length;

	if (at == NULL || *at != '{')
		return;
	at++;
	for (bool first = true;; first = false) {
		void **place;
		int64_t count;

		at = json_next_known_member(at, end, first, &member);
		if (member.key.bytes == NULL)
			return;
		place = map_put(&rank->unknown, member.key.bytes, member.key.length);
		if (json_scan_integer(member.value, &count))
			*place = (void *)((uintptr_t)*place + (uintptr_t)count);
	}
}

/* What only the end of a file tells. */
static void
end_file(struct load *load, const struct trace_record *record)
{
	struct slice ranks = trace_get(record, "ranks");
	struct rank *only;
	int64_t number;

	if (load->count == load->first_rank)
		rank_of(load, record); /* it has no event */
	only = load->ranks[load->first_rank];
	take_unknown(only, trace_get(record, "unknown_categories"));
	if (load->count == load->first_rank + 1) {
		take_end_of_rank(only, record->line);
	} else {
		for (size_t i = load->first_rank; i < load->count; i++) {
			struct json_member member;
			const char *at = ranks.bytes, *end = at + ranks.length;
			bool first = true;

			for (at = at != NULL ? at + 1 : NULL; at != NULL; first = false) {
				at = json_next_known_member(at, end, first, &member);
				if (member.key.bytes == NULL)
					break;
				if (slice_equals(member.key, load->ranks[i]->key))
					take_end_of_rank(load->ranks[i], member.value);
			}
		}
	}
	if (only->nameless && trace_get_integer(record, "base_time_ns", &number))
		only->base = number;
	if (only->world_size < 0)
		trace_get_integer(record, "world_size", &only->world_size);
	/* A rank that was told too late for the records. */
	if (only->nameless && load->count == load->first_rank + 1 &&
	    trace_get_integer(record, "rank", &number)) {
		struct text key = { 0 };

		text_add_format(&key, "%lld", (long long)number);
		free(only->key);
		only->key = memory_copy_string(key.bytes);
		only->nameless = false;
		text_free(&key);
	}
}

void
load_record(struct load *load, const struct trace_record *record)
{
	bool gpu = false;

	switch (record->kind) {
	case TRACE_TRACE:
		begin_file(load, record);
		break;
	case TRACE_KERNEL:
	case TRACE_MEMCPY:
	case TRACE_MEMSET:
		add_piece(load, rank_of(load, record), record);
		break;
	case TRACE_LAUNCH:
		add_host(load, rank_of(load, record), record, HOST_CALL);
		break;
	case TRACE_OP:
		add_host(load, rank_of(load, record), record, HOST_OP);
		break;
	case TRACE_FRAME:
	case TRACE_MODULE:
		add_host(load, rank_of(load, record), record, HOST_FRAME);
		break;
	case TRACE_ANNOTATION:
		trace_get_bool(record, "gpu", &gpu);
		if (!gpu)
			add_host(load, rank_of(load, record), record, HOST_ANNOTATION);
		break;
	case TRACE_END:
		end_file(load, record);
		break;
	default:
		if (slice_equals(record->kind_name, "call"))
			add_host(load, rank_of(load, record), record, HOST_CALL);
		else if (slice_equals(record->kind_name, "overhead"))
			add_overhead(rank_of(load, record), record);
		break;
	}
}

/* A line of --passes; false when it is a heading. */
static bool
read_pass(struct load *load, struct slice line)
{
	const char *end = line.bytes + line.length, *tab = memchr(line.bytes, '\t', line.length);
	struct given_pass *given;
	struct slice stage = { "", 0 };
	const char *number, *second;
	int64_t pass;
	void **place;

	if (tab == NULL || line.bytes[0] < '0' || line.bytes[0] > '9')
		return false;
	number = tab + 1;
	second = memchr(number, '\t', (size_t)(end - number));
	if (second == NULL)
		second = end;
	if (!json_scan_integer((struct slice){ number, (size_t)(second - number) }, &pass) ||
	    pass < 0 || pass > INT32_MAX)
		return false;
	if (second < end)
		stage = (struct slice){ second + 1, (size_t)(end - second - 1) };
	if (memchr(stage.bytes, '\t', stage.length) != NULL)
		stage.length = (size_t)((const char *)memchr(stage.bytes, '\t', stage.length) -
		    stage.bytes);
	given = arena_alloc(&load->pass_arena, sizeof(*given));
	*given = (struct given_pass){ (int32_t)pass, load_number(&load->stages, stage) };
	place = map_put(&load->passes, line.bytes, (size_t)(tab - line.bytes));
	*place = given;
	return true;
}

void
load_passes(struct load *load, const char *path)
{
	struct lines lines;
	struct slice line;

	lines_open_input(&lines, input_open(path));
	while (lines_next(&lines, &line))
		/* The first line may be a header. */
		if (line.length > 0 && !read_pass(load, line) &&
		    (lines.number > 1 || (line.bytes[0] >= '0' && line.bytes[0] <= '9')))
			die("%s:%llu: no event index, pass and stage, by tab", path,
			    (unsigned long long)lines.number);
	lines_close(&lines);
	if (load->passes.count == 0)
		die("%s: no line has event index, pass and stage, by tab", path);
}

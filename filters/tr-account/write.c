/* SPDX-License-Identifier: Apache-2.0 */
/* Figures as records. Names are passed on as the trace spells them. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "context.h"
#include "write.h"

enum { FRAMES_TOLD = 10 };

static const char no_frame[] = "(no Python frame)";

static void
write_number(struct output *out, const char *key, int64_t number)
{
	output_format(out, ",\"%s\":%lld", key, (long long)number);
}

static void
write_count(struct output *out, const char *key, uint64_t number)
{
	output_format(out, ",\"%s\":%llu", key, (unsigned long long)number);
}

void
write_string(struct output *out, const char *key, const char *text)
{
	output_format(out, ",\"%s\":", key);
	if (text == NULL) {
		output_string(out, "null");
		return;
	}
	output_char(out, '"');
	output_string(out, text);
	output_char(out, '"');
}

/* `,"key":{"name":1,...}` */
static void
write_numbers(struct output *out, const char *key, const char *const *names,
    const int64_t *numbers, int count)
{
	output_format(out, ",\"%s\":{", key);
	for (int i = 0; i < count; i++)
		output_format(out, "%s\"%s\":%lld", i > 0 ? "," : "", names[i],
		    (long long)numbers[i]);
	output_char(out, '}');
}

static void
write_sizes(struct output *out, const char *key, const char *const *names, const size_t *numbers,
    int count)
{
	output_format(out, ",\"%s\":{", key);
	for (int i = 0; i < count; i++)
		output_format(out, "%s\"%s\":%zu", i > 0 ? "," : "", names[i], numbers[i]);
	output_char(out, '}');
}

/* Without the closing brace. */
static void
open_spread(struct output *out, const char *key, const struct spread *spread)
{
	output_format(out, ",\"%s\":{\"n\":%zu", key, spread->count);
	if (spread->count == 0) {
		output_string(out, ",\"min\":null,\"p50\":null,\"p90\":null,\"p99\":null,"
		    "\"max\":null");
		return;
	}
	write_number(out, "min", spread->min);
	write_number(out, "p50", spread->p50);
	write_number(out, "p90", spread->p90);
	write_number(out, "p99", spread->p99);
	write_number(out, "max", spread->max);
}

static void
write_spread(struct output *out, const char *key, const struct spread *spread)
{
	open_spread(out, key, spread);
	output_char(out, '}');
}

/* The exclusive times and their plain names. */
static void
write_times(struct output *out, const struct times *times)
{
	write_numbers(out, "union_ns", work_names, times->all, WORK_COUNT);
	write_numbers(out, "exclusive_ns", work_names, times->exclusive, WORK_COUNT);
	write_number(out, "compute_ns", times->all[WORK_COMPUTE]);
	write_number(out, "communication_ns", times->all[WORK_COMM]);
	write_number(out, "exposed_communication_ns", times->exclusive[WORK_COMM]);
	write_number(out, "overlapped_communication_ns", times->overlapped);
	write_number(out, "copies_ns", times->all[WORK_COPY]);
	write_number(out, "exposed_copies_ns", times->exclusive[WORK_COPY]);
	write_number(out, "fills_ns", times->all[WORK_FILL]);
	write_number(out, "exposed_fills_ns", times->exclusive[WORK_FILL]);
}

static int
compare_words(const void *left, const void *right)
{
	const struct word *a = *(const struct word *const *)left;
	const struct word *b = *(const struct word *const *)right;

	return strcmp(a->text, b->text);
}

/* The names that were taken for communication. */
static void
write_comm_names(const struct rank *rank, struct output *out)
{
	const struct word **names = NULL;
	size_t count = 0, capacity = 0;
	struct map seen = { 0 };

	for (size_t i = 0; i < rank->piece_count; i++) {
		const struct word *name = rank->pieces[i].name;
		void **place;

		if (rank->pieces[i].work != WORK_COMM)
			continue;
		place = map_put(&seen, (const char *)&name, sizeof(name));
		if (*place != NULL)
			continue;
		*place = &seen;
		names = memory_grow(names, count, &capacity, sizeof(*names));
		names[count++] = name;
	}
	map_free(&seen);
	if (count > 0)
		qsort(names, count, sizeof(*names), compare_words);
	output_string(out, ",\"comm_names\":[");
	for (size_t i = 0; i < count; i++) {
		output_string(out, i > 0 ? ",\"" : "\"");
		output_bytes(out, names[i]->text, names[i]->length);
		output_char(out, '"');
	}
	output_char(out, ']');
	free(names);
}

void
write_rank(const char *key, const struct rank *rank, const struct rank_facts *facts, bool first,
    struct output *out)
{
	const char *before = "";

	output_string(out, first ? "{\"kind\":\"rank\",\"version\":1" : "{\"kind\":\"rank\"");
	write_string(out, "rank", key);
	write_string(out, "file", rank->file);
	if (rank->further_count > 0) {
		output_string(out, ",\"further_files\":[");
		for (size_t i = 0; i < rank->further_count; i++) {
			output_string(out, i > 0 ? ",\"" : "\"");
			output_string(out, rank->further[i]);
			output_char(out, '"');
		}
		output_char(out, ']');
	}
	output_format(out, ",\"named\":%s", rank->nameless ? "false" : "true");
	if (rank->world_size >= 0)
		write_number(out, "world_size", rank->world_size);
	write_string(out, "run", rank->trace_id);
	output_string(out, ",\"process\":");
	output_string(out, rank->process != NULL ? rank->process : "null"); /* as spelled */
	write_number(out, "base_ns", rank->base);
	write_number(out, "layers", rank->layers);
	write_count(out, "gpu_events", rank->piece_count);
	output_string(out, ",\"plausibility\":{");
	for (int i = 0; i < ODD_COUNT; i++)
		if (rank->oddities[i] > 0) {
			output_format(out, "%s\"%s\":%llu", before, oddity_names[i],
			    (unsigned long long)rank->oddities[i]);
			before = ",";
		}
	output_string(out, "},\"unknown_categories\":{");
	before = "\"";
	for (size_t i = 0; i < rank->unknown.count; i++) {
		const struct map_entry *entry = &rank->unknown.entries[i];

		output_string(out, before);
		output_bytes(out, entry->key, entry->key_length);
		output_format(out, "\":%llu", (unsigned long long)(uintptr_t)entry->value);
		before = ",\"";
	}
	output_char(out, '}');
	write_count(out, "launch_calls", facts->launch_calls);
	write_count(out, "launch_calls_without_gpu_event", facts->launch_calls_alone);
	write_count(out, "graph_launches", facts->graph_launches);
	write_count(out, "graph_launches_without_gpu_event", facts->graph_launches_alone);
	write_count(out, "gpu_events_without_launch", facts->without_launch);
	write_count(out, "gpu_events_launched_before_trace", facts->before_trace);
	write_comm_names(rank, out);
	output_format(out, ",\"zero_gpu_work\":%s}\n", rank->piece_count == 0 ? "true" : "false");
}

static void
write_stages(const struct load *load, const struct stage_figures *stages, size_t count,
    struct output *out)
{
	output_string(out, ",\"stages\":{");
	for (size_t i = 0; i < count; i++) {
		output_format(out, "%s\"", i > 0 ? "," : "");
		output_string(out, load_stage(load, stages[i].stage));
		output_format(out, "\":{\"passes\":%zu,\"warm_from\":%zu", stages[i].passes,
		    stages[i].warm_from);
		write_spread(out, "own_ns", &stages[i].own);
		write_spread(out, "warm_own_ns", &stages[i].warm_own);
		output_char(out, '}');
	}
	output_char(out, '}');
}

static void
begin_account(const char *key, const struct device *device, struct output *out)
{
	output_string(out, "{\"kind\":\"account\"");
	write_string(out, "rank", key);
	write_string(out, "device", device->key);
}

/* How long the host worked before the GPU's first and after its last. */
static void
write_edges(const struct device *device, struct output *out)
{
	const struct rank *rank = device->rank;

	if (rank->host_first == 0) {
		output_string(out, ",\"before_first_ns\":null,\"after_last_ns\":null");
		return;
	}
	write_number(out, "before_first_ns", device->first - rank->host_first);
	write_number(out, "after_last_ns", rank->host_last - device->last);
}

static void
write_queue(const struct figures *figures, struct output *out)
{
	write_spread(out, "launch_delay_ns", &figures->launch_delay);
	write_spread(out, "queue_delay_ns", &figures->queue_delay);
	write_count(out, "launch_negative", figures->launched_before_call);
	open_spread(out, "queue_depth", &figures->queue_depth);
	write_count(out, "launches_into_empty_queue", figures->into_empty_queue);
	output_format(out, "},\"queue_full\":{\"calls\":%zu,\"ns\":%lld}",
	    figures->full_queue_calls, (long long)figures->full_queue_ns);
}

/* Where the host was while the device was idle. */
static void
write_idle_frames(const struct device *device, struct output *out)
{
	size_t count;
	struct share *shares = context_frames(device, FRAMES_TOLD, &count);

	output_string(out, ",\"idle_host_by_frame\":[");
	for (size_t i = 0; i < count; i++) {
		output_format(out, "%s{\"frame\":\"", i > 0 ? "," : "");
		output_string(out, shares[i].name != NULL ? shares[i].name->text : no_frame);
		output_format(out, "\",\"ns\":%lld}", (long long)shares[i].ns);
	}
	output_char(out, ']');
	free(shares);
}

void
write_account(const char *key, const struct device *device, const struct figures *figures,
    const struct load *load, const struct stage_figures *stages, size_t stage_count, struct output *out)
{
	begin_account(key, device, out);
	output_string(out, ",\"pass\":null");
	write_string(out, "file", device->rank->file);
	write_count(out, "events", device->count);
	write_sizes(out, "count", work_names, figures->pieces, WORK_COUNT);
	write_number(out, "first_ns", device->first);
	write_number(out, "last_ns", device->last);
	write_number(out, "window_ns", device->last - device->first);
	write_number(out, "busy_ns", figures->times.busy);
	write_number(out, "idle_ns", figures->idle);
	write_numbers(out, "sum_ns", work_names, figures->sums, WORK_COUNT);
	write_times(out, &figures->times);
	write_count(out, "gaps", device->gap_count);
	write_count(out, "gaps_over_1us", figures->gaps_over_1us);
	write_number(out, "launch_floor_ns", device->floor);
	write_numbers(out, "idle_by_cause_ns", cause_names, figures->idle_by_cause, CAUSE_COUNT);
	write_sizes(out, "gaps_by_cause", cause_names, figures->gaps_by_cause, CAUSE_COUNT);
	write_numbers(out, "idle_by_part_ns", part_names, figures->idle_by_part, PART_COUNT);
	write_edges(device, out);
	write_queue(figures, out);
	write_spread(out, "gap_ns", &figures->gaps);
	write_idle_frames(device, out);
	if (stage_count > 0)
		write_stages(load, stages, stage_count, out);
	output_string(out, "}\n");
}

void
write_pass(const char *key, const struct device *device, const struct load *load,
    const struct pass *pass, struct output *out)
{
	int64_t tail = pass->tile_end - pass->own_end;

	begin_account(key, device, out);
	write_number(out, "pass", pass->number);
	write_string(out, "stage", load_stage(load, pass->stage));
	output_format(out, ",\"warm\":%s", pass->warm ? "true" : "false");
	write_number(out, "start_ns", pass->start);
	write_number(out, "tile_ns", pass->tile_end - pass->start);
	write_number(out, "own_ns", pass->own_end - pass->start);
	write_number(out, "window_ns", pass->tile_end - pass->start);
	write_count(out, "events", pass->pieces);
	write_number(out, "busy_ns", pass->tile.busy);
	write_number(out, "idle_ns", pass->tile_end - pass->start - pass->tile.busy);
	write_times(out, &pass->tile);
	write_numbers(out, "exclusive_own_ns", work_names, pass->own.exclusive, WORK_COUNT);
	write_numbers(out, "idle_by_cause_ns", cause_names, pass->idle_by_cause, CAUSE_COUNT);
	write_numbers(out, "idle_own_by_cause_ns", cause_names, pass->idle_own_by_cause,
	    CAUSE_COUNT);
	write_number(out, "tail_idle_ns", tail > 0 ? tail : 0);
	output_string(out, "}\n");
}

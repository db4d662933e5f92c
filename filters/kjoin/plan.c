/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps launches by phase, and of those alike the frames once. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "plan.h"
#include "trace.h"

/* Where a replayed graph stands among what is launched around it, and how such phases are called. */
static const char graph_launch[] = "cudaGraphLaunch", replay_suffix[] = "-replay";

static struct plan_phase *
phase_of(struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->phase_count; i++)
		if (plan->phases[i].name == name)
			return &plan->phases[i];
	plan->phases = memory_grow(plan->phases, plan->phase_count, &plan->phase_capacity,
	    sizeof(*plan->phases));
	plan->phases[plan->phase_count] = (struct plan_phase){ .name = name };
	return &plan->phases[plan->phase_count++];
}

static void
read_names(struct plan *plan, const struct record *record, struct launch_kind *kind)
{
	const struct json *names = json_get(record->root, "names"), *name;

	if (names == NULL || names->type != JSON_ARRAY)
		return;
	kind->names = arena_alloc_zero(&plan->arena,
	    (json_count(names) + 1) * sizeof(*kind->names));
	for (name = names->child; name != NULL; name = name->next)
		if (json_string(name) != NULL)
			kind->names[kind->name_count++] = intern_string(json_string(name));
}

/* Kernel, source, op and the calls that lead there tell launches apart. */
static void
key_of(struct text *key, const struct record *record)
{
	const struct json *frames = json_get(record->root, "frames"), *frame;
	int64_t number = NONE;

	json_integer(json_get(record->root, "op"), &number);
	text_add_format(key, "%s\n%s\n%lld\n", record_string(record, "kernel"),
	    record_string(record, "source"), (long long)number);
	for (frame = frames != NULL ? frames->child : NULL; frame != NULL; frame = frame->next) {
		const char *file = json_string(json_get(frame, "file"));
		const char *call = json_string(json_get(frame, "call"));

		number = NONE;
		json_integer(json_get(frame, "line"), &number);
		text_add_format(key, "%s %lld %s\n", file != NULL ? file : "", (long long)number,
		    call != NULL ? call : "");
	}
}

static uint32_t
kind_of(struct plan *plan, struct chains *chains, const struct record *record)
{
	struct text key = { 0 };
	struct launch_kind kind = { 0 };
	void **place;

	key_of(&key, record);
	place = map_put(&plan->kind_index, key.bytes, key.length);
	text_free(&key);
	if (*place != NULL)
		return (uint32_t)((uintptr_t)*place - 1);
	kind.chain = chains_add_planned(chains, record);
	kind.kernel = chains->list[kind.chain].kernel;
	kind.source = chains->list[kind.chain].source;
	read_names(plan, record, &kind);
	plan->kinds = memory_grow(plan->kinds, plan->kind_count, &plan->kind_capacity,
	    sizeof(*plan->kinds));
	plan->kinds[plan->kind_count++] = kind;
	*place = (void *)(uintptr_t)plan->kind_count;
	return (uint32_t)(plan->kind_count - 1);
}

static void
append(struct plan_phase *phase, struct plan_launch launch)
{
	phase->launches = memory_grow(phase->launches, phase->count, &phase->capacity,
	    sizeof(*phase->launches));
	phase->launches[phase->count++] = launch;
	if (launch.layer >= phase->layers)
		phase->layers = launch.layer + 1;
}

static int32_t
small(int64_t number)
{
	return number >= 0 && number < INT32_MAX ? (int32_t)number : NONE;
}

static void
add_launch(struct plan *plan, struct chains *chains, const struct record *record)
{
	struct plan_phase *phase = phase_of(plan, intern_string(record_string(record, "phase")));
	int64_t layer = NONE, repeat = 1, stream = NONE;
	uint32_t kind;

	json_integer(json_get(record->root, "repeat"), &repeat);
	if (repeat != 1)
		reader_fail(record, "a folded plan has no order of layers: kplan without --fold");
	json_integer(json_get(record->root, "layer"), &layer);
	json_integer(json_get(record->root, "stream"), &stream);
	kind = kind_of(plan, chains, record);
	append(phase, (struct plan_launch){ kind, small(layer), small(stream) });
}

static const char *
optional(const struct record *record, const char *key)
{
	const char *text = json_string(json_get(record->root, key));

	return text != NULL ? intern_string(text) : NULL;
}

/* The phase that is replayed where this one launches a graph; NULL. */
static struct plan_phase *
replayed(struct plan *plan, const struct plan_phase *around)
{
	size_t length = strlen(around->name), tail = sizeof(replay_suffix) - 1;

	if (length <= tail || strcmp(around->name + length - tail, replay_suffix) != 0)
		return NULL;
	for (size_t i = 0; i < plan->phase_count; i++)
		if (strlen(plan->phases[i].name) == length - tail &&
		    strncmp(plan->phases[i].name, around->name, length - tail) == 0)
			return &plan->phases[i];
	return NULL;
}

/* A step that replays a graph is one phase: what is launched before, the graph, and after. */
static void
splice(struct plan *plan, struct plan_phase *around)
{
	struct plan_phase *inner = replayed(plan, around), whole = { 0 };

	if (inner == NULL)
		return;
	whole.name = inner->name;
	for (size_t i = 0; i < around->count; i++) {
		if (strcmp(plan->kinds[around->launches[i].kind].kernel, graph_launch) != 0) {
			append(&whole, around->launches[i]);
			continue;
		}
		for (size_t j = 0; j < inner->count; j++)
			append(&whole, inner->launches[j]);
	}
	free(around->launches);
	*around = (struct plan_phase){ .name = around->name };
	if (whole.count < inner->count) { /* nothing launches the graph */
		free(whole.launches);
		return;
	}
	free(inner->launches);
	*inner = whole;
}

/* What is launched before the first layer comes again after the last. */
static void
close_cycle(struct plan_phase *phase)
{
	size_t count = phase->count, head = 0;
	int32_t stream = NONE;

	phase->one_stream = true;
	for (size_t i = 0; i < count; i++) {
		const struct plan_launch *launch = &phase->launches[i];

		if (launch->layer == NONE)
			continue;
		phase->one_stream = phase->one_stream && (stream == NONE || launch->stream == stream);
		stream = launch->stream;
	}
	while (head < count && phase->launches[head].layer == NONE)
		head++;
	for (size_t i = 0; head < count && i < head; i++)
		append(phase, phase->launches[i]);
}

void
plan_read(struct plan *plan, struct chains *chains, const char *path)
{
	char *files[] = { (char *)path, NULL };
	const struct record *record;
	struct reader reader;

	if (path == NULL)
		return;
	reader_open(&reader, files, true);
	while ((record = reader_next(&reader)) != NULL)
		if (strcmp(record->kind, "launch") == 0)
			add_launch(plan, chains, record);
		else if (strcmp(record->kind, "deployment") == 0) {
			plan->device = optional(record, "device");
			plan->model = optional(record, "model");
			plan->release = optional(record, "release");
		}
	reader_close(&reader);
	for (size_t i = 0; i < plan->phase_count; i++)
		splice(plan, &plan->phases[i]);
	for (size_t i = 0; i < plan->phase_count; i++)
		close_cycle(&plan->phases[i]);
}

void
plan_close(struct plan *plan)
{
	for (size_t i = 0; i < plan->phase_count; i++)
		free(plan->phases[i].launches);
	free(plan->phases);
	free(plan->kinds);
	map_free(&plan->kind_index);
	arena_free(&plan->arena);
}

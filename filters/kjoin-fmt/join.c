/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the joined stream's head, ops, layers and end; place.c reads its kernels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "join.h"
#include "page/label.h"
#include "base/memory.h"
#include "place.h"

const char *const explained_names[] = { "chain", "stack", "symbol", "between", "library", "none",
	NULL };

static void
read_head(struct join *join, const struct record *record)
{
	const struct json *root = record->root, *object;

	join->file = field_string(&join->arena, record, root, "file");
	if (join->file != NULL)
		join->file = base_name(join->file);
	join->forward = field_string(&join->arena, record, root, "forward");
	join->device = field_string(&join->arena, record, root, "device");
	join->model = field_string(&join->arena, record, root, "model");
	join->tree = field_string(&join->arena, record, root, "tree");
	join->method = field_string(&join->arena, record, root, "method");
	join->rank = -1;
	json_integer(json_get(root, "rank"), &join->rank);
	join->kernels = field_count(record, root, "kernels");
	join->passes = field_count(record, root, "passes");
	join->layers = field_count(record, root, "layers");
	join->sum = field_need_number(record, root, "sum");
	join->busy = field_number(record, root, "busy");
	join->span = field_number(record, root, "span");
	object = json_get(root, "frames");
	join->frames_seen = field_count(record, object, "seen");
	join->frames_in_tree = field_count(record, object, "in_tree");
	object = json_get(root, "explained");
	if (object == NULL || object->type != JSON_OBJECT)
		reader_fail(record, "\"explained\" is missing or no object");
	for (int i = 0; i < EXPLAINED_COUNT; i++) {
		join->explained[i] = field_number(record, object, explained_names[i]);
		if (!isfinite(join->explained[i]))
			join->explained[i] = 0;
	}
	join->certain = field_number(record, root, "certain");
	object = json_get(root, "ceiling");
	join->ceiling_device = field_string(&join->arena, record, object, "device");
	join->ceiling_how = field_string(&join->arena, record, object, "how");
	join->ceiling_gbps = field_number(record, object, "gbps");
}

static void
read_op(struct join *join, const struct record *record)
{
	const struct json *root = record->root;
	struct op *op;

	if (record_integer(record, "op") != (int64_t)join->op_count)
		reader_fail(record, "\"op\" is not the number of ops before it");
	join->ops = memory_grow(join->ops, join->op_count, &join->op_capacity, sizeof(*join->ops));
	op = &join->ops[join->op_count++];
	*op = (struct op){ .at = { .call = field_need_string(&join->arena, record, root, "call"),
		    .file = field_string(&join->arena, record, root, "file"),
		    .function = field_string(&join->arena, record, root, "function"),
		    .line = field_line(record, root) },
		.calls = field_count(record, root, "calls"),
		.kernels = json_count(json_get(root, "kernels")),
		.sum = field_need_number(record, root, "sum"),
		.share = field_need_number(record, root, "share"),
		.definition = field_string(&join->arena, record, json_get(root, "definition"), "name") };
}

static void
read_layer(struct join *join, const struct record *record)
{
	const struct json *pair = json_get(record->root, "by_op");

	join->layer_count++;
	if (pair != NULL && pair->type != JSON_ARRAY)
		reader_fail(record, "\"by_op\" is no array");
	for (pair = pair ? pair->child : NULL; pair != NULL; pair = pair->next) {
		double us;
		int64_t op;

		if (pair->type != JSON_ARRAY || json_count(pair) != 2 ||
		    !json_number(pair->child->next, &us))
			reader_fail(record, "\"by_op\" holds something that is no [op, us]");
		if (pair->child->type != JSON_NULL && (!json_integer(pair->child, &op) || op < 0 ||
		    (size_t)op >= join->op_count))
			reader_fail(record, "\"by_op\" names an op that is not there");
	}
}

static void
read_hot(struct join *join, const struct record *record)
{
	join->hots = memory_grow(join->hots, join->hot_count, &join->hot_capacity,
	    sizeof(*join->hots));
	join->hots[join->hot_count] = hot_read(&join->arena, record, join->op_count);
	join->hot_count++;
}

static void
read_end(const struct join *join, const struct record *record)
{
	if (field_count(record, record->root, "hot") != join->hot_count ||
	    field_count(record, record->root, "ops") != join->op_count ||
	    field_count(record, record->root, "layers") != join->layer_count)
		reader_fail(record, "the end record counts other records than there are");
}

static void
keep_line(struct join *join, const struct record *record)
{
	if (!join->keep_lines)
		return;
	if (join->lines.length > 0)
		text_add_string(&join->lines, ",\n");
	text_add(&join->lines, record->line, record->length);
}

bool
join_read(struct join *join, struct reader *reader)
{
	const struct record *record = reader_next(reader);

	if (record == NULL)
		return false;
	if (strcmp(record->kind, "join") != 0)
		reader_fail(record, "a joined stream begins with a \"join\" record");
	join->op_count = join->hot_count = join->layer_count = 0;
	text_clear(&join->lines);
	arena_reset(&join->arena);
	read_head(join, record);
	keep_line(join, record);
	while ((record = reader_next(reader)) != NULL) {
		keep_line(join, record);
		if (strcmp(record->kind, "op") == 0) {
			read_op(join, record);
		} else if (strcmp(record->kind, "hot") == 0) {
			read_hot(join, record);
		} else if (strcmp(record->kind, "layer") == 0) {
			read_layer(join, record);
		} else if (strcmp(record->kind, "join") == 0) {
			reader_fail(record, "the stream before it has no \"end\"");
		} else if (strcmp(record->kind, "end") == 0) {
			read_end(join, record);
			break;
		}
	}
	return true;
}

void
join_free(struct join *join)
{
	free(join->ops);
	free(join->hots);
	text_free(&join->lines);
	arena_free(&join->arena);
}

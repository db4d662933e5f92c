/* SPDX-License-Identifier: Apache-2.0 */
/* Reads plans. Frames above the model's forward, which only say how the framework came to
 * run it, are left out: a chain ends where one of kcallers does. */
#include <stdlib.h>
#include <string.h>

#include "deployments.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "json/reader.h"

/* Tensors whose shapes are shown; how many more there are is said. */
enum { SHAPES_SHOWN = 3 };

static void
add_shape(struct text *text, const struct json *shape)
{
	const struct json *size = shape->child;

	if (size == NULL)
		text_add_string(text, "scalar");
	for (; size != NULL; size = size->next)
		text_add_format(text, "%s%s", size->text == NULL ? "?" : size->text,
		    size->next == NULL ? "" : "x");
}

static const char *
shapes_text(const struct json *shapes)
{
	struct text text = {0};
	const struct json *shape = shapes == NULL ? NULL : shapes->child;
	size_t count = 0, all = shapes == NULL ? 0 : json_count(shapes);
	const char *interned;

	for (; shape != NULL && count < SHAPES_SHOWN; shape = shape->next, count++) {
		text_add_string(&text, count > 0 ? ", " : "");
		add_shape(&text, shape);
	}
	if (all > count)
		text_add_format(&text, " and %zu more", all - count);
	interned = intern(text.length > 0 ? text.bytes : "", text.length);
	text_free(&text);
	return interned;
}

/* A string that may be missing, interned. */
static const char *
string_of(const struct json *object, const char *key)
{
	const char *text = json_string(json_get(object, key));

	return text == NULL ? NULL : intern_string(text);
}

/* A name, whatever is called, indexed or taken from it: an expression such as x @ w has no name
 * that its line can be searched for. */
static bool
is_callee(const char *text)
{
	unsigned depth = 0;

	if (strchr("[({\"'", *text) != NULL)
		return false;
	for (; *text != '\0'; text++) {
		if (strchr("([{", *text) != NULL)
			depth++;
		else if (strchr(")]}", *text) != NULL)
			depth--;
		else if (depth == 0 && strchr(" \t+-*/%@&|^~<>=,:", *text) != NULL)
			return false;
	}
	return true;
}

static void
read_frame(struct frame *frame, const struct record *record, const struct json *object)
{
	const char *call = json_string(json_get(object, "call"));
	int64_t line = 0;

	frame->file = string_of(object, "file");
	frame->function = string_of(object, "function");
	json_integer(json_get(object, "line"), &line);
	if (frame->file == NULL || frame->function == NULL || line < 1 || line > UINT32_MAX)
		reader_fail(record, "a frame lacks its file, line or function");
	frame->line = (uint32_t)line;
	frame->label = call == NULL || !is_callee(call) ? NULL : label_of(call);
}

/* The model's forward is the outermost frame in the op's folder; without an op all frames
 * are taken. */
static uint32_t
model_frames(const struct launch *launch, uint32_t count)
{
	const char *slash;
	size_t folder;

	if (launch->op >= count)
		return count;
	slash = strrchr(launch->frames[launch->op].file, '/');
	folder = slash == NULL ? 0 : (size_t)(slash - launch->frames[launch->op].file) + 1;
	while (count > launch->op + 1 && strncmp(launch->frames[count - 1].file,
	    launch->frames[launch->op].file, folder) != 0)
		count--;
	return count;
}

static void
read_frames(struct arena *arena, struct launch *launch, const struct record *record)
{
	const struct json *frames = json_get(record->root, "frames"), *frame;
	size_t count = frames == NULL ? 0 : json_count(frames);
	struct frame *list = arena_alloc(arena, (count + 1) * sizeof(*list));
	int64_t op = (int64_t)count;

	if (count == 0)
		reader_fail(record, "\"frames\" is missing or empty");
	memset(list, 0, (count + 1) * sizeof(*list));
	launch->frames = list;
	for (frame = frames->child; frame != NULL; frame = frame->next)
		read_frame(list++, record, frame);
	json_integer(json_get(record->root, "op"), &op);
	launch->op = op < 0 || op > (int64_t)count ? (uint32_t)count : (uint32_t)op;
	launch->frame_count = model_frames(launch, (uint32_t)count);
	if (launch->op > launch->frame_count)
		launch->op = launch->frame_count;
}

static void
read_conditions(struct arena *arena, struct launch *launch, const struct json *conditions)
{
	const struct json *condition = conditions == NULL ? NULL : conditions->child;

	launch->conditions = arena_alloc(arena,
	    (conditions == NULL ? 1 : json_count(conditions) + 1) * sizeof(*launch->conditions));
	for (; condition != NULL; condition = condition->next) {
		const char *text = string_of(condition, "text");
		uint32_t at = 0;

		while (at < launch->condition_count && launch->conditions[at] != text)
			at++;
		if (text != NULL && at == launch->condition_count)
			launch->conditions[launch->condition_count++] = text;
	}
}

/* One of the same name, description and release. */
static void
add_deployment(struct deployments *deployments, struct deployment deployment)
{
	deployments->list = memory_grow(deployments->list, deployments->count,
	    &deployments->capacity, sizeof(*deployments->list));
	deployments->list[deployments->count++] = (struct deployment){ .name = deployment.name,
		.description = deployment.description, .release = deployment.release };
}

static struct column *
column_of(struct deployments *deployments, const char *phase)
{
	for (size_t i = deployments->column_count; i > 0; i--) {
		struct column *column = &deployments->columns[i - 1];

		if (column->deployment != deployments->count - 1 || column->phase != phase)
			continue;
		if (column->stream == deployments->stream_count)
			return column;
		/* That phase of it is there: its launches would stand among these. */
		add_deployment(deployments, deployments->list[deployments->count - 1]);
		break;
	}
	deployments->columns = memory_grow(deployments->columns, deployments->column_count,
	    &deployments->column_capacity, sizeof(*deployments->columns));
	deployments->columns[deployments->column_count] = (struct column){
		.deployment = deployments->count - 1, .stream = deployments->stream_count,
		.phase = phase };
	return &deployments->columns[deployments->column_count++];
}

static void
read_launch(struct deployments *deployments, const struct record *record)
{
	struct column *column = column_of(deployments, intern_string(record_string(record, "phase")));
	struct launch launch = { .kernel = intern_string(record_string(record, "kernel")),
		.source = intern_string(record_string(record, "source")), .layer = -1, .repeat = 1 };
	const char *part;

	json_integer(json_get(record->root, "layer"), &launch.layer);
	json_integer(json_get(record->root, "repeat"), &launch.repeat);
	if (launch.repeat < 1 || launch.repeat > INT32_MAX || launch.layer > INT32_MAX)
		reader_fail(record, "no count of layers");
	part = json_string(json_get(record->root, "part"));
	launch.model = launch.layer >= 0 || part == NULL || strcmp(part, "model") == 0;
	launch.shapes = shapes_text(json_get(record->root, "shapes"));
	read_frames(&deployments->arena, &launch, record);
	read_conditions(&deployments->arena, &launch, json_get(record->root, "conditions"));
	column->launches = memory_grow(column->launches, column->count, &column->capacity,
	    sizeof(*column->launches));
	column->launches[column->count++] = launch;
	deployments->list[deployments->count - 1].launches += (size_t)launch.repeat;
}

/* What tells it: model, device, ranks, arguments. */
static const char *
describe(const struct json *root)
{
	static const char *const ranks[] = { "tp", "ep", "dp", NULL };
	const char *model = json_string(json_get(root, "model")), *description;
	const char *device = json_string(json_get(root, "device"));
	const struct json *args = json_get(root, "args");
	struct text text = {0};

	text_add_format(&text, "%s on %s", model == NULL ? "a model" : model,
	    device == NULL ? "an unknown device" : device);
	for (const char *const *rank = ranks; *rank != NULL; rank++) {
		int64_t count = 1;

		if (json_integer(json_get(root, *rank), &count) && count > 1)
			text_add_format(&text, ", %s %lld", *rank, (long long)count);
	}
	for (args = args == NULL ? NULL : args->child; args != NULL; args = args->next)
		if (args->type == JSON_STRING)
			text_add_format(&text, " %s", args->text);
	description = intern(text.bytes, text.length);
	text_free(&text);
	return description;
}

static void
read_deployment(struct deployments *deployments, const struct record *record)
{
	const struct deployment *last =
	    deployments->count == 0 ? NULL : &deployments->list[deployments->count - 1];
	const char *name = string_of(record->root, "name"), *description = describe(record->root);
	struct deployment deployment = { .name = name == NULL ? description : name,
		.description = description, .release = string_of(record->root, "release") };

	deployments->stream_count++;
	/* Another phase of the same, planned by itself. */
	if (last != NULL && last->name == deployment.name &&
	    last->description == deployment.description && last->release == deployment.release)
		return;
	add_deployment(deployments, deployment);
}

static void
read_unresolved(struct deployment *deployment, const struct record *record)
{
	const char *what = json_string(json_get(record->root, "what"));
	const char *why = json_string(json_get(record->root, "why"));
	const char *file = json_string(json_get(record->root, "file"));
	struct text text = {0};
	int64_t line = 0;

	if (json_integer(json_get(record->root, "line"), &line) && file != NULL)
		text_add_format(&text, "%s:%lld: ", file, (long long)line);
	text_add_format(&text, "%s: %s", what == NULL ? "?" : what, why == NULL ? "?" : why);
	deployment->unresolved = memory_grow(deployment->unresolved, deployment->unresolved_count,
	    &deployment->unresolved_capacity, sizeof(*deployment->unresolved));
	deployment->unresolved[deployment->unresolved_count++] = intern(text.bytes, text.length);
	text_free(&text);
}

void
deployments_read(struct deployments *deployments, char *const *files)
{
	struct reader reader;
	const struct record *record;

	*deployments = (struct deployments){0};
	reader_open(&reader, files, true);
	while ((record = reader_next(&reader)) != NULL) {
		if (strcmp(record->kind, "deployment") == 0)
			read_deployment(deployments, record);
		else if (deployments->count == 0)
			reader_fail(record, "no plan of kplan: a deployment comes first");
		else if (strcmp(record->kind, "launch") == 0)
			read_launch(deployments, record);
		else if (strcmp(record->kind, "unresolved") == 0)
			read_unresolved(&deployments->list[deployments->count - 1], record);
	}
	reader_close(&reader);
}

bool
deployments_have(const struct deployments *deployments, const char *kernel, const char *source)
{
	for (size_t i = 0; i < deployments->column_count; i++)
		for (size_t at = 0; at < deployments->columns[i].count; at++) {
			const struct launch *launch = &deployments->columns[i].launches[at];

			if (launch->kernel == kernel && launch->source == source)
				return true;
		}
	return false;
}

void
deployments_free(struct deployments *deployments)
{
	for (size_t i = 0; i < deployments->count; i++)
		free(deployments->list[i].unresolved);
	for (size_t i = 0; i < deployments->column_count; i++)
		free(deployments->columns[i].launches);
	for (size_t i = 0; i < deployments->stretch_count; i++)
		free(deployments->stretches[i].rows);
	free(deployments->list);
	free(deployments->columns);
	free(deployments->stretches);
	arena_free(&deployments->arena);
}

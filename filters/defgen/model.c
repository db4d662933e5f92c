/* SPDX-License-Identifier: Apache-2.0 */
/* Has a model's constructors run, and keeps the modules that they made. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/text.h"
#include "dryrun/dryrun.h"
#include "json/quote.h"

/* A file as the user calls it: records have the tree's real name in front. */
static const char *
shown(struct model *model, const char *file)
{
	size_t length = strlen(model->real_name);

	if (length == 0 || strncmp(file, model->real_name, length) != 0 || file[length] != '/')
		return file;
	return arena_format(&model->arena, "%s%s", model->name, file + length);
}

static void
set_names(struct model *model, const char *tree)
{
	char *real = folder_real_path(tree);
	const char *slash = real == NULL ? NULL : strrchr(real, '/'), *name;
	size_t length = strlen(tree);

	while (length > 1 && tree[length - 1] == '/')
		length--;
	name = arena_copy(&model->arena, tree, length);
	name = strrchr(name, '/') == NULL ? name : strrchr(name, '/') + 1;
	model->real_name = slash == NULL ? "" : arena_copy(&model->arena, slash + 1,
	    strlen(slash + 1));
	model->name = name[0] == '.' || name[0] == '\0' ? model->real_name : name;
	free(real);
}

static const char *
string_or(const struct json *value, const char *otherwise)
{
	return json_string(value) != NULL ? json_string(value) : otherwise;
}

static int64_t
integer_or_zero(const struct json *value)
{
	int64_t number = 0;

	json_integer(value, &number);
	return number;
}

static void
take_module(struct model *model, const struct json *record)
{
	struct site *site = arena_alloc_zero(&model->arena, sizeof(*site));

	site->role = string_or(json_get(record, "role"), "other");
	site->path = string_or(json_get(record, "path"), "");
	site->class = string_or(json_get(record, "class"), "");
	site->file = shown(model, string_or(json_get(record, "file"), ""));
	site->line = (uint32_t)integer_or_zero(json_get(record, "line"));
	site->count = integer_or_zero(json_get(record, "count"));
	site->parameters = integer_or_zero(json_get(record, "parameters"));
	site->layers = json_get(record, "layers");
	site->sizes = json_get(record, "sizes");
	site->quantized = json_string(json_get(record, "quantized"));
	*model->sites_end = site;
	model->sites_end = &site->next;
}

static void
add_finding(struct model *model, enum finding_kind kind, const struct json *place,
    const char *what, const char *why)
{
	struct finding *finding = arena_alloc_zero(&model->arena, sizeof(*finding));

	finding->kind = kind;
	finding->file = shown(model, string_or(json_get(place, "file"), ""));
	finding->line = (uint32_t)integer_or_zero(json_get(place, "line"));
	finding->what = what;
	finding->why = why;
	*model->findings_end = finding;
	model->findings_end = &finding->next;
}

/* What the run took to be so. Names of packages that are merely imported are no decision. */
static void
take_fact(struct model *model, const struct json *record)
{
	const char *name = string_or(json_get(record, "name"), ""), *why;
	const struct json *because = json_get(record, "because");

	for (because = because == NULL ? NULL : because->child; because != NULL;
	    because = because->next) {
		why = string_or(json_get(because, "text"), "");
		if (strncmp(name, "assumed.", 8) == 0 && strstr(why, "nobody described it") == NULL)
			add_finding(model, FINDING_ASSUMED, because, name + 8, why);
	}
}

static void
take_record(struct model *model, const struct dryrun_record *record)
{
	struct json_error error;
	const struct json *kept = json_parse(&model->arena, arena_copy(&model->arena, record->line,
	    record->length), record->length, &error);

	if (strcmp(record->kind, "module") == 0) {
		take_module(model, kept);
	} else if (strcmp(record->kind, "unresolved") == 0) {
		add_finding(model, FINDING_UNSUPPORTED, kept, string_or(json_get(kept, "what"), ""),
		    string_or(json_get(kept, "why"), ""));
	} else if (strcmp(record->kind, "fact") == 0) {
		take_fact(model, kept);
	} else if (strcmp(record->kind, "deployment") == 0) {
		model->class = json_string(json_get(kept, "model"));
		model->layers = integer_or_zero(json_get(kept, "layers"));
		model->layer_classes = json_get(kept, "layer_classes");
	}
}

static void
write_request(struct text *text, const struct model_request *request)
{
	char *root = folder_real_path(request->tree);

	if (root == NULL)
		die("%s:", request->tree);
	text_add_string(text, "{\"root\":");
	json_quote(text, root);
	text_add_string(text, ",\"entry\":");
	json_quote(text, request->entry);
	text_add_string(text, ",\"config\":");
	text_add(text, request->config->raw, request->config->raw_length);
	text_add_format(text, ",\"invented\":%s,\"tp\":%lld,\"ep\":%lld,\"device\":\"h200\","
	    "\"args_text\":\"\",\"explain\":null,\"want\":\"modules\",\"lines\":false}",
	    request->invented ? "true" : "false", (long long)request->run.tp,
	    (long long)request->run.ep);
	free(root);
}

void
model_construct(struct constructor *constructor, struct model *model,
    const struct model_request *request)
{
	struct dryrun_options options = { .root = request->tree, .driver = "modules",
		.timeout = request->timeout, .serves = true };
	struct dryrun_record record;
	struct text text = { 0 };

	memset(model, 0, sizeof(*model));
	model->run = request->run;
	model->sites_end = &model->sites;
	model->findings_end = &model->findings;
	set_names(model, request->tree);
	write_request(&text, request);
	options.request = text.bytes;
	if (constructor->run == NULL)
		constructor->run = dryrun_start(&options);
	else
		dryrun_again(constructor->run, text.bytes);
	while (dryrun_next(constructor->run, &record))
		take_record(model, &record);
	free(constructor->request);
	constructor->request = text.bytes;
}

void
constructor_close(struct constructor *constructor)
{
	if (constructor->run != NULL)
		dryrun_close(constructor->run);
	free(constructor->request);
}

void
model_close(struct model *model)
{
	arena_free(&model->arena);
}

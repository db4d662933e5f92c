/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the report: new, existing, conflicting, shared, unsupported, suggested. */
#include "report.h"

#include <string.h>

#include "account.h"
#include "base/error.h"
#include "tags.h"

static bool
used_by(const struct definition *definition, const char *model)
{
	const struct use *use;

	for (use = definition->uses; use; use = use->next)
		if (!strcmp(use->model, model))
			return true;
	return false;
}

static void
write_names(const struct catalogue *catalogue, bool exist, struct json_writer *writer)
{
	const struct definition *definition;

	json_array_begin(writer);
	for (definition = catalogue->definitions; definition; definition = definition->next)
		if (definition->exists == exist)
			json_put_string(writer, definition->name);
	json_array_end(writer);
}

static void
write_strings(const char *const *texts, size_t count, struct json_writer *writer)
{
	size_t i;

	json_array_begin(writer);
	for (i = 0; i < count; i++)
		json_put_string(writer, texts[i]);
	json_array_end(writer);
}

static void
write_conflicts(const struct catalogue *catalogue, struct json_writer *writer)
{
	const struct definition *definition;

	json_array_begin(writer);
	for (definition = catalogue->definitions; definition; definition = definition->next) {
		if (!definition->conflicts)
			continue;
		json_object_begin(writer);
		json_member_string(writer, "name", definition->base);
		json_member_string(writer, "versioned", definition->name);
		json_key(writer, "differs");
		write_strings(definition->differs, definition->differ_count, writer);
		json_object_end(writer);
	}
	json_array_end(writer);
}

/* Existing definitions that compute the same but declare it otherwise. */
static void
write_notes(const struct catalogue *catalogue, struct json_writer *writer)
{
	const struct definition *definition;

	json_object_begin(writer);
	for (definition = catalogue->definitions; definition; definition = definition->next) {
		if (!definition->note_count)
			continue;
		json_key(writer, definition->name);
		write_strings(definition->notes, definition->note_count, writer);
	}
	json_object_end(writer);
}

static void
write_shared(const struct catalogue *catalogue, const char *const *models,
    struct json_writer *writer)
{
	const struct definition *definition;
	const struct tag *other;
	size_t i, count;

	json_object_begin(writer);
	for (definition = catalogue->definitions; definition; definition = definition->next) {
		for (count = i = 0; models[i]; i++)
			count += used_by(definition, models[i]);
		for (other = definition->others; other != NULL; other = other->next)
			count++;
		if (count < 2)
			continue;
		json_key(writer, definition->name);
		json_array_begin(writer);
		for (i = 0; models[i]; i++)
			if (used_by(definition, models[i]))
				json_put_string(writer, models[i]);
		for (other = definition->others; other != NULL; other = other->next)
			json_put_string(writer, other->text);
		json_array_end(writer);
	}
	json_object_end(writer);
}

/* Tags of this run that the files of existing definitions lack. */
static void
write_lacking(const struct catalogue *catalogue, struct json_writer *writer)
{
	const struct definition *definition;
	const struct tag *tag;

	json_object_begin(writer);
	for (definition = catalogue->definitions; definition; definition = definition->next) {
		if (definition->lacking == NULL)
			continue;
		json_key(writer, definition->name);
		json_array_begin(writer);
		for (tag = definition->lacking; tag != NULL; tag = tag->next)
			json_put_string(writer, tag->text);
		json_array_end(writer);
	}
	json_object_end(writer);
}

/* What could not be evaluated and what has no family stand together; `why` tells. */
static void
write_remarks(const struct catalogue *catalogue, bool assumed, struct json_writer *writer)
{
	const struct remark *remark;

	json_array_begin(writer);
	for (remark = catalogue->remarks; remark; remark = remark->next) {
		if ((remark->kind == FINDING_ASSUMED) != assumed)
			continue;
		json_object_begin(writer);
		json_member_string(writer, "model", remark->model);
		json_member_string(writer, "file", remark->file);
		json_member_integer(writer, "line", remark->line);
		json_member_string(writer, "what", remark->what);
		json_member_string(writer, "why", remark->why);
		json_object_end(writer);
	}
	json_array_end(writer);
}

static void
write_models(const struct catalogue *catalogue, const char *const *models,
    struct json_writer *writer)
{
	const struct definition *definition;
	size_t i;

	json_object_begin(writer);
	for (i = 0; models[i]; i++) {
		size_t earlier;

		for (earlier = 0; strcmp(models[earlier], models[i]); earlier++)
			;
		if (earlier != i)
			continue;
		json_key(writer, models[i]);
		json_array_begin(writer);
		for (definition = catalogue->definitions; definition; definition = definition->next)
			if (used_by(definition, models[i]))
				json_put_string(writer, definition->name);
		json_array_end(writer);
	}
	json_object_end(writer);
}

static void
write_kernels(const struct catalogue *catalogue, struct json_writer *writer)
{
	const struct definition *definition;
	const struct use *use;

	json_array_begin(writer);
	for (definition = catalogue->definitions; definition; definition = definition->next) {
		for (use = definition->uses; use; use = use->next) {
			json_object_begin(writer);
			json_member_string(writer, "definition", definition->name);
			json_member_string(writer, "model", use->model);
			json_member_string(writer, "path", use->path);
			json_member_integer(writer, "layers", use->count);
			json_member_string(writer, "file", use->file);
			json_member_integer(writer, "line", use->line);
			json_object_end(writer);
		}
	}
	json_array_end(writer);
}

void
report_write(const struct catalogue *catalogue, const char *const *models,
    struct json_writer *writer)
{
	const struct account *account;
	size_t i;

	json_object_begin(writer);
	json_key(writer, "new_definitions");
	write_names(catalogue, false, writer);
	json_key(writer, "existing_definitions");
	write_names(catalogue, true, writer);
	json_key(writer, "conflicts");
	write_conflicts(catalogue, writer);
	json_key(writer, "existing_declared_otherwise");
	write_notes(catalogue, writer);
	json_key(writer, "shared_across_models");
	write_shared(catalogue, models, writer);
	json_key(writer, "existing_without_tag");
	write_lacking(catalogue, writer);
	json_key(writer, "models");
	write_models(catalogue, models, writer);
	json_key(writer, "accounts");
	json_array_begin(writer);
	for (account = catalogue->accounts; account != NULL; account = account->next)
		account_write(account, writer);
	json_array_end(writer);
	json_key(writer, "unsupported");
	write_remarks(catalogue, false, writer);
	json_key(writer, "assumed");
	write_remarks(catalogue, true, writer);
	json_key(writer, "suggestions");
	json_array_begin(writer);
	for (i = 0; i < catalogue->suggestions.count; i++)
		json_put_string(writer, catalogue->suggestions.entries[i].key);
	json_array_end(writer);
	json_key(writer, "kernels");
	write_kernels(catalogue, writer);
	json_object_end(writer);
}

size_t
report_warn(const struct catalogue *catalogue)
{
	const struct definition *definition;
	const struct remark *remark;
	size_t count = 0, i;

	for (remark = catalogue->remarks; remark; remark = remark->next) {
		if (remark->kind == FINDING_ASSUMED)
			continue;
		if (remark->line > 0)
			warn("%s:%u: %s: %s: %s", remark->file, remark->line, remark->model,
			    remark->what, remark->why);
		else
			warn("%s: %s: %s", remark->model, remark->what, remark->why);
		count++;
	}
	for (definition = catalogue->definitions; definition; definition = definition->next) {
		struct text differs = { 0 };

		if (!definition->conflicts)
			continue;
		for (i = 0; i < definition->differ_count; i++)
			text_add_format(&differs, "%s%s", i ? "; " : "", definition->differs[i]);
		warn("%s: conflict: %s %s (%s)", definition->base,
		    definition->exists ? "already there as" : "written as", definition->name,
		    differs.length ? differs.bytes : "another family");
		text_free(&differs);
		count++;
	}
	return count + account_warn(catalogue);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps each definition once, gives those that clash a version, writes them. */
#include "definition.h"

#include <stdlib.h>
#include <string.h>

#include "tags.h"

void
catalogue_open(struct catalogue *catalogue, struct wishes wishes)
{
	memset(catalogue, 0, sizeof *catalogue);
	catalogue->families = families_load(&catalogue->arena);
	catalogue->wishes = wishes;
	catalogue->end = &catalogue->definitions;
	catalogue->remarks_end = &catalogue->remarks;
}

void
catalogue_close(struct catalogue *catalogue)
{
	map_free(&catalogue->by_name);
	map_free(&catalogue->suggestions);
	arena_free(&catalogue->arena);
}

static const char *
keep(struct catalogue *catalogue, const char *text)
{
	return arena_copy(&catalogue->arena, text, strlen(text));
}

void
remark_add(struct catalogue *catalogue, enum finding_kind kind, const char *model,
    const char *file, uint32_t line, const char *what, const char *why)
{
	struct remark *remark;

	for (remark = catalogue->remarks; remark; remark = remark->next)
		if (remark->kind == kind && remark->line == line && !strcmp(remark->what, what) &&
		    !strcmp(remark->file, file) && !strcmp(remark->model, model))
			return;
	remark = arena_alloc_zero(&catalogue->arena, sizeof *remark);
	remark->kind = kind;
	remark->model = keep(catalogue, model);
	remark->file = keep(catalogue, file);
	remark->line = line;
	remark->what = keep(catalogue, what);
	remark->why = keep(catalogue, why);
	*catalogue->remarks_end = remark;
	catalogue->remarks_end = &remark->next;
}

static void
note_size(int64_t *sizes, int64_t size)
{
	int i;

	for (i = 0; i < 8 && size; i++) {
		if (sizes[i] == size)
			return;
		if (!sizes[i]) {
			sizes[i] = size;
			return;
		}
	}
}

static size_t
compare_parameters(struct catalogue *catalogue, const struct definition *old,
    const struct parameters *parameters, const char **differs, size_t room)
{
	size_t i, count = 0;

	for (i = 0; i < parameters->count && count < room; i++) {
		const char *held = parameter_get(&old->parameters, parameters->names[i]);
		struct text text = { 0 };

		if (held && !strcmp(held, parameters->texts[i]))
			continue;
		text_add_format(&text, "%s: %s, not %s", parameters->names[i],
		    parameters->texts[i], held ? held : "absent");
		differs[count++] = keep(catalogue, text.bytes);
		text_free(&text);
	}
	return count;
}

static struct definition *
definition_new(struct catalogue *catalogue, const struct family *family, const char *name,
    const char *base, const struct parameters *parameters)
{
	struct definition *definition = arena_alloc_zero(&catalogue->arena, sizeof *definition);
	size_t i;

	definition->name = name;
	definition->base = base;
	definition->family = family;
	definition->uses_end = &definition->uses;
	for (i = 0; i < parameters->count; i++)
		parameter_set(&definition->parameters, parameters->names[i],
		    keep(catalogue, parameters->texts[i]));
	*catalogue->end = definition;
	catalogue->end = &definition->next;
	*map_put_string(&catalogue->by_name, name) = definition;
	return definition;
}

/* A family has a file of its own, NAME.flashinfer, where FlashInfer has another schema. */
static const struct family *
family_of_dialect(struct catalogue *catalogue, const char *name)
{
	const struct family *own = catalogue->wishes.flashinfer ? catalogue->families : NULL;
	const char *wanted = arena_format(&catalogue->arena, "%s.flashinfer", name);

	while (own != NULL && strcmp(own->name, wanted) != 0)
		own = own->next;
	return own != NULL ? own : family_find(catalogue->families, name);
}

struct definition *
definition_add(struct catalogue *catalogue, const char *family_name,
    const struct parameters *parameters, int64_t tp, int64_t ep)
{
	const struct family *family = family_of_dialect(catalogue, family_name);
	const char *base = family_fill(&catalogue->arena, catalogue->wishes.flashinfer ?
	    family->flashinfer : family->pattern, parameters), *name = base;
	const char *differs[8] = { 0 };
	struct definition *definition;
	size_t count = 0;
	int version;

	for (version = 2;; version++) {
		void **place = map_get_string(&catalogue->by_name, name);
		struct text text = { 0 };
		size_t found;

		definition = place ? *place : NULL;
		if (!definition)
			break;
		found = definition->family == family ? compare_parameters(catalogue, definition,
		    parameters, differs, 8) : 0;
		if (definition->family == family && !found)
			break;
		if (version == 2)
			count = found;
		text_add_format(&text, "%s_v%d", base, version);
		name = keep(catalogue, text.bytes);
		text_free(&text);
	}
	if (!definition) {
		definition = definition_new(catalogue, family, name, base, parameters);
		definition->conflicts = name != base;
		memcpy(definition->differs, differs, sizeof differs);
		definition->differ_count = count;
	}
	note_size(definition->tp, tp);
	note_size(definition->ep, ep);
	return definition;
}

static void
write_models(const struct definition *definition, struct arena *arena,
    struct json_writer *writer)
{
	const struct use *use, *earlier;

	for (use = definition->uses; use; use = use->next) {
		for (earlier = definition->uses; earlier != use; earlier = earlier->next)
			if (!strcmp(earlier->model, use->model))
				break;
		if (earlier == use)
			json_put_string(writer, tag_of_model(arena, use->model));
	}
}

static void
write_sizes(const char *tag, const int64_t *sizes, struct json_writer *writer)
{
	int i;

	for (i = 0; i < 8 && sizes[i]; i++) {
		struct text text = { 0 };

		text_add_format(&text, "%s:%lld", tag, (long long)sizes[i]);
		json_put_string(writer, text.bytes);
		text_free(&text);
	}
}

void
definition_write(const struct definition *definition, struct json_writer *writer)
{
	struct arena arena = { 0 };
	const struct line *line;

	json_object_begin(writer);
	json_member_string(writer, "name", definition->name);
	json_member_string(writer, "description", family_fill(&arena,
	    definition->family->description, &definition->parameters));
	json_member_string(writer, "op_type", definition->family->op_type);
	json_key(writer, "tags");
	json_array_begin(writer);
	for (line = definition->family->tags; line; line = line->next)
		json_put_string(writer, line->text);
	write_models(definition, &arena, writer);
	write_sizes("tp", definition->tp, writer);
	write_sizes("ep", definition->ep, writer);
	json_array_end(writer);
	family_write(definition->family, &definition->parameters, writer);
	json_object_end(writer);
	arena_free(&arena);
}

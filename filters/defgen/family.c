/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the families built into the program and writes definitions from them. */
#include "family.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static void
line_add(struct arena *arena, struct line **list, const char *text)
{
	struct line *line = arena_alloc_zero(arena, sizeof *line);

	while (*list)
		list = &(*list)->next;
	line->text = text;
	*list = line;
}

/* Put one statement where it belongs; false when it is none. */
static bool
statement(struct arena *arena, struct family *family, const char *word, const char *text)
{
	const struct { const char *word; const char **place; } texts[] = {
		{ "op_type", &family->op_type }, { "name", &family->pattern },
		{ "flashinfer", &family->flashinfer }, { "description", &family->description },
	};
	const struct { const char *word; struct line **place; } lines[] = {
		{ "tag", &family->tags }, { "axis", &family->axes }, { "input", &family->inputs },
		{ "output", &family->outputs }, { "constraint", &family->constraints },
		{ "call", &family->calls },
	};
	size_t i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (!strcmp(word, texts[i].word)) {
			*texts[i].place = text;
			return true;
		}
	}
	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (!strcmp(word, lines[i].word)) {
			line_add(arena, lines[i].place, text);
			return true;
		}
	}
	return false;
}

static struct family *
family_parse(struct arena *arena, const struct family_file *file)
{
	struct family *family = arena_alloc_zero(arena, sizeof *family);
	const char *at = file->text, *end;

	family->name = arena_copy(arena, file->name, strlen(file->name) - strlen(".def"));
	for (; *at; at = *end ? end + 1 : end) {
		size_t length;
		const char *word;

		end = at + strcspn(at, "\n");
		if (at == end || *at == '#')
			continue;
		length = strcspn(at, " \n");
		word = arena_copy(arena, at, length);
		if (!strcmp(word, "reference")) {
			family->reference = *end ? end + 1 : end;
			break;
		}
		if (at[length] == ' ')
			length++;
		if (!statement(arena, family, word,
		    arena_copy(arena, at + length, (size_t)(end - at) - length)))
			die("families/%s: unknown word %s", file->name, word);
	}
	if (!family->reference || !family->op_type || !family->pattern || !family->description)
		die("families/%s: incomplete", file->name);
	if (!family->flashinfer)
		family->flashinfer = family->pattern;
	for (const struct line *line = family->calls; line; line = line->next)
		family->call = arena_format(arena, "%s%s\n", family->call ? family->call : "",
		    line->text);
	return family;
}

struct family *
families_load(struct arena *arena)
{
	struct family *families = NULL, **end = &families;
	const struct family_file *file;

	for (file = family_files; file->name; file++) {
		size_t length = strlen(file->name);

		if (length < 5 || strcmp(file->name + length - 4, ".def"))
			continue;
		*end = family_parse(arena, file);
		end = &(*end)->next;
	}
	return families;
}

const struct family *
family_find(const struct family *families, const char *name)
{
	for (; families; families = families->next)
		if (!strcmp(families->name, name))
			return families;
	die("no family %s", name);
}

void
parameter_set(struct parameters *parameters, const char *name, const char *text)
{
	size_t i;

	for (i = 0; i < parameters->count; i++)
		if (!strcmp(parameters->names[i], name))
			break;
	if (i < PARAMETER_LIMIT) {
		parameters->names[i] = name;
		parameters->texts[i] = text;
	} else {
		die("too many parameters of a definition");
	}
	if (i == parameters->count)
		parameters->count++;
}

const char *
parameter_get(const struct parameters *parameters, const char *name)
{
	size_t i;

	for (i = 0; i < parameters->count; i++)
		if (!strcmp(parameters->names[i], name))
			return parameters->texts[i];
	return NULL;
}

/* Whether the parameter's name stands at `at`, and is the longest that does. */
static const char *
parameter_at(const struct parameters *parameters, const char *at, size_t *length)
{
	const char *text = NULL;
	size_t i;

	*length = 0;
	for (i = 0; i < parameters->count; i++) {
		size_t size = strlen(parameters->names[i]);

		if (size > *length && !strncmp(at, parameters->names[i], size)) {
			*length = size;
			text = parameters->texts[i];
		}
	}
	return text;
}

const char *
family_fill(struct arena *arena, const char *pattern, const struct parameters *parameters)
{
	struct text text = { 0 };
	const char *copy, *found;
	size_t length;

	text_add_string(&text, "");
	for (; *pattern; pattern++) {
		if (*pattern != '$') {
			text_add_char(&text, *pattern);
			continue;
		}
		found = parameter_at(parameters, pattern + 1, &length);
		if (!found)
			die("a family needs %.30s", pattern);
		text_add_string(&text, found);
		pattern += length;
	}
	copy = arena_copy(arena, text.bytes, text.length);
	text_free(&text);
	return copy;
}

/* Cut "left | right" in two; spaces around the bar go. */
static void
split(struct arena *arena, const char *text, const char **left, const char **right)
{
	const char *bar = strchr(text, '|');
	size_t length = bar ? (size_t)(bar - text) : strlen(text);

	while (length && text[length - 1] == ' ')
		length--;
	*left = arena_copy(arena, text, length);
	*right = bar ? bar + 1 + strspn(bar + 1, " ") : "";
}

struct axis
family_axis(struct arena *arena, const struct line *line, const struct parameters *parameters)
{
	struct axis axis = { 0 };
	const char *head, *equals;

	split(arena, family_fill(arena, line->text, parameters), &head, &axis.description);
	equals = strchr(head, '=');
	axis.name = arena_copy(arena, head, strcspn(head, " "));
	axis.constant = equals != NULL;
	axis.value = equals ? strtoll(equals + 1, NULL, 10) : 0;
	return axis;
}

struct tensor
family_tensor(struct arena *arena, const struct line *line, const struct parameters *parameters)
{
	struct tensor tensor = { 0 };
	const char *head, *at;

	split(arena, family_fill(arena, line->text, parameters), &head, &tensor.description);
	tensor.name = arena_copy(arena, head, strcspn(head, " "));
	at = head + strcspn(head, " ");
	at += strspn(at, " ");
	tensor.scalar = *at != '[';
	if (tensor.scalar) {
		at += strcspn(at, " ");
	} else {
		for (at++; *at && *at != ']';) {
			size_t length = strcspn(at, " ,]");

			if (length && tensor.rank < sizeof tensor.shape / sizeof *tensor.shape)
				tensor.shape[tensor.rank++] = arena_copy(arena, at, length);
			at += length + strspn(at + length, " ,");
		}
		at += *at == ']';
	}
	tensor.dtype = at + strspn(at, " ");
	return tensor;
}

static void
write_axis(const struct axis *axis, struct json_writer *writer)
{
	json_key(writer, axis->name);
	json_object_begin(writer);
	json_member_string(writer, "type", axis->constant ? "const" : "var");
	if (axis->constant)
		json_member_integer(writer, "value", axis->value);
	json_member_string(writer, "description", axis->description);
	json_object_end(writer);
}

static void
write_tensor(const struct tensor *tensor, struct json_writer *writer)
{
	size_t i;

	json_key(writer, tensor->name);
	json_object_begin(writer);
	json_key(writer, "shape");
	if (tensor->scalar) {
		json_put_null(writer);
	} else {
		json_array_begin(writer);
		for (i = 0; i < tensor->rank; i++)
			json_put_string(writer, tensor->shape[i]);
		json_array_end(writer);
	}
	json_member_string(writer, "dtype", tensor->dtype);
	json_member_string(writer, "description", tensor->description);
	json_object_end(writer);
}

void
family_write(const struct family *family, const struct parameters *parameters,
    struct json_writer *writer)
{
	const struct {
		const char *key;
		const struct line *lines;
	} groups[] = { { "inputs", family->inputs }, { "outputs", family->outputs } };
	const struct line *line;
	struct arena arena = { 0 };
	size_t i;

	json_key(writer, "axes");
	json_object_begin(writer);
	for (line = family->axes; line; line = line->next) {
		struct axis axis = family_axis(&arena, line, parameters);

		if (axis.name[0] != '\0')
			write_axis(&axis, writer);
	}
	json_object_end(writer);
	if (family->constraints) {
		json_key(writer, "constraints");
		json_array_begin(writer);
		for (line = family->constraints; line; line = line->next)
			json_put_string(writer, family_fill(&arena, line->text, parameters));
		json_array_end(writer);
	}
	for (i = 0; i < sizeof groups / sizeof *groups; i++) {
		json_key(writer, groups[i].key);
		json_object_begin(writer);
		for (line = groups[i].lines; line; line = line->next) {
			struct tensor tensor = family_tensor(&arena, line, parameters);

			if (tensor.name[0] != '\0')
				write_tensor(&tensor, writer);
		}
		json_object_end(writer);
	}
	json_member_string(writer, "reference", family_fill(&arena, family->reference, parameters));
	arena_free(&arena);
}

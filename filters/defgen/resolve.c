/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the entry class that a model name and its config mean. */
#include "resolve.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

/* Letters and digits only, lower case: "deepseek_v3", "DeepSeek-V3" and "DeepseekV3" agree.
 * The caller frees it. */
static char *
normal(const char *name, size_t length)
{
	char *text = memory_alloc(length + 1);
	size_t i, used = 0;

	for (i = 0; i < length; i++)
		if (isalnum((unsigned char)name[i]))
			text[used++] = (char)tolower((unsigned char)name[i]);
	text[used] = '\0';
	return text;
}

/* A class name without what it is for: "Llama" of "LlamaForCausalLM". */
static size_t
family_length(const char *class)
{
	const char *mark = strstr(class, "For");

	return mark && mark != class ? (size_t)(mark - class) : strlen(class);
}

/* Whether an entry generates text: preferred where a file has several. */
static bool
generates(const struct entry *entry)
{
	return strstr(entry->class, "ForCausalLM") ||
	    strstr(entry->class, "ForConditionalGeneration");
}

static bool
draft(const struct entry *entry)
{
	return strstr(entry->class, "NextN") || strstr(entry->class, "MTP") ||
	    strstr(entry->class, "Eagle") || strstr(entry->class, "Draft");
}

static const struct entry *
by_architecture(const struct source *source, const struct json *config)
{
	const struct json *list = json_get(config, "architectures"), *item;
	size_t count, i;
	const struct entry *entries = source_entries(source, &count);

	if (!list || list->type != JSON_ARRAY)
		return NULL;
	for (item = list->child; item; item = item->next)
		for (i = 0; i < count; i++)
			if (json_string(item) && !strcmp(json_string(item), entries[i].class))
				return &entries[i];
	return NULL;
}

/* How well an entry answers to a normalized name; 0: not at all. */
static int
rank(const struct entry *entry, const char *wanted)
{
	const char *slash = strrchr(entry->stem, '/');
	const char *base = slash ? slash + 1 : entry->stem;
	char *class = normal(entry->class, strlen(entry->class));
	char *family = normal(entry->class, family_length(entry->class));
	char *stem = normal(base, strlen(base));
	int result = 0;

	if (!strcmp(class, wanted))
		result = 9;
	else if (!strcmp(family, wanted))
		result = 6 + generates(entry) - 2 * draft(entry);
	else if (!strcmp(stem, wanted))
		result = 3 + generates(entry) - draft(entry);
	free(class);
	free(family);
	free(stem);
	return result;
}

const struct entry *
resolve_model(const struct source *source, const char *name, const struct json *config)
{
	size_t count, i;
	const struct entry *entries = source_entries(source, &count), *best;
	char *wanted;
	int best_rank = 0;

	best = by_architecture(source, config);
	if (best)
		return best;
	wanted = normal(name, strlen(name));
	for (i = 0; i < count; i++) {
		int now = rank(&entries[i], wanted);

		if (now > best_rank) {
			best = &entries[i];
			best_rank = now;
		}
	}
	free(wanted);
	return best;
}

bool
resolve_may_rename(const struct json *config)
{
	const struct json *list = json_get(config, "architectures");

	return list != NULL && list->type == JSON_ARRAY && json_string(list->child) != NULL;
}

/* Insertions, deletions and replacements between two short names. */
static size_t
distance(const char *left, const char *right)
{
	size_t width = strlen(right) + 1, i, k, result;
	size_t *row = memory_alloc_zero(width, sizeof *row);

	for (k = 0; k < width; k++)
		row[k] = k;
	for (i = 0; left[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (k = 1; k < width; k++) {
			size_t above = row[k], best = diagonal + (left[i] != right[k - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[k - 1] + 1 < best)
				best = row[k - 1] + 1;
			row[k] = best;
			diagonal = above;
		}
	}
	result = row[width - 1];
	free(row);
	return result;
}

void
resolve_fail(const struct source *source, const char *name, const struct json *config)
{
	size_t count, i, best_distance = SIZE_MAX;
	const struct entry *entries = source_entries(source, &count), *best = NULL;
	const char *architecture = json_string(json_get(config, "architectures") ?
	    json_get(config, "architectures")->child : NULL), *last = "";
	char *wanted = normal(name, strlen(name) > 100 ? 100 : strlen(name));
	struct text list = { 0 };

	text_add_string(&list, "");
	for (i = 0; i < count; i++) {
		char *stem = normal(entries[i].stem, strlen(entries[i].stem));
		char *family = normal(entries[i].class, family_length(entries[i].class));
		size_t now = distance(wanted, stem), other = distance(wanted, family);

		if (other < now)
			now = other;
		if (now < best_distance) {
			best_distance = now;
			best = &entries[i];
		}
		if (strcmp(entries[i].stem, last))
			text_add_format(&list, " %s", entries[i].stem);
		last = entries[i].stem;
		free(stem);
		free(family);
	}
	free(wanted);
	warn("models:%s", list.bytes);
	text_free(&list);
	if (json_get(config, "architectures") != NULL && !resolve_may_rename(config))
		warn("architectures of the config is no list of names: the name %s was asked for", name);
	die("no model %s%s%s%s; closest match: %s (%s)", name, architecture ?
	    " (architecture " : "", architecture ? architecture : "", architecture ? ")" : "",
	    best ? best->stem : "none", best ? best->class : "");
}

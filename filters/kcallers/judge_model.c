/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of the model that a chain is of: its class, its configuration, strings that are the
 * same all along. */
#include <string.h>

#include "judge.h"

/* Whether the class is of the configuration of another model: files of models name it, those of
 * this one do not. */
bool
judge_other_config(const struct judge *judge, const struct class *class)
{
	const struct project *project = judge->flow->project;
	bool config = false;

	for (uint32_t i = 0; i < class->mro_count; i++)
		for (uint32_t at = 0; at < class->mro[i]->external_count; at++) {
			const char *dot = strrchr(class->mro[i]->externals[at], '.');

			config |= dot != NULL && strcmp(dot + 1, "PretrainedConfig") == 0;
		}
	for (size_t i = 0; config && i < project->module_count; i++)
		if (judge->model->own[i] &&
		    symbols_get(&project->modules[i].variables, class->name) != NULL)
			return false;
	return config;
}

/* Whether the attribute is one that configurations of other models have: other files of models
 * read it, those of this one do not. */
static bool
reads_as_other(const struct judge *judge, const char *name)
{
	const struct project *project = judge->flow->project;
	bool found = false;

	for (size_t i = 0; i < project->function_count; i++) {
		const struct function *function = project->functions[i];

		if (!judge->model->own[function->module->id] &&
		    (found || !judge->model->models[function->module->id]))
			continue;
		for (uint32_t at = 0; at < function->code_count; at++) {
			if (function->code[at].op != OP_ATTRIBUTE || function->code[at].name != name)
				continue;
			if (judge->model->own[function->module->id])
				return false;
			found |= judge->model->models[function->module->id];
		}
	}
	return found;
}

bool
judge_other_attribute(struct judge *judge, const char *name)
{
	void **place = map_put_string(&judge->others, name);

	if (*place == NULL)
		*place = (void *)(uintptr_t)(reads_as_other(judge, name) ? 2 : 1);
	return (uintptr_t)*place == 2;
}

/* The subject, which is the same all along a chain, is this string or not. */
uint32_t
judge_same(struct judge *judge, const char *subject, const char *string, bool equal)
{
	void **place = map_get_string(&judge->same, subject);
	bool left[JUDGE_STRINGS];
	struct map *strings;
	uintptr_t answer;

	if (place == NULL)
		return FACT_ALWAYS;
	strings = *place;
	place = map_put_string(strings, string);
	if (*place == NULL)
		*place = (void *)(uintptr_t)strings->count;
	answer = (uintptr_t)*place - 1;
	/* The first is its name's, which holds its question; the last is any other string's. */
	if (answer + 1 >= JUDGE_STRINGS)
		return FACT_ALWAYS;
	for (size_t i = 0; i < JUDGE_STRINGS; i++)
		left[i] = (i == answer) == equal;
	return facts_left(&judge->facts, (uint32_t)(uintptr_t)strings->entries[0].value - 1, left);
}

/* "Name" in config.architectures: the model's top class is called so. */
uint32_t
judge_top_called(struct judge *judge, const char *name, bool is)
{
	bool left[64] = { false };
	size_t count = judge->model->top_count;

	if (judge->top == FACT_NONE || count > 64)
		return FACT_ALWAYS;
	for (size_t i = 0; i < count; i++)
		left[i] = (strcmp(judge->model->tops[i]->name, name) == 0) == is;
	return facts_left(&judge->facts, judge->top, left);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of frameworks: dimensions.txt, and what of it this project has. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "base/slice.h"
#include "base/text.h"
#include "judge.h"

extern const char dimensions_txt[];

enum { MOST_WORDS = 32, MOST_ANSWERS = 64 };

/* One line, as interned words. */
struct line {
	const char *words[MOST_WORDS];
	size_t count;
};

/* The registries whose keys are the values of one option. */
struct choice {
	struct map keys;       /* answers */
	struct map registered; /* registry's name -> struct registry * */
	uint32_t question;
};

struct registry {
	const char *name, *fallback; /* or NULL */
	struct entry { const struct function *function; const char *key; } *entries;
	size_t count, capacity;
};

static bool
next_line(const char **at, struct line *line)
{
	line->count = 0;
	while (**at != '\0' && line->count == 0) {
		bool comment = **at == '#';

		while (**at != '\n' && **at != '\0') {
			size_t length = strcspn(*at, " \n");

			if (!comment && length > 0 && line->count < MOST_WORDS)
				line->words[line->count++] = intern(*at, length);
			*at += length;
			*at += strspn(*at, " ");
		}
		*at += **at == '\n';
	}
	return line->count > 0;
}

static void
add_platforms(struct judge *judge)
{
	const char *names[MOST_ANSWERS], *at = dimensions_txt;
	struct line line;
	size_t count = 0;

	while (next_line(&at, &line))
		if (strcmp(line.words[0], "platform") == 0 && count < MOST_ANSWERS)
			names[count++] = line.words[1];
	judge->platform = facts_question(&judge->facts, names, count);
}

/* The fact that the platform is, or is not, one of those from word `first` on. */
static uint32_t
on_platforms(struct judge *judge, const struct line *line, size_t first, size_t count, bool is)
{
	bool left[MOST_ANSWERS];

	for (size_t i = 0; i < MOST_ANSWERS; i++)
		left[i] = !is;
	for (size_t i = first; i < first + count && i < line->count; i++) {
		uint32_t answer = facts_answer(&judge->facts, judge->platform, line->words[i]);

		if (answer != FACT_NONE)
			left[answer] = is;
	}
	return facts_left(&judge->facts, judge->platform, left);
}

static void
add_predicates(struct judge *judge, const struct line *line, bool exact)
{
	for (size_t i = 2; i < line->count; i++) {
		struct predicate *predicate = memory_alloc(sizeof(*predicate));

		predicate->holds = on_platforms(judge, line, 1, 1, true);
		predicate->fails = exact ? on_platforms(judge, line, 1, 1, false) : FACT_ALWAYS;
		free(*map_put_string(&judge->functions, line->words[i]));
		*map_put_string(&judge->functions, line->words[i]) = predicate;
	}
}

static void
add_files(struct judge *judge, const struct line *line)
{
	const struct project *project = judge->flow->project;
	uint32_t fact = on_platforms(judge, line, 1, 1, true);

	for (size_t i = 0; i < project->function_count; i++)
		if (fnmatch(line->words[2], project->functions[i]->module->file, 0) == 0)
			judge->functions_facts[i] = facts_and(&judge->facts,
			    judge->functions_facts[i], fact);
}

/* Code runs where what its file imports in any case is installed. */
static void
add_needs(struct judge *judge)
{
	const struct project *project = judge->flow->project;

	for (size_t i = 0; i < project->function_count; i++)
		for (const struct need *need = project->functions[i]->module->needs; need != NULL;
		    need = need->next) {
			const char *source = symbols_get(&judge->flow->kernels->sources,
			    need->package);

			if (source != NULL)
				judge->functions_facts[i] = facts_and(&judge->facts,
				    judge->functions_facts[i], judge_source(judge, source));
		}
}

static void
add_classes(struct judge_one *one, const struct class *class)
{
	for (size_t i = 0; i < one->count; i++)
		if (one->classes[i] == class)
			return;
	if (class->module->used) {
		one->classes = memory_grow(one->classes, one->count, &one->capacity,
		    sizeof(*one->classes));
		one->classes[one->count++] = class;
	}
	for (uint32_t i = 0; i < class->subclass_count; i++)
		add_classes(one, class->subclasses[i]);
}

/* A class that code of another makes an instance of may be there for the other, too. */
static void
add_makers(struct judge *judge, const struct judge_one *one, bool *left, size_t width)
{
	const struct flow *flow = judge->flow;

	for (size_t i = 0; i < flow->construction_count; i++) {
		const struct construction *made = &flow->constructions[i];
		const struct class *maker = flow->contexts[made->context].function->class;

		for (size_t a = 0; a < one->count; a++)
			for (size_t b = 0; maker != NULL && b < one->count; b++)
				if (one->classes[a] == made->class && class_is(one->classes[b], maker))
					left[a * width + b] = true;
	}
}

static void
add_one(struct judge *judge, const struct class *base)
{
	struct judge_one one = { .question = FACT_NONE, .base = base };
	const char **names;
	bool *left;
	size_t width;

	add_classes(&one, one.base);
	width = one.count + 1;
	names = memory_alloc(width * sizeof(*names));
	for (size_t i = 0; i < one.count; i++)
		names[i] = intern_dotted(one.classes[i]->module->file, one.classes[i]->path);
	names[one.count] = "None";
	one.question = facts_question(&judge->facts, names, width);
	free(names);
	if (one.question == FACT_NONE) {
		free(one.classes);
		return;
	}
	left = memory_alloc_zero(width * width, sizeof(*left));
	for (size_t i = 0; i < one.count; i++)
		left[i * width + i] = true;
	add_makers(judge, &one, left, width);
	one.left = memory_alloc(width * sizeof(*one.left));
	for (size_t i = 0; i < one.count; i++)
		one.left[i] = facts_left(&judge->facts, one.question, left + i * width);
	free(left);
	judge->ones = memory_grow(judge->ones, judge->one_count, &judge->one_capacity,
	    sizeof(*judge->ones));
	judge->ones[judge->one_count++] = one;
}

/* The strings themselves are told apart when conditions name them. */
static void
add_same(struct judge *judge, const struct line *line)
{
	const char *answers[JUDGE_STRINGS];
	char names[JUDGE_STRINGS][12];
	struct map *strings;
	uint32_t question;

	for (int i = 0; i < JUDGE_STRINGS; i++) {
		snprintf(names[i], sizeof(names[i]), "%d", i);
		answers[i] = names[i];
	}
	question = facts_question(&judge->facts, answers, JUDGE_STRINGS);
	if (question == FACT_NONE)
		return;
	strings = memory_alloc_zero(1, sizeof(*strings));
	*map_put_string(strings, "") = (void *)(uintptr_t)(question + 1);
	for (size_t i = 1; i < line->count; i++)
		*map_put_string(&judge->same, line->words[i]) = strings;
}

static void
add_ones(struct judge *judge, const char *name)
{
	const struct project *project = judge->flow->project;

	for (size_t i = 0; i < project->class_count; i++)
		if (project->classes[i]->module->used &&
		    strcmp(project->classes[i]->path, name) == 0)
			add_one(judge, project->classes[i]);
}

static void
add_choice(struct judge *judge, const struct line *line)
{
	void **place = map_put_string(&judge->choices, line->words[1]);
	struct choice *choice = *place == NULL ? memory_alloc_zero(1, sizeof(*choice)) : *place;
	struct registry *registry = memory_alloc_zero(1, sizeof(*registry));

	*place = choice;
	registry->name = line->words[2];
	registry->fallback = line->count > 3 ? line->words[3] : NULL;
	*map_put_string(&choice->registered, line->words[2]) = registry;
}

/* Whether the call's callee reads so. */
static bool
calls(const struct module *module, const struct call *call, const char *name)
{
	size_t length = call->callee_end - call->callee_begin;

	return strlen(name) == length &&
	    memcmp(module->source + call->callee_begin, name, length) == 0;
}

/* f(key, function), or f(key)(function), which @f(key) does: the call with the key. */
static const struct call *
registers(const struct function *body, const struct instruction *code, const char *name)
{
	if (code->op != OP_CALL)
		return NULL;
	if (code->call->key != NULL && code->call->count > 1 && calls(body->module, code->call, name))
		return code->call;
	for (const struct instruction *before = code; before-- > body->code;)
		if (before->op == OP_CALL && before->dst == code->a)
			return before->call->key != NULL &&
			    calls(body->module, before->call, name) ? before->call : NULL;
	return NULL;
}

static void
add_entries(struct judge *judge, struct choice *choice, struct registry *registry,
    const struct function *body)
{
	const struct flow *flow = judge->flow;
	uint32_t context = judge_context_of(judge, body, NO_OBJECT, NO_CONTEXT);

	for (uint32_t i = 0; i < body->code_count && context != NO_CONTEXT; i++) {
		const struct call *with = registers(body, &body->code[i], registry->name);
		const struct call *call = body->code[i].call;

		for (uint32_t at = 0; with != NULL && at < call->count; at++) {
			uint32_t value = call->arguments[at].value;
			const struct node *node = &flow->points.nodes[value == REGISTER_NONE ? 0 :
			    context_node(flow, context, value)];

			for (uint32_t o = 0; value != REGISTER_NONE && o < node->count; o++) {
				const struct object *object = &flow->points.objects[node->objects[o]];

				if (object->kind != OBJECT_FUNCTION)
					continue;
				map_put_string(&choice->keys, with->key);
				registry->entries = memory_grow(registry->entries, registry->count,
				    &registry->capacity, sizeof(*registry->entries));
				registry->entries[registry->count++] = (struct entry){
					object->what, with->key };
			}
		}
	}
}

static bool
has_key(const struct registry *registry, const char *key)
{
	for (size_t i = 0; i < registry->count; i++)
		if (strcmp(registry->entries[i].key, key) == 0)
			return true;
	return false;
}

/* What each registered function is registered for. */
static void
apply_registry(struct judge *judge, const struct choice *choice, const struct registry *registry)
{
	for (size_t i = 0; i < registry->count; i++) {
		const struct function *function = registry->entries[i].function;
		bool left[MOST_ANSWERS] = { false };

		for (size_t key = 0; key < choice->keys.count; key++) {
			const char *name = choice->keys.entries[key].key;

			for (size_t at = 0; at < registry->count; at++)
				left[key] |= registry->entries[at].function == function &&
				    (strcmp(registry->entries[at].key, name) == 0 ||
				    (registry->fallback != NULL && !has_key(registry, name) &&
				    strcmp(registry->entries[at].key, registry->fallback) == 0));
		}
		judge->functions_facts[function->id] = facts_and(&judge->facts,
		    judge->functions_facts[function->id],
		    facts_left(&judge->facts, choice->question, left));
	}
}

static void
add_registered(struct judge *judge, struct choice *choice)
{
	const struct project *project = judge->flow->project;
	const char *keys[MOST_ANSWERS];

	for (size_t i = 0; i < choice->registered.count; i++)
		for (size_t at = 0; at < project->module_count; at++)
			if (project->modules[at].used)
				add_entries(judge, choice, choice->registered.entries[i].value,
				    project->modules[at].body);
	if (choice->keys.count > 0)
		map_put_string(&choice->keys, ""); /* the option is something else */
	for (size_t i = 0; i < choice->keys.count && i < MOST_ANSWERS; i++)
		keys[i] = choice->keys.entries[i].key;
	choice->question = choice->keys.count > MOST_ANSWERS ? FACT_NONE :
	    facts_question(&judge->facts, keys, choice->keys.count);
	for (size_t i = 0; i < choice->registered.count && choice->question != FACT_NONE; i++)
		apply_registry(judge, choice, choice->registered.entries[i].value);
	for (size_t i = 0; i < choice->keys.count && choice->question != FACT_NONE; i++) {
		bool left[MOST_ANSWERS] = { false };
		void **place = map_put_string(&judge->keys, keys[i]);

		left[i] = true;
		*place = *place != NULL ? NULL : (void *)(uintptr_t)
		    (facts_left(&judge->facts, choice->question, left) + 1);
	}
}

/* Counts the keys of containers: values of an option, and in the upper half all others. */
static void
find_keyed(struct judge *judge)
{
	const struct points *points = &judge->flow->points;

	for (size_t i = 1; i < points->edge_count; i++) {
		const struct reason *reason = &points->edges[i].reason;

		uint32_t *count;

		if (reason->key == NULL)
			continue;
		count = table_put(&judge->keyed, (struct pair){ reason->container, 0 });
		*count = (*count == UINT32_MAX ? 0 : *count) +
		    (map_get_string(&judge->keys, reason->key) != NULL ? 1 : 1 << 16);
	}
}

static void
add_top(struct judge *judge)
{
	const char **names = memory_alloc((judge->model->top_count + 1) * sizeof(*names));

	for (size_t i = 0; i < judge->model->top_count; i++)
		names[i] = judge->model->tops[i]->name;
	judge->top = facts_question(&judge->facts, names, judge->model->top_count);
	free(names);
}

void
judge_read_rules(struct judge *judge)
{
	const char *at = dimensions_txt;
	struct line line;

	add_platforms(judge);
	add_top(judge);
	while (next_line(&at, &line)) {
		const char *what = line.words[0];

		if (strcmp(what, "platform") == 0 || strcmp(what, "needs") == 0)
			add_predicates(judge, &line, what[0] == 'p');
		else if (strcmp(what, "files") == 0)
			add_files(judge, &line);
		else if (strcmp(what, "source") == 0)
			*map_put_string(&judge->sources, line.words[1]) = (void *)(uintptr_t)
			    (on_platforms(judge, &line, 2, line.count, true) + 1);
		else if (strcmp(what, "one") == 0)
			add_ones(judge, line.words[1]);
		else if (strcmp(what, "choice") == 0)
			add_choice(judge, &line);
		else if (strcmp(what, "same") == 0)
			add_same(judge, &line);
		else
			*map_put_string(&judge->asks_class, line.words[1]) = judge;
	}
	for (size_t i = 0; i < judge->choices.count; i++)
		add_registered(judge, judge->choices.entries[i].value);
	add_needs(judge);
	find_keyed(judge);
}

void
judge_free_rules(struct judge *judge)
{
	for (size_t i = 0; i < judge->functions.count; i++)
		free(judge->functions.entries[i].value);
	for (size_t i = 0; i < judge->one_count; i++) {
		free(judge->ones[i].classes);
		free(judge->ones[i].left);
	}
	free(judge->ones);
	for (size_t i = 0; i < judge->choices.count; i++) {
		struct choice *choice = judge->choices.entries[i].value;

		for (size_t at = 0; at < choice->registered.count; at++) {
			struct registry *registry = choice->registered.entries[at].value;

			free(registry->entries);
			free(registry);
		}
		map_free(&choice->keys);
		map_free(&choice->registered);
		free(choice);
	}
	for (size_t i = 0; i < judge->same.count; i++) {
		/* Names of one line stand together and share what they have. */
		if (i + 1 < judge->same.count &&
		    judge->same.entries[i + 1].value == judge->same.entries[i].value)
			continue;
		map_free(judge->same.entries[i].value);
		free(judge->same.entries[i].value);
	}
	map_free(&judge->same);
	map_free(&judge->keys);
	map_free(&judge->others);
	table_free(&judge->keyed);
	map_free(&judge->functions);
	map_free(&judge->choices);
	map_free(&judge->sources);
	map_free(&judge->asks_class);
}

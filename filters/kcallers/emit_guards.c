/* SPDX-License-Identifier: Apache-2.0 */
/* The conditions around an instruction: `guards` as text, and `asks`, the same taken apart. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "emit.h"

enum { LONGEST_MEANING = 120 };

static const char *const why_names[GUARD_WHYS] = { [GUARD_IF] = "if",
	[GUARD_EARLY_RETURN] = "early-return",
	[GUARD_ASSERT] = "assert", [GUARD_TRY] = "try" };

static void
emit_guard(struct emitter *emitter, const struct module *module, const struct guard *guard)
{
	const char *condition = module_text(module, &emitter->scratch, guard->begin, guard->end);
	struct text text = { 0 };

	text_add_format(&text, guard->negated ? "not (%s)" : "%s", condition);
	json_put_string(emitter->writer, text.bytes);
	text_free(&text);
	arena_reset(&emitter->scratch);
}

static bool
is_local(const struct term *term, const char *name)
{
	if (term->kind == TERM_NAME && term->name == name)
		return term->local;
	for (uint32_t i = 0; i < term->count; i++)
		if (is_local(term->parts[i], name))
			return true;
	return false;
}

/* What the module's names stand for that a short expression is given to, as `_is_hip = is_hip()`. */
static void
emit_means(struct emitter *emitter, const struct module *module, const struct ask *ask)
{
	bool any = false;

	for (uint32_t i = 0; i < ask->name_count && ask->term != NULL; i++) {
		const struct module *of = module;
		const struct variable *variable = strchr(ask->names[i], '.') != NULL ||
		    is_local(ask->term, ask->names[i]) ? NULL :
		    project_variable(emitter->project, &of, ask->names[i], 0);

		if (variable == NULL || variable->begin == variable->end ||
		    variable->end - variable->begin > LONGEST_MEANING)
			continue;
		if (!any) {
			json_key(emitter->writer, "means");
			json_object_begin(emitter->writer);
		}
		any = true;
		emit_text(emitter, ask->names[i], of, variable->begin, variable->end);
	}
	if (any)
		json_object_end(emitter->writer);
}

/* A list of conditions that all hold; those within an `any` have no `why` of their own. */
static void
emit_asks(struct emitter *emitter, const struct module *module, const struct ask *ask,
    const char *why)
{
	struct json_writer *writer = emitter->writer;

	for (; ask != NULL; ask = ask->next) {
		json_object_begin(writer);
		emit_text(emitter, "text", module, ask->begin, ask->end);
		json_key(writer, "names");
		json_array_begin(writer);
		for (uint32_t i = 0; i < ask->name_count; i++)
			json_put_string(writer, ask->names[i]);
		json_array_end(writer);
		emit_means(emitter, module, ask);
		json_member_bool(writer, "not", ask->negated);
		if (why != NULL)
			json_member_string(writer, "why", why);
		if (ask->any_count > 0) {
			json_key(writer, "any");
			json_array_begin(writer);
			for (uint32_t i = 0; i < ask->any_count; i++) {
				json_array_begin(writer);
				emit_asks(emitter, module, ask->any[i], NULL);
				json_array_end(writer);
			}
			json_array_end(writer);
		}
		json_object_end(writer);
	}
}

/* The entry of a container that was asked for. */
static void
emit_key(struct emitter *emitter, const char *key)
{
	struct json_writer *writer = emitter->writer;
	struct text text = {0};

	text_add_format(&text, "[\"%s\"]", key);
	json_object_begin(writer);
	json_member_string(writer, "text", text.bytes);
	json_key(writer, "names");
	json_array_begin(writer);
	json_array_end(writer);
	json_member_bool(writer, "not", false);
	json_member_string(writer, "why", "choice");
	json_object_end(writer);
	text_free(&text);
}

static void
emit_choices(struct emitter *emitter, const struct choices *choices, const struct step *step)
{
	struct choice_ask asks[MOST_CHOICES];
	size_t count = step->edge_count > STEP_EDGES ? 0 :
	    choices_find(choices, step->edges, step->edge_count, asks);

	for (size_t i = count; i-- > 0;) {
		uint32_t guard = asks[i].guard;

		if (asks[i].key != NULL)
			emit_key(emitter, asks[i].key);
		for (; guard != 0; guard = asks[i].module->guards[guard].outer)
			emit_asks(emitter, asks[i].module, asks[i].module->guards[guard].asks,
			    "choice");
	}
}

void
emit_guards(struct emitter *emitter, const struct module *module, uint32_t guard,
    const struct choices *choices, const struct step *step)
{
	struct json_writer *writer = emitter->writer;
	uint32_t *around = NULL;
	size_t count = 0, capacity = 0, i;

	for (; guard != 0; guard = module->guards[guard].outer) {
		around = memory_grow(around, count, &capacity, sizeof(*around));
		around[count++] = guard;
	}
	json_key(writer, "guards");
	json_array_begin(writer);
	for (i = count; i-- > 0;)
		emit_guard(emitter, module, &module->guards[around[i]]);
	json_array_end(writer);
	json_key(writer, "asks");
	json_array_begin(writer);
	for (i = count; i-- > 0;)
		emit_asks(emitter, module, module->guards[around[i]].asks,
		    why_names[module->guards[around[i]].why]);
	if (step != NULL)
		emit_choices(emitter, choices, step);
	json_array_end(writer);
	free(around);
}

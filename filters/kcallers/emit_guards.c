/* SPDX-License-Identifier: Apache-2.0 */
/* The conditions around an instruction: `guards` as text, and `asks`, the same taken apart. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "emit.h"

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

void
emit_guards(struct emitter *emitter, const struct module *module, uint32_t guard)
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
	json_array_end(writer);
	free(around);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Makes units of what sources bind. */
#include <string.h>

#include "cxx/cxx_bindings.h"
#include "exports.h"
#include "base/memory.h"

struct scan {
	struct exports *exports;
	struct native *native;
	uint32_t file;
};

static void
add(struct exports *exports, struct export made)
{
	exports->list = memory_grow(exports->list, exports->count, &exports->capacity,
	    sizeof(*exports->list));
	exports->list[exports->count++] = made;
}

/* Another name for what was bound before. */
static void
add_alias(const struct scan *scan, const struct cxx_binding *binding)
{
	size_t count = scan->exports->count;

	for (size_t i = 0; i < count; i++) {
		struct export export = scan->exports->list[i];

		if (export.name == binding->other && export.unit->file == scan->file) {
			export.name = binding->name;
			add(scan->exports, export);
		}
	}
}

/* The function that the line is in. */
static const struct unit *
find_enclosing(const struct native *native, uint32_t file, uint32_t line)
{
	const struct unit *found = NULL;

	for (size_t i = 0; i < native->unit_count; i++) {
		const struct unit *unit = native->units[i];

		if (unit->file == file && unit->kind == UNIT_FUNCTION && unit->line <= line &&
		    line <= unit->end && (found == NULL || unit->line > found->line))
			found = unit;
	}
	return found;
}

static void
add_binding(void *context, const struct cxx_binding *binding)
{
	const struct scan *scan = context;
	const struct unit *in = NULL;
	struct unit *unit;

	if (binding->kind == BINDING_ALIAS)
		add_alias(scan, binding);
	if (binding->kind == BINDING_ALIAS || binding->kind == BINDING_NAME)
		return;
	unit = unit_of_tokens(scan->native, scan->file, binding->name, binding->begin,
	    binding->end);
	/* A method answers for its object. */
	if (binding->kind == BINDING_ANSWER)
		in = find_enclosing(scan->native, scan->file, binding->line);
	if (in != NULL) {
		unit->scope = in->scope;
		unit->of_class = in->of_class;
	}
	add(scan->exports, (struct export){ binding->name, binding->space, binding->how, unit });
}

void
exports_scan(struct exports *exports, struct native *native, uint32_t file, const char *how)
{
	struct scan scan = { exports, native, file };

	cxx_bindings_read(native_tokens(native, file), how, add_binding, &scan);
}

struct unit *
export_expression(struct native *native, const char *name, const char *expression)
{
	uint32_t file = native_add_text(native, name, expression);
	const struct tokens *tokens = native_tokens(native, file);

	return unit_of_tokens(native, file, name, 0, tokens->count);
}

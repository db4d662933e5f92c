/* SPDX-License-Identifier: Apache-2.0 */
/* One function a record, and the parts they share. */
#include "emit.h"
#include "text.h"

enum { MOST_GUARDS = 64 };

void
emit_text(struct emitter *emitter, const char *key, const struct module *module,
    uint32_t begin, uint32_t end)
{
	json_member_string(emitter->writer, key,
	    module_text(module, &emitter->scratch, begin, end));
	arena_reset(&emitter->scratch);
}

void
emit_guards(struct emitter *emitter, const struct module *module, uint32_t guard)
{
	uint32_t chain[MOST_GUARDS];
	unsigned count = 0;
	struct text text = {0};

	for (; guard != 0 && count < MOST_GUARDS; guard = module->guards[guard].outer)
		chain[count++] = guard;
	json_key(emitter->writer, "guards");
	json_array_begin(emitter->writer);
	while (count > 0) {
		const struct guard *at = &module->guards[chain[--count]];
		const char *condition = module_text(module, &emitter->scratch, at->begin,
		    at->end);

		text_clear(&text);
		text_add_format(&text, at->negated ? "not (%s)" : "%s", condition);
		json_put_string(emitter->writer, text.bytes);
	}
	json_array_end(emitter->writer);
	text_free(&text);
	arena_reset(&emitter->scratch);
}

static const char *const form_names[SITE_FORMS] = { [SITE_CALL] = "call", [SITE_SELF] = "self",
	[SITE_LAUNCH] = "launch", [SITE_DEVICE] = "device" };

static void
emit_call(struct emitter *emitter, const struct site *site)
{
	struct json_writer *writer = emitter->writer;
	const struct kernel *kernel = &emitter->kernels->list[site->kernel];
	const struct module *module = site->function->module;
	const struct call *call = site->instruction->call;

	json_object_begin(writer);
	/* A device function is called while it is compiled: nothing is launched there. */
	json_member_string(writer, "kind", site->form == SITE_DEVICE ? "device-call" : "call");
	json_member_string(writer, "kernel", kernel->name);
	json_member_string(writer, "source", kernel->source);
	json_member_string(writer, "file", module->file);
	json_member_integer(writer, "line", site->instruction->line);
	json_member_string(writer, "function", site->function->path);
	emit_text(emitter, "text", module, call->begin, call->end);
	json_member_string(writer, "form", form_names[site->form]);
	emit_guards(emitter, module, site->instruction->guard);
	json_object_end(writer);
	emitter->calls += site->form != SITE_DEVICE;
}

void
emit_calls(struct emitter *emitter, const struct sites *sites)
{
	for (size_t i = 0; i < sites->count; i++)
		emit_call(emitter, &sites->list[i]);
}

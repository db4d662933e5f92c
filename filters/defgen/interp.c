/* SPDX-License-Identifier: Apache-2.0 */
/* One evaluation: its memory, its limits, its notes, and the modules it loads. */
#include "interp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"

/* Nodes evaluated for one model at most: the largest of sglang take about a tenth. */
enum { STEP_LIMIT = 4000000, FINDING_LIMIT = 1000 };

struct interp *
interp_open(struct source *source, const struct defaults *defaults, struct run run)
{
	struct interp *it = memory_alloc_zero(1, sizeof *it);

	it->source = source;
	it->defaults = defaults;
	it->run = run;
	it->steps = STEP_LIMIT;
	it->findings_end = &it->findings;
	it->kernels_end = &it->kernels;
	builtins_install(it);
	runtime_install(it);
	layers_install(it);
	return it;
}

void
interp_close(struct interp *it)
{
	arena_free(&it->arena);
	free(it);
}

bool
step(struct interp *it, long cost)
{
	it->steps -= cost + (cost <= 0);
	if (it->steps > 0)
		return false;
	if (!it->exhausted) {
		it->exhausted = true;
		finding_add(it, FINDING_UNSUPPORTED, it->module ? it->module->file->path : "",
		    it->line, "evaluation stopped",
		    "the work allowed for one model is used up");
	}
	return true;
}

const char *
interp_text(struct interp *it, const char *format, ...)
{
	struct text text = { 0 };
	va_list arguments;
	const char *copy;

	va_start(arguments, format);
	text_add_string(&text, "");
	text_add_arguments(&text, format, arguments);
	va_end(arguments);
	copy = arena_copy(&it->arena, text.bytes, text.length);
	text_free(&text);
	return copy;
}

static struct value *
unknown_at(struct interp *it, const char *text)
{
	struct value *value = arena_alloc_zero(&it->arena, sizeof *value);

	value->kind = VALUE_UNKNOWN;
	value->reason = arena_alloc_zero(&it->arena, sizeof *value->reason);
	value->reason->text = text;
	value->reason->file = it->module ? it->module->file->path : "";
	value->reason->line = it->line;
	return value;
}

struct value *
unknown(struct interp *it, const char *format, ...)
{
	struct text text = { 0 };
	va_list arguments;
	struct value *value;

	va_start(arguments, format);
	text_add_arguments(&text, format, arguments);
	va_end(arguments);
	value = unknown_at(it, arena_copy(&it->arena, text.bytes, text.length));
	text_free(&text);
	return value;
}

struct value *
raise_error(struct interp *it, const char *class, const char *format, ...)
{
	struct text text = { 0 };
	va_list arguments;

	if (it->raised)
		return value_none();
	va_start(arguments, format);
	text_add_string(&text, "");
	text_add_arguments(&text, format, arguments);
	va_end(arguments);
	it->raised_text = arena_copy(&it->arena, text.bytes, text.length);
	text_free(&text);
	it->raised_file = it->module ? it->module->file->path : "";
	it->raised_line = it->line;
	it->raised = value_text(&it->arena, class);
	return unknown_at(it, it->raised_text);
}

void
finding_add(struct interp *it, enum finding_kind kind, const char *file, uint32_t line,
    const char *what, const char *why)
{
	struct finding *finding;

	for (finding = it->findings; finding; finding = finding->next)
		if (finding->kind == kind && finding->line == line &&
		    !strcmp(finding->what, what) && !strcmp(finding->file, file))
			return;
	if (++it->finding_count > FINDING_LIMIT)
		return;
	if (it->finding_count == FINDING_LIMIT) {
		kind = FINDING_UNSUPPORTED;
		what = "findings";
		why = "there are more than are listed";
	}
	finding = arena_alloc_zero(&it->arena, sizeof *finding);
	finding->kind = kind;
	finding->file = file;
	finding->line = line;
	finding->what = what;
	finding->why = why;
	*it->findings_end = finding;
	it->findings_end = &finding->next;
}

struct module *
module_load(struct interp *it, const char *name)
{
	const char *key = intern_string(name);
	struct value *value = scope_get(&it->modules, key);
	const struct py_file *file;
	struct module *module;
	bool is_package;

	if (value)
		return value->kind == VALUE_MODULE ? value->module : NULL;
	file = source_module(it->source, key, &is_package);
	if (!file) {
		scope_set(&it->arena, &it->modules, key, value_none());
		return NULL;
	}
	value = arena_alloc_zero(&it->arena, sizeof *value);
	value->kind = VALUE_MODULE;
	value->module = module = arena_alloc_zero(&it->arena, sizeof *module);
	module->name = key;
	module->file = file;
	module->is_package = is_package;
	scope_set(&it->arena, &it->modules, key, value);
	return module;
}

/* Run a module's body the first time that something in it is asked for. */
static void
module_run(struct interp *it, struct module *module)
{
	struct env *env = arena_alloc_zero(&it->arena, sizeof *env);
	struct module *previous = it->module;
	uint32_t line = it->line;
	struct value *result;
	struct value *raised = it->raised;

	module->ran = true;
	if (module->file->error)
		finding_add(it, FINDING_UNSUPPORTED, module->file->path,
		    module->file->error_line, "syntax", module->file->error);
	env->names = &module->globals;
	env->module = module;
	it->module = module;
	it->raised = NULL;
	exec(it, env, module->file->module->module.body, &result);
	if (it->raised && it->guards == 0)
		finding_add(it, FINDING_ASSUMED, it->raised_file, it->raised_line,
		    interp_text(it, "import of %s stops", module->name),
		    interp_text(it, "%s: %s", it->raised->string.text, it->raised_text));
	it->raised = raised;
	it->module = previous;
	it->line = line;
}

struct value *
module_member(struct interp *it, struct module *module, const char *name)
{
	struct value *found;
	struct module *below;

	if (!module->ran)
		module_run(it, module);
	found = scope_get(&module->globals, intern_string(name));
	if (found || !module->is_package)
		return found;
	below = module_load(it, interp_text(it, "%s.%s", module->name, name));
	return below ? scope_get(&it->modules, below->name) : NULL;
}

/* What `from module import name` gives: a built-in of ours when it is a kernel layer or a
 * question about the machine, else what the module's source says; NULL when neither. */
struct value *
import_name(struct interp *it, const char *module, const char *name)
{
	const char *dotted = interp_text(it, "%s.%s", module, name), *dot;
	struct value *found;
	struct module *loaded;

	if (strncmp(module, "sglang.srt.models", 17)) {
		found = scope_get(&it->runtime, intern_string(name));
		if (found)
			return found;
		/* a bare name that means something only in one module: "layernorm.RMSNorm" */
		dot = strrchr(module, '.');
		found = scope_get(&it->runtime, intern_string(interp_text(it, "%s.%s",
		    dot ? dot + 1 : module, name)));
		if (found)
			return found;
	}
	if (!strcmp(module, "sglang.srt.runtime_context") && !strncmp(name, "get_", 4))
		return scope_get(&it->runtime, intern_string("get_exec")); /* options */
	loaded = module_load(it, module);
	if (!loaded) {
		loaded = module_load(it, dotted);
		return loaded ? scope_get(&it->modules, loaded->name) : NULL;
	}
	found = module_member(it, loaded, name);
	if (!found) {
		loaded = module_load(it, dotted);
		return loaded ? scope_get(&it->modules, loaded->name) : NULL;
	}
	if (found->kind == VALUE_EXTERNAL && !strncmp(found->external, "sglang.", 7) &&
	    strcmp(found->external, dotted) && it->depth < 500) {
		dot = strrchr(found->external, '.');
		it->depth++;
		found = import_name(it, intern(found->external, (size_t)(dot - found->external)),
		    dot + 1);
		it->depth--;
	}
	return found;
}

static struct value *
resolve(struct interp *it, struct scope *names, const char *name, struct value *value)
{
	struct value *found;
	const char *dot;

	if (!value || value->kind != VALUE_EXTERNAL)
		return value;
	found = scope_get(&it->runtime, value->external);
	if (!found && !strncmp(value->external, "sglang.", 7)) {
		dot = strrchr(value->external, '.');
		found = import_name(it, intern(value->external,
		    (size_t)(dot - value->external)), dot + 1);
	}
	if (!found)
		return value;
	scope_set(&it->arena, names, name, found);
	return found;
}

struct value *
lookup(struct interp *it, struct env *env, const char *name)
{
	struct env *place;
	struct value *found;

	for (place = env; place; place = place->parent) {
		if (place != env && place->is_class)
			continue;
		found = resolve(it, place->names, name, scope_get(place->names, name));
		if (found)
			return found;
	}
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): env is where the loop began */
	found = resolve(it, &env->module->globals, name,
	    scope_get(&env->module->globals, name));
	if (found)
		return found;
	found = it->rule_config ? config_default(it, it->rule_config, name) : NULL;
	if (!found)
		found = scope_get(&it->builtins, name);
	if (found)
		return found;
	if (it->guards > 0)
		return raise_error(it, "NameError", "name %s is not defined", name);
	return unknown(it, "the name %s is not defined here", name);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Decides by how a name is written and used, over the whole tree, what it is. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "kernels.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "python/imports.h"

/* One line of output to be, if it is a kernel. */
struct candidate {
	size_t file;
	uint32_t line;
	const char *name, *source, *module, *alias, *how, *scope;
	bool is_definition, is_attribute;
};

enum { IS_MODULE = 1, IS_PACKAGE = 2 };

struct kernels {
	const struct sources *sources;
	struct map modules;   /* dotted name -> IS_MODULE | IS_PACKAGE */
	struct map evidence;  /* source, tab, name -> enum use */
	struct map by_name;   /* names that are handed on only -> enum use */
	struct map called;    /* names of which an attribute is called, as of a module */
	struct candidate *candidates;
	size_t count, capacity;
};

static uintptr_t
bits_get(const struct map *map, const char *key)
{
	void **place = map_get_string(map, key);

	return place ? (uintptr_t)*place : 0;
}

static void
bits_add(struct map *map, const char *key, size_t length, uintptr_t bits)
{
	void **place = map_put(map, key, length);

	*place = (void *)((uintptr_t)*place | bits);
}

static const char *
evidence_key(struct text *key, const char *source, const char *name)
{
	text_clear(key);
	text_add_format(key, "%s\t%s", source, name);
	return key->bytes;
}

static void
add_evidence(struct kernels *kernels, const char *source, const char *name, uint8_t use)
{
	struct text key = { 0 };

	evidence_key(&key, source, name);
	bits_add(&kernels->evidence, key.bytes, key.length, use);
	text_free(&key);
}

static uintptr_t
get_evidence(const struct kernels *kernels, const char *source, const char *name)
{
	struct text key = { 0 };
	uintptr_t bits = bits_get(&kernels->evidence, evidence_key(&key, source, name));

	text_free(&key);
	return bits;
}

/* An import of a.b.c says that a and a.b are packages. */
static void
add_module(struct kernels *kernels, const char *module)
{
	for (const char *dot = strchr(module, '.'); dot; dot = strchr(dot + 1, '.'))
		bits_add(&kernels->modules, module, (size_t)(dot - module), IS_PACKAGE | IS_MODULE);
	bits_add(&kernels->modules, module, strlen(module), IS_MODULE);
}

static struct candidate *
add_candidate(struct kernels *kernels, struct candidate candidate)
{
	kernels->candidates = memory_grow(kernels->candidates, kernels->count,
	    &kernels->capacity, sizeof(*kernels->candidates));
	kernels->candidates[kernels->count] = candidate;
	return &kernels->candidates[kernels->count++];
}

/* Whether an imported name that has attributes can be a module at all: a function that is
 * called is none, a class is none, and only packages have modules. */
static bool
object_may_be_module(const struct kernels *kernels, const char *source, const char *module,
    const char *object)
{
	const char *dot = strrchr(module, '.');
	const char *parent = dot ? intern(module, (size_t)(dot - module)) : "";
	const struct source_row *row = sources_module(kernels->sources, parent);

	if (bits_get(&kernels->modules, module))
		return true;
	if (name_is_class(object) || get_evidence(kernels, source, object) & USE_CALL)
		return false;
	return (row && strcmp(row->name, parent) == 0) ||
	    bits_get(&kernels->modules, parent) & IS_PACKAGE;
}

/* A variable that stands for an attribute: its uses are uses of that. */
static void
resolve_variable(struct kernels *kernels, const struct chain_fact *chain)
{
	const char *name = strrchr(chain->module, '.');
	const char *front = intern(chain->module, (size_t)(name ? name - chain->module : 0));
	const struct source_row *row = sources_module(kernels->sources, chain->module);
	const char *source = sources_ops(kernels->sources, front);

	if (!source && row)
		source = row->source;
	if (source && name && !bits_get(&kernels->modules, chain->module))
		add_evidence(kernels, source, intern_string(name + 1), chain->use);
}

/* "a.b" of "a.b.c" */
static const char *
front_of(const char *module)
{
	const char *dot = strrchr(module, '.');

	return intern(module, (size_t)(dot == NULL ? 0 : dot - module));
}

/* Follow the names as long as they are modules; the first that is none is the symbol. */
static void
resolve_chain(struct kernels *kernels, const struct chain_fact *chain, size_t file)
{
	const char *module = chain->module;

	if (chain->count == 0) {
		resolve_variable(kernels, chain);
		return;
	}
	for (int i = 0; i < chain->count; i++) {
		const char *name = chain->names[i], *full = intern_dotted(module, name);
		const char *ops = sources_ops(kernels->sources, module);
		const struct source_row *row = sources_module(kernels->sources, module);
		const char *source = ops ? ops : row ? row->source : NULL;
		bool last = i + 1 == chain->count;

		if (bits_get(&kernels->modules, full) || sources_ops(kernels->sources, full) ||
		    strcmp(full, "torch.ops") == 0) {
			module = full;
			continue;
		}
		if (!source || strncmp(name, "__", 2) == 0)
			return;
		if (chain->object && i == 0 &&
		    !object_may_be_module(kernels, source, module, chain->object))
			return;
		if (!ops && !last && !name_is_class(name)) {
			module = full;
			continue;
		}
		if (!ops && last && i > 0 && import_is_overload(name) &&
		    !bits_get(&kernels->modules, module)) {
			name = chain->names[i - 1];
			module = front_of(module);
		}
		add_evidence(kernels, source, name, ops ? USE_CALL : last ? chain->use : USE_BASE);
		if (!ops && last && chain->use == USE_CALL)
			bits_add(&kernels->called, module, strlen(module), 1);
		add_candidate(kernels, (struct candidate){ .file = file, .line = chain->lines[i],
			.name = name, .source = source, .module = module,
			.how = ops ? "torch.ops" : "attribute", .scope = chain->scope,
			.is_attribute = !ops });
		return;
	}
}

static void
add_file(struct kernels *kernels, const struct scanned *scanned, size_t file)
{
	const struct facts *facts = &scanned->facts;

	for (size_t i = 0; i < facts->import_count; i++) {
		const struct import_fact *import = &facts->imports[i];

		add_candidate(kernels, (struct candidate){ .file = file, .line = import->line,
			.name = import->name, .source = import->source,
			.module = import->module, .alias = import->alias, .how = import->how,
			.scope = import->scope });
		add_evidence(kernels, import->source, import->name, 0);
	}
	for (size_t i = 0; i < facts->definition_count; i++) {
		const struct definition_fact *definition = &facts->definitions[i];

		add_candidate(kernels, (struct candidate){ .file = file,
			.line = definition->line, .name = definition->name,
			.source = definition->source, .module = scanned->file->module,
			.alias = definition->alias, .how = definition->how,
			.scope = definition->scope, .is_definition = true });
	}
	for (size_t i = 0; i < facts->chain_count; i++)
		resolve_chain(kernels, &facts->chains[i], file);
}

/* What a file says about names that it binds itself counts when it has to do with kernels:
 * `from sgl_kernel import x; return x` here, `x = get_x(); x.field` there. */
static void
add_names(struct kernels *kernels, const struct facts *facts)
{
	for (size_t u = 0; u < facts->use_count; u++) {
		const struct use_fact *use = &facts->uses[u];

		if (!use->source && map_get_string(&kernels->by_name, use->name))
			bits_add(&kernels->by_name, use->name, strlen(use->name), use->use);
	}
}

static void
put_together(struct kernels *kernels, const struct scanned *files, size_t count)
{
	bool *matters = memory_alloc_zero(count, sizeof(*matters));

	/* What is a module must be known before chains of names are followed, and which
	 * names are handed on before those of the same name are looked at. */
	for (size_t i = 0; i < count; i++) {
		for (size_t m = 0; m < files[i].facts.module_count; m++)
			add_module(kernels, files[i].facts.modules[m]);
		for (size_t u = 0; u < files[i].facts.use_count; u++)
			if (files[i].facts.uses[u].source)
				add_evidence(kernels, files[i].facts.uses[u].source,
				    files[i].facts.uses[u].name, files[i].facts.uses[u].use);
	}
	for (size_t i = 0; i < count; i++)
		add_file(kernels, &files[i], i);
	for (size_t i = 0; i < kernels->count; i++) {
		const struct candidate *candidate = &kernels->candidates[i];

		matters[candidate->file] = true;
		if (!candidate->is_definition &&
		    !(get_evidence(kernels, candidate->source, candidate->name) & USE_CALL))
			map_put_string(&kernels->by_name, candidate->name);
	}
	for (size_t i = 0; i < count; i++)
		if (matters[i])
			add_names(kernels, &files[i].facts);
	free(matters);
}

static bool
name_is_constant(const char *name)
{
	for (; *name; name++)
		if (islower((unsigned char)*name))
			return false;
	return true;
}

/* float8_e4m3fn, int4: a data type. */
static bool
name_is_type(const char *name)
{
	static const char *const fronts[] = { "float", "bfloat", "int", "uint" };

	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
		size_t length = strlen(fronts[i]);

		if (strncmp(name, fronts[i], length) == 0 && isdigit((unsigned char)name[length]))
			return true;
	}
	return false;
}

/* "class", "constant", ... for a name that is no kernel, NULL for a kernel. */
static const char *
not_a_kernel(const struct kernels *kernels, const struct candidate *candidate)
{
	const char *name = candidate->name;
	uintptr_t seen;

	if (candidate->is_definition)
		return NULL;
	seen = get_evidence(kernels, candidate->source, name);
	if (strncmp(name, "__", 2) == 0 || name_is_constant(name))
		return "constant";
	if (name_is_class(name))
		return seen & USE_RUN ? NULL : "class";
	if (seen & USE_TRUTH && !(seen & (USE_CALL | USE_VALUE | USE_ARGUMENT)))
		return "predicate";
	if (!(seen & USE_CALL))
		seen |= bits_get(&kernels->by_name, name);
	if (seen & USE_CALL)
		return NULL;
	if (bits_get(&kernels->modules, intern_dotted(candidate->module, name)) ||
	    bits_get(&kernels->called, intern_dotted(candidate->module, name)))
		return "module";
	if (seen & USE_BASE)
		return "namespace";
	if (name_is_type(name) || (candidate->is_attribute && !(seen & USE_VALUE)))
		return "value";
	return NULL;
}

static int
compare(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	int order;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if ((order = strcmp(a->name, b->name)) || (order = strcmp(a->source, b->source)))
		return order;
	if ((order = strcmp(a->how, b->how)))
		return order;
	return strcmp(a->scope, b->scope);
}

static void
write_record(struct json_writer *writer, const struct candidate *candidate, const char *file,
    const char *what)
{
	json_record_begin(writer, what ? "symbol" : "import");
	json_member_string(writer, what ? "symbol" : "kernel", candidate->name);
	if (what)
		json_member_string(writer, "is", what);
	json_member_string(writer, "source", candidate->source);
	json_member_string(writer, "module", candidate->module);
	json_member_string(writer, "alias", candidate->alias);
	json_member_string(writer, "file", file);
	json_member_integer(writer, "line", candidate->line);
	json_member_string(writer, "how", candidate->how);
	json_member_string(writer, "scope", candidate->scope);
	if (candidate->is_definition)
		json_member_string(writer, "function",
		    strcmp(candidate->scope, "<module>") == 0 ? candidate->name
			: intern_dotted(candidate->scope, candidate->name));
	json_object_end(writer);
}

/* Adds the kernel to those that were seen; false when it was there. */
static bool
is_new(struct map *seen, const struct candidate *candidate)
{
	size_t before = seen->count;
	struct text key = { 0 };

	text_add_format(&key, "%s\t%s\t", candidate->source, candidate->name);
	if (candidate->is_definition)
		text_add_format(&key, "%zu\t%s", candidate->file, candidate->scope);
	map_put(seen, key.bytes, key.length);
	text_free(&key);
	return seen->count > before;
}

static void
kernels_free(struct kernels *kernels)
{
	map_free(&kernels->modules);
	map_free(&kernels->evidence);
	map_free(&kernels->by_name);
	map_free(&kernels->called);
	free(kernels->candidates);
}

struct kernel_counts
kernels_write(struct json_writer *writer, const struct sources *sources,
    const struct scanned *files, size_t count, bool all)
{
	struct kernels kernels = { .sources = sources };
	struct kernel_counts counts = { 0 };
	struct map seen = { 0 };

	put_together(&kernels, files, count);
	if (kernels.count > 0)
		qsort(kernels.candidates, kernels.count, sizeof(*kernels.candidates), compare);
	for (size_t i = 0; i < kernels.count; i++) {
		const struct candidate *candidate = &kernels.candidates[i];
		const char *what = not_a_kernel(&kernels, candidate);

		if ((what && !all) || (i > 0 && compare(candidate - 1, candidate) == 0))
			continue;
		write_record(writer, candidate, files[candidate->file].file->name, what);
		if (!what) {
			counts.imports++;
			counts.kernels += is_new(&seen, candidate);
		}
	}
	map_free(&seen);
	kernels_free(&kernels);
	return counts;
}

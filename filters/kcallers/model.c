/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a model's files by their names and its top classes by EntryClass. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "model.h"

struct finding {
	struct model *model;
	const struct project *project;
	const struct names *names;
	bool *entry;   /* by class id */
	bool *entries; /* by module id: names entry classes */
	bool *models;  /* by module id: in a folder of models or below */
};

static void
note_classes(struct finding *finding, const struct function *body, uint32_t value)
{
	const struct node *node =
	    &finding->names->points.nodes[names_node(finding->names, body, value)];

	for (uint32_t i = 0; i < node->count; i++) {
		const struct object *object = &finding->names->points.objects[node->objects[i]];

		if (object->kind == OBJECT_CLASS)
			finding->entry[((const struct class *)object->what)->id] = true;
	}
}

/* EntryClass = C, or a list of classes. */
static bool
note_entries(struct finding *finding, const struct module *module, const char *entry_class)
{
	const struct function *body = module->body;
	bool found = false;

	for (uint32_t i = 0; i < body->code_count; i++) {
		const struct instruction *code = &body->code[i];

		if (code->op != OP_SETGLOBAL || code->name != entry_class)
			continue;
		found = true;
		note_classes(finding, body, code->a);
		for (uint32_t at = 0; at < i; at++)
			if (body->code[at].op == OP_SETITEM && body->code[at].a == code->a)
				note_classes(finding, body, body->code[at].b);
	}
	return found;
}

/* Length of "…/" before the file's name. */
static size_t
folder_length(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash == NULL ? 0 : (size_t)(slash - file) + 1;
}

/* "deepseek_v2.py" and "deepseek_common/…" are deepseek's, "deepseekish.py" is not. */
static bool
is_named(const char *file, size_t folder, const char *name)
{
	size_t length = strlen(name);

	return strncmp(file + folder, name, length) == 0 &&
	    strchr("_./", file[folder + length]) != NULL;
}

static void
find_folders(struct finding *finding)
{
	const struct project *project = finding->project;
	const char *entry_class = intern_string("EntryClass");

	for (size_t i = 0; i < project->module_count; i++) {
		const struct module *module = &project->modules[i];
		size_t folder = folder_length(module->file);

		if (module->test || !note_entries(finding, module, entry_class))
			continue;
		finding->entries[i] = true;
		for (size_t at = 0; at < project->module_count; at++)
			if (strncmp(project->modules[at].file, module->file, folder) == 0)
				finding->models[at] = true;
	}
}

/* Every file in a folder of models that has the model's name. */
static void
own_by_name(struct finding *finding, const char *name)
{
	const struct project *project = finding->project;

	for (size_t i = 0; i < project->module_count; i++) {
		const char *file = project->modules[i].file;
		size_t folder = folder_length(file);

		for (size_t at = 0; finding->entries[i] && at < project->module_count; at++)
			finding->model->own[at] |=
			    strncmp(project->modules[at].file, file, folder) == 0 &&
			    is_named(project->modules[at].file, folder, name);
	}
}

/* Whether a method of the class makes an instance of another file's entry class. */
static bool
wraps_entry(const struct finding *finding, const struct class *class)
{
	const struct function *method = class->method_list;

	for (; method != NULL; method = method->sibling)
		for (uint32_t i = 0; i < method->code_count; i++) {
			const struct node *node;

			if (method->code[i].op != OP_CALL)
				continue;
			node = &finding->names->points.nodes[names_node(finding->names, method,
			    method->code[i].a)];
			for (uint32_t at = 0; at < node->count; at++) {
				const struct object *object =
				    &finding->names->points.objects[node->objects[at]];
				const struct class *made = object->what;

				if (object->kind == OBJECT_CLASS && finding->entry[made->id] &&
				    made->module != class->module && !class_is(class, made))
					return true;
			}
		}
	return false;
}

static void
add_top(struct model *model, struct class *class)
{
	model->tops = memory_grow(model->tops, model->top_count, &model->top_capacity,
	    sizeof(*model->tops));
	model->tops[model->top_count++] = class;
}

static void
find_tops(struct finding *finding)
{
	const struct project *project = finding->project;
	struct model *model = finding->model;
	bool *wrapper = memory_alloc_zero(project->module_count + 1, sizeof(*wrapper));
	bool *holds_top = memory_alloc_zero(project->module_count + 1, sizeof(*holds_top));

	for (size_t i = 0; i < project->class_count; i++) {
		struct class *class = project->classes[i];

		if (!finding->entry[i] || !model->own[class->module->id])
			continue;
		if (wraps_entry(finding, class)) {
			wrapper[class->module->id] = true;
			continue;
		}
		holds_top[class->module->id] = true;
		add_top(model, class);
	}
	for (size_t i = 0; i < project->module_count; i++)
		if (wrapper[i] && !holds_top[i])
			model->own[i] = false;
	free(wrapper);
	free(holds_top);
}

/* The entry classes that are called so, or stand in the file: those alone, even if they wrap
 * another file's. */
static void
own_by_class(struct finding *finding, const char *name, const struct module *module)
{
	const struct project *project = finding->project;

	for (size_t i = 0; i < project->class_count; i++) {
		struct class *class = project->classes[i];

		if (!finding->entry[i] ||
		    (name != NULL ? strcmp(class->path, name) != 0 : class->module != module))
			continue;
		finding->model->own[class->module->id] = true;
		add_top(finding->model, class);
	}
}

/* The module that an instruction imports, or imports from. */
static const struct module *
imported(const struct project *project, const struct instruction *code)
{
	if (code->op == OP_MODULE || code->op == OP_STAR)
		return project_module(project, code->name);
	return code->op == OP_FROM ? project_module(project, code->import_from->module) : NULL;
}

static void
find_derived(struct finding *finding)
{
	const struct project *project = finding->project;
	struct model *model = finding->model;
	bool *holds_top = memory_alloc_zero(project->module_count + 1, sizeof(*holds_top));

	for (size_t i = 0; i < model->top_count; i++)
		holds_top[model->tops[i]->module->id] = true;
	for (size_t i = 0; i < project->module_count; i++) {
		const struct function *body = project->modules[i].body;

		for (uint32_t at = 0; holds_top[i] && at < body->code_count; at++) {
			const struct module *other = imported(project, &body->code[at]);

			model->derived[i] |= other != NULL && other->id != i && holds_top[other->id];
		}
	}
	free(holds_top);
}

static void
add_inherited(struct finding *finding)
{
	const struct project *project = finding->project;

	for (size_t i = 0; i < project->class_count; i++) {
		const struct class *class = project->classes[i];

		if (!finding->model->own[class->module->id])
			continue;
		for (uint32_t at = 1; at < class->mro_count; at++)
			if (finding->models[class->mro[at]->module->id])
				finding->model->own[class->mro[at]->module->id] = true;
	}
}

static void
finding_open(struct finding *finding, const struct project *project, const struct names *names,
    struct model *model)
{
	size_t modules = project->module_count + 1;

	*model = (struct model){ .own = memory_alloc_zero(modules, sizeof(*model->own)),
		.derived = memory_alloc_zero(modules, sizeof(*model->derived)) };
	*finding = (struct finding){ .model = model, .project = project, .names = names,
		.entry = memory_alloc_zero(project->class_count + 1, sizeof(*finding->entry)),
		.entries = memory_alloc_zero(modules, sizeof(*finding->entries)),
		.models = memory_alloc_zero(modules, sizeof(*finding->models)) };
	find_folders(finding);
}

static void
finding_close(struct finding *finding)
{
	const struct project *project = finding->project;

	find_derived(finding);
	add_inherited(finding);
	for (size_t i = 0; i < project->module_count; i++)
		finding->model->files += finding->model->own[i];
	free(finding->entry);
	free(finding->entries);
	finding->model->models = finding->models;
}

void
model_find(struct model *model, const struct project *project, const struct names *names,
    const char *name)
{
	struct finding finding;

	finding_open(&finding, project, names, model);
	own_by_name(&finding, name);
	find_tops(&finding);
	if (model->top_count == 0)
		own_by_class(&finding, name, NULL);
	finding_close(&finding);
}

void
model_of_file(struct model *model, const struct project *project, const struct names *names,
    const struct module *module)
{
	struct finding finding;

	finding_open(&finding, project, names, model);
	own_by_class(&finding, NULL, module);
	finding_close(&finding);
}

size_t
model_files(const struct module ***files, const struct project *project, const struct names *names)
{
	struct finding finding;
	struct model model;
	size_t count = 0, capacity = 0;

	finding_open(&finding, project, names, &model);
	*files = NULL;
	for (size_t i = 0; i < project->module_count; i++) {
		if (!finding.entries[i])
			continue;
		*files = memory_grow(*files, count, &capacity, sizeof(**files));
		(*files)[count++] = &project->modules[i];
	}
	finding_close(&finding);
	model_free(&model);
	return count;
}

static void
near_file(struct spelling *near, const char *file)
{
	const char *base = file + folder_length(file);

	spelling_try(near, intern(base, strcspn(base, ".")));
}

bool
model_near(struct spelling *near, const struct project *project, const struct names *names,
    const char *name)
{
	struct finding finding;
	struct model model;
	bool any = false;

	finding_open(&finding, project, names, &model);
	spelling_begin(near, name);
	for (size_t i = 0; i < project->module_count; i++)
		if (finding.entries[i]) {
			near_file(near, project->modules[i].file);
			any = true;
		}
	for (size_t i = 0; i < project->class_count; i++)
		if (finding.entry[i])
			spelling_try(near, project->classes[i]->path);
	finding_close(&finding);
	model_free(&model);
	return any;
}

void
model_free(struct model *model)
{
	free(model->own);
	free(model->derived);
	free(model->models);
	free(model->tops);
}

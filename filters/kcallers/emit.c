/* SPDX-License-Identifier: Apache-2.0 */
/* One function a record, and the parts they share. */
#include <stdlib.h>

#include "emit.h"
#include "base/memory.h"

void
emit_text(struct emitter *emitter, const char *key, const struct module *module,
    uint32_t begin, uint32_t end)
{
	json_member_string(emitter->writer, key,
	    module_text(module, &emitter->scratch, begin, end));
	arena_reset(&emitter->scratch);
}

static const char *const form_names[SITE_FORMS] = { [SITE_CALL] = "call", [SITE_SELF] = "self",
	[SITE_LAUNCH] = "launch", [SITE_DEVICE] = "device" };

void
emit_kernel(struct emitter *emitter, const char *kind, const struct kernel *kernel)
{
	json_record_begin(emitter->writer, kind);
	json_member_string(emitter->writer, "kernel", kernel->name);
	json_member_string(emitter->writer, "source", kernel->source);
}

/* The callee's first line: what a reader finds at the line of the call. */
static void
emit_callee(struct emitter *emitter, const struct module *module,
    const struct instruction *site)
{
	bool call = site->op == OP_CALL;
	uint32_t begin = call ? site->call->callee_begin : site->b;
	uint32_t end = call ? site->call->callee_end : site->b + site->length;

	for (uint32_t at = begin; at < end; at++)
		if (module->source[at] == '\n')
			end = at;
	emit_text(emitter, "call", module, begin, end);
}

void
emit_place(struct emitter *emitter, const struct function *function,
    const struct instruction *site)
{
	emit_callee(emitter, function->module, site);
	json_member_string(emitter->writer, "file", function->module->file);
	json_member_integer(emitter->writer, "line", site->line);
	json_member_string(emitter->writer, "function", function->path);
}

void
emit_implementation(struct emitter *emitter, const struct kernel *kernel)
{
	json_key(emitter->writer, "implementation");
	if (kernel->implementation == NULL) {
		json_put_null(emitter->writer);
		return;
	}
	json_object_begin(emitter->writer);
	json_member_string(emitter->writer, "file", kernel->implementation);
	json_member_integer(emitter->writer, "line", kernel->implementation_line);
	json_object_end(emitter->writer);
}

static void
emit_call(struct emitter *emitter, const struct site *site)
{
	struct json_writer *writer = emitter->writer;
	const struct kernel *kernel = &emitter->kernels->list[site->kernel];
	const struct module *module = site->function->module;
	const struct call *call = site->instruction->call;

	/* A device function is called while it is compiled: nothing is launched there. */
	emit_kernel(emitter, site->form == SITE_DEVICE ? "device-call" : "call", kernel);
	json_member_string(writer, "file", module->file);
	json_member_integer(writer, "line", site->instruction->line);
	json_member_string(writer, "function", site->function->path);
	emit_text(emitter, "text", module, call->begin, call->end);
	json_member_string(writer, "form", form_names[site->form]);
	emit_guards(emitter, module, site->instruction->guard, NULL, NULL);
	json_object_end(writer);
	emitter->calls += site->form != SITE_DEVICE;
}

void
emit_calls(struct emitter *emitter, const struct sites *sites)
{
	for (size_t i = 0; i < sites->count; i++)
		if (emitter->wanted[sites->list[i].kernel])
			emit_call(emitter, &sites->list[i]);
}

void
emit_model(struct emitter *emitter, const struct model *model, const char *file)
{
	json_record_begin(emitter->writer, "model");
	json_member_string(emitter->writer, "model", file);
	json_key(emitter->writer, "classes");
	json_array_begin(emitter->writer);
	for (size_t i = 0; i < model->top_count; i++)
		json_put_string(emitter->writer, model->tops[i]->path);
	json_array_end(emitter->writer);
	json_object_end(emitter->writer);
}

/* Whose chain it is, where it may be that of several models. */
static void
emit_whose(struct emitter *emitter)
{
	if (emitter->model != NULL)
		json_member_string(emitter->writer, "model", emitter->model);
}

/* The class whose instance runs an inherited method, when the path leaves just one. */
static void
emit_receiver(struct emitter *emitter, const struct flow *flow, const struct step *step,
    const uint32_t *contexts)
{
	const struct context *context = &flow->contexts[contexts[step->contexts]];
	const struct class *class;

	if (step->count != 1 || context->receiver == NO_OBJECT || context->function->class == NULL)
		return;
	class = flow->points.objects[context->receiver].what;
	if (class != context->function->class)
		json_member_string(emitter->writer, "receiver", class->path);
}

static void
emit_frame(struct emitter *emitter, const struct choices *choices, const struct steps *steps,
    uint32_t at)
{
	const struct step *step = &steps->list[at];

	json_object_begin(emitter->writer);
	emit_place(emitter, step->function, step->site);
	json_member_integer(emitter->writer, "def", step->function->first_line);
	json_member_string(emitter->writer, "via", via_names[step->via]);
	emit_guards(emitter, step->function->module, step->site->guard, choices, step);
	emit_receiver(emitter, choices->flow, step, steps->contexts);
	json_object_end(emitter->writer);
}

/* Frames from the beginning of the path up to its end. */
static void
emit_path(struct emitter *emitter, const struct choices *choices, const struct steps *steps,
    uint32_t end)
{
	if (end == NO_STEP)
		return;
	emit_path(emitter, choices, steps, steps->list[end].below);
	emit_frame(emitter, choices, steps, end);
}

static void
emit_chain(struct emitter *emitter, const struct chains *chains, const struct kernel *kernel,
    uint32_t lower, const struct steps *above, uint32_t upper)
{
	const struct choices *choices = &chains->choices;

	emit_kernel(emitter, "chain", kernel);
	emit_whose(emitter);
	emit_implementation(emitter, kernel);
	json_member_integer(emitter->writer, "op", chains->lower.list[lower].depth);
	json_key(emitter->writer, "frames");
	json_array_begin(emitter->writer);
	emit_path(emitter, choices, &chains->lower, lower);
	emit_path(emitter, choices, above, upper);
	json_array_end(emitter->writer);
	json_object_end(emitter->writer);
	emitter->chains++;
}

static void
emit_omitted(struct emitter *emitter, const struct kernel *kernel, const struct op_site *op,
    size_t count, bool cut)
{
	emit_kernel(emitter, "omitted", kernel);
	emit_whose(emitter);
	emit_place(emitter, op->place.function, op->place.site);
	json_member_integer(emitter->writer, "chains", (int64_t)count);
	json_member_bool(emitter->writer, "exact", !cut);
	json_object_end(emitter->writer);
	emitter->omitted += count;
	emitter->cut |= cut;
}

/* Chains are pairs of a path below the op and one above it. Every path below comes with
 * some path above before any pair is used that differs in the path above alone. */
static void
emit_op(struct emitter *emitter, struct chains *chains, const struct kernel *kernel,
    const struct op_site *op, unsigned limit)
{
	size_t written = 0, all = 0, most = limit * op->sites;
	bool cut = chains->lower.cut;

	for (size_t i = 0; i < op->lower_count; i++) {
		const struct step *step = &chains->lower.list[op->lower[i]];

		all += chains_above(chains, step)->end_count;
	}
	for (size_t round = 0; written < all && written < most; round++)
		for (size_t i = 0; i < op->lower_count && written < most; i++) {
			const struct step *step = &chains->lower.list[op->lower[i]];
			const struct steps *above = chains_above(chains, step);

			cut |= above->cut;
			if (round >= above->end_count)
				continue;
			emit_chain(emitter, chains, kernel, op->lower[i], above,
			    above->ends[round]);
			written++;
		}
	emitter->ops++;
	if (written < all || cut)
		emit_omitted(emitter, kernel, op, all - written, cut);
}

void
emit_chains(struct emitter *emitter, struct chains *chains, uint32_t kernel, unsigned limit)
{
	for (size_t i = 0; i < chains->op_count; i++)
		emit_op(emitter, chains, &emitter->kernels->list[kernel], &chains->ops[i],
		    limit);
}

void
emit_unresolved(struct emitter *emitter, const struct graph *graph)
{
	static const char *const kinds[UNRESOLVED_KINDS] = {
		[UNRESOLVED_IMPORT] = "import_module", [UNRESOLVED_GETATTR] = "getattr" };
	const struct project *project = graph->flow->project;
	bool *reached = memory_alloc_zero(project->function_count + 1, sizeof(*reached));

	for (size_t i = 0; i < graph->flow->context_count; i++)
		if (graph->flow->contexts[i].reached)
			reached[graph->flow->contexts[i].function->id] = true;
	for (size_t i = 0; i < project->function_count; i++) {
		const struct function *function = project->functions[i];

		for (uint32_t at = 0; at < function->code_count && reached[i]; at++) {
			const struct instruction *code = &function->code[at];

			if (code->op != OP_UNRESOLVED)
				continue;
			json_record_begin(emitter->writer, "unresolved");
			json_member_string(emitter->writer, "what", kinds[code->flag]);
			emit_place(emitter, function, code);
			json_object_end(emitter->writer);
			emitter->unresolved++;
		}
	}
	free(reached);
}

void
emit_end(struct emitter *emitter, const struct project *project, size_t problems)
{
	struct json_writer *writer = emitter->writer;

	json_record_begin(writer, "end");
	json_member_integer(writer, "imports", (int64_t)emitter->kernels->records);
	json_member_integer(writer, "kernels", (int64_t)emitter->kernels->count);
	json_member_integer(writer, "calls", (int64_t)emitter->calls);
	json_member_integer(writer, "chains", (int64_t)emitter->chains);
	json_member_integer(writer, "omitted", (int64_t)emitter->omitted);
	json_member_bool(writer, "exact", !emitter->cut);
	json_member_integer(writer, "ops", (int64_t)emitter->ops);
	json_member_integer(writer, "unreached", (int64_t)emitter->unreached);
	json_member_integer(writer, "unresolved", (int64_t)emitter->unresolved);
	json_member_integer(writer, "files", (int64_t)project->module_count);
	json_member_integer(writer, "problems", (int64_t)problems);
	json_object_end(writer);
}

void
emit_close(struct emitter *emitter)
{
	json_writer_close(emitter->writer);
	arena_free(&emitter->scratch);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Writes flashinfer-trace definitions for the kernels that sglang runs for a model, found
 * by running the model's constructors over its config in a confined interpreter.
 *
 * In, a config.json: {"architectures":["LlamaForCausalLM"],"hidden_size":4096, ...}
 * Out, one a line:   {"name":"rmsnorm_h4096","description":"Normalizes ...","op_type":"rmsnorm",
 *                     "tags":[...],"axes":{...},"inputs":{...},"outputs":{...},"reference":"..."}
 */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "dataset.h"
#include "kernels.h"
#include "base/memory.h"
#include "report.h"
#include "resolve.h"
#include "survey.h"
#include "tags.h"

/* Evaluate one model with every combination of sizes that was asked for; kernels go to the
 * writer when there is one. */
static void
evaluate(const struct command *command, struct constructor *constructor,
    struct catalogue *catalogue, struct source *source, size_t index,
    struct json_writer *kernels)
{
	const struct request *request = &command->requests[index];
	const struct entry *entry = resolve_model(source, request->name, request->config);
	size_t i, k;

	if (!entry && !resolve_may_rename(request->config))
		resolve_fail(source, request->name, request->config);
	for (i = 0; i < request->tp.count; i++) {
		for (k = 0; k < request->ep.count; k++) {
			struct model_request wanted = { command->sglang, entry ? entry->class : NULL,
				request->config, false, { request->tp.sizes[i], request->ep.sizes[k] },
				command->timeout };
			struct model model;

			model_construct(constructor, &model, &wanted);
			if (!model.class && !entry)
				resolve_fail(source, request->name, request->config);
			if (kernels)
				kernels_write(&model, request->name, kernels);
			catalogue_add(catalogue, &model, request->name);
			model_close(&model);
		}
	}
}

/* What exists already: the dataset, and what lies in the output folder. */
static size_t
deduplicate(const struct command *command, struct catalogue *catalogue)
{
	struct dataset dataset = { 0 };
	size_t broken;

	if (command->deduplicate && command->dataset)
		dataset_read(&dataset, command->dataset, false);
	if (command->output_dir)
		dataset_read(&dataset, command->output_dir, true);
	dataset_compare(&dataset, catalogue);
	tags_compare(&dataset, catalogue);
	if (command->update_tags)
		tags_update(&dataset, catalogue);
	broken = dataset.broken;
	dataset_free(&dataset);
	return broken;
}

static void
write_definitions(const struct command *command, const struct catalogue *catalogue)
{
	struct output *out = command->output_dir ? NULL : output_stdout();
	struct json_writer *writer = out ? json_writer_open(out, false) : NULL;
	const struct definition *definition;

	for (definition = catalogue->definitions; definition; definition = definition->next) {
		if (definition->exists)
			continue;
		if (out)
			definition_write(definition, writer);
		else
			command_save(command, definition);
	}
	if (out) {
		json_writer_close(writer);
		output_close(out);
	}
}

static void
write_report(const struct command *command, const struct catalogue *catalogue)
{
	const char **names = memory_alloc_zero(command->request_count + 1, sizeof *names);
	struct output *out = output_file(command->report);
	struct json_writer *writer = json_writer_open(out, true);
	size_t i;

	for (i = 0; i < command->request_count; i++)
		names[i] = command->requests[i].name;
	report_write(catalogue, names, writer);
	json_writer_close(writer);
	output_close(out);
	free(names);
}

/* The kernels alone. */
static int
list_kernels(const struct command *command, struct source *source)
{
	struct output *out = output_stdout();
	struct json_writer *writer = json_writer_open(out, false);
	struct constructor constructor = { 0 };
	struct catalogue catalogue;
	size_t i, findings;

	catalogue_open(&catalogue, command->wishes);
	for (i = 0; i < command->request_count; i++)
		evaluate(command, &constructor, &catalogue, source, i, writer);
	constructor_close(&constructor);
	json_writer_close(writer);
	output_close(out);
	findings = report_warn(&catalogue);
	catalogue_close(&catalogue);
	return findings ? STATUS_FINDINGS : STATUS_DONE;
}

static int
generate(const struct command *command, struct source *source)
{
	struct constructor constructor = { 0 };
	struct catalogue catalogue;
	size_t i, findings;

	catalogue_open(&catalogue, command->wishes);
	for (i = 0; i < command->request_count; i++)
		evaluate(command, &constructor, &catalogue, source, i, NULL);
	constructor_close(&constructor);
	findings = deduplicate(command, &catalogue);
	write_definitions(command, &catalogue);
	if (command->passes.first)
		workloads_write(&catalogue, &command->passes, command->root);
	if (command->report)
		write_report(command, &catalogue);
	findings += report_warn(&catalogue);
	catalogue_close(&catalogue);
	return findings ? STATUS_FINDINGS : STATUS_DONE;
}

int
main(int argc, char *argv[])
{
	struct command command;
	struct source *source;
	int status;

	command_parse(&command, argc, argv);
	source = source_open(command.sglang);
	if (command.survey)
		status = survey(source, &command);
	else if (command.kernels)
		status = list_kernels(&command, source);
	else
		status = generate(&command, source);
	source_close(source);
	command_free(&command);
	return status;
}

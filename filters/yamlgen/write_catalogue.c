/* SPDX-License-Identifier: Apache-2.0 */
/* One entry per kernel: its name, what the table of names tells of it, and its time. */
#include <math.h>
#include <string.h>

#include "write_catalogue.h"
#include "yaml_writer.h"

/* Comments are not the emitter's business; a line break in a path would end one. */
static void
write_head(const struct catalogue_view *view, struct output *out)
{
	output_string(out, "# Kernel catalogue, written by yamlgen. Shapes are what names encode; "
	    "null is not known.\n# Source:");
	if (view->inputs[0] == NULL)
		output_string(out, " stdin");
	for (char *const *input = view->inputs; *input != NULL; input++) {
		output_char(out, ' ');
		for (const char *at = *input; *at != '\0'; at++)
			output_char(out, (unsigned char)*at < ' ' ? '?' : *at);
	}
	output_char(out, '\n');
}

static void
put_text(struct yaml_writer *writer, const char *key, const char *text)
{
	yaml_put_key(writer, key);
	if (text == NULL)
		yaml_put_null(writer);
	else
		yaml_put_string(writer, text, strlen(text));
}

/* A list of one tuple, one string per tensor. */
static void
put_tensors(struct yaml_writer *writer, const char *key, const char *const *tensors)
{
	yaml_put_key(writer, key);
	if (tensors == NULL) {
		yaml_put_null(writer);
		return;
	}
	yaml_sequence_begin(writer);
	yaml_flow_sequence_begin(writer);
	for (; *tensors != NULL; tensors++)
		yaml_put_string(writer, *tensors, strlen(*tensors));
	yaml_sequence_end(writer);
	yaml_sequence_end(writer);
}

static void
put_integer(struct yaml_writer *writer, const char *key, double number)
{
	yaml_put_key(writer, key);
	yaml_put_integer(writer, llround(number));
}

static void
put_fixed(struct yaml_writer *writer, const char *key, double number, int decimals)
{
	yaml_put_key(writer, key);
	if (isfinite(number))
		yaml_put_fixed(writer, number, decimals);
	else
		yaml_put_null(writer);
}

/* The launches behind rank_ns: of the combined reports, or of all. */
static uint64_t
instances_of(const struct kernel *kernel, bool combined)
{
	uint64_t instances = 0;

	for (const struct sighting *s = kernel->sightings; s != NULL; s = s->next)
		if (s->source->combined == combined)
			instances += s->instances;
	return instances;
}

static void
put_stats(struct yaml_writer *writer, const struct catalogue *catalogue,
    const struct kernel *kernel)
{
	bool combined = kernel_is_combined(kernel), any_stage = false;
	/* A kernel that only a stage's run saw has no share of the combined run. */
	bool in_whole = combined || !catalogue->have_combined;

	put_integer(writer, "total_time_ns", kernel->rank_ns);
	put_fixed(writer, "share",
	    in_whole && catalogue->total_ns > 0 ? kernel->rank_ns / catalogue->total_ns : NAN, 6);
	put_integer(writer, "instances", (double)instances_of(kernel, combined));
	yaml_put_key(writer, "stages");
	for (const struct sighting *s = kernel->sightings; s != NULL; s = s->next)
		any_stage |= s->source->stage != NULL;
	if (!any_stage) {
		yaml_put_null(writer);
		return;
	}
	yaml_mapping_begin(writer);
	for (const struct sighting *s = kernel->sightings; s != NULL; s = s->next) {
		if (s->source->stage == NULL)
			continue;
		yaml_put_string(writer, s->source->stage, strlen(s->source->stage));
		yaml_mapping_begin(writer);
		put_integer(writer, "total_time_ns", s->total_ns);
		put_integer(writer, "instances", (double)s->instances);
		yaml_mapping_end(writer);
	}
	yaml_mapping_end(writer);
}

static void
put_measured(struct yaml_writer *writer, const struct measured *measured)
{
	yaml_put_key(writer, "measured");
	if (measured == NULL) {
		yaml_put_null(writer);
		return;
	}
	yaml_mapping_begin(writer);
	put_integer(writer, "launches", (double)measured->launches);
	put_fixed(writer, "duration_ns", measured->duration_ns, 0);
	put_fixed(writer, "dram_percent", measured->dram_percent, 2);
	put_fixed(writer, "tensor_percent", measured->tensor_percent, 2);
	put_fixed(writer, "occupancy_percent", measured->occupancy_percent, 2);
	yaml_mapping_end(writer);
}

size_t
write_catalogue(const struct catalogue *catalogue, struct names *names,
    const struct catalogue_view *view, struct output *out)
{
	struct yaml_writer *writer;
	size_t joined = 0;

	write_head(view, out);
	writer = yaml_writer_open(out);
	yaml_sequence_begin(writer);
	for (size_t i = 0; i < catalogue->ordered_count; i++) {
		const struct kernel *kernel = catalogue->ordered[i];
		const struct names_facts *facts = names_look_up(names, kernel->name,
		    kernel->name_length);

		yaml_mapping_begin(writer);
		yaml_put_key(writer, "raw_name");
		yaml_put_string(writer, kernel->name, kernel->name_length);
		put_text(writer, "friendly_name", facts->friendly);
		put_text(writer, "source_lib", facts->library);
		yaml_put_key(writer, "data_shape");
		yaml_mapping_begin(writer);
		put_tensors(writer, "generic", facts->generic);
		put_tensors(writer, "fixed", facts->fixed);
		put_tensors(writer, "tiled", facts->tiled);
		yaml_mapping_end(writer);
		put_text(writer, "description", facts->description);
		if (view->stats)
			put_stats(writer, catalogue, kernel);
		if (view->ncu != NULL) {
			const struct measured *measured = ncu_find(view->ncu, facts->key);

			put_measured(writer, measured);
			joined += measured != NULL;
		}
		yaml_mapping_end(writer);
	}
	yaml_sequence_end(writer);
	yaml_writer_close(writer);
	return joined;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue as YAML: one entry per kernel. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "entry.h"
#include "write_catalogue.h"
#include "yaml_writer.h"

/* Comments are not the emitter's business; a line break would end one. */
static void
write_comment(struct output *out, const char *text)
{
	for (; *text != '\0'; text++)
		output_char(out, (unsigned char)*text < ' ' ? '?' : *text);
}

static void
write_head(const struct catalogue *catalogue, const struct catalogue_view *view,
    struct output *out)
{
	const char *line = catalogue->remarks, *end;

	output_string(out, "# Kernel catalogue, written by yamlgen. Shapes are what names encode; "
	    "null is not known.\n# Source:");
	if (view->inputs[0] == NULL)
		output_string(out, " stdin");
	for (char *const *input = view->inputs; *input != NULL; input++) {
		output_char(out, ' ');
		write_comment(out, *input);
	}
	output_char(out, '\n');
	if (view->stats)
		output_format(out, "# Total: %.0f ns in %zu kernels\n", catalogue->total_ns,
		    catalogue->by_name.count);
	for (; line != NULL; line = *end != '\0' ? end + 1 : NULL) {
		end = line + strcspn(line, "\n");
		output_string(out, "# Note: ");
		output_bytes(out, line, (size_t)(end - line));
		output_char(out, '\n');
	}
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

static void
put_part(struct yaml_writer *writer, const struct part *part)
{
	yaml_put_string(writer, part->name, strlen(part->name));
	yaml_mapping_begin(writer);
	put_integer(writer, "total_time_ns", part->total_ns);
	put_integer(writer, "instances", (double)part->instances);
	put_fixed(writer, "average_ns",
	    part->instances > 0 ? part->total_ns / (double)part->instances : NAN, 1);
	put_fixed(writer, "min_ns", part->min_ns, 0);
	put_fixed(writer, "median_ns", part->median_ns, 1);
	put_fixed(writer, "max_ns", part->max_ns, 0);
	yaml_mapping_end(writer);
}

static void
put_parts(struct yaml_writer *writer, const char *key, const struct entry *entry,
    enum entry_parts which)
{
	struct part *parts = memory_alloc_zero(entry_count_sightings(entry) + 1, sizeof(*parts));
	size_t count = entry_list_parts(entry, which, parts);

	yaml_put_key(writer, key);
	if (count == 0) {
		yaml_put_null(writer);
	} else {
		yaml_mapping_begin(writer);
		for (size_t i = 0; i < count; i++)
			put_part(writer, &parts[i]);
		yaml_mapping_end(writer);
	}
	free(parts);
}

static void
put_triple(struct yaml_writer *writer, const char *key, const unsigned *triple)
{
	yaml_put_key(writer, key);
	if (triple[0] == 0) {
		yaml_put_null(writer);
		return;
	}
	yaml_flow_sequence_begin(writer);
	for (int i = 0; i < 3; i++)
		yaml_put_integer(writer, triple[i]);
	yaml_sequence_end(writer);
}

/* The grids that the kernel was launched with. */
static void
put_launches(struct yaml_writer *writer, const struct entry *entry)
{
	yaml_put_key(writer, "launches");
	if (entry->kernel->shapes == NULL) {
		yaml_put_null(writer);
		return;
	}
	yaml_sequence_begin(writer);
	for (const struct launch_shape *shape = entry->kernel->shapes; shape != NULL;
	     shape = shape->next) {
		double blocks = (double)shape->grid[0] * shape->grid[1] * shape->grid[2];

		yaml_mapping_begin(writer);
		put_triple(writer, "grid", shape->grid);
		put_triple(writer, "block", shape->block);
		put_integer(writer, "total_time_ns", shape->total_ns);
		put_integer(writer, "instances", (double)shape->instances);
		if (isfinite(entry->work.flops))
			put_integer(writer, "computed_flops_of_a_step", entry->work.flops * blocks);
		if (isfinite(entry->work.flops) && isfinite(entry->work.bytes)) {
			put_integer(writer, "computed_bytes_of_a_step", entry->work.bytes * blocks);
			put_fixed(writer, "computed_flops_per_byte",
			    entry->work.flops / entry->work.bytes, 2);
		}
		yaml_mapping_end(writer);
	}
	yaml_sequence_end(writer);
	if (entry->kernel->shapes_left_out > 0)
		put_integer(writer, "launches_left_out", (double)entry->kernel->shapes_left_out);
}

/* Of the tile, not of the problem: one step over K, or one block of keys. */
static void
put_computed(struct yaml_writer *writer, const struct tile_work *work)
{
	yaml_put_key(writer, "computed");
	if (!isfinite(work->flops) || !isfinite(work->bytes)) {
		yaml_put_null(writer);
		return;
	}
	yaml_mapping_begin(writer);
	put_integer(writer, "tile_step_flops", work->flops);
	put_integer(writer, "tile_step_bytes", work->bytes);
	put_fixed(writer, "flops_per_byte", work->flops / work->bytes, 2);
	yaml_mapping_end(writer);
}

static void
put_stats(struct yaml_writer *writer, const struct entry *entry)
{
	put_integer(writer, "total_time_ns", entry->total_ns);
	put_fixed(writer, "share", entry->share, 6);
	put_integer(writer, "instances", (double)entry->instances);
	put_fixed(writer, "average_ns", entry_average_ns(entry), 1);
	put_fixed(writer, "min_ns", entry->min_ns, 0);
	put_fixed(writer, "median_ns", entry->median_ns, 1);
	put_fixed(writer, "max_ns", entry->max_ns, 0);
	put_parts(writer, "stages", entry, ENTRY_STAGES);
	put_parts(writer, "devices", entry, ENTRY_DEVICES);
	put_launches(writer, entry);
	put_computed(writer, &entry->work);
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
	for (enum ncu_counter counter = 0; counter < NCU_COUNTERS; counter++)
		put_fixed(writer, ncu_counter_name(counter), measured->mean[counter],
		    ncu_counter_decimals(counter));
	yaml_mapping_end(writer);
}

/* "namespace rocprim::": how a fact is known, and by what of the name. */
static void
put_evidence(struct yaml_writer *writer, const char *key, const struct names_evidence *evidence)
{
	struct text text = { 0 };

	if (evidence->kind != NULL)
		text_add_format(&text, "%s %s", evidence->kind, evidence->text);
	put_text(writer, key, evidence->kind != NULL ? text.bytes : NULL);
	text_free(&text);
}

/* Of each fact that the entry states. */
static void
put_all_evidence(struct yaml_writer *writer, const struct names_facts *facts)
{
	static const struct {
		const char *key;
		enum names_field field;
	} stated[] = { { "source_lib", NAMES_LIBRARY }, { "friendly_name", NAMES_FRIENDLY },
		{ "generic", NAMES_GENERIC }, { "fixed", NAMES_FIXED }, { "tiled", NAMES_TILED },
		{ "description", NAMES_DESCRIPTION } };

	yaml_put_key(writer, "evidence");
	yaml_mapping_begin(writer);
	for (size_t i = 0; i < sizeof(stated) / sizeof(stated[0]); i++)
		put_evidence(writer, stated[i].key, &facts->evidence[stated[i].field]);
	yaml_mapping_end(writer);
}

static void
put_entry(struct yaml_writer *writer, const struct entry *entry,
    const struct catalogue_view *view)
{
	const struct names_facts *facts = entry->facts;

	yaml_mapping_begin(writer);
	yaml_put_key(writer, "raw_name");
	yaml_put_string(writer, entry->kernel->name, entry->kernel->name_length);
	put_text(writer, "friendly_name", facts->friendly);
	put_text(writer, "source_lib", facts->library);
	yaml_put_key(writer, "data_shape");
	yaml_mapping_begin(writer);
	put_tensors(writer, "generic", entry_generic(entry));
	put_tensors(writer, "fixed", facts->fixed);
	put_tensors(writer, "tiled", facts->tiled);
	yaml_mapping_end(writer);
	put_text(writer, "description", entry_description(entry));
	put_all_evidence(writer, facts);
	if (view->stats)
		put_stats(writer, entry);
	if (view->ncu != NULL)
		put_measured(writer, entry->measured);
	yaml_mapping_end(writer);
}

size_t
write_catalogue(const struct catalogue *catalogue, struct naming *naming,
    const struct catalogue_view *view, struct output *out)
{
	struct yaml_writer *writer;
	size_t joined = 0;

	write_head(catalogue, view, out);
	writer = yaml_writer_open(out);
	yaml_sequence_begin(writer);
	for (size_t i = 0; i < catalogue->ordered_count; i++) {
		struct entry entry = entry_of(catalogue, catalogue->ordered[i], naming, view->ncu);

		put_entry(writer, &entry, view);
		joined += entry.measured != NULL;
	}
	yaml_sequence_end(writer);
	yaml_writer_close(writer);
	return joined;
}

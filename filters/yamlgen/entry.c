/* SPDX-License-Identifier: Apache-2.0 */
/* Puts together what reports, names and counters know of a kernel. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"

/* A value that was read from the name, as a number; NaN when there is none. */
static double
value_of(const struct names_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->value_count; i++)
		if (strcmp(facts->values[i].name, name) == 0)
			return strtod(facts->values[i].text, NULL);
	return NAN;
}

/* Bytes of one number of the type; NaN for a type that the name does not tell. */
static double
size_of(const struct names_facts *facts, const char *name)
{
	static const struct {
		const char *type;
		double bytes;
	} sizes[] = { { "bf16", 2 }, { "fp16", 2 }, { "fp32", 4 }, { "tf32", 4 }, { "fp64", 8 },
		{ "fp8", 1 }, { "fp8_e4m3", 1 }, { "fp8_e5m2", 1 }, { "mxfp8", 1 }, { "int8", 1 },
		{ "uint8", 1 }, { "fp4_e2m1", 0.5 }, { "mxfp4", 0.5 }, { "nvfp4", 0.5 },
		{ "int4", 0.5 }, { "uint4", 0.5 }, { "complex64", 8 }, { "complex128", 16 } };

	for (size_t i = 0; i < facts->value_count; i++)
		if (strcmp(facts->values[i].name, name) == 0)
			for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
				if (strcmp(facts->values[i].text, sizes[k].type) == 0)
					return sizes[k].bytes;
	return NAN;
}

static double
first_known(double a, double b, double c)
{
	return !isnan(a) ? a : !isnan(b) ? b : c;
}

static struct tile_work
work_of(const struct names_facts *facts)
{
	double m = value_of(facts, "tile_m"), n = value_of(facts, "tile_n");
	double k = value_of(facts, "tile_k"), head = value_of(facts, "head_dim");
	double any = size_of(facts, "dtype");
	double a = first_known(size_of(facts, "dtype_a"), size_of(facts, "dtype_q"), any);
	double b = first_known(size_of(facts, "dtype_b"), size_of(facts, "dtype_kv"), a);

	if (facts->tiled == NULL || m <= 0 || n <= 0)
		return (struct tile_work){ NAN, NAN };
	if (facts->type == TYPE_ATTENTION)
		/* Scores, and their product with the values; keys and values are read. */
		return (struct tile_work){ 4 * m * n * head, 2 * n * head * b };
	return (struct tile_work){ 2 * m * n * k, m * k * a + k * n * b };
}

/* Adds a sighting up; the median of several is only known when each launch is. */
static void
add_part(struct part *part, const struct sighting *s)
{
	bool first = part->instances == 0 && part->total_ns == 0;

	part->min_ns = first ? s->min_ns : isnan(part->min_ns) || isnan(s->min_ns) ? NAN :
	    fmin(part->min_ns, s->min_ns);
	part->max_ns = first ? s->max_ns : isnan(part->max_ns) || isnan(s->max_ns) ? NAN :
	    fmax(part->max_ns, s->max_ns);
	part->median_ns = first ? s->median_ns : NAN;
	part->total_ns += s->total_ns;
	part->instances += s->instances;
	durations_add_all(&part->durations, &s->durations);
}

static void
finish_part(struct part *part)
{
	if (part->durations.count > 0 && part->durations.count == part->instances)
		part->median_ns = durations_median(&part->durations);
	durations_free(&part->durations);
}

struct entry
entry_of(const struct catalogue *catalogue, const struct kernel *kernel, struct naming *naming,
    const struct ncu *ncu)
{
	struct entry entry = { .kernel = kernel, .combined = kernel_is_combined(kernel) };
	/* A kernel that only a stage's run saw has no share of the combined run. */
	bool in_whole = entry.combined || !catalogue->have_combined;
	struct part all = { 0 };

	entry.facts = naming_facts(naming, catalogue, kernel);
	if (ncu != NULL)
		entry.measured = ncu_find(ncu, entry.facts->key);
	for (const struct sighting *s = kernel->sightings; s != NULL; s = s->next)
		if (source_counts(s->source, entry.combined))
			add_part(&all, s);
	finish_part(&all);
	entry.total_ns = kernel->rank_ns;
	entry.share = in_whole && catalogue->total_ns > 0 ?
	    kernel->rank_ns / catalogue->total_ns : NAN;
	entry.instances = all.instances;
	entry.min_ns = all.min_ns;
	entry.median_ns = all.median_ns;
	entry.max_ns = all.max_ns;
	entry.work = work_of(entry.facts);
	return entry;
}

double
entry_average_ns(const struct entry *entry)
{
	return entry->instances > 0 ? entry->total_ns / (double)entry->instances : NAN;
}

size_t
entry_count_sightings(const struct entry *entry)
{
	size_t count = 0;

	for (const struct sighting *s = entry->kernel->sightings; s != NULL; s = s->next)
		count++;
	return count;
}

size_t
entry_list_parts(const struct entry *entry, enum entry_parts which, struct part *parts)
{
	size_t count = 0, at;

	for (const struct sighting *s = entry->kernel->sightings; s != NULL; s = s->next) {
		const char *name = which == ENTRY_STAGES ? s->source->stage : s->source->device;

		if (name == NULL || (which == ENTRY_DEVICES && !source_counts(s->source, entry->combined)))
			continue;
		for (at = 0; at < count && strcmp(parts[at].name, name) != 0; at++)
			;
		if (at == count)
			parts[count++] = (struct part){ .name = name };
		add_part(&parts[at], s);
	}
	for (at = 0; at < count; at++)
		finish_part(&parts[at]);
	return count;
}

const char *const *
entry_generic(const struct entry *entry)
{
	static const char *const unknown[] = { "(…)", "->", "(…)", NULL };

	return entry->facts->generic != NULL ? entry->facts->generic : unknown;
}

const char *
entry_description(const struct entry *entry)
{
	if (entry->facts->description != NULL)
		return entry->facts->description;
	return strcmp(entry->facts->family, "unknown") == 0 ?
	    "Its name is of no kind of kernel that is known." :
	    "Its name tells what it is called, and no more.";
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Adds up sightings and orders the kernels without counting any run twice. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

void
catalogue_open(struct catalogue *catalogue)
{
	*catalogue = (struct catalogue){ 0 };
	catalogue->last_source = &catalogue->sources;
}

struct source *
catalogue_add_source(struct catalogue *catalogue, const char *stage, const char *file,
    bool combined)
{
	struct source *source = arena_alloc_zero(&catalogue->arena, sizeof(*source));

	if (stage != NULL)
		source->stage = arena_copy(&catalogue->arena, stage, strlen(stage));
	source->file = arena_copy(&catalogue->arena, file, strlen(file));
	source->combined = combined;
	*catalogue->last_source = source;
	catalogue->last_source = &source->next;
	return source;
}

struct source *
catalogue_device(struct catalogue *catalogue, struct source *source, const char *device,
    size_t length)
{
	struct source *one = source, *added;

	if (length == 0)
		return source;
	if (source->device == NULL && source->kernels == 0) {
		source->device = arena_copy(&catalogue->arena, device, length);
		return source;
	}
	for (; one != NULL; one = one->next)
		if (one->file == source->file && one->stage == source->stage &&
		    one->device != NULL && strlen(one->device) == length &&
		    memcmp(one->device, device, length) == 0)
			return one;
	added = catalogue_add_source(catalogue, source->stage, source->file, source->combined);
	added->within = source->within;
	added->file = source->file;
	added->stage = source->stage;
	added->device = arena_copy(&catalogue->arena, device, length);
	return added;
}

struct observation
observation_of(double total_ns, uint64_t instances)
{
	return (struct observation){ .total_ns = total_ns, .instances = instances,
		.min_ns = NAN, .median_ns = NAN, .max_ns = NAN };
}

void
catalogue_remark(struct catalogue *catalogue, const char *format, ...)
{
	struct text text = { 0 };
	size_t before = 0;
	va_list arguments;

	if (catalogue->remarks != NULL) {
		text_add_string(&text, catalogue->remarks);
		text_add_char(&text, '\n');
		before = text.length;
	}
	va_start(arguments, format);
	text_add_arguments(&text, format, arguments);
	va_end(arguments);
	warn("%s", text.bytes + before);
	catalogue->remarks = arena_copy(&catalogue->arena, text.bytes, text.length);
	text_free(&text);
}

static struct kernel *
find_kernel(struct catalogue *catalogue, const char *name, size_t name_length)
{
	void **place = map_put(&catalogue->by_name, name, name_length);
	struct kernel *kernel = *place;

	if (kernel == NULL) {
		kernel = *place = arena_alloc_zero(&catalogue->arena, sizeof(*kernel));
		kernel->name = catalogue->by_name.entries[catalogue->by_name.count - 1].key;
		kernel->name_length = name_length;
		kernel->last = &kernel->sightings;
	}
	return kernel;
}

const struct sighting *
kernel_sighting(const struct kernel *kernel, const struct source *source)
{
	const struct sighting *sighting = kernel->sightings;

	while (sighting != NULL && sighting->source != source)
		sighting = sighting->next;
	return sighting;
}

/* Shapes of one kernel that are told apart; more are counted. */
enum { MOST_SHAPES = 16 };

static void
add_shape(struct catalogue *catalogue, struct kernel *kernel, const unsigned *grid,
    const unsigned *block, double total_ns, uint64_t instances)
{
	struct launch_shape **place = &kernel->shapes, *shape;

	if (grid[0] == 0)
		return;
	for (; (shape = *place) != NULL; place = &shape->next)
		if (memcmp(shape->grid, grid, sizeof(shape->grid)) == 0 &&
		    memcmp(shape->block, block, sizeof(shape->block)) == 0)
			break;
	if (shape == NULL) {
		if (kernel->shape_count == MOST_SHAPES) {
			kernel->shapes_left_out++;
			return;
		}
		shape = *place = arena_alloc_zero(&catalogue->arena, sizeof(*shape));
		memcpy(shape->grid, grid, sizeof(shape->grid));
		memcpy(shape->block, block, sizeof(shape->block));
		kernel->shape_count++;
	}
	shape->total_ns += total_ns;
	shape->instances += instances;
}

static struct sighting *
find_sighting(struct catalogue *catalogue, struct kernel *kernel, struct source *source)
{
	struct sighting *sighting = (struct sighting *)kernel_sighting(kernel, source);

	if (sighting == NULL) {
		sighting = arena_alloc_zero(&catalogue->arena, sizeof(*sighting));
		sighting->source = source;
		sighting->min_ns = sighting->median_ns = sighting->max_ns = NAN;
		*kernel->last = sighting;
		kernel->last = &sighting->next;
		source->kernels++;
	}
	return sighting;
}

void
catalogue_add(struct catalogue *catalogue, struct source *source, const char *name,
    size_t name_length, const struct observation *seen)
{
	struct kernel *kernel = find_kernel(catalogue, name, name_length);
	struct sighting *sighting = find_sighting(catalogue, kernel, source);

	/* A second row: its median is not that of both. */
	sighting->median_ns = sighting->instances == 0 ? seen->median_ns : NAN;
	/* Of a row that lacks it, none is known of the sum, either. */
	sighting->min_ns = sighting->instances == 0 ? seen->min_ns :
	    isnan(seen->min_ns) ? NAN : fmin(sighting->min_ns, seen->min_ns);
	sighting->max_ns = sighting->instances == 0 ? seen->max_ns :
	    isnan(seen->max_ns) ? NAN : fmax(sighting->max_ns, seen->max_ns);
	sighting->total_ns += seen->total_ns;
	sighting->instances += seen->instances;
	if (seen->durations != NULL)
		durations_add_all(&sighting->durations, seen->durations);
	else if (seen->instances == 1)
		durations_add(&sighting->durations, seen->total_ns);
	add_shape(catalogue, kernel, seen->grid, seen->block, seen->total_ns, seen->instances);
}

void
catalogue_merge(struct catalogue *catalogue, struct source *source, const struct kernel *kernel)
{
	for (const struct sighting *s = kernel->sightings; s != NULL; s = s->next) {
		struct observation seen = { .total_ns = s->total_ns, .instances = s->instances,
			.min_ns = s->min_ns, .median_ns = s->median_ns, .max_ns = s->max_ns,
			.durations = &s->durations };
		struct source *of = s->source->device == NULL ? source : catalogue_device(catalogue,
		    source, s->source->device, strlen(s->source->device));

		catalogue_add(catalogue, of, kernel->name, kernel->name_length, &seen);
	}
	for (const struct launch_shape *shape = kernel->shapes; shape != NULL; shape = shape->next)
		add_shape(catalogue, find_kernel(catalogue, kernel->name, kernel->name_length),
		    shape->grid, shape->block, shape->total_ns, shape->instances);
}

/* One source's view while its longest kernels are picked. */
struct candidate {
	struct kernel *kernel;
	double total_ns;
};

static int
compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->total_ns != b->total_ns)
		return a->total_ns > b->total_ns ? -1 : 1;
	return strcmp(a->kernel->name, b->kernel->name);
}

static void
select_top(struct catalogue *catalogue, const struct source *source, size_t top)
{
	struct candidate *candidates = memory_alloc_zero(source->kernels, sizeof(*candidates));
	size_t count = 0;

	for (size_t i = 0; i < catalogue->by_name.count; i++) {
		struct kernel *kernel = catalogue->by_name.entries[i].value;
		const struct sighting *sighting = kernel_sighting(kernel, source);

		if (sighting != NULL)
			candidates[count++] = (struct candidate){ kernel, sighting->total_ns };
	}
	qsort(candidates, count, sizeof(*candidates), compare_candidates);
	for (size_t i = 0; i < count && (top == 0 || i < top); i++)
		candidates[i].kernel->selected = true;
	free(candidates);
}

bool
source_counts(const struct source *source, bool combined)
{
	return source->combined == combined && !source->within;
}

/* The kernel's time in the combined sources, or in the others. */
static double
time_in(const struct kernel *kernel, bool combined)
{
	double total = 0;

	for (const struct sighting *s = kernel->sightings; s != NULL; s = s->next)
		if (source_counts(s->source, combined))
			total += s->total_ns;
	return total;
}

bool
kernel_is_combined(const struct kernel *kernel)
{
	for (const struct sighting *s = kernel->sightings; s != NULL; s = s->next)
		if (s->source->combined)
			return true;
	return false;
}

/* Kernels of the combined run first: their times and those of a stage run, which may be
 * of another length, do not compare. */
static int
compare_kernels(const void *left, const void *right)
{
	const struct kernel *a = *(struct kernel *const *)left, *b = *(struct kernel *const *)right;
	int a_combined = kernel_is_combined(a), b_combined = kernel_is_combined(b);

	if (a_combined != b_combined)
		return b_combined - a_combined;
	if (a->rank_ns != b->rank_ns)
		return a->rank_ns > b->rank_ns ? -1 : 1;
	return strcmp(a->name, b->name);
}

void
catalogue_order(struct catalogue *catalogue, size_t top)
{
	for (const struct source *source = catalogue->sources; source != NULL; source = source->next) {
		catalogue->have_combined |= source->combined;
		select_top(catalogue, source, top);
	}
	catalogue->ordered = memory_alloc_zero(catalogue->by_name.count, sizeof(struct kernel *));
	for (size_t i = 0; i < catalogue->by_name.count; i++) {
		struct kernel *kernel = catalogue->by_name.entries[i].value;

		kernel->rank_ns = time_in(kernel, kernel_is_combined(kernel));
		if (!catalogue->have_combined || kernel_is_combined(kernel))
			catalogue->total_ns += kernel->rank_ns;
		if (kernel->selected)
			catalogue->ordered[catalogue->ordered_count++] = kernel;
	}
	qsort(catalogue->ordered, catalogue->ordered_count, sizeof(struct kernel *), compare_kernels);
	for (size_t i = 0; i < catalogue->ordered_count; i++)
		catalogue->ordered[i]->place = i;
}

void
catalogue_close(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->by_name.count; i++) {
		struct kernel *kernel = catalogue->by_name.entries[i].value;

		for (struct sighting *s = kernel->sightings; s != NULL; s = s->next)
			durations_free(&s->durations);
	}
	free(catalogue->ordered);
	map_free(&catalogue->by_name);
	arena_free(&catalogue->arena);
}

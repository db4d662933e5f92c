/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels that were seen, by name, with their time per stage. */
#ifndef WARPIPE_YAMLGEN_CATALOGUE_H
#define WARPIPE_YAMLGEN_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "durations.h"

/* What one row of a report says: launches of one kernel. */
struct observation {
	double total_ns;
	uint64_t instances;
	double min_ns, median_ns, max_ns; /* NaN where the report lacks it */
	unsigned grid[3], block[3];       /* 0 where the report lacks it */
	const struct durations *durations; /* of each launch; NULL when only sums are known, or
	                                    * when total_ns is that of the only launch */
};

/* What one source file (or one stage of a record stream) says of one kernel. */
struct sighting {
	struct sighting *next;
	const struct source *source;
	double total_ns;
	uint64_t instances;
	double min_ns, median_ns, max_ns; /* NaN when not known; medians do not add up: only of a
	                                   * kernel that one row tells of */
	struct durations durations; /* of the launches that were seen one by one */
};

/* The launches of one kernel with one grid of blocks. */
struct launch_shape {
	struct launch_shape *next;
	unsigned grid[3], block[3];
	double total_ns;
	uint64_t instances;
};

/* One kernel. Names are spelled as the source spells them: two spellings are two kernels. */
struct kernel {
	const char *name; /* NUL-terminated */
	size_t name_length;
	struct sighting *sightings; /* in the order of the sources */
	struct sighting **last;
	struct launch_shape *shapes; /* where the reports say it */
	size_t shape_count, shapes_left_out;
	bool selected;  /* among the first N of some source */
	double rank_ns; /* what the catalogue is ordered by, see catalogue_order */
	size_t place;   /* in catalogue->ordered */
};

/* One file, or one stage within a trace. A combined source holds everything that ran, so
 * its times already contain those of the stages. */
struct source {
	struct source *next;
	const char *stage; /* "prefill"; NULL when it has none */
	const char *device; /* as the report names it; NULL when it does not */
	const char *file;
	bool combined;
	bool within;       /* another source of the same file has its launches, too */
	size_t kernels;    /* how many it names */
};

struct catalogue {
	struct map by_name;      /* struct kernel */
	struct kernel **ordered; /* after catalogue_order: selected ones, first to last */
	size_t ordered_count;
	struct source *sources;
	struct source **last_source;
	bool have_combined;
	double total_ns;         /* of the sources that rank_ns is taken from */
	const char *remarks;     /* lines for the document's head; NULL for none */
	struct arena arena;      /* owns kernels, sightings, sources */
};

void catalogue_open(struct catalogue *catalogue);
struct source *catalogue_add_source(struct catalogue *catalogue, const char *stage,
    const char *file, bool combined);

/* The source like `source` but of that device: added when there is none yet. */
struct source *catalogue_device(struct catalogue *catalogue, struct source *source,
    const char *device, size_t length);

/* An observation of which only time and number are known. */
struct observation observation_of(double total_ns, uint64_t instances);

/* Add launches of a kernel to a source; called again for the same pair, it adds up. */
void catalogue_add(struct catalogue *catalogue, struct source *source, const char *name,
    size_t name_length, const struct observation *seen);

/* Add all that a kernel of another catalogue was seen as. */
void catalogue_merge(struct catalogue *catalogue, struct source *source,
    const struct kernel *kernel);

/* Select the first `top` kernels of each source by time (0: all) and order them by time,
 * longest first: the time in the combined sources when there are any, where a kernel that
 * only a stage saw comes after those by its stage time; else the sum over the sources.
 * Equal times are ordered by name. */
void catalogue_order(struct catalogue *catalogue, size_t top);

/* The kernel's own sighting in `source`, or NULL. */
const struct sighting *kernel_sighting(const struct kernel *kernel, const struct source *source);

/* Whether the source's times are added to those of the combined sources, or of the others. */
bool source_counts(const struct source *source, bool combined);

/* Whether a combined source saw the kernel. */
bool kernel_is_combined(const struct kernel *kernel);

/* Note, on stderr and in the document's head, what the numbers do not say. */
void catalogue_remark(struct catalogue *catalogue, const char *format, ...) PRINTF_LIKE(2, 3);

void catalogue_close(struct catalogue *catalogue);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The report files of one profiling run. */
#ifndef WARPIPE_YAMLGEN_RUN_DIR_H
#define WARPIPE_YAMLGEN_RUN_DIR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* One report of a run. */
struct run_file {
	struct run_file *next;
	const char *path;
	const char *stage; /* NULL for the combined run and for loose files */
	bool combined;
};

/* The reports below a run's folder: per-stage/STAGE/nsys/ (stages by name), then
 * all-stage/nsys/, the combined run; or, in a folder without either, the reports that lie
 * in it. A report is *cuda_gpu_kern_sum*.csv or *gpukernsum*.csv, or, where there is none,
 * *.sqlite. A stage folder without one dies, or with `missing_stages` not NULL is warned
 * of and counted there. Dies when the folder has no report at all. Files live in the arena. */
struct run_file *run_dir_files(struct arena *arena, const char *path, size_t *missing_stages);

/* One report given by its own path; its stage is read off a path of that layout. */
struct run_file *run_file_of(struct arena *arena, const char *path);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the layout of a run's folder. */
#include <string.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/memory.h"
#include "run_dir.h"
#include "base/text.h"

static const char *
join(struct arena *arena, const char *folder, const char *name)
{
	struct text path = { 0 };
	const char *copy;

	text_add_format(&path, "%s%s%s", folder,
	    folder[0] != '\0' && folder[strlen(folder) - 1] == '/' ? "" : "/", name);
	copy = arena_copy(arena, path.bytes, path.length);
	text_free(&path);
	return copy;
}

static bool
ends_in(const char *name, const char *suffix)
{
	size_t length = strlen(name), suffix_length = strlen(suffix);

	return length >= suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

static bool
is_csv_report(const char *name)
{
	return ends_in(name, ".csv") &&
	    (strstr(name, "cuda_gpu_kern_sum") != NULL || strstr(name, "gpukernsum") != NULL);
}

/* Append the reports of one folder; returns how many. */
static size_t
add_reports(struct arena *arena, const char *folder, const char *stage, bool combined,
    struct run_file ***last)
{
	struct folder list;
	size_t reports = 0;

	folder_list(&list, folder);
	for (int csv = 1; csv >= 0 && reports == 0; csv--) {
		for (size_t i = 0; i < list.count; i++) {
			const char *name = list.names[i];
			struct run_file *file;

			if (!(csv ? is_csv_report(name) : ends_in(name, ".sqlite")))
				continue;
			file = arena_alloc_zero(arena, sizeof(*file));
			file->path = join(arena, folder, name);
			file->stage = stage;
			file->combined = combined;
			**last = file;
			*last = &file->next;
			reports++;
		}
	}
	folder_free(&list);
	return reports;
}

struct run_file *
run_dir_files(struct arena *arena, const char *path, size_t *missing_stages)
{
	const char *stages = join(arena, path, "per-stage");
	const char *combined = join(arena, path, "all-stage");
	struct run_file *first = NULL, **last = &first;
	struct folder list;

	folder_list(&list, stages);
	for (size_t i = 0; i < list.count; i++) {
		const char *name = arena_copy(arena, list.names[i], strlen(list.names[i]));
		const char *stage = join(arena, stages, name);

		if (!folder_exists(stage))
			continue;
		stage = join(arena, stage, "nsys");
		if (add_reports(arena, stage, name, false, &last) > 0)
			continue;
		if (missing_stages == NULL)
			die("%s: no *cuda_gpu_kern_sum*.csv for stage '%s'", stage, name);
		warn("%s: no *cuda_gpu_kern_sum*.csv for stage '%s'", stage, name);
		++*missing_stages;
	}
	folder_free(&list);
	if (folder_exists(combined))
		add_reports(arena, join(arena, combined, "nsys"), NULL, true, &last);
	if (first == NULL)
		add_reports(arena, path, NULL, false, &last);
	if (first == NULL)
		die("%s: no kernel reports (*cuda_gpu_kern_sum*.csv or *.sqlite) in it", path);
	return first;
}

struct run_file *
run_file_of(struct arena *arena, const char *path)
{
	static const char stages[] = "per-stage/";
	struct run_file *file = arena_alloc_zero(arena, sizeof(*file));
	const char *stage = strstr(path, stages);

	file->path = path;
	if (stage != NULL) {
		stage += sizeof(stages) - 1;
		file->stage = arena_copy(arena, stage, strcspn(stage, "/"));
	}
	file->combined = stage == NULL && strstr(path, "all-stage/") != NULL;
	return file;
}

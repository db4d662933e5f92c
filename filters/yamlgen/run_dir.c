/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the layout of a run's folder. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "memory.h"
#include "run_dir.h"
#include "text.h"

static bool
is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

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

static int
compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The folder's entries but dot files, sorted; NULL when it cannot be opened. */
static char **
list(struct arena *arena, const char *path, size_t *count)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	size_t capacity = 0;
	char **names = NULL;

	*count = 0;
	if (folder == NULL)
		return NULL;
	while ((errno = 0, entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		names = memory_grow(names, *count, &capacity, sizeof(*names));
		names[(*count)++] = arena_copy(arena, entry->d_name, strlen(entry->d_name));
	}
	if (errno != 0)
		die("%s:", path);
	closedir(folder);
	if (*count > 1)
		qsort(names, *count, sizeof(*names), compare_names);
	return names;
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
	size_t count, reports = 0;
	char **names = list(arena, folder, &count);

	for (int csv = 1; csv >= 0 && reports == 0; csv--) {
		for (size_t i = 0; i < count; i++) {
			struct run_file *file;

			if (!(csv ? is_csv_report(names[i]) : ends_in(names[i], ".sqlite")))
				continue;
			file = arena_alloc_zero(arena, sizeof(*file));
			file->path = join(arena, folder, names[i]);
			file->stage = stage;
			file->combined = combined;
			**last = file;
			*last = &file->next;
			reports++;
		}
	}
	free(names);
	return reports;
}

struct run_file *
run_dir_files(struct arena *arena, const char *path, size_t *missing_stages)
{
	const char *stages = join(arena, path, "per-stage");
	const char *combined = join(arena, path, "all-stage");
	struct run_file *first = NULL, **last = &first;
	size_t count;
	char **names = list(arena, stages, &count);

	for (size_t i = 0; i < count; i++) {
		const char *stage = join(arena, stages, names[i]);

		if (!is_directory(stage))
			continue;
		stage = join(arena, stage, "nsys");
		if (add_reports(arena, stage, names[i], false, &last) > 0)
			continue;
		if (missing_stages == NULL)
			die("%s: no *cuda_gpu_kern_sum*.csv for stage '%s'", stage, names[i]);
		warn("%s: no *cuda_gpu_kern_sum*.csv for stage '%s'", stage, names[i]);
		++*missing_stages;
	}
	free(names);
	if (is_directory(combined))
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

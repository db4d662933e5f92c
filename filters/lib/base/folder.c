/* SPDX-License-Identifier: Apache-2.0 */
/* Lists folders and asks what paths lead to. */
#define _XOPEN_SOURCE 700 /* realpath */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/memory.h"

static int
compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

bool
folder_read(struct folder *folder, const char *path)
{
	DIR *stream = opendir(path);
	struct dirent *entry;
	int error;

	*folder = (struct folder){ 0 };
	if (stream == NULL)
		return false;
	while ((errno = 0, entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		folder->names = memory_grow(folder->names, folder->count, &folder->capacity,
		    sizeof(*folder->names));
		folder->names[folder->count++] = memory_copy_string(entry->d_name);
	}
	error = errno;
	closedir(stream);
	if (error != 0) {
		folder_free(folder);
		errno = error;
		return false;
	}
	if (folder->count > 0)
		qsort(folder->names, folder->count, sizeof(*folder->names), compare_names);
	return true;
}

bool
folder_list(struct folder *folder, const char *path)
{
	if (folder_read(folder, path))
		return true;
	if (!folder_lacks())
		die("%s:", path);
	return false;
}

void
folder_free(struct folder *folder)
{
	for (size_t i = 0; i < folder->count; i++)
		free(folder->names[i]);
	free(folder->names);
	*folder = (struct folder){ 0 };
}

bool
folder_lacks(void)
{
	return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG;
}

static bool
is_of_type(const char *path, mode_t type)
{
	struct stat status;

	if (stat(path, &status) == 0)
		return (status.st_mode & S_IFMT) == type;
	if (!folder_lacks())
		die("%s:", path);
	return false;
}

bool
folder_exists(const char *path)
{
	return is_of_type(path, S_IFDIR);
}

bool
folder_has_file(const char *path)
{
	return is_of_type(path, S_IFREG);
}

bool
folder_is_inside(const char *path, const char *root)
{
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

char *
folder_real_path(const char *path)
{
	return realpath(path, NULL);
}

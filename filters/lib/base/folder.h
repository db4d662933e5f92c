/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a folder. Absence is an answer; whatever else keeps a folder from being
 * looked into ends the program, since an answer without it would be wrong. */
#ifndef WARPIPE_FOLDER_H
#define WARPIPE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

struct folder {
	char **names; /* sorted bytewise, without those that begin with a dot */
	size_t count, capacity;
};

/* False with errno when there is no such folder or it cannot be read to its end. */
bool folder_read(struct folder *folder, const char *path);

/* As folder_read, but false means absent: dies when it cannot be read. */
bool folder_list(struct folder *folder, const char *path);
void folder_free(struct folder *folder);

/* Whether errno says that a path leads nowhere. */
bool folder_lacks(void);

/* Whether there is such a folder, or such a regular file; dies when that cannot be told. */
bool folder_exists(const char *path);
bool folder_has_file(const char *path);

/* Whether `path`, both as realpath gives them, is root or below it. */
bool folder_is_inside(const char *path, const char *root);

/* realpath, malloc'ed; NULL with errno. */
char *folder_real_path(const char *path);

#endif

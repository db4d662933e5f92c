/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary files that vanish with the program, whether it ends by exit or is told to end
 * by SIGHUP, SIGINT or SIGTERM. (After SIGKILL a file NAME.XXXXXX may be left.) */
#ifndef WARPIPE_TEMPORARY_H
#define WARPIPE_TEMPORARY_H

#include <stdbool.h>

/* Makes a file as mkstemp does: `path` ends in XXXXXX, which is changed in place. Its bytes
 * stay the caller's and must stay where they are until the file is renamed or removed.
 * A descriptor, or -1 with errno. At most 4 at a time. */
int temporary_open(char *path);

/* The name of a temporary file in $TMPDIR or /tmp, for temporary_open; the caller frees it. */
char *temporary_name(const char *program);

/* Gives the file its final name. False with errno when that fails. */
bool temporary_rename(const char *path, const char *name);

void temporary_remove(const char *path);

#endif

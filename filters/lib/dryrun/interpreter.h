/* SPDX-License-Identifier: Apache-2.0 */
/* CPython in a child process: alone with its standard library, and as it is on every machine. */
#ifndef WARPIPE_DRYRUN_INTERPRETER_H
#define WARPIPE_DRYRUN_INTERPRETER_H

#include <stdbool.h>

/* Where the standard library is, and what else a confined interpreter must be able to read:
 * NULL-terminated. */
extern const char *const interpreter_readable[];

/* Start it: no site, no environment, no user's folders, no signal handlers, a fixed hash seed,
 * no bytecode written, sys.path of the standard library alone. False when it cannot start. */
bool interpreter_start(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel that the user brings (kbench_kernel.h), from a shared object or a module of Python. */
#ifndef KBENCH_OWN_H
#define KBENCH_OWN_H

#include "bench.h"

/* Strings live until own_close. Of a shared object the functions, of Python the child. */
struct own {
	const char *name, *axes, *ceiling;
	void *(*prepare)(const long long *values, void *stream, const char **why);
	int (*run)(void *job);
	double (*bytes)(void *job);
	int (*check)(void *job); /* NULL: there is none */
	void (*release)(void *job);
	struct python *python;   /* NULL for a shared object */
};

/* One subject for each of the user's files, to be asked for like the others; dies, naming the file and
 * what it lacks. In the arena. */
const struct subject *own_open(const char *path, struct arena *arena);

/* The module in a process of its own, which times its calls itself; in own_python.c. */
void python_open(struct own *own, const char *path, struct arena *arena);
bool python_prepare(struct python *python, const long long *values, size_t count, double *bytes,
    const char **why);
/* Microseconds of one of `calls` calls; negative when it failed. */
double python_run(struct python *python, unsigned calls);
int python_check(struct python *python); /* 1, 0; -1: there is none */
const char *python_clock(const struct python *python); /* what it times by */

#endif

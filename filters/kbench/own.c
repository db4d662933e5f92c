/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a subject of what the user's file says of itself. */
#include <ctype.h>
#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "own.h"
#include "rows.h"

enum { MOST_OWN_AXES = 16 };

/* The subject comes first, so that a job finds what it is of. */
struct own_subject {
	struct subject subject;
	struct own own;
	struct axis_rule rules[MOST_OWN_AXES + 2];
	size_t count; /* of the user's axes */
};

struct job {
	struct bench *bench;
	const struct own_subject *of;
	void *own;     /* of a shared object */
	double bytes;
	double call_us; /* as Python timed it */
};

static void *
need_symbol(void *library, const char *path, const char *name)
{
	void *symbol = dlsym(library, name);

	if (symbol == NULL)
		die("%s: has no %s (see filters/kbench/kbench_kernel.h)", path, name);
	return symbol;
}

static void
library_open(struct own *own, const char *path, struct arena *arena)
{
	/* without a slash it would be sought where libraries are */
	const char *file = strchr(path, '/') != NULL ? path : arena_format(arena, "./%s", path);
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL), *symbol;
	const char *text;

	if (library == NULL)
		die("%s", dlerror());
	own->name = need_symbol(library, path, "kbench_name");
	text = dlsym(library, "kbench_axes");
	own->axes = text != NULL ? text : "size=1K:1M:x4";
	text = dlsym(library, "kbench_ceiling");
	own->ceiling = text != NULL ? text : "copy";
	/* ISO C has no conversion from object to function pointers; POSIX has dlsym. */
	symbol = need_symbol(library, path, "kbench_prepare");
	memcpy(&own->prepare, &symbol, sizeof(symbol));
	symbol = need_symbol(library, path, "kbench_run");
	memcpy(&own->run, &symbol, sizeof(symbol));
	symbol = need_symbol(library, path, "kbench_bytes");
	memcpy(&own->bytes, &symbol, sizeof(symbol));
	symbol = need_symbol(library, path, "kbench_release");
	memcpy(&own->release, &symbol, sizeof(symbol));
	symbol = dlsym(library, "kbench_check");
	memcpy(&own->check, &symbol, sizeof(symbol));
}

/* "rows=1:4096:x4; width=128" into rules, then the state of the caches. */
static void
make_rules(struct own_subject *own, const char *path, struct arena *arena)
{
	const char *at = own->own.axes;

	while (*at != '\0') {
		size_t blanks = strspn(at, " ;"), length = strcspn(at + blanks, ";");
		const char *item = arena_copy(arena, at + blanks, length);
		const char *equals = strchr(item, '=');
		struct axis axis;

		at += blanks + length;
		if (length == 0)
			continue;
		if (own->count == MOST_OWN_AXES || equals == NULL || equals == item ||
		    axis_parse(&axis, item, arena) != NULL)
			die("%s: its axes are no list as \"rows=1:4096:x4; width=128\", of at most %d: %s",
			    path, (int)MOST_OWN_AXES, own->own.axes);
		own->rules[own->count] = (struct axis_rule){ axis.name, "of its own", NULL,
			0, INT64_C(1) << 40, equals + 1, equals + 1 };
		if (axis_check(&axis, &own->rules[own->count], arena) != NULL ||
		    strcmp(axis.name, "l2") == 0)
			die("%s: axis %s", path, axis.name);
		own->count++;
	}
	if (own->count == 0)
		die("%s: has no axis", path);
	/* another process's caches cannot be emptied from here */
	own->rules[own->count] = (struct axis_rule){ "l2", "caches before the call",
		row_cache_states, 0, 0, own->own.python != NULL ? "hot" : "hot,cold",
		own->own.python != NULL ? NULL : "hot,cold" };
}

static void *
open_job(struct bench *bench, const struct point *point, const char **why)
{
	/* the rules of its axes stand within it */
	const struct own_subject *of = bench->own;
	struct job *job = memory_alloc_zero(1, sizeof(*job));
	long long values[MOST_OWN_AXES];
	bool open;

	job->bench = bench;
	job->of = of;
	*why = "its prepare gave no reason";
	for (size_t i = 0; i < of->count; i++)
		values[i] = point_number(point, of->rules[i].name);
	if (of->own.python != NULL)
		open = python_prepare(of->own.python, values, of->count, &job->bytes, why);
	else {
		job->own = of->own.prepare(values, bench->backend->stream, why);
		open = job->own != NULL;
		job->bytes = open ? of->own.bytes(job->own) : 0;
	}
	if (!open) {
		free(job);
		return NULL;
	}
	return job;
}

static enum kernel_status
call_job(void *context, unsigned calls)
{
	struct job *job = context;

	if (job->of->own.python != NULL) {
		job->call_us = python_run(job->of->own.python, calls);
		return job->call_us >= 0 ? KERNEL_OK : KERNEL_FAILED;
	}
	for (unsigned i = 0; i < calls; i++)
		if (job->of->own.run(job->own) != 0)
			return KERNEL_FAILED;
	return KERNEL_OK;
}

static const double *
told_us(void *context)
{
	struct job *job = context;

	return job->of->own.python != NULL ? &job->call_us : NULL;
}

static int
check_job(void *context)
{
	struct job *job = context;

	if (job->of->own.python != NULL)
		return python_check(job->of->own.python);
	return job->of->own.check == NULL ? -1 : job->of->own.check(job->own) != 0;
}

static void
describe_job(void *context, struct measure *measure)
{
	struct job *job = context;
	struct results *results = job->bench->results;
	const char *clock = job->of->own.python != NULL ? python_clock(job->of->own.python) : NULL;

	measure->bytes = job->bytes > 0 ? job->bytes : 0;
	/* the ceilings here are the processor's, not those of a GPU that Python drives */
	measure->ceiling = clock != NULL && strcmp(clock, "CUDA events") == 0 ? ""
	    : job->of->own.ceiling;
	facts_text(results, &measure->facts, "bytes by", "the subject's own formula", ORIGIN_COMPUTED);
	if (clock != NULL)
		facts_text(results, &measure->facts, "timed by", clock, ORIGIN_MEASURED);
}

static void
close_job(void *context)
{
	struct job *job = context;

	if (job->own != NULL)
		job->of->own.release(job->own);
	free(job);
}

static bool
is_one_of(const char *text, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(text, *list) == 0)
			return true;
	return false;
}

const struct subject *
own_open(const char *path, struct arena *arena)
{
	static const char *const ceilings[] = { "copy", "read", "", NULL };
	struct own_subject *own = arena_alloc_zero(arena, sizeof(*own));
	size_t length = strlen(path);

	if (length > 3 && strcmp(path + length - 3, ".py") == 0)
		python_open(&own->own, path, arena);
	else
		library_open(&own->own, path, arena);
	for (const char *at = own->own.name; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
			die("%s: a name of letters, digits, _ and -: %s", path, own->own.name);
	for (size_t i = 0; subjects[i] != NULL; i++)
		if (own->own.name[0] == '\0' || strcmp(own->own.name, subjects[i]->name) == 0)
			die("%s: its name is empty or that of a kernel of kbench: %s", path,
			    own->own.name);
	if (!is_one_of(own->own.ceiling, ceilings))
		die("%s: its ceiling is none of copy, read and nothing: %s", path, own->own.ceiling);
	make_rules(own, path, arena);
	own->subject = (struct subject){ .name = own->own.name, .sentence = path,
		.size_axis = own->rules[0].name, .axes = own->rules,
		.cpu_only = own->own.python != NULL, .open = open_job, .call = call_job,
		.told_us = told_us, .check_known = check_job, .describe = describe_job,
		.close = close_job };
	return &own->subject;
}

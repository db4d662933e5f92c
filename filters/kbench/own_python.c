/* SPDX-License-Identifier: Apache-2.0 */
/* Speaks with own.py, which loads the user's module: a line each way for each request. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/error.h"
#include "base/intern.h"
#include "own.h"

extern const char own_py[];

enum { LINE = 4096 };

struct python {
	FILE *to, *from;
	const char *path, *clock;
	char line[LINE];
};

/* Its answer to a request; dies where it has gone. */
static const char *
ask(struct python *python, const char *request)
{
	size_t length;

	if (fprintf(python->to, "%s\n", request) < 0 || fflush(python->to) != 0 ||
	    fgets(python->line, sizeof(python->line), python->from) == NULL)
		die("%s: Python has gone: it says why above", python->path);
	length = strlen(python->line);
	if (length > 0 && python->line[length - 1] == '\n')
		python->line[length - 1] = '\0';
	return python->line;
}

/* What follows the word; NULL when another one came. */
static const char *
after(const char *line, const char *word)
{
	size_t length = strlen(word);

	return strncmp(line, word, length) == 0 ? line + length : NULL;
}

static void
start(struct python *python)
{
	int to[2], from[2];
	pid_t child;

	if (pipe(to) != 0 || pipe(from) != 0)
		die("pipe:");
	child = fork();
	if (child < 0)
		die("fork:");
	if (child == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		close(to[0]);
		close(to[1]);
		close(from[0]);
		close(from[1]);
		execlp("python3", "python3", "-c", own_py, python->path, (char *)NULL);
		die("python3:");
	}
	close(to[0]);
	close(from[1]);
	python->to = fdopen(to[1], "w");
	python->from = fdopen(from[0], "r");
	if (python->to == NULL || python->from == NULL)
		die("fdopen:");
}

void
python_open(struct own *own, const char *path, struct arena *arena)
{
	struct python *python = arena_alloc_zero(arena, sizeof(*python));

	/* a child that is gone is told by what it does not answer */
	signal(SIGPIPE, SIG_IGN);
	python->path = path;
	python->clock = "";
	start(python);
	own->python = python;
	own->name = intern_string(ask(python, "name"));
	own->axes = intern_string(ask(python, "axes"));
	own->ceiling = intern_string(ask(python, "ceiling"));
}

bool
python_prepare(struct python *python, const long long *values, size_t count, double *bytes,
    const char **why)
{
	char request[LINE] = "prepare";
	const char *answer, *told;
	size_t used = strlen(request);

	for (size_t i = 0; i < count && used < sizeof(request); i++)
		used += (size_t)snprintf(request + used, sizeof(request) - used, " %lld", values[i]);
	answer = ask(python, request);
	told = after(answer, "ok ");
	if (told == NULL) {
		*why = intern_string(after(answer, "no ") != NULL ? after(answer, "no ") : answer);
		return false;
	}
	*bytes = strtod(told, NULL);
	return true;
}

double
python_run(struct python *python, unsigned calls)
{
	char request[64];
	const char *answer, *told;
	char *end;
	double us;

	snprintf(request, sizeof(request), "run %u", calls);
	answer = ask(python, request);
	told = after(answer, "ok ");
	if (told == NULL) {
		warn("%s: run: %s", python->path, answer);
		return -1;
	}
	us = strtod(told, &end);
	python->clock = intern_string(*end == ' ' ? end + 1 : end);
	return us / calls;
}

int
python_check(struct python *python)
{
	const char *answer = ask(python, "check");

	return strcmp(answer, "none") == 0 ? -1 : strcmp(answer, "right") == 0;
}

const char *
python_clock(const struct python *python)
{
	return python->clock;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Remembers which temporary files there are, for whatever ends the program. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/temporary.h"

enum { FILES_AT_ONCE = 4 };

static const int signals[] = { SIGHUP, SIGINT, SIGTERM };

/* What the handler removes; a program has few at a time. */
static const char *volatile files[FILES_AT_ONCE];

static void
remove_files(void)
{
	for (size_t i = 0; i < FILES_AT_ONCE; i++)
		if (files[i] != NULL)
			unlink(files[i]);
}

static void
remove_and_die(int signal_number)
{
	remove_files();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* What is ignored stays so: nohup is to work. */
static void
handle_signals(void)
{
	static int done;

	if (done++)
		return;
	atexit(remove_files);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action = { .sa_handler = remove_and_die }, old;

		sigfillset(&action.sa_mask);
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

static size_t
find(const char *path)
{
	size_t i = 0;

	while (i < FILES_AT_ONCE && files[i] != path)
		i++;
	return i;
}

char *
temporary_name(const char *program)
{
	const char *folder = getenv("TMPDIR");
	size_t size;
	char *name;

	if (folder == NULL || *folder == '\0')
		folder = "/tmp";
	size = strlen(folder) + strlen(program) + sizeof("/.XXXXXX");
	name = memory_alloc(size);
	snprintf(name, size, "%s/%s.XXXXXX", folder, program);
	return name;
}

int
temporary_open(char *path)
{
	size_t place = find(NULL);
	sigset_t mask, before;
	int descriptor;

	if (place == FILES_AT_ONCE) {
		errno = EMFILE;
		return -1;
	}
	handle_signals();
	/* A signal must find the file remembered, or not made. */
	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&mask, signals[i]);
	sigprocmask(SIG_BLOCK, &mask, &before);
	descriptor = mkstemp(path);
	if (descriptor >= 0)
		files[place] = path;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return descriptor;
}

static void
forget(const char *path)
{
	size_t place = find(path);

	if (place < FILES_AT_ONCE)
		files[place] = NULL;
}

bool
temporary_rename(const char *path, const char *name)
{
	if (rename(path, name) != 0)
		return false;
	forget(path);
	return true;
}

void
temporary_remove(const char *path)
{
	unlink(path);
	forget(path);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into a program, makes its call number FAULT_AT of one kind fail (with
 * FAULT_ON=1, all from there on, as on a full disk), or has it meet a signal just before
 * them. FAULT_CALL is a name of the table below. The file FAULT_MARK is made when the call
 * came, and at the end of the program FAULT_COUNT gets the number of calls of the kind. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ALLOC = 1, OPEN = 2, VANISH = 4, READ = 8, WRITE = 16, CLOSE = 32, FILES = 64,
	START = 128, INTERRUPT = 256, SHORT = 512, SIGNAL = 1024,
};

static const struct kind {
	const char *name;
	int kind, error;
} kinds[] = {
	{ "alloc", ALLOC, ENOMEM },
	{ "open", OPEN, EMFILE },
	{ "vanish", VANISH, ENOENT },  /* a file is gone that a folder listed */
	{ "read", READ, EIO },
	{ "write", WRITE, ENOSPC },
	{ "close", CLOSE, EIO },
	{ "files", FILES, EACCES },    /* rename, mkdir, chmod, stat, seek */
	{ "start", START, EAGAIN },    /* threads and processes */
	{ "interrupt", INTERRUPT, EINTR },
	{ "short", SHORT, 0 },         /* one byte is read or written, not more */
	{ "term", SIGNAL, SIGTERM },
	{ "kill", SIGNAL, SIGKILL },
};

static const struct kind *chosen;
static long from;
static int and_on;
static atomic_long calls;

/* What the next in line makes of the call: the C library, or a sanitizer. */
#define REAL(name) \
	({ \
		static __typeof__(&(name)) real_; \
		if (real_ == NULL) \
			*(void **)&real_ = dlsym(RTLD_NEXT, #name); \
		real_; \
	})

/* Counting begins when the program's own constructors and libraries are through. */
__attribute__((constructor)) static void
arm(void)
{
	const char *kind = getenv("FAULT_CALL"), *number = getenv("FAULT_AT");
	const char *on = getenv("FAULT_ON");

	if (kind == NULL || number == NULL)
		return;
	from = strtol(number, NULL, 10);
	and_on = on != NULL && strcmp(on, "1") == 0;
	/* Programs that this one starts have their own faults. */
	unsetenv("LD_PRELOAD");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i].name) == 0)
			chosen = &kinds[i];
}

static void
put(const char *variable, const char *text)
{
	const char *path = getenv(variable);
	int descriptor;

	if (path == NULL)
		return;
	descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0644);
	syscall(SYS_write, descriptor, text, strlen(text));
	syscall(SYS_close, descriptor);
}

__attribute__((destructor)) static void
tell(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld\n", atomic_load(&calls));
	chosen = NULL;
	put("FAULT_COUNT", text);
}

/* Whether a call that is of all these kinds is to fail; errno is set then. */
static int
fails(int of)
{
	const struct kind *kind = chosen;
	long number;

	if (kind == NULL || (kind->kind & of) == 0)
		return 0;
	number = atomic_fetch_add(&calls, 1) + 1;
	if (from == 0 || number < from || (number > from && !and_on))
		return 0;
	if (number == from)
		put("FAULT_MARK", "");
	if (kind->kind == SIGNAL) {
		kill(getpid(), kind->error);
		return 0;
	}
	errno = kind->error;
	return 1;
}

/* stdio says so, too, when it is asked. */
static void
spoil(FILE *stream)
{
	enum { GLIBC_ERROR_SEEN = 0x20 };

	stream->_flags |= GLIBC_ERROR_SEEN;
}

/* ---- Memory ---- */

void *
malloc(size_t size)
{
	return fails(ALLOC) ? NULL : REAL(malloc)(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails(ALLOC) ? NULL : REAL(calloc)(count, size);
}

void *
realloc(void *block, size_t size)
{
	return fails(ALLOC) ? NULL : REAL(realloc)(block, size);
}

int
posix_memalign(void **block, size_t alignment, size_t size)
{
	return fails(ALLOC) ? ENOMEM : REAL(posix_memalign)(block, alignment, size);
}

/* ---- Reads and writes ---- */

ssize_t
read(int descriptor, void *buffer, size_t size)
{
	if (fails(READ | INTERRUPT | SIGNAL))
		return -1;
	if (size > 1 && fails(SHORT))
		size = 1;
	return REAL(read)(descriptor, buffer, size);
}

ssize_t
pread(int descriptor, void *buffer, size_t size, off_t at)
{
	return fails(READ | SIGNAL) ? -1 : REAL(pread)(descriptor, buffer, size, at);
}

size_t
fread(void *buffer, size_t size, size_t count, FILE *stream)
{
	if (!fails(READ | SIGNAL))
		return REAL(fread)(buffer, size, count, stream);
	spoil(stream);
	return 0;
}

ssize_t
getline(char **line, size_t *size, FILE *stream)
{
	if (!fails(READ | SIGNAL))
		return REAL(getline)(line, size, stream);
	spoil(stream);
	return -1;
}

struct dirent *
readdir(DIR *folder)
{
	return fails(READ | SIGNAL) ? NULL : REAL(readdir)(folder);
}

/* Messages get through: it is the output that fails. */
ssize_t
write(int descriptor, const void *buffer, size_t size)
{
	if (descriptor != STDERR_FILENO) {
		if (fails(WRITE | INTERRUPT | SIGNAL))
			return -1;
		if (size > 1 && fails(SHORT))
			size = 1;
	}
	return REAL(write)(descriptor, buffer, size);
}

size_t
fwrite(const void *bytes, size_t size, size_t count, FILE *stream)
{
	if (stream == stderr || !fails(WRITE | SIGNAL))
		return REAL(fwrite)(bytes, size, count, stream);
	spoil(stream);
	return 0;
}

int
putc(int byte, FILE *stream)
{
	if (stream == stderr || !fails(WRITE))
		return REAL(putc)(byte, stream);
	spoil(stream);
	return EOF;
}

int
fflush(FILE *stream)
{
	if (stream == NULL || stream == stderr || !fails(WRITE | SIGNAL))
		return REAL(fflush)(stream);
	spoil(stream);
	return EOF;
}

/* ---- Files ---- */

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_list arguments;

		va_start(arguments, flags);
		mode = va_arg(arguments, mode_t);
		va_end(arguments);
	}
	return fails(OPEN | VANISH | SIGNAL) ? -1 : REAL(open)(path, flags, mode);
}

FILE *
fopen(const char *path, const char *mode)
{
	return fails(OPEN | VANISH | SIGNAL) ? NULL : REAL(fopen)(path, mode);
}

FILE *
fdopen(int descriptor, const char *mode)
{
	return fails(ALLOC) ? NULL : REAL(fdopen)(descriptor, mode);
}

DIR *
opendir(const char *path)
{
	return fails(OPEN | SIGNAL) ? NULL : REAL(opendir)(path);
}

int
mkstemp(char *path)
{
	return fails(OPEN | SIGNAL) ? -1 : REAL(mkstemp)(path);
}

int
pipe(int ends[2])
{
	return fails(OPEN) ? -1 : REAL(pipe)(ends);
}

/* The descriptor is gone either way, as with a failing close of NFS. */
int
close(int descriptor)
{
	int result = REAL(close)(descriptor);

	return fails(CLOSE | SIGNAL) ? -1 : result;
}

int
fclose(FILE *stream)
{
	int result = REAL(fclose)(stream);

	return fails(CLOSE | SIGNAL) ? EOF : result;
}

int
rename(const char *path, const char *name)
{
	return fails(FILES | SIGNAL) ? -1 : REAL(rename)(path, name);
}

int
unlink(const char *path)
{
	fails(SIGNAL);
	return REAL(unlink)(path);
}

int
mkdir(const char *path, mode_t mode)
{
	return fails(FILES | SIGNAL) ? -1 : REAL(mkdir)(path, mode);
}

int
fchmod(int descriptor, mode_t mode)
{
	return fails(FILES | SIGNAL) ? -1 : REAL(fchmod)(descriptor, mode);
}

int
ftruncate(int descriptor, off_t size)
{
	return fails(FILES | SIGNAL) ? -1 : REAL(ftruncate)(descriptor, size);
}

int
stat(const char *path, struct stat *status)
{
	return fails(FILES) ? -1 : REAL(stat)(path, status);
}

int
lstat(const char *path, struct stat *status)
{
	return fails(FILES) ? -1 : REAL(lstat)(path, status);
}

/* ---- Threads and processes ---- */

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
    void *argument)
{
	return fails(START) ? EAGAIN : REAL(pthread_create)(thread, attributes, start, argument);
}

int
posix_spawnp(pid_t *process, const char *file, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
	return fails(START) ? EAGAIN : REAL(posix_spawnp)(process, file, actions, attributes,
	    arguments, environment);
}

pid_t
waitpid(pid_t process, int *status, int options)
{
	return fails(INTERRUPT) ? -1 : REAL(waitpid)(process, status, options);
}

/* With 64-bit file offsets these are called. Where they are not the same, there is no
 * injecting into files. */
#ifdef __LP64__
#define ALIAS(name) __attribute__((alias(#name)))
int open64(const char *path, int flags, ...) ALIAS(open);
FILE *fopen64(const char *path, const char *mode) ALIAS(fopen);
int mkstemp64(char *path) ALIAS(mkstemp);
struct dirent64 *readdir64(DIR *folder) ALIAS(readdir);
ssize_t pread64(int descriptor, void *buffer, size_t size, off64_t at) ALIAS(pread);
int ftruncate64(int descriptor, off64_t size) ALIAS(ftruncate);
int stat64(const char *path, struct stat64 *status) ALIAS(stat);
int lstat64(const char *path, struct stat64 *status) ALIAS(lstat);
#endif

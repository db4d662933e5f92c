/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into a program, makes its Nth call of one kind fail: FAULT_CALL is alloc, open,
 * vanish (an open that finds no file), read, write, short or close, FAULT_AT the number
 * from 1. When the call came, the file FAULT_MARK is made, so that the driver knows where
 * to stop counting. `short` makes every
 * read and write from the Nth on transfer one byte, which must change nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);

static const char *fault_call = "";
static long fault_at;
static atomic_long calls;

/* Counting begins when the program's own constructors and libraries are through. */
static atomic_int armed;

__attribute__((constructor)) static void
arm(void)
{
	const char *call = getenv("FAULT_CALL"), *at = getenv("FAULT_AT");

	if (call != NULL && at != NULL) {
		fault_call = call;
		fault_at = atol(at);
		/* Programs that this one starts have their own faults. */
		unsetenv("LD_PRELOAD");
		atomic_store(&armed, 1);
	}
}

static void
mark(void)
{
	const char *path = getenv("FAULT_MARK");

	if (path != NULL)
		syscall(SYS_close, (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0644));
}

static int
fails(const char *call, int error)
{
	if (!atomic_load(&armed) || strcmp(call, fault_call) != 0)
		return 0;
	if (atomic_fetch_add(&calls, 1) + 1 != fault_at)
		return 0;
	mark();
	errno = error;
	return 1;
}

void *
malloc(size_t size)
{
	return fails("alloc", ENOMEM) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails("alloc", ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *block, size_t size)
{
	return fails("alloc", ENOMEM) ? NULL : __libc_realloc(block, size);
}

static int
is_short(void)
{
	if (!atomic_load(&armed) || strcmp(fault_call, "short") != 0)
		return 0;
	if (atomic_fetch_add(&calls, 1) + 1 < fault_at)
		return 0;
	mark();
	return 1;
}

ssize_t
read(int descriptor, void *buffer, size_t size)
{
	if (fails("read", EIO))
		return -1;
	if (fails("interrupt", EINTR))
		return -1;
	if (size > 1 && is_short())
		size = 1;
	return syscall(SYS_read, descriptor, buffer, size);
}

ssize_t
write(int descriptor, const void *buffer, size_t size)
{
	/* Messages get through: it is the output that fails. */
	if (descriptor != STDERR_FILENO) {
		if (fails("write", ENOSPC))
			return -1;
		if (fails("interrupt", EINTR))
			return -1;
		if (size > 1 && is_short())
			size = 1;
	}
	return syscall(SYS_write, descriptor, buffer, size);
}

static int
open_file(const char *path, int flags, mode_t mode)
{
	if (fails("open", EMFILE) || fails("vanish", ENOENT))
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

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
	return open_file(path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	mode_t mode = 0;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_list arguments;

		va_start(arguments, flags);
		mode = va_arg(arguments, mode_t);
		va_end(arguments);
	}
	return open_file(path, flags, mode);
}

/* stdio opens its files itself. */
FILE *
fopen(const char *path, const char *mode)
{
	FILE *(*real)(const char *, const char *);

	if (fails("open", EMFILE) || fails("vanish", ENOENT))
		return NULL;
	*(void **)&real = dlsym(RTLD_NEXT, "fopen");
	return real(path, mode);
}

int
close(int descriptor)
{
	/* The descriptor is gone either way, as with a failing close of NFS. */
	int result = (int)syscall(SYS_close, descriptor);

	return fails("close", EIO) ? -1 : result;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Confines a process: no_new_privs, resource limits, Landlock, seccomp. */
#define _GNU_SOURCE /* O_PATH, syscall, O_TMPFILE */
#include "dryrun/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>


/* A plan takes a quarter of this. */
enum { MEMORY_GIB = 2, FILES = 64 };

#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static void
note(struct text *missing, const char *what)
{
	text_add_format(missing, "%s%s: %s", missing->length > 0 ? "; " : "", what,
	    strerror(errno));
}

/* By its number: C libraries do not agree on the type of a resource. */
static void
limit(struct text *missing, const char *what, int resource, rlim_t most)
{
	struct rlimit now;

	if (syscall(SYS_prlimit64, 0, resource, NULL, &now) == 0) {
		if (now.rlim_max == RLIM_INFINITY || now.rlim_max > most)
			now.rlim_max = most;
		now.rlim_cur = now.rlim_max;
		if (syscall(SYS_prlimit64, 0, resource, &now, NULL) == 0)
			return;
	}
	note(missing, what);
}

static void
limit_resources(const struct confine_limits *limits, struct text *missing)
{
	if (!SANITIZED)
		limit(missing, "limit of memory", RLIMIT_AS,
		    sizeof(void *) > 4 ? (rlim_t)MEMORY_GIB << 30 : RLIM_INFINITY);
	limit(missing, "limit of processor time", RLIMIT_CPU, (rlim_t)limits->seconds + 1);
	if (!limits->prints)
		limit(missing, "limit of files written", RLIMIT_FSIZE, 0);
	limit(missing, "limit of open files", RLIMIT_NOFILE, FILES);
	if (!limits->forks)
		limit(missing, "limit of processes", RLIMIT_NPROC, 0);
	limit(missing, "limit of core files", RLIMIT_CORE, 0);
}

/* Every right to files that the kernel's version of Landlock knows. */
static uint64_t
landlock_rights(long version)
{
	uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (version >= 2)
		rights |= 1ULL << 13; /* refer */
	if (version >= 3)
		rights |= 1ULL << 14; /* truncate */
	if (version >= 5)
		rights |= 1ULL << 15; /* ioctl on devices */
	return rights;
}

static void
allow_reading(int ruleset, const char *path, struct text *missing)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	struct stat status;

	if (rule.parent_fd < 0)
		return;
	if (fstat(rule.parent_fd, &status) == 0 && S_ISDIR(status.st_mode))
		rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		note(missing, path);
	close(rule.parent_fd);
}

static void
confine_files(const struct confine_limits *limits, struct text *missing)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attributes = { .handled_access_fs = landlock_rights(version) };
	int ruleset;

	if (version < 1) {
		note(missing, "Landlock, which shuts all files but the tree's");
		return;
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	if (ruleset < 0) {
		note(missing, "Landlock, which shuts all files but the tree's");
		return;
	}
	for (const char *const *path = limits->readable; *path != NULL; path++)
		allow_reading(ruleset, *path, missing);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		note(missing, "Landlock, which shuts all files but the tree's");
	close(ruleset);
}

/* What CPython and the C library need to compute, to read files and to end. A name that this
 * machine's kernel does not have is passed over. */
static const char *const calls[] = { "read", "readv", "pread64", "write", "writev", "close",
	"lseek", "_llseek", "fstat", "fstat64", "stat", "stat64", "lstat", "lstat64", "newfstatat",
	"fstatat64", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
	"getdents", "getdents64", "getcwd", "dup", "mmap", "mmap2", "mprotect", "munmap", "mremap",
	"madvise", "brk", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn",
	"sigaltstack", "restart_syscall", "getpid", "getppid", "gettid", "getuid", "getuid32",
	"geteuid", "geteuid32", "getgid", "getgid32", "getegid", "getegid32", "getpgrp",
	"clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "gettimeofday",
	"time", "times", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "getrandom",
	"futex", "futex_time64", "sched_yield", "sched_getaffinity", "uname", "sysinfo",
	"getrusage", "getrlimit", "ugetrlimit", "poll", "ppoll", "ppoll_time64", "select",
	"_newselect", "pselect6", "pselect6_time64", "set_robust_list", "rseq", "arch_prctl",
	"set_tid_address", "membarrier", "exit", "exit_group", NULL };

/* Allow `name` where its argument has, of the bits in `mask`, those of `value`. */
static int
allow_where(scmp_filter_ctx filter, const char *name, unsigned int argument, uint64_t mask,
    uint64_t value)
{
	int call = seccomp_syscall_resolve_name(name);

	return call == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
	    SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, mask, value));
}

static int
add_calls(scmp_filter_ctx filter)
{
	const uint64_t all = UINT32_MAX, writes = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
	const uint64_t descriptor_calls[] = { F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC };
	const uint64_t device_calls[] = { 0x5401 /* TCGETS */, FIOCLEX, FIONCLEX };
	int failed = 0;

	for (const char *const *name = calls; *name != NULL; name++) {
		int call = seccomp_syscall_resolve_name(*name);

		if (call != __NR_SCMP_ERROR)
			failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
	}
	failed |= allow_where(filter, "open", 1, writes, O_RDONLY);
	failed |= allow_where(filter, "openat", 2, writes, O_RDONLY);
	failed |= allow_where(filter, "prlimit64", 2, all, 0); /* ask, not set */
	failed |= allow_where(filter, "tgkill", 0, all, (uint64_t)getpid()); /* abort */
	for (size_t i = 0; i < sizeof(descriptor_calls) / sizeof(*descriptor_calls); i++) {
		failed |= allow_where(filter, "fcntl", 1, all, descriptor_calls[i]);
		failed |= allow_where(filter, "fcntl64", 1, all, descriptor_calls[i]);
	}
	for (size_t i = 0; i < sizeof(device_calls) / sizeof(*device_calls); i++)
		failed |= allow_where(filter, "ioctl", 1, all, device_calls[i]);
	return failed;
}

/* What a process needs to fork, to wait, and to confine what it forked. No threads. */
static int
add_forking(scmp_filter_ctx filter)
{
	static const char *const more[] = { "fork", "vfork", "wait4", "waitpid", "seccomp", NULL };
	const uint64_t shared = CLONE_VM | CLONE_THREAD | CLONE_FS | CLONE_FILES | CLONE_NEWUSER;
	int failed = 0;

	for (const char *const *name = more; *name != NULL; name++) {
		int call = seccomp_syscall_resolve_name(*name);

		if (call != __NR_SCMP_ERROR)
			failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
	}
	failed |= allow_where(filter, "clone", 0, shared, 0);
	failed |= allow_where(filter, "prctl", 0, UINT32_MAX, PR_SET_PDEATHSIG);
	failed |= allow_where(filter, "prctl", 0, UINT32_MAX, PR_SET_SECCOMP);
	failed |= allow_where(filter, "prctl", 0, UINT32_MAX, PR_SET_NO_NEW_PRIVS);
	failed |= allow_where(filter, "prlimit64", 1, UINT32_MAX, RLIMIT_NPROC);
	return failed;
}

/* 0, or an error's negative number. */
static int
load_filter(bool forks)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int failed = filter == NULL ? -ENOMEM : add_calls(filter);

	if (failed == 0 && forks)
		failed = add_forking(filter);
	if (failed == 0)
		failed = seccomp_load(filter);
	if (filter != NULL)
		seccomp_release(filter);
	return failed;
}

static void
confine_calls(bool forks, struct text *missing)
{
	int failed = load_filter(forks);

	if (failed != 0) {
		errno = -failed;
		note(missing, "seccomp, which shuts sockets, processes and signals");
	}
}

void
confine(const struct confine_limits *limits, struct text *missing)
{
	prctl(PR_SET_PDEATHSIG, 9); /* SIGKILL when the caller is gone */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		note(missing, "no_new_privs");
	prctl(PR_SET_DUMPABLE, 0);
	limit_resources(limits, missing);
	confine_files(limits, missing);
	confine_calls(limits->forks, missing);
}

bool
confine_forked(void)
{
	struct text missing = { 0 };
	bool confined;

	prctl(PR_SET_PDEATHSIG, 9);
	limit(&missing, "limit of processes", RLIMIT_NPROC, 0);
	confined = load_filter(false) == 0 && missing.length == 0;
	text_free(&missing);
	return confined;
}

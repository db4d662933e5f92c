/* SPDX-License-Identifier: Apache-2.0 */
/* The processor as a backend: one thread, timed by the monotonic clock. */
#define _GNU_SOURCE /* RUSAGE_THREAD */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>

#include "backend.h"
#include "cpu.h"
#include "base/error.h"
#include "base/memory.h"
#include "radix.h"

struct cpu_state {
	struct cpu cpu;
	unsigned char *evictor; /* twice the last cache */
	size_t evictor_bytes;
};

static void
describe(struct backend *backend, struct results *results)
{
	struct cpu_state *state = backend->state;
	struct facts *facts = &results->device.facts;
	struct utsname system;
	char name[32];

	results->device.backend = "cpu";
	results->device.name = results_keep(results, state->cpu.name);
	facts_number(results, facts, "cores", (double)state->cpu.cores, "", ORIGIN_DEVICE);
	facts_number(results, facts, "memory", state->cpu.memory_bytes, "B", ORIGIN_DEVICE);
	for (int level = 1; level <= state->cpu.levels; level++) {
		snprintf(name, sizeof(name), "L%d cache", level);
		if (state->cpu.cache[level] > 0)
			facts_number(results, facts, name, (double)state->cpu.cache[level], "B",
			    ORIGIN_DEVICE);
	}
	facts_number(results, facts, "clock", cpu_gigahertz(), "GHz", ORIGIN_MEASURED);
	facts_text(results, facts, "radix variant", radix_variant_name(radix_best()), ORIGIN_DEVICE);
	if (uname(&system) == 0)
		facts_text(results, facts, "system", results_format(results, "%s %s %s",
		    system.sysname, system.release, system.machine), ORIGIN_DEVICE);
}

static void *
allocate(struct backend *backend, size_t bytes)
{
	void *memory = NULL;

	(void)backend;
	/* The alignment that CUDA gives, so that both backends measure the same layout. */
	if (posix_memalign(&memory, 256, bytes > 0 ? bytes : 1) != 0)
		return NULL;
	/* Every page is there before anything is timed. */
	memset(memory, 0, bytes);
	return memory;
}

static void
release(struct backend *backend, void *memory)
{
	(void)backend;
	free(memory);
}

static bool
move(struct backend *backend, void *target, const void *source, size_t bytes)
{
	(void)backend;
	if (bytes > 0)
		memcpy(target, source, bytes);
	return true;
}

static enum kernel_status
run_index(struct backend *backend, const struct index_args *args,
    const struct row_launch *launch)
{
	(void)backend;
	(void)launch;
	return index_gather(args, NULL);
}

static enum kernel_status
run_store(struct backend *backend, const struct store_args *args,
    const struct row_launch *launch)
{
	(void)backend;
	(void)launch;
	return store_scatter(args, NULL);
}

static enum kernel_status
run_kvcache(struct backend *backend, const struct kvcache_args *args,
    const struct row_launch *launch)
{
	(void)backend;
	(void)launch;
	return kvcache_store(args, NULL);
}

static enum kernel_status
run_copy(struct backend *backend, void *target, const void *source, size_t bytes)
{
	(void)backend;
	memcpy(target, source, bytes);
	/* The compiler must not find out that nobody reads it. */
	__asm__ volatile("" : : "r"(target) : "memory");
	return KERNEL_OK;
}

static enum kernel_status
run_read(struct backend *backend, const void *source, size_t bytes)
{
	unsigned long long sum = cpu_read_bytes(source, bytes);

	(void)backend;
	__asm__ volatile("" : : "r"(sum));
	return KERNEL_OK;
}

static enum kernel_status
run_nothing(struct backend *backend)
{
	(void)backend;
	return KERNEL_OK;
}

static bool
finish(struct backend *backend, const char **why)
{
	(void)backend;
	*why = "";
	return true;
}

static bool
prepare(struct backend *backend, const struct work *work, unsigned calls, bool cold)
{
	struct cpu_state *state = backend->state;

	(void)work;
	(void)calls;
	if (cold && state->evictor == NULL) {
		state->evictor_bytes = 2 * backend->cache_bytes;
		state->evictor = allocate(backend, state->evictor_bytes);
	}
	return !cold || state->evictor != NULL;
}

static double
thread_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* How often the system took the processor from this thread. */
static long
preemptions(void)
{
	struct rusage usage = { 0 };

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw;
}

static struct sample
sample(struct backend *backend, const struct work *work, unsigned calls, bool cold)
{
	struct cpu_state *state = backend->state;
	struct sample sample;
	double begin, thread;
	long before;

	if (cold)
		run_read(backend, state->evictor, state->evictor_bytes);
	before = preemptions();
	thread = thread_seconds();
	begin = cpu_seconds();
	work->call(work->context, calls);
	sample.us = (cpu_seconds() - begin) * 1e6 / calls;
	sample.cpu_us = (thread_seconds() - thread) * 1e6 / calls;
	sample.preempted = preemptions() != before;
	if (work->told_us != NULL) /* another process did it: what became of this one says nothing */
		sample = (struct sample){ *work->told_us, NAN, false };
	return sample;
}

static void
done(struct backend *backend)
{
	(void)backend;
}

static double
speed(struct backend *backend)
{
	(void)backend;
	return cpu_gigahertz();
}

static const char *
level(struct backend *backend, double bytes)
{
	static const char *const names[CPU_LEVELS] = { "", "L1", "L2", "L3" };
	const struct cpu_state *state = backend->state;

	for (int i = 1; i <= state->cpu.levels && i < CPU_LEVELS; i++)
		if (state->cpu.cache[i] > 0 && bytes <= (double)state->cpu.cache[i])
			return names[i];
	return state->cpu.levels > 0 ? "DRAM" : "memory";
}

static void
close_backend(struct backend *backend)
{
	struct cpu_state *state = backend->state;

	free(state->evictor);
	free(state);
	free(backend);
}

struct backend *
backend_cpu_open(void)
{
	/* Where the system does not tell its caches, more than most have. */
	static const size_t unknown_cache = 32 << 20;
	struct cpu_state *state = memory_alloc_zero(1, sizeof(*state));
	struct backend *backend = memory_alloc_zero(1, sizeof(*backend));

	cpu_read(&state->cpu);
	*backend = (struct backend){ .name = "cpu", .state = state,
		.describe = describe, .alloc = allocate, .release = release, .upload = move,
		.download = move, .index = run_index, .store = run_store, .kvcache = run_kvcache,
		.copy = run_copy,
		.read = run_read, .nothing = run_nothing, .finish = finish, .prepare = prepare,
		.sample = sample, .done = done, .speed = speed, .level = level,
		.close = close_backend };
	backend->cache_bytes = state->cpu.cache[state->cpu.levels];
	if (backend->cache_bytes == 0)
		backend->cache_bytes = unknown_cache;
	return backend;
}

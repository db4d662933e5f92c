/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that wait for each other before each copy and after it. */
#define _GNU_SOURCE /* sched_getaffinity */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cores.h"
#include "cpu.h"

enum { ROUNDS = 15 };

/* Held while the threads are started: a barrier that not all of them reach would hang. */
struct gate {
	pthread_mutex_t lock;
	bool shut; /* not all could be started: go home */
	pthread_barrier_t barrier;
};

struct core {
	pthread_t thread;
	struct gate *gate;
	unsigned char *from, *to;
	size_t bytes;
};

/* Every round begins and ends at the barrier. */
static void *
copy_rounds(void *context)
{
	struct core *core = context;
	bool shut;

	pthread_mutex_lock(&core->gate->lock);
	shut = core->gate->shut;
	pthread_mutex_unlock(&core->gate->lock);
	for (int round = 0; !shut && round < ROUNDS; round++) {
		pthread_barrier_wait(&core->gate->barrier);
		memcpy(core->to, core->from, core->bytes);
		pthread_barrier_wait(&core->gate->barrier);
	}
	return NULL;
}

static size_t
allowed_cores(void)
{
	cpu_set_t set;

	/* fails beyond the 1024 that a set holds: then one is what is sure */
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return (size_t)CPU_COUNT(&set);
}

/* The thread that takes part in the barrier without a copy takes the time. */
static void
time_rounds(struct samples *samples, pthread_barrier_t *barrier)
{
	for (int round = 0; round < ROUNDS; round++) {
		double begin;

		pthread_barrier_wait(barrier);
		begin = cpu_seconds();
		pthread_barrier_wait(barrier);
		samples_add(samples, (cpu_seconds() - begin) * 1e6);
	}
}

static bool
start_cores(struct core *cores, size_t count, size_t bytes, struct gate *gate)
{
	size_t started = 0;

	for (size_t i = 0; i < count; i++) {
		cores[i].gate = gate;
		cores[i].bytes = bytes;
		cores[i].from = malloc(bytes);
		cores[i].to = malloc(bytes);
		if (cores[i].from == NULL || cores[i].to == NULL)
			return false;
		memset(cores[i].from, 1, bytes);
		memset(cores[i].to, 0, bytes);
	}
	pthread_mutex_lock(&gate->lock);
	for (; started < count; started++)
		if (pthread_create(&cores[started].thread, NULL, copy_rounds, &cores[started]) != 0)
			break;
	gate->shut = started < count;
	pthread_mutex_unlock(&gate->lock);
	for (size_t i = 0; gate->shut && i < started; i++)
		pthread_join(cores[i].thread, NULL);
	return started == count;
}

void
cores_ceiling(struct bench *bench, double bytes)
{
	size_t count = allowed_cores();
	struct core *cores = memory_alloc_zero(count, sizeof(*cores));
	struct samples samples = { 0 };
	struct stop_rule rule = { .max_noise = 0.02 };
	struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct ceiling *ceiling;
	struct summary summary;

	if (count < 2 || pthread_barrier_init(&gate.barrier, NULL, (unsigned)count + 1) != 0) {
		free(cores);
		return;
	}
	if (start_cores(cores, count, (size_t)bytes / 2 / count, &gate)) {
		time_rounds(&samples, &gate.barrier);
		for (size_t i = 0; i < count; i++)
			pthread_join(cores[i].thread, NULL);
		summary = samples_summarize(&samples, &rule);
		ceiling = results_ceiling(bench->results);
		ceiling->what = "copy";
		ceiling->level = bench->backend->level(bench->backend, bytes);
		ceiling->l2 = "hot";
		ceiling->bytes = bytes;
		ceiling->us = summary.median;
		ceiling->noise = summary.noise;
		ceiling->samples = (int64_t)samples.count;
		ceiling->gbps = bytes / summary.median * 1e-3;
		ceiling->origin = ORIGIN_MEASURED;
		ceiling->how = "all cores";
	}
	for (size_t i = 0; i < count; i++) {
		free(cores[i].from);
		free(cores[i].to);
	}
	samples_free(&samples);
	pthread_barrier_destroy(&gate.barrier);
	free(cores);
}

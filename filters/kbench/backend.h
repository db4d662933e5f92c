/* SPDX-License-Identifier: Apache-2.0 */
/* A machine that kernels run on: its memory, its clock, its kernels. */
#ifndef KBENCH_BACKEND_H
#define KBENCH_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

#include "index.h"
#include "kvcache.h"
#include "results.h"
#include "sample.h"
#include "store.h"

/* Something to be timed. `call` does (CPU) or queues (CUDA) `calls` calls. */
struct work {
	enum kernel_status (*call)(void *context, unsigned calls);
	void *context;
	bool uncaptured;  /* not from a CUDA graph: more than one thread or process takes part */
	unsigned calls;   /* in a sample, as all processes must agree; 0: as long as it takes */
	const double *told_us; /* of a call, as `call` told it last; NULL: the clock around it */
	void (*ready)(void *context, unsigned calls); /* wakes the threads of the next `call`, so that this
	                        * is no part of a sample; NULL: there are none */
};

struct backend {
	const char *name;      /* "cpu", "cuda" */
	bool is_cuda;
	int number;            /* of the device */
	void *state;           /* the backend's own */
	size_t cache_bytes;    /* of the last cache before memory */
	const struct row_device *chip; /* CUDA only */
	void *stream;          /* CUDA only */

	/* Name and facts of the machine into results->device. */
	void (*describe)(struct backend *backend, struct results *results);

	/* Memory that the kernels see; NULL when there is not enough. */
	void *(*alloc)(struct backend *backend, size_t bytes);
	void (*release)(struct backend *backend, void *memory);
	bool (*upload)(struct backend *backend, void *target, const void *source, size_t bytes);
	bool (*download)(struct backend *backend, void *target, const void *source, size_t bytes);

	/* The kernels. bad_row: as in index.h; only the CPU fills it. */
	enum kernel_status (*index)(struct backend *backend, const struct index_args *args,
	    const struct row_launch *launch);
	enum kernel_status (*store)(struct backend *backend, const struct store_args *args,
	    const struct row_launch *launch);

	enum kernel_status (*kvcache)(struct backend *backend, const struct kvcache_args *args,
	    const struct row_launch *launch);

	/* What ceilings are made of: a copy, a read of everything, a call of nothing. */
	enum kernel_status (*copy)(struct backend *backend, void *target, const void *source,
	    size_t bytes);
	enum kernel_status (*read)(struct backend *backend, const void *source, size_t bytes);
	enum kernel_status (*nothing)(struct backend *backend);

	/* All that was queued is done; false, with `why`, when something failed. */
	bool (*finish)(struct backend *backend, const char **why);

	/* Timing of `calls` calls at once: prepare (a CUDA graph where hot), any number of
	 * samples (cold empties the caches before each), then done. */
	bool (*prepare)(struct backend *backend, const struct work *work, unsigned calls, bool cold);
	struct sample (*sample)(struct backend *backend, const struct work *work, unsigned calls,
	    bool cold);
	void (*done)(struct backend *backend);

	/* A number that falls with the clock, to notice throttling: compare before and after. */
	double (*speed)(struct backend *backend);

	/* "L1", ..., "DRAM" or "L2", "HBM": where so many bytes lie when they are hot. */
	const char *(*level)(struct backend *backend, double bytes);

	void (*close)(struct backend *backend);
};

struct backend *backend_cpu_open(void);

/* Device `number`; NULL, with `why`, when there is none or this build has no CUDA. The
 * returned backends are freed by their close. */
struct backend *backend_cuda_open(int number, const char **why);

#endif

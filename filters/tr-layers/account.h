/* SPDX-License-Identifier: Apache-2.0 */
/* What tr-account found of the traces, for the reports: the diagnosis, where the wall time of
 * each device goes, and the gaps. */
#ifndef TR_LAYERS_ACCOUNT_H
#define TR_LAYERS_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "trace/kinds.h"

/* The classes of work, and idle; the words are those of the records. */
enum spent { SPENT_COMPUTE, SPENT_COMM, SPENT_COPY, SPENT_FILL, SPENT_IDLE, SPENT_COUNT };

extern const char *const spent_words[SPENT_COUNT];

/* A device's time, ns. All strings are the account's. */
struct device_account {
	const char *rank, *device;
	int64_t window, spent[SPENT_COUNT], idle_by_cause[CAUSE_COUNT];
	int64_t gaps, gaps_by_cause[CAUSE_COUNT], full_queue_calls, full_queue_ns;
};

/* Time of no work, as long as tr-account wrote a record of it. */
struct device_gap {
	const char *rank, *device;
	int64_t start, length; /* ns, by the clock of the trace */
	enum cause cause;
	const char *before, *after; /* names of what ran */
	const char *where; /* "init_new, forward_batch_info.py:443"; NULL: not known */
	const char *call;  /* of the runtime: the one that blocked, else the launch; or NULL */
};

/* Of one trace. */
struct file_account {
	const char *file;
	size_t further;            /* files of the same run that were read as one with it */
	const char **says, **lines; /* sentences, and the records they stand in, without version */
	double *says_us; /* of the time that a sentence is about; below 0 where that is no loss */
	size_t say_count, say_capacity, line_capacity, us_capacity;
	struct device_account *devices;
	size_t device_count, device_capacity;
	struct device_gap *gaps;    /* the longest of a device first */
	size_t gap_count, gap_capacity;
};

struct accounts;

/* Read the records of tr-account in a file. Dies where they are none. */
struct accounts *accounts_open(const char *path);
void accounts_close(struct accounts *accounts);

/* Of the trace with that name, or of the run that it is of; NULL when there is none. */
const struct file_account *accounts_of(const struct accounts *accounts, const char *file);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Starts and ends the child processes of a dry run. */
#ifndef WARPIPE_DRYRUN_PROCESS_H
#define WARPIPE_DRYRUN_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "dryrun/channel.h"

struct process {
	pid_t pid; /* 0 when there is none */
	struct channel channel;
};

/* Fork a child that has nothing open but CHANNEL_IN, CHANNEL_OUT and, as its stdout and
 * stderr, this process's stderr (`verbose`) or nothing; run(argument) is its status. Dies when
 * there is no process to be had. */
void process_start(struct process *process, bool verbose, int (*run)(const void *argument),
    const void *argument);

/* Kill it if it still runs, and wait for it. Its status as waitpid has it. */
int process_end(struct process *process, bool kill_it);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Forks children that have a pair of pipes and nothing else. */
#include "dryrun/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

/* Far above what a filter has open. */
enum { DESCRIPTORS = 256 };

static void
keep_only_channel(int in, int out, bool verbose)
{
	int nothing = open("/dev/null", O_RDWR);
	int high_in = fcntl(in, F_DUPFD, DESCRIPTORS), high_out = fcntl(out, F_DUPFD, DESCRIPTORS);

	if (nothing < 0 || high_in < 0 || high_out < 0)
		_exit(STATUS_FAILED);
	dup2(nothing, STDIN_FILENO);
	dup2(verbose ? STDERR_FILENO : nothing, STDOUT_FILENO);
	if (!verbose)
		dup2(nothing, STDERR_FILENO);
	dup2(high_in, CHANNEL_IN);
	dup2(high_out, CHANNEL_OUT);
	for (int i = CHANNEL_OUT + 1; i < DESCRIPTORS; i++)
		close(i);
	close(high_in);
	close(high_out);
}

void
process_start(struct process *process, bool verbose, int (*run)(const void *argument),
    const void *argument)
{
	int down[2], up[2];

	if (pipe(down) != 0 || pipe(up) != 0)
		die("cannot make a pipe:");
	process->pid = fork();
	if (process->pid < 0)
		die("cannot start a process:");
	if (process->pid == 0) {
		keep_only_channel(down[0], up[1], verbose);
		_exit(run(argument));
	}
	close(down[0]);
	close(up[1]);
	process->channel = (struct channel){ .in = up[0], .out = down[1] };
	/* So that a child which does not read cannot hold us up. */
	fcntl(down[1], F_SETFL, O_NONBLOCK);
}

int
process_end(struct process *process, bool kill_it)
{
	int status = 0;

	if (process->pid == 0)
		return 0;
	close(process->channel.in);
	if (process->channel.out >= 0)
		close(process->channel.out);
	if (kill_it)
		kill(process->pid, SIGKILL);
	while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	process->pid = 0;
	return status;
}

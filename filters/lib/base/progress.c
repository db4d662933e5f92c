/* SPDX-License-Identifier: Apache-2.0 */
/* Draws a bar; the time that is left is estimated from what is done. */
#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BAR = 24 };

static const double QUIET = 1, PERIOD = 0.2; /* seconds */

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void
progress_begin(struct progress *progress, uint64_t total)
{
	*progress = (struct progress){ .shown = isatty(STDERR_FILENO) == 1, .total = total };
	if (!progress->shown)
		return;
	progress->begin = now();
	progress->next = progress->begin + QUIET;
}

static void
draw(struct progress *progress, double time, const char *what)
{
	static const char full[] = "########################", empty[] = "........................";
	uint64_t total = progress->total;
	uint64_t done = total > 0 && progress->done > total ? total : progress->done;
	int filled = total > 0 ? (int)((double)done / (double)total * BAR) : 0;
	double spent = time - progress->begin;

	progress->next = time + PERIOD;
	progress->drawn = true;
	if (total == 0)
		fprintf(stderr, "\r\033[K%" PRIu64 " %.60s\r", done, what);
	else if (done == 0)
		fprintf(stderr, "\r\033[K[%s] 0/%" PRIu64 " %.60s\r", empty, total, what);
	else
		fprintf(stderr, "\r\033[K[%.*s%.*s] %" PRIu64 "/%" PRIu64 " %.60s, %.0f s left\r", filled,
		    full, BAR - filled, empty, done, total, what,
		    spent / (double)done * (double)(total - done));
}

void
progress_at(struct progress *progress, uint64_t done, const char *what)
{
	double time;

	progress->done = done;
	if (!progress->shown)
		return;
	time = now();
	if (time >= progress->next)
		draw(progress, time, what);
}

void
progress_step(struct progress *progress, const char *what)
{
	progress_at(progress, progress->done, what);
	progress->done++;
}

void
progress_end(struct progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	progress->drawn = false;
}

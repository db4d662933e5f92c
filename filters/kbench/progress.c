/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the bar with a carriage return; the rest is estimated from the steps so far. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cpu.h"
#include "progress.h"

enum { BAR = 24 };

void
progress_begin(struct progress *progress, size_t total)
{
	*progress = (struct progress){ .shown = isatty(STDERR_FILENO) == 1, .total = total,
		.begin = cpu_seconds() };
}

void
progress_step(struct progress *progress, const char *what)
{
	static const char full[] = "########################", empty[] = "........................";
	int filled = progress->total ? (int)(progress->done * BAR / progress->total) : BAR;
	double spent = cpu_seconds() - progress->begin;
	double left = progress->done
	    ? spent / (double)progress->done * (double)(progress->total - progress->done) : 0;

	if (progress->shown)
		fprintf(stderr, "\r\033[K[%.*s%.*s] %zu/%zu %.0f s left  %.60s", filled, full,
		    BAR - filled, empty, progress->done, progress->total, left, what);
	progress->done++;
}

void
progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
}

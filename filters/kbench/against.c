/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of runs, every second one the other way round. A row differs when it does so in every pair: by
 * chance that happens twice in 512. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "against.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/temporary.h"
#include "results.h"

enum { PAIRS = 9 };

/* What is smaller than this is not worth a verdict. */
static const double smallest_change = 0.02;

/* The arguments of one run: short samples first, so that the user's own come later and count. */
static char **
run_arguments(char *const *argv, const char *program, const char *file)
{
	static const char *const first[] = { "--timeout", "0.2" };
	static const char *const last[] = { "-f", "ndjson", "-o" };
	size_t count = 0, used = 0;
	char **arguments;

	while (argv[count] != NULL)
		count++;
	arguments = memory_alloc((count + 8) * sizeof(*arguments));
	arguments[used++] = (char *)program;
	for (size_t i = 0; i < 2; i++)
		arguments[used++] = (char *)first[i];
	for (size_t i = 1; i < count; i++) {
		if (strcmp(argv[i], "--against") == 0)
			i++;
		else if (strncmp(argv[i], "--against=", 10) != 0)
			arguments[used++] = argv[i];
	}
	for (size_t i = 0; i < 3; i++)
		arguments[used++] = (char *)last[i];
	arguments[used++] = (char *)file;
	arguments[used] = NULL;
	return arguments;
}

/* One run of a program, its results read from a file that then goes. */
static void
run(const char *program, char *const *argv, struct results *results)
{
	char *file = temporary_name("kbench");
	int descriptor = temporary_open(file), status;
	char **arguments;
	pid_t child;

	if (descriptor < 0)
		die("%s:", file);
	close(descriptor);
	arguments = run_arguments(argv, program, file);
	child = fork();
	if (child == 0) {
		setenv("KBENCH_NO_CEILINGS", "1", 1); /* times are all that is compared */
		execvp(program, arguments);
		die("%s:", program);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (child < 0 || !WIFEXITED(status) || WEXITSTATUS(status) > STATUS_FINDINGS)
		die("%s does not run with these arguments", program);
	results_read(results, file);
	temporary_remove(file);
	free(arguments);
	free(file);
}

/* The logarithms of other / own of one row, a pair each; NAN where one lacks it. */
static void
row_changes(struct results *own, struct results *other, size_t row, double *changes)
{
	const struct measure *first = &own[0].measures[row];

	for (int pair = 0; pair < PAIRS; pair++) {
		const struct measure *mine = results_same(&own[pair], first);
		const struct measure *theirs = results_same(&other[pair], first);

		changes[pair] = mine != NULL && theirs != NULL
		    ? log(theirs->median / mine->median) : NAN;
	}
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* -1 slower, 1 faster here, 0 no change. `changes` are sorted. */
static int
judge(const double *changes)
{
	if (changes[0] > 0 && changes[PAIRS / 2] > smallest_change)
		return 1;
	return changes[PAIRS - 1] < 0 && changes[PAIRS / 2] < -smallest_change ? -1 : 0;
}

static void
run_pairs(struct results *own, struct results *other, char *const *argv, const char *program)
{
	for (int pair = 0; pair < PAIRS; pair++) {
		bool swapped = pair % 2 == 1;

		run(swapped ? program : "/proc/self/exe", argv, swapped ? &other[pair] : &own[pair]);
		run(swapped ? "/proc/self/exe" : program, argv, swapped ? &own[pair] : &other[pair]);
	}
}

int
against(struct output *out, char *const *argv, const char *program, bool records)
{
	static const char *const names[] = { "slower", "no change", "faster" };
	struct results own[PAIRS] = { 0 }, other[PAIRS] = { 0 };
	int counts[3] = { 0 };

	run_pairs(own, other, argv, program);
	if (!records)
		output_format(out, "%-10s %-40s %-5s %8s %8s %8s  %s\n", "kernel", "axes", "l2", "least",
		    "median", "most", "verdict");
	for (size_t row = 0; row < own[0].measure_count; row++) {
		const struct measure *measure = &own[0].measures[row];
		double changes[PAIRS];
		bool known = true;
		int verdict;

		row_changes(own, other, row, changes);
		for (int pair = 0; pair < PAIRS; pair++)
			known = known && isfinite(changes[pair]);
		if (!known)
			continue;
		qsort(changes, PAIRS, sizeof(*changes), compare_doubles);
		verdict = judge(changes);
		counts[verdict + 1]++;
		if (!records)
			output_format(out, "%-10s %-40s %-5s %7.3fx %7.3fx %7.3fx  %s\n", measure->kernel,
			    measure_axes_text(&own[0], measure, true), measure->l2, exp(changes[0]),
			    exp(changes[PAIRS / 2]), exp(changes[PAIRS - 1]), names[verdict + 1]);
	}
	output_format(out, records ? "{\"kind\":\"verdict\",\"status\":\"%s\",\"says\":\"%d rows in %d "
	    "pairs of runs: %d slower, %d faster\"}\n" : "%s%d rows in %d pairs of runs: %d slower, "
	    "%d faster\n", !records ? "" : counts[0] > 0 ? "slower" : counts[2] > 0 ? "faster"
	    : "no-change", counts[0] + counts[1] + counts[2], PAIRS, counts[0], counts[2]);
	for (int pair = 0; pair < PAIRS; pair++) {
		results_free(&own[pair]);
		results_free(&other[pair]);
	}
	return counts[0];
}

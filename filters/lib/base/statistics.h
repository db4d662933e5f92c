/* SPDX-License-Identifier: Apache-2.0 */
/* Quantiles of samples, and whether two samples of times differ, by ranks: no shape of noise is
 * assumed. */
#ifndef WARPIPE_STATISTICS_H
#define WARPIPE_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the p-value was found. */
enum statistics_test {
	STATISTICS_EXACT,  /* by counting; no two values are equal, n * m <= 400 */
	STATISTICS_NORMAL, /* normal approximation, corrected for ties and continuity */
	STATISTICS_TIES    /* all values are equal: p is 1 */
};

struct statistics {
	int64_t difference; /* Hodges-Lehmann: the median of all b - a, ns */
	/* The 95 % confidence interval of the difference (Moses' intervals: order statistics of
	 * the pairwise differences); without meaning below STATISTICS_FEWEST values a side. */
	int64_t low, high;
	double p;           /* two-sided Mann-Whitney test */
	enum statistics_test test;
};

/* Three and three values can never reach p < 0.05; four and four can, p = 0.029. */
enum { STATISTICS_FEWEST = 4 };

/* Of `n` values of before and `m` of after, n and m at least 1. Both are sorted in place. */
struct statistics statistics_compare(int64_t *a, size_t n, int64_t *b, size_t m);

/* The median; of an even number the mean of the middle two, rounded half up. Sorts a copy;
 * the other wants sorted values. `count` at least 1. */
int64_t statistics_median_of(const int64_t *values, size_t count);
int64_t statistics_median_sorted(const int64_t *values, size_t count);

/* In ascending order. */
void statistics_sort(int64_t *values, size_t count);

/* Of sorted values, at least one; type 7, rounded half up. */
int64_t statistics_quantile(const int64_t *sorted, size_t count, int permille);

#endif

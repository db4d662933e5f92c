/* SPDX-License-Identifier: Apache-2.0 */
/* Quantiles; Mann-Whitney's test and the shift of Hodges and Lehmann. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"

/* Up to so many pairs the p-value is counted. */
enum { MOST_COUNTED = 400 };

static int
compare_values(const void *a, const void *b)
{
	int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

	return (first > second) - (first < second);
}

void
statistics_sort(int64_t *values, size_t count)
{
	if (count > 0)
		qsort(values, count, sizeof(*values), compare_values);
}

int64_t
statistics_quantile(const int64_t *sorted, size_t count, int permille)
{
	uint64_t place = (uint64_t)(count - 1) * (uint64_t)permille;
	size_t whole = (size_t)(place / 1000);
	int64_t part = (int64_t)(place % 1000), step;

	if (part == 0)
		return sorted[whole];
	step = sorted[whole + 1] - sorted[whole];
	return sorted[whole] + step / 1000 * part + (step % 1000 * part * 2 + 1000) / 2000;
}

/* Half of a sum, rounded half up, also below zero. */
static int64_t
middle(int64_t low, int64_t high)
{
	int64_t sum = low + high;

	return (sum >= 0 ? sum + 1 : sum - (sum % 2 == 0)) / 2;
}

int64_t
statistics_median_sorted(const int64_t *values, size_t count)
{
	return middle(values[(count - 1) / 2], values[count / 2]);
}

int64_t
statistics_median_of(const int64_t *values, size_t count)
{
	int64_t *sorted = memory_alloc(count * sizeof(*sorted)), median;

	memcpy(sorted, values, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_values);
	median = statistics_median_sorted(sorted, count);
	free(sorted);
	return median;
}

/* How many of all b - a are at most `most`. */
static uint64_t
count_differences(const int64_t *a, size_t n, const int64_t *b, size_t m, int64_t most)
{
	uint64_t count = 0;
	size_t at = 0;

	/* As a grows, more of b lies within. */
	for (size_t i = 0; i < n; i++) {
		while (at < m && b[at] - a[i] <= most)
			at++;
		count += at;
	}
	return count;
}

/* The k-th smallest, from 1, of all b - a, without writing them down: by bisection. */
static int64_t
kth_difference(const int64_t *a, size_t n, const int64_t *b, size_t m, uint64_t k)
{
	int64_t low = b[0] - a[n - 1], high = b[m - 1] - a[0];

	while (low < high) {
		int64_t half = low + (high - low) / 2;

		if (count_differences(a, n, b, m, half) >= k)
			high = half;
		else
			low = half + 1;
	}
	return low;
}

/* Twice the number of pairs in which a is greater, equal ones half. */
static uint64_t
twice_u(const int64_t *a, size_t n, const int64_t *b, size_t m)
{
	uint64_t at_most = count_differences(a, n, b, m, 0);
	uint64_t less = count_differences(a, n, b, m, -1);

	return 2 * less + (at_most - less);
}

/* The sum of t^3 - t over the groups of t equal values. */
static double
ties(const int64_t *a, size_t n, const int64_t *b, size_t m)
{
	double sum = 0;
	size_t i = 0, j = 0;

	while (i < n || j < m) {
		int64_t value = j == m || (i < n && a[i] <= b[j]) ? a[i] : b[j];
		double group = 0;

		for (; i < n && a[i] == value; i++)
			group++;
		for (; j < m && b[j] == value; j++)
			group++;
		sum += group * group * group - group;
	}
	return sum;
}

/* P(U <= u) twice, by the recursion over which sample has the largest value: `ways[j][v]` is
 * the number of orders of the first i of a and j of b with U = v. */
static double
exact_p(size_t n, size_t m, uint64_t u)
{
	size_t width = n * m + 1;
	double *ways = memory_alloc_zero((m + 1) * width, sizeof(*ways)), below = 0, all = 0, p;

	for (size_t j = 0; j <= m; j++)
		ways[j * width] = 1;
	for (size_t i = 1; i <= n; i++)
		for (size_t j = 1; j <= m; j++)
			/* count(i, j, v) = count(i - 1, j, v - j) + count(i, j - 1, v) */
			for (size_t v = width; v-- > 0;)
				ways[j * width + v] = (v >= j ? ways[j * width + v - j] : 0) +
				    ways[(j - 1) * width + v];
	for (size_t v = 0; v < width; v++) {
		all += ways[m * width + v];
		below += v <= u ? ways[m * width + v] : 0;
	}
	p = 2 * below / all;
	free(ways);
	return p < 1 ? p : 1;
}

static void
test(struct statistics *result, const int64_t *a, size_t n, const int64_t *b, size_t m)
{
	uint64_t u2 = twice_u(a, n, b, m), pairs = (uint64_t)n * m;
	double tied = ties(a, n, b, m), all = (double)(n + m), variance, z;

	if (tied == 0 && pairs <= MOST_COUNTED) {
		uint64_t u = u2 / 2;

		result->test = STATISTICS_EXACT;
		result->p = exact_p(n, m, u < pairs - u ? u : pairs - u);
		return;
	}
	variance = (double)pairs / 12 * (all + 1 - tied / (all * (all - 1)));
	if (!(variance > 0)) {
		result->test = STATISTICS_TIES;
		result->p = 1;
		return;
	}
	z = (fabs((double)u2 / 2 - (double)pairs / 2) - 0.5) / sqrt(variance);
	result->test = STATISTICS_NORMAL;
	result->p = fmin(1, erfc(fmax(z, 0) / sqrt(2)));
}

struct statistics
statistics_compare(int64_t *a, size_t n, int64_t *b, size_t m)
{
	uint64_t pairs = (uint64_t)n * m, k;
	struct statistics result = { 0 };
	double spread;

	qsort(a, n, sizeof(*a), compare_values);
	qsort(b, m, sizeof(*b), compare_values);
	result.difference = middle(kth_difference(a, n, b, m, (pairs + 1) / 2),
	    kth_difference(a, n, b, m, pairs / 2 + 1));
	/* 1.96 standard deviations of U around its middle. */
	spread = 1.959964 * sqrt((double)pairs * (double)(n + m + 1) / 12);
	k = (double)pairs / 2 - spread > 1 ? (uint64_t)((double)pairs / 2 - spread) : 1;
	result.low = kth_difference(a, n, b, m, k);
	result.high = kth_difference(a, n, b, m, pairs + 1 - k);
	test(&result, a, n, b, m);
	return result;
}

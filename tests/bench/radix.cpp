/* SPDX-License-Identifier: Apache-2.0 */
/* Times radix_match_* beside memcmp and std::mismatch over equal data, in turn, and prints
 * GB/s over both arrays with the ratios. Built by tests/bench/kernels.sh at -O3. */
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

extern "C" {
#include "radix.h"
}

namespace {

using seconds = std::chrono::duration<double>;

/* Keeps a result alive without storing it. */
template <typename VALUE>
void
keep(VALUE value)
{
	asm volatile("" : : "r"(value) : "memory");
}

template <typename FUNCTION>
double
time_calls(FUNCTION function, long calls)
{
	auto begin = std::chrono::steady_clock::now();

	for (long i = 0; i < calls; i++)
		keep(function());
	return seconds(std::chrono::steady_clock::now() - begin).count() / calls;
}

template <typename TOKEN, typename MATCH>
void
compare(const char *name, size_t tokens, MATCH match)
{
	std::vector<TOKEN> a(tokens), b;
	std::vector<double> ours, whole, plain, to_memcmp, to_mismatch;
	size_t bytes = tokens * sizeof(TOKEN);
	long calls = std::max(1L, (long)(16000000 / (bytes + 1000)));

	for (size_t i = 0; i < tokens; i++)
		a[i] = (TOKEN)(i * 2654435761u);
	b = a;
	auto run_ours = [&] { return match(a.data(), tokens, b.data(), tokens); };
	auto run_memcmp = [&] { return memcmp(a.data(), b.data(), bytes); };
	auto run_mismatch = [&] {
		return std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin();
	};
	if (run_ours() != tokens || run_memcmp() != 0 || (size_t)run_mismatch() != tokens)
		std::exit(2);
	for (int round = 0; round < 21; round++) {
		/* Whoever comes second finds what the first left in the caches: take turns. */
		if (round % 2 == 0)
			ours.push_back(time_calls(run_ours, calls));
		whole.push_back(time_calls(run_memcmp, calls));
		if (round % 2 == 1)
			ours.push_back(time_calls(run_ours, calls));
		plain.push_back(time_calls(run_mismatch, std::max(1L, calls / 8)));
		to_memcmp.push_back(whole.back() / ours.back());
		to_mismatch.push_back(plain.back() / ours.back());
	}
	auto median = [](std::vector<double> v) {
		std::nth_element(v.begin(), v.begin() + v.size() / 2, v.end());
		return v[v.size() / 2];
	};
	std::printf("%-6s %8zu tokens %8.1f GB/s   memcmp %7.1f  x%.2f   std::mismatch %6.1f  x%.1f\n",
	    name, tokens, 2 * bytes / median(ours) / 1e9, 2 * bytes / median(whole) / 1e9,
	    median(to_memcmp), 2 * bytes / median(plain) / 1e9, median(to_mismatch));
}

}

int
main()
{
	std::printf("radix variant %s; medians of 21 paired rounds\n", radix_variant_name(radix_best()));
	for (size_t tokens = 16; tokens <= 1 << 20; tokens *= 4)
		compare<int32_t>("int32", tokens, radix_match_int32);
	for (size_t tokens = 16; tokens <= 1 << 20; tokens *= 4)
		compare<int64_t>("int64", tokens, radix_match_int64);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of the processor from /proc and /sys, and two loops whose speed is known. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cpu.h"

double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The value behind the colon of the first line that begins with `key`. */
static void
read_cpuinfo(const char *key, char *value, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		char *colon = strchr(line, ':');

		if (strncmp(line, key, strlen(key)) != 0 || colon == NULL)
			continue;
		colon[strcspn(colon, "\n")] = '\0';
		snprintf(value, size, "%s", colon + 1 + strspn(colon + 1, " "));
		break;
	}
	fclose(file);
}

/* One line of a file of a cache's folder; false when there is none. */
static int
read_cache_file(int index, const char *name, char *value, size_t size)
{
	char path[96];
	FILE *file;
	int there;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, name);
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	there = fgets(value, (int)size, file) != NULL;
	fclose(file);
	return there;
}

static void
read_caches(struct cpu *cpu)
{
	char level[16], type[16], size[16];

	for (int i = 0; read_cache_file(i, "level", level, sizeof(level)); i++) {
		char *unit;
		long at = strtol(level, NULL, 10);
		size_t bytes;

		if (!read_cache_file(i, "type", type, sizeof(type)) || strncmp(type, "Inst", 4) == 0 ||
		    !read_cache_file(i, "size", size, sizeof(size)) || at < 1 || at >= CPU_LEVELS)
			continue;
		bytes = strtoul(size, &unit, 10);
		cpu->cache[at] = bytes << (*unit == 'K' ? 10 : *unit == 'M' ? 20 : 0);
		if (at > cpu->levels)
			cpu->levels = (int)at;
	}
}

void
cpu_read(struct cpu *cpu)
{
	*cpu = (struct cpu){ .name = "unknown processor" };
	read_cpuinfo("model name", cpu->name, sizeof(cpu->name));
	cpu->cores = sysconf(_SC_NPROCESSORS_ONLN);
	cpu->memory_bytes = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
	read_caches(cpu);
}

double
cpu_gigahertz(void)
{
	enum { ADDITIONS = 64, ROUNDS = 2000 };
	double best = 1e9;

	for (int attempt = 0; attempt < 15; attempt++) {
		uint64_t sum = (uint64_t)attempt;
		double begin = cpu_seconds(), took;

		for (int round = 0; round < ROUNDS; round++)
			for (int i = 0; i < ADDITIONS; i++) {
				sum += (uint64_t)round;
				/* Keeps the additions apart and in a register. */
				__asm__ volatile("" : "+r"(sum));
			}
		took = cpu_seconds() - begin;
		if (took < best)
			best = took;
	}
	return (double)ADDITIONS * ROUNDS / best * 1e-9;
}

/* Vectors of the compiler, of 64 bytes: what the target's are shorter, it splits. */
typedef uint64_t vector __attribute__((vector_size(64), aligned(1), may_alias));

static inline __attribute__((always_inline)) unsigned long long
read_vectors(const unsigned char *bytes, size_t length)
{
	vector a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
	unsigned long long sum = 0;
	size_t at = 0;

	for (; length - at >= 4 * sizeof(vector); at += 4 * sizeof(vector)) {
		const vector *four = (const vector *)(const void *)(bytes + at);

		a |= four[0];
		b |= four[1];
		c |= four[2];
		d |= four[3];
	}
	for (; at < length; at++)
		sum += bytes[at];
	a |= b | c | d;
	for (int i = 0; i < 8; i++)
		sum += a[i];
	return sum;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static unsigned long long
read_avx2(const unsigned char *bytes, size_t length)
{
	return read_vectors(bytes, length);
}

__attribute__((target("avx512f"))) static unsigned long long
read_avx512(const unsigned char *bytes, size_t length)
{
	return read_vectors(bytes, length);
}
#endif

unsigned long long
cpu_read_bytes(const void *bytes, size_t length)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f"))
		return read_avx512(bytes, length);
	if (__builtin_cpu_supports("avx2"))
		return read_avx2(bytes, length);
#endif
	return read_vectors(bytes, length);
}

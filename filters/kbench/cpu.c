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

/* The value after the colon of the first line that begins with `key`. */
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

/* A loop that reads with vectors of `width` bytes, which must be no wider than the target's: of
 * wider ones GCC 12 makes loads, stores to the stack and moves of single words. Eight loads a turn
 * keep the load ports busy. */
#define READ_LOOP(name, width, target)								\
	typedef uint64_t name##_vector								\
	    __attribute__((vector_size(width), aligned(1), may_alias));				\
	target static unsigned long long							\
	name(const unsigned char *bytes, size_t length)						\
	{											\
		name##_vector a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };			\
		unsigned long long sum = 0;							\
		size_t at = 0;									\
												\
		for (; length - at >= 8 * sizeof(a); at += 8 * sizeof(a)) {			\
			const name##_vector *eight =						\
			    (const name##_vector *)(const void *)(bytes + at);			\
												\
			a |= eight[0];								\
			b |= eight[1];								\
			c |= eight[2];								\
			d |= eight[3];								\
			a |= eight[4];								\
			b |= eight[5];								\
			c |= eight[6];								\
			d |= eight[7];								\
		}										\
		for (; at < length; at++)							\
			sum += bytes[at];							\
		a |= b | c | d;									\
		for (size_t i = 0; i < (width) / sizeof(uint64_t); i++)				\
			sum += a[i];								\
		return sum;									\
	}

/* SSE2 and NEON have 16 bytes. */
READ_LOOP(read_16, 16, )
#if defined(__x86_64__)
READ_LOOP(read_32, 32, __attribute__((target("avx2"))))
READ_LOOP(read_64, 64, __attribute__((target("avx512f"))))
#endif

unsigned long long
cpu_read_bytes(const void *bytes, size_t length)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f"))
		return read_64(bytes, length);
	if (__builtin_cpu_supports("avx2"))
		return read_32(bytes, length);
#endif
	return read_16(bytes, length);
}

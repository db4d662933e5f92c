/* SPDX-License-Identifier: Apache-2.0 */
/* The processor and its caches, as the system tells; one core's speed and reading rate. */
#ifndef KBENCH_CPU_H
#define KBENCH_CPU_H

#include <stddef.h>

enum { CPU_LEVELS = 4 };

struct cpu {
	char name[96];
	long cores;                /* online */
	double memory_bytes;
	size_t cache[CPU_LEVELS];  /* of data, by level from 1; 0 where unknown */
	int levels;                /* the largest level that is known */
};

void cpu_read(struct cpu *cpu);

/* GHz by a chain of additions, each of which waits for the one before: one a cycle. */
double cpu_gigahertz(void);

/* Reads every byte, with vectors as wide as the processor has; the sum keeps it honest. */
unsigned long long cpu_read_bytes(const void *bytes, size_t length);

/* Seconds since some start. */
double cpu_seconds(void);

#endif

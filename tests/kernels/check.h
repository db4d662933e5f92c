/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernels' tests share: a check that stops, and reproducible random numbers. */
#ifndef TESTS_KERNELS_CHECK_H
#define TESTS_KERNELS_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition, ...) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
			fprintf(stderr, __VA_ARGS__); \
			fputc('\n', stderr); \
			exit(1); \
		} \
	} while (0)

/* xorshift64*: good enough to fill buffers and draw cases. */
static inline uint64_t
check_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static inline void
check_fill(uint64_t *state, void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((unsigned char *)bytes)[i] = (unsigned char)check_random(state);
}

/* A block of exactly `size` bytes (at least 1) whose end AddressSanitizer guards; `offset`
 * bytes of it lie before the pointer that is returned. Free with free(pointer - offset). */
static inline unsigned char *
check_alloc(size_t size, size_t offset)
{
	unsigned char *block = (unsigned char *)malloc(size + offset > 0 ? size + offset : 1);

	CHECK(block != NULL, "out of memory");
	return block + offset;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on words of bits for engines without instructions for it. */
#ifndef TR_PARSE_SCAN_BITS_H
#define TR_PARSE_SCAN_BITS_H

#include "scan_classes.h"

/* Bit i is the exclusive or of bits 0 to i. */
INLINE uint64_t
running_xor(uint64_t bits)
{
	for (int distance = 1; distance < 64; distance *= 2)
		bits ^= bits << distance;
	return bits;
}

/* The bits of `bits` where `mask` has ones, pushed together; and back. */
INLINE uint64_t
gather(uint64_t bits, uint64_t mask)
{
	uint64_t gathered = 0;

	for (uint64_t bit = 1; mask != 0; mask &= mask - 1, bit <<= 1)
		if (bits & mask & -mask)
			gathered |= bit;
	return gathered;
}

INLINE uint64_t
scatter(uint64_t bits, uint64_t mask)
{
	uint64_t scattered = 0;

	for (; mask != 0 && bits != 0; mask &= mask - 1, bits >>= 1)
		if (bits & 1)
			scattered |= mask & -mask;
	return scattered;
}

#endif

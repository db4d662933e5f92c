/* SPDX-License-Identifier: Apache-2.0 */
/* Prefix compare of token sequences: how many leading tokens are equal. */
#ifndef KERNELS_RADIX_H
#define KERNELS_RADIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of equal leading elements of a[0 .. a_length) and b[0 .. b_length), at most
 * the shorter length; 0 when either is empty (pointers may be NULL then). Pointers need the
 * alignment of their element only. Nothing past either end is read. */
size_t radix_match_int32(const int32_t *a, size_t a_length, const int32_t *b, size_t b_length);
size_t radix_match_int64(const int64_t *a, size_t a_length, const int64_t *b, size_t b_length);

/* The same over bytes: the number of equal leading bytes of a[0 .. length) and
 * b[0 .. length). Any alignment. */
size_t radix_match_bytes(const void *a, const void *b, size_t length);

/* The code for one kind of processor; the functions above take the last one it has. */
enum radix_variant { RADIX_PORTABLE, RADIX_AVX2, RADIX_AVX512, RADIX_VARIANTS };

/* Whether this build and this processor have it; RADIX_PORTABLE is always there. */
bool radix_has(enum radix_variant variant);
const char *radix_variant_name(enum radix_variant variant);
enum radix_variant radix_best(void);

/* radix_match_bytes by one variant, which the processor must have: for tests and benches. */
size_t radix_match_by(enum radix_variant variant, const void *a, const void *b, size_t length);

#endif

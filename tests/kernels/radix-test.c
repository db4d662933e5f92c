/* SPDX-License-Identifier: Apache-2.0 */
/* Checks radix_match_* against a loop over elements, for every length, first difference and
 * alignment that could meet another branch. */
#include <string.h>

#include "check.h"
#include "radix.h"

/* Blocks of exactly the tokens, so that AddressSanitizer sees any read past the end. */
static void
check_lengths_int32(size_t length, size_t difference, size_t a_skip, size_t b_skip)
{
	int32_t *a = malloc((length + a_skip) * 4 + 1), *b = malloc((length + b_skip) * 4 + 1);
	size_t wanted = difference < length ? difference : length;

	CHECK(a != NULL && b != NULL, "out of memory");
	for (size_t i = 0; i < length; i++)
		a[a_skip + i] = b[b_skip + i] = (int32_t)(i * 2654435761u);
	if (difference < length)
		b[b_skip + difference] ^= 1 << difference % 31;
	CHECK(radix_match_int32(a + a_skip, length, b + b_skip, length) == wanted,
	    "length %zu difference %zu", length, difference);
	/* Unequal lengths: the shorter one counts, whichever side it is on. */
	CHECK(radix_match_int32(a + a_skip, length / 2, b + b_skip, length) ==
	    (difference < length / 2 ? difference : length / 2), "shorter a");
	CHECK(radix_match_int32(a + a_skip, length, b + b_skip, length / 3) ==
	    (difference < length / 3 ? difference : length / 3), "shorter b");
	free(a);
	free(b);
}

static void
check_lengths_int64(size_t length, size_t difference)
{
	int64_t *a = malloc(length * 8 + 1), *b = malloc(length * 8 + 1);
	size_t wanted = difference < length ? difference : length;

	CHECK(a != NULL && b != NULL, "out of memory");
	for (size_t i = 0; i < length; i++)
		a[i] = b[i] = -(int64_t)(i * UINT64_C(0x9e3779b97f4a7c15) >> 1);
	/* Also a difference in the upper half alone. */
	if (difference < length)
		b[difference] ^= INT64_C(1) << difference % 63;
	CHECK(radix_match_int64(a, length, b, length) == wanted, "length %zu difference %zu",
	    length, difference);
	free(a);
	free(b);
}

static void
check_bytes(uint64_t *seed)
{
	size_t length = check_random(seed) % 700, skip_a = check_random(seed) % 64;
	size_t skip_b = check_random(seed) % 64, at = check_random(seed) % (length + 1);
	unsigned char *a = check_alloc(length, skip_a), *b = check_alloc(length, skip_b);

	check_fill(seed, a, length);
	if (length > 0)
		memcpy(b, a, length);
	/* Differences behind the first one must not matter. */
	for (size_t i = at; i < length; i += 1 + check_random(seed) % 90)
		b[i] ^= 0x80;
	CHECK(radix_match_bytes(a, b, length) == at, "length %zu at %zu", length, at);
	for (int i = 0; i < RADIX_VARIANTS; i++)
		if (radix_has((enum radix_variant)i))
			CHECK(radix_match_by((enum radix_variant)i, a, b, length) == at,
			    "%s: length %zu at %zu", radix_variant_name((enum radix_variant)i), length,
			    at);
	free(a - skip_a);
	free(b - skip_b);
}

int
main(void)
{
	static const size_t lengths[] = { 0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65,
		127, 128, 129, 255, 256, 257, 1000, 4096 };
	uint64_t seed = 3;

	CHECK(radix_match_int32(NULL, 0, NULL, 0) == 0, "nothing");
	CHECK(radix_match_int64(NULL, 0, (const int64_t[]){ 1 }, 1) == 0, "nothing and one");
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t step = lengths[i] < 300 ? 1 : 61;

		for (size_t at = 0; at <= lengths[i]; at += step) {
			check_lengths_int32(lengths[i], at, at % 4, at / 4 % 4);
			check_lengths_int64(lengths[i], at);
		}
	}
	for (int round = 0; round < 4000; round++)
		check_bytes(&seed);
	return 0;
}

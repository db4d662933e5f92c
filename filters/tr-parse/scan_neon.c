/* SPDX-License-Identifier: Apache-2.0 */
/* The scan with NEON: four compares of 16 bytes for each class. */
#include "scan_bits.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#define SCAN_RUN scan_run_neon
#define SCAN_TARGET

/* 64 bytes. */
struct block {
	uint8x16_t part[4];
};

INLINE struct block
load(const char *bytes)
{
	const uint8_t *at = (const uint8_t *)bytes;

	return (struct block){ { vld1q_u8(at), vld1q_u8(at + 16), vld1q_u8(at + 32),
	    vld1q_u8(at + 48) } };
}

/* One bit for each byte, which is all ones or all zeros: each keeps a bit of its own, and
 * neighbours are added until eight bytes are one. */
INLINE uint64_t
join(struct block block)
{
	static const uint8_t bits[16] = { 1, 2, 4, 8, 16, 32, 64, 128,
		1, 2, 4, 8, 16, 32, 64, 128 };
	uint8x16_t mask = vld1q_u8(bits), low, high;

	low = vpaddq_u8(vandq_u8(block.part[0], mask), vandq_u8(block.part[1], mask));
	high = vpaddq_u8(vandq_u8(block.part[2], mask), vandq_u8(block.part[3], mask));
	low = vpaddq_u8(low, high);
	return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(low, low)), 0);
}

INLINE uint64_t
equal(const struct block *block, char byte)
{
	struct block same;

	for (int i = 0; i < 4; i++)
		same.part[i] = vceqq_u8(block->part[i], vdupq_n_u8((uint8_t)byte));
	return join(same);
}

/* Bytes from `first` on, `size` values of them, counted around the end. */
INLINE uint64_t
within(const struct block *block, uint8_t first, uint8_t size)
{
	struct block inside;

	for (int i = 0; i < 4; i++)
		inside.part[i] = vcltq_u8(vsubq_u8(block->part[i], vdupq_n_u8(first)),
		    vdupq_n_u8(size));
	return join(inside);
}

INLINE void
classify_strings(const char *bytes, struct string_classes *is)
{
	struct block block = load(bytes);

	is->quote = equal(&block, '"');
	is->backslash = equal(&block, '\\');
	/* Controls and what is not ASCII: 0x80 to 0xff and, after them, 0 to 0x1f. */
	is->unlikely = within(&block, 0x80, 0xa0);
}

INLINE void
classify_tokens(const char *bytes, struct token_classes *is)
{
	struct block block = load(bytes), curly;

	is->open = equal(&block, '[') | equal(&block, '{');
	is->close = equal(&block, ']') | equal(&block, '}');
	for (int i = 0; i < 4; i++)
		curly.part[i] = vtstq_u8(block.part[i], vdupq_n_u8(0x20));
	is->curly = join(curly);
	is->colon = equal(&block, ':');
	is->comma = equal(&block, ',');
	is->space = equal(&block, ' ') | equal(&block, '\n') | equal(&block, '\r') |
	    equal(&block, '\t');
	is->digit = within(&block, '0', 10);
	is->zero = equal(&block, '0');
	is->dot = equal(&block, '.');
}

#include "scan_loop.h"

#endif

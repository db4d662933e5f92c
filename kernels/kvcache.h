/* SPDX-License-Identifier: Apache-2.0 */
/* The write of keys and values into a paged cache, as servers have it: pages of several slots,
 * tokens or heads outermost in a page, latent rows of MLA, padding, and a cache of fp8 with scales.
 * What store does for flat rows of bytes, this does for heads of elements. */
#ifndef KERNELS_KVCACHE_H
#define KERNELS_KVCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "element.h"
#include "rowmove.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Keys, or values. Strides are in bytes and may be anything that keeps heads apart. A slot s is
 * the place s % page of page s / page:
 *     cache + (s / page) * page_stride + head * head_stride + (s % page) * token_stride
 * NHD (tokens outermost) and HND (heads outermost) differ in the two strides alone. A latent row of
 * MLA is two sides of one head each in the same cache, with one token_stride. */
struct kvcache_side {
	void *cache;
	size_t page_stride, head_stride, token_stride;
	const void *input;
	size_t input_stride;      /* from token to token */
	size_t input_head_stride; /* from head to head */
	unsigned heads, dim;      /* dim elements a head; heads 0: this side is not there */
	const float *scale;       /* the cache has input / scale; NULL: 1 */
	unsigned scale_stride;    /* from head to head in scale: 0 one for all, 1 one each */
};

struct kvcache_args {
	struct kvcache_side k, v;
	enum element_type from;   /* fp32, fp16 or bf16 */
	enum element_type to;     /* the same, moved as it is, or fp8: divided by the scale */
	size_t page;              /* slots a page, at least 1 */
	size_t slots;             /* of the cache, in all its pages */
	const void *indices;      /* a slot a token */
	enum index_type index_type;
	size_t tokens;
	bool skip_negative;       /* padding: a negative slot stores nothing and is no error */
};

/* Whether the arguments make sense; both versions begin with it. */
enum kernel_status kvcache_check(const struct kvcache_args *args);

/* The CPU reference. Of tokens with the same slot the last one wins. A slot that is not there is
 * KERNEL_BAD_INDEX: *bad_token (when not NULL) is the first such token, tokens before it are
 * stored, the others are not. */
enum kernel_status kvcache_store(const struct kvcache_args *args, size_t *bad_token);

/* The GPU version, in kvcache.cu: device pointers, the scales too; returns when the launch is
 * queued. A bad slot stores nothing and lowers *launch->bad_row to the smallest such token. Of the
 * launch, dependent, stream, device and bad_row count. */
enum kernel_status kvcache_store_cuda(const struct kvcache_args *args,
    const struct row_launch *launch);

/* The least bytes that one call moves: input once, cache once, slots. */
double kvcache_bytes(const struct kvcache_args *args);

/* Threads that take a head together, a power of two up to a warp, each 8 elements at a time; and
 * how many blocks of KVCACHE_BLOCK threads each side needs. */
enum { KVCACHE_BLOCK = 128, KVCACHE_CHUNK = 8 };
unsigned kvcache_lanes(const struct kvcache_args *args);
uint64_t kvcache_blocks(const struct kvcache_args *args);

/* Whether all heads can be read and written in whole chunks: 16 bytes of a 16-bit type. */
bool kvcache_is_aligned(const struct kvcache_args *args);

#ifdef __cplusplus
}
#endif

#endif

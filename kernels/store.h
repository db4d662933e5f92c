/* SPDX-License-Identifier: Apache-2.0 */
/* KV-cache scatter: k_cache[indices[i]] = k[i] and v_cache[indices[i]] = v[i]. */
#ifndef KERNELS_STORE_H
#define KERNELS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rowmove.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One side of the cache. Strides are in bytes; those of the inputs may be anything (slices
 * of one fused qkv tensor), those of the cache not smaller than `bytes`. K and V may
 * differ in everything; v.bytes = 0 stores K alone. */
struct store_side {
	void *cache;        /* slots rows */
	size_t cache_stride;
	const void *input;  /* tokens rows */
	size_t input_stride;
	size_t bytes;       /* of one row */
};

struct store_args {
	struct store_side k, v;
	size_t slots;
	const void *indices; /* tokens slots of index_type, aligned to their size */
	enum index_type index_type;
	size_t index_stride; /* in indices, 1 when packed; 0 is taken as 1 */
	size_t tokens;       /* 0 is fine: nothing is done */
	bool skip_negative;  /* padding: a negative index stores nothing and is no error */
};

/* The CPU reference. Of tokens with the same slot the last one wins. An index outside
 * [0, slots) is KERNEL_BAD_INDEX: *bad_token (when not NULL) is the first such i, tokens
 * before it are stored, the others are not. */
enum kernel_status store_scatter(const struct store_args *args, size_t *bad_token);

/* Whether the arguments make sense; both versions begin with it. */
enum kernel_status store_check(const struct store_args *args);

/* The GPU version, in store.cu: device pointers; returns when the launch is queued. Of
 * tokens with the same slot each 16-byte piece comes from any one of them. A bad index
 * stores nothing and lowers *launch->bad_row to the smallest such i. */
enum kernel_status store_scatter_cuda(const struct store_args *args,
    const struct row_launch *launch);

/* In store.cu; KERNEL_UNAVAILABLE without a device. */
enum kernel_status store_kernel_facts(struct row_facts *facts);

/* What the GPU version would launch: for reports and tests, no GPU needed. */
void store_plan(const struct store_args *args, struct row_plan *plan);

#ifdef __cplusplus
}
#endif

#endif

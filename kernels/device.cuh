/* SPDX-License-Identifier: Apache-2.0 */
/* The few machine instructions that the kernels use beyond CUDA C++. Memory accesses are
 * volatile so that the compiler keeps their order: all loads of a piece before its stores. */
#ifndef KERNELS_DEVICE_CUH
#define KERNELS_DEVICE_CUH

#include <cstdint>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <cuda_runtime.h>

enum { DEVICE_WARP = 32 };

/* Programmatic dependent launch (sm_90 on): nothing may be read before the kernel that we
 * depend on is through; those that depend on us may be set up at once, they wait likewise. */
__device__ inline void
device_wait_for_primary()
{
#if __CUDA_ARCH__ >= 900
	asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

__device__ inline void
device_let_dependents_start()
{
#if __CUDA_ARCH__ >= 900
	asm volatile("griddepcontrol.launch_dependents;");
#endif
}

/* Not the read-only path (.nc): a dependent launch may begin while its input is written. */
__device__ inline int32_t
device_load_index(const int32_t *index)
{
	int32_t value;

	asm volatile("ld.global.s32 %0, [%1];" : "=r"(value) : "l"(index));
	return value;
}

__device__ inline int64_t
device_load_index(const int64_t *index)
{
	int64_t value;

	asm volatile("ld.global.s64 %0, [%1];" : "=l"(value) : "l"(index));
	return value;
}

/* Every word is used once: keep it out of the L1. */
__device__ inline uint4
device_load_word(const unsigned char *source)
{
	uint4 word;

	asm volatile("ld.global.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
	             : "=r"(word.x), "=r"(word.y), "=r"(word.z), "=r"(word.w)
	             : "l"(source));
	return word;
}

__device__ inline void
device_store_word(unsigned char *target, uint4 word)
{
	asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};"
	             :
	             : "l"(target), "r"(word.x), "r"(word.y), "r"(word.z), "r"(word.w)
	             : "memory");
}

/* 16 bytes from `shift` (0 to 15) bytes behind `source`, which is a multiple of 16. The
 * word behind is read only when shift is not 0; the neighbour's load finds it in the L1. */
__device__ inline uint4
device_load_shifted(const unsigned char *source, unsigned shift)
{
	const uint4 *words = (const uint4 *)source;
	uint4 low = words[0], high = low;
	unsigned bits = shift % 4 * 8, a, b, c, d, e;

	if (shift != 0)
		high = words[1];
	switch (shift / 4) {
	case 0:
		a = low.x, b = low.y, c = low.z, d = low.w, e = high.x;
		break;
	case 1:
		a = low.y, b = low.z, c = low.w, d = high.x, e = high.y;
		break;
	case 2:
		a = low.z, b = low.w, c = high.x, d = high.y, e = high.z;
		break;
	default:
		a = low.w, b = high.x, c = high.y, d = high.z, e = high.w;
		break;
	}
	return make_uint4(__funnelshift_r(a, b, bits), __funnelshift_r(b, c, bits),
	    __funnelshift_r(c, d, bits), __funnelshift_r(d, e, bits));
}

/* 8 elements and the words of 16 bytes that they lie in. */
template <typename TYPE, unsigned WORDS>
__device__ inline void
device_unpack(const uint4 (&words)[WORDS], TYPE (&chunk)[WORDS * 16 / sizeof(TYPE)])
{
	memcpy(chunk, words, sizeof(words));
}

template <typename TYPE, unsigned COUNT>
__device__ inline void
device_pack(const TYPE (&chunk)[COUNT], uint4 (&words)[COUNT * sizeof(TYPE) / 16])
{
	memcpy(words, chunk, sizeof(words));
}

__device__ inline void
device_store_bytes(unsigned char *target, const unsigned char (&bytes)[8])
{
	uint2 word;

	memcpy(&word, bytes, sizeof(word));
	asm volatile("st.global.v2.u32 [%0], {%1, %2};" ::"l"(target), "r"(word.x), "r"(word.y)
	             : "memory");
}

__device__ inline float
device_float(float number)
{
	return number;
}

__device__ inline float
device_float(__half number)
{
	return __half2float(number);
}

__device__ inline float
device_float(__nv_bfloat16 number)
{
	return __bfloat162float(number);
}

/* The number in the type, to the nearest, ties to even. */
__device__ inline void
device_round(float number, float *rounded)
{
	*rounded = number;
}

__device__ inline void
device_round(float number, __half *rounded)
{
	*rounded = __float2half_rn(number);
}

__device__ inline void
device_round(float number, __nv_bfloat16 *rounded)
{
	*rounded = __float2bfloat16_rn(number);
}

/* e4m3, to the nearest; what is too large becomes the largest. */
__device__ inline unsigned char
device_fp8(float number)
{
	return __nv_cvt_float_to_fp8(number, __NV_SATFINITE, __NV_E4M3);
}

/* This block waits until the block of its number is here on every rank, whose signals are given.
 * What was written before by any of them is then seen by all. Thread t speaks to rank t. */
template <typename SIGNALS>
__device__ inline void
device_peers_meet(SIGNALS *const *signals, int rank, int world, unsigned round, bool end)
{
	if (end)
		__syncthreads();
	if ((int)threadIdx.x < world) {
		auto &there = *signals[threadIdx.x], &here = *signals[rank];
		unsigned *tell = end ? &there.end[blockIdx.x][rank] : &there.begin[blockIdx.x][rank];
		unsigned *wait = end ? &here.end[blockIdx.x][threadIdx.x]
		                     : &here.begin[blockIdx.x][threadIdx.x];
		unsigned seen;

		asm volatile("st.release.sys.global.u32 [%0], %1;" ::"l"(tell), "r"(round) : "memory");
		do
			asm volatile("ld.acquire.sys.global.u32 %0, [%1];" : "=r"(seen) : "l"(wait)
			             : "memory");
		while ((int)(seen - round) < 0);
	}
	if (!end)
		__syncthreads();
}

/* The value is in a register from here on, however late it is used. */
template <typename VALUE>
__device__ inline void
device_keep(VALUE &value)
{
	static_assert(sizeof(value) == 8, "a pointer, or 64 bits");
	asm volatile("" : "+l"(value));
}

/* *place = the smaller of it and `value`. */
__device__ inline void
device_lower(uint64_t *place, uint64_t value)
{
	atomicMin((unsigned long long *)place, (unsigned long long)value);
}

__device__ inline int32_t
device_shuffle(int32_t value, unsigned lane)
{
	return __shfl_sync(0xffffffff, value, (int)lane);
}

__device__ inline int64_t
device_shuffle(int64_t value, unsigned lane)
{
	return __shfl_sync(0xffffffff, (long long)value, (int)lane);
}

/* Asynchronous bulk copies and their barriers; undefined where row_bulk cannot exist. */
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
#define DEVICE_HAS_BULK 1

__device__ inline unsigned
device_shared_address(const void *place)
{
	return (unsigned)__cvta_generic_to_shared(place);
}

/* For one arrival a phase: that of the thread which begins the load. */
__device__ inline void
device_barrier_init(uint64_t *barrier)
{
	asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(device_shared_address(barrier))
	             : "memory");
}

/* Makes initialised barriers known to the copy engine and to the warp. */
__device__ inline void
device_barriers_ready()
{
	asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
	__syncwarp();
}

/* Begins a copy of `bytes` (a multiple of 16) to shared memory that completes the barrier's
 * phase; 0 bytes complete it at once. */
__device__ inline void
device_bulk_load(unsigned char *stage, const unsigned char *source, unsigned bytes,
    uint64_t *barrier)
{
	asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(
	                 device_shared_address(barrier)),
	             "r"(bytes)
	             : "memory");
	if (bytes > 0)
		asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes "
		             "[%0], [%1], %2, [%3];" ::"r"(device_shared_address(stage)),
		             "l"(source), "r"(bytes), "r"(device_shared_address(barrier))
		             : "memory");
}

__device__ inline void
device_barrier_wait(uint64_t *barrier, unsigned parity)
{
	unsigned done = 0;

	while (!done)
		asm volatile("{\n\t.reg .pred p;\n\t"
		             "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n\t"
		             "selp.u32 %0, 1, 0, p;\n\t}"
		             : "=r"(done)
		             : "r"(device_shared_address(barrier)), "r"(parity)
		             : "memory");
}

__device__ inline void
device_bulk_store(unsigned char *target, const unsigned char *stage, unsigned bytes)
{
	asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(target),
	             "r"(device_shared_address(stage)), "r"(bytes)
	             : "memory");
}

__device__ inline void
device_bulk_commit()
{
	asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

/* Until all but the newest PENDING committed stores have read their stages. */
template <unsigned PENDING>
__device__ inline void
device_bulk_wait_read()
{
	asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(PENDING) : "memory");
}

#endif

#endif

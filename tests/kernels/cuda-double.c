/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for the CUDA runtime and for the kernels behind it: memory is the host's, calls
 * happen at once or, while a stream is captured, when their graph is launched. With it the
 * GPU side of kbench runs without a GPU; what it measures means nothing.
 *
 * CUDA_DOUBLE_FAIL=CALL[:N] makes the N-th (first) such call fail, CUDA_DOUBLE_WRONG=1
 * makes kernels give wrong data, CUDA_DOUBLE_DEVICES=N gives N devices (1). */
#include <cuda_runtime_api.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "allreduce.h"
#include "device_read.h"
#include "index.h"
#include "kvcache.h"
#include "store.h"

/* One call that was captured. */
struct call {
	enum { CALL_COPY, CALL_READ, CALL_NOTHING, CALL_INDEX, CALL_STORE, CALL_KVCACHE } what;
	void *target;
	const void *source;
	size_t bytes;
	struct index_args index;
	struct store_args store;
	struct kvcache_args kvcache;
};

struct CUgraph_st {
	struct call *calls;
	size_t count, capacity;
};

struct CUgraphExec_st {
	struct CUgraph_st graph;
};

struct CUstream_st {
	struct CUgraph_st *captured; /* NULL: not capturing */
};

struct CUevent_st {
	struct timespec at;
};

static const cudaError_t injected = cudaErrorIllegalAddress;

/* Whether this call is the one that CUDA_DOUBLE_FAIL names. */
static bool
must_fail(const char *call)
{
	static int calls;
	const char *wanted = getenv("CUDA_DOUBLE_FAIL");
	size_t length = strlen(call);

	if (wanted == NULL || strncmp(wanted, call, length) != 0)
		return false;
	if (wanted[length] == '\0')
		return true;
	return wanted[length] == ':' && ++calls == atoi(wanted + length + 1);
}

#define MAY_FAIL() \
	do { \
		if (must_fail(__func__)) \
			return injected; \
	} while (0)

static void
run_call(const struct call *call)
{
	switch (call->what) {
	case CALL_COPY:
		memmove(call->target, call->source, call->bytes);
		break;
	case CALL_INDEX:
		index_gather(&call->index, NULL);
		if (getenv("CUDA_DOUBLE_WRONG") && call->index.rows * call->index.row_bytes > 0)
			*(unsigned char *)call->index.output ^= 1;
		break;
	case CALL_STORE:
		store_scatter(&call->store, NULL);
		break;
	case CALL_KVCACHE:
		kvcache_store(&call->kvcache, NULL);
		if (getenv("CUDA_DOUBLE_WRONG") && call->kvcache.tokens > 0)
			*(unsigned char *)call->kvcache.k.cache ^= 1;
		break;
	case CALL_READ:
	case CALL_NOTHING:
		break;
	}
}

static cudaError_t
queue(cudaStream_t stream, const struct call *call)
{
	struct CUgraph_st *graph = stream->captured;

	if (graph == NULL) {
		run_call(call);
		return cudaSuccess;
	}
	if (graph->count == graph->capacity) {
		graph->capacity = graph->capacity ? 2 * graph->capacity : 64;
		graph->calls = realloc(graph->calls, graph->capacity * sizeof(*graph->calls));
	}
	graph->calls[graph->count++] = *call;
	return cudaSuccess;
}

cudaError_t
cudaGetDeviceCount(int *count)
{
	const char *devices = getenv("CUDA_DOUBLE_DEVICES");

	MAY_FAIL();
	*count = devices ? atoi(devices) : 1;
	return cudaSuccess;
}

cudaError_t
cudaSetDevice(int device)
{
	(void)device;
	MAY_FAIL();
	return cudaSuccess;
}

cudaError_t
cudaGetDeviceProperties(struct cudaDeviceProp *properties, int device)
{
	(void)device;
	MAY_FAIL();
	memset(properties, 0, sizeof(*properties));
	strcpy(properties->name, "Double of an NVIDIA H200");
	properties->totalGlobalMem = (size_t)1 << 30;
	properties->major = 9;
	return cudaSuccess;
}

cudaError_t
cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attribute, int device)
{
	(void)attribute;
	(void)device;
	*value = 0;
	return cudaSuccess;
}

cudaError_t
cudaDeviceGetPCIBusId(char *address, int length, int device)
{
	(void)device;
	snprintf(address, (size_t)length, "0000:00:00.0");
	return cudaSuccess;
}

cudaError_t
cudaDriverGetVersion(int *version)
{
	*version = 13000;
	return cudaSuccess;
}

cudaError_t
cudaRuntimeGetVersion(int *version)
{
	*version = 13000;
	return cudaSuccess;
}

cudaError_t
cudaMalloc(void **memory, size_t bytes)
{
	if (must_fail(__func__))
		return cudaErrorMemoryAllocation;
	*memory = malloc(bytes);
	return *memory ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t
cudaFree(void *memory)
{
	MAY_FAIL();
	free(memory);
	return cudaSuccess;
}

cudaError_t
cudaMemset(void *memory, int value, size_t bytes)
{
	MAY_FAIL();
	memset(memory, value, bytes);
	return cudaSuccess;
}

cudaError_t
cudaMemcpy(void *target, const void *source, size_t bytes, enum cudaMemcpyKind kind)
{
	(void)kind;
	MAY_FAIL();
	if (bytes > 0)
		memcpy(target, source, bytes);
	return cudaSuccess;
}

cudaError_t
cudaMemcpyAsync(void *target, const void *source, size_t bytes, enum cudaMemcpyKind kind,
    cudaStream_t stream)
{
	(void)kind;
	MAY_FAIL();
	return queue(stream, &(struct call){ .what = CALL_COPY, .target = target, .source = source,
		.bytes = bytes });
}

cudaError_t
cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags)
{
	(void)flags;
	MAY_FAIL();
	*stream = calloc(1, sizeof(**stream));
	return cudaSuccess;
}

cudaError_t
cudaStreamDestroy(cudaStream_t stream)
{
	free(stream);
	return cudaSuccess;
}

cudaError_t
cudaStreamSynchronize(cudaStream_t stream)
{
	MAY_FAIL();
	return stream->captured ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

cudaError_t
cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode)
{
	(void)mode;
	MAY_FAIL();
	if (stream->captured != NULL)
		return cudaErrorIllegalState;
	stream->captured = calloc(1, sizeof(*stream->captured));
	return cudaSuccess;
}

cudaError_t
cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
	if (stream->captured == NULL)
		return cudaErrorIllegalState;
	*graph = stream->captured;
	stream->captured = NULL;
	MAY_FAIL();
	return cudaSuccess;
}

cudaError_t
cudaGraphInstantiate(cudaGraphExec_t *executable, cudaGraph_t graph, unsigned long long flags)
{
	(void)flags;
	MAY_FAIL();
	*executable = calloc(1, sizeof(**executable));
	(*executable)->graph = *graph;
	graph->calls = NULL;
	return cudaSuccess;
}

cudaError_t
cudaGraphUpload(cudaGraphExec_t executable, cudaStream_t stream)
{
	(void)executable;
	(void)stream;
	MAY_FAIL();
	return cudaSuccess;
}

cudaError_t
cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream)
{
	(void)stream;
	MAY_FAIL();
	for (size_t i = 0; i < executable->graph.count; i++)
		run_call(&executable->graph.calls[i]);
	return cudaSuccess;
}

cudaError_t
cudaGraphExecDestroy(cudaGraphExec_t executable)
{
	free(executable->graph.calls);
	free(executable);
	return cudaSuccess;
}

cudaError_t
cudaGraphDestroy(cudaGraph_t graph)
{
	free(graph->calls);
	free(graph);
	return cudaSuccess;
}

cudaError_t
cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags)
{
	(void)flags;
	MAY_FAIL();
	*event = calloc(1, sizeof(**event));
	return cudaSuccess;
}

cudaError_t
cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
	(void)stream;
	MAY_FAIL();
	clock_gettime(CLOCK_MONOTONIC, &event->at);
	return cudaSuccess;
}

cudaError_t
cudaEventSynchronize(cudaEvent_t event)
{
	(void)event;
	MAY_FAIL();
	return cudaSuccess;
}

cudaError_t
cudaEventElapsedTime(float *ms, cudaEvent_t begin, cudaEvent_t end)
{
	*ms = (float)(end->at.tv_sec - begin->at.tv_sec) * 1e3f +
	    (float)(end->at.tv_nsec - begin->at.tv_nsec) * 1e-6f;
	return cudaSuccess;
}

cudaError_t
cudaEventDestroy(cudaEvent_t event)
{
	free(event);
	return cudaSuccess;
}

cudaError_t
cudaGetLastError(void)
{
	return cudaSuccess;
}

const char *
cudaGetErrorString(cudaError_t error)
{
	return error == cudaSuccess ? "no error"
	    : error == cudaErrorMemoryAllocation ? "out of memory"
	    : error == cudaErrorInvalidDevice ? "invalid device ordinal" : "injected failure";
}

/* ---- what the .cu files give ---- */

enum kernel_status
row_device_query(struct row_device *device)
{
	*device = (struct row_device){ 4, 1 << 20, 9, 4 * 2048 };
	return KERNEL_OK;
}

static enum kernel_status
get_facts(struct row_facts *facts)
{
	*facts = (struct row_facts){ 40, 0, 12, 0.75 };
	return KERNEL_OK;
}

enum kernel_status
index_kernel_facts(struct row_facts *facts)
{
	return get_facts(facts);
}

enum kernel_status
store_kernel_facts(struct row_facts *facts)
{
	return get_facts(facts);
}

enum kernel_status
index_gather_cuda(const struct index_args *args, const struct row_launch *launch)
{
	if (must_fail("index_gather_cuda"))
		return KERNEL_FAILED;
	queue(launch->stream, &(struct call){ .what = CALL_INDEX, .index = *args });
	return KERNEL_OK;
}

enum kernel_status
store_scatter_cuda(const struct store_args *args, const struct row_launch *launch)
{
	queue(launch->stream, &(struct call){ .what = CALL_STORE, .store = *args });
	return KERNEL_OK;
}

enum kernel_status
kvcache_store_cuda(const struct kvcache_args *args, const struct row_launch *launch)
{
	queue(launch->stream, &(struct call){ .what = CALL_KVCACHE, .kvcache = *args });
	return KERNEL_OK;
}

int
device_read(const void *source, size_t bytes, void *sink, void *stream)
{
	(void)source;
	(void)bytes;
	(void)sink;
	return (int)queue(stream, &(struct call){ .what = CALL_READ });
}

int
device_nothing(void *stream)
{
	return (int)queue(stream, &(struct call){ .what = CALL_NOTHING });
}

static int
copy_async(void *target, const void *source, size_t bytes, void *stream)
{
	/* the default stream's copies are done at once */
	if (stream == NULL) {
		memmove(target, source, bytes);
		return cudaSuccess;
	}
	return (int)cudaMemcpyAsync(target, source, bytes, cudaMemcpyDefault, stream);
}

static int
synchronize(void *stream)
{
	return stream == NULL ? cudaSuccess : (int)cudaStreamSynchronize(stream);
}

static const char *
error_text(int error)
{
	return cudaGetErrorString((cudaError_t)error);
}

static int
alloc(void **memory, size_t bytes)
{
	return (int)cudaMalloc(memory, bytes);
}

static int
release(void *memory)
{
	return (int)cudaFree(memory);
}

struct allreduce_device
allreduce_cuda(void)
{
	return (struct allreduce_device){ copy_async, synchronize, error_text, alloc, release };
}

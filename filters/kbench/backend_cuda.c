/* SPDX-License-Identifier: Apache-2.0 */
/* A GPU as a backend: hot calls are replayed from a CUDA graph between two events, cold ones
 * follow a read of twice the L2. */
#include <math.h>
#include <cuda_runtime_api.h>
#include <stdlib.h>

#include "backend.h"
#include "device_read.h"
#include "base/error.h"
#include "base/memory.h"
#include "nvml.h"

struct cuda_state {
	int number;
	struct row_device chip;
	struct cudaDeviceProp properties;
	cudaStream_t stream;
	cudaEvent_t begin, end;
	cudaGraphExec_t graph; /* NULL: calls are queued one by one */
	void *evictor, *sink;
	size_t evictor_bytes;
	struct nvml *nvml;
	cudaError_t error;     /* the first since the last finish */
};

/* Remembers the first error; true when there is none. */
static bool
note(struct cuda_state *state, cudaError_t error)
{
	if (state->error == cudaSuccess)
		state->error = error;
	return error == cudaSuccess;
}

static double
attribute(const struct cuda_state *state, enum cudaDeviceAttr wanted)
{
	int value = 0;

	return cudaDeviceGetAttribute(&value, wanted, state->number) == cudaSuccess ? value : 0;
}

static void
describe_kernel(struct results *results, const char *kernel,
    enum kernel_status (*get)(struct row_facts *facts))
{
	struct facts *facts = &results->device.facts;
	struct row_facts row;

	if (get(&row) != KERNEL_OK)
		return;
	facts_number(results, facts, results_format(results, "%s: registers a thread", kernel),
	    row.registers, "", ORIGIN_DEVICE);
	facts_number(results, facts, results_format(results, "%s: blocks a multiprocessor", kernel),
	    row.resident_blocks, "", ORIGIN_DEVICE);
	if (facts_find(facts, "spilled bytes a thread") == NULL || row.local_bytes > 0)
		facts_number(results, facts, "spilled bytes a thread", row.local_bytes, "",
		    ORIGIN_DEVICE);
	if (facts_find(facts, "occupancy") == NULL)
		facts_number(results, facts, "occupancy", row.occupancy * 100, "%", ORIGIN_DEVICE);
}

static void
describe(struct backend *backend, struct results *results)
{
	struct cuda_state *state = backend->state;
	const struct cudaDeviceProp *properties = &state->properties;
	struct facts *facts = &results->device.facts;
	double clock = attribute(state, cudaDevAttrMemoryClockRate);
	double width = attribute(state, cudaDevAttrGlobalMemoryBusWidth);
	int driver = 0, runtime = 0;

	results->device.backend = "cuda";
	results->device.name = results_keep(results, properties->name);
	facts_number(results, facts, "multiprocessors", state->chip.processors, "", ORIGIN_DEVICE);
	facts_text(results, facts, "compute capability", results_format(results, "%d.%d",
	    properties->major, properties->minor), ORIGIN_DEVICE);
	facts_number(results, facts, "threads at once", (double)state->chip.resident_threads, "",
	    ORIGIN_DEVICE);
	facts_number(results, facts, "L2 cache", state->chip.l2_bytes, "B", ORIGIN_DEVICE);
	facts_number(results, facts, "memory", (double)properties->totalGlobalMem, "B",
	    ORIGIN_DEVICE);
	/* Two transfers a clock; kHz and bits. */
	if (clock > 0 && width > 0)
		facts_number(results, facts, "memory clock x width", 2 * clock * width / 8 * 1e-6,
		    "GB/s", ORIGIN_DEVICE);
	if (nvml_largest_clock(state->nvml) > 0)
		facts_number(results, facts, "largest clock", nvml_largest_clock(state->nvml), "MHz",
		    ORIGIN_DEVICE);
	if (cudaDriverGetVersion(&driver) == cudaSuccess &&
	    cudaRuntimeGetVersion(&runtime) == cudaSuccess)
		facts_text(results, facts, "CUDA driver, runtime", results_format(results,
		    "%d.%d, %d.%d", driver / 1000, driver % 1000 / 10, runtime / 1000,
		    runtime % 1000 / 10), ORIGIN_DEVICE);
	describe_kernel(results, "index", index_kernel_facts);
	describe_kernel(results, "store", store_kernel_facts);
}

static void *
allocate(struct backend *backend, size_t bytes)
{
	void *memory = NULL;

	(void)backend;
	if (cudaMalloc(&memory, bytes > 0 ? bytes : 1) != cudaSuccess) {
		/* Too little memory is an answer, not a failure of what follows. */
		cudaGetLastError();
		return NULL;
	}
	return memory;
}

static void
release(struct backend *backend, void *memory)
{
	note(backend->state, cudaFree(memory));
}

static bool
upload(struct backend *backend, void *target, const void *source, size_t bytes)
{
	return note(backend->state, cudaMemcpy(target, source, bytes, cudaMemcpyHostToDevice));
}

static bool
download(struct backend *backend, void *target, const void *source, size_t bytes)
{
	return note(backend->state, cudaMemcpy(target, source, bytes, cudaMemcpyDeviceToHost));
}

static enum kernel_status
run_index(struct backend *backend, const struct index_args *args,
    const struct row_launch *launch)
{
	(void)backend;
	return index_gather_cuda(args, launch);
}

static enum kernel_status
run_store(struct backend *backend, const struct store_args *args,
    const struct row_launch *launch)
{
	(void)backend;
	return store_scatter_cuda(args, launch);
}

static enum kernel_status
run_kvcache(struct backend *backend, const struct kvcache_args *args,
    const struct row_launch *launch)
{
	(void)backend;
	return kvcache_store_cuda(args, launch);
}

static enum kernel_status
run_copy(struct backend *backend, void *target, const void *source, size_t bytes)
{
	struct cuda_state *state = backend->state;

	return note(state, cudaMemcpyAsync(target, source, bytes, cudaMemcpyDeviceToDevice,
	    state->stream)) ? KERNEL_OK : KERNEL_FAILED;
}

static enum kernel_status
run_read(struct backend *backend, const void *source, size_t bytes)
{
	struct cuda_state *state = backend->state;

	return note(state, (cudaError_t)device_read(source, bytes, state->sink, state->stream))
	    ? KERNEL_OK : KERNEL_FAILED;
}

static enum kernel_status
run_nothing(struct backend *backend)
{
	struct cuda_state *state = backend->state;

	return note(state, (cudaError_t)device_nothing(state->stream)) ? KERNEL_OK : KERNEL_FAILED;
}

static bool
finish(struct backend *backend, const char **why)
{
	struct cuda_state *state = backend->state;
	cudaError_t error;

	note(state, cudaStreamSynchronize(state->stream));
	note(state, cudaGetLastError());
	error = state->error;
	state->error = cudaSuccess;
	*why = cudaGetErrorString(error);
	return error == cudaSuccess;
}

static void
done(struct backend *backend)
{
	struct cuda_state *state = backend->state;

	if (state->graph != NULL)
		note(state, cudaGraphExecDestroy(state->graph));
	state->graph = NULL;
}

static bool
capture(struct cuda_state *state, const struct work *work, unsigned calls)
{
	cudaGraph_t graph = NULL;
	bool good;

	if (!note(state, cudaStreamBeginCapture(state->stream, cudaStreamCaptureModeThreadLocal)))
		return false;
	good = work->call(work->context, calls) == KERNEL_OK;
	/* The capture must end, whatever happened in it. */
	good = note(state, cudaStreamEndCapture(state->stream, &graph)) && good;
	good = good && note(state, cudaGraphInstantiate(&state->graph, graph, 0));
	if (graph != NULL)
		note(state, cudaGraphDestroy(graph));
	/* Brought to the device before it is timed. */
	return good && note(state, cudaGraphUpload(state->graph, state->stream));
}

static bool
prepare(struct backend *backend, const struct work *work, unsigned calls, bool cold)
{
	struct cuda_state *state = backend->state;

	if (!cold && !work->uncaptured && !capture(state, work, calls)) {
		done(backend);
		return false;
	}
	if (!cold)
		return true;
	if (state->evictor == NULL) {
		state->evictor_bytes = 2 * backend->cache_bytes;
		state->evictor = allocate(backend, state->evictor_bytes);
	}
	return state->evictor != NULL;
}

static struct sample
sample(struct backend *backend, const struct work *work, unsigned calls, bool cold)
{
	struct cuda_state *state = backend->state;
	float ms = 0;

	if (cold)
		run_read(backend, state->evictor, state->evictor_bytes);
	if (work->ready != NULL)
		work->ready(work->context, calls);
	note(state, cudaEventRecord(state->begin, state->stream));
	if (state->graph != NULL)
		note(state, cudaGraphLaunch(state->graph, state->stream));
	else if (work->call(work->context, calls) != KERNEL_OK)
		note(state, cudaErrorLaunchFailure);
	note(state, cudaEventRecord(state->end, state->stream));
	note(state, cudaEventSynchronize(state->end));
	note(state, cudaEventElapsedTime(&ms, state->begin, state->end));
	/* The device's own clock: what the host does meanwhile is not in it. */
	return (struct sample){ (double)ms * 1e3 / calls, NAN, false };
}

/* The clock while the device works: an idle one has let it fall. */
static double
speed(struct backend *backend)
{
	struct cuda_state *state = backend->state;
	unsigned mhz;

	if (state->nvml == NULL)
		return 1;
	for (int i = 0; state->evictor != NULL && i < 8; i++)
		run_read(backend, state->evictor, state->evictor_bytes);
	mhz = nvml_clock(state->nvml);
	note(state, cudaStreamSynchronize(state->stream));
	return mhz > 0 ? mhz : 1;
}

static const char *
level(struct backend *backend, double bytes)
{
	return bytes <= (double)backend->cache_bytes ? "L2" : "HBM";
}

/* Whatever of it is there. */
static void
close_device(struct cuda_state *state)
{
	cudaFree(state->evictor);
	cudaFree(state->sink);
	if (state->begin != NULL)
		cudaEventDestroy(state->begin);
	if (state->end != NULL)
		cudaEventDestroy(state->end);
	if (state->stream != NULL)
		cudaStreamDestroy(state->stream);
	nvml_close(state->nvml);
	free(state);
}

static void
close_backend(struct backend *backend)
{
	close_device(backend->state);
	free(backend);
}

/* Everything that can fail; the device's number is in `state`. */
static cudaError_t
open_device(struct cuda_state *state)
{
	char address[32];
	cudaError_t error = cudaSetDevice(state->number);

	if (error == cudaSuccess)
		error = cudaGetDeviceProperties(&state->properties, state->number);
	if (error == cudaSuccess)
		error = cudaStreamCreateWithFlags(&state->stream, cudaStreamNonBlocking);
	if (error == cudaSuccess)
		error = cudaEventCreateWithFlags(&state->begin, cudaEventDefault);
	if (error == cudaSuccess)
		error = cudaEventCreateWithFlags(&state->end, cudaEventDefault);
	if (error == cudaSuccess)
		error = cudaMalloc(&state->sink, 16);
	if (error == cudaSuccess && row_device_query(&state->chip) != KERNEL_OK)
		error = cudaErrorInvalidDevice;
	if (error == cudaSuccess &&
	    cudaDeviceGetPCIBusId(address, sizeof(address), state->number) == cudaSuccess)
		state->nvml = nvml_open(address);
	return error;
}

struct backend *
backend_cuda_open(int number, const char **why)
{
	struct cuda_state *state;
	struct backend *backend;
	cudaError_t error;
	int devices = 0;

	error = cudaGetDeviceCount(&devices);
	if (error == cudaSuccess && number >= devices)
		error = cudaErrorInvalidDevice;
	if (error != cudaSuccess) {
		*why = cudaGetErrorString(error);
		return NULL;
	}
	state = memory_alloc_zero(1, sizeof(*state));
	state->number = number;
	error = open_device(state);
	if (error != cudaSuccess) {
		close_device(state);
		*why = cudaGetErrorString(error);
		return NULL;
	}
	backend = memory_alloc_zero(1, sizeof(*backend));
	*backend = (struct backend){ .name = "cuda", .is_cuda = true, .number = number,
		.state = state, .chip = &state->chip, .stream = state->stream,
		.cache_bytes = (size_t)state->chip.l2_bytes, .describe = describe,
		.alloc = allocate, .release = release, .upload = upload, .download = download,
		.index = run_index, .store = run_store, .kvcache = run_kvcache,
		.copy = run_copy, .read = run_read,
		.nothing = run_nothing, .finish = finish, .prepare = prepare, .sample = sample,
		.done = done, .speed = speed, .level = level, .close = close_backend };
	return backend;
}

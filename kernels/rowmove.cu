/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the kernel and the grid for a plan of rows and launches it. */
#include "rowlaunch.cuh"

/* Grid y and z, and x, are limited by CUDA. */
static const uint64_t largest_x = 0x7fffffff;
static const unsigned largest_y = 65535;

static cudaError_t
read_device(row_device *device)
{
	int current, threads;
	cudaError_t error = cudaGetDevice(&current);

	if (error == cudaSuccess)
		error = cudaDeviceGetAttribute(&device->processors, cudaDevAttrMultiProcessorCount,
		    current);
	if (error == cudaSuccess)
		error = cudaDeviceGetAttribute(&threads, cudaDevAttrMaxThreadsPerMultiProcessor,
		    current);
	if (error == cudaSuccess)
		error = cudaDeviceGetAttribute(&device->l2_bytes, cudaDevAttrL2CacheSize, current);
	if (error == cudaSuccess)
		error = cudaDeviceGetAttribute(&device->capability_major,
		    cudaDevAttrComputeCapabilityMajor, current);
	if (error == cudaSuccess)
		device->resident_threads = (uint64_t)device->processors * threads;
	return error;
}

enum kernel_status
row_device_query(row_device *device)
{
	return read_device(device) == cudaSuccess ? KERNEL_OK : KERNEL_UNAVAILABLE;
}

template <typename... PARAMETERS, typename... ARGUMENTS>
static cudaError_t
launch_kernel(const row_launch *launch, const row_device &device, dim3 grid, unsigned threads,
    size_t shared_bytes, void (*kernel)(PARAMETERS...), ARGUMENTS... arguments)
{
	cudaLaunchAttribute attribute = {};
	cudaLaunchConfig_t config = {};

	attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
	attribute.val.programmaticStreamSerializationAllowed = 1;
	config.gridDim = grid;
	config.blockDim = dim3(threads);
	config.dynamicSmemBytes = shared_bytes;
	config.stream = (cudaStream_t)launch->stream;
	config.attrs = &attribute;
	config.numAttrs = launch->dependent && device.capability_major >= 9 ? 1 : 0;
	return cudaLaunchKernelEx(&config, kernel, arguments...);
}

/* How many blocks of the kernel the chip runs at once, at least one; kept in the launch, which most
 * callers use again. */
template <typename KERNEL>
static uint64_t
resident_blocks(KERNEL kernel, const row_launch *launch, const row_device &device, int threads,
    size_t shared_bytes)
{
	row_resident *known = launch->resident;
	int each = 0;

	if (known != nullptr && known->kernel == (const void *)kernel &&
	    known->processors == device.processors)
		return known->blocks;
	if (cudaOccupancyMaxActiveBlocksPerMultiprocessor(&each, kernel, threads, shared_bytes) !=
	    cudaSuccess || each < 1)
		each = 1;
	if (known != nullptr)
		*known = { (const void *)kernel, device.processors,
			(uint64_t)each * device.processors };
	return (uint64_t)each * device.processors;
}

static cudaError_t
launch_bulk(const row_kernels &kernels, const row_plan &plan, const row_launch *launch,
    const row_device &device)
{
	bool many = row_plan_is_short(&plan);
	size_t shared = many ? sizeof(bulk_shared<BULK_MANY>) : sizeof(bulk_shared<BULK_FEW>);
	void (*kernel)(row_plan) = kernels.bulk[plan.wide_index][many];
	uint64_t fit = resident_blocks(kernel, launch, device, DEVICE_WARP, shared);
	uint64_t blocks = fit > plan.planes ? fit / plan.planes : 1;

	if (blocks > plan.rows)
		blocks = plan.rows;
	return launch_kernel(launch, device, dim3((unsigned)blocks, 1, plan.planes), DEVICE_WARP,
	    shared, kernel, plan);
}

static cudaError_t
launch_move(const row_kernels &kernels, const row_plan &plan, const row_launch *launch,
    const row_device &device, const row_shape &shape, row_variant variant)
{
	int unroll = __builtin_ctz(shape.unroll), lane_shift = __builtin_ctz(shape.lanes);
	void (*kernel)(row_plan, unsigned) = kernels.move[plan.wide_index][unroll][shape.aligned];
	uint64_t blocks = shape.blocks;

	if (variant == ROW_PERSISTENT) {
		/* One wave, all of it at work to the end: pieces and planes share it. */
		uint64_t fit = resident_blocks(kernel, launch, device, ROW_BLOCK, 0) /
		    ((uint64_t)shape.pieces * shape.planes);

		fit = fit > 0 ? fit : 1;
		blocks = blocks > fit ? fit : blocks;
	}
	/* The loop over rows takes what the grid cannot hold. */
	if (blocks > largest_x)
		blocks = largest_x;
	else if (variant == ROW_DIRECT && shape.aligned)
		kernel = kernels.once[plan.wide_index][unroll];
	return launch_kernel(launch, device, dim3((unsigned)blocks, shape.pieces, shape.planes),
	    ROW_BLOCK, 0, kernel, plan, (unsigned)lane_shift);
}

enum kernel_status
row_kernels_launch(const row_kernels &kernels, const row_plan &plan, const row_launch *launch)
{
	row_device device;
	row_shape shape;
	row_variant variant = launch->variant;
	cudaError_t error;

	if (plan.rows == 0)
		return KERNEL_OK;
	if (launch->device != nullptr)
		device = *launch->device;
	else if (read_device(&device) != cudaSuccess)
		return KERNEL_UNAVAILABLE;
	if (variant == ROW_AUTO)
		variant = row_variant_choose(&plan, &device);
	if (variant == ROW_BULK && !row_plan_can_bulk(&plan, &device))
		return KERNEL_UNAVAILABLE;
	row_shape_choose(&plan, device.resident_threads, launch->unroll, &shape);
	if (shape.pieces > largest_y || (shape.unroll & (shape.unroll - 1)) != 0 || shape.unroll > 8)
		return KERNEL_BAD_ARGUMENT;
	error = variant == ROW_BULK ? launch_bulk(kernels, plan, launch, device)
	                            : launch_move(kernels, plan, launch, device, shape, variant);
	return error == cudaSuccess ? KERNEL_OK : KERNEL_FAILED;
}

enum kernel_status
row_kernels_facts(const row_kernels &kernels, row_facts *facts)
{
	const void *kernel = (const void *)kernels.move[0][2][1];
	cudaFuncAttributes attributes;
	row_device device;

	if (read_device(&device) != cudaSuccess ||
	    cudaFuncGetAttributes(&attributes, kernel) != cudaSuccess ||
	    cudaOccupancyMaxActiveBlocksPerMultiprocessor(&facts->resident_blocks, kernel, ROW_BLOCK,
	        0) != cudaSuccess)
		return KERNEL_UNAVAILABLE;
	facts->registers = attributes.numRegs;
	facts->local_bytes = (int)attributes.localSizeBytes;
	facts->occupancy = (double)facts->resident_blocks * ROW_BLOCK * device.processors /
	    (double)device.resident_threads;
	return KERNEL_OK;
}

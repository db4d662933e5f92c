#include "shared.cuh"

namespace {

template <typename T, bool kFilter>
__global__ void gate_kernel(const T* in, T* out) {
  device_gate(in, out);
}

TOY_KERNEL void move_kernel(const void* in, void* out) {}

/* A kernel's name in a comment, unused_kernel<<<1, 1>>>(), launches nothing. */
__global__ void unused_kernel() {}

template <typename T, bool kPDL>
struct GateKernel {
  template <bool kFilter>
  static constexpr auto kernel_of = gate_kernel<T, kFilter>;

  template <bool kFilter>
  static auto select() {
    return kernel_of<kFilter>;
  }

  static void run(Tensor in, Tensor out) {
    const auto kernel = select<false>();
    LaunchKernel(1, 128)(kernel, in, out);
  }

  static void run_filtered(Tensor in, Tensor out) {
    LaunchKernel(1, 128)(select<true>(), in, out);
    LaunchKernel(1, 128)(compact_kernel, in);
  }
};

void move_rows(Tensor in, Tensor out) { move_kernel<<<1, 128>>>(in.data(), out.data()); }

}  // namespace

namespace oplib {

template <typename Derived>
struct LaunchRuntime {
  static std::string generate(int width) { return Derived::generate_impl(width); }
};

struct GemmRuntime final : public LaunchRuntime<GemmRuntime> {
  static std::string generate_impl(int width) {
    return fmt::format(R"(
#include <oplib/impls.cuh>

static void instantiate() {{ auto ptr = reinterpret_cast<void*>(&oplib::gemm_impl<{}, 1 <= 2>); }}
)", width);
  }
};

struct GroupedGemmRuntime final : public LaunchRuntime<GroupedGemmRuntime> {
  static std::string generate_impl(int width) {
    return fmt::format(R"(
#include <oplib/impls.cuh>

static void instantiate() {{ auto ptr = reinterpret_cast<void*>(&oplib::grouped_gemm_impl<{}>); }}
)", width);
  }
};

static void sm90_gemm(Tensor x) { compile(GemmRuntime::generate(x.size(0))); }
static void sm90_grouped_gemm(Tensor x) { compile(GroupedGemmRuntime::generate(x.size(0))); }

}  // namespace oplib

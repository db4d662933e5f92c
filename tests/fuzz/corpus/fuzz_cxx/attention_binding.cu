#include <fastlib/attention_wide.cuh>

int AttentionPlan();
void AttentionRun(Tensor q);

struct Merger {
  void merge(Tensor x) { fastlib::MergeKernel<<<1, 1>>>(x.data()); }
  void other(Tensor x) { fastlib::WideAttentionKernel<<<1, 1>>>(x.data()); }
};

TVM_FFI_DLL_EXPORT_TYPED_FUNC(plan, AttentionPlan);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(run, AttentionRun);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(merge, [](Tensor x) {
  Merger merger;
  merger.merge(x);
});

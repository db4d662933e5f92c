#include "ops.h"

TORCH_LIBRARY_FRAGMENT(oplib, m) {
  m.def("topk(Tensor x) -> Tensor");
  m.impl("topk", torch::kCUDA, &oplib::topk_softmax);
  m.def("rotate(Tensor! x) -> ()");
  m.impl("rotate", torch::kCUDA, [](Tensor x) { oplib::rotate(x, false); });
}

TORCH_LIBRARY_FRAGMENT(other, m) {
  m.impl("rotate", torch::kCUDA, &oplib::topk_softmax);
}

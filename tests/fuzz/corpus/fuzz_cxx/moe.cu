#include "runner.h"

namespace transport = fastlib::moe::transport;

class MoeObject : public ffi::ModuleObj {
 public:
  explicit MoeObject(DataType dtype) { runner = std::make_unique<fastlib::moe::Runner<half>>(); }

  Optional<Function> GetFunction(const String& name) {
    if (name == "tactics") {
      return Function::FromTyped([this]() { return runner->tactics(); });
    } else if (name == "run_moe") {
      return Function::FromTyped([this](Tensor x) { run(x); });
    }
    return Function(nullptr);
  }

  void run(Tensor x) { runner->run(x.data()); }

 private:
  std::unique_ptr<fastlib::moe::RunnerInterface> runner;
};

Module init(DataType dtype) { return Module(ffi::make_object<MoeObject>(dtype)); }

void all_to_all(Tensor x) {
  auto channel = std::make_shared<transport::Channel>();
  channel->send(x.data());
  transport::finish(x.data());
}

TVM_FFI_DLL_EXPORT_TYPED_FUNC(init, init);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(all_to_all, all_to_all);

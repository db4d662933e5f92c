#define DISPATCH_TYPE(type, c_type, ...) \
  switch (type) {                        \
    case kHalf: {                        \
      using c_type = half;               \
      return __VA_ARGS__();              \
    }                                    \
  }
#define LAUNCH(kernel, ...) kernel<<<1, 128>>>(__VA_ARGS__)

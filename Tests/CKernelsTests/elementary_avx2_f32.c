#include "../../Sources/CKernels/f32.h"
#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define DN_VECTOR_BYTES 32
#define ELEMENTARY elementary_avx2_f32
#include "elementary_real.h"
#pragma clang attribute pop
#endif

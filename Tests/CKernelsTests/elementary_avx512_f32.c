#include "../../Sources/CKernels/f32.h"
#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma"))), \
                             apply_to = function)
#define DN_VECTOR_BYTES 64
#define ELEMENTARY elementary_avx512_f32
#include "elementary_real.h"
#pragma clang attribute pop
#endif

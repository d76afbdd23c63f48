// Kernels for AVX-512, in double precision.
#include "../f64.h"
#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma"))), \
                             apply_to = function)
#define DN_ISA avx512
#define DN_VECTOR_BYTES 64
#include "../kernel/all.h"
#pragma clang attribute pop
#endif

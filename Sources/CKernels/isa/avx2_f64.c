// Kernels for AVX2 with FMA, in double precision.
#include "../f64.h"
#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define DN_ISA avx2
#define DN_VECTOR_BYTES 32
#include "../kernel/all.h"
#pragma clang attribute pop
#endif

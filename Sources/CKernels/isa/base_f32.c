// Kernels for what every CPU of this architecture has: SSE2 on x86-64, NEON on arm64, in single precision.
#include "../f32.h"
#pragma STDC FP_CONTRACT OFF

#define DN_ISA base
#define DN_VECTOR_BYTES 16
#include "../kernel/all.h"

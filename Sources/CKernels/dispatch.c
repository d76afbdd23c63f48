// Which instruction sets this CPU has, and the kernel tables of each.
#include "internal.h"

extern const dn_kernels_f32 dn_kernels_f32_base;
extern const dn_network_kernels_f32 dn_network_kernels_f32_base;
extern const dn_kernels_f64 dn_kernels_f64_base;
extern const dn_network_kernels_f64 dn_network_kernels_f64_base;
#if defined(__x86_64__)
extern const dn_kernels_f32 dn_kernels_f32_avx2, dn_kernels_f32_avx512;
extern const dn_network_kernels_f32 dn_network_kernels_f32_avx2, dn_network_kernels_f32_avx512;
extern const dn_kernels_f64 dn_kernels_f64_avx2, dn_kernels_f64_avx512;
extern const dn_network_kernels_f64 dn_network_kernels_f64_avx2, dn_network_kernels_f64_avx512;
#endif

int dn_isa_available(dn_isa isa) {
  switch (isa) {
    case DN_ISA_AUTO:
    case DN_ISA_BASE: return 1;
#if defined(__x86_64__)
    case DN_ISA_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case DN_ISA_AVX512:
      return dn_isa_available(DN_ISA_AVX2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
#endif
    default: return 0;
  }
}

dn_isa dn_isa_best(void) {
  if (dn_isa_available(DN_ISA_AVX512)) return DN_ISA_AVX512;
  return dn_isa_available(DN_ISA_AVX2) ? DN_ISA_AVX2 : DN_ISA_BASE;
}

const char *dn_isa_name(dn_isa isa) {
  switch (isa) {
    case DN_ISA_AUTO: return "auto";
    case DN_ISA_BASE: return "base";
    case DN_ISA_AVX2: return "avx2";
    case DN_ISA_AVX512: return "avx512";
  }
  return NULL;
}

const dn_kernels_f32 *dn_kernels_of_f32(dn_isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case DN_ISA_AVX2: return &dn_kernels_f32_avx2;
    case DN_ISA_AVX512: return &dn_kernels_f32_avx512;
#endif
    case DN_ISA_BASE: return &dn_kernels_f32_base;
    default: return NULL;
  }
}

const dn_kernels_f64 *dn_kernels_of_f64(dn_isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case DN_ISA_AVX2: return &dn_kernels_f64_avx2;
    case DN_ISA_AVX512: return &dn_kernels_f64_avx512;
#endif
    case DN_ISA_BASE: return &dn_kernels_f64_base;
    default: return NULL;
  }
}

const dn_network_kernels_f32 *dn_network_kernels_of_f32(dn_isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case DN_ISA_AVX2: return &dn_network_kernels_f32_avx2;
    case DN_ISA_AVX512: return &dn_network_kernels_f32_avx512;
#endif
    case DN_ISA_BASE: return &dn_network_kernels_f32_base;
    default: return NULL;
  }
}

const dn_network_kernels_f64 *dn_network_kernels_of_f64(dn_isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case DN_ISA_AVX2: return &dn_network_kernels_f64_avx2;
    case DN_ISA_AVX512: return &dn_network_kernels_f64_avx512;
#endif
    case DN_ISA_BASE: return &dn_network_kernels_f64_base;
    default: return NULL;
  }
}

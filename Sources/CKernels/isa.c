// Which instruction sets this CPU has.
#include "internal.h"

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

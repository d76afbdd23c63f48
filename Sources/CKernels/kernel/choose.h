// The table of each instruction set in one precision, and the public functions that call it directly. Included by
// kernels_f32.c and kernels_f64.c.
extern const dn_kernels DN_NAME(dn_kernels_base);
#if defined(__x86_64__)
extern const dn_kernels DN_NAME(dn_kernels_avx2), DN_NAME(dn_kernels_avx512);
#endif

const dn_kernels *DN_NAME(dn_kernels_of)(dn_isa isa) {
  switch (isa) {
    case DN_ISA_BASE: return &DN_NAME(dn_kernels_base);
#if defined(__x86_64__)
    case DN_ISA_AVX2: return &DN_NAME(dn_kernels_avx2);
    case DN_ISA_AVX512: return &DN_NAME(dn_kernels_avx512);
#endif
    default: return NULL;
  }
}

extern const dn_model_kernels DN_NAME(dn_text_base);
#if defined(__x86_64__)
extern const dn_model_kernels DN_NAME(dn_text_avx2), DN_NAME(dn_text_avx512);
#endif

void DN_NAME(dn_text_kernels)(const dn_model_kernels *kernels[DN_ISA_AVX512 + 1]) {
  kernels[DN_ISA_BASE] = &DN_NAME(dn_text_base);
#if defined(__x86_64__)
  kernels[DN_ISA_AVX2] = &DN_NAME(dn_text_avx2);
  kernels[DN_ISA_AVX512] = &DN_NAME(dn_text_avx512);
#endif
}

static const dn_kernels *best(void) { return DN_NAME(dn_kernels_of)(dn_isa_best()); }

void DN_NAME(dn_random_uniform)(dn_key key, uint64_t first, ptrdiff_t count, DN_REAL lo, DN_REAL hi, DN_REAL *out) {
  best()->uniform(key, first, count, lo, hi, out);
}
void DN_NAME(dn_random_normal)(dn_key key, uint64_t first, ptrdiff_t count, DN_REAL *out) {
  best()->normal(key, first, count, out);
}

// The ceilings for vectors of BITS: included by ceilings.c once for each width. `out` holds two numbers to compute with
// and takes a vector of results, so that nothing is computed in vain. Both return the floating-point operations done.
#define LANES (BITS / 32)

typedef float NAME(vec) __attribute__((ext_vector_type(LANES)));
typedef float NAME(loose) __attribute__((ext_vector_type(LANES), aligned(4)));

static void NAME(store)(const NAME(vec) * sums, float *out) {
  NAME(vec) all = 0;
  for (int k = 0; k < CHAINS; k++) all += sums[k];
  *(NAME(loose) *)out = all;
}

double NAME(ceiling_fma)(ptrdiff_t rounds, float *out) {
  NAME(vec) sums[CHAINS];
  const NAME(vec) factor = out[0], term = out[1];
  for (int k = 0; k < CHAINS; k++) sums[k] = (float)k;
  for (ptrdiff_t r = 0; r < rounds; r++) {
#pragma clang loop unroll(full)
    for (int k = 0; k < CHAINS; k++) sums[k] = __builtin_elementwise_fma(sums[k], factor, term);
  }
  NAME(store)(sums, out);
  return 2.0 * (double)rounds * CHAINS * LANES;
}

// `from` holds `floats`, a multiple of CHAINS * LANES, and is read `rounds` times.
double NAME(ceiling_loads)(ptrdiff_t rounds, const float *from, ptrdiff_t floats, float *out) {
  NAME(vec) sums[CHAINS];
  const NAME(vec) factor = out[0];
  for (int k = 0; k < CHAINS; k++) sums[k] = 0;
  for (ptrdiff_t r = 0; r < rounds; r++)
    for (const float *p = from; p < from + floats; p += CHAINS * LANES) {
      const NAME(loose) *vectors = (const NAME(loose) *)p;
#pragma clang loop unroll(full)
      for (int k = 0; k < CHAINS; k++) sums[k] = __builtin_elementwise_fma(factor, (NAME(vec))vectors[k], sums[k]);
    }
  NAME(store)(sums, out);
  return 2.0 * (double)rounds * (double)floats;
}

#undef LANES

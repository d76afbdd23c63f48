// Every registered model's kernels for one instruction set in one precision. Included by all.h.
#include "passes.h"

#define M(name) DN_JOIN(DN_MODEL, name)
#define DN_STEP(name) M(DN_JOIN(DN_SCHEME, name))
#define AT(name) M(at_##name)
#define DN_LET_STATE(name, ...) const vec name __attribute__((unused)) = s[AT(name)];
#define DN_LET_COUPLING(name, ...) const vec c_##name __attribute__((unused)) = c[AT(c_##name)];
#define DN_LET_PARAMETER(name, ...) const vec name __attribute__((unused)) = p[AT(name)];
#define DN_LET_PARAMETERS DN_PARAMETER_LIST(DN_LET_PARAMETER)
#define DN_LET_OBSERVED DN_STATE_LIST(DN_LET_STATE) DN_LET_PARAMETERS
#define DN_LET DN_LET_OBSERVED DN_COUPLING_LIST(DN_LET_COUPLING)

// Every loop over the model's variables is unrolled: the vectors stay in registers.
#define DN_EACH(k, count) _Pragma("clang loop unroll(full)") for (int k = 0; k < (count); k++)

// ---- Rows of nodes as vectors of one node each; count is a constant where they are called --------------------------

DN_INLINE void load_rows(const DN_REAL *row, ptrdiff_t stride, int count, vec v[]) {
  DN_EACH(k, count) v[k] = vec_load_aligned(row + k * stride);
}
DN_INLINE void store_rows(const vec v[], DN_REAL *row, ptrdiff_t stride, int count) {
  DN_EACH(k, count) vec_store_aligned(row + k * stride, v[k]);
}
DN_INLINE void scaled_rows(const DN_REAL *row, ptrdiff_t stride, int count, DN_REAL factor, vec v[]) {
  DN_EACH(k, count) v[k] = factor * vec_load_aligned(row + k * stride);
}
// The tangent of factor times rows.
DN_INLINE void scaled_rows_jvp(const DN_REAL *row, const DN_REAL *drow, ptrdiff_t stride, int count, DN_REAL factor,
                               DN_REAL dfactor, vec v[]) {
  DN_EACH(k, count)
  v[k] = vec_fma(vec_splat(factor), vec_load_aligned(drow + k * stride), dfactor * vec_load_aligned(row + k * stride));
}
// Lanes of real nodes that a mask marks; `left` nodes are in this vector or behind it.
DN_INLINE int64_t count_lanes(vec_mask mask, ptrdiff_t left) {
  if (__builtin_expect(!any(mask), 1)) return 0;
  int64_t count = 0;
  for (ptrdiff_t lane = 0; lane < VL && lane < left; lane++) count += mask[lane] != 0;
  return count;
}

// ---- Models ---------------------------------------------------------------------------------------------------------

#define DN_PASS DN_PASS_KERNELS
#include "../models.def"

#undef DN_EACH
#undef DN_LET
#undef DN_LET_OBSERVED
#undef DN_LET_PARAMETERS
#undef DN_LET_STATE
#undef DN_LET_COUPLING
#undef DN_LET_PARAMETER
#undef AT
#undef DN_PASS
#undef DN_STEP
#undef M

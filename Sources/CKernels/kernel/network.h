// What a network's step needs besides the model and the delayed sums: rows of nodes multiplied and added. One instruction
// set, one precision; included by all.h.

// ---- Rows; count is a multiple of DN_LEAF --------------------------------------------------------------------------

// sum += a * b, rounded once.
static void multiply_add(ptrdiff_t count, const DN_REAL *a, const DN_REAL *b, DN_REAL *sum) {
  for (ptrdiff_t i = 0; i < count; i += VL)
    vec_store_aligned(sum + i, vec_fma(vec_load_aligned(a + i), vec_load_aligned(b + i), vec_load_aligned(sum + i)));
}

// The same for any count and a sum that may lie anywhere; a and b are padded rows.
static void multiply_add_user(ptrdiff_t count, const DN_REAL *a, const DN_REAL *b, DN_REAL *sum) {
  ptrdiff_t i = 0;
  for (; i + VL <= count; i += VL)
    vec_store(sum + i, vec_fma(vec_load_aligned(a + i), vec_load_aligned(b + i), vec_load(sum + i)));
  for (; i < count; i++) sum[i] = DN_FMA(a[i], b[i], sum[i]);
}

static void scale_add(ptrdiff_t count, DN_REAL a, const DN_REAL *b, DN_REAL *sum) {
  for (ptrdiff_t i = 0; i < count; i += VL)
    vec_store_aligned(sum + i, vec_fma(vec_splat(a), vec_load_aligned(b + i), vec_load_aligned(sum + i)));
}

static void multiply(ptrdiff_t count, const DN_REAL *a, const DN_REAL *b, DN_REAL *product) {
  for (ptrdiff_t i = 0; i < count; i += VL)
    vec_store_aligned(product + i, vec_load_aligned(a + i) * vec_load_aligned(b + i));
}

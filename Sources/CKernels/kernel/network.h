// What a network's step needs besides the model and the delayed sums: rows of nodes multiplied and added. One instruction
// set, one precision; included by all.h.

// ---- Rows; count is a multiple of DN_LEAF --------------------------------------------------------------------------

// sum += a * b, rounded once.
static void K(multiply_add)(ptrdiff_t count, const DN_REAL *a, const DN_REAL *b, DN_REAL *sum) {
  for (ptrdiff_t i = 0; i < count; i += VL)
    K(store_aligned)(sum + i, K(fma)(K(load_aligned)(a + i), K(load_aligned)(b + i), K(load_aligned)(sum + i)));
}

// The same for any count and a sum that may lie anywhere; a and b are padded rows.
static void K(multiply_add_user)(ptrdiff_t count, const DN_REAL *a, const DN_REAL *b, DN_REAL *sum) {
  ptrdiff_t i = 0;
  for (; i + VL <= count; i += VL)
    K(store)(sum + i, K(fma)(K(load_aligned)(a + i), K(load_aligned)(b + i), K(load)(sum + i)));
  for (; i < count; i++) sum[i] = DN_FMA(a[i], b[i], sum[i]);
}

static void K(scale_add)(ptrdiff_t count, DN_REAL a, const DN_REAL *b, DN_REAL *sum) {
  for (ptrdiff_t i = 0; i < count; i += VL)
    K(store_aligned)(sum + i, K(fma)(K(splat)(a), K(load_aligned)(b + i), K(load_aligned)(sum + i)));
}

static void K(multiply)(ptrdiff_t count, const DN_REAL *a, const DN_REAL *b, DN_REAL *product) {
  for (ptrdiff_t i = 0; i < count; i += VL)
    K(store_aligned)(product + i, K(load_aligned)(a + i) * K(load_aligned)(b + i));
}

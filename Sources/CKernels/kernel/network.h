// What a network's step needs besides the model and the delayed sums: turning rows of time into rows of nodes, noise, and
// rows multiplied. One instruction set, one precision; included by all.h.

// ---- Transposition -------------------------------------------------------------------------------------------------

typedef DN_REAL K(four) __attribute__((ext_vector_type(4), aligned(sizeof(DN_REAL))));

DN_INLINE void K(transpose_four)(const DN_REAL *from, ptrdiff_t src_stride, DN_REAL *to, ptrdiff_t dst_stride) {
  const K(four) a = *(const K(four) *)from, b = *(const K(four) *)(from + src_stride),
                c = *(const K(four) *)(from + 2 * src_stride), d = *(const K(four) *)(from + 3 * src_stride);
  const K(four) ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7),
                cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(K(four) *)to = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  *(K(four) *)(to + dst_stride) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  *(K(four) *)(to + 2 * dst_stride) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  *(K(four) *)(to + 3 * dst_stride) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

// dst[c * dst_stride + r] = src[r * src_stride + c], blocks of 4 x 4. Nothing outside rows x columns is touched.
static void K(transpose)(const DN_REAL *src, ptrdiff_t src_stride, DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t rows,
                         ptrdiff_t columns) {
  const ptrdiff_t whole_rows = rows & ~(ptrdiff_t)3, whole_columns = columns & ~(ptrdiff_t)3;
  for (ptrdiff_t c = 0; c < whole_columns; c += 4)
    for (ptrdiff_t r = 0; r < whole_rows; r += 4)
      K(transpose_four)(src + r * src_stride + c, src_stride, dst + c * dst_stride + r, dst_stride);
  for (ptrdiff_t r = whole_rows; r < rows; r++)
    for (ptrdiff_t c = 0; c < columns; c++) dst[c * dst_stride + r] = src[r * src_stride + c];
  for (ptrdiff_t r = 0; r < whole_rows; r++)
    for (ptrdiff_t c = whole_columns; c < columns; c++) dst[c * dst_stride + r] = src[r * src_stride + c];
}

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

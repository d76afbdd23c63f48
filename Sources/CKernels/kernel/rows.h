// Rows on their way between the caller's arrays and the ring: scaled, reversed, added, checked. Included by
// all.h. All take n columns; these are O(N) a step where delayed sums are O(E).

// dst = gain * src + 0: a product of -0 becomes +0, so that sums that skip zeros have the same bits as sums that do not.
static void scale_row(const DN_REAL *src, DN_REAL gain, DN_REAL *dst, ptrdiff_t n) {
  for (ptrdiff_t c = 0; c < n; c++) dst[c] = gain * src[c] + (DN_REAL)0;
}

// dst += gain * src, rounded once.
static void add_scaled_row(const DN_REAL *src, DN_REAL gain, DN_REAL *dst, ptrdiff_t n) {
  for (ptrdiff_t c = 0; c < n; c++) dst[c] = __builtin_elementwise_fma(gain, src[c], dst[c]);
}

// dst[c] = src[n - 1 - c] + 0
static void reverse_row(const DN_REAL *src, DN_REAL *dst, ptrdiff_t n) {
  for (ptrdiff_t c = 0; c < n; c++) dst[c] = src[n - 1 - c] + (DN_REAL)0;
}

// dst[c] += src[n - 1 - c]
static void add_reversed_row(const DN_REAL *src, DN_REAL *dst, ptrdiff_t n) {
  for (ptrdiff_t c = 0; c < n; c++) dst[c] += src[n - 1 - c];
}

// The first column that is not a finite number, or -1.
static ptrdiff_t first_not_finite(const DN_REAL *row, ptrdiff_t n) {
  // 0 * x is 0 for a finite x and NaN for every other.
  vec bad[2] = {0};
  ptrdiff_t c = 0;
  for (; c + 2 * VL <= n; c += 2 * VL)
    for (int v = 0; v < 2; v++) bad[v] += vec_load(row + c + v * VL) * 0;
  if (n >= VL && c < n) {  // one or two vectors, the last one overlapping what was seen
    bad[0] += vec_load(row + (n - c > VL ? c : n - VL)) * 0;
    bad[1] += vec_load(row + n - VL) * 0;
    c = n;
  }
  bad[0] += bad[1];
  DN_REAL any = 0;
  for (; c < n; c++) any += 0 * row[c];
  for (ptrdiff_t v = 0; v < VL; v++) any += bad[0][v];
  if (any == 0) return -1;
  for (c = 0; c < n; c++)
    if (0 * row[c] != 0) return c;
  return -1;
}

// dst = src; returns first_not_finite of it.
static ptrdiff_t store_row(const DN_REAL *src, DN_REAL *dst, ptrdiff_t n) {
  memcpy(dst, src, (size_t)n * sizeof *dst);
  return first_not_finite(src, n);
}

// ---- Rows of time as rows of nodes ---------------------------------------------------------------------------------

typedef DN_REAL four __attribute__((ext_vector_type(4), aligned(sizeof(DN_REAL))));

DN_INLINE void transpose_four(const DN_REAL *from, ptrdiff_t src_stride, DN_REAL *to, ptrdiff_t dst_stride) {
  const four a = *(const four *)from, b = *(const four *)(from + src_stride),
             c = *(const four *)(from + 2 * src_stride), d = *(const four *)(from + 3 * src_stride);
  const four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7),
             cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(four *)to = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  *(four *)(to + dst_stride) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  *(four *)(to + 2 * dst_stride) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  *(four *)(to + 3 * dst_stride) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

// dst[c * dst_stride + r] = src[r * src_stride + c], blocks of 4 x 4. Nothing outside rows x columns is touched.
static void transpose(const DN_REAL *src, ptrdiff_t src_stride, DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t rows,
                      ptrdiff_t columns) {
  const ptrdiff_t whole_rows = rows & ~(ptrdiff_t)3, whole_columns = columns & ~(ptrdiff_t)3;
  for (ptrdiff_t c = 0; c < whole_columns; c += 4)
    for (ptrdiff_t r = 0; r < whole_rows; r += 4)
      transpose_four(src + r * src_stride + c, src_stride, dst + c * dst_stride + r, dst_stride);
  for (ptrdiff_t r = whole_rows; r < rows; r++)
    for (ptrdiff_t c = 0; c < columns; c++) dst[c * dst_stride + r] = src[r * src_stride + c];
  for (ptrdiff_t r = 0; r < whole_rows; r++)
    for (ptrdiff_t c = whole_columns; c < columns; c++) dst[c * dst_stride + r] = src[r * src_stride + c];
}

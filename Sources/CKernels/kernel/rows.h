// Rows on their way between the caller's arrays and the ring: scaled, reversed, added, checked. One instruction set, one
// precision; included by all.h. All take n columns; these are O(N) a step where delayed sums are O(E).

// dst = gain * src + 0: a product of -0 becomes +0, so that sums that skip zeros have the same bits as sums that do not.
static void K(scale_row)(const DN_REAL *src, DN_REAL gain, DN_REAL *dst, ptrdiff_t n) {
  for (ptrdiff_t c = 0; c < n; c++) dst[c] = gain * src[c] + (DN_REAL)0;
}

// dst += gain * src, rounded once.
static void K(add_scaled_row)(const DN_REAL *src, DN_REAL gain, DN_REAL *dst, ptrdiff_t n) {
  for (ptrdiff_t c = 0; c < n; c++) dst[c] = __builtin_elementwise_fma(gain, src[c], dst[c]);
}

// dst[c] = src[n - 1 - c] + 0
static void K(reverse_row)(const DN_REAL *src, DN_REAL *dst, ptrdiff_t n) {
  for (ptrdiff_t c = 0; c < n; c++) dst[c] = src[n - 1 - c] + (DN_REAL)0;
}

// dst[c] += src[n - 1 - c]
static void K(add_reversed_row)(const DN_REAL *src, DN_REAL *dst, ptrdiff_t n) {
  for (ptrdiff_t c = 0; c < n; c++) dst[c] += src[n - 1 - c];
}

// The first column that is not a finite number, or -1.
static ptrdiff_t K(first_not_finite)(const DN_REAL *row, ptrdiff_t n) {
  // 0 * x is 0 for a finite x and NaN for every other. Sixteen sums, so that the additions need not wait for each other.
  DN_REAL bad[16] = {0};
  ptrdiff_t c = 0;
  for (; c + 16 <= n; c += 16)
    for (ptrdiff_t v = 0; v < 16; v++) bad[v] += 0 * row[c + v];
  for (ptrdiff_t v = 0; c + v < n; v++) bad[v] += 0 * row[c + v];
  DN_REAL any = 0;
  for (ptrdiff_t v = 0; v < 16; v++) any += bad[v];
  if (any == 0) return -1;
  for (c = 0; c < n; c++)
    if (0 * row[c] != 0) return c;
  return -1;
}

// dst = src; returns first_not_finite of it.
static ptrdiff_t K(store_row)(const DN_REAL *src, DN_REAL *dst, ptrdiff_t n) {
  memcpy(dst, src, (size_t)n * sizeof *dst);
  return K(first_not_finite)(src, n);
}

#define DN_NAME_(suffix, isa) dn_kernels_##suffix##_##isa
#define DN_NAME_OF(suffix, isa) DN_NAME_(suffix, isa)
#define DN_TABLE_(suffix) dn_kernels_##suffix
#define DN_TABLE(suffix) DN_TABLE_(suffix)
extern const DN_TABLE(DN_REAL_SUFFIX) DN_NAME_OF(DN_REAL_SUFFIX, DN_ISA_SUFFIX);
const DN_TABLE(DN_REAL_SUFFIX) DN_NAME_OF(DN_REAL_SUFFIX, DN_ISA_SUFFIX) = {
    .pack = K(pack),
    .pack_jvp = K(pack_jvp),
    .apply = K(apply),
    .apply_between = K(apply_between),
    .apply_short = K(apply_short),
    .solve_leaf = K(solve_leaf),
    .dot = K(dot),
    .dot_short = K(dot_short),
    .dot_rows = K(dot_rows),
    .scale_row = K(scale_row),
    .add_scaled_row = K(add_scaled_row),
    .reverse_row = K(reverse_row),
    .add_reversed_row = K(add_reversed_row),
    .store_row = K(store_row),
    .first_not_finite = K(first_not_finite),
};
#undef DN_NAME_
#undef DN_NAME_OF
#undef DN_TABLE_
#undef DN_TABLE

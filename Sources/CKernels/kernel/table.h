// The table through which drivers call the coupling kernels of one instruction set in one precision. Included by
// internal.h with DN_REAL and DN_NAME. What each does stands at its definition in coupling.h and rows.h.
//
// Columns: `n` columns from the pointers on are computed; up to the next multiple of DN_LEAF behind them may be
// overwritten with values that mean nothing.

// The recent edges of a graph as solve_leaf_lanes takes them.
typedef struct DN_NAME(dn_leaf_lanes) {
  int32_t *offset;   // (keys) source - delay * row
  DN_REAL *weights;  // (rows, DN_LEAF)
  DN_REAL *rows;     // (DN_RECENT + DN_LEAF, row) columns of the ring as rows of nodes
  ptrdiff_t row;     // a multiple of DN_LEAF
} DN_NAME(dn_leaf_lanes);

typedef struct DN_NAME(dn_kernels) {
  ptrdiff_t (*pack)(const int32_t *edge, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *weights, DN_REAL scale,
                    DN_REAL *packed);
  void (*pack_jvp)(const int32_t *edge, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *weights, DN_REAL scale,
                   const DN_REAL *dweights, DN_REAL dscale, DN_REAL *packed);
  void (*apply)(const dn_graph *graph, int32_t group_begin, int32_t group_end, const DN_REAL *w, const DN_REAL *src,
                DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t n);
  void (*apply_between)(const dn_graph *graph, int32_t group_begin, int32_t group_end, const DN_REAL *w,
                        const DN_REAL *src, DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t n, int32_t shortest,
                        int32_t longest);
  void (*apply_short)(const dn_graph *graph, const dn_list *list, const DN_REAL *w, const DN_REAL *src,
                      ptrdiff_t stride, DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t n);
  void (*solve_leaf)(const dn_graph *graph, const DN_REAL *w, DN_REAL *x, ptrdiff_t n);
  void (*solve_leaf_lanes)(const dn_graph *graph, const DN_REAL *w, const DN_NAME(dn_leaf_lanes) *lanes, DN_REAL *x,
                           ptrdiff_t stride, ptrdiff_t nodes, ptrdiff_t n);
  void (*dot)(const dn_graph *graph, int32_t group_begin, int32_t group_end, const DN_REAL *g, ptrdiff_t g_stride,
              const DN_REAL *src, ptrdiff_t n, DN_REAL *sum);
  void (*dot_short)(const dn_graph *graph, int32_t begin, int32_t end, const DN_REAL *g, ptrdiff_t g_stride,
                    const DN_REAL *src, ptrdiff_t stride, ptrdiff_t n, DN_REAL *sum);
  void (*dot_rows)(ptrdiff_t rows, const DN_REAL *a, ptrdiff_t a_stride, const DN_REAL *b, ptrdiff_t b_stride,
                   ptrdiff_t n, DN_REAL *sum);
  void (*scale_row)(const DN_REAL *src, DN_REAL gain, DN_REAL *dst, ptrdiff_t n);
  void (*add_scaled_row)(const DN_REAL *src, DN_REAL gain, DN_REAL *dst, ptrdiff_t n);
  void (*reverse_row)(const DN_REAL *src, DN_REAL *dst, ptrdiff_t n);
  void (*add_reversed_row)(const DN_REAL *src, DN_REAL *dst, ptrdiff_t n);
  ptrdiff_t (*store_row)(const DN_REAL *src, DN_REAL *dst, ptrdiff_t n);
  ptrdiff_t (*first_not_finite)(const DN_REAL *row, ptrdiff_t n);
} DN_NAME(dn_kernels);

// NULL when this build lacks the instruction set.
const DN_NAME(dn_kernels) *DN_NAME(dn_kernels_of)(dn_isa isa);

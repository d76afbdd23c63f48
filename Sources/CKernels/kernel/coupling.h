// Delayed sums: knows delays, no models, no threads. Included by all.h.
//
//   x_i(t) += sum over e -> i of w_e b(j_e, t - d_e)
//
// With time innermost an edge's share of n consecutive steps is one shifted multiply-add of a row: contiguous, vectorised
// over time. Vectors run over time only (over targets in lanes.h, never over a target's edges), so x_i(t) is a sum over
// edges in plan order on every instruction set.
//
// The adjoint is the same sum on the transposed graph with time reversed, so apply and solve_leaf serve both; the gradient
// of a weight is dot, the product of the target's adjoint with the row that the forward run read.
//
// src points at column t = 0 of row 0 of what is read, with the plan's offsets relative to it; dst likewise for what is
// written. w[k] is edge position k's weight. Rows that are written start at a multiple of DN_LEAF and are aligned.

// ---- Weights in plan order -----------------------------------------------------------------------------------------

// packed[k] = scale * weights[edge[k]]. Returns the first position whose product is not finite, or -1.
static ptrdiff_t pack(const int32_t *edge, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *weights, DN_REAL scale,
                      DN_REAL *packed) {
  for (ptrdiff_t k = begin; k < end; k++) packed[k] = scale * weights[edge[k]];
  const ptrdiff_t bad = first_not_finite(packed + begin, end - begin);
  return bad < 0 ? -1 : begin + bad;
}

// packed[k] = scale * dweights[edge[k]] + dscale * weights[edge[k]]; dweights may be NULL.
static void pack_jvp(const int32_t *edge, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *weights, DN_REAL scale,
                     const DN_REAL *dweights, DN_REAL dscale, DN_REAL *packed) {
  for (ptrdiff_t k = begin; k < end; k++)
    packed[k] = dscale * weights[edge[k]] + (dweights ? scale * dweights[edge[k]] : 0);
}

// ---- Groups of edges -----------------------------------------------------------------------------------------------

// Adds edges begin ... end - 1 to `vectors` vectors of one target's row, which stay in registers.
#define DN_APPLY_VECTORS(vectors)                                                                         \
  DN_INLINE void apply_##vectors(const int32_t *offset, const DN_REAL *w, ptrdiff_t begin, ptrdiff_t end, \
                                 const DN_REAL *src, DN_REAL *x) {                                        \
    vec sum[vectors];                                                                                     \
    for (int v = 0; v < vectors; v++) sum[v] = vec_load_aligned(x + v * VL);                              \
    for (ptrdiff_t k = begin; k < end; k++) {                                                             \
      const vec weight = vec_splat(w[k]);                                                                 \
      const DN_REAL *b = src + offset[k];                                                                 \
      for (int v = 0; v < vectors; v++) sum[v] = vec_fma(weight, vec_load(b + v * VL), sum[v]);           \
    }                                                                                                     \
    for (int v = 0; v < vectors; v++) vec_store_aligned(x + v * VL, sum[v]);                              \
  }
DN_APPLY_VECTORS(1)
DN_APPLY_VECTORS(2)
DN_APPLY_VECTORS(3)
DN_APPLY_VECTORS(4)
DN_APPLY_VECTORS(5)
DN_APPLY_VECTORS(6)
DN_APPLY_VECTORS(7)
DN_APPLY_VECTORS(8)
#undef DN_APPLY_VECTORS

// Edges begin ... end - 1 of one target, `vectors` vectors of its row: eight at a time, so that every instruction set
// keeps them in registers.
DN_INLINE void apply_row(const int32_t *offset, const DN_REAL *w, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *src,
                         DN_REAL *x, ptrdiff_t vectors) {
  for (; vectors >= 8; vectors -= 8, src += 8 * VL, x += 8 * VL) apply_8(offset, w, begin, end, src, x);
  switch (vectors) {
    case 1: apply_1(offset, w, begin, end, src, x); break;
    case 2: apply_2(offset, w, begin, end, src, x); break;
    case 3: apply_3(offset, w, begin, end, src, x); break;
    case 4: apply_4(offset, w, begin, end, src, x); break;
    case 5: apply_5(offset, w, begin, end, src, x); break;
    case 6: apply_6(offset, w, begin, end, src, x); break;
    case 7: apply_7(offset, w, begin, end, src, x); break;
    default: break;
  }
}

// Groups group_begin ... group_end - 1, n columns.
static void apply(const dn_graph *graph, int32_t group_begin, int32_t group_end, const DN_REAL *w, const DN_REAL *src,
                  DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t n) {
  const ptrdiff_t vectors = (n + VL - 1) / VL;
  const dn_group *group = graph->group;
  for (int32_t g = group_begin; g < group_end; g++)
    apply_row(graph->offset, w, group[g].begin, group[g + 1].begin, src, dst + group[g].target * dst_stride, vectors);
}

// The first position in begin ... end - 1 whose delay is at least d.
DN_INLINE ptrdiff_t first_delay(const int32_t *delay, ptrdiff_t begin, ptrdiff_t end, int32_t d) {
  while (begin < end) {
    const ptrdiff_t middle = begin + (end - begin) / 2;
    if (delay[middle] < d) begin = middle + 1;
    else end = middle;
  }
  return begin;
}

// The same for the edges with shortest <= d <= longest only: the others read zeros. Groups are sorted by delay.
static void apply_between(const dn_graph *graph, int32_t group_begin, int32_t group_end, const DN_REAL *w,
                          const DN_REAL *src, DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t n, int32_t shortest,
                          int32_t longest) {
  const ptrdiff_t vectors = (n + VL - 1) / VL;
  const dn_group *group = graph->group;
  for (int32_t g = group_begin; g < group_end; g++) {
    ptrdiff_t begin = group[g].begin, end = group[g + 1].begin;
    if (graph->delay[begin] < shortest) begin = first_delay(graph->delay, begin, end, shortest);
    if (graph->delay[end - 1] > longest) end = first_delay(graph->delay, begin, end, longest + 1);
    if (begin < end) apply_row(graph->offset, w, begin, end, src, dst + group[g].target * dst_stride, vectors);
  }
}

// ---- Short lists: edge by edge, round-robin over targets -----------------------------------------------------------

// A short list's edges where nothing that is read is still being computed: n columns, n may exceed the delays.
static void apply_short(const dn_graph *graph, const dn_list *list, const DN_REAL *w, const DN_REAL *src,
                        ptrdiff_t stride, DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t n) {
  const ptrdiff_t columns = (n + VL - 1) / VL * VL;
  for (ptrdiff_t k = list->begin; k < list->begin + list->count; k++) {
    const DN_REAL *b = src + graph->offset[k];
    DN_REAL *x = dst + graph->short_target[k - graph->short_begin] / stride * dst_stride;
    const vec weight = vec_splat(w[k]);
    for (ptrdiff_t c = 0; c < columns; c += VL)
      vec_store_aligned(x + c, vec_fma(weight, vec_load(b + c), vec_load_aligned(x + c)));
  }
}

// One halving class on its `width` columns: reads end before them, so reads and writes of one call never meet, whether
// `src` is `x` or another ring.
#define DN_SHORT_CLASS(width)                                                                                    \
  typedef DN_REAL short_##width __attribute__((ext_vector_type(width), aligned(sizeof(DN_REAL))));               \
  DN_INLINE void class_##width(const dn_graph *graph, const dn_list *list, const DN_REAL *w, const DN_REAL *src, \
                               DN_REAL *x) {                                                                     \
    const int32_t *target = graph->short_target - graph->short_begin;                                            \
    for (ptrdiff_t k = list->begin, end = list->begin + list->count; k < end; k++) {                             \
      short_##width *to = (short_##width *)(x + target[k]);                                                      \
      const short_##width b = *(const short_##width *)(src + graph->offset[k]);                                  \
      *to = __builtin_elementwise_fma((short_##width)(w[k]), b, *to);                                            \
    }                                                                                                            \
  }
DN_SHORT_CLASS(8)
DN_SHORT_CLASS(4)
DN_SHORT_CLASS(2)
#undef DN_SHORT_CLASS

DN_INLINE void class_1(const dn_graph *graph, const dn_list *list, const DN_REAL *w, const DN_REAL *src, DN_REAL *x) {
  const int32_t *target = graph->short_target - graph->short_begin;
  for (ptrdiff_t k = list->begin, end = list->begin + list->count; k < end; k++)
    x[target[k]] = __builtin_elementwise_fma(w[k], src[graph->offset[k]], x[target[k]]);
}

// One of the two wider short classes alone, on the columns from x on that it covers.
static void apply_class(const dn_graph *graph, const dn_list *list, const DN_REAL *w, const DN_REAL *src, DN_REAL *x) {
  if (list->shortest == 8) class_8(graph, list, w, src, x);
  else class_4(graph, list, w, src, x);
}

// The recursion's last levels, for n <= DN_LEAF columns of all rows: class 8 to the first half, solve it, class 8 to the
// second half, solve it; and so on down to single columns.
static void solve_leaf(const dn_graph *graph, const DN_REAL *w, DN_REAL *x, ptrdiff_t n) {
  const dn_list *list = graph->list + graph->lists - 4;  // classes 8, 4, 2, 1
  for (ptrdiff_t c = 0; c < n; c++) {
    // Column c opens the half of every class whose width divides c; the wider class goes first.
    if (c % 8 == 0) class_8(graph, list, w, x + c, x + c);
    if (c % 4 == 0) class_4(graph, list + 1, w, x + c, x + c);
    if (c % 2 == 0) class_2(graph, list + 2, w, x + c, x + c);
    class_1(graph, list + 3, w, x + c, x + c);
  }
}

// ---- Gradients of weights ------------------------------------------------------------------------------------------

// Sixteen lanes on every instruction set: the order of a dot product's additions is lane by lane, then a fixed tree.
typedef DN_REAL wide __attribute__((ext_vector_type(16)));
typedef DN_REAL wide_of_row __attribute__((ext_vector_type(16), aligned(DN_CACHE_LINE)));
typedef DN_REAL wide_unaligned __attribute__((ext_vector_type(16), aligned(sizeof(DN_REAL))));

// Sixteen accumulators whose lane sums are wanted, and where they go: sum[first], sum[first + 1] ...
typedef struct pending {
  wide lanes[16];
  DN_REAL *sum;
  int count;
} pending;

// a's lanes in groups of 2 * half folded to half, interleaved with b's.
#define DN_FOLD(a, b, half) \
  (__builtin_shufflevector(a, b, DN_FOLD_LOW_##half) + __builtin_shufflevector(a, b, DN_FOLD_HIGH_##half))
#define DN_FOLD_LOW_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define DN_FOLD_HIGH_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define DN_FOLD_LOW_4 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27
#define DN_FOLD_HIGH_4 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31
#define DN_FOLD_LOW_2 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29
#define DN_FOLD_HIGH_2 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31
#define DN_FOLD_LOW_1 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define DN_FOLD_HIGH_1 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31

// Adds the lane sums of the pending accumulators to their places: four levels of pairwise folding turn sixteen vectors
// into one that holds the sixteen sums.
static void flush(pending *p) {
  wide *v = p->lanes;
  for (int m = p->count; m < 16; m++) v[m] = (wide)(0);
  for (int m = 0; m < 8; m++) v[m] = DN_FOLD(v[2 * m], v[2 * m + 1], 8);
  for (int m = 0; m < 4; m++) v[m] = DN_FOLD(v[2 * m], v[2 * m + 1], 4);
  for (int m = 0; m < 2; m++) v[m] = DN_FOLD(v[2 * m], v[2 * m + 1], 2);
  const wide sums = DN_FOLD(v[0], v[1], 1);
  if (p->count == 16) {
    *(wide_unaligned *)p->sum += sums;
  } else {
    DN_REAL each[16];
    *(wide_unaligned *)each = sums;
    for (int m = 0; m < p->count; m++) p->sum[m] += each[m];
  }
  p->sum += p->count;
  p->count = 0;
}

// Appends the product of two rows over n columns, lane by lane. g is zero from column n to the next multiple of sixteen.
DN_INLINE void push(pending *p, const DN_REAL *g, const DN_REAL *b, ptrdiff_t n) {
  wide sum = (wide)(0);
  for (ptrdiff_t c = 0; c < n; c += 16)
    sum =
        __builtin_elementwise_fma((wide) * (const wide_of_row *)(g + c), (wide) * (const wide_unaligned *)(b + c), sum);
  p->lanes[p->count++] = sum;
  if (p->count == 16) flush(p);
}

// sum[k] += g_i . b(j, . - d) over n columns, for the edges of the groups.
static void dot(const dn_graph *graph, int32_t group_begin, int32_t group_end, const DN_REAL *g, ptrdiff_t g_stride,
                const DN_REAL *src, ptrdiff_t n, DN_REAL *sum) {
  const dn_group *group = graph->group;
  if (group_begin >= group_end) return;
  pending p = {.sum = sum + group[group_begin].begin, .count = 0};
  for (int32_t m = group_begin; m < group_end; m++) {
    const DN_REAL *row = g + group[m].target * g_stride;
    for (ptrdiff_t k = group[m].begin; k < group[m + 1].begin; k++) push(&p, row, src + graph->offset[k], n);
  }
  flush(&p);
}

// The same for positions begin ... end - 1 of the short lists.
static void dot_short(const dn_graph *graph, int32_t begin, int32_t end, const DN_REAL *g, ptrdiff_t g_stride,
                      const DN_REAL *src, ptrdiff_t stride, ptrdiff_t n, DN_REAL *sum) {
  pending p = {.sum = sum + begin, .count = 0};
  for (ptrdiff_t k = begin; k < end; k++) {
    const ptrdiff_t i = graph->short_target[k - graph->short_begin] / stride;
    push(&p, g + i * g_stride, src + graph->offset[k], n);
  }
  flush(&p);
}

// sum[i] += a_i . b_i over n columns; a is zero from column n to the next multiple of sixteen.
static void dot_rows(ptrdiff_t rows, const DN_REAL *a, ptrdiff_t a_stride, const DN_REAL *b, ptrdiff_t b_stride,
                     ptrdiff_t n, DN_REAL *sum) {
  pending p = {.sum = sum, .count = 0};
  for (ptrdiff_t i = 0; i < rows; i++) push(&p, a + i * a_stride, b + i * b_stride, n);
  flush(&p);
}

#undef DN_FOLD
#undef DN_FOLD_LOW_8
#undef DN_FOLD_HIGH_8
#undef DN_FOLD_LOW_4
#undef DN_FOLD_HIGH_4
#undef DN_FOLD_LOW_2
#undef DN_FOLD_HIGH_2
#undef DN_FOLD_LOW_1
#undef DN_FOLD_HIGH_1

// Sums and dot products over targets: edges whose delay is too short for vectors over time (dn_lanes in internal.h). One
// instruction set, one precision; included by all.h behind coupling.h.
//
// offset[key] is where the key's source stands relative to src; w and sum have a value a lane, (rows, DN_LEAF).

// Slices that share their keys are summed side by side, as many as keep their sums in eight registers: one chain of
// additions a register would wait for itself.
#define DN_LANES_TOGETHER (VL >= 8 ? 4 : VL >= 4 ? 2 : 1)

#define DN_LANES_DENSE(slices)                                                                                      \
  DN_INLINE void dense_##slices(const dn_slice *slice, const int32_t *offset, const DN_REAL *w, const DN_REAL *src, \
                                DN_REAL *x) {                                                                       \
    wide sum[slices];                                                                                               \
    const wide_of_row *weights[slices];                                                                             \
    for (int m = 0; m < slices; m++) {                                                                              \
      sum[m] = *(const wide_of_row *)(x + slice[m].target);                                                         \
      weights[m] = (const wide_of_row *)w + slice[m].row_begin;                                                     \
    }                                                                                                               \
    for (ptrdiff_t r = 0; r < slice->rows; r++) {                                                                   \
      const wide y = (wide)(src[offset[slice->key_begin + r]]);                                                     \
      for (int m = 0; m < slices; m++) sum[m] = __builtin_elementwise_fma((wide)weights[m][r], y, sum[m]);          \
    }                                                                                                               \
    for (int m = 0; m < slices; m++) *(wide_of_row *)(x + slice[m].target) = sum[m];                                \
  }
DN_LANES_DENSE(1)
DN_LANES_DENSE(2)
DN_LANES_DENSE(4)
#undef DN_LANES_DENSE

// Sixteen values from anywhere. A macro: a function that returns so wide a vector has no fixed convention.
#define DN_GATHER(src, at)                                                                                  \
  ((wide){(src)[(at)[0]], (src)[(at)[1]], (src)[(at)[2]], (src)[(at)[3]], (src)[(at)[4]], (src)[(at)[5]],   \
          (src)[(at)[6]], (src)[(at)[7]], (src)[(at)[8]], (src)[(at)[9]], (src)[(at)[10]], (src)[(at)[11]], \
          (src)[(at)[12]], (src)[(at)[13]], (src)[(at)[14]], (src)[(at)[15]]})

DN_INLINE void sparse(const dn_slice *slice, const int32_t *target, const int32_t *offset, const DN_REAL *w,
                      const DN_REAL *src, DN_REAL *x) {
  const wide_of_row *weights = (const wide_of_row *)w + slice->row_begin;
  wide sum = DN_GATHER(x, target);
  const int32_t *key = offset + slice->key_begin;
  for (ptrdiff_t r = 0; r < slice->rows; r++, key += DN_LEAF)
    sum = __builtin_elementwise_fma((wide)weights[r], DN_GATHER(src, key), sum);
  DN_REAL each[DN_LEAF];
  *(wide_unaligned *)each = sum;
  for (int32_t m = 0; m < slice->lanes; m++) x[target[m]] = each[m];
}

// x_i += the sum over i's edges of w times what src holds at their offsets, for the targets of slices begin ... end - 1; x is
// a row of nodes.
static void apply_lanes(const dn_lanes *lanes, int32_t begin, int32_t end, const int32_t *offset, const DN_REAL *w,
                        const DN_REAL *src, DN_REAL *x) {
  for (int32_t s = begin; s < end;) {
    const dn_slice *slice = &lanes->slice[s];
    const int32_t shared = slice->shared < end - s ? slice->shared : end - s;
    const int32_t together = shared < DN_LANES_TOGETHER ? shared : DN_LANES_TOGETHER;
    if (slice->target < 0) {
      sparse(slice, lanes->target + slice->targets, offset, w, src, x);
      s++;
    } else if (together >= 4) {
      dense_4(slice, offset, w, src, x);
      s += 4;
    } else if (together >= 2) {
      dense_2(slice, offset, w, src, x);
      s += 2;
    } else {
      dense_1(slice, offset, w, src, x);
      s++;
    }
  }
}

// solve_leaf of the delay map where a graph's recent edges are lanes: the wider classes on the ring's rows as there, then
// their columns as rows of nodes, one after the other.
static void solve_leaf_lanes(const dn_graph *graph, const DN_REAL *w, const dn_leaf_lanes *lanes, DN_REAL *x,
                             ptrdiff_t stride, ptrdiff_t nodes, ptrdiff_t n) {
  const dn_list *list = graph->list + graph->lists - 4;  // classes 8, 4, 2, 1
  const ptrdiff_t row = lanes->row, part = graph->recent_longest + 1;
  DN_REAL *now = lanes->rows + DN_RECENT * row;
  transpose(x - DN_RECENT, stride, lanes->rows, row, nodes, DN_RECENT);
  for (ptrdiff_t c = 0; c < n; c += part) {
    const ptrdiff_t columns = n - c < part ? n - c : part;
    if (c % 8 == 0) class_8(graph, list, w, x + c, x + c);
    if (part == 4) class_4(graph, list + 1, w, x + c, x + c);
    transpose(x + c, stride, now, row, nodes, columns);
    for (ptrdiff_t k = 0; k < columns; k++, now += row)
      apply_lanes(&graph->recent, 0, graph->recent.slices, lanes->offset, lanes->weights, now, now);
    transpose(now - columns * row, row, x + c, stride, columns, nodes);
  }
}

// sum += g_i y_j for `count` pairs of rows of nodes, `stride` apart, in their order: one chain of additions an edge. At most
// DN_PAIRS_MAX pairs.
static void dot_lanes(const dn_lanes *lanes, int32_t begin, int32_t end, const int32_t *offset, ptrdiff_t count,
                      const DN_REAL *g, const DN_REAL *y, ptrdiff_t stride, DN_REAL *sum) {
  for (int32_t s = begin; s < end; s++) {
    const dn_slice *slice = &lanes->slice[s];
    const int32_t *key = offset + slice->key_begin;
    wide_of_row *to = (wide_of_row *)sum + slice->row_begin;
    if (slice->target < 0) {
      wide of_target[DN_PAIRS_MAX];
      const int32_t *target = lanes->target + slice->targets;
      for (ptrdiff_t p = 0; p < count; p++) of_target[p] = DN_GATHER(g + p * stride, target);
      for (ptrdiff_t r = 0; r < slice->rows; r++, key += DN_LEAF) {
        wide total = (wide)to[r];
        for (ptrdiff_t p = 0; p < count; p++)
          total = __builtin_elementwise_fma(of_target[p], DN_GATHER(y + p * stride, key), total);
        to[r] = total;
      }
      continue;
    }
    // Two rows at a time share the loads of g.
    const DN_REAL *of_target = g + slice->target;
    ptrdiff_t r = 0;
    for (; r + 2 <= slice->rows; r += 2) {
      const DN_REAL *first = y + key[r], *second = y + key[r + 1];
      wide total = (wide)to[r], other = (wide)to[r + 1];
      for (ptrdiff_t p = 0; p < count; p++) {
        const wide each = (wide) * (const wide_of_row *)(of_target + p * stride);
        total = __builtin_elementwise_fma(each, (wide)(first[p * stride]), total);
        other = __builtin_elementwise_fma(each, (wide)(second[p * stride]), other);
      }
      to[r] = total;
      to[r + 1] = other;
    }
    for (; r < slice->rows; r++) {
      wide total = (wide)to[r];
      for (ptrdiff_t p = 0; p < count; p++)
        total = __builtin_elementwise_fma((wide) * (const wide_of_row *)(of_target + p * stride),
                                          (wide)(y[p * stride + key[r]]), total);
      to[r] = total;
    }
  }
}

#undef DN_GATHER

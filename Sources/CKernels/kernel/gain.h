// Gain matrices of projections, in double; rows are padded with zeros to those of nodes, `row` elements. Included by monitors.h
// for each instruction set.

// to[r stride] = sum over i of gain_ri from_i for r = begin ... end - 1: sixteen lanes and a fixed tree.
static void project(const double *gain, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *from, DN_REAL *to,
                    ptrdiff_t stride) {
  for (ptrdiff_t r = begin; r < end; r++) {
    double lane[DN_LEAF] = {0};
    for (ptrdiff_t i = 0; i < row; i += DN_LEAF)
      for (ptrdiff_t k = 0; k < DN_LEAF; k++) lane[k] += gain[r * row + i + k] * (double)from[i + k];
    for (ptrdiff_t half = DN_LEAF / 2; half > 0; half /= 2)
      for (ptrdiff_t k = 0; k < half; k++) lane[k] += lane[k + half];
    to[r * stride] = (DN_REAL)lane[0];
  }
}

// sum_i += gain_i factor for i = begin ... end - 1, one row of a gain matrix.
static void project_vjp(const double *gain, ptrdiff_t begin, ptrdiff_t end, double factor, double *sum) {
  for (ptrdiff_t i = begin; i < end; i++) sum[i] += gain[i] * factor;
}

// What BOLD monitors have in common: an interim mean, numbers in double whatever the run's precision, and the two kinds of
// recursions that kernels are made of. Included by monitors.h for each instruction set.
//
// Poles lie about Delta / tau = 0.003 from 1: in float an error would last for thousands of interim means. What is kept of a
// number is what a DN_REAL holds of it and what a second one holds of the rest, two rows: in float 48 bits, which every carry
// brings over exactly, in double all of it and 0. Sums of doubles are not contracted and vectors run over nodes: the same bits
// on every instruction set. All this happens once in an interim mean.
//
// The first row of memory is the interim's sum; forwards of states, backwards it holds what each state of the interim gets.

// Number k of what a monitor keeps.
DN_INLINE double wide_load(const DN_REAL *memory, ptrdiff_t row, ptrdiff_t k, ptrdiff_t i) {
  const DN_REAL *at = memory + (1 + 2 * k) * row + i;
  return (double)at[0] + (double)at[row];
}
DN_INLINE void wide_store(double x, DN_REAL *memory, ptrdiff_t row, ptrdiff_t k, ptrdiff_t i) {
  DN_REAL *at = memory + (1 + 2 * k) * row + i;
  at[0] = (DN_REAL)x;
  at[row] = (DN_REAL)(x - (double)at[0]);
}

// Adds the state to the interim's sum.
static void interim_add(const dn_monitor_step *m) {
  scale_add(m->end - m->begin, 1, m->state + m->begin, m->memory + m->begin);
}
// The interim's mean of a node, whose sum starts again.
DN_INLINE double interim_mean(const dn_monitor_step *m, ptrdiff_t i) {
  const double mean = (double)m->memory[i] / (double)m->interim;
  m->memory[i] = 0;
  return mean;
}
// The states' cotangent: that of their interim's mean, divided by its steps.
static void interim_add_vjp(const dn_monitor_step_vjp *m) {
  scale_add(m->end - m->begin, 1, m->memory + m->begin, m->state + m->begin);
}

// ---- Damped oscillations -------------------------------------------------------------------------------------------
//
// h(k Delta) = sum over its oscillators of a r^k sin(k theta): z_n = p z_{n-1} + u_n with p = r e^{i theta}, and Im z_n is
// the sum of r^k sin(k theta) u_{n-k}. Rounding grows with 1 / (1 - r), where the usual second-order recursion's grows with
// its square. constants: offset, then for each oscillator Re p, Im p, a.

DN_INLINE void oscillators_advance(const dn_monitor_step *m, int32_t count, double offset) {
  const double *c = m->constants + 1;
  interim_add(m);
  if (!m->pauses) return;
  for (ptrdiff_t i = m->begin; i < m->end; i++) {
    const double u = interim_mean(m, i);
    double out = offset;
    for (int32_t k = 0; k < count; k++) {
      const double re = wide_load(m->memory, m->row, 2 * k, i), im = wide_load(m->memory, m->row, 2 * k + 1, i);
      const double next_re = c[3 * k] * re - c[3 * k + 1] * im + u, next_im = c[3 * k] * im + c[3 * k + 1] * re;
      wide_store(next_re, m->memory, m->row, 2 * k, i);
      wide_store(next_im, m->memory, m->row, 2 * k + 1, i);
      out += c[3 * k + 2] * next_im;
    }
    if (m->ends) m->column[i] = (DN_REAL)out;
  }
}
DN_INLINE void oscillators_advance_vjp(const dn_monitor_step_vjp *m, int32_t count) {
  const double *c = m->constants + 1;
  for (ptrdiff_t i = m->begin; i < m->end && m->pauses; i++) {
    const double out = m->ends ? (double)m->column[i] : 0;
    double u = 0;
    for (int32_t k = 0; k < count; k++) {
      const double re = wide_load(m->memory, m->row, 2 * k, i);
      const double im = wide_load(m->memory, m->row, 2 * k + 1, i) + c[3 * k + 2] * out;
      u += re;
      wide_store(c[3 * k] * re + c[3 * k + 1] * im, m->memory, m->row, 2 * k, i);
      wide_store(c[3 * k] * im - c[3 * k + 1] * re, m->memory, m->row, 2 * k + 1, i);
    }
    m->memory[i] = (DN_REAL)(u / (double)m->interim);
  }
  interim_add_vjp(m);
}

// ---- Powers times an exponential -----------------------------------------------------------------------------------
//
// h(k Delta) = e^{-k x} (polynomial in k x), with x = Delta / tau. z_j,n, the sum of x^j binomial(k, j) e^{-kx} u_{n-k}, is a
// chain of first-order sections,
//
//   z_j,n = e^{-x} (z_j,n-1 + x z_j-1,n-1)      and z_0,n = e^{-x} z_0,n-1 + u_n
//
// and (k x)^p is the sum over j of j! S(p, j) x^(p-j) (x^j binomial(k, j)) with Stirling's numbers of the second kind:
// every term is positive, and nothing cancels, where one recursion of order 13 has no digit left.
// constants: e^{-x}, e^{-x} x, then the weights of the sections.

DN_INLINE void chain_advance(const dn_monitor_step *m, int32_t sections) {
  const double *c = m->constants;
  interim_add(m);
  if (!m->pauses) return;
  for (ptrdiff_t i = m->begin; i < m->end; i++) {
    const double u = interim_mean(m, i);
    double out = 0, before = 0;
    for (int32_t j = 0; j < sections; j++) {
      const double now = wide_load(m->memory, m->row, j, i);
      const double next = c[0] * now + (j == 0 ? u : c[1] * before);
      wide_store(next, m->memory, m->row, j, i);
      out += c[2 + j] * next;
      before = now;
    }
    if (m->ends) m->column[i] = (DN_REAL)out;
  }
}
DN_INLINE void chain_advance_vjp(const dn_monitor_step_vjp *m, int32_t sections) {
  const double *c = m->constants;
  for (ptrdiff_t i = m->begin; i < m->end && m->pauses; i++) {
    const double out = m->ends ? (double)m->column[i] : 0;
    double now = wide_load(m->memory, m->row, 0, i) + c[2] * out;
    m->memory[i] = (DN_REAL)(now / (double)m->interim);
    for (int32_t j = 0; j < sections; j++) {
      const double after = j + 1 < sections ? wide_load(m->memory, m->row, j + 1, i) + c[3 + j] * out : 0;
      wide_store(c[0] * now + c[1] * after, m->memory, m->row, j, i);
      now = after;
    }
  }
  interim_add_vjp(m);
}

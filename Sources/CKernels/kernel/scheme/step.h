// What all schemes need of one model: clamping, and its drift, coupling variables and their derivatives by rows of
// nodes. Included for each model by model_end.h. Vectors run over nodes: a node's numbers do not depend on the width.
//
// s' is the raw state before it is clamped, and wrapped where it is periodic. The derivative through a clamp is 0 where
// raw < lower or raw > upper; that of wrapping is 1.

#ifndef DN_OBSERVED_FROM
#define DN_OBSERVED_FROM DN_PARAMETERS
#endif

DN_INLINE int64_t M(clamp)(vec s[], ptrdiff_t left) {
  int64_t clamps = 0;
  DN_EACH(k, DN_STATES) {
    if (M(periodic)[k]) s[k] = vec_wrap(s[k]);
    if (M(lower)[k] == -INFINITY && M(upper)[k] == INFINITY) continue;
    const vec_mask below = (vec_mask)(s[k] < M(lower)[k]), above = (vec_mask)(s[k] > M(upper)[k]);
    s[k] = below ? vec_splat(M(lower)[k]) : s[k];
    s[k] = above ? vec_splat(M(upper)[k]) : s[k];
    clamps += count_lanes(below | above, left);
  }
  return clamps;
}
// The cotangent or tangent of the raw state.
DN_INLINE void M(clamp_vjp)(const vec raw[], vec ds[]) {
  DN_EACH(k, DN_STATES) {
    if (M(lower)[k] != -INFINITY) ds[k] = (vec_mask)(raw[k] < M(lower)[k]) ? vec_splat(0) : ds[k];
    if (M(upper)[k] != INFINITY) ds[k] = (vec_mask)(raw[k] > M(upper)[k]) ? vec_splat(0) : ds[k];
  }
}

// The drift's tangent from its VJP, one row of the Jacobian after the other.
DN_INLINE void M(drift_jvp)(const vec s[], const vec c[], const vec p[], const vec ds[], const vec dc[], const vec dp[],
                            vec df[]) {
  DN_EACH(k, DN_STATES) {
    vec unit[DN_STATES] = {0}, js[DN_STATES] = {0}, jc[DN_COUPLINGS] = {0}, jp[DN_PARAMETERS] = {0};
    unit[k] = vec_splat(1);
    M(drift_vjp)(s, c, p, unit, js, jc, jp);
    df[k] = vec_splat(0);
    DN_EACH(m, DN_STATES) df[k] = vec_fma(js[m], ds[m], df[k]);
    DN_EACH(m, DN_COUPLINGS) df[k] = vec_fma(jc[m], dc[m], df[k]);
    DN_EACH(m, DN_PARAMETERS) df[k] = vec_fma(jp[m], dp[m], df[k]);
  }
}

// y(s, p) of elements begin ... end - 1 of `steps` rows of states.
static void M(observe_rows)(dn_text_run *text, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t steps,
                            const DN_REAL *parameters, const DN_REAL *s, DN_REAL *y) {
  (void)text;
  for (ptrdiff_t t = 0; t < steps; t++, s += DN_STATES * row, y += DN_COUPLINGS * row)
    for (ptrdiff_t i = begin; i < end; i += VL) {
      vec now[DN_STATES], p[DN_PARAMETERS], observed[DN_COUPLINGS];
      load_rows(s + i, row, DN_STATES, now);
      load_rows(parameters + i, row, DN_PARAMETERS, p);
      M(observe)(now, p, observed);
      store_rows(observed, y + i, row, DN_COUPLINGS);
    }
}
static void M(observe_vjp_row)(dn_text_run *text, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end,
                               const DN_REAL *parameters, const DN_REAL *s, const DN_REAL *dy, DN_REAL *ds,
                               DN_REAL *dparameters) {
  (void)text;
  for (ptrdiff_t i = begin; i < end; i += VL) {
    vec now[DN_STATES], p[DN_PARAMETERS], dobserved[DN_COUPLINGS], dnow[DN_STATES], dp[DN_PARAMETERS];
    load_rows(s + i, row, DN_STATES, now);
    load_rows(parameters + i, row, DN_PARAMETERS, p);
    load_rows(dy + i, row, DN_COUPLINGS, dobserved);
    load_rows(ds + i, row, DN_STATES, dnow);
    load_rows(dparameters + i, row, DN_PARAMETERS, dp);
    M(observe_vjp)(now, p, dobserved, dnow, dp);
    store_rows(dnow, ds + i, row, DN_STATES);
    // Most models send states alone: their sums are left where they are.
    store_rows(dp + DN_OBSERVED_FROM, dparameters + i + DN_OBSERVED_FROM * row, row, DN_PARAMETERS - DN_OBSERVED_FROM);
  }
}
static void M(observe_jvp_row)(dn_text_run *text, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end,
                               const DN_REAL *parameters, const DN_REAL *s, const DN_REAL *dparameters,
                               const DN_REAL *ds, DN_REAL *dy) {
  (void)text;
  for (ptrdiff_t i = begin; i < end; i += VL) {
    vec now[DN_STATES], p[DN_PARAMETERS], dnow[DN_STATES], dp[DN_PARAMETERS], dobserved[DN_COUPLINGS];
    load_rows(s + i, row, DN_STATES, now);
    load_rows(parameters + i, row, DN_PARAMETERS, p);
    load_rows(ds + i, row, DN_STATES, dnow);
    load_rows(dparameters + i, row, DN_PARAMETERS, dp);
    DN_EACH(k, DN_COUPLINGS) {
      vec unit[DN_COUPLINGS] = {0}, js[DN_STATES] = {0}, jp[DN_PARAMETERS] = {0};
      unit[k] = vec_splat(1);
      M(observe_vjp)(now, p, unit, js, jp);
      dobserved[k] = vec_splat(0);
      DN_EACH(m, DN_STATES) dobserved[k] = vec_fma(js[m], dnow[m], dobserved[k]);
      for (int m = DN_OBSERVED_FROM; m < DN_PARAMETERS; m++) dobserved[k] = vec_fma(jp[m], dp[m], dobserved[k]);
    }
    store_rows(dobserved, dy + i, row, DN_COUPLINGS);
  }
}

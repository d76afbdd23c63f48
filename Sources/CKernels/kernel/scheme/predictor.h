// The step of Euler and Maruyama, p = clamp(s + dt F(s, G c(t)) + n), by itself and as the first stage of other schemes. One
// model; included by model_end.h behind step.h.

// What a step reads at node i of its own time: s, G c(t), the parameters and the increment.
DN_INLINE void M(load_step)(const dn_step *step, ptrdiff_t i, vec s[], vec c[], vec p[], vec n[]) {
  load_rows(step->now + i, step->row, DN_STATES, s);
  scaled_rows(step->coupled_now + i, step->row, DN_COUPLINGS, step->coupling, c);
  load_rows(step->parameters + i, step->row, DN_PARAMETERS, p);
  load_rows(step->increment + i, step->row, DN_STATES, n);
}

// F(s, G c(t)) and the raw predictor.
DN_INLINE void M(predict_raw)(const vec s[], const vec c[], const vec p[], const vec n[], DN_REAL dt, vec f[],
                              vec raw[]) {
  M(drift)(s, c, p, f);
  DN_EACH(k, DN_STATES) raw[k] = vec_fma(vec_splat(dt), f[k], s[k] + n[k]);
}

// `steps` steps; `next` takes the states after each, which `now` of the following step must be when steps > 1. Returns how
// often a state was clamped.
static int64_t M(predict)(const dn_step *step, ptrdiff_t steps, DN_REAL *next) {
  const ptrdiff_t row = step->row;
  const DN_REAL *now = step->now, *coupled = step->coupled_now, *increment = step->increment;
  int64_t clamps = 0;
  for (ptrdiff_t t = 0; t < steps; t++) {
    for (ptrdiff_t i = step->begin; i < step->end; i += VL) {
      vec s[DN_STATES], c[DN_COUPLINGS], p[DN_PARAMETERS], n[DN_STATES], f[DN_STATES], raw[DN_STATES];
      load_rows(now + i, row, DN_STATES, s);
      scaled_rows(coupled + i, row, DN_COUPLINGS, step->coupling, c);
      load_rows(step->parameters + i, row, DN_PARAMETERS, p);
      load_rows(increment + i, row, DN_STATES, n);
      M(predict_raw)(s, c, p, n, step->time_step, f, raw);
      clamps += M(clamp)(raw, step->nodes - i);
      store_rows(raw, next + i, row, DN_STATES);
    }
    now += DN_STATES * row;
    next += DN_STATES * row;
    coupled += DN_COUPLINGS * row;
    increment += DN_STATES * row;
  }
  return clamps;
}

// What the cotangents of the predictor (clamped) and of F(s, G c(t)) give for s, c(t), n and the parameters; raw is the raw
// predictor.
DN_INLINE void M(predict_back)(const dn_step_vjp *d, const vec s[], const vec c[], const vec p[], const vec raw[],
                               vec dpredictor[], vec df[], vec ds[], vec dn[], vec dc[], vec dp[]) {
  M(clamp_vjp)(raw, dpredictor);
  DN_EACH(k, DN_STATES) {
    ds[k] += dpredictor[k];
    dn[k] += dpredictor[k];
    df[k] = vec_fma(vec_splat(d->step.time_step), dpredictor[k], df[k]);
  }
  M(drift_vjp)(s, c, p, df, ds, dc, dp);
}

// Adds to the sums of parameters and G, and stores the cotangent of c(t), with the factor G.
DN_INLINE void M(finish_back)(const dn_step_vjp *d, ptrdiff_t i, const vec dc[], vec dcoupling, const vec dp[]) {
  const ptrdiff_t row = d->step.row;
  vec c[DN_COUPLINGS];
  load_rows(d->step.coupled_now + i, row, DN_COUPLINGS, c);
  DN_EACH(k, DN_COUPLINGS) {
    dcoupling = vec_fma(dc[k], c[k], dcoupling);
    vec_store_aligned(d->coupled_now + i + k * row, d->step.coupling * dc[k]);
  }
  vec_store_aligned(d->coupling + i, dcoupling);
  store_rows(dp, d->parameters + i, row, DN_PARAMETERS);
}

// d->predictor, d->drift, d->state, d->increment as correct_vjp left them; for Euler-Maruyama d->predictor is the cotangent
// of s(t + 1) and the others are zero.
static void M(predict_vjp)(const dn_step_vjp *d) {
  const ptrdiff_t row = d->step.row;
  for (ptrdiff_t i = d->step.begin; i < d->step.end; i += VL) {
    vec s[DN_STATES], c[DN_COUPLINGS], p[DN_PARAMETERS], n[DN_STATES], f[DN_STATES], raw[DN_STATES];
    M(load_step)(&d->step, i, s, c, p, n);
    M(predict_raw)(s, c, p, n, d->step.time_step, f, raw);

    vec dpredictor[DN_STATES], df[DN_STATES], ds[DN_STATES], dn[DN_STATES], dc[DN_COUPLINGS], dp[DN_PARAMETERS];
    load_rows(d->predictor + i, row, DN_STATES, dpredictor);
    load_rows(d->drift + i, row, DN_STATES, df);
    load_rows(d->state + i, row, DN_STATES, ds);
    load_rows(d->increment + i, row, DN_STATES, dn);
    load_rows(d->parameters + i, row, DN_PARAMETERS, dp);
    DN_EACH(k, DN_COUPLINGS) dc[k] = vec_splat(0);
    if (d->frozen) DN_EACH(k, DN_COUPLINGS) dc[k] = vec_load_aligned(d->coupled_now + i + k * row);
    M(predict_back)(d, s, c, p, raw, dpredictor, df, ds, dn, dc, dp);
    M(finish_back)(d, i, dc, vec_load_aligned(d->coupling + i), dp);
    store_rows(ds, d->state + i, row, DN_STATES);
    store_rows(dn, d->increment + i, row, DN_STATES);
  }
}

// The tangent of predict, one step; `next` may not be `now`.
static void M(predict_jvp)(const dn_step_jvp *d, DN_REAL *next) {
  const ptrdiff_t row = d->step.row;
  const vec dt = vec_splat(d->step.time_step);
  for (ptrdiff_t i = d->step.begin; i < d->step.end; i += VL) {
    vec s[DN_STATES], c[DN_COUPLINGS], p[DN_PARAMETERS], n[DN_STATES], f[DN_STATES], raw[DN_STATES];
    M(load_step)(&d->step, i, s, c, p, n);
    M(predict_raw)(s, c, p, n, d->step.time_step, f, raw);

    vec ds[DN_STATES], dc[DN_COUPLINGS], dp[DN_PARAMETERS], dn[DN_STATES], df[DN_STATES], draw[DN_STATES];
    load_rows(d->now + i, row, DN_STATES, ds);
    scaled_rows_jvp(d->step.coupled_now + i, d->coupled_now + i, row, DN_COUPLINGS, d->step.coupling, d->coupling, dc);
    load_rows(d->parameters + i, row, DN_PARAMETERS, dp);
    load_rows(d->increment + i, row, DN_STATES, dn);
    M(drift_jvp)(s, c, p, ds, dc, dp, df);
    DN_EACH(k, DN_STATES) draw[k] = vec_fma(dt, df[k], ds[k] + dn[k]);
    M(clamp_vjp)(raw, draw);
    store_rows(draw, next + i, row, DN_STATES);
  }
}

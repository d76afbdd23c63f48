// Euler-Maruyama, which is also the predictor of Heun's scheme: p = clamp(s + dt F(s, G c(t)) + n). Kloeden, Platen,
// Numerical Solution of Stochastic Differential Equations (1992), section 10.2. One model; included by model_end.h.

// F(s, G c(t)) and the raw predictor.
DN_INLINE void M(predict_raw)(const K(vec) s[], const K(vec) c[], const K(vec) p[], const K(vec) n[], DN_REAL dt,
                              K(vec) f[], K(vec) raw[]) {
  M(drift)(s, c, p, f);
  DN_EACH(k, DN_STATES) raw[k] = K(fma)(K(splat)(dt), f[k], s[k] + n[k]);
}

// `steps` steps; `next` takes the states after each, which `now` of the following step must be when steps > 1. Returns how
// often a state was clamped.
static int64_t M(predict)(const DN_NAME_OF(dn_step) * step, ptrdiff_t steps, DN_REAL *next) {
  const ptrdiff_t row = step->row;
  const DN_REAL *now = step->now, *coupled = step->coupled_now, *increment = step->increment;
  int64_t clamps = 0;
  for (ptrdiff_t t = 0; t < steps; t++) {
    for (ptrdiff_t i = 0; i < row; i += VL) {
      K(vec) s[DN_STATES], c[DN_COUPLINGS], p[DN_PARAMETERS], n[DN_STATES], f[DN_STATES], raw[DN_STATES];
      M(load)(now + i, row, DN_STATES, s);
      M(scaled)(coupled + i, row, step->coupling, c);
      M(load)(step->parameters + i, row, DN_PARAMETERS, p);
      M(load)(increment + i, row, DN_STATES, n);
      M(predict_raw)(s, c, p, n, step->time_step, f, raw);
      clamps += M(clamp)(raw, step->nodes - i);
      M(store)(raw, next + i, row, DN_STATES);
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
DN_INLINE void M(predict_back)(const DN_NAME_OF(dn_step_vjp) * d, const K(vec) s[], const K(vec) c[], const K(vec) p[],
                               const K(vec) raw[], K(vec) dpredictor[], K(vec) df[], K(vec) ds[], K(vec) dn[],
                               K(vec) dc[], K(vec) dp[]) {
  M(clamp_vjp)(raw, dpredictor);
  DN_EACH(k, DN_STATES) {
    ds[k] += dpredictor[k];
    dn[k] += dpredictor[k];
    df[k] = K(fma)(K(splat)(d->step.time_step), dpredictor[k], df[k]);
  }
  M(drift_vjp)(s, c, p, df, ds, dc, dp);
}

// Adds to the sums of parameters and G, and stores the cotangent of c(t), with the factor G.
DN_INLINE void M(finish_back)(const DN_NAME_OF(dn_step_vjp) * d, ptrdiff_t i, const K(vec) dc[], K(vec) dcoupling,
                              const K(vec) dp[]) {
  const ptrdiff_t row = d->step.row;
  K(vec) c[DN_COUPLINGS];
  M(load)(d->step.coupled_now + i, row, DN_COUPLINGS, c);
  DN_EACH(k, DN_COUPLINGS) {
    dcoupling = K(fma)(dc[k], c[k], dcoupling);
    K(store_aligned)(d->coupled_now + i + k * row, d->step.coupling * dc[k]);
  }
  K(store_aligned)(d->coupling + i, dcoupling);
  M(store)(dp, d->parameters + i, row, DN_PARAMETERS);
}

// d->predictor, d->drift, d->state, d->increment as correct_vjp left them; for Euler-Maruyama d->predictor is the cotangent
// of s(t + 1) and the others are zero.
static void M(predict_vjp)(const DN_NAME_OF(dn_step_vjp) * d) {
  const ptrdiff_t row = d->step.row;
  for (ptrdiff_t i = 0; i < row; i += VL) {
    K(vec) s[DN_STATES], c[DN_COUPLINGS], p[DN_PARAMETERS], n[DN_STATES], f[DN_STATES], raw[DN_STATES];
    M(load)(d->step.now + i, row, DN_STATES, s);
    M(scaled)(d->step.coupled_now + i, row, d->step.coupling, c);
    M(load)(d->step.parameters + i, row, DN_PARAMETERS, p);
    M(load)(d->step.increment + i, row, DN_STATES, n);
    M(predict_raw)(s, c, p, n, d->step.time_step, f, raw);

    K(vec) dpredictor[DN_STATES], df[DN_STATES], ds[DN_STATES], dn[DN_STATES], dc[DN_COUPLINGS], dp[DN_PARAMETERS];
    M(load)(d->predictor + i, row, DN_STATES, dpredictor);
    M(load)(d->drift + i, row, DN_STATES, df);
    M(load)(d->state + i, row, DN_STATES, ds);
    M(load)(d->increment + i, row, DN_STATES, dn);
    M(load)(d->parameters + i, row, DN_PARAMETERS, dp);
    DN_EACH(k, DN_COUPLINGS) dc[k] = K(splat)(0);
    if (d->frozen) DN_EACH(k, DN_COUPLINGS) dc[k] = K(load_aligned)(d->coupled_now + i + k * row);
    M(predict_back)(d, s, c, p, raw, dpredictor, df, ds, dn, dc, dp);
    M(finish_back)(d, i, dc, K(load_aligned)(d->coupling + i), dp);
    M(store)(ds, d->state + i, row, DN_STATES);
    M(store)(dn, d->increment + i, row, DN_STATES);
  }
}

// The tangent of predict, one step; `next` may not be `now`.
static void M(predict_jvp)(const DN_NAME_OF(dn_step_jvp) * d, DN_REAL *next) {
  const ptrdiff_t row = d->step.row;
  const K(vec) dt = K(splat)(d->step.time_step);
  for (ptrdiff_t i = 0; i < row; i += VL) {
    K(vec) s[DN_STATES], c[DN_COUPLINGS], p[DN_PARAMETERS], n[DN_STATES], f[DN_STATES], raw[DN_STATES];
    M(load)(d->step.now + i, row, DN_STATES, s);
    M(scaled)(d->step.coupled_now + i, row, d->step.coupling, c);
    M(load)(d->step.parameters + i, row, DN_PARAMETERS, p);
    M(load)(d->step.increment + i, row, DN_STATES, n);
    M(predict_raw)(s, c, p, n, d->step.time_step, f, raw);

    K(vec) ds[DN_STATES], dc[DN_COUPLINGS], dp[DN_PARAMETERS], dn[DN_STATES], df[DN_STATES], draw[DN_STATES];
    M(load)(d->now + i, row, DN_STATES, ds);
    M(scaled_jvp)(d, d->step.coupled_now + i, d->coupled_now + i, dc);
    M(load)(d->parameters + i, row, DN_PARAMETERS, dp);
    M(load)(d->increment + i, row, DN_STATES, dn);
    M(drift_jvp)(s, c, p, ds, dc, dp, df);
    DN_EACH(k, DN_STATES) draw[k] = K(fma)(dt, df[k], ds[k] + dn[k]);
    M(clamp_vjp)(raw, draw);
    M(store)(draw, next + i, row, DN_STATES);
  }
}

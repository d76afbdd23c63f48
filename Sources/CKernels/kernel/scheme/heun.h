// Stochastic Heun with additive noise: Kloeden, Platen, Numerical Solution of Stochastic Differential Equations (1992),
// section 15.1; deterministic order 2.
//
//   p = clamp(s + dt F(s, G c(t)) + n)      s(t + 1) = clamp(s + dt/2 (F(s, G c(t)) + F(p, G c')) + n)
//
// c' is the coupling that the corrector reads. predict and correct are the two halves: between them the driver can form a
// c' that depends on the predictors of other nodes.
#define DN_SCHEME heun
#define DN_SCHEME_TITLE "Stochastic Heun"
#define DN_SCHEME_SOURCE "Kloeden, Platen, Numerical Solution of Stochastic Differential Equations (1992), section 15.1"
#define DN_SCHEME_STAGES 2

#if DN_PASS == DN_PASS_KERNELS
DN_INLINE void DN_STEP(correct_raw)(const vec s[], const vec f[], const vec predictor[], const vec c[], const vec p[],
                                    const vec n[], DN_REAL dt, vec raw[]) {
  vec g[DN_STATES];
  M(drift)(predictor, c, p, g);
  DN_EACH(k, DN_STATES) raw[k] = vec_fma(vec_splat((DN_REAL)0.5 * dt), f[k] + g[k], s[k] + n[k]);
}

// `steps` whole steps, where c' is known before: as predict of predictor.h.
static int64_t DN_STEP(step)(const dn_step *step, ptrdiff_t steps, DN_REAL *next) {
  const ptrdiff_t row = step->row;
  const DN_REAL *now = step->now, *coupled = step->coupled_now, *coupled_next = step->coupled_next,
                *increment = step->increment;
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
      scaled_rows(coupled_next + i, row, DN_COUPLINGS, step->coupling, c);
      DN_STEP(correct_raw)(s, f, raw, c, p, n, step->time_step, raw);
      clamps += M(clamp)(raw, step->nodes - i);
      store_rows(raw, next + i, row, DN_STATES);
    }
    now += DN_STATES * row;
    next += DN_STATES * row;
    coupled += DN_COUPLINGS * row;
    coupled_next += DN_COUPLINGS * row;
    increment += DN_STATES * row;
  }
  return clamps;
}

// The second half of one step, from the predictor that predict stored.
static int64_t DN_STEP(correct)(const dn_step *step, DN_REAL *next) {
  const ptrdiff_t row = step->row;
  int64_t clamps = 0;
  for (ptrdiff_t i = step->begin; i < step->end; i += VL) {
    vec s[DN_STATES], c[DN_COUPLINGS], p[DN_PARAMETERS], n[DN_STATES], f[DN_STATES], raw[DN_STATES];
    M(load_step)(step, i, s, c, p, n);
    M(drift)(s, c, p, f);
    load_rows(step->predictor + i, row, DN_STATES, raw);
    scaled_rows(step->coupled_next + i, row, DN_COUPLINGS, step->coupling, c);
    DN_STEP(correct_raw)(s, f, raw, c, p, n, step->time_step, raw);
    clamps += M(clamp)(raw, step->nodes - i);
    store_rows(raw, next + i, row, DN_STATES);
  }
  return clamps;
}

// From the cotangent of s(t + 1) in ds: those of p, of F(s, c(t)), and what s, n, c' and the parameters get directly.
DN_INLINE void DN_STEP(correct_back)(const dn_step_vjp *d, const vec s[], const vec f[], const vec predictor[],
                                     const vec c[], const vec p[], const vec n[], vec dpredictor[], vec df[], vec ds[],
                                     vec dn[], vec dc[], vec dp[]) {
  const DN_REAL dt = d->step.time_step;
  vec raw[DN_STATES];
  // Dead code, and dropped, for a model without bounds.
  DN_STEP(correct_raw)(s, f, predictor, c, p, n, dt, raw);
  M(clamp_vjp)(raw, ds);
  DN_EACH(k, DN_STATES) {
    dn[k] = ds[k];
    df[k] = (DN_REAL)0.5 * dt * ds[k];
    dpredictor[k] = vec_splat(0);
  }
  M(drift_vjp)(predictor, c, p, df, dpredictor, dc, dp);
}

// A whole step where c' was known before.
static void DN_STEP(step_vjp)(const dn_step_vjp *d) {
  const ptrdiff_t row = d->step.row;
  for (ptrdiff_t i = d->step.begin; i < d->step.end; i += VL) {
    vec s[DN_STATES], c[DN_COUPLINGS], cc[DN_COUPLINGS], p[DN_PARAMETERS], n[DN_STATES], f[DN_STATES], raw[DN_STATES],
        predictor[DN_STATES];
    M(load_step)(&d->step, i, s, c, p, n);
    scaled_rows(d->step.coupled_next + i, row, DN_COUPLINGS, d->step.coupling, cc);
    M(predict_raw)(s, c, p, n, d->step.time_step, f, raw);
    DN_EACH(k, DN_STATES) predictor[k] = raw[k];
    M(clamp)(predictor, 0);

    vec dpredictor[DN_STATES], df[DN_STATES], ds[DN_STATES], dn[DN_STATES], dc[DN_COUPLINGS], dp[DN_PARAMETERS];
    vec dcoupling = vec_load_aligned(d->coupling + i);
    load_rows(d->state + i, row, DN_STATES, ds);
    load_rows(d->parameters + i, row, DN_PARAMETERS, dp);
    DN_EACH(k, DN_COUPLINGS) dc[k] = vec_splat(0);
    DN_STEP(correct_back)(d, s, f, predictor, cc, p, n, dpredictor, df, ds, dn, dc, dp);
    if (!d->frozen) {
      DN_EACH(k, DN_COUPLINGS) {
        dcoupling = vec_fma(dc[k], vec_load_aligned(d->step.coupled_next + i + k * row), dcoupling);
        vec_store_aligned(d->coupled_next + i + k * row, d->step.coupling * dc[k]);
        dc[k] = vec_splat(0);
      }
    }
    M(predict_back)(d, s, c, p, raw, dpredictor, df, ds, dn, dc, dp);
    M(finish_back)(d, i, dc, dcoupling, dp);
    store_rows(ds, d->state + i, row, DN_STATES);
    store_rows(dn, d->increment + i, row, DN_STATES);
  }
}

// The adjoint of correct: leaves what predict_vjp continues from. d->step.predictor is the clamped predictor.
static void DN_STEP(correct_vjp)(const dn_step_vjp *d) {
  const ptrdiff_t row = d->step.row;
  for (ptrdiff_t i = d->step.begin; i < d->step.end; i += VL) {
    vec s[DN_STATES], c[DN_COUPLINGS], p[DN_PARAMETERS], n[DN_STATES], f[DN_STATES], predictor[DN_STATES];
    M(load_step)(&d->step, i, s, c, p, n);
    M(drift)(s, c, p, f);
    scaled_rows(d->step.coupled_next + i, row, DN_COUPLINGS, d->step.coupling, c);
    load_rows(d->step.predictor + i, row, DN_STATES, predictor);

    vec dpredictor[DN_STATES], df[DN_STATES], ds[DN_STATES], dn[DN_STATES], dc[DN_COUPLINGS], dp[DN_PARAMETERS];
    vec dcoupling = vec_load_aligned(d->coupling + i);
    load_rows(d->state + i, row, DN_STATES, ds);
    load_rows(d->parameters + i, row, DN_PARAMETERS, dp);
    DN_EACH(k, DN_COUPLINGS) dc[k] = vec_splat(0);
    DN_STEP(correct_back)(d, s, f, predictor, c, p, n, dpredictor, df, ds, dn, dc, dp);
    DN_EACH(k, DN_COUPLINGS) {
      // A frozen step's second coupling is its first one: predict_vjp continues with the sum.
      if (d->frozen) {
        vec_store_aligned(d->coupled_now + i + k * row, dc[k]);
      } else {
        dcoupling = vec_fma(dc[k], vec_load_aligned(d->step.coupled_next + i + k * row), dcoupling);
        vec_store_aligned(d->coupled_next + i + k * row, d->step.coupling * dc[k]);
      }
    }
    vec_store_aligned(d->coupling + i, dcoupling);
    store_rows(ds, d->state + i, row, DN_STATES);
    store_rows(dn, d->increment + i, row, DN_STATES);
    store_rows(df, d->drift + i, row, DN_STATES);
    store_rows(dpredictor, d->predictor + i, row, DN_STATES);
    store_rows(dp, d->parameters + i, row, DN_PARAMETERS);
  }
}

// The tangent of correct; d->step.predictor and d->predictor as predict and predict_jvp left them.
static void DN_STEP(correct_jvp)(const dn_step_jvp *d, DN_REAL *next) {
  const ptrdiff_t row = d->step.row;
  const DN_REAL dt = d->step.time_step;
  for (ptrdiff_t i = d->step.begin; i < d->step.end; i += VL) {
    vec s[DN_STATES], c[DN_COUPLINGS], cc[DN_COUPLINGS], p[DN_PARAMETERS], n[DN_STATES], f[DN_STATES], raw[DN_STATES],
        predictor[DN_STATES];
    M(load_step)(&d->step, i, s, c, p, n);
    scaled_rows(d->step.coupled_next + i, row, DN_COUPLINGS, d->step.coupling, cc);
    load_rows(d->step.predictor + i, row, DN_STATES, predictor);
    M(drift)(s, c, p, f);
    DN_STEP(correct_raw)(s, f, predictor, cc, p, n, dt, raw);

    vec ds[DN_STATES], dq[DN_STATES], dc[DN_COUPLINGS], dp[DN_PARAMETERS], dn[DN_STATES], df[DN_STATES], dg[DN_STATES];
    load_rows(d->now + i, row, DN_STATES, ds);
    load_rows(d->predictor + i, row, DN_STATES, dq);
    load_rows(d->parameters + i, row, DN_PARAMETERS, dp);
    load_rows(d->increment + i, row, DN_STATES, dn);
    scaled_rows_jvp(d->step.coupled_now + i, d->coupled_now + i, row, DN_COUPLINGS, d->step.coupling, d->coupling, dc);
    M(drift_jvp)(s, c, p, ds, dc, dp, df);
    scaled_rows_jvp(d->step.coupled_next + i, d->coupled_next + i, row, DN_COUPLINGS, d->step.coupling, d->coupling,
                    dc);
    M(drift_jvp)(predictor, cc, p, dq, dc, dp, dg);
    DN_EACH(k, DN_STATES) ds[k] = vec_fma(vec_splat((DN_REAL)0.5 * dt), df[k] + dg[k], ds[k] + dn[k]);
    M(clamp_vjp)(raw, ds);
    store_rows(ds, next + i, row, DN_STATES);
  }
}

// The first half is Euler's step.
static int64_t DN_STEP(predict)(const dn_step *step, DN_REAL *next) { return M(predict)(step, 1, next); }
static void DN_STEP(predict_vjp)(const dn_step_vjp *d) { M(predict_vjp)(d); }
static void DN_STEP(predict_jvp)(const dn_step_jvp *d, DN_REAL *next) { M(predict_jvp)(d, next); }

// The tangent of a whole step; d->step.predictor and d->predictor are overwritten.
static void DN_STEP(step_jvp)(const dn_step_jvp *d, DN_REAL *next) {
  M(predict)(&d->step, 1, d->step.predictor);
  M(predict_jvp)(d, d->predictor);
  DN_STEP(correct_jvp)(d, next);
}

#elif DN_PASS == DN_PASS_EXPRESSIONS
// The raw state of the corrector, of a model that is given as expressions.
static dn_ref heun_corrector(dn_expressions *g, dn_ref start, dn_ref drift, dn_ref predicted_drift) {
  const dn_ref dt = dn_leaf(g, DN_LEAF_TIME_STEP, DN_NONE, DN_NONE);
  return dn_scaled_sum(g, dn_multiply(g, dn_constant(g, 0.5), dt), drift, predicted_drift, start);
}
#endif
#include "../scheme_end.h"

// Euler-Maruyama: Kloeden, Platen, Numerical Solution of Stochastic Differential Equations (1992), section 10.2. With
// predictor.h, which other schemes begin with, it is all there.
//
// A scheme file says what it is and how many stages it has, and defines for a model, by the names that DN_STEP makes, step
// (`steps` whole steps whose couplings are known before), step_vjp and step_jvp; with two stages also predict and correct with
// theirs, the halves between which the driver forms the coupling that the corrector reads.
#define DN_SCHEME euler
#define DN_SCHEME_TITLE "Euler-Maruyama"
#define DN_SCHEME_SOURCE "Kloeden, Platen, Numerical Solution of Stochastic Differential Equations (1992), section 10.2"
#define DN_SCHEME_STAGES 1

#if DN_PASS == DN_PASS_KERNELS
static int64_t DN_STEP(step)(const dn_step *step, ptrdiff_t steps, DN_REAL *next) {
  return M(predict)(step, steps, next);
}

static void DN_STEP(step_vjp)(const dn_step_vjp *d) {
  const ptrdiff_t row = d->step.row;
  for (ptrdiff_t i = d->step.begin; i < d->step.end; i += VL) {
    vec s[DN_STATES], c[DN_COUPLINGS], p[DN_PARAMETERS], n[DN_STATES], f[DN_STATES], raw[DN_STATES];
    M(load_step)(&d->step, i, s, c, p, n);
    M(predict_raw)(s, c, p, n, d->step.time_step, f, raw);

    // The predictor is the step.
    vec dpredictor[DN_STATES], df[DN_STATES], ds[DN_STATES], dn[DN_STATES], dc[DN_COUPLINGS], dp[DN_PARAMETERS];
    load_rows(d->state + i, row, DN_STATES, dpredictor);
    load_rows(d->parameters + i, row, DN_PARAMETERS, dp);
    DN_EACH(k, DN_STATES) ds[k] = dn[k] = df[k] = vec_splat(0);
    DN_EACH(k, DN_COUPLINGS) dc[k] = vec_splat(0);
    M(predict_back)(d, s, c, p, raw, dpredictor, df, ds, dn, dc, dp);
    M(finish_back)(d, i, dc, vec_load_aligned(d->coupling + i), dp);
    store_rows(ds, d->state + i, row, DN_STATES);
    store_rows(dn, d->increment + i, row, DN_STATES);
  }
}

static void DN_STEP(step_jvp)(const dn_step_jvp *d, DN_REAL *next) { M(predict_jvp)(d, next); }
#endif
#include "../scheme_end.h"

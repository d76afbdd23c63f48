// Exact mean field of quadratic integrate-and-fire neurons: Montbrio, Pazo, Roxin, Phys. Rev. X 5, 021028 (2015), eq. 12,
// with a time constant and coupling as in The Virtual Brain.
//
//   tau dr/dt = Delta / (pi tau) + 2 r V
//   tau dV/dt = V^2 - (pi tau r)^2 + eta + J tau r + I + cr c_r + cv c_V
#define DN_MODEL mpr
#define DN_STATES 2
#define DN_COUPLINGS 2
#define DN_PARAMETERS 7
#define DN_LOWER \
  { 0, -INFINITY }
#define DN_UPPER \
  { INFINITY, INFINITY }

#if DN_PASS == DN_PASS_DESCRIBE
#define DN_TITLE "Montbrió-Pazó-Roxin"
#define DN_SOURCE \
  "Montbrió, Pazó, Roxin, Macroscopic description for networks of spiking neurons, Phys. Rev. X 5, 021028 (2015)"
#define DN_COUPLING_GAINS \
  { 5, 6 }
static const dn_model_variable DN_MODEL_NAME(state)[] = {
    {"r", "1/ms", "firing rate", 0, INFINITY, 0, 2, 0},
    {"V", "", "mean membrane potential", -INFINITY, INFINITY, -2, 1.5, 0},
};
static const dn_model_variable DN_MODEL_NAME(coupling)[] = {
    {"r", "1/ms", "firing rate", -INFINITY, INFINITY, NAN, NAN, 0},
    {"V", "", "mean membrane potential", -INFINITY, INFINITY, NAN, NAN, 0},
};
static const dn_model_parameter DN_MODEL_NAME(parameter)[] = {
    {"tau", "τ", "ms", "characteristic time", 1.0, 1.0, 15.0},
    {"I", "I", "", "external current", 0.0, -10.0, 10.0},
    {"Delta", "Δ", "", "half-width of the distribution of excitabilities", 1.0, 0.0, 10.0},
    {"J", "J", "", "synaptic weight inside the population", 15.0, -25.0, 25.0},
    {"eta", "η", "", "centre of the distribution of excitabilities", -5.0, -10.0, 10.0},
    {"cr", "c_r", "", "weight of the coupling through r", 1.0, 0.0, 1.0},
    {"cv", "c_v", "", "weight of the coupling through V", 0.0, 0.0, 1.0},
};

#elif DN_PASS == DN_PASS_KERNELS
DN_INLINE void M(drift)(const K(vec) s[], const K(vec) c[], const K(vec) p[], K(vec) f[]) {
  const K(vec) pi = K(splat)((DN_REAL)3.14159265358979323846), rate = 1 / p[0];
  const K(vec) u = pi * p[0] * s[0];
  f[0] = rate * K(fma)(2 * s[0], s[1], p[2] * rate * (1 / pi));
  K(vec) drive = p[4] + p[1];
  drive = K(fma)(p[3] * p[0], s[0], drive);
  drive = K(fma)(p[5], c[0], drive);
  drive = K(fma)(p[6], c[1], drive);
  f[1] = rate * K(fma)(s[1], s[1], K(fma)(-u, u, drive));
}
DN_INLINE void M(drift_vjp)(const K(vec) s[], const K(vec) c[], const K(vec) p[], const K(vec) df[], K(vec) ds[],
                            K(vec) dc[], K(vec) dp[]) {
  const K(vec) pi = K(splat)((DN_REAL)3.14159265358979323846), rate = 1 / p[0];
  const K(vec) u = pi * p[0] * s[0];
  // Cotangents of tau dr/dt and tau dV/dt.
  const K(vec) a = rate * df[0], b = rate * df[1];
  K(vec) drive = p[4] + p[1];
  drive = K(fma)(p[3] * p[0], s[0], drive);
  drive = K(fma)(p[5], c[0], drive);
  drive = K(fma)(p[6], c[1], drive);
  const K(vec) right_r = K(fma)(2 * s[0], s[1], p[2] * rate * (1 / pi));
  const K(vec) right_v = K(fma)(s[1], s[1], K(fma)(-u, u, drive));
  const K(vec) du = -2 * u * b;
  ds[0] += K(fma)(2 * s[1], a, K(fma)(pi * p[0], du, p[3] * p[0] * b));
  ds[1] += 2 * K(fma)(s[0], a, s[1] * b);
  dc[0] = K(fma)(p[5], b, dc[0]);
  dc[1] = K(fma)(p[6], b, dc[1]);
  // d/dtau: of 1 / tau in front of both right sides, of Delta / (pi tau), of pi tau r, of J tau r.
  const K(vec) front = K(fma)(right_r, a, right_v * b), spread = rate * (1 / pi) * a;
  dp[0] += K(fma)(-rate, K(fma)(p[2], spread, front), s[0] * K(fma)(pi, du, p[3] * b));
  dp[1] += b;
  dp[2] += spread;
  dp[3] = K(fma)(p[0] * s[0], b, dp[3]);
  dp[4] += b;
  dp[5] = K(fma)(c[0], b, dp[5]);
  dp[6] = K(fma)(c[1], b, dp[6]);
}

DN_INLINE void M(observe)(const K(vec) s[], const K(vec) p[], K(vec) y[]) {
  (void)p;
  y[0] = s[0];
  y[1] = s[1];
}
DN_INLINE void M(observe_vjp)(const K(vec) s[], const K(vec) p[], const K(vec) dy[], K(vec) ds[], K(vec) dp[]) {
  (void)s, (void)p, (void)dp;
  ds[0] += dy[0];
  ds[1] += dy[1];
}
#endif
#include "../model_end.h"

// Reduced Wong-Wang: Wong, Wang, J. Neurosci. 26, 1314 (2006); as a brain region: Deco, Ponce-Alvarez, Mantini, Romani,
// Hagmann, Corbetta, J. Neurosci. 33, 11239 (2013), eqs. 1 to 3. Units as in The Virtual Brain: time in ms, rates in kHz.
//
//   dS/dt = -S / tau_s + (1 - S) gamma R(x)        x = w J_N S + I_o + J_N c
//   R(x) = u / (1 - exp(-d u)), u = a x - b: (1/d) phi(d u) with phi(v) = v / (1 - exp(-v)), phi(0) = 1
#define DN_MODEL wong_wang
#define DN_STATES 1
#define DN_COUPLINGS 1
#define DN_PARAMETERS 8
#define DN_LOWER \
  { 0 }
#define DN_UPPER \
  { 1 }

#if DN_PASS == DN_PASS_DESCRIBE
#define DN_TITLE "Reduced Wong-Wang"
#define DN_SOURCE                                                                                                     \
  "Deco, Ponce-Alvarez, Mantini, Romani, Hagmann, Corbetta, Resting-state functional connectivity, J. Neurosci. 33, " \
  "11239 (2013)"
#define DN_COUPLING_GAINS \
  { -1 }
static const dn_model_variable DN_MODEL_NAME(state)[] = {
    {"S", "", "gating of synapses", 0, 1, 0, 1},
};
static const dn_model_variable DN_MODEL_NAME(coupling)[] = {
    {"S", "", "gating of synapses", -INFINITY, INFINITY, NAN, NAN},
};
static const dn_model_parameter DN_MODEL_NAME(parameter)[] = {
    {"a", "a", "1/nC", "slope of the rate", 0.270, 0.0, 0.270},
    {"b", "b", "kHz", "offset of the rate", 0.108, 0.0, 1.0},
    {"d", "d", "ms", "curvature of the rate", 154.0, 0.0, 200.0},
    {"gamma", "γ", "", "growth of the gating per spike", 0.641, 0.0, 1.0},
    {"tau_s", "τ_S", "ms", "decay time of the gating", 100.0, 50.0, 150.0},
    {"w", "w", "", "recurrence of the region", 0.6, 0.0, 1.0},
    {"J_N", "J_N", "nA", "strength of synapses", 0.2609, 0.2609, 0.5},
    {"I_o", "I_o", "nA", "external input", 0.33, 0.0, 1.0},
};

#elif DN_PASS == DN_PASS_KERNELS
// phi and its derivative. Near 0, where 1 - exp(-v) cancels, by its series (Bernoulli numbers): the next term is below
// 4e-17. Far below 0 both vanish, and v stops at -60, where exp(-v) is still finite in float.
DN_INLINE void M(rate)(K(vec) v, K(vec) * phi, K(vec) * slope) {
  v = v < -60 ? K(splat)(-60) : v;
  static const DN_REAL even[] = {(DN_REAL)(1.0 / 47900160), (DN_REAL)(-1.0 / 1209600), (DN_REAL)(1.0 / 30240),
                                 (DN_REAL)(-1.0 / 720), (DN_REAL)(1.0 / 12)};
  static const DN_REAL odd[] = {(DN_REAL)(10.0 / 47900160), (DN_REAL)(-8.0 / 1209600), (DN_REAL)(6.0 / 30240),
                                (DN_REAL)(-4.0 / 720), (DN_REAL)(2.0 / 12)};
  const K(vec) z = v * v, e = K(exp)(-v), rest = 1 - e;
  const K(mask) near = (K(mask))(__builtin_elementwise_abs(v) < (DN_REAL)0.25);
  const K(vec) far_phi = v / rest;
  *phi = near ? K(fma)(z, K(polynomial)(z, even, 5), K(fma)(K(splat)((DN_REAL)0.5), v, K(splat)(1))) : far_phi;
  *slope = near ? K(fma)(v, K(polynomial)(z, odd, 5), K(splat)((DN_REAL)0.5)) : (1 - far_phi * e) / rest;
}

DN_INLINE void M(drift)(const K(vec) s[], const K(vec) c[], const K(vec) p[], K(vec) f[]) {
  const K(vec) x = K(fma)(p[6], K(fma)(p[5], s[0], c[0]), p[7]);
  K(vec) phi, slope;
  M(rate)(p[2] * K(fma)(p[0], x, -p[1]), &phi, &slope);
  f[0] = K(fma)((1 - s[0]) * p[3], phi / p[2], -s[0] / p[4]);
}
DN_INLINE void M(drift_vjp)(const K(vec) s[], const K(vec) c[], const K(vec) p[], const K(vec) df[], K(vec) ds[],
                            K(vec) dc[], K(vec) dp[]) {
  const K(vec) input = K(fma)(p[5], s[0], c[0]), x = K(fma)(p[6], input, p[7]), u = K(fma)(p[0], x, -p[1]);
  K(vec) phi, slope;
  M(rate)(p[2] * u, &phi, &slope);
  const K(vec) rate = phi / p[2], decay = 1 / p[4];
  const K(vec) open = (1 - s[0]) * p[3];
  const K(vec) drate = open * df[0], du = slope * drate, dx = p[0] * du, dinput = p[6] * dx;
  ds[0] += K(fma)(-K(fma)(p[3], rate, decay), df[0], p[5] * dinput);
  dc[0] += dinput;
  dp[0] = K(fma)(x, du, dp[0]);
  dp[1] -= du;
  dp[2] += drate * K(fma)(slope, u, -rate) / p[2];
  dp[3] = K(fma)((1 - s[0]) * rate, df[0], dp[3]);
  dp[4] = K(fma)(s[0] * decay * decay, df[0], dp[4]);
  dp[5] = K(fma)(s[0], dinput, dp[5]);
  dp[6] = K(fma)(input, dx, dp[6]);
  dp[7] += dx;
}

DN_INLINE void M(observe)(const K(vec) s[], K(vec) y[]) { y[0] = s[0]; }
DN_INLINE void M(observe_vjp)(const K(vec) s[], const K(vec) dy[], K(vec) ds[]) {
  (void)s;
  ds[0] += dy[0];
}
#endif
#include "../model_end.h"

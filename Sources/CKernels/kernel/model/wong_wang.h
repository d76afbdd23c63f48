// Reduced Wong-Wang model: Wong, Wang, J. Neurosci. 26, 1314 (2006), as in Deco et al., J. Neurosci. 33, 11239 (2013), in
// The Virtual Brain's units: ms and kHz.
//
//   dS/dt = -S / tau_s + (1 - S) gamma R        R = u / (1 - exp(-d u))
//   u = a x - b                                 x = w J_N S + J_N c + I_o
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
#define DN_SOURCE                                                                                                \
  "Deco, Ponce-Alvarez, Mantini, Romani, Hagmann, Corbetta, Resting-state functional connectivity emerges from " \
  "structurally and dynamically shaped slow linear fluctuations, J. Neurosci. 33, 11239 (2013)"
// J_N multiplies the recurrent input as well.
#define DN_COUPLING_GAINS \
  { -1 }
static const dn_model_variable DN_MODEL_NAME(state)[] = {
    {"S", "", "fraction of open NMDA channels", 0, 1, 0, 1, 0},
};
static const dn_model_variable DN_MODEL_NAME(coupling)[] = {
    {"S", "", "fraction of open NMDA channels", -INFINITY, INFINITY, NAN, NAN, 0},
};
static const dn_model_parameter DN_MODEL_NAME(parameter)[] = {
    {"a", "a", "1/pC", "gain of the input", 0.270, 0.0, 0.270},
    {"b", "b", "kHz", "threshold of the input", 0.108, 0.0, 1.0},
    {"d", "d", "ms", "curvature of the firing rate around its threshold", 154.0, 1.0, 200.0},
    {"gamma", "γ", "", "kinetic constant of the channels' opening", 0.641, 0.0, 1.0},
    {"tau_s", "τ_s", "ms", "time constant of NMDA decay", 100.0, 50.0, 150.0},
    {"w", "w", "", "strength of the recurrent input", 0.6, 0.0, 1.0},
    {"J_N", "J_N", "nA", "synaptic weight, of recurrent input and coupling", 0.2609, 0.2609, 0.5},
    {"I_o", "I_o", "nA", "external input", 0.33, 0.0, 1.0},
};

#elif DN_PASS == DN_PASS_KERNELS
// z / (1 - exp(-z)) and its derivative. Below |z| = 1/2 the Bernoulli series 1 + z/2 + sum B_2k z^2k / (2k)! (Abramowitz,
// Stegun, 23.1.1), 1e-18 short. Above, with y = |z| and e = exp(-y): y e / (1 - e), plus z where z > 0; nothing overflows,
// and the differences keep all but three bits.
DN_INLINE K(vec) M(rate)(K(vec) z, K(vec) * slope) {
  static const DN_REAL EVEN[] = {(DN_REAL)(-3617.0 / 10670622842880000.0),
                                 (DN_REAL)(1.0 / 74724249600.0),
                                 (DN_REAL)(-691.0 / 1307674368000.0),
                                 (DN_REAL)(1.0 / 47900160.0),
                                 (DN_REAL)(-1.0 / 1209600.0),
                                 (DN_REAL)(1.0 / 30240.0),
                                 (DN_REAL)(-1.0 / 720.0),
                                 (DN_REAL)(1.0 / 12.0)};
  // The same times 2k.
  static const DN_REAL ODD[] = {(DN_REAL)(-3617.0 / 666913927680000.0),
                                (DN_REAL)(1.0 / 5337446400.0),
                                (DN_REAL)(-691.0 / 108972864000.0),
                                (DN_REAL)(1.0 / 4790016.0),
                                (DN_REAL)(-1.0 / 151200.0),
                                (DN_REAL)(1.0 / 5040.0),
                                (DN_REAL)(-1.0 / 180.0),
                                (DN_REAL)(1.0 / 6.0)};
  // Float has enough with the last four of each.
  enum { TERMS = sizeof(DN_REAL) == sizeof(float) ? 4 : 8, SKIPPED = 8 - TERMS };
  const K(vec) one = K(splat)(1), half = K(splat)((DN_REAL)0.5), y = __builtin_elementwise_abs(z), square = z * z;
  const K(vec) near = K(fma)(square, K(polynomial)(square, EVEN + SKIPPED, TERMS), K(fma)(half, z, one));
  const K(vec) near_slope = K(fma)(z, K(polynomial)(square, ODD + SKIPPED, TERMS), half);
  const K(vec) e = K(exp)(-y), rest = 1 - e, ratio = e / rest;
  const K(vec) below = y * ratio, below_slope = ratio * ((y - rest) / rest);
  const K(mask) positive = (K(mask))(z > 0), small = (K(mask))(y < (DN_REAL)0.5);
  *slope = small ? near_slope : positive ? 1 - below_slope : below_slope;
  return small ? near : positive ? z + below : below;
}

DN_INLINE K(vec) M(input)(const K(vec) s[], const K(vec) c[], const K(vec) p[]) {
  return K(fma)(p[6], K(fma)(p[5], s[0], c[0]), p[7]);
}
DN_INLINE void M(drift)(const K(vec) s[], const K(vec) c[], const K(vec) p[], K(vec) f[]) {
  K(vec) slope;
  const K(vec) u = K(fma)(p[0], M(input)(s, c, p), -p[1]), rate = M(rate)(p[2] * u, &slope) * (1 / p[2]);
  f[0] = K(fma)((1 - s[0]) * p[3], rate, -s[0] * (1 / p[4]));
}
DN_INLINE void M(drift_vjp)(const K(vec) s[], const K(vec) c[], const K(vec) p[], const K(vec) df[], K(vec) ds[],
                            K(vec) dc[], K(vec) dp[]) {
  K(vec) slope;
  const K(vec) x = M(input)(s, c, p), u = K(fma)(p[0], x, -p[1]), inverse = 1 / p[2];
  const K(vec) rate = M(rate)(p[2] * u, &slope) * inverse;
  const K(vec) decay = 1 / p[4], closed = 1 - s[0];
  const K(vec) drate = closed * p[3] * df[0], du = slope * drate, dx = p[0] * du;
  const K(vec) recurrent = p[6] * dx;
  ds[0] += K(fma)(-K(fma)(p[3], rate, decay), df[0], p[5] * recurrent);
  dc[0] += recurrent;
  dp[0] = K(fma)(x, du, dp[0]);
  dp[1] -= du;
  dp[2] = K(fma)(K(fma)(u, slope, -rate) * inverse, drate, dp[2]);
  dp[3] = K(fma)(closed * rate, df[0], dp[3]);
  dp[4] = K(fma)(s[0] * decay * decay, df[0], dp[4]);
  dp[5] = K(fma)(s[0], recurrent, dp[5]);
  dp[6] = K(fma)(K(fma)(p[5], s[0], c[0]), dx, dp[6]);
  dp[7] += dx;
}

DN_INLINE void M(observe)(const K(vec) s[], const K(vec) p[], K(vec) y[]) {
  (void)p;
  y[0] = s[0];
}
DN_INLINE void M(observe_vjp)(const K(vec) s[], const K(vec) p[], const K(vec) dy[], K(vec) ds[], K(vec) dp[]) {
  (void)s, (void)p, (void)dp;
  ds[0] += dy[0];
}
#endif
#include "../model_end.h"

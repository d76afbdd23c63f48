// Reduced Wong-Wang model: Wong, Wang, J. Neurosci. 26, 1314 (2006), as in Deco et al., J. Neurosci. 33, 11239 (2013), in
// The Virtual Brain's units: ms and kHz.
//
//   dS/dt = -S / tau_s + (1 - S) gamma R        R = u / (1 - exp(-d u))
//   u = a x - b                                 x = w J_N S + J_N c + I_o
#define DN_MODEL wong_wang
#define DN_TITLE "Reduced Wong-Wang"
#define DN_SOURCE                                                                                                \
  "Deco, Ponce-Alvarez, Mantini, Romani, Hagmann, Corbetta, Resting-state functional connectivity emerges from " \
  "structurally and dynamically shaped slow linear fluctuations, J. Neurosci. 33, 11239 (2013)"
#define DN_STATE_LIST(X) X(S, "", "fraction of open NMDA channels", 0, 1, 0, 1, 0)
#define DN_COUPLING_LIST(X) X(S, "S", "", "fraction of open NMDA channels", none)
#define DN_PARAMETER_LIST(X)                                                                   \
  X(a, "a", "1/pC", "gain of the input", 0.270, 0.0, 0.270)                                    \
  X(b, "b", "kHz", "threshold of the input", 0.108, 0.0, 1.0)                                  \
  X(d, "d", "ms", "curvature of the firing rate around its threshold", 154.0, 1.0, 200.0)      \
  X(gamma, "γ", "", "kinetic constant of the channels' opening", 0.641, 0.0, 1.0)              \
  X(tau_s, "τ_s", "ms", "time constant of NMDA decay", 100.0, 50.0, 150.0)                     \
  X(w, "w", "", "strength of the recurrent input", 0.6, 0.0, 1.0)                              \
  X(J_N, "J_N", "nA", "synaptic weight, of recurrent input and coupling", 0.2609, 0.2609, 0.5) \
  X(I_o, "I_o", "nA", "external input", 0.33, 0.0, 1.0)
#include "../model_begin.h"

#if DN_PASS == DN_PASS_KERNELS
// z / (1 - exp(-z)) and its derivative. Below |z| = 1/2 the Bernoulli series 1 + z/2 + sum B_2k z^2k / (2k)! (Abramowitz,
// Stegun, 23.1.1), 1e-18 short. Above, with y = |z| and e = exp(-y): y e / (1 - e), plus z where z > 0; nothing overflows,
// and the differences keep all but three bits.
DN_INLINE vec wong_wang_rate(vec z, vec *slope) {
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
  const vec one = vec_splat(1), half = vec_splat((DN_REAL)0.5), y = __builtin_elementwise_abs(z), square = z * z;
  const vec near = vec_fma(square, polynomial(square, EVEN + SKIPPED, TERMS), vec_fma(half, z, one));
  const vec near_slope = vec_fma(z, polynomial(square, ODD + SKIPPED, TERMS), half);
  const vec e = vec_exp(-y), rest = 1 - e, ratio = e / rest;
  const vec below = y * ratio, below_slope = ratio * ((y - rest) / rest);
  const vec_mask positive = (vec_mask)(z > 0), small = (vec_mask)(y < (DN_REAL)0.5);
  *slope = small ? near_slope : positive ? 1 - below_slope : below_slope;
  return small ? near : positive ? z + below : below;
}

DN_INLINE vec wong_wang_input(const vec s[], const vec c[], const vec p[]) {
  DN_LET
  return vec_fma(J_N, vec_fma(w, S, c_S), I_o);
}
DN_INLINE void wong_wang_drift(const vec s[], const vec c[], const vec p[], vec f[]) {
  DN_LET
  vec slope;
  const vec u = vec_fma(a, wong_wang_input(s, c, p), -b), rate = wong_wang_rate(d * u, &slope) * (1 / d);
  f[AT(S)] = vec_fma((1 - S) * gamma, rate, -S * (1 / tau_s));
}
DN_INLINE void wong_wang_drift_vjp(const vec s[], const vec c[], const vec p[], const vec df[], vec ds[], vec dc[],
                                   vec dp[]) {
  DN_LET
  vec slope;
  const vec x = wong_wang_input(s, c, p), u = vec_fma(a, x, -b), inverse = 1 / d;
  const vec rate = wong_wang_rate(d * u, &slope) * inverse;
  const vec decay = 1 / tau_s, closed = 1 - S;
  const vec drate = closed * gamma * df[AT(S)], du = slope * drate, dx = a * du;
  const vec recurrent = J_N * dx;
  ds[AT(S)] += vec_fma(-vec_fma(gamma, rate, decay), df[AT(S)], w * recurrent);
  dc[AT(c_S)] += recurrent;
  dp[AT(a)] = vec_fma(x, du, dp[AT(a)]);
  dp[AT(b)] -= du;
  dp[AT(d)] = vec_fma(vec_fma(u, slope, -rate) * inverse, drate, dp[AT(d)]);
  dp[AT(gamma)] = vec_fma(closed * rate, df[AT(S)], dp[AT(gamma)]);
  dp[AT(tau_s)] = vec_fma(S * decay * decay, df[AT(S)], dp[AT(tau_s)]);
  dp[AT(w)] = vec_fma(S, recurrent, dp[AT(w)]);
  dp[AT(J_N)] = vec_fma(vec_fma(w, S, c_S), dx, dp[AT(J_N)]);
  dp[AT(I_o)] += dx;
}

DN_INLINE void wong_wang_observe(const vec s[], const vec p[], vec observed[]) {
  DN_LET_OBSERVED
  observed[AT(c_S)] = S;
}
DN_INLINE void wong_wang_observe_vjp(const vec s[], const vec p[], const vec dobserved[], vec ds[], vec dp[]) {
  DN_LET_OBSERVED(void) dp;
  ds[AT(S)] += dobserved[AT(c_S)];
}
#endif
#include "../model_end.h"

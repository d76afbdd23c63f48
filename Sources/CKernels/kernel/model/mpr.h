// Exact mean field of quadratic integrate-and-fire neurons: Montbrio, Pazo, Roxin, Phys. Rev. X 5, 021028 (2015), eq. 12,
// with a time constant and coupling as in The Virtual Brain.
//
//   tau dr/dt = Delta / (pi tau) + 2 r V
//   tau dV/dt = V^2 - (pi tau r)^2 + eta + J tau r + I + cr c_r + cv c_V
#define DN_MODEL mpr
#define DN_TITLE "Montbrió-Pazó-Roxin"
#define DN_SOURCE \
  "Montbrió, Pazó, Roxin, Macroscopic description for networks of spiking neurons, Phys. Rev. X 5, 021028 (2015)"
#define DN_STATE_LIST(X)                            \
  X(r, "1/ms", "firing rate", 0, INFINITY, 0, 2, 0) \
  X(V, "", "mean membrane potential", -INFINITY, INFINITY, -2, 1.5, 0)
#define DN_COUPLING_LIST(X)            \
  X(r, "r", "1/ms", "firing rate", cr) \
  X(V, "V", "", "mean membrane potential", cv)
#define DN_PARAMETER_LIST(X)                                                            \
  X(tau, "τ", "ms", "characteristic time", 1.0, 1.0, 15.0)                              \
  X(I, "I", "", "external current", 0.0, -10.0, 10.0)                                   \
  X(Delta, "Δ", "", "half-width of the distribution of excitabilities", 1.0, 0.0, 10.0) \
  X(J, "J", "", "synaptic weight inside the population", 15.0, -25.0, 25.0)             \
  X(eta, "η", "", "centre of the distribution of excitabilities", -5.0, -10.0, 10.0)    \
  X(cr, "c_r", "", "weight of the coupling through r", 1.0, 0.0, 1.0)                   \
  X(cv, "c_v", "", "weight of the coupling through V", 0.0, 0.0, 1.0)
#include "../model_begin.h"

#if DN_PASS == DN_PASS_KERNELS
DN_INLINE void mpr_drift(const vec s[], const vec c[], const vec p[], vec f[]) {
  DN_LET
  const vec pi = vec_splat((DN_REAL)3.14159265358979323846), rate = 1 / tau;
  const vec u = pi * tau * r;
  f[AT(r)] = rate * vec_fma(2 * r, V, Delta * rate * (1 / pi));
  vec drive = eta + I;
  drive = vec_fma(J * tau, r, drive);
  drive = vec_fma(cr, c_r, drive);
  drive = vec_fma(cv, c_V, drive);
  f[AT(V)] = rate * vec_fma(V, V, vec_fma(-u, u, drive));
}
DN_INLINE void mpr_drift_vjp(const vec s[], const vec c[], const vec p[], const vec df[], vec ds[], vec dc[],
                             vec dp[]) {
  DN_LET
  const vec pi = vec_splat((DN_REAL)3.14159265358979323846), rate = 1 / tau;
  const vec u = pi * tau * r;
  // Cotangents of tau dr/dt and tau dV/dt.
  const vec a = rate * df[AT(r)], b = rate * df[AT(V)];
  vec drive = eta + I;
  drive = vec_fma(J * tau, r, drive);
  drive = vec_fma(cr, c_r, drive);
  drive = vec_fma(cv, c_V, drive);
  const vec right_r = vec_fma(2 * r, V, Delta * rate * (1 / pi));
  const vec right_v = vec_fma(V, V, vec_fma(-u, u, drive));
  const vec du = -2 * u * b;
  ds[AT(r)] += vec_fma(2 * V, a, vec_fma(pi * tau, du, J * tau * b));
  ds[AT(V)] += 2 * vec_fma(r, a, V * b);
  dc[AT(c_r)] = vec_fma(cr, b, dc[AT(c_r)]);
  dc[AT(c_V)] = vec_fma(cv, b, dc[AT(c_V)]);
  // d/dtau: of 1 / tau in front of both right sides, of Delta / (pi tau), of pi tau r, of J tau r.
  const vec front = vec_fma(right_r, a, right_v * b), spread = rate * (1 / pi) * a;
  dp[AT(tau)] += vec_fma(-rate, vec_fma(Delta, spread, front), r * vec_fma(pi, du, J * b));
  dp[AT(I)] += b;
  dp[AT(Delta)] += spread;
  dp[AT(J)] = vec_fma(tau * r, b, dp[AT(J)]);
  dp[AT(eta)] += b;
  dp[AT(cr)] = vec_fma(c_r, b, dp[AT(cr)]);
  dp[AT(cv)] = vec_fma(c_V, b, dp[AT(cv)]);
}

DN_INLINE void mpr_observe(const vec s[], const vec p[], vec observed[]) {
  DN_LET_OBSERVED
  observed[AT(c_r)] = r;
  observed[AT(c_V)] = V;
}
DN_INLINE void mpr_observe_vjp(const vec s[], const vec p[], const vec dobserved[], vec ds[], vec dp[]) {
  DN_LET_OBSERVED(void) dp;
  ds[AT(r)] += dobserved[AT(c_r)];
  ds[AT(V)] += dobserved[AT(c_V)];
}
#endif
#include "../model_end.h"

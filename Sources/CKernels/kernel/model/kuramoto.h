// Phase oscillators: Kuramoto, Lecture Notes in Physics 39, 420 (1975). The sine of a difference of phases is a sum of
// products, so that two coupling variables carry it through any graph and delay:
//
//   dtheta/dt = omega + G sum w sin(theta_j(t - d) - theta) = omega + cos(theta) c_sin - sin(theta) c_cos
//
// with c_sin = G sum w sin(theta_j(t - d)) and c_cos likewise. theta is periodic: wrapped to [-pi, pi) where a run starts
// and after each stage, it keeps its digits however long the run is.
#define DN_MODEL kuramoto
#define DN_TITLE "Kuramoto"
#define DN_SOURCE \
  "Kuramoto, Self-entrainment of a population of coupled non-linear oscillators, Lect. Notes Phys. 39, 420 (1975)"
#define DN_STATE_LIST(X) X(theta, "rad", "phase", -INFINITY, INFINITY, 0, 6.283185307179586, 1)
#define DN_COUPLING_LIST(X)                                \
  X(sin_theta, "sin_theta", "", "sine of the phase", none) \
  X(cos_theta, "cos_theta", "", "cosine of the phase", none)
#define DN_PARAMETER_LIST(X) X(omega, "ω", "rad/ms", "angular frequency of the node alone", 1.0, 0.01, 200.0)
#include "../model_begin.h"

#if DN_PASS == DN_PASS_KERNELS
DN_INLINE void kuramoto_drift(const vec s[], const vec c[], const vec p[], vec f[]) {
  DN_LET
  vec sine, cosine;
  vec_sincos(theta, &sine, &cosine);
  f[AT(theta)] = vec_fma(cosine, c_sin_theta, vec_fma(-sine, c_cos_theta, omega));
}
DN_INLINE void kuramoto_drift_vjp(const vec s[], const vec c[], const vec p[], const vec df[], vec ds[], vec dc[],
                                  vec dp[]) {
  DN_LET
  vec sine, cosine;
  vec_sincos(theta, &sine, &cosine);
  ds[AT(theta)] = vec_fma(-vec_fma(sine, c_sin_theta, cosine * c_cos_theta), df[AT(theta)], ds[AT(theta)]);
  dc[AT(c_sin_theta)] = vec_fma(cosine, df[AT(theta)], dc[AT(c_sin_theta)]);
  dc[AT(c_cos_theta)] = vec_fma(-sine, df[AT(theta)], dc[AT(c_cos_theta)]);
  dp[AT(omega)] += df[AT(theta)];
}

DN_INLINE void kuramoto_observe(const vec s[], const vec p[], vec observed[]) {
  DN_LET_OBSERVED
  vec_sincos(theta, &observed[AT(c_sin_theta)], &observed[AT(c_cos_theta)]);
}
DN_INLINE void kuramoto_observe_vjp(const vec s[], const vec p[], const vec dobserved[], vec ds[], vec dp[]) {
  DN_LET_OBSERVED(void) dp;
  vec sine, cosine;
  vec_sincos(theta, &sine, &cosine);
  ds[AT(theta)] += vec_fma(cosine, dobserved[AT(c_sin_theta)], -sine * dobserved[AT(c_cos_theta)]);
}
#endif
#include "../model_end.h"

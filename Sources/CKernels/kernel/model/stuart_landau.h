// Stuart-Landau oscillator, the normal form of the supercritical Hopf bifurcation: Kuznetsov, Elements of Applied
// Bifurcation Theory (1998), section 3.4; as a brain region: Deco, Kringelbach, Jirsa, Ritter, Sci. Rep. 7, 3095 (2017).
//
//   dx/dt = (a - x^2 - y^2) x - omega y + cx c_x     dy/dt = (a - x^2 - y^2) y + omega x + cy c_y
#define DN_MODEL stuart_landau
#define DN_TITLE "Stuart-Landau (supercritical Hopf)"
#define DN_SOURCE \
  "Deco, Kringelbach, Jirsa, Ritter, The dynamics of resting fluctuations in the brain, Sci. Rep. 7, 3095 (2017)"
#define DN_STATE_LIST(X)                               \
  X(x, "", "real part", -INFINITY, INFINITY, -1, 1, 0) \
  X(y, "", "imaginary part", -INFINITY, INFINITY, -1, 1, 0)
#define DN_COUPLING_LIST(X)      \
  X(x, "x", "", "real part", cx) \
  X(y, "y", "", "imaginary part", cy)
#define DN_PARAMETER_LIST(X)                                                               \
  X(a, "a", "1/ms", "bifurcation parameter: it oscillates where a > 0", -0.5, -10.0, 10.0) \
  X(omega, "ω", "rad/ms", "angular frequency", 1.0, 0.0, 1.0)                              \
  X(cx, "c_x", "1/ms", "weight of the coupling through x", 1.0, 0.0, 1.0)                  \
  X(cy, "c_y", "1/ms", "weight of the coupling through y", 1.0, 0.0, 1.0)
#include "../model_begin.h"

#if DN_PASS == DN_PASS_KERNELS
DN_INLINE void stuart_landau_drift(const vec s[], const vec c[], const vec p[], vec f[]) {
  DN_LET
  const vec growth = vec_fma(-x, x, vec_fma(-y, y, a));
  f[AT(x)] = vec_fma(growth, x, vec_fma(-omega, y, cx * c_x));
  f[AT(y)] = vec_fma(growth, y, vec_fma(omega, x, cy * c_y));
}
DN_INLINE void stuart_landau_drift_vjp(const vec s[], const vec c[], const vec p[], const vec df[], vec ds[], vec dc[],
                                       vec dp[]) {
  DN_LET
  const vec growth = vec_fma(-x, x, vec_fma(-y, y, a));
  const vec dgrowth = vec_fma(x, df[AT(x)], y * df[AT(y)]);
  ds[AT(x)] += vec_fma(growth, df[AT(x)], vec_fma(omega, df[AT(y)], -2 * x * dgrowth));
  ds[AT(y)] += vec_fma(growth, df[AT(y)], vec_fma(-omega, df[AT(x)], -2 * y * dgrowth));
  dc[AT(c_x)] = vec_fma(cx, df[AT(x)], dc[AT(c_x)]);
  dc[AT(c_y)] = vec_fma(cy, df[AT(y)], dc[AT(c_y)]);
  dp[AT(a)] += dgrowth;
  dp[AT(omega)] += vec_fma(x, df[AT(y)], -y * df[AT(x)]);
  dp[AT(cx)] = vec_fma(c_x, df[AT(x)], dp[AT(cx)]);
  dp[AT(cy)] = vec_fma(c_y, df[AT(y)], dp[AT(cy)]);
}

DN_INLINE void stuart_landau_observe(const vec s[], const vec p[], vec observed[]) {
  DN_LET_OBSERVED
  observed[AT(c_x)] = x;
  observed[AT(c_y)] = y;
}
DN_INLINE void stuart_landau_observe_vjp(const vec s[], const vec p[], const vec dobserved[], vec ds[], vec dp[]) {
  DN_LET_OBSERVED(void) dp;
  ds[AT(x)] += dobserved[AT(c_x)];
  ds[AT(y)] += dobserved[AT(c_y)];
}
#endif
#include "../model_end.h"

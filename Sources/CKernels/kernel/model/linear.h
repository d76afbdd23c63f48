// Linear node, the Ornstein-Uhlenbeck process when noise is added: Uhlenbeck, Ornstein, Phys. Rev. 36 (1930).
//
//   dx/dt = -lambda x + mu + c                       c = G sum w x(t - d)
//
// A model file is three lists and four functions.
//
//   DN_STATE_LIST      X(name, unit, meaning, lower, upper, initial low, initial high, periodic): dn_model_variable
//   DN_COUPLING_LIST   X(name, label, unit, meaning, gain): the parameter that multiplies the variable and nothing else, or
//                      `none`: where it is 0 for every node the sum is not needed
//   DN_PARAMETER_LIST  X(name, symbol, unit, meaning, value, lowest, highest): dn_model_parameter
//
// Equations speak these names (model_begin.h). s: states, c: coupling times G, p: parameters, each a vector of nodes; VJPs add
// into their outputs. A model whose coupling variables depend on parameters gives the first of these as DN_OBSERVED_FROM:
// they are its last ones.
#define DN_MODEL linear
#define DN_TITLE "Linear (Ornstein-Uhlenbeck)"
#define DN_SOURCE "Uhlenbeck, Ornstein, On the theory of the Brownian motion, Phys. Rev. 36, 823 (1930)"
#define DN_STATE_LIST(X) X(x, "", "activity", -INFINITY, INFINITY, -1, 1, 0)
#define DN_COUPLING_LIST(X) X(x, "x", "", "activity", none)
#define DN_PARAMETER_LIST(X)                              \
  X(lambda, "λ", "1/ms", "rate of decay", 1.0, 0.0, 10.0) \
  X(mu, "μ", "1/ms", "constant drive", 0.0, -1.0, 1.0)
#include "../model_begin.h"

#if DN_PASS == DN_PASS_KERNELS
DN_INLINE void linear_drift(const vec s[], const vec c[], const vec p[], vec f[]) {
  DN_LET
  f[AT(x)] = vec_fma(-lambda, x, mu + c_x);
}
DN_INLINE void linear_drift_vjp(const vec s[], const vec c[], const vec p[], const vec df[], vec ds[], vec dc[],
                                vec dp[]) {
  DN_LET
  ds[AT(x)] = vec_fma(-lambda, df[AT(x)], ds[AT(x)]);
  dc[AT(c_x)] += df[AT(x)];
  dp[AT(lambda)] = vec_fma(-x, df[AT(x)], dp[AT(lambda)]);
  dp[AT(mu)] += df[AT(x)];
}

// The coupling variables.
DN_INLINE void linear_observe(const vec s[], const vec p[], vec observed[]) {
  DN_LET_OBSERVED
  observed[AT(c_x)] = x;
}
DN_INLINE void linear_observe_vjp(const vec s[], const vec p[], const vec dobserved[], vec ds[], vec dp[]) {
  DN_LET_OBSERVED(void) dp;
  ds[AT(x)] += dobserved[AT(c_x)];
}
#endif
#include "../model_end.h"

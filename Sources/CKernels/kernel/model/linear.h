// Linear node, the Ornstein-Uhlenbeck process when noise is added: Uhlenbeck, Ornstein, Phys. Rev. 36 (1930).
//
//   dx/dt = -lambda x + mu + c                       c = G sum w x(t - d)
//
// A model file has two parts: what the register tells (DN_PASS_DESCRIBE), and the drift f(s, c, p) with its VJP
// (DN_PASS_KERNELS), one under the other. s: states, c: coupling times G, p: parameters, each a vector of nodes; VJPs add
// into their outputs. DN_LOWER and DN_UPPER are the states' bounds. A model whose states are angles says so in DN_PERIODIC, one
// whose coupling variables depend on parameters gives the first of these as DN_OBSERVED_FROM: they are its last ones.
#define DN_MODEL linear
#define DN_STATES 1
#define DN_COUPLINGS 1
#define DN_PARAMETERS 2
#define DN_LOWER \
  { -INFINITY }
#define DN_UPPER \
  { INFINITY }

#if DN_PASS == DN_PASS_DESCRIBE
#define DN_TITLE "Linear (Ornstein-Uhlenbeck)"
#define DN_SOURCE "Uhlenbeck, Ornstein, On the theory of the Brownian motion, Phys. Rev. 36, 823 (1930)"
// The parameter that multiplies each coupling variable and nothing else, or -1: where it is 0 the sum is not needed.
#define DN_COUPLING_GAINS \
  { -1 }
static const dn_model_variable DN_MODEL_NAME(state)[] = {
    {"x", "", "activity", -INFINITY, INFINITY, -1, 1, 0},
};
static const dn_model_variable DN_MODEL_NAME(coupling)[] = {
    {"x", "", "activity", -INFINITY, INFINITY, NAN, NAN, 0},
};
static const dn_model_parameter DN_MODEL_NAME(parameter)[] = {
    {"lambda", "λ", "1/ms", "rate of decay", 1.0, 0.0, 10.0},
    {"mu", "μ", "1/ms", "constant drive", 0.0, -1.0, 1.0},
};

#elif DN_PASS == DN_PASS_KERNELS
DN_INLINE void M(drift)(const K(vec) s[], const K(vec) c[], const K(vec) p[], K(vec) f[]) {
  f[0] = K(fma)(-p[0], s[0], p[1] + c[0]);
}
DN_INLINE void M(drift_vjp)(const K(vec) s[], const K(vec) c[], const K(vec) p[], const K(vec) df[], K(vec) ds[],
                            K(vec) dc[], K(vec) dp[]) {
  (void)c;
  ds[0] = K(fma)(-p[0], df[0], ds[0]);
  dc[0] += df[0];
  dp[0] = K(fma)(-s[0], df[0], dp[0]);
  dp[1] += df[0];
}

// The coupling variables y(s, p).
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

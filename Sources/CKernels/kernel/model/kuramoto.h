// Phase oscillators: Kuramoto, Lecture Notes in Physics 39, 420 (1975). The sine of a difference of phases is a sum of
// products, so that two coupling variables carry it through any graph and delay:
//
//   dtheta/dt = omega + sum w sin(theta_j(t - d) - theta) = omega + cos(theta) c_sin - sin(theta) c_cos
//
// theta is periodic: wrapped after every step, it keeps its digits however long a run is.
#define DN_MODEL kuramoto
#define DN_STATES 1
#define DN_COUPLINGS 2
#define DN_PARAMETERS 1
#define DN_LOWER \
  { -INFINITY }
#define DN_UPPER \
  { INFINITY }
#define DN_PERIODIC \
  { true }

#if DN_PASS == DN_PASS_DESCRIBE
#define DN_TITLE "Kuramoto"
#define DN_SOURCE \
  "Kuramoto, Self-entrainment of a population of coupled non-linear oscillators, Lect. Notes Phys. 39, 420 (1975)"
#define DN_COUPLING_GAINS \
  { -1, -1 }
static const dn_model_variable DN_MODEL_NAME(state)[] = {
    {"theta", "rad", "phase", -INFINITY, INFINITY, 0, 6.283185307179586, 1},
};
static const dn_model_variable DN_MODEL_NAME(coupling)[] = {
    {"sin_theta", "", "sine of the phase", -INFINITY, INFINITY, NAN, NAN, 0},
    {"cos_theta", "", "cosine of the phase", -INFINITY, INFINITY, NAN, NAN, 0},
};
static const dn_model_parameter DN_MODEL_NAME(parameter)[] = {
    {"omega", "ω", "rad/ms", "angular frequency of the node alone", 1.0, 0.01, 200.0},
};

#elif DN_PASS == DN_PASS_KERNELS
DN_INLINE void M(drift)(const K(vec) s[], const K(vec) c[], const K(vec) p[], K(vec) f[]) {
  K(vec) sine, cosine;
  K(sincos)(s[0], &sine, &cosine);
  f[0] = K(fma)(cosine, c[0], K(fma)(-sine, c[1], p[0]));
}
DN_INLINE void M(drift_vjp)(const K(vec) s[], const K(vec) c[], const K(vec) p[], const K(vec) df[], K(vec) ds[],
                            K(vec) dc[], K(vec) dp[]) {
  (void)p;
  K(vec) sine, cosine;
  K(sincos)(s[0], &sine, &cosine);
  ds[0] = K(fma)(-K(fma)(sine, c[0], cosine * c[1]), df[0], ds[0]);
  dc[0] = K(fma)(cosine, df[0], dc[0]);
  dc[1] = K(fma)(-sine, df[0], dc[1]);
  dp[0] += df[0];
}

DN_INLINE void M(observe)(const K(vec) s[], const K(vec) p[], K(vec) y[]) {
  (void)p;
  K(sincos)(s[0], &y[0], &y[1]);
}
DN_INLINE void M(observe_vjp)(const K(vec) s[], const K(vec) p[], const K(vec) dy[], K(vec) ds[], K(vec) dp[]) {
  (void)p, (void)dp;
  K(vec) sine, cosine;
  K(sincos)(s[0], &sine, &cosine);
  ds[0] += K(fma)(cosine, dy[0], -sine * dy[1]);
}
#endif
#include "../model_end.h"

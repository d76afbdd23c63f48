// Stuart-Landau oscillator, the normal form of the supercritical Hopf bifurcation: Kuznetsov, Elements of Applied
// Bifurcation Theory (1998), section 3.4; as a brain region: Deco, Kringelbach, Jirsa, Ritter, Sci. Rep. 7, 3095 (2017).
//
//   dx/dt = (a - x^2 - y^2) x - omega y + cx c_x     dy/dt = (a - x^2 - y^2) y + omega x + cy c_y
#define DN_MODEL stuart_landau
#define DN_STATES 2
#define DN_COUPLINGS 2
#define DN_PARAMETERS 4
#define DN_LOWER \
  { -INFINITY, -INFINITY }
#define DN_UPPER \
  { INFINITY, INFINITY }

#if DN_PASS == DN_PASS_DESCRIBE
#define DN_TITLE "Stuart-Landau (supercritical Hopf)"
#define DN_SOURCE \
  "Deco, Kringelbach, Jirsa, Ritter, The dynamics of resting fluctuations in the brain, Sci. Rep. 7, 3095 (2017)"
#define DN_COUPLING_GAINS \
  { 2, 3 }
static const dn_model_variable DN_MODEL_NAME(state)[] = {
    {"x", "", "real part", -INFINITY, INFINITY, -1, 1, 0},
    {"y", "", "imaginary part", -INFINITY, INFINITY, -1, 1, 0},
};
static const dn_model_variable DN_MODEL_NAME(coupling)[] = {
    {"x", "", "real part", -INFINITY, INFINITY, NAN, NAN, 0},
    {"y", "", "imaginary part", -INFINITY, INFINITY, NAN, NAN, 0},
};
static const dn_model_parameter DN_MODEL_NAME(parameter)[] = {
    {"a", "a", "1/ms", "bifurcation parameter: it oscillates where a > 0", -0.5, -10.0, 10.0},
    {"omega", "ω", "rad/ms", "angular frequency", 1.0, 0.0, 1.0},
    {"cx", "c_x", "1/ms", "weight of the coupling through x", 1.0, 0.0, 1.0},
    {"cy", "c_y", "1/ms", "weight of the coupling through y", 1.0, 0.0, 1.0},
};

#elif DN_PASS == DN_PASS_KERNELS
DN_INLINE void M(drift)(const K(vec) s[], const K(vec) c[], const K(vec) p[], K(vec) f[]) {
  const K(vec) growth = K(fma)(-s[0], s[0], K(fma)(-s[1], s[1], p[0]));
  f[0] = K(fma)(growth, s[0], K(fma)(-p[1], s[1], p[2] * c[0]));
  f[1] = K(fma)(growth, s[1], K(fma)(p[1], s[0], p[3] * c[1]));
}
DN_INLINE void M(drift_vjp)(const K(vec) s[], const K(vec) c[], const K(vec) p[], const K(vec) df[], K(vec) ds[],
                            K(vec) dc[], K(vec) dp[]) {
  const K(vec) growth = K(fma)(-s[0], s[0], K(fma)(-s[1], s[1], p[0]));
  const K(vec) dgrowth = K(fma)(s[0], df[0], s[1] * df[1]);
  ds[0] += K(fma)(growth, df[0], K(fma)(p[1], df[1], -2 * s[0] * dgrowth));
  ds[1] += K(fma)(growth, df[1], K(fma)(-p[1], df[0], -2 * s[1] * dgrowth));
  dc[0] = K(fma)(p[2], df[0], dc[0]);
  dc[1] = K(fma)(p[3], df[1], dc[1]);
  dp[0] += dgrowth;
  dp[1] += K(fma)(s[0], df[1], -s[1] * df[0]);
  dp[2] = K(fma)(c[0], df[0], dp[2]);
  dp[3] = K(fma)(c[1], df[1], dp[3]);
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

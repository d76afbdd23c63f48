// Phase oscillator: Kuramoto, Chemical Oscillations, Waves, and Turbulence (1984); with delays: Yeung, Strogatz, Phys. Rev.
// Lett. 82, 648 (1999), eq. 1. The sine of the difference of phases is two coupling variables:
//
//   dtheta/dt = omega + cos(theta) c_sin - sin(theta) c_cos      c_sin = G sum w sin theta_j(t - d), c_cos likewise
//
// The phase is not wrapped; sines are accurate to |theta| = 10^4.
#define DN_MODEL kuramoto
#define DN_STATES 1
#define DN_COUPLINGS 2
#define DN_PARAMETERS 1
#define DN_LOWER \
  { -INFINITY }
#define DN_UPPER \
  { INFINITY }

#if DN_PASS == DN_PASS_DESCRIBE
#define DN_TITLE "Kuramoto"
#define DN_SOURCE \
  "Yeung, Strogatz, Time delay in the Kuramoto model of coupled oscillators, Phys. Rev. Lett. 82, 648 (1999)"
#define DN_COUPLING_GAINS \
  { -1, -1 }
static const dn_model_variable DN_MODEL_NAME(state)[] = {
    {"theta", "rad", "phase", -INFINITY, INFINITY, 0, 6.283185307179586},
};
static const dn_model_variable DN_MODEL_NAME(coupling)[] = {
    {"sin", "", "sine of the phase", -INFINITY, INFINITY, NAN, NAN},
    {"cos", "", "cosine of the phase", -INFINITY, INFINITY, NAN, NAN},
};
static const dn_model_parameter DN_MODEL_NAME(parameter)[] = {
    {"omega", "ω", "1/ms", "natural angular frequency", 1.0, 0.01, 200.0},
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

DN_INLINE void M(observe)(const K(vec) s[], K(vec) y[]) { K(sincos)(s[0], &y[0], &y[1]); }
DN_INLINE void M(observe_vjp)(const K(vec) s[], const K(vec) dy[], K(vec) ds[]) {
  K(vec) sine, cosine;
  K(sincos)(s[0], &sine, &cosine);
  ds[0] += K(fma)(cosine, dy[0], -sine * dy[1]);
}
#endif
#include "../model_end.h"

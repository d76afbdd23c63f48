// Cortical column of pyramidal cells and two populations of interneurons: Jansen, Rit, Biol. Cybern. 73, 357 (1995),
// eq. 6, in The Virtual Brain's units: ms, mV and firing rates in kHz.
//
//   dy0/dt = y3        dy3/dt = A a S(y1 - y2) - 2 a y3 - a^2 y0
//   dy1/dt = y4        dy4/dt = A a (mu + a_2 J S(a_1 J y0) + c) - 2 a y4 - a^2 y1
//   dy2/dt = y5        dy5/dt = B b a_4 J S(a_3 J y0) - 2 b y5 - b^2 y2
//   S(v) = 2 nu_max / (1 + exp(r (v0 - v)))
//
// What a column sends is a firing rate, before it is weighted and summed, as The Virtual Brain's SigmoidalJansenRit does:
//
//   c = sum w Z(y1 - y2)                    Z(v) = cmin + (cmax - cmin) / (1 + exp(steepness (midpoint - v)))
#define DN_MODEL jansen_rit
#define DN_STATES 6
#define DN_COUPLINGS 1
#define DN_PARAMETERS 17
#define DN_OBSERVED_FROM 13
#define DN_LOWER \
  { -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY }
#define DN_UPPER \
  { INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY }

#if DN_PASS == DN_PASS_DESCRIBE
#define DN_TITLE "Jansen-Rit"
#define DN_SOURCE                                                                                                \
  "Jansen, Rit, Electroencephalogram and visual evoked potential generation in a mathematical model of coupled " \
  "cortical columns, Biol. Cybern. 73, 357 (1995)"
#define DN_COUPLING_GAINS \
  { -1 }
static const dn_model_variable DN_MODEL_NAME(state)[] = {
    {"y0", "mV", "potential that pyramidal cells cause", -INFINITY, INFINITY, -1, 1, 0},
    {"y1", "mV", "excitatory potential of the pyramidal cells", -INFINITY, INFINITY, -500, 500, 0},
    {"y2", "mV", "inhibitory potential of the pyramidal cells", -INFINITY, INFINITY, -50, 50, 0},
    {"y3", "mV/ms", "rate of change of y0", -INFINITY, INFINITY, -6, 6, 0},
    {"y4", "mV/ms", "rate of change of y1", -INFINITY, INFINITY, -20, 20, 0},
    {"y5", "mV/ms", "rate of change of y2", -INFINITY, INFINITY, -500, 500, 0},
};
static const dn_model_variable DN_MODEL_NAME(coupling)[] = {
    {"Z(y1-y2)", "1/ms", "firing rate that the pyramidal cells send", -INFINITY, INFINITY, NAN, NAN, 0},
};
static const dn_model_parameter DN_MODEL_NAME(parameter)[] = {
    {"A", "A", "mV", "amplitude of excitatory potentials", 3.25, 2.6, 9.75},
    {"B", "B", "mV", "amplitude of inhibitory potentials", 22.0, 17.6, 110.0},
    {"a", "a", "1/ms", "rate of excitatory synapses and dendrites", 0.1, 0.05, 0.15},
    {"b", "b", "1/ms", "rate of inhibitory synapses and dendrites", 0.05, 0.025, 0.075},
    {"v0", "v₀", "mV", "potential of half the largest firing rate", 5.52, 3.12, 6.0},
    {"nu_max", "ν_max", "1/ms", "half the largest firing rate", 0.0025, 0.00125, 0.00375},
    {"r", "r", "1/mV", "steepness of the firing rate", 0.56, 0.28, 0.84},
    {"J", "J", "", "mean number of synapses between populations", 135.0, 65.0, 1350.0},
    {"a_1", "α₁", "", "share of synapses, pyramidal to excitatory", 1.0, 0.5, 1.5},
    {"a_2", "α₂", "", "share of synapses, excitatory to pyramidal", 0.8, 0.4, 1.2},
    {"a_3", "α₃", "", "share of synapses, pyramidal to inhibitory", 0.25, 0.125, 0.375},
    {"a_4", "α₄", "", "share of synapses, inhibitory to pyramidal", 0.25, 0.125, 0.375},
    {"mu", "μ", "1/ms", "mean firing rate of the external input", 0.22, 0.0, 0.22},
    {"cmin", "c_min", "1/ms", "smallest rate that is sent", 0.0, 0.0, 0.0025},
    {"cmax", "c_max", "1/ms", "largest rate that is sent", 0.005, 0.0, 0.01},
    {"midpoint", "v_c", "mV", "potential at which half of the range is sent", 6.0, 3.12, 10.0},
    {"steepness", "r_c", "1/mV", "steepness of the rate that is sent", 0.56, 0.28, 0.84},
};

#elif DN_PASS == DN_PASS_KERNELS
// S(v), and what its cotangent gives for nu_max, r and v0; returns that of v.
DN_INLINE K(vec) M(firing)(K(vec) v, const K(vec) p[]) { return 2 * p[5] * K(logistic)(p[6] * (v - p[4])); }
DN_INLINE K(vec) M(firing_vjp)(K(vec) v, const K(vec) p[], K(vec) dfiring, K(vec) dp[]) {
  K(vec) slope;
  const K(vec) level = K(logistic_slope)(p[6] * (v - p[4]), &slope), dexcess = 2 * p[5] * slope * dfiring;
  const K(vec) dv = p[6] * dexcess;
  dp[4] -= dv;
  dp[5] = K(fma)(2 * level, dfiring, dp[5]);
  dp[6] = K(fma)(v - p[4], dexcess, dp[6]);
  return dv;
}

// The second-order response to `input`: rate (amplitude input - 2 dy - rate y).
DN_INLINE K(vec) M(response)(K(vec) amplitude, K(vec) rate, K(vec) input, K(vec) y, K(vec) dy) {
  return rate * K(fma)(-rate, y, K(fma)(amplitude, input, -2 * dy));
}
DN_INLINE void M(drift)(const K(vec) s[], const K(vec) c[], const K(vec) p[], K(vec) f[]) {
  const K(vec) excited = M(firing)(p[8] * p[7] * s[0], p), inhibited = M(firing)(p[10] * p[7] * s[0], p);
  f[0] = s[3];
  f[1] = s[4];
  f[2] = s[5];
  f[3] = M(response)(p[0], p[2], M(firing)(s[1] - s[2], p), s[0], s[3]);
  f[4] = M(response)(p[0], p[2], K(fma)(p[9] * p[7], excited, p[12] + c[0]), s[1], s[4]);
  f[5] = M(response)(p[1], p[3], p[11] * p[7] * inhibited, s[2], s[5]);
}

// From the cotangent df of a response: those of amplitude, rate, y and dy/dt; returns that of the input.
DN_INLINE K(vec) M(response_vjp)(K(vec) amplitude, K(vec) rate, K(vec) input, K(vec) y, K(vec) dy, K(vec) df,
                                 K(vec) * damplitude, K(vec) * drate, K(vec) * cotangent_y, K(vec) * cotangent_dy) {
  const K(vec) d = rate * df;
  *damplitude = K(fma)(input, d, *damplitude);
  *drate = K(fma)(K(fma)(amplitude, input, -2 * K(fma)(rate, y, dy)), df, *drate);
  *cotangent_y = K(fma)(-rate, d, *cotangent_y);
  *cotangent_dy = K(fma)(K(splat)(-2), d, *cotangent_dy);
  return amplitude * d;
}
DN_INLINE void M(drift_vjp)(const K(vec) s[], const K(vec) c[], const K(vec) p[], const K(vec) df[], K(vec) ds[],
                            K(vec) dc[], K(vec) dp[]) {
  const K(vec) v_excited = p[8] * p[7] * s[0], v_inhibited = p[10] * p[7] * s[0], v_pyramidal = s[1] - s[2];
  const K(vec) pyramidal = M(firing)(v_pyramidal, p), excited = M(firing)(v_excited, p),
               inhibited = M(firing)(v_inhibited, p);
  const K(vec) input = K(fma)(p[9] * p[7], excited, p[12] + c[0]);
  ds[3] += df[0];
  ds[4] += df[1];
  ds[5] += df[2];
  const K(vec) dpyramidal = M(response_vjp)(p[0], p[2], pyramidal, s[0], s[3], df[3], &dp[0], &dp[2], &ds[0], &ds[3]);
  const K(vec) dinput = M(response_vjp)(p[0], p[2], input, s[1], s[4], df[4], &dp[0], &dp[2], &ds[1], &ds[4]);
  const K(vec) dinhibition =
      M(response_vjp)(p[1], p[3], p[11] * p[7] * inhibited, s[2], s[5], df[5], &dp[1], &dp[3], &ds[2], &ds[5]);
  dc[0] += dinput;
  dp[12] += dinput;
  dp[9] = K(fma)(p[7] * excited, dinput, dp[9]);
  dp[11] = K(fma)(p[7] * inhibited, dinhibition, dp[11]);
  const K(vec) dv_pyramidal = M(firing_vjp)(v_pyramidal, p, dpyramidal, dp);
  const K(vec) dv_excited = M(firing_vjp)(v_excited, p, p[9] * p[7] * dinput, dp);
  const K(vec) dv_inhibited = M(firing_vjp)(v_inhibited, p, p[11] * p[7] * dinhibition, dp);
  ds[1] += dv_pyramidal;
  ds[2] -= dv_pyramidal;
  ds[0] = K(fma)(p[7], K(fma)(p[8], dv_excited, p[10] * dv_inhibited), ds[0]);
  dp[8] = K(fma)(p[7] * s[0], dv_excited, dp[8]);
  dp[10] = K(fma)(p[7] * s[0], dv_inhibited, dp[10]);
  dp[7] += K(fma)(p[9] * excited, dinput, p[11] * inhibited * dinhibition);
  dp[7] = K(fma)(s[0], K(fma)(p[8], dv_excited, p[10] * dv_inhibited), dp[7]);
}

DN_INLINE void M(observe)(const K(vec) s[], const K(vec) p[], K(vec) y[]) {
  y[0] = K(fma)(p[14] - p[13], K(logistic)(p[16] * (s[1] - s[2] - p[15])), p[13]);
}
DN_INLINE void M(observe_vjp)(const K(vec) s[], const K(vec) p[], const K(vec) dy[], K(vec) ds[], K(vec) dp[]) {
  K(vec) slope;
  const K(vec) above = s[1] - s[2] - p[15], level = K(logistic_slope)(p[16] * above, &slope);
  const K(vec) dexcess = (p[14] - p[13]) * slope * dy[0], dv = p[16] * dexcess;
  ds[1] += dv;
  ds[2] -= dv;
  dp[13] = K(fma)(1 - level, dy[0], dp[13]);
  dp[14] = K(fma)(level, dy[0], dp[14]);
  dp[15] -= dv;
  dp[16] = K(fma)(above, dexcess, dp[16]);
}
#endif
#include "../model_end.h"

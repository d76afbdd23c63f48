// Jansen-Rit cortical column: Jansen, Rit, Biol. Cybern. 73, 357 (1995), eq. 6, in ms as in The Virtual Brain.
//
//   dy0 = y3   dy3 = A a Sig(y1 - y2) - 2 a y3 - a^2 y0                    Sig(v) = 2 nu_max / (1 + exp(r (v0 - v)))
//   dy1 = y4   dy4 = A a (mu + a_2 J Sig(a_1 J y0) + c) - 2 a y4 - a^2 y1
//   dy2 = y5   dy5 = B b a_4 J Sig(a_3 J y0) - 2 b y5 - b^2 y2
#define DN_MODEL jansen_rit
#define DN_STATES 6
#define DN_COUPLINGS 1
#define DN_PARAMETERS 13
#define DN_LOWER \
  { -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY }
#define DN_UPPER \
  { INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY }

#if DN_PASS == DN_PASS_DESCRIBE
#define DN_TITLE "Jansen-Rit"
#define DN_SOURCE \
  "Jansen, Rit, Electroencephalogram and visual evoked potential generation, Biol. Cybern. 73, 357 (1995)"
#define DN_COUPLING_GAINS \
  { -1 }
static const dn_model_variable DN_MODEL_NAME(state)[] = {
    {"y0", "mV", "potential of the output", -INFINITY, INFINITY, -1, 1},
    {"y1", "mV", "excitatory potential", -INFINITY, INFINITY, -500, 500},
    {"y2", "mV", "inhibitory potential", -INFINITY, INFINITY, -50, 50},
    {"y3", "mV/ms", "derivative of y0", -INFINITY, INFINITY, -6, 6},
    {"y4", "mV/ms", "derivative of y1", -INFINITY, INFINITY, -20, 20},
    {"y5", "mV/ms", "derivative of y2", -INFINITY, INFINITY, -500, 500},
};
static const dn_model_variable DN_MODEL_NAME(coupling)[] = {
    {"y1 - y2", "mV", "potential of the pyramidal population", -INFINITY, INFINITY, NAN, NAN},
};
static const dn_model_parameter DN_MODEL_NAME(parameter)[] = {
    {"A", "A", "mV", "largest excitatory potential", 3.25, 2.6, 9.75},
    {"B", "B", "mV", "largest inhibitory potential", 22, 17.6, 110},
    {"a", "a", "1/ms", "rate of excitatory synapses", 0.1, 0.05, 0.15},
    {"b", "b", "1/ms", "rate of inhibitory synapses", 0.05, 0.025, 0.075},
    {"v0", "v0", "mV", "potential of half the firing rate", 5.52, 3.12, 6.0},
    {"nu_max", "nu_max", "1/ms", "half of the largest firing rate", 0.0025, 0.00125, 0.00375},
    {"r", "r", "1/mV", "slope of the sigmoid", 0.56, 0.28, 0.84},
    {"J", "J", "", "mean number of synapses", 135, 65, 1350},
    {"a_1", "a_1", "", "share of J: pyramidal to excitatory", 1, 0.5, 1.5},
    {"a_2", "a_2", "", "share of J: excitatory to pyramidal", 0.8, 0.4, 1.2},
    {"a_3", "a_3", "", "share of J: pyramidal to inhibitory", 0.25, 0.125, 0.375},
    {"a_4", "a_4", "", "share of J: inhibitory to pyramidal", 0.25, 0.125, 0.375},
    {"mu", "mu", "1/ms", "mean input", 0.22, 0, 0.22},
};

#elif DN_PASS == DN_PASS_KERNELS
DN_INLINE K(vec) M(unit)(K(vec) v, const K(vec) p[]) { return K(logistic)(p[6] * (v - p[4])); }

DN_INLINE void M(drift)(const K(vec) s[], const K(vec) c[], const K(vec) p[], K(vec) f[]) {
  const K(vec) A = p[0], B = p[1], a = p[2], b = p[3], top = 2 * p[5], J = p[7];
  const K(vec) pyramidal = top * M(unit)(s[1] - s[2], p), excitatory = top * M(unit)(p[8] * J * s[0], p),
               inhibitory = top * M(unit)(p[10] * J * s[0], p);
  f[0] = s[3];
  f[1] = s[4];
  f[2] = s[5];
  f[3] = a * (K(fma)(A, pyramidal, -2 * s[3]) - a * s[0]);
  f[4] = a * (K(fma)(A, p[12] + K(fma)(p[9] * J, excitatory, c[0]), -2 * s[4]) - a * s[1]);
  f[5] = b * (K(fma)(B, p[11] * J * inhibitory, -2 * s[5]) - b * s[2]);
}

// What the cotangent of Sig(v) gives for v, v0, nu_max and r.
DN_INLINE K(vec) M(sigmoid_vjp)(K(vec) v, const K(vec) p[], K(vec) dsigmoid, K(vec) dp[]) {
  const K(vec) unit = M(unit)(v, p), dargument = 2 * p[5] * unit * (1 - unit) * dsigmoid, dv = p[6] * dargument;
  dp[4] -= dv;
  dp[5] = K(fma)(2 * unit, dsigmoid, dp[5]);
  dp[6] = K(fma)(v - p[4], dargument, dp[6]);
  return dv;
}
DN_INLINE void M(drift_vjp)(const K(vec) s[], const K(vec) c[], const K(vec) p[], const K(vec) df[], K(vec) ds[],
                            K(vec) dc[], K(vec) dp[]) {
  const K(vec) A = p[0], B = p[1], a = p[2], b = p[3], top = 2 * p[5], J = p[7];
  const K(vec) v1 = p[8] * J * s[0], v3 = p[10] * J * s[0];
  const K(vec) pyramidal = top * M(unit)(s[1] - s[2], p), excitatory = top * M(unit)(v1, p),
               inhibitory = top * M(unit)(v3, p);
  const K(vec) drive = p[12] + K(fma)(p[9] * J, excitatory, c[0]), inhibition = p[11] * J * inhibitory;
  ds[3] += K(fma)(-2 * a, df[3], df[0]);
  ds[4] += K(fma)(-2 * a, df[4], df[1]);
  ds[5] += K(fma)(-2 * b, df[5], df[2]);
  ds[0] = K(fma)(-a * a, df[3], ds[0]);
  ds[1] = K(fma)(-a * a, df[4], ds[1]);
  ds[2] = K(fma)(-b * b, df[5], ds[2]);

  const K(vec) ddrive = A * a * df[4], dinhibition = B * b * df[5];
  const K(vec) dv0 = M(sigmoid_vjp)(s[1] - s[2], p, A * a * df[3], dp);
  const K(vec) dv1 = M(sigmoid_vjp)(v1, p, p[9] * J * ddrive, dp);
  const K(vec) dv3 = M(sigmoid_vjp)(v3, p, p[11] * J * dinhibition, dp);
  ds[1] += dv0;
  ds[2] -= dv0;
  ds[0] += J * K(fma)(p[8], dv1, p[10] * dv3);
  dc[0] += ddrive;
  dp[0] += a * K(fma)(pyramidal, df[3], drive * df[4]);
  dp[1] = K(fma)(b * inhibition, df[5], dp[1]);
  dp[2] += K(fma)(K(fma)(A, pyramidal, -2 * K(fma)(a, s[0], s[3])), df[3],
                  K(fma)(A, drive, -2 * K(fma)(a, s[1], s[4])) * df[4]);
  dp[3] = K(fma)(K(fma)(B, inhibition, -2 * K(fma)(b, s[2], s[5])), df[5], dp[3]);
  dp[7] +=
      K(fma)(s[0], K(fma)(p[8], dv1, p[10] * dv3), K(fma)(p[9] * excitatory, ddrive, p[11] * inhibitory * dinhibition));
  dp[8] = K(fma)(J * s[0], dv1, dp[8]);
  dp[9] = K(fma)(J * excitatory, ddrive, dp[9]);
  dp[10] = K(fma)(J * s[0], dv3, dp[10]);
  dp[11] = K(fma)(J * inhibitory, dinhibition, dp[11]);
  dp[12] += ddrive;
}

DN_INLINE void M(observe)(const K(vec) s[], K(vec) y[]) { y[0] = s[1] - s[2]; }
DN_INLINE void M(observe_vjp)(const K(vec) s[], const K(vec) dy[], K(vec) ds[]) {
  (void)s;
  ds[1] += dy[0];
  ds[2] -= dy[0];
}
#endif
#include "../model_end.h"

// Excitatory and inhibitory populations: Wilson, Cowan, Biophys. J. 12, 1 (1972), eqs. 11 and 12, in The Virtual Brain's
// form.
//
//   tau_e dE/dt = -E + (k_e - r_e E) S_e(alpha_e (c_ee E - c_ei I + P - theta_e + c))
//   tau_i dI/dt = -I + (k_i - r_i I) S_i(alpha_i (c_ie E - c_ii I + Q - theta_i))
//   S_e(x) = c_e (1 / (1 + exp(-a_e (x - b_e))) - shift / (1 + exp(a_e b_e)))         S_i likewise
//
// With shift 1 nothing answers to no input, as in the paper; 0 leaves the sigmoids as they are.
#define DN_MODEL wilson_cowan
#define DN_STATES 2
#define DN_COUPLINGS 1
#define DN_PARAMETERS 23
#define DN_LOWER \
  { -INFINITY, -INFINITY }
#define DN_UPPER \
  { INFINITY, INFINITY }

#if DN_PASS == DN_PASS_DESCRIBE
#define DN_TITLE "Wilson-Cowan"
#define DN_SOURCE                                                                                                     \
  "Wilson, Cowan, Excitatory and inhibitory interactions in localized populations of model neurons, Biophys. J. 12, " \
  "1 "                                                                                                                \
  "(1972)"
#define DN_COUPLING_GAINS \
  { -1 }
static const dn_model_variable DN_MODEL_NAME(state)[] = {
    {"E", "", "active part of the excitatory population", -INFINITY, INFINITY, 0, 1, 0},
    {"I", "", "active part of the inhibitory population", -INFINITY, INFINITY, 0, 1, 0},
};
static const dn_model_variable DN_MODEL_NAME(coupling)[] = {
    {"E", "", "active part of the excitatory population", -INFINITY, INFINITY, NAN, NAN, 0},
};
static const dn_model_parameter DN_MODEL_NAME(parameter)[] = {
    {"c_ee", "c_ee", "", "weight from excitatory to excitatory", 12.0, 11.0, 16.0},
    {"c_ei", "c_ei", "", "weight from inhibitory to excitatory", 4.0, 2.0, 15.0},
    {"c_ie", "c_ie", "", "weight from excitatory to inhibitory", 13.0, 2.0, 22.0},
    {"c_ii", "c_ii", "", "weight from inhibitory to inhibitory", 11.0, 2.0, 15.0},
    {"tau_e", "τ_e", "ms", "time constant of the excitatory population", 10.0, 1.0, 150.0},
    {"tau_i", "τ_i", "ms", "time constant of the inhibitory population", 10.0, 1.0, 150.0},
    {"a_e", "a_e", "", "steepness of the excitatory response", 1.2, 0.0, 1.4},
    {"b_e", "b_e", "", "place of the excitatory response's steepest slope", 2.8, 1.4, 6.0},
    {"c_e", "c_e", "", "amplitude of the excitatory response", 1.0, 1.0, 20.0},
    {"theta_e", "θ_e", "", "threshold of the excitatory population", 0.0, 0.0, 60.0},
    {"a_i", "a_i", "", "steepness of the inhibitory response", 1.0, 0.0, 2.0},
    {"b_i", "b_i", "", "place of the inhibitory response's steepest slope", 4.0, 2.0, 6.0},
    {"c_i", "c_i", "", "amplitude of the inhibitory response", 1.0, 1.0, 20.0},
    {"theta_i", "θ_i", "", "threshold of the inhibitory population", 0.0, 0.0, 60.0},
    {"r_e", "r_e", "", "refractory part of the excitatory population", 1.0, 0.5, 2.0},
    {"r_i", "r_i", "", "refractory part of the inhibitory population", 1.0, 0.5, 2.0},
    {"k_e", "k_e", "", "largest excitatory activity", 1.0, 0.5, 2.0},
    {"k_i", "k_i", "", "largest inhibitory activity", 1.0, 0.0, 2.0},
    {"P", "P", "", "external input to the excitatory population", 0.0, 0.0, 20.0},
    {"Q", "Q", "", "external input to the inhibitory population", 0.0, 0.0, 20.0},
    {"alpha_e", "α_e", "", "gain of the excitatory input", 1.0, 0.0, 20.0},
    {"alpha_i", "α_i", "", "gain of the inhibitory input", 1.0, 0.0, 20.0},
    {"shift", "shift", "", "share of the responses at rest that is subtracted from both", 1.0, 0.0, 1.0},
};

#elif DN_PASS == DN_PASS_KERNELS
// The parameters of one population, k its state: both obey one equation.
typedef struct M(population) {
  int from_e, from_i, tau, a, b, c, theta, r, k, input, alpha;
} M(population);
static const M(population)
    M(populations)[2] = {{0, 1, 4, 6, 7, 8, 9, 14, 16, 18, 20}, {2, 3, 5, 10, 11, 12, 13, 15, 17, 19, 21}};
enum { M(shift) = DN_PARAMETERS - 1 };

// x = alpha (c_.e E - c_.i I + input - theta + c) without the alpha; returns a (alpha x - b).
DN_INLINE K(vec) M(excess)(const M(population) * n, const K(vec) s[], K(vec) c, const K(vec) p[], K(vec) * x) {
  *x = K(fma)(p[n->from_e], s[0], K(fma)(-p[n->from_i], s[1], p[n->input] - p[n->theta] + c));
  return p[n->a] * K(fma)(p[n->alpha], *x, -p[n->b]);
}
// The response to rest, without its amplitude, and its derivative by -a b.
DN_INLINE K(vec) M(rest)(const M(population) * n, const K(vec) p[], K(vec) * slope) {
  return K(logistic_slope)(-p[n->a] * p[n->b], slope);
}
DN_INLINE void M(drift)(const K(vec) s[], const K(vec) c[], const K(vec) p[], K(vec) f[]) {
#pragma clang loop unroll(full)
  for (int k = 0; k < 2; k++) {
    const M(population) *n = &M(populations)[k];
    K(vec) x, slope;
    const K(vec) level = K(logistic)(M(excess)(n, s, k == 0 ? c[0] : K(splat)(0), p, &x));
    const K(vec) response = p[n->c] * K(fma)(-p[M(shift)], M(rest)(n, p, &slope), level);
    f[k] = K(fma)(K(fma)(-p[n->r], s[k], p[n->k]), response, -s[k]) / p[n->tau];
  }
}
DN_INLINE void M(drift_vjp)(const K(vec) s[], const K(vec) c[], const K(vec) p[], const K(vec) df[], K(vec) ds[],
                            K(vec) dc[], K(vec) dp[]) {
#pragma clang loop unroll(full)
  for (int k = 0; k < 2; k++) {
    const M(population) *n = &M(populations)[k];
    K(vec) x, slope, rest_slope;
    const K(vec) level = K(logistic_slope)(M(excess)(n, s, k == 0 ? c[0] : K(splat)(0), p, &x), &slope);
    const K(vec) rest = M(rest)(n, p, &rest_slope), above = K(fma)(-p[M(shift)], rest, level);
    const K(vec) response = p[n->c] * above, free = K(fma)(-p[n->r], s[k], p[n->k]);
    const K(vec) right = K(fma)(free, response, -s[k]);
    // Cotangents of the right side, the response, the sigmoid's argument a (alpha x - b), and x.
    const K(vec) d = df[k] / p[n->tau], dresponse = free * d, dexcess = p[n->c] * slope * dresponse;
    const K(vec) dscaled = p[n->a] * dexcess, dx = p[n->alpha] * dscaled;
    // Of -a b, of which the response to rest is a sigmoid.
    const K(vec) drest = -p[M(shift)] * p[n->c] * rest_slope * dresponse;
    ds[k] = K(fma)(-K(fma)(p[n->r], response, K(splat)(1)), d, ds[k]);
    ds[0] = K(fma)(p[n->from_e], dx, ds[0]);
    ds[1] = K(fma)(-p[n->from_i], dx, ds[1]);
    if (k == 0) dc[0] += dx;
    dp[n->from_e] = K(fma)(s[0], dx, dp[n->from_e]);
    dp[n->from_i] = K(fma)(-s[1], dx, dp[n->from_i]);
    dp[n->tau] = K(fma)(-right / p[n->tau], d, dp[n->tau]);
    dp[n->a] += K(fma)(K(fma)(p[n->alpha], x, -p[n->b]), dexcess, -p[n->b] * drest);
    dp[n->b] -= K(fma)(p[n->a], drest, dscaled);
    dp[n->c] = K(fma)(above, dresponse, dp[n->c]);
    dp[M(shift)] = K(fma)(-p[n->c] * rest, dresponse, dp[M(shift)]);
    dp[n->theta] -= dx;
    dp[n->r] = K(fma)(-s[k] * response, d, dp[n->r]);
    dp[n->k] = K(fma)(response, d, dp[n->k]);
    dp[n->input] += dx;
    dp[n->alpha] = K(fma)(x, dscaled, dp[n->alpha]);
  }
}

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

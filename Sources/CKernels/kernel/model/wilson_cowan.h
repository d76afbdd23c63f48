// Excitatory and inhibitory populations: Wilson, Cowan, Biophys. J. 12, 1 (1972), eqs. 11 and 12, in The Virtual Brain's
// form.
//
//   tau_e dE/dt = -E + (k_e - r_e E) S_e(alpha_e (c_ee E - c_ei I + P - theta_e + c))
//   tau_i dI/dt = -I + (k_i - r_i I) S_i(alpha_i (c_ie E - c_ii I + Q - theta_i))
//   S_e(x) = c_e (1 / (1 + exp(-a_e (x - b_e))) - shift / (1 + exp(a_e b_e)))         S_i likewise
//
// With shift 1 nothing answers to no input, as in the paper; 0 leaves the sigmoids as they are.
#define DN_MODEL wilson_cowan
#define DN_TITLE "Wilson-Cowan"
#define DN_SOURCE                                                                                                     \
  "Wilson, Cowan, Excitatory and inhibitory interactions in localized populations of model neurons, Biophys. J. 12, " \
  "1 "                                                                                                                \
  "(1972)"
#define DN_STATE_LIST(X)                                                             \
  X(E, "", "active part of the excitatory population", -INFINITY, INFINITY, 0, 1, 0) \
  X(I, "", "active part of the inhibitory population", -INFINITY, INFINITY, 0, 1, 0)
#define DN_COUPLING_LIST(X) X(E, "E", "", "active part of the excitatory population", none)
#define DN_PARAMETER_LIST(X)                                                             \
  X(c_ee, "c_ee", "", "weight from excitatory to excitatory", 12.0, 11.0, 16.0)          \
  X(c_ei, "c_ei", "", "weight from inhibitory to excitatory", 4.0, 2.0, 15.0)            \
  X(c_ie, "c_ie", "", "weight from excitatory to inhibitory", 13.0, 2.0, 22.0)           \
  X(c_ii, "c_ii", "", "weight from inhibitory to inhibitory", 11.0, 2.0, 15.0)           \
  X(tau_e, "τ_e", "ms", "time constant of the excitatory population", 10.0, 1.0, 150.0)  \
  X(tau_i, "τ_i", "ms", "time constant of the inhibitory population", 10.0, 1.0, 150.0)  \
  X(a_e, "a_e", "", "steepness of the excitatory response", 1.2, 0.0, 1.4)               \
  X(b_e, "b_e", "", "input at which the excitatory response is steepest", 2.8, 1.4, 6.0) \
  X(c_e, "c_e", "", "amplitude of the excitatory response", 1.0, 1.0, 20.0)              \
  X(theta_e, "θ_e", "", "threshold of the excitatory population", 0.0, 0.0, 60.0)        \
  X(a_i, "a_i", "", "steepness of the inhibitory response", 1.0, 0.0, 2.0)               \
  X(b_i, "b_i", "", "input at which the inhibitory response is steepest", 4.0, 2.0, 6.0) \
  X(c_i, "c_i", "", "amplitude of the inhibitory response", 1.0, 1.0, 20.0)              \
  X(theta_i, "θ_i", "", "threshold of the inhibitory population", 0.0, 0.0, 60.0)        \
  X(r_e, "r_e", "", "refractory part of the excitatory population", 1.0, 0.5, 2.0)       \
  X(r_i, "r_i", "", "refractory part of the inhibitory population", 1.0, 0.5, 2.0)       \
  X(k_e, "k_e", "", "largest excitatory activity", 1.0, 0.5, 2.0)                        \
  X(k_i, "k_i", "", "largest inhibitory activity", 1.0, 0.0, 2.0)                        \
  X(P, "P", "", "external input to the excitatory population", 0.0, 0.0, 20.0)           \
  X(Q, "Q", "", "external input to the inhibitory population", 0.0, 0.0, 20.0)           \
  X(alpha_e, "α_e", "", "gain of the excitatory input", 1.0, 0.0, 20.0)                  \
  X(alpha_i, "α_i", "", "gain of the inhibitory input", 1.0, 0.0, 20.0)                  \
  X(shift, "shift", "", "share of the responses at rest that is subtracted from both", 1.0, 0.0, 1.0)
#include "../model_begin.h"

#if DN_PASS == DN_PASS_KERNELS
// The parameters of one population, k its state: both obey one equation.
typedef struct wilson_cowan_population {
  int from_e, from_i, tau, a, b, c, theta, r, k, input, alpha;
} wilson_cowan_population;
static const wilson_cowan_population wilson_cowan_populations[2] = {
    {AT(c_ee), AT(c_ei), AT(tau_e), AT(a_e), AT(b_e), AT(c_e), AT(theta_e), AT(r_e), AT(k_e), AT(P), AT(alpha_e)},
    {AT(c_ie), AT(c_ii), AT(tau_i), AT(a_i), AT(b_i), AT(c_i), AT(theta_i), AT(r_i), AT(k_i), AT(Q), AT(alpha_i)}};

// x = alpha (c_.e E - c_.i I + input - theta + c) without the alpha; returns a (alpha x - b).
DN_INLINE vec wilson_cowan_excess(const wilson_cowan_population *n, const vec s[], vec c, const vec p[], vec *x) {
  DN_LET_OBSERVED
  *x = vec_fma(p[n->from_e], E, vec_fma(-p[n->from_i], I, p[n->input] - p[n->theta] + c));
  return p[n->a] * vec_fma(p[n->alpha], *x, -p[n->b]);
}
// The response to rest, without its amplitude, and its derivative by -a b.
DN_INLINE vec wilson_cowan_rest(const wilson_cowan_population *n, const vec p[], vec *slope) {
  return vec_logistic_slope(-p[n->a] * p[n->b], slope);
}
DN_INLINE void wilson_cowan_drift(const vec s[], const vec c[], const vec p[], vec f[]) {
  DN_LET
#pragma clang loop unroll(full)
  for (int k = 0; k < 2; k++) {
    const wilson_cowan_population *n = &wilson_cowan_populations[k];
    vec x, slope;
    const vec level = vec_logistic(wilson_cowan_excess(n, s, k == 0 ? c_E : vec_splat(0), p, &x));
    const vec response = p[n->c] * vec_fma(-shift, wilson_cowan_rest(n, p, &slope), level);
    f[k] = vec_fma(vec_fma(-p[n->r], s[k], p[n->k]), response, -s[k]) / p[n->tau];
  }
}
DN_INLINE void wilson_cowan_drift_vjp(const vec s[], const vec c[], const vec p[], const vec df[], vec ds[], vec dc[],
                                      vec dp[]) {
  DN_LET
#pragma clang loop unroll(full)
  for (int k = 0; k < 2; k++) {
    const wilson_cowan_population *n = &wilson_cowan_populations[k];
    vec x, slope, rest_slope;
    const vec level = vec_logistic_slope(wilson_cowan_excess(n, s, k == 0 ? c_E : vec_splat(0), p, &x), &slope);
    const vec rest = wilson_cowan_rest(n, p, &rest_slope), above = vec_fma(-shift, rest, level);
    const vec response = p[n->c] * above, free = vec_fma(-p[n->r], s[k], p[n->k]);
    const vec right = vec_fma(free, response, -s[k]);
    // Cotangents of the right side, the response, the sigmoid's argument a (alpha x - b), and x.
    const vec d = df[k] / p[n->tau], dresponse = free * d, dexcess = p[n->c] * slope * dresponse;
    const vec dscaled = p[n->a] * dexcess, dx = p[n->alpha] * dscaled;
    // Of -a b, of which the response to rest is a sigmoid.
    const vec drest = -shift * p[n->c] * rest_slope * dresponse;
    ds[k] = vec_fma(-vec_fma(p[n->r], response, vec_splat(1)), d, ds[k]);
    ds[AT(E)] = vec_fma(p[n->from_e], dx, ds[AT(E)]);
    ds[AT(I)] = vec_fma(-p[n->from_i], dx, ds[AT(I)]);
    if (k == 0) dc[AT(c_E)] += dx;
    dp[n->from_e] = vec_fma(E, dx, dp[n->from_e]);
    dp[n->from_i] = vec_fma(-I, dx, dp[n->from_i]);
    dp[n->tau] = vec_fma(-right / p[n->tau], d, dp[n->tau]);
    dp[n->a] += vec_fma(vec_fma(p[n->alpha], x, -p[n->b]), dexcess, -p[n->b] * drest);
    dp[n->b] -= vec_fma(p[n->a], drest, dscaled);
    dp[n->c] = vec_fma(above, dresponse, dp[n->c]);
    dp[AT(shift)] = vec_fma(-p[n->c] * rest, dresponse, dp[AT(shift)]);
    dp[n->theta] -= dx;
    dp[n->r] = vec_fma(-s[k] * response, d, dp[n->r]);
    dp[n->k] = vec_fma(response, d, dp[n->k]);
    dp[n->input] += dx;
    dp[n->alpha] = vec_fma(x, dscaled, dp[n->alpha]);
  }
}

DN_INLINE void wilson_cowan_observe(const vec s[], const vec p[], vec observed[]) {
  DN_LET_OBSERVED
  observed[AT(c_E)] = E;
}
DN_INLINE void wilson_cowan_observe_vjp(const vec s[], const vec p[], const vec dobserved[], vec ds[], vec dp[]) {
  DN_LET_OBSERVED(void) dp;
  ds[AT(E)] += dobserved[AT(c_E)];
}
#endif
#include "../model_end.h"

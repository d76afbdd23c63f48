// Excitatory and inhibitory populations: Wilson, Cowan, Biophys. J. 12, 1 (1972), eqs. 11 and 12, with gains and thresholds as
// in The Virtual Brain.
//
//   tau_e dE/dt = -E + (k_e - r_e E) S_e(alpha_e (c_ee E - c_ei I + P - theta_e + c))
//   tau_i dI/dt = -I + (k_i - r_i I) S_i(alpha_i (c_ie E - c_ii I + Q - theta_i))        S(x) = c / (1 + exp(-a (x - b)))
#define DN_MODEL wilson_cowan
#define DN_STATES 2
#define DN_COUPLINGS 1
#define DN_PARAMETERS 22
#define DN_LOWER \
  { 0, 0 }
#define DN_UPPER \
  { 1, 1 }

#if DN_PASS == DN_PASS_DESCRIBE
#define DN_TITLE "Wilson-Cowan"
#define DN_SOURCE                                                                                                     \
  "Wilson, Cowan, Excitatory and inhibitory interactions in localized populations of model neurons, Biophys. J. 12, " \
  "1 (1972)"
#define DN_COUPLING_GAINS \
  { -1 }
static const dn_model_variable DN_MODEL_NAME(state)[] = {
    {"E", "", "activity of the excitatory population", 0, 1, 0, 1},
    {"I", "", "activity of the inhibitory population", 0, 1, 0, 1},
};
static const dn_model_variable DN_MODEL_NAME(coupling)[] = {
    {"E", "", "activity of the excitatory population", -INFINITY, INFINITY, NAN, NAN},
};
static const dn_model_parameter DN_MODEL_NAME(parameter)[] = {
    {"c_ee", "c_ee", "", "strength of the connection E to E", 12, 4, 16},
    {"c_ei", "c_ei", "", "strength of the connection I to E", 4, 2, 15},
    {"c_ie", "c_ie", "", "strength of the connection E to I", 13, 2, 22},
    {"c_ii", "c_ii", "", "strength of the connection I to I", 11, 2, 15},
    {"tau_e", "τ_e", "ms", "time constant of E", 10, 1, 150},
    {"tau_i", "τ_i", "ms", "time constant of I", 10, 1, 150},
    {"a_e", "a_e", "", "slope of the sigmoid of E", 1.2, 0, 2},
    {"b_e", "b_e", "", "position of the sigmoid of E", 2.8, 1, 6},
    {"c_e", "c_e", "", "height of the sigmoid of E", 1, 1, 20},
    {"theta_e", "θ_e", "", "threshold of E", 0, 0, 60},
    {"a_i", "a_i", "", "slope of the sigmoid of I", 1, 0, 2},
    {"b_i", "b_i", "", "position of the sigmoid of I", 4, 1, 6},
    {"c_i", "c_i", "", "height of the sigmoid of I", 1, 1, 20},
    {"theta_i", "θ_i", "", "threshold of I", 0, 0, 60},
    {"r_e", "r_e", "", "refractoriness of E", 1, 0.5, 2},
    {"r_i", "r_i", "", "refractoriness of I", 1, 0.5, 2},
    {"k_e", "k_e", "", "largest response of E", 1, 0.5, 2},
    {"k_i", "k_i", "", "largest response of I", 1, 0, 2},
    {"P", "P", "", "external input to E", 0, 0, 20},
    {"Q", "Q", "", "external input to I", 0, 0, 20},
    {"alpha_e", "α_e", "", "gain of the input to E", 1, 0, 20},
    {"alpha_i", "α_i", "", "gain of the input to I", 1, 0, 20},
};

#elif DN_PASS == DN_PASS_KERNELS
enum { M(tau) = 4, M(slope) = 6, M(refractory) = 14, M(largest) = 16, M(drive) = 18, M(gain) = 20 };

// The input of population q (0: E, 1: I) before its gain, and the sigmoid of it.
DN_INLINE K(vec) M(input)(int q, const K(vec) s[], const K(vec) c[], const K(vec) p[]) {
  K(vec) sum = p[M(drive) + q] - p[M(slope) + 4 * q + 3];
  if (q == 0) sum += c[0];
  return K(fma)(p[2 * q], s[0], K(fma)(-p[2 * q + 1], s[1], sum));
}
DN_INLINE void M(drift)(const K(vec) s[], const K(vec) c[], const K(vec) p[], K(vec) f[]) {
  DN_EACH(q, 2) {
    const K(vec) *sigmoid = p + M(slope) + 4 * q;
    const K(vec) x = p[M(gain) + q] * M(input)(q, s, c, p);
    const K(vec) response = sigmoid[2] * K(logistic)(sigmoid[0] * (x - sigmoid[1]));
    f[q] = K(fma)(K(fma)(-p[M(refractory) + q], s[q], p[M(largest) + q]), response, -s[q]) / p[M(tau) + q];
  }
}
DN_INLINE void M(drift_vjp)(const K(vec) s[], const K(vec) c[], const K(vec) p[], const K(vec) df[], K(vec) ds[],
                            K(vec) dc[], K(vec) dp[]) {
  DN_EACH(q, 2) {
    const K(vec) *sigmoid = p + M(slope) + 4 * q;
    K(vec) *dsigmoid = dp + M(slope) + 4 * q;
    const K(vec) input = M(input)(q, s, c, p), x = p[M(gain) + q] * input, shifted = x - sigmoid[1];
    const K(vec) unit = K(logistic)(sigmoid[0] * shifted), response = sigmoid[2] * unit;
    const K(vec) room = K(fma)(-p[M(refractory) + q], s[q], p[M(largest) + q]);
    // Of tau df/dt, of the response, of the sigmoid's argument, of the input.
    const K(vec) right = df[q] / p[M(tau) + q], dresponse = room * right;
    const K(vec) dargument = response * (1 - unit) * dresponse, dx = sigmoid[0] * dargument;
    const K(vec) dinput = p[M(gain) + q] * dx;
    ds[q] = K(fma)(-K(fma)(p[M(refractory) + q], response, K(splat)(1)), right, ds[q]);
    ds[0] = K(fma)(p[2 * q], dinput, ds[0]);
    ds[1] = K(fma)(-p[2 * q + 1], dinput, ds[1]);
    if (q == 0) dc[0] += dinput;
    dp[2 * q] = K(fma)(s[0], dinput, dp[2 * q]);
    dp[2 * q + 1] = K(fma)(-s[1], dinput, dp[2 * q + 1]);
    dp[M(tau) + q] -= K(fma)(room, response, -s[q]) * right / p[M(tau) + q];
    dsigmoid[0] = K(fma)(shifted, dargument, dsigmoid[0]);
    dsigmoid[1] -= dx;
    dsigmoid[2] = K(fma)(unit, dresponse, dsigmoid[2]);
    dsigmoid[3] -= dinput;
    dp[M(refractory) + q] = K(fma)(-s[q] * response, right, dp[M(refractory) + q]);
    dp[M(largest) + q] = K(fma)(response, right, dp[M(largest) + q]);
    dp[M(drive) + q] += dinput;
    dp[M(gain) + q] = K(fma)(input, dx, dp[M(gain) + q]);
  }
}

DN_INLINE void M(observe)(const K(vec) s[], K(vec) y[]) { y[0] = s[0]; }
DN_INLINE void M(observe_vjp)(const K(vec) s[], const K(vec) dy[], K(vec) ds[]) {
  (void)s;
  ds[0] += dy[0];
}
#endif
#include "../model_end.h"

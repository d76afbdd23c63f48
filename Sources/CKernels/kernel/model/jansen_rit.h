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
#define DN_TITLE "Jansen-Rit"
#define DN_SOURCE                                                                                                \
  "Jansen, Rit, Electroencephalogram and visual evoked potential generation in a mathematical model of coupled " \
  "cortical columns, Biol. Cybern. 73, 357 (1995)"
#define DN_STATE_LIST(X)                                                                        \
  X(y0, "mV", "potential that pyramidal cells cause", -INFINITY, INFINITY, -1, 1, 0)            \
  X(y1, "mV", "excitatory potential of the pyramidal cells", -INFINITY, INFINITY, -500, 500, 0) \
  X(y2, "mV", "inhibitory potential of the pyramidal cells", -INFINITY, INFINITY, -50, 50, 0)   \
  X(y3, "mV/ms", "rate of change of y0", -INFINITY, INFINITY, -6, 6, 0)                         \
  X(y4, "mV/ms", "rate of change of y1", -INFINITY, INFINITY, -20, 20, 0)                       \
  X(y5, "mV/ms", "rate of change of y2", -INFINITY, INFINITY, -500, 500, 0)
#define DN_COUPLING_LIST(X) X(rate, "Z(y1-y2)", "1/ms", "firing rate that the pyramidal cells send", none)
#define DN_PARAMETER_LIST(X)                                                                \
  X(A, "A", "mV", "amplitude of excitatory potentials", 3.25, 2.6, 9.75)                    \
  X(B, "B", "mV", "amplitude of inhibitory potentials", 22.0, 17.6, 110.0)                  \
  X(a, "a", "1/ms", "rate of excitatory synapses and dendrites", 0.1, 0.05, 0.15)           \
  X(b, "b", "1/ms", "rate of inhibitory synapses and dendrites", 0.05, 0.025, 0.075)        \
  X(v0, "v₀", "mV", "potential of half the largest firing rate", 5.52, 3.12, 6.0)           \
  X(nu_max, "ν_max", "1/ms", "half the largest firing rate", 0.0025, 0.00125, 0.00375)      \
  X(r, "r", "1/mV", "steepness of the firing rate", 0.56, 0.28, 0.84)                       \
  X(J, "J", "", "mean number of synapses between populations", 135.0, 65.0, 1350.0)         \
  X(a_1, "α₁", "", "share of synapses, pyramidal to excitatory", 1.0, 0.5, 1.5)             \
  X(a_2, "α₂", "", "share of synapses, excitatory to pyramidal", 0.8, 0.4, 1.2)             \
  X(a_3, "α₃", "", "share of synapses, pyramidal to inhibitory", 0.25, 0.125, 0.375)        \
  X(a_4, "α₄", "", "share of synapses, inhibitory to pyramidal", 0.25, 0.125, 0.375)        \
  X(mu, "μ", "1/ms", "mean firing rate of the external input", 0.22, 0.0, 0.22)             \
  X(cmin, "c_min", "1/ms", "smallest rate that is sent", 0.0, 0.0, 0.0025)                  \
  X(cmax, "c_max", "1/ms", "largest rate that is sent", 0.005, 0.0, 0.01)                   \
  X(midpoint, "v_c", "mV", "potential at which half of the range is sent", 6.0, 3.12, 10.0) \
  X(steepness, "r_c", "1/mV", "steepness of the rate that is sent", 0.56, 0.28, 0.84)
#define DN_OBSERVED_FROM AT(cmin)
#include "../model_begin.h"

#if DN_PASS == DN_PASS_KERNELS
// S(v), and what its cotangent gives for nu_max, r and v0; returns that of v.
DN_INLINE vec jansen_rit_firing(vec v, const vec p[]) {
  DN_LET_PARAMETERS
  return 2 * nu_max * vec_logistic(r * (v - v0));
}
DN_INLINE vec jansen_rit_firing_vjp(vec v, const vec p[], vec dfiring, vec dp[]) {
  DN_LET_PARAMETERS
  vec slope;
  const vec level = vec_logistic_slope(r * (v - v0), &slope), dexcess = 2 * nu_max * slope * dfiring;
  const vec dv = r * dexcess;
  dp[AT(v0)] -= dv;
  dp[AT(nu_max)] = vec_fma(2 * level, dfiring, dp[AT(nu_max)]);
  dp[AT(r)] = vec_fma(v - v0, dexcess, dp[AT(r)]);
  return dv;
}

// The second-order response to `input`: rate (amplitude input - 2 dy - rate y).
DN_INLINE vec jansen_rit_response(vec amplitude, vec rate, vec input, vec y, vec dy) {
  return rate * vec_fma(-rate, y, vec_fma(amplitude, input, -2 * dy));
}
DN_INLINE void jansen_rit_drift(const vec s[], const vec c[], const vec p[], vec f[]) {
  DN_LET
  const vec excited = jansen_rit_firing(a_1 * J * y0, p), inhibited = jansen_rit_firing(a_3 * J * y0, p);
  f[AT(y0)] = y3;
  f[AT(y1)] = y4;
  f[AT(y2)] = y5;
  f[AT(y3)] = jansen_rit_response(A, a, jansen_rit_firing(y1 - y2, p), y0, y3);
  f[AT(y4)] = jansen_rit_response(A, a, vec_fma(a_2 * J, excited, mu + c_rate), y1, y4);
  f[AT(y5)] = jansen_rit_response(B, b, a_4 * J * inhibited, y2, y5);
}

// From the cotangent df of a response: those of amplitude, rate, y and dy/dt; returns that of the input.
DN_INLINE vec jansen_rit_response_vjp(vec amplitude, vec rate, vec input, vec y, vec dy, vec df, vec *damplitude,
                                      vec *drate, vec *cotangent_y, vec *cotangent_dy) {
  const vec d = rate * df;
  *damplitude = vec_fma(input, d, *damplitude);
  *drate = vec_fma(vec_fma(amplitude, input, -2 * vec_fma(rate, y, dy)), df, *drate);
  *cotangent_y = vec_fma(-rate, d, *cotangent_y);
  *cotangent_dy = vec_fma(vec_splat(-2), d, *cotangent_dy);
  return amplitude * d;
}
DN_INLINE void jansen_rit_drift_vjp(const vec s[], const vec c[], const vec p[], const vec df[], vec ds[], vec dc[],
                                    vec dp[]) {
  DN_LET
  const vec v_excited = a_1 * J * y0, v_inhibited = a_3 * J * y0, v_pyramidal = y1 - y2;
  const vec pyramidal = jansen_rit_firing(v_pyramidal, p), excited = jansen_rit_firing(v_excited, p),
            inhibited = jansen_rit_firing(v_inhibited, p);
  const vec input = vec_fma(a_2 * J, excited, mu + c_rate);
  ds[AT(y3)] += df[AT(y0)];
  ds[AT(y4)] += df[AT(y1)];
  ds[AT(y5)] += df[AT(y2)];
  const vec dpyramidal =
      jansen_rit_response_vjp(A, a, pyramidal, y0, y3, df[AT(y3)], &dp[AT(A)], &dp[AT(a)], &ds[AT(y0)], &ds[AT(y3)]);
  const vec dinput =
      jansen_rit_response_vjp(A, a, input, y1, y4, df[AT(y4)], &dp[AT(A)], &dp[AT(a)], &ds[AT(y1)], &ds[AT(y4)]);
  const vec dinhibition = jansen_rit_response_vjp(B, b, a_4 * J * inhibited, y2, y5, df[AT(y5)], &dp[AT(B)], &dp[AT(b)],
                                                  &ds[AT(y2)], &ds[AT(y5)]);
  dc[AT(c_rate)] += dinput;
  dp[AT(mu)] += dinput;
  dp[AT(a_2)] = vec_fma(J * excited, dinput, dp[AT(a_2)]);
  dp[AT(a_4)] = vec_fma(J * inhibited, dinhibition, dp[AT(a_4)]);
  const vec dv_pyramidal = jansen_rit_firing_vjp(v_pyramidal, p, dpyramidal, dp);
  const vec dv_excited = jansen_rit_firing_vjp(v_excited, p, a_2 * J * dinput, dp);
  const vec dv_inhibited = jansen_rit_firing_vjp(v_inhibited, p, a_4 * J * dinhibition, dp);
  ds[AT(y1)] += dv_pyramidal;
  ds[AT(y2)] -= dv_pyramidal;
  ds[AT(y0)] = vec_fma(J, vec_fma(a_1, dv_excited, a_3 * dv_inhibited), ds[AT(y0)]);
  dp[AT(a_1)] = vec_fma(J * y0, dv_excited, dp[AT(a_1)]);
  dp[AT(a_3)] = vec_fma(J * y0, dv_inhibited, dp[AT(a_3)]);
  dp[AT(J)] += vec_fma(a_2 * excited, dinput, a_4 * inhibited * dinhibition);
  dp[AT(J)] = vec_fma(y0, vec_fma(a_1, dv_excited, a_3 * dv_inhibited), dp[AT(J)]);
}

DN_INLINE void jansen_rit_observe(const vec s[], const vec p[], vec observed[]) {
  DN_LET_OBSERVED
  observed[AT(c_rate)] = vec_fma(cmax - cmin, vec_logistic(steepness * (y1 - y2 - midpoint)), cmin);
}
DN_INLINE void jansen_rit_observe_vjp(const vec s[], const vec p[], const vec dobserved[], vec ds[], vec dp[]) {
  DN_LET_OBSERVED
  vec slope;
  const vec above = y1 - y2 - midpoint, level = vec_logistic_slope(steepness * above, &slope);
  const vec dexcess = (cmax - cmin) * slope * dobserved[AT(c_rate)], dv = steepness * dexcess;
  ds[AT(y1)] += dv;
  ds[AT(y2)] -= dv;
  dp[AT(cmin)] = vec_fma(1 - level, dobserved[AT(c_rate)], dp[AT(cmin)]);
  dp[AT(cmax)] = vec_fma(level, dobserved[AT(c_rate)], dp[AT(cmax)]);
  dp[AT(midpoint)] -= dv;
  dp[AT(steepness)] = vec_fma(above, dexcess, dp[AT(steepness)]);
}
#endif
#include "../model_end.h"

// Networks against what is known of them: drawn noise against its definition and its moments, the linear network's
// stationary covariance, orders of convergence, and closed forms.
#include "network_trial.h"

// ---- Noise ---------------------------------------------------------------------------------------------------------

// The uniform number in (-1, 1) that a normal number is made of.
static double uniform_of(uint64_t bits, int precision) {
  if (precision == 4) return 2 * ldexp((double)(bits >> 9), -23) - 1 + 0x1p-24;
  return 2 * ldexp((double)(bits >> 12), -52) - 1 + 0x1p-53;
}

static uint32_t word_of(dn_key key, uint64_t counter, int64_t step) {
  uint64_t both;
  dn_random_bits_u64(key, counter, 1, &both);
  return step % 2 ? (uint32_t)both : (uint32_t)(both >> 32);
}

// Each number from the formula in delaynet_network.h: the bits by the public generator, the normal number by libm's erf.
static void definition(void) {
  const int64_t firsts[] = {0, 1, 2, 77, ((int64_t)1 << 33) - 2, ((int64_t)1 << 33) - 1, (int64_t)5 << 40};
  enum { STATES = 2, NODES = 19, STEPS = 5 };
  for (int f = 0; f < 7; f++)
    for (uint64_t member = 0; member < 3; member++) {
      double out[STEPS][STATES * NODES];
      float out_f32[STEPS][STATES * NODES];
      const dn_key key = dn_key_create(7 + (uint64_t)f), own = dn_key_fold_in(key, member);
      check_about("first step %lld, member %llu", (long long)firsts[f], (unsigned long long)member);
      CHECK_STATUS(dn_network_noise_f64(key, member, STATES, NODES, firsts[f], STEPS, out[0]), DN_OK);
      CHECK_STATUS(dn_network_noise_f32(key, member, STATES, NODES, firsts[f], STEPS, out_f32[0]), DN_OK);
      double worst = 0, worst_f32 = 0, apart = 0;
      for (int t = 0; t < STEPS; t++)
        for (int i = 0; i < STATES * NODES; i++) {
          const int64_t step = firsts[f] + t;
          const uint64_t epoch = (uint64_t)(step >> 33),
                         counter = ((uint64_t)(step / 2) & 0xffffffffu) << 32 | (uint64_t)i,
                         a = word_of(dn_key_fold_in(own, 2 * epoch), counter, step),
                         b = word_of(dn_key_fold_in(own, 2 * epoch + 1), counter, step);
          worst = fmax(worst, fabs(erf(out[t][i] / sqrt(2)) - uniform_of(a << 32 | b, 8)));
          worst_f32 = fmax(worst_f32, fabs(erf((double)out_f32[t][i] / sqrt(2)) - uniform_of(a, 4)));
          apart = fmax(apart, fabs((double)out_f32[t][i] - out[t][i]));
        }
      CHECK(worst <= 8 * DBL_EPSILON, "off by %g", worst);
      CHECK(worst_f32 <= 4 * (double)FLT_EPSILON, "float off by %g", worst_f32);
      CHECK(apart <= 1e-4, "float and double are %g apart", apart);
    }
}

// Mean, variance, kurtosis, and correlations with the next step, node, state and member: within five standard errors.
static void moments(void) {
  enum { STATES = 2, NODES = 10, STEPS = 5000, COUNT = STATES * NODES * STEPS };
  double *z = ref_array(COUNT, 1), *other = ref_array(COUNT, 1), sum[7] = {0};
  CHECK_STATUS(dn_network_noise_f64(dn_key_create(3), 0, STATES, NODES, 11, STEPS, z), DN_OK);
  CHECK_STATUS(dn_network_noise_f64(dn_key_create(3), 1, STATES, NODES, 11, STEPS, other), DN_OK);
  const ptrdiff_t lag[] = {1, NODES, STATES * NODES};
  for (ptrdiff_t n = 0; n < COUNT; n++) {
    sum[0] += z[n];
    sum[1] += z[n] * z[n] - 1;
    sum[2] += z[n] * z[n] * z[n] * z[n] - 3;
    for (int k = 0; k < 3; k++) sum[3 + k] += n >= lag[k] ? z[n] * z[n - lag[k]] : 0;
    sum[6] += z[n] * other[n];
  }
  const double deviation[] = {1, sqrt(2), sqrt(96), 1, 1, 1, 1};
  for (int k = 0; k < 7; k++)
    CHECK(fabs(sum[k]) <= 5 * deviation[k] * sqrt(COUNT), "moment %d: %g standard errors", k,
          sum[k] / deviation[k] / sqrt(COUNT));
  free(z);
  free(other);
}

// ---- The linear network --------------------------------------------------------------------------------------------

#define N 3

static void product(const double *a, const double *b, double *out) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      out[i * N + j] = 0;
      for (int k = 0; k < N; k++) out[i * N + j] += a[i * N + k] * b[k * N + j];
    }
}

// dx = (W - lambda) x dt + sigma dW without delays. A step is x' = A x + B n, n = sigma sqrt(dt) z, so that the stationary
// covariance solves C = A C A^T + sigma^2 dt B B^T; that is iterated.
static void stationary(int variant, const double *weights, double lambda, double sigma, double dt, double *covariance) {
  double m[N * N], a[N * N], b[N * N], mm[N * N], noise[N * N], left[N * N], transposed[N * N], next[N * N];
  for (int i = 0; i < N * N; i++) m[i] = weights[i] - (i % (N + 1) == 0 ? lambda : 0);
  product(m, m, mm);
  for (int i = 0; i < N * N; i++) {
    const double unit = i % (N + 1) == 0;
    if (variant % 3 == 0) {
      a[i] = unit + dt * m[i] + dt * dt / 2 * mm[i];
      b[i] = unit + dt / 2 * m[i];
    } else if (variant % 3 == 1) {  // the corrector's drift is -lambda p + W x
      a[i] = unit + dt / 2 * (m[i] - lambda * (unit + dt * m[i]) + weights[i]);
      b[i] = unit * (1 - lambda * dt / 2);
    } else {
      a[i] = unit + dt * m[i];
      b[i] = unit;
    }
  }
#define TRANSPOSE(x) \
  for (int i = 0; i < N * N; i++) transposed[i] = x[i % N * N + i / N];
  TRANSPOSE(b)
  product(b, transposed, noise);
  TRANSPOSE(a)
#undef TRANSPOSE
  memset(covariance, 0, N * N * sizeof *covariance);
  for (int n = 0; n < 2000; n++) {
    product(a, covariance, left);
    product(left, transposed, next);
    for (int i = 0; i < N * N; i++) covariance[i] = next[i] + sigma * sigma * dt * noise[i];
  }
}

static void lyapunov(void) {
  enum { MEMBERS = 16, STEPS = 8000, SKIP = 100 };
  const double weights[N * N] = {0.25, -0.5, 0, 0.375, 0, 0.25, -0.25, 0.5, 0.125}, sigma = 0.5, dt = 0.5;
  const int32_t delays[N * N] = {0};
  const dn_network net = {.nodes = N, .edges = N * N, .delays = delays};
  const double parameters[] = {1, 0}, initial[N] = {0};
  dn_plan *plan;
  CHECK_STATUS(dn_plan_create(&net, NULL, &plan, NULL), DN_OK);
  const dn_parameter_f64 given[] = {{&parameters[0], 1}, {&parameters[1], 1}};
  double *series = ref_array(N, STEPS);
  for (int v = 0; v < NET_VARIANTS; v++) {
    double want[N * N], got[N * N] = {0}, mean[N] = {0};
    check_about("%s", net_variants[v].name);
    // Differences are sums with the nodes' own states among them.
    double seen[N * N];
    memcpy(seen, weights, sizeof seen);
    for (int e = 0; e < N * N && net_variants[v].coupling_kind == DN_COUPLING_DIFFERENCE; e++)
      seen[e / N * (N + 1)] -= weights[e];
    stationary(v, seen, parameters[0], sigma, dt, want);
    for (int member = 0; member < MEMBERS; member++) {
      const dn_network_primal_f64 p = {.plan = plan,
                                       .model = dn_model_find("linear"),
                                       .scheme = net_variants[v].scheme,
                                       .stage = net_variants[v].stage,
                                       .coupling_kind = net_variants[v].coupling_kind,
                                       .time_step = dt,
                                       .weights = weights,
                                       .coupling = 1,
                                       .parameters = given,
                                       .sigma = &sigma,
                                       .sigma_count = 1,
                                       .key = dn_key_create(5),
                                       .member = (uint64_t)member,
                                       .initial = initial,
                                       .steps = STEPS,
                                       .monitors = &(dn_monitor){.every = 1},
                                       .monitor_count = 1};
      dn_network_result_f64 r = {.columns = &(dn_columns_f64){.series = series, .stride = STEPS}};
      CHECK_STATUS(dn_network_run_f64(1, &p, &r, NULL, NULL), DN_OK);
      for (int i = 0; i < N; i++)
        for (ptrdiff_t t = SKIP; t < STEPS; t++) {
          mean[i] += series[i * STEPS + t];
          for (int j = 0; j < N; j++) got[i * N + j] += series[i * STEPS + t] * series[j * STEPS + t];
        }
    }
    // Some 5 steps of correlation: 25000 independent samples, standard errors of 0.9 % of a variance.
    const double samples = (double)MEMBERS * (STEPS - SKIP);
    for (int i = 0; i < N; i++) {
      CHECK(fabs(mean[i] / samples) <= 0.03 * sqrt(want[i * N + i]), "mean %d: %g", i, mean[i] / samples);
      for (int j = 0; j < N; j++) {
        const double size = sqrt(want[i * N + i] * want[j * N + j]), error = got[i * N + j] / samples - want[i * N + j];
        CHECK(fabs(error) <= 0.03 * size, "covariance %d %d: %g, expected %g", i, j, got[i * N + j] / samples,
              want[i * N + j]);
      }
    }
  }
  free(series);
  dn_plan_destroy(plan);
}
#undef N

// ---- Orders of convergence -----------------------------------------------------------------------------------------

typedef struct setting {
  const ref_model *model;
  int variant;
  ptrdiff_t steps;  // of the coarsest step, time_step long
  double time_step;
  const double *noise;  // (steps * finest, S, nodes), or NULL
  int finest;
} setting;

#define NODES 4

// The state at the end, with steps `parts` times shorter than the coarsest; the history is constant.
static void end_state(const setting *s, int parts, double *end) {
  const int32_t targets[] = {0, 1, 2, 3, 0, 2, 1}, sources[] = {1, 2, 3, 0, 2, 0, 1}, coarse[] = {0, 1, 3, 2, 5, 4, 0};
  const double weights[] = {0.5, 0.25, 0.75, 0.5, 0.25, 0.25, 0.125};
  int32_t delays[7];
  for (int e = 0; e < 7; e++) delays[e] = coarse[e] * parts;
  const ptrdiff_t history = 5 * parts, steps = s->steps * parts, S = s->model->states, C = s->model->couplings;
  const dn_network net = {NODES, 7, history, targets, sources, delays, 0};
  const dn_model *model = dn_model_find(s->model->name);
  double initial[REF_STATES_MAX * NODES], *past = ref_array(C * NODES, history), *noise = NULL;
  for (ptrdiff_t i = 0; i < NODES; i++) {
    ref_number state[REF_STATES_MAX], parameters[REF_PARAMETERS_MAX], y[REF_COUPLINGS_MAX];
    for (ptrdiff_t k = 0; k < S; k++) {
      const double low = model->state[k].initial_low, high = model->state[k].initial_high;
      initial[k * NODES + i] = low + (high - low) * (0.375 + 0.0625 * (double)(i + k));
      state[k] = initial[k * NODES + i];
    }
    for (int k = 0; k < s->model->parameters; k++) parameters[k] = s->model->published[k];
    s->model->observe(state, parameters, y);
    for (ptrdiff_t c = 0; c < C; c++)
      for (ptrdiff_t h = 0; h < history; h++) past[(c * NODES + i) * history + h] = creal(y[c]);
  }
  if (s->noise) {
    // Increments of a coarser grid are sums of the finest's.
    const int sum = s->finest / parts;
    noise = ref_array(steps * S * NODES, 1);
    for (ptrdiff_t t = 0; t < steps * sum; t++)
      for (ptrdiff_t n = 0; n < S * NODES; n++)
        noise[t / sum * S * NODES + n] += s->noise[t * S * NODES + n] / sqrt(sum);
  }
  dn_plan *plan;
  CHECK_STATUS(dn_plan_create(&net, NULL, &plan, NULL), DN_OK);
  const dn_network_primal_f64 p = {.plan = plan,
                                   .model = model,
                                   .scheme = net_variants[s->variant].scheme,
                                   .stage = net_variants[s->variant].stage,
                                   .coupling_kind = net_variants[s->variant].coupling_kind,
                                   .time_step = s->time_step / parts,
                                   .weights = weights,
                                   .coupling = s->model->coupling,
                                   .sigma = s->model->sigma,
                                   .sigma_count = s->noise ? S : 0,
                                   .noise = noise,
                                   .initial = initial,
                                   .history = past,
                                   .history_stride = history,
                                   .steps = steps,
                                   .monitors = &(dn_monitor){.every = 1},
                                   .monitor_count = 1};
  dn_network_result_f64 r = {.next_initial = end};
  CHECK_STATUS(dn_network_run_f64(1, &p, &r, NULL, NULL), DN_OK);
  CHECK(r.clamps == 0, "clamped");
  dn_plan_destroy(plan);
  free(past);
  free(noise);
}

static double rms_apart(const double *a, const double *b, ptrdiff_t count) {
  double sum = 0;
  for (ptrdiff_t n = 0; n < count; n++) sum += (a[n] - b[n]) * (a[n] - b[n]);
  return sqrt(sum / (double)count);
}

static double order_of(int v) {
  return net_variants[v].scheme == DN_SCHEME_HEUN && net_variants[v].stage == DN_STAGE_AWARE ? 2 : 1;
}

// Without noise, with delays and without: Heun is of second order where its corrector sees the coupling's next value.
static void deterministic_order(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int v = 0; v < NET_VARIANTS; v++) {
      const setting s = {.model = &ref_models[m], .variant = v, .steps = 24, .time_step = ref_models[m].time_step / 2};
      double fine[REF_STATES_MAX * NODES], end[4][REF_STATES_MAX * NODES], error[4];
      const setting best = {.model = s.model, .variant = v / 3 * 3, .steps = 24, .time_step = s.time_step};
      end_state(&best, 256, fine);
      for (int k = 0; k < 4; k++) {
        end_state(&s, 2 << k, end[k]);
        error[k] = rms_apart(end[k], fine, s.model->states * NODES);
      }
      const double rate = log2(error[2] / error[3]), order = order_of(v);
      check_about("%s, %s", ref_models[m].name, net_variants[v].name);
      CHECK(fabs(rate - order) <= 0.2, "rate %g: errors %g %g %g %g", rate, error[0], error[1], error[2], error[3]);
    }
}

// With noise, along the same Brownian path: additive noise gives both schemes strong order 1.
static void strong_order(void) {
  enum { FINEST = 64, STEPS = 16, PATHS = 12 };
  static const char *const models[] = {"stuart_landau", "kuramoto"};
  for (int m = 0; m < 2; m++)
    for (int v = 0; v < NET_VARIANTS; v++) {
      const ref_model *model = ref_model_find(models[m]);
      const ptrdiff_t count = model->states * NODES;
      double *noise = ref_array(STEPS * FINEST * count, 1), sum[3] = {0};
      for (uint64_t path = 0; path < PATHS; path++) {
        CHECK_STATUS(dn_network_noise_f64(dn_key_create(9), path, model->states, NODES, 0, STEPS * FINEST, noise),
                     DN_OK);
        const setting s = {
            .model = model, .variant = v, .steps = STEPS, .time_step = 0.25, .noise = noise, .finest = FINEST};
        setting best = s;
        best.variant = v / 3 * 3;
        double fine[REF_STATES_MAX * NODES], end[REF_STATES_MAX * NODES];
        end_state(&best, FINEST, fine);
        for (int k = 0; k < 3; k++) {
          end_state(&s, 1 << k, end);
          sum[k] += pow(rms_apart(end, fine, count), 2);
        }
      }
      const double rate = log2(sum[0] / sum[2]) / 4;
      check_about("%s, %s", models[m], net_variants[v].name);
      CHECK(rate >= 0.85 && rate <= (order_of(v) > 1 ? 2 : 1.35), "rate %g: errors %g %g %g", rate,
            sqrt(sum[0] / PATHS), sqrt(sum[1] / PATHS), sqrt(sum[2] / PATHS));
      free(noise);
    }
}

// ---- Closed forms --------------------------------------------------------------------------------------------------

// x' = -x(t - 1) from history 1: a polynomial on each unit interval, by the method of steps.
static double by_steps(double t) {
  double x = 0, factorial = 1;
  for (int k = 0; t - (k - 1) >= 0 && k < 20; k++) {
    factorial *= k ? k : 1;
    x += (k % 2 ? -1 : 1) * pow(t - (k - 1), k) / factorial;
  }
  return x;
}

static double delay_equation_error(int variant, int per_unit) {
  const int32_t zero = 0, delay = per_unit;
  const dn_network net = {1, 1, per_unit, &zero, &zero, &delay, 0};
  const ptrdiff_t steps = 6 * per_unit;
  const double weight = -1, initial = 1;
  // Of differences it also sends back its own state, which its decay makes up for.
  const double values[] = {net_variants[variant].coupling_kind == DN_COUPLING_DIFFERENCE, 0};
  const dn_parameter_f64 parameters[] = {{&values[0], 1}, {&values[1], 1}};
  double *history = ref_array(per_unit, 1), *series = ref_array(steps, 1), worst = 0;
  for (int h = 0; h < per_unit; h++) history[h] = 1;
  dn_plan *plan;
  CHECK_STATUS(dn_plan_create(&net, NULL, &plan, NULL), DN_OK);
  const dn_network_primal_f64 p = {.plan = plan,
                                   .model = dn_model_find("linear"),
                                   .scheme = net_variants[variant].scheme,
                                   .stage = net_variants[variant].stage,
                                   .coupling_kind = net_variants[variant].coupling_kind,
                                   .time_step = 1.0 / per_unit,
                                   .weights = &weight,
                                   .coupling = 1,
                                   .parameters = parameters,
                                   .initial = &initial,
                                   .history = history,
                                   .history_stride = per_unit,
                                   .steps = steps,
                                   .monitors = &(dn_monitor){.every = 1},
                                   .monitor_count = 1};
  dn_network_result_f64 r = {.columns = &(dn_columns_f64){.series = series, .stride = steps}};
  CHECK_STATUS(dn_network_run_f64(1, &p, &r, NULL, NULL), DN_OK);
  for (ptrdiff_t t = 0; t < steps; t++) worst = fmax(worst, fabs(series[t] - by_steps((double)(t + 1) / per_unit)));
  dn_plan_destroy(plan);
  free(history);
  free(series);
  return worst;
}

static void method_of_steps(void) {
  check_about("by_steps");
  CHECK_THAT(by_steps(0.5) == 0.5 && by_steps(1) == 0 && fabs(by_steps(3) - (1 - 3 + 2 - 1.0 / 6)) < 1e-15);
  for (int v = 0; v < NET_VARIANTS; v++) {
    double error[4];
    for (int k = 0; k < 4; k++) error[k] = delay_equation_error(v, 16 << k);
    const double rate = log2(error[2] / error[3]), order = order_of(v);
    check_about("%s", net_variants[v].name);
    CHECK(fabs(rate - order) <= 0.1, "rate %g: errors %g %g %g %g", rate, error[0], error[1], error[2], error[3]);
    CHECK(error[3] <= (order > 1 ? 1e-4 : 2e-2), "error %g", error[3]);
  }
}

// Two phase oscillators in synchrony (Yeung, Strogatz 1999), Omega = omega - G sin(Omega tau): the slope of the phase, and its derivative with
// respect to tau by tangent and by cotangent of the delays, both halfway between two steps.
static void oscillators(void) {
  const double omega = 1, coupling = 0.3, tau = 0.5, want = -0.208970157;
  double frequency = omega, error[3], slope_error[3];
  for (int n = 0; n < 200; n++) frequency = omega - coupling * sin(frequency * tau);
  const double slope = -coupling * frequency * cos(frequency * tau) / (1 + coupling * tau * cos(frequency * tau));
  CHECK(fabs(slope - want) <= 1e-9, "%.10g", slope);
  for (int k = 0; k < 3; k++) {
    const int whole = 16 << k;
    const double dt = tau / (whole + 0.5);
    const ptrdiff_t history = whole + 1, steps = (ptrdiff_t)lround(24 / dt), late = steps - 1, early = steps / 2;
    const int32_t targets[] = {0, 1}, sources[] = {1, 0}, delays[] = {whole, whole};
    const dn_network net = {2, 2, history, targets, sources, delays, .fractional = 1};
    const double weights[] = {1, 1}, fractions[] = {0.5, 0.5}, initial[] = {0, 0}, direction[] = {1 / dt, 1 / dt};
    const dn_parameter_f64 parameters[] = {{&omega, 1}};
    double *past = ref_array(4, history), *series = ref_array(2, steps), *tangent = ref_array(2, steps),
           *cotangent = ref_array(2, steps), gradient[2] = {0};
    for (ptrdiff_t i = 0; i < 2; i++)
      for (ptrdiff_t h = 0; h < history; h++) {
        const double phase = frequency * dt * (double)(h - history);
        past[i * history + h] = sin(phase);
        past[(2 + i) * history + h] = cos(phase);
      }
    dn_plan *plan;
    dn_tape *tape;
    CHECK_STATUS(dn_plan_create(&net, NULL, &plan, NULL), DN_OK);
    CHECK_STATUS(dn_tape_create(0, NULL, &tape), DN_OK);
    const dn_network_primal_f64 p = {.plan = plan,
                                     .model = dn_model_find("kuramoto"),
                                     .time_step = dt,
                                     .weights = weights,
                                     .fractions = fractions,
                                     .coupling = coupling,
                                     .parameters = parameters,
                                     .initial = initial,
                                     .history = past,
                                     .history_stride = history,
                                     .steps = steps,
                                     .monitors = &(dn_monitor){.every = 1},
                                     .monitor_count = 1};
    dn_network_result_f64 r = {.columns = &(dn_columns_f64){.series = series, .stride = steps}, .tape = tape};
    const dn_network_tangent_f64 d = {.delays = direction,
                                      .columns = &(dn_columns_f64){.series = tangent, .stride = steps}};
    const double span = dt * (double)(late - early), turn = 6.283185307179586;
    cotangent[late] = 1 / span;
    cotangent[early] = -1 / span;
    const dn_network_cotangent_f64 c = {.columns = &(dn_columns_cotangent_f64){.series = cotangent, .stride = steps},
                                        .delays = gradient};
    CHECK_STATUS(dn_network_run_f64(1, &p, &r, NULL, NULL), DN_OK);
    CHECK_STATUS(dn_network_jvp_f64(1, &p, &d, NULL, NULL), DN_OK);
    CHECK_STATUS(dn_network_vjp_f64(1, &p, &tape, &c, NULL, NULL), DN_OK);
    const double by_tangent = (tangent[late] - tangent[early]) / span, by_cotangent = (gradient[0] + gradient[1]) / dt;
    check_about("%d steps a delay", whole);
    CHECK(fabs(by_tangent - by_cotangent) <= 1e-11, "%.15g and %.15g", by_tangent, by_cotangent);
    double turned = 0;
    for (ptrdiff_t t = early; t < late; t++) {
      CHECK_THAT(fabs(series[t + 1]) <= turn / 2);
      turned += remainder(series[t + 1] - series[t], turn);
    }
    error[k] = fabs(turned / span - frequency);
    slope_error[k] = fabs(by_cotangent - slope);
    dn_tape_destroy(tape);
    dn_plan_destroy(plan);
    free(past);
    free(series);
    free(tangent);
    free(cotangent);
  }
  check_about("oscillators");
  for (int k = 0; k < 2; k++) {
    CHECK(fabs(log2(error[k] / error[k + 1]) - 2) <= 0.2, "frequency: errors %g %g", error[k], error[k + 1]);
    CHECK(fabs(log2(slope_error[k] / slope_error[k + 1]) - 2) <= 0.2, "slope: errors %g %g", slope_error[k],
          slope_error[k + 1]);
  }
  CHECK(slope_error[2] <= 1e-5, "slope off by %g", slope_error[2]);
}

int main(int argc, char **argv) {
  const check_test tests[] = {{"definition", definition},     {"moments", moments},
                              {"lyapunov", lyapunov},         {"deterministic_order", deterministic_order},
                              {"strong_order", strong_order}, {"method_of_steps", method_of_steps},
                              {"oscillators", oscillators}};
  return CHECK_MAIN(argc, argv, tests);
}

#include "network_reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"

const char *const ref_part_names[REF_PARTS] = {"weights", "delays",   "coupling", "parameters", "sigma",
                                               "noise",   "stimulus", "pulses",   "initial",    "history"};

static ptrdiff_t edges_of(const ref_problem *q) { return q->fractional ? q->net->edges / 2 : q->net->edges; }

ptrdiff_t ref_count(const ref_problem *q, ref_part part) {
  const ptrdiff_t S = q->model->states, C = q->model->couplings, N = q->net->nodes;
  ptrdiff_t count = 0;
  switch (part) {
    case REF_WEIGHTS: return (q->sets > 1 ? q->sets : 1) * edges_of(q);
    case REF_DELAYS: return q->fractional ? edges_of(q) : 0;
    case REF_COUPLING: return 1;
    case REF_PARAMETERS:
      for (int k = 0; k < q->model->parameters; k++) count += q->per_node[k] ? N : 1;
      return count;
    case REF_SIGMA: return q->sigma_count;
    case REF_NOISE: return q->steps * S * N;
    case REF_STIMULUS: return S * N * q->steps;
    case REF_PULSES: return q->pulse_count;
    case REF_INITIAL: return S * N;
    case REF_HISTORY: return C * N * q->net->history;
    default: return 0;
  }
}

// ---- Numbers that carry a derivative -------------------------------------------------------------------------------

static ref_number *numbers(ptrdiff_t count) { return calloc((size_t)count + 1, sizeof(ref_number)); }

static ref_number *numbers_of(const ref_problem *q, ref_part part, const ref_arrays *values,
                              const ref_arrays *tangents) {
  const double *value = values->part[part], *tangent = tangents ? tangents->part[part] : NULL;
  const ptrdiff_t count = ref_count(q, part);
  ref_number *out = numbers(count);
  for (ptrdiff_t n = 0; n < count; n++) out[n] = (value ? value[n] : 0) + (tangent ? REF_STEP * tangent[n] : 0) * I;
  return out;
}

static double *values_of(const ref_number *from, ptrdiff_t count) {
  double *out = ref_array(count, 1);
  for (ptrdiff_t n = 0; n < count; n++) out[n] = creal(from[n]);
  return out;
}

static double *tangents_of(const ref_number *from, ptrdiff_t count) {
  double *out = ref_array(count, 1);
  for (ptrdiff_t n = 0; n < count; n++) out[n] = cimag(from[n]) / REF_STEP;
  return out;
}

// ---- A run ---------------------------------------------------------------------------------------------------------

typedef struct run {
  const ref_problem *q;
  ref_number *in[REF_PARTS];
  ref_number *y;  // (C, N, H + T + 1): column H + t is y(t)
  int64_t clamps;
} run;

static ref_number *column(const run *r, int c, ptrdiff_t j, ptrdiff_t t) {
  const ptrdiff_t H = r->q->net->history, width = H + r->q->steps + 1;
  return &r->y[(c * r->q->net->nodes + j) * width + H + t];
}

static void parameters_of(const run *r, ptrdiff_t i, ref_number *p) {
  const ref_problem *q = r->q;
  const ref_number *parameter = r->in[REF_PARAMETERS];
  for (int k = 0; k < q->model->parameters; k++) {
    p[k] = parameter[q->per_node[k] ? i : 0];
    parameter += q->per_node[k] ? q->net->nodes : 1;
  }
}

static void observe(const run *r, const ref_number *state, ptrdiff_t t) {
  const ptrdiff_t N = r->q->net->nodes;
  ref_number s[REF_STATES_MAX], p[REF_PARAMETERS_MAX], y[REF_COUPLINGS_MAX];
  for (ptrdiff_t i = 0; i < N; i++) {
    for (int k = 0; k < r->q->model->states; k++) s[k] = state[k * N + i];
    parameters_of(r, i, p);
    r->q->model->observe(s, p, y);
    for (int c = 0; c < r->q->model->couplings; c++) *column(r, c, i, t) = y[c];
  }
}

// G c(t): (C, N). A column that holds y of predictors is what edges of delay 0 read then.
static void couple(const run *r, ptrdiff_t t, ref_number *sums) {
  const ref_problem *q = r->q;
  const network *net = q->net;
  const ptrdiff_t N = net->nodes, E = edges_of(q);
  for (int c = 0; c < q->model->couplings; c++) {
    for (ptrdiff_t i = 0; i < N; i++) sums[c * N + i] = 0;
    for (ptrdiff_t e = 0; e < E; e++) {
      const ptrdiff_t j = net->sources[e], at = t - net->delays[e];
      ref_number read = *column(r, c, j, at);
      if (q->fractional) {
        const ref_number fraction = r->in[REF_DELAYS][e];
        read = (1 - fraction) * read + fraction * *column(r, c, j, at - 1);
      }
      if (q->coupling_kind == DN_COUPLING_DIFFERENCE) read -= *column(r, c, net->targets[e], t);
      sums[c * N + net->targets[e]] += r->in[REF_WEIGHTS][q->sets > 1 ? c * E + e : e] * read;
    }
    for (ptrdiff_t i = 0; i < N; i++) sums[c * N + i] *= r->in[REF_COUPLING][0];
  }
}

// F(s, G c, theta): (S, N)
static void drift(const run *r, const ref_number *state, const ref_number *coupled, ref_number *out) {
  const ref_problem *q = r->q;
  const ptrdiff_t N = q->net->nodes;
  ref_number s[REF_STATES_MAX], c[REF_COUPLINGS_MAX], p[REF_PARAMETERS_MAX], f[REF_STATES_MAX];
  for (ptrdiff_t i = 0; i < N; i++) {
    for (int k = 0; k < q->model->states; k++) s[k] = state[k * N + i];
    for (int k = 0; k < q->model->couplings; k++) c[k] = coupled[k * N + i];
    parameters_of(r, i, p);
    q->model->drift(s, c, p, f);
    for (int k = 0; k < q->model->states; k++) out[k * N + i] = f[k];
  }
}

// sigma sqrt(dt) z(t) + dt u(t): (S, N)
static void increment(const run *r, ptrdiff_t t, ref_number *out) {
  const ref_problem *q = r->q;
  const ptrdiff_t N = q->net->nodes, count = q->model->states * N;
  for (ptrdiff_t n = 0; n < count; n++) {
    out[n] = q->time_step * r->in[REF_STIMULUS][n * q->steps + t];
    if (q->sigma_count > 0)
      out[n] +=
          r->in[REF_SIGMA][q->sigma_count == count ? n : n / N] * sqrt(q->time_step) * r->in[REF_NOISE][t * count + n];
  }
  for (ptrdiff_t k = 0; k < q->pulse_count; k++) {
    const dn_pulse_f64 *pulse = &q->pulse[k];
    if (q->first_step + t >= pulse->begin && q->first_step + t < pulse->end)
      out[pulse->state * N + pulse->node] += q->time_step * r->in[REF_PULSES][k];
  }
}

// Into the model's bounds; no derivative passes where a state is held. Angles lose whole turns, and keep their derivative.
static void clamp(run *r, ref_number *state) {
  const ptrdiff_t N = r->q->net->nodes;
  for (ptrdiff_t n = 0; n < r->q->model->states * N; n++) {
    if (r->q->model->periodic[n / N]) {
      const double turn = 6.283185307179586476925;
      state[n] -= turn * floor(creal(state[n]) / turn + 0.5);
    }
    const double lower = r->q->model->lower[n / N], upper = r->q->model->upper[n / N], x = creal(state[n]);
    if (!(x < lower) && !(x > upper)) continue;
    state[n] = x < lower ? lower : upper;
    r->clamps++;
  }
}

// The kernel of a kind of BOLD at t seconds.
static double haemodynamic(const ref_problem *q, double t) {
  const double *c = q->constants, turn = 8 * atan(1);
  if (q->monitor == DN_MONITOR_VOLTERRA) {
    const double w = sqrt(1 / c[1] - 1 / (4 * c[0] * c[0]));
    return exp(-t / (2 * c[0])) * sin(w * t) / (3 * w);
  }
  if (q->monitor == DN_MONITOR_GAMMA) return c[2] * pow(t / c[0], c[1] - 1) * exp(-t / c[0]) / (c[0] * tgamma(c[1]));
  if (q->monitor == DN_MONITOR_MIXTURE)
    return exp(-c[2] * t) * (pow(c[2] * t, c[0] - 1) / tgamma(c[0]) - c[3] * pow(c[2] * t, c[1] - 1) / tgamma(c[1]));
  return c[6] * (c[2] * exp(-t / c[0]) * sin(turn * c[1] * t) - c[5] * exp(-t / c[3]) * sin(turn * c[4] * t));
}

// A column of BOLD from all interim means so far, `means` rows of `count`: a sum over each one's past.
static void convolve(const ref_problem *q, const ref_number *u, ptrdiff_t means, ptrdiff_t count, ref_number *out) {
  for (ptrdiff_t k = 0; k < count; k++) {
    out[k] = 0;
    for (ptrdiff_t n = 0; n < means; n++)
      out[k] += haemodynamic(q, (double)(n * q->interim) * q->time_step / 1000) * u[(means - 1 - n) * count + k];
    if (q->monitor == DN_MONITOR_VOLTERRA) out[k] = q->constants[2] * q->constants[3] * (out[k] - 1);
  }
}

// A balloon's Euler step of s, f, v, q, each of them (count), for the means x.
static void inflate(const ref_problem *q, const ref_number *x, ptrdiff_t count, ref_number *s) {
  const double *c = q->constants, h = (double)q->interim * q->time_step / 1000;
  for (ptrdiff_t k = 0; k < count; k++) {
    const ref_number signal = s[k], flow = s[count + k], volume = s[2 * count + k], oxygen = s[3 * count + k];
    s[k] = signal + h * (x[k] - c[0] * signal - c[1] * (flow - 1));
    s[count + k] = flow + h * signal;
    s[2 * count + k] = volume + h / c[2] * (flow - cexp(clog(volume) / c[3]));
    s[3 * count + k] =
        oxygen +
        h / c[2] * (flow * (1 - cexp(log(1 - c[4]) / flow)) / c[4] - cexp(clog(volume) * (1 / c[3] - 1)) * oxygen);
  }
}
static void balloon(const ref_problem *q, const ref_number *s, ptrdiff_t count, ref_number *out) {
  const double *c = q->constants;
  for (ptrdiff_t k = 0; k < count; k++) {
    const ref_number volume = s[2 * count + k], oxygen = s[3 * count + k];
    out[k] = c[5] * (c[6] * (1 - oxygen) + c[7] * (1 - oxygen / volume) + c[8] * (1 - volume));
  }
}

// L times a mean, less the reference, for each state.
static void project(const ref_problem *q, const ref_number *mean, ref_number *out) {
  const ptrdiff_t N = q->net->nodes;
  for (int s = 0; s < q->model->states; s++) {
    ref_number y[REF_ROWS_MAX], less = 0;
    for (ptrdiff_t r = 0; r < q->rows; r++) {
      y[r] = 0;
      for (ptrdiff_t i = 0; i < N; i++) y[r] += q->gain[r * N + i] * mean[s * N + i];
    }
    if (q->reference > 0) less = y[q->reference - 1];
    for (ptrdiff_t r = 0; r < q->rows && q->reference < 0; r++) less += y[r] / (double)q->rows;
    for (ptrdiff_t r = 0; r < q->rows; r++) out[s * q->rows + r] = y[r] - less;
  }
}

static bool ends_column(const ref_problem *q, ptrdiff_t t) { return (q->first_step + t + 1) % q->every == 0; }

ref_result ref_network_run(const ref_problem *q, const ref_arrays *values, const double *partial,
                           const ref_arrays *tangents) {
  const ptrdiff_t N = q->net->nodes, H = q->net->history, S = q->model->states, C = q->model->couplings;
  const ptrdiff_t count = S * N;
  const double dt = q->time_step;
  run r = {.q = q, .y = numbers(C * N * (H + q->steps + 1))};
  for (int part = 0; part < REF_PARTS; part++) r.in[part] = numbers_of(q, (ref_part)part, values, tangents);
  ref_result out = {0};
  for (ptrdiff_t t = 0; t < q->steps; t++) out.columns += ends_column(q, t);
  const bool bold = q->monitor >= DN_MONITOR_VOLTERRA, projects = q->monitor == DN_MONITOR_PROJECTION;
  const ptrdiff_t given = projects ? S * q->rows : count;
  ref_number *series = numbers(given * out.columns), *sum = numbers(count), *given_now = numbers(given);
  ref_number *u = numbers(bold ? count * (q->steps / q->interim + 2) : 0);
  ptrdiff_t means = 0;
  ref_number *blood = numbers(4 * count);
  for (ptrdiff_t k = 0; k < 3 * count; k++) blood[count + k] = 1 + ref_balloon[k / count];
  ref_number *s = numbers(count), *p = numbers(count), *f = numbers(count), *g = numbers(count), *n = numbers(count);
  ref_number *c = numbers(C * N);

  memcpy(s, r.in[REF_INITIAL], (size_t)count * sizeof *s);
  for (ptrdiff_t k = 0; partial && k < count; k++) sum[k] = partial[k];
  for (int k = 0; k < C; k++)
    for (ptrdiff_t j = 0; j < N; j++)
      for (ptrdiff_t h = 0; h < H; h++) *column(&r, k, j, h - H) = r.in[REF_HISTORY][(k * N + j) * H + h];
  observe(&r, s, 0);
  ptrdiff_t done = 0;
  for (ptrdiff_t t = 0; t < q->steps; t++) {
    increment(&r, t, n);
    couple(&r, t, c);
    drift(&r, s, c, f);
    for (ptrdiff_t k = 0; k < count; k++) p[k] = s[k] + dt * f[k] + n[k];
    clamp(&r, p);
    if (q->scheme == DN_SCHEME_HEUN) {
      if (q->stage == DN_STAGE_AWARE) {
        observe(&r, p, t + 1);  // every predictor, before any corrector
        couple(&r, t + 1, c);
      }
      drift(&r, p, c, g);
      for (ptrdiff_t k = 0; k < count; k++) p[k] = s[k] + dt / 2 * (f[k] + g[k]) + n[k];
      clamp(&r, p);
    }
    memcpy(s, p, (size_t)count * sizeof *s);
    observe(&r, s, t + 1);
    for (ptrdiff_t k = 0; k < count && q->monitor != DN_MONITOR_SUBSAMPLE; k++) sum[k] += s[k];
    if (bold && (q->first_step + t + 1) % q->interim == 0) {
      for (ptrdiff_t k = 0; k < count; k++) u[means * count + k] = sum[k] / (double)q->interim;
      if (q->monitor == DN_MONITOR_BALLOON) inflate(q, u + means * count, count, blood);
      memset(sum, 0, (size_t)count * sizeof *sum);
      means++;
    }
    if (!ends_column(q, t)) continue;
    if (q->monitor == DN_MONITOR_BALLOON) {
      balloon(q, blood, count, given_now);
    } else if (bold) {
      convolve(q, u, means, count, given_now);
    } else if (q->monitor == DN_MONITOR_SUBSAMPLE) {
      memcpy(given_now, s, (size_t)count * sizeof *s);
    } else {
      for (ptrdiff_t k = 0; k < count; k++) p[k] = sum[k] / (double)q->every;
      if (projects) project(q, p, given_now);
      else memcpy(given_now, p, (size_t)count * sizeof *p);
      memset(sum, 0, (size_t)count * sizeof *sum);
    }
    for (ptrdiff_t k = 0; k < given; k++) series[k * out.columns + done] = given_now[k];
    done++;
  }

  out.series = values_of(series, given * out.columns);
  out.series_tangent = tangents_of(series, given * out.columns);
  out.final = values_of(s, count);
  out.final_tangent = tangents_of(s, count);
  out.partial = values_of(sum, count);
  out.history = ref_array(C * N, H);
  for (int k = 0; k < C; k++)
    for (ptrdiff_t j = 0; j < N; j++)
      for (ptrdiff_t h = 0; h < H; h++) out.history[(k * N + j) * H + h] = creal(*column(&r, k, j, q->steps + h - H));
  out.clamps = r.clamps;
  ref_number *const all[] = {series, sum, given_now, u, blood, s, p, f, g, n, c, r.y};
  for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) free(all[k]);
  for (int part = 0; part < REF_PARTS; part++) free(r.in[part]);
  return out;
}

void ref_result_free(ref_result *result) {
  free(result->series);
  free(result->series_tangent);
  free(result->final);
  free(result->final_tangent);
  free(result->history);
  free(result->partial);
  *result = (ref_result){0};
}

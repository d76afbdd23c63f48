#include "network_cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"

const case_spec net_specs[] = {
    {"no nodes", 0, 0, 0, 0, 0, DELAYS_UNIFORM, false},
    {"no edges", 3, 0, 0, 0, 0, DELAYS_UNIFORM, false},
    {"no edges, history", 5, 0, 0, 0, 7, DELAYS_UNIFORM, false},
    {"1 node, delay 0", 1, DENSE, 0, 0, 0, DELAYS_UNIFORM, false},
    {"1 node, delay 1", 1, DENSE, 1, 1, 1, DELAYS_UNIFORM, false},
    {"1 node, 9 edges 0..20", 1, 9, 0, 20, 23, DELAYS_UNIFORM, false},
    {"2 nodes 0..3", 2, DENSE, 0, 3, 3, DELAYS_UNIFORM, false},
    {"2 nodes, all 16", 2, DENSE, 16, 16, 16, DELAYS_UNIFORM, false},
    {"3 nodes, all zero", 3, DENSE, 0, 0, 4, DELAYS_UNIFORM, false},
    {"3 nodes 0..40", 3, DENSE, 0, 40, 41, DELAYS_UNIFORM, true},
    {"3 nodes, 128..200", 3, DENSE, 128, 200, 200, DELAYS_UNIFORM, false},
    {"17 nodes, all zero", 17, DENSE, 0, 0, 0, DELAYS_UNIFORM, false},
    {"17 nodes, all 1", 17, DENSE, 1, 1, 1, DELAYS_UNIFORM, false},
    {"17 nodes, all 5", 17, DENSE, 5, 5, 5, DELAYS_UNIFORM, false},
    {"17 nodes 0..40", 17, DENSE, 0, 40, 41, DELAYS_UNIFORM, true},
    {"17 nodes, 60 edges 0..40", 17, 60, 0, 40, 60, DELAYS_UNIFORM, true},
    {"17 nodes, 90 edges, powers", 17, 90, 1, 257, 257, DELAYS_POWERS, false},
    {"17 nodes, 60 edges 16..40", 17, 60, 16, 40, 40, DELAYS_UNIFORM, false},
    {"17 nodes, one short", 17, DENSE, 30, 60, 60, DELAYS_ONE_SHORT, true},
    {"17 nodes, 40 edges 128..150", 17, 40, 128, 150, 170, DELAYS_UNIFORM, false},
    {"3 nodes 0, 1, 2, 7, 8", 3, DENSE, 0, 8, 8, DELAYS_SHORT, false},
    {"17 nodes 0, 1, 2, 7, 8", 17, DENSE, 0, 8, 11, DELAYS_SHORT, false},
    {"84 nodes, all zero", 84, DENSE, 0, 0, 0, DELAYS_UNIFORM, false},
    {"84 nodes, all 1", 84, DENSE, 1, 1, 1, DELAYS_UNIFORM, false},
    {"84 nodes, 700 edges 0, 1, 2, 7, 8", 84, 700, 0, 8, 8, DELAYS_SHORT, false},
    {"84 nodes 0..40", 84, DENSE, 0, 40, 40, DELAYS_UNIFORM, true},
    {"84 nodes, 700 edges 16..40", 84, 700, 16, 40, 40, DELAYS_UNIFORM, false},
    {"84 nodes, 700 edges, one short", 84, 700, 128, 254, 254, DELAYS_ONE_SHORT, false},
};
const int net_spec_count = sizeof net_specs / sizeof net_specs[0];

const case_spec *net_spec_named(const char *name) {
  for (int n = 0; n < net_spec_count; n++)
    if (strcmp(net_specs[n].name, name) == 0) return &net_specs[n];
  abort();
}

static void *twice(void *from, ptrdiff_t edges, size_t size) {
  char *to = malloc(2 * (size_t)edges * size + size);
  memcpy(to, from, (size_t)edges * size);
  memcpy(to + (size_t)edges * size, from, (size_t)edges * size);
  free(from);
  return to;
}

network network_make_fractional(const case_spec *spec, uint64_t seed) {
  network net = network_make(spec, seed);
  const ptrdiff_t E = net.edges;
  net.targets = twice(net.targets, E, sizeof *net.targets);
  net.sources = twice(net.sources, E, sizeof *net.sources);
  net.delays = twice(net.delays, E, sizeof *net.delays);
  net.weights = twice(net.weights, E, sizeof *net.weights);
  for (ptrdiff_t e = E; e < 2 * E; e++) net.delays[e]++;
  net.edges = 2 * E;
  if (E > 0) net.longest++;
  if (net.history < net.longest) net.history = net.longest;
  net.dense = false;
  net.view = (dn_network){.nodes = net.nodes,
                          .edges = E,
                          .history = net.history,
                          .targets = net.targets,
                          .sources = net.sources,
                          .delays = net.delays,
                          .fractional = 1};
  return net;
}

// ---- Problems ------------------------------------------------------------------------------------------------------

bool ref_is_default(const ref_problem *q, const net_setup *setup, int parameter) {
  (void)q;
  return setup->parameters == PARAMETERS_DEFAULT || (setup->parameters == PARAMETERS_MIXED && parameter % 3 == 2);
}

ref_problem ref_problem_make(const ref_model *model, const network *net, bool fractional, const net_setup *setup) {
  ref_problem q = {.model = model,
                   .net = net,
                   .fractional = fractional,
                   .scheme = setup->scheme,
                   .stage = setup->stage,
                   .time_step = model->time_step,
                   .steps = setup->steps,
                   .first_step = setup->first_step,
                   .every = setup->every ? setup->every : 1,
                   .monitor = setup->monitor,
                   .coupling_kind = setup->coupling_kind,
                   .sets = setup->sets ? model->couplings : 1};
  // Constants other than the defaults; a matrix that is neither square nor symmetric.
  const dn_monitor_description *kind = dn_monitor_describe(setup->monitor);
  for (int k = 0; k < kind->parameters; k++)
    q.constants[k] = kind->parameter[k].value * (setup->parameters == PARAMETERS_MIXED && k % 2 == 0 ? 1.25 : 1);
  if (setup->monitor == DN_MONITOR_GAMMA) q.constants[1] = setup->parameters == PARAMETERS_MIXED ? 4 : 3;
  if (setup->monitor == DN_MONITOR_MIXTURE) q.constants[0] = setup->parameters == PARAMETERS_MIXED ? 5 : 6;
  // Which constants are times (1), their squares (2), rates (-1).
  static const int powers[][REF_MONITOR_CONSTANTS] = {[DN_MONITOR_VOLTERRA] = {1, 2},
                                                      [DN_MONITOR_GAMMA] = {1},
                                                      [DN_MONITOR_MIXTURE] = {0, 0, -1},
                                                      [DN_MONITOR_DOUBLE_EXPONENTIAL] = {1, -1, 0, 1, -1},
                                                      [DN_MONITOR_BALLOON] = {-1, -2, 1}};
  for (int k = 0; k < kind->parameters && setup->quick; k++)
    q.constants[k] *= pow(q.time_step / 50, powers[setup->monitor][k]);
  q.interim = setup->interim;
  if (kind->projects) {
    static double gain[REF_ROWS_MAX * 84];
    for (int k = 0; k < REF_ROWS_MAX * 84; k++) gain[k] = (k * k * 37 % 101 - 50) / 64.0;
    q.gain = gain;
    q.rows = REF_ROWS_MAX;
    q.reference = setup->reference;
  }
  // Angles have no average.
  for (int k = 0; k < model->states; k++)
    if (model->periodic[k]) q.monitor = DN_MONITOR_SUBSAMPLE;
  // Not in the order in which they begin; two at once, one of no length, one that has begun before and one that lasts.
  const int64_t first = setup->first_step, T = setup->steps;
  const dn_pulse_f64 pulses[REF_PULSES_MAX] = {{.begin = first + T / 2, .end = INT64_MAX},
                                               {.begin = first + T / 4, .end = first + T / 2 + 1},
                                               {.begin = first + 1, .end = first + 1},
                                               {.begin = 0, .end = first + 3},
                                               {.begin = first + T / 4, .end = first + T}};
  for (int k = 0; k < REF_PULSES_MAX && setup->pulses && net->nodes > 0; k++) {
    q.pulse[q.pulse_count] = pulses[k];
    q.pulse[q.pulse_count].state = k % model->states;
    q.pulse[q.pulse_count++].node = (int32_t)(k == 4 ? 1 % net->nodes : k % net->nodes);
  }
  for (int k = 0; k < model->parameters; k++)
    q.per_node[k] = net->nodes > 0 && setup->parameters == PARAMETERS_MIXED && k % 3 == 0;
  if (setup->sigma) q.sigma_count = setup->sigma == SIGMA_STATE ? model->states : model->states * net->nodes;
  return q;
}

static double in_float(double x) { return (double)(float)x; }

// The order of magnitude of a parameter: its default, or a part of its usual range around 0.
static double size_of_parameter(const dn_model *model, int k) {
  const dn_model_parameter *p = &model->parameter[k];
  return p->value != 0 ? fabs(p->value) : fmax(fabs(p->lowest), fabs(p->highest)) / 4;
}

static double initial_value(const dn_model *model, int state, rng *r) {
  const dn_model_variable *v = &model->state[state];
  return v->initial_low + (v->initial_high - v->initial_low) * (1 + rng_unit(r)) / 2;
}

// So strong that one that lasts for the run moves its state by a step or two of noise.
static double pulse_size(const ref_problem *q, ptrdiff_t k) {
  return q->model->sigma[q->pulse[k].state] / (q->time_step * (double)(q->steps + 1));
}

ref_arrays ref_values_make(const ref_problem *q, const net_setup *setup, uint64_t seed) {
  const ptrdiff_t S = q->model->states, C = q->model->couplings, N = q->net->nodes, H = q->net->history;
  const dn_model *model = dn_model_find(q->model->name);
  rng r = rng_make(seed ^ 0x76616C);
  ref_arrays a = {0};
  for (int part = 0; part < REF_PARTS; part++) a.part[part] = ref_array(ref_count(q, (ref_part)part), 1);
  // Further sets: the same numbers from the last edge to the first, less and of changing sign.
  const ptrdiff_t weights = ref_count(q, REF_WEIGHTS), E = weights / q->sets;
  for (ptrdiff_t e = 0; e < weights; e++)
    a.part[REF_WEIGHTS][e] = e < E ? q->net->weights[e] : in_float((e % 3 - 1.25) * q->net->weights[E - 1 - e % E]);
  for (ptrdiff_t e = 0; e < ref_count(q, REF_DELAYS); e++)
    a.part[REF_DELAYS][e] = e % 9 == 4 ? 0 : e % 9 == 7 ? 1 : (1 + rng_unit(&r)) / 2;
  a.part[REF_COUPLING][0] = in_float(q->model->coupling * q->net->scale);
  double *p = a.part[REF_PARAMETERS];
  for (int k = 0; k < q->model->parameters; k++)
    for (ptrdiff_t i = 0; i < (q->per_node[k] ? N : 1); i++, p++) {
      *p = model->parameter[k].value;
      if (!ref_is_default(q, setup, k)) *p = in_float(*p + 0.125 * size_of_parameter(model, k) * rng_unit(&r));
    }
  for (ptrdiff_t n = 0; n < q->sigma_count; n++) {
    const ptrdiff_t state = q->sigma_count == S ? n : n / N;
    a.part[REF_SIGMA][n] = in_float(q->model->sigma[state] * (1 + 0.25 * rng_unit(&r)) * (setup->rough ? 8 : 1));
  }
  for (ptrdiff_t n = 0; n < ref_count(q, REF_NOISE); n++) a.part[REF_NOISE][n] = 1.75 * rng_unit(&r);
  for (ptrdiff_t n = 0; n < ref_count(q, REF_STIMULUS); n++)
    a.part[REF_STIMULUS][n] = in_float(q->model->sigma[n / (N * q->steps)] * rng_unit(&r));
  for (ptrdiff_t n = 0; n < S * N; n++) a.part[REF_INITIAL][n] = in_float(initial_value(model, (int)(n / N), &r));
  for (ptrdiff_t j = 0; j < N; j++)
    for (ptrdiff_t h = 0; h < H; h++) {
      ref_number s[REF_STATES_MAX], parameters[REF_PARAMETERS_MAX], y[REF_COUPLINGS_MAX];
      for (int k = 0; k < S; k++) s[k] = initial_value(model, k, &r);
      for (int k = 0; k < q->model->parameters; k++) parameters[k] = q->model->published[k];
      q->model->observe(s, parameters, y);
      for (int c = 0; c < C; c++) a.part[REF_HISTORY][(c * N + j) * H + h] = in_float(creal(y[c]));
    }
  // Last, so that a run without pulses has the numbers that it had before there were any.
  for (ptrdiff_t k = 0; k < q->pulse_count; k++) a.part[REF_PULSES][k] = in_float(pulse_size(q, k) * rng_unit(&r));
  return a;
}

ref_arrays ref_directions_make(const ref_problem *q, const ref_arrays *values, uint64_t seed) {
  const ptrdiff_t N = q->net->nodes, T = q->steps;
  const dn_model *model = dn_model_find(q->model->name);
  rng r = rng_make(seed ^ 0x646972);
  ref_arrays a = {0};
  for (int part = 0; part < REF_PARTS; part++) {
    const ptrdiff_t count = ref_count(q, (ref_part)part);
    a.part[part] = ref_array(count, 1);
    for (ptrdiff_t n = 0; n < count; n++) a.part[part][n] = rng_unit(&r);
  }
#define SCALE(which, n, factor) \
  for (ptrdiff_t n = 0; n < ref_count(q, which); n++) a.part[which][n] = in_float(a.part[which][n] * (factor));
  SCALE(REF_COUPLING, n, values->part[REF_COUPLING][n])
  SCALE(REF_SIGMA, n, values->part[REF_SIGMA][n])
  SCALE(REF_STIMULUS, n, q->model->sigma[n / (N * T)])
  SCALE(REF_PULSES, n, pulse_size(q, n))
  SCALE(REF_INITIAL, n, (model->state[n / N].initial_high - model->state[n / N].initial_low) / 4)
  SCALE(REF_HISTORY, n, values->part[REF_HISTORY][n])
#undef SCALE
  double *p = a.part[REF_PARAMETERS];
  for (int k = 0; k < q->model->parameters; k++)
    for (ptrdiff_t i = 0; i < (q->per_node[k] ? N : 1); i++, p++) *p = in_float(*p * size_of_parameter(model, k) / 4);
  return a;
}

void ref_arrays_free(ref_arrays *arrays) {
  for (int part = 0; part < REF_PARTS; part++) free(arrays->part[part]);
  *arrays = (ref_arrays){0};
}

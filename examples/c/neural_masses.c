// Two coupled neural masses with noise, their gradient with a tape of limited memory, checked by a finite difference, and a
// run that is cut in two.
//
//   cc neural_masses.c $(pkg-config --cflags --libs delaynet) -o neural_masses
//
// The model is the mean field of quadratic integrate-and-fire neurons (`delaynet models`, or dn_model_at). The loss is the
// mean firing rate over nodes and time.
#include <delaynet.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// S states and C coupling variables of the model; K output columns, means over M steps.
enum { N = 2, E = 2, H = 40, T = 2000, S = 2, C = 2, M = 10, K = T / M };

static const int32_t targets[E] = {0, 1};
static const int32_t sources[E] = {1, 0};
static const int32_t delays[E] = {25, 40};
static const double weights[E] = {1.0, 0.5};
static const double sigma[S] = {0.01, 0.02};

static double initial[S][N] = {{0.1, 0.9}, {-2.0, -0.5}};
static double history[C][N][H];
static double series[S][N][K];

static void check(dn_status status, const dn_place *place) {
  if (status == DN_OK) return;
  fprintf(stderr, "%s (run %td, edge %td, node %td, state %d, parameter %d, step %lld)\n", dn_status_string(status),
          place->run, place->edge, place->node, (int)place->state, (int)place->parameter, (long long)place->step);
  exit(1);
}

// Means over M steps of all states.
static const dn_monitor monitor = {.kind = DN_MONITOR_AVERAGE, .every = M};

static dn_network_primal_f64 inputs(const dn_plan *plan, double coupling) {
  const dn_network_primal_f64 primal = {
      .plan = plan,
      .model = dn_model_find("mpr"),
      .scheme = DN_SCHEME_HEUN,
      .stage = DN_STAGE_AWARE,
      .time_step = 0.1,
      .weights = weights,
      .coupling = coupling,
      .sigma = sigma,
      .sigma_count = S,
      .key = dn_key_create(0),
      .initial = &initial[0][0],
      .history = &history[0][0][0],
      .history_stride = H,
      .steps = T,
      .monitors = &monitor,
      .monitor_count = 1,
  };
  return primal;
}

static double loss(const dn_plan *plan, double coupling) {
  const dn_network_primal_f64 primal = inputs(plan, coupling);
  dn_columns_f64 columns = {.series = &series[0][0][0], .stride = K};
  dn_network_result_f64 result = {.columns = &columns};
  dn_place place;
  check(dn_network_run_f64(1, &primal, &result, NULL, &place), &place);
  double sum = 0;
  for (int i = 0; i < N; i++)
    for (int k = 0; k < K; k++) sum += series[0][i][k];
  return sum / (N * K);
}

int main(void) {
  const dn_network network = {
      .nodes = N, .edges = E, .history = H, .targets = targets, .sources = sources, .delays = delays};
  dn_plan *plan;
  dn_place place;
  check(dn_plan_create(&network, NULL, &plan, &place), &place);
  // The nodes stood still before the run.
  for (int c = 0; c < C; c++)
    for (int i = 0; i < N; i++)
      for (int h = 0; h < H; h++) history[c][i][h] = initial[c][i];

  const double G = 0.5;
  printf("mean rate %.6f\n", loss(plan, G));

  // A run with a tape can be differentiated: here with less memory than keeping every step would take.
  const dn_network_primal_f64 primal = inputs(plan, G);
  size_t everything, least;
  check(dn_network_tape_bytes_f64(&primal, &everything, &least), &place);
  dn_tape *tape;
  check(dn_tape_create(least + (everything - least) / 4, NULL, &tape), &place);
  dn_columns_f64 columns = {.series = &series[0][0][0], .stride = K};
  dn_network_result_f64 result = {.columns = &columns, .tape = tape};
  check(dn_network_run_f64(1, &primal, &result, NULL, &place), &place);

  // The loss's derivative by the series goes in; what is asked for is added to.
  static double dseries[S][N][K];
  double dcoupling = 0, dweights[E] = {0}, deta = 0;
  for (int i = 0; i < N; i++)
    for (int k = 0; k < K; k++) dseries[0][i][k] = 1.0 / (N * K);
  double *dparameters[7] = {NULL};
  for (int p = 0; p < primal.model->parameters; p++)
    if (strcmp(primal.model->parameter[p].name, "eta") == 0) dparameters[p] = &deta;
  const dn_columns_cotangent_f64 dcolumns = {.series = &dseries[0][0][0], .stride = K};
  const dn_network_cotangent_f64 cotangent = {
      .columns = &dcolumns, .weights = dweights, .coupling = &dcoupling, .parameters = dparameters};
  check(dn_network_vjp_f64(1, &primal, &tape, &cotangent, NULL, &place), &place);
  dn_tape_report report;
  dn_tape_describe(tape, &report);
  printf("gradient of the rate: coupling %.6f, eta %.6f, weights %.6f %.6f; %s\n", dcoupling, deta, dweights[0],
         dweights[1], report.recomputed > 0 ? "steps were computed again" : "every step was kept");
  const double difference = (loss(plan, G + 1e-5) - loss(plan, G - 1e-5)) / 2e-5;
  printf("finite difference: coupling %.6f\n", difference);
  dn_tape_destroy(tape);

  // The same run in two parts, the second from what the first leaves: the last column is the same to the last bit.
  (void)loss(plan, G);
  const double last = series[0][1][K - 1];
  dn_network_primal_f64 part = inputs(plan, G);
  part.steps = 1234;
  double sums[S][N] = {{0}};  // what the monitor keeps between steps
  part.monitored = &sums[0][0];
  dn_network_result_f64 carry = {.columns = &columns,
                                 .next_initial = &initial[0][0],
                                 .next_history = &history[0][0][0],
                                 .next_history_stride = H,
                                 .next_monitored = &sums[0][0]};
  check(dn_network_run_f64(1, &part, &carry, NULL, &place), &place);
  part.first_step = 1234;
  part.steps = T - 1234;
  check(dn_network_run_f64(1, &part, &carry, NULL, &place), &place);
  const int same = series[0][1][columns.done - 1] == last;
  printf("in two parts: %s\n", same ? "the same bits" : "other bits");

  dn_plan_destroy(plan);
  return !same || fabs(difference - dcoupling) > 1e-6 * fmax(1, fabs(difference));
}

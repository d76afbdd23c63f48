// A noisy ring of three nodes and the gradient of a loss, checked by finite differences.
//
//   cc ring.c $(pkg-config --cflags --libs delaynet) -o ring
//
// x_i(t) = sum over e -> i of w_e x_{j_e}(t - d_e) + z_i(t),    loss = 1/2 sum over t of x_0(t)^2
#include <delaynet.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 3, E = 4, H = 8, T = 200 };

static const int32_t targets[E] = {1, 2, 0, 0};
static const int32_t sources[E] = {0, 1, 2, 1};
static const int32_t delays[E] = {3, 5, 2, 8};

// Every row is a node's time series: H columns of history, then T steps.
static double buffer[N][H + T];
static double series[N][T];

static void check(dn_status status, const dn_place *place) {
  if (status == DN_OK) return;
  fprintf(stderr, "%s (run %td, edge %td, node %td, step %lld)\n", dn_status_string(status), place->run, place->edge,
          place->node, (long long)place->step);
  exit(1);
}

// The inputs of a run. Rows may be parts of longer rows: history and noise are columns of one buffer.
static dn_map_primal_f64 inputs(const double weights[E]) {
  const dn_map_primal_f64 primal = {
      .weights = weights,
      .scale = 1,
      .noise_gain = 1,
      .history = &buffer[0][0],
      .history_stride = H + T,
      .noise = &buffer[0][H],
      .noise_stride = H + T,
      .steps = T,
      .series = &series[0][0],
      .series_stride = T,
  };
  return primal;
}

static double loss(const dn_plan *plan, const double weights[E]) {
  const dn_map_primal_f64 primal = inputs(weights);
  dn_place place;
  check(dn_map_run_f64(plan, 1, &primal, NULL, NULL, &place), &place);
  double sum = 0;
  for (int t = 0; t < T; t++) sum += 0.5 * series[0][t] * series[0][t];
  return sum;
}

int main(void) {
  // A plan is the topology and the delays, sorted once. Weights and inputs belong to each run.
  const dn_network network = {
      .nodes = N, .edges = E, .history = H, .targets = targets, .sources = sources, .delays = delays};
  dn_plan *plan;
  dn_place place;
  check(dn_plan_create(&network, NULL, &plan, &place), &place);

  dn_random_normal_f64(dn_key_create(0), 0, (ptrdiff_t)N * (H + T), &buffer[0][0]);
  double weights[E] = {0.6, -0.5, 0.4, 0.3};
  printf("loss %.6f\n", loss(plan, weights));

  // The loss's derivative by the series goes in; what is asked for is added to.
  static double dseries[N][T];
  static double dbuffer[N][H + T];
  double dweights[E] = {0};
  for (int t = 0; t < T; t++) dseries[0][t] = series[0][t];
  const dn_map_primal_f64 primal = inputs(weights);
  const dn_map_cotangent_f64 cotangent = {
      .series = &dseries[0][0],
      .series_stride = T,
      .history = &dbuffer[0][0],
      .history_stride = H + T,
      .noise = &dbuffer[0][H],
      .noise_stride = H + T,
      .weights = dweights,
  };
  check(dn_map_vjp_f64(plan, 1, &primal, &cotangent, NULL, &place), &place);

  int wrong = 0;
  for (int e = 0; e < E; e++) {
    const double w = weights[e], h = 1e-5;
    weights[e] = w + h;
    const double above = loss(plan, weights);
    weights[e] = w - h;
    const double below = loss(plan, weights);
    weights[e] = w;
    const double difference = (above - below) / (2 * h);
    const int agrees = fabs(difference - dweights[e]) < 1e-6 * fmax(1, fabs(difference));
    printf("edge %d -> %d, delay %d: gradient %10.4f, finite difference %10.4f\n", (int)sources[e], (int)targets[e],
           (int)delays[e], dweights[e], difference);
    wrong += !agrees;
  }
  printf("gradient by the first noise sample of node 1: %.6f\n", dbuffer[1][H]);

  // A mistake comes back as a status that says where it is.
  const int32_t too_long[E] = {3, 5, H + 1, 8};
  dn_network bad = network;
  bad.delays = too_long;
  dn_plan *none;
  const dn_status status = dn_plan_create(&bad, NULL, &none, &place);
  printf("edge %d: %s\n", (int)place.edge, dn_status_string(status));

  dn_plan_destroy(plan);
  return wrong;
}

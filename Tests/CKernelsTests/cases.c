#include "cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

rng rng_make(uint64_t seed) {
  // splitmix64: neighbouring seeds give unrelated states.
  uint64_t z = seed + 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  return (rng){z ? z : 1};
}

uint64_t rng_next(rng *r) {
  uint64_t x = r->state;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  r->state = x;
  return x * 0x2545F4914F6CDD1Du;
}

ptrdiff_t rng_below(rng *r, ptrdiff_t n) { return (ptrdiff_t)((rng_next(r) >> 33) % (uint64_t)n); }

double rng_unit(rng *r) { return (double)((int64_t)(rng_next(r) >> 43) - (1 << 20)) / (1 << 20); }

const int case_steps[] = {0, 1, 15, 16, 17, 129, 600};

const case_spec case_specs[] = {
    {"no nodes", 0, 0, 0, 0, 0, DELAYS_UNIFORM, false},
    {"no nodes, dense, history", 0, DENSE, 0, 0, 5, DELAYS_UNIFORM, false},
    {"no edges", 5, 0, 0, 0, 0, DELAYS_UNIFORM, false},
    {"no edges, history", 5, 0, 0, 0, 7, DELAYS_UNIFORM, false},
    {"1 node, delay 0", 1, DENSE, 0, 0, 0, DELAYS_UNIFORM, false},
    {"1 node, delay 1", 1, DENSE, 1, 1, 1, DELAYS_UNIFORM, true},
    {"1 node, 9 edges 0..20", 1, 9, 0, 20, 20, DELAYS_UNIFORM, false},
    {"2 nodes, delay 1", 2, DENSE, 1, 1, 3, DELAYS_UNIFORM, false},
    {"2 nodes 0..3", 2, DENSE, 0, 3, 3, DELAYS_UNIFORM, true},
    {"3 nodes, all zero", 3, DENSE, 0, 0, 4, DELAYS_UNIFORM, false},
    {"3 nodes, all = H", 3, DENSE, 16, 16, 16, DELAYS_UNIFORM, false},
    {"3 nodes 1..15", 3, DENSE, 1, 15, 15, DELAYS_UNIFORM, true},
    {"3 nodes, 2 edges 60..70", 3, 2, 60, 70, 90, DELAYS_UNIFORM, false},
    {"17 nodes, all zero, H = 0", 17, DENSE, 0, 0, 0, DELAYS_UNIFORM, false},
    {"17 nodes, all 5", 17, DENSE, 5, 5, 5, DELAYS_UNIFORM, false},
    {"17 nodes 0..40", 17, DENSE, 0, 40, 41, DELAYS_UNIFORM, true},
    {"17 nodes, 60 edges 1..15", 17, 60, 1, 15, 20, DELAYS_UNIFORM, false},
    {"17 nodes, 90 edges, powers", 17, 90, 1, 257, 257, DELAYS_POWERS, true},
    {"17 nodes, powers, H 400", 17, DENSE, 1, 257, 400, DELAYS_POWERS, true},
    {"17 nodes, 40 edges 15..17", 17, 40, 15, 17, 17, DELAYS_UNIFORM, false},
    {"17 nodes, 40 edges 63..65", 17, 40, 63, 65, 65, DELAYS_UNIFORM, false},
    {"17 nodes, 40 edges 127..129", 17, 40, 127, 129, 129, DELAYS_UNIFORM, true},
    {"17 nodes, 40 edges 255..257", 17, 40, 255, 257, 257, DELAYS_UNIFORM, true},
    {"84 nodes 0..254", 84, DENSE, 0, 254, 255, DELAYS_UNIFORM, true},
    {"84 nodes, all 100", 84, DENSE, 100, 100, 100, DELAYS_UNIFORM, false},
    {"84 nodes, all = H 254", 84, DENSE, 254, 254, 254, DELAYS_UNIFORM, false},
    {"84 nodes, 900 edges, one short", 84, 900, 90, 254, 300, DELAYS_ONE_SHORT, true},
    {"84 nodes, one short", 84, DENSE, 120, 254, 254, DELAYS_ONE_SHORT, false},
    {"84 nodes, 700 edges 1..15", 84, 700, 1, 15, 15, DELAYS_UNIFORM, false},
    {"84 nodes, 700 edges 0..254", 84, 700, 0, 254, 254, DELAYS_UNIFORM, true},
    // Large enough to be split over eight threads.
    {"300 nodes, 4000 edges 0..300", 300, 4000, 0, 300, 300, DELAYS_UNIFORM, false},
    {"300 nodes, 4000 edges 16..40", 300, 4000, 16, 40, 40, DELAYS_UNIFORM, false},
};
const int case_count = sizeof case_specs / sizeof case_specs[0];

static int32_t delay_of(const case_spec *spec, ptrdiff_t e, ptrdiff_t edges, rng *r) {
  if (spec->delays == DELAYS_ONE_SHORT && e == edges / 2) return 1;
  if (spec->delays == DELAYS_SHORT) return (int32_t[]){0, 1, 2, 7, 8}[rng_below(r, 5)];
  if (spec->delays == DELAYS_POWERS)
    for (;;) {
      int d = (1 << rng_below(r, 9)) + (int)rng_below(r, 3) - 1;
      if (d >= spec->shortest && d <= spec->longest) return d;
    }
  return (int32_t)(spec->shortest + rng_below(r, spec->longest - spec->shortest + 1));
}

// Edges of a list: nodes 0 and N-1 stay isolated, some edges are self-connections, some repeat the one before.
static void endpoints_of(network *net, ptrdiff_t e, rng *r) {
  ptrdiff_t first = net->nodes > 3 ? 1 : 0, inner = net->nodes > 3 ? net->nodes - 2 : net->nodes;
  net->targets[e] = (int32_t)(first + rng_below(r, inner));
  net->sources[e] = (int32_t)(first + rng_below(r, inner));
  if (e % 7 == 3) net->sources[e] = net->targets[e];
  if (e % 5 == 4) {
    net->targets[e] = net->targets[e - 1];
    net->sources[e] = net->sources[e - 1];
  }
}

network network_make(const case_spec *spec, uint64_t seed) {
  rng r = rng_make(seed ^ 0x6E6574);
  network net = {.nodes = spec->nodes, .history = spec->history, .dense = spec->edges == DENSE};
  snprintf(net.name, sizeof net.name, "%s", spec->name);
  net.edges = net.dense ? net.nodes * net.nodes : spec->edges;
  size_t count = (size_t)net.edges + 1;
  net.targets = malloc(count * sizeof(int32_t));
  net.sources = malloc(count * sizeof(int32_t));
  net.delays = malloc(count * sizeof(int32_t));
  net.weights = malloc(count * sizeof(double));
  double *sums = calloc((size_t)net.nodes + 1, sizeof(double)), largest = 0;
  for (ptrdiff_t e = 0; e < net.edges; e++) {
    if (net.dense) {
      net.targets[e] = (int32_t)(e / net.nodes);
      net.sources[e] = (int32_t)(e % net.nodes);
    } else {
      endpoints_of(&net, e, &r);
    }
    net.delays[e] = delay_of(spec, e, net.edges, &r);
    if (!net.dense && e % 10 == 9) net.delays[e] = net.delays[e - 1];
    // Mostly positive, as connectomes are, and never symmetric: a symmetric network hides a transposition.
    net.weights[e] = 0.25 + 0.75 * rng_unit(&r);
    net.weights[e] = e % 11 == 5 ? 0 : (double)(float)net.weights[e];
    double *sum = &sums[net.targets[e]];
    *sum += fabs(net.weights[e]);
    if (*sum > largest) largest = *sum;
    if (net.delays[e] > net.longest) net.longest = net.delays[e];
    net.zero_delays |= net.delays[e] == 0;
  }
  free(sums);
  net.scale = largest > 0 ? (double)(float)(0.95 / largest) : 1;
  net.view = (dn_network){net.nodes, net.edges, net.history, net.targets, net.sources, net.delays, 0};
  if (net.dense) net.view.targets = net.view.sources = NULL;
  return net;
}

network network_make_random(uint64_t seed) {
  rng r = rng_make(seed ^ 0x72616E64);
  int nodes = 1 + (int)rng_below(&r, 24), longest = (int)rng_below(&r, 71);
  case_spec spec = {.name = "random", .nodes = nodes, .longest = longest};
  spec.shortest = rng_below(&r, 2) ? 0 : (int)rng_below(&r, longest + 1);
  spec.edges = rng_below(&r, 3) ? (int)rng_below(&r, 4 * nodes + 1) : DENSE;
  spec.history = longest + (rng_below(&r, 2) ? (int)rng_below(&r, 9) : 0);
  if (longest > 0 && rng_below(&r, 4) == 0) spec.delays = DELAYS_ONE_SHORT;
  network net = network_make(&spec, seed);
  snprintf(net.name, sizeof net.name, "random %llu", (unsigned long long)seed);
  return net;
}

void network_free(network *net) {
  free(net->targets);
  free(net->sources);
  free(net->delays);
  free(net->weights);
  *net = (network){0};
}

// The networks that every suite covers, made deterministically: one table, reused by all tests.
#ifndef DN_CASES_H
#define DN_CASES_H

#include <stdbool.h>

#include "delaynet.h"

typedef struct rng {
  uint64_t state;
} rng;

rng rng_make(uint64_t seed);
uint64_t rng_next(rng *r);
ptrdiff_t rng_below(rng *r, ptrdiff_t n);
// Uniform in [-1, 1) in steps of 2^-20: exact in float, so that both precisions get the same inputs.
double rng_unit(rng *r);

typedef enum delay_kind {
  DELAYS_UNIFORM,    // shortest ... longest
  DELAYS_ONE_SHORT,  // the same, but one edge has delay 1
  DELAYS_SHORT,      // 0, 1, 2, 7 or 8: both sides of where a network's kernels change
  DELAYS_POWERS,     // 2^k - 1, 2^k, 2^k + 1 between shortest and longest
} delay_kind;

#define DENSE (-1)

typedef struct case_spec {
  const char *name;
  int nodes;
  int edges;  // DENSE: nodes * nodes
  int shortest, longest, history;
  delay_kind delays;
  bool long_run;  // also worth running over several of the largest blocks
} case_spec;

extern const case_spec case_specs[];
extern const int case_count;

// Step counts that every case is run with; the last one for the long runs only.
extern const int case_steps[];
#define CASE_STEPS 6
#define CASE_STEPS_LONG 7

// A network with all its arrays. `targets` and `sources` are given for dense networks too; `view` hides them there.
typedef struct network {
  char name[64];
  dn_network view;
  ptrdiff_t nodes, edges, history;
  int32_t *targets, *sources, *delays;
  double *weights;  // exact in float
  double scale;     // exact in float; makes the map a contraction, so that rounding errors do not grow
  ptrdiff_t longest;
  bool dense, zero_delays;
} network;

network network_make(const case_spec *spec, uint64_t seed);
// A random small network of random kind: up to 24 nodes, delays to 70, sometimes dense.
network network_make_random(uint64_t seed);
void network_free(network *net);

#endif

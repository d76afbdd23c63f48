// The problems that the tests of networks of neural masses cover: topologies, and deterministic inputs near the models'
// defaults, each of them exact in float, so that both precisions get the same.
#ifndef DN_NETWORK_CASES_H
#define DN_NETWORK_CASES_H

#include "network_reference.h"

extern const case_spec net_specs[];
extern const int net_spec_count;
const case_spec *net_spec_named(const char *name);

// The network of a spec with fractional delays: every edge twice, E + e with a delay one step longer than e. The horizon
// is one longer where it has to be.
network network_make_fractional(const case_spec *spec, uint64_t seed);

// What can be different about a run besides model, scheme and network; zero: whole-step delays, defaults, no noise.
typedef struct net_setup {
  ptrdiff_t steps;
  int64_t first_step, every;
  dn_monitor_kind monitor;
  dn_scheme scheme;
  dn_stage stage;
  enum { SIGMA_NONE, SIGMA_STATE, SIGMA_NODE } sigma;
  enum { PARAMETERS_DEFAULT, PARAMETERS_GLOBAL, PARAMETERS_MIXED } parameters;  // mixed: default, global, per node
  bool rough;  // noise that drives the states into their bounds
  dn_coupling_kind coupling_kind;
  bool pulses;
  bool sets;            // weights of each coupling variable's own
  int64_t interim;      // of BOLD,
  bool quick;           //   whose kernel is over in a few hundred steps, where it takes seconds
  ptrdiff_t reference;  // of a projection
} net_setup;

// The problem, for a network of network_make, or of network_make_fractional.
ref_problem ref_problem_make(const ref_model *model, const network *net, bool fractional, const net_setup *setup);
// Whether a parameter is left to its default.
bool ref_is_default(const ref_problem *q, const net_setup *setup, int parameter);

ref_arrays ref_values_make(const ref_problem *q, const net_setup *setup, uint64_t seed);
// A direction for each input, of its own order of magnitude.
ref_arrays ref_directions_make(const ref_problem *q, const ref_arrays *values, uint64_t seed);
void ref_arrays_free(ref_arrays *arrays);

#endif

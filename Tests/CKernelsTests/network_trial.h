// One run of a network of neural masses with all its arrays, in both precisions: net_trial_f32 and net_trial_f64. The
// arrays are the guarded grids of trial.h.
#ifndef DN_NETWORK_TRIAL_H
#define DN_NETWORK_TRIAL_H

#include <float.h>

#include "network_cases.h"
#include "trial.h"

#define NET_FLOODS 3
#define NET_FLOOD_PULSES 160

typedef struct net_variant {
  const char *name;
  dn_scheme scheme;
  dn_stage stage;
  dn_coupling_kind coupling_kind;
} net_variant;
static const net_variant net_variants[] = {
    {"Heun", DN_SCHEME_HEUN, DN_STAGE_AWARE, DN_COUPLING_LINEAR},
    {"Heun, frozen", DN_SCHEME_HEUN, DN_STAGE_FROZEN, DN_COUPLING_LINEAR},
    {"Euler", DN_SCHEME_EULER, DN_STAGE_AWARE, DN_COUPLING_LINEAR},
    {"Heun, differences", DN_SCHEME_HEUN, DN_STAGE_AWARE, DN_COUPLING_DIFFERENCE},
    {"Heun, frozen, differences", DN_SCHEME_HEUN, DN_STAGE_FROZEN, DN_COUPLING_DIFFERENCE},
    {"Euler, differences", DN_SCHEME_EULER, DN_STAGE_AWARE, DN_COUPLING_DIFFERENCE},
};
#define NET_VARIANTS ((int)(sizeof net_variants / sizeof *net_variants))

#define NET_BIT(part) (1u << (part))
#define NET_INPUTS (NET_BIT(REF_PARTS) - 1)

// Runs coupled to differences have pulses too.
static inline net_setup net_setup_of(int variant, ptrdiff_t steps) {
  return (net_setup){.steps = steps,
                     .scheme = net_variants[variant].scheme,
                     .stage = net_variants[variant].stage,
                     .coupling_kind = net_variants[variant].coupling_kind,
                     .pulses = net_variants[variant].coupling_kind == DN_COUPLING_DIFFERENCE,
                     .sigma = SIGMA_NODE,
                     .parameters = PARAMETERS_MIXED};
}

#define DN_REAL float
#define DN_NAME(name) name##_f32
#include "network_trial_real.h"
#undef DN_REAL
#undef DN_NAME

#define DN_REAL double
#define DN_NAME(name) name##_f64
#include "network_trial_real.h"
#undef DN_REAL
#undef DN_NAME

#endif

// Networks of neural masses in plain loops, written from the papers' equations and the definition of the schemes; nothing
// here is shared with the kernels.
//
// Every number is complex and carries a derivative in its imaginary part, REF_STEP times the tangent: so far down that
// products of two derivatives underflow to nothing. Values are those of a program in doubles, derivatives have no
// truncation error.
//
// Letters and shapes are those of delaynet_network.h; all arrays are compact.
#ifndef DN_NETWORK_REFERENCE_H
#define DN_NETWORK_REFERENCE_H

#include <complex.h>

#include "cases.h"

typedef double complex ref_number;
#define REF_STEP 0x1p-700

// ---- Models --------------------------------------------------------------------------------------------------------

#define REF_STATES_MAX 6
#define REF_COUPLINGS_MAX 2
#define REF_PARAMETERS_MAX 23
#define REF_PULSES_MAX 5
#define REF_MONITOR_CONSTANTS 16
#define REF_ROWS_MAX 5

typedef struct ref_model {
  const char *name;
  int states, couplings, parameters;
  // f(s, G c, p), and the coupling variables y(s, p).
  void (*drift)(const ref_number *s, const ref_number *c, const ref_number *p, ref_number *f);
  void (*observe)(const ref_number *s, const ref_number *p, ref_number *y);
  double lower[REF_STATES_MAX], upper[REF_STATES_MAX];
  const char *parameter[REF_PARAMETERS_MAX];
  double published[REF_PARAMETERS_MAX];  // the defaults of papers or of The Virtual Brain
  // For the tests: a time step that is short for this model, a coupling strength that is neither weak nor wild for rows
  // of weights that sum to 1, and a scale of noise for each state.
  double time_step, coupling, sigma[REF_STATES_MAX];
  bool periodic[REF_STATES_MAX];  // angles, taken back to [-pi, pi) after each stage
} ref_model;

extern const ref_model ref_models[];
extern const int ref_model_count;
const ref_model *ref_model_find(const char *name);  // NULL where there is none

// ---- Runs ----------------------------------------------------------------------------------------------------------

// The differentiable inputs. Their tangents and cotangents have the same shapes.
typedef enum ref_part {
  REF_WEIGHTS,     // (sets, E): of the plan's 2 E edges the first half, when delays are fractional
  REF_DELAYS,      // (E) fractions of a step; without fractional delays: no elements
  REF_COUPLING,    // (1)
  REF_PARAMETERS,  // for each parameter one value, or N
  REF_SIGMA,       // (sigma_count)
  REF_NOISE,       // (T, S, N)
  REF_STIMULUS,    // (S, N, T)
  REF_PULSES,      // (pulse_count) amplitudes
  REF_INITIAL,     // (S, N)
  REF_HISTORY,     // (C, N, H)
  REF_PARTS,
} ref_part;

extern const char *const ref_part_names[REF_PARTS];

typedef struct ref_problem {
  const ref_model *model;
  const network *net;  // with fractional delays the list of 2 E edges that the plan is made of
  bool fractional;
  dn_scheme scheme;
  dn_stage stage;
  double time_step;
  ptrdiff_t steps;
  int64_t first_step, every;
  dn_monitor_kind monitor;
  int64_t interim;                          // BOLD: steps of an interim mean
  double constants[REF_MONITOR_CONSTANTS];  //   and the kind's constants
  const double *gain;                       // projection: (rows, N)
  ptrdiff_t rows, reference;
  bool per_node[REF_PARAMETERS_MAX];  // N values of this parameter, not one
  ptrdiff_t sigma_count;              // 0, S or S N
  dn_coupling_kind coupling_kind;
  int sets;  // of weights: 0 or 1, or one for each coupling variable
  ptrdiff_t pulse_count;
  dn_pulse_f64 pulse[REF_PULSES_MAX];  // where and when; how strong stands in the part
} ref_problem;

// What f, v and q of a balloon differ from rest by where a run begins.
static const double ref_balloon[3] = {0.3125, -0.25, 0.1875};

// Elements of a part.
ptrdiff_t ref_count(const ref_problem *q, ref_part part);

// Arrays by part; NULL: zeros.
typedef struct ref_arrays {
  double *part[REF_PARTS];
} ref_arrays;

typedef struct ref_result {
  ptrdiff_t columns;                // K
  double *series, *series_tangent;  // (S, N or rows, K)
  double *final, *final_tangent;    // (S, N) s(T)
  double *history;                  // (C, N, H) of the next chunk
  double *partial;                  // (S, N) of the next chunk
  int64_t clamps;
} ref_result;

// partial: (S, N), or NULL. tangents may be NULL.
ref_result ref_network_run(const ref_problem *q, const ref_arrays *values, const double *partial,
                           const ref_arrays *tangents);
void ref_result_free(ref_result *result);

#endif

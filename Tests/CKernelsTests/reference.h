// The delay map in plain double loops, written from its definition; it shares nothing with the kernels.
//
// Arrays are compact and row-major: history (N, H), noise and series (N, T), adjoints (N, D), weights (E).
#ifndef DN_REFERENCE_H
#define DN_REFERENCE_H

#include "cases.h"

// The inputs of the map; also their tangents, and their cotangents.
typedef struct ref_inputs {
  double *weights, *history, *noise;
  double scale, gain;
} ref_inputs;

ref_inputs ref_inputs_make(const network *net, ptrdiff_t steps);  // zeros
ref_inputs ref_inputs_absolute(const network *net, ptrdiff_t steps, const ref_inputs *inputs);
void ref_inputs_free(ref_inputs *inputs);

// Arrays of at least one element, zeros.
double *ref_array(ptrdiff_t rows, ptrdiff_t columns);

void ref_forward(const network *net, ptrdiff_t steps, const ref_inputs *in, double *series);
void ref_tangent(const network *net, ptrdiff_t steps, const ref_inputs *in, const double *series,
                 const ref_inputs *tangent, double *tangent_series);
// Adds into `out`. `after` and `first` are (N, D), or NULL: the adjoints of the steps T ... T+D-1 and 0 ... D-1.
void ref_cotangent(const network *net, ptrdiff_t steps, const ref_inputs *in, const double *series,
                   const double *cotangent_series, const double *after, ref_inputs *out, double *first);

#endif

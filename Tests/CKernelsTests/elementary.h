// kernel/math.h's functions at every vector width and precision, on whole arrays: one file a width and precision
// (elementary_avx2_f32.c ...) compiles them under names that tests can call side by side.
#ifndef ELEMENTARY_H
#define ELEMENTARY_H

#include <stddef.h>

enum { EXP, LOGISTIC, SLOPE, SIN, COS, WRAP, LOG, OUTPUTS };

// `count`, a multiple of 16, values of each function. LOG means something for positive, normal x alone.
void elementary_base_f32(const float *x, ptrdiff_t count, float *const out[OUTPUTS]);
void elementary_base_f64(const double *x, ptrdiff_t count, double *const out[OUTPUTS]);
#if defined(__x86_64__)
void elementary_avx2_f32(const float *x, ptrdiff_t count, float *const out[OUTPUTS]);
void elementary_avx2_f64(const double *x, ptrdiff_t count, double *const out[OUTPUTS]);
void elementary_avx512_f32(const float *x, ptrdiff_t count, float *const out[OUTPUTS]);
void elementary_avx512_f64(const double *x, ptrdiff_t count, double *const out[OUTPUTS]);
#endif

#endif

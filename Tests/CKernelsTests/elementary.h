// Functions of kernel/math.h and kernel/functions.h at every vector width and precision, on whole arrays: one file a width
// and precision (elementary_avx2_f32.c ...) compiles them under names that tests can call side by side.
#ifndef ELEMENTARY_H
#define ELEMENTARY_H

#include <stddef.h>

// Every output, its name, and its bound in ulp in float and in double, as kernel/math.h and kernel/functions.h state it; 0:
// its test is another. LOG means something for positive, normal x alone.
#define ELEMENTARY_OUTPUTS(X)                   \
  X(EXP, "exp", 1.02, 1.09)                     \
  X(LOGISTIC, "logistic", 2.41, 2.37)           \
  X(SLOPE, "slope", 4.99, 4.90)                 \
  X(SIN, "sin", 1.81, 1.52)                     \
  X(COS, "cos", 1.81, 1.52)                     \
  X(TAN, "tan", 3.70, 3.10)                     \
  X(WRAP, "wrap", 0, 0)                         \
  X(LOG, "log", 0, 0)                           \
  X(LN, "ln", 0.83, 0.83)                       \
  X(EXPM1, "expm1", 1.45, 2.25)                 \
  X(SINH, "sinh", 2.18, 2.55)                   \
  X(COSH, "cosh", 1.48, 1.51)                   \
  X(TANH, "tanh", 2.50, 2.65)                   \
  X(EXPREL, "exprel", 3.73, 3.75)               \
  X(EXPREL_SLOPE, "exprel's slope", 6.50, 6.80) \
  X(ATAN, "atan", 1.89, 1.87)                   \
  X(ERF, "erf", 2.49, 2.35)                     \
  X(ERFC, "erfc", 4.46, 4.00)                   \
  X(POWER, "power", 1.10, 1.60)                 \
  X(SIGN, "sign", 1e-9, 1e-9)

#define ELEMENTARY_ID(id, name, bound_f32, bound_f64) id,
enum { ELEMENTARY_OUTPUTS(ELEMENTARY_ID) OUTPUTS };

// `count`, a multiple of 16, values of each function of x, of POWER x^y.
void elementary_base_f32(const float *x, const float *y, ptrdiff_t count, float *const out[OUTPUTS]);
void elementary_base_f64(const double *x, const double *y, ptrdiff_t count, double *const out[OUTPUTS]);
#if defined(__x86_64__)
void elementary_avx2_f32(const float *x, const float *y, ptrdiff_t count, float *const out[OUTPUTS]);
void elementary_avx2_f64(const double *x, const double *y, ptrdiff_t count, double *const out[OUTPUTS]);
void elementary_avx512_f32(const float *x, const float *y, ptrdiff_t count, float *const out[OUTPUTS]);
void elementary_avx512_f64(const double *x, const double *y, ptrdiff_t count, double *const out[OUTPUTS]);
#endif

#endif

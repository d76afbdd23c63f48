// Tests of kernel/math.h's exp, logistic, sincos and wrap, which node models use: their errors against long double (random_test.c:
// log, and erfinv through the normals), special values, and the same bits at every vector width.
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "check.h"
#include "delaynet.h"
#include "elementary.h"

#pragma STDC FP_CONTRACT OFF

// ---- Arguments -----------------------------------------------------------------------------------------------------

enum { COUNT = 1 << 18 };
static float x_f32[COUNT], y_f32[OUTPUTS][COUNT], z_f32[OUTPUTS][COUNT];
static double x_f64[COUNT], y_f64[OUTPUTS][COUNT], z_f64[OUTPUTS][COUNT];
static float *out_f32[] = {y_f32[0], y_f32[1], y_f32[2], y_f32[3], y_f32[4], y_f32[5], y_f32[6]};
static float *other_f32[] = {z_f32[0], z_f32[1], z_f32[2], z_f32[3], z_f32[4], z_f32[5], z_f32[6]};
static double *out_f64[] = {y_f64[0], y_f64[1], y_f64[2], y_f64[3], y_f64[4], y_f64[5], y_f64[6]};
static double *other_f64[] = {z_f64[0], z_f64[1], z_f64[2], z_f64[3], z_f64[4], z_f64[5], z_f64[6]};

// Uniform in -most ... most, or logarithmic from 1e-8 to it with both signs; with `near`, the neighbours of multiples of pi/2.
typedef enum { UNIFORM, LOGARITHMIC, QUARTERS } kind;
static void fill(kind kind, double most_f32, double most_f64) {
  static double u[COUNT];
  dn_random_uniform_f64(dn_key_create((uint64_t)kind), 0, COUNT, -1, 1, u);
  for (int n = 0; n < COUNT; n++) {
    const double sign = n % 2 ? -1 : 1, v = fabs(u[n]), half_pi = 1.57079632679489661923;
    switch (kind) {
      case UNIFORM: x_f32[n] = (float)(most_f32 * u[n]), x_f64[n] = most_f64 * u[n]; break;
      case LOGARITHMIC:
        x_f32[n] = (float)(sign * exp(v * log(most_f32 * 1e8)) * 1e-8);
        x_f64[n] = sign * exp(v * log(most_f64 * 1e8)) * 1e-8;
        break;
      case QUARTERS:
        x_f32[n] = (float)(round(most_f32 * u[n] / half_pi) * half_pi);
        x_f64[n] = round(most_f64 * u[n] / half_pi) * half_pi;
        break;
    }
  }
}

// ---- Errors --------------------------------------------------------------------------------------------------------

// An ulp of a number in a type with `digits` and the smallest normal exponent `least`.
static long double ulp(long double x, int digits, int least) {
  int exponent;
  frexpl(x, &exponent);
  return ldexpl(1, (exponent < least ? least : exponent) - digits);
}
static long double exact(int output, long double x) {
  const long double e = expl(-fabsl(x));
  switch (output) {
    case EXP: return expl(x);
    case LOGISTIC: return (x < 0 ? e : 1) / (1 + e);
    case SLOPE: return e / ((1 + e) * (1 + e));
    case SIN: return sinl(x);
    default: return cosl(x);
  }
}
static const char *const NAMES[] = {"exp", "logistic", "slope", "sin", "cos", "wrap", "log"};
// Bounds of kernel/math.h in ulp, of normal results.
static const double BOUND_F32[] = {1.02, 2.41, 4.99, 1.81, 1.81}, BOUND_F64[] = {1.09, 2.37, 4.90, 1.52, 1.52};

// Compares outputs first ... last - 1 on the arguments; where results are subnormal, half an ulp more is granted.
static void compare(int first, int last) {
  // Where long double is double, the exact result carries an ulp of its own.
  const double doubt = LDBL_MANT_DIG > 53 ? 0 : 1;
  elementary_base_f32(x_f32, COUNT, out_f32);
  elementary_base_f64(x_f64, COUNT, out_f64);
  for (int k = first; k < last; k++) {
    long double worst_f32 = 0, worst_f64 = 0;
    float at_f32 = 0;
    double at_f64 = 0;
    for (int n = 0; n < COUNT; n++) {
      const long double e32 = exact(k, x_f32[n]), e64 = exact(k, x_f64[n]);
      long double error = 0;
      if (fabsl(e32) < FLT_MAX) {
        error = fabsl(y_f32[k][n] - e32) / ulp(e32, 24, -125) - (fabsl(e32) < FLT_MIN ? 0.5L : 0);
        if (error > worst_f32) worst_f32 = error, at_f32 = x_f32[n];
      } else CHECK(y_f32[k][n] >= FLT_MAX, "%s(%a) = %g", NAMES[k], x_f32[n], y_f32[k][n]);
      if (fabsl(e64) < DBL_MAX) {
        error = fabsl(y_f64[k][n] - e64) / ulp(e64, 53, -1021) - (fabsl(e64) < DBL_MIN ? 0.5L : 0);
        if (error > worst_f64) worst_f64 = error, at_f64 = x_f64[n];
      } else CHECK(y_f64[k][n] >= DBL_MAX, "%s(%a) = %g", NAMES[k], x_f64[n], y_f64[k][n]);
    }
    CHECK(worst_f32 < BOUND_F32[k], "%s of float: %Lg ulp at %a", NAMES[k], worst_f32, (double)at_f32);
    CHECK(worst_f64 < BOUND_F64[k] + doubt, "%s of double: %Lg ulp at %a", NAMES[k], worst_f64, at_f64);
  }
}
static void test_exp(void) {
  check_about("uniform");
  fill(UNIFORM, 105, 750);
  compare(EXP, SIN);
  check_about("uniform near 0");
  fill(UNIFORM, 2, 2);
  compare(EXP, SIN);
  check_about("logarithmic");
  fill(LOGARITHMIC, 700, 7000);
  compare(EXP, SIN);
}
static void test_sincos(void) {
  check_about("uniform");
  fill(UNIFORM, 1e6, 1e9);
  compare(SIN, WRAP);
  check_about("uniform to 1e4");
  fill(UNIFORM, 1e4, 1e4);
  compare(SIN, WRAP);
  check_about("logarithmic");
  fill(LOGARITHMIC, 1e6, 1e9);
  compare(SIN, WRAP);
  check_about("multiples of pi/2");
  fill(QUARTERS, 1e6, 1e9);
  compare(SIN, WRAP);
}

// Against the exact remainder of two turns that long double knows to 64 bits: an error of an ulp of pi, and what the two
// parts of 2 pi leave out, times x. Both ends of the range mean one angle.
static void test_wrap(void) {
  const long double turn = 6.283185307179586476925286766559L;
  const kind kinds[] = {UNIFORM, LOGARITHMIC, QUARTERS, UNIFORM};
  for (int k = 0; k < 4; k++) {
    check_about("arguments of kind %d", (int)kinds[k]);
    fill(kinds[k], k == 3 ? 12 : 1e6, k == 3 ? 12 : 1e9);
    elementary_base_f32(x_f32, COUNT, out_f32);
    elementary_base_f64(x_f64, COUNT, out_f64);
    long double worst_f32 = 0, worst_f64 = 0;
    for (int n = 0; n < COUNT; n++) {
      const long double e32 = fabsl(remainderl(y_f32[WRAP][n] - remainderl(x_f32[n], turn), turn));
      const long double e64 = fabsl(remainderl(y_f64[WRAP][n] - remainderl(x_f64[n], turn), turn));
      worst_f32 = fmaxl(worst_f32, e32 - fabsf(x_f32[n]) * 0x1p-48L);
      worst_f64 = fmaxl(worst_f64, e64 - fabsl((long double)x_f64[n]) * 0x1p-63L);
      if (!(y_f32[WRAP][n] >= -0x1.921fb6p1f && y_f32[WRAP][n] < 0x1.921fb6p1f)) CHECK(0, "wrap(%a)", x_f32[n]);
      if (!(y_f64[WRAP][n] >= -0x1.921fb54442d18p1 && y_f64[WRAP][n] < 0x1.921fb54442d18p1))
        CHECK(0, "wrap(%a)", x_f64[n]);
      if (fabsf(x_f32[n]) < 3.14f && x_f32[n] != y_f32[WRAP][n]) CHECK(0, "wrap(%a) is not it", x_f32[n]);
      if (fabs(x_f64[n]) < 3.1415 && x_f64[n] != y_f64[WRAP][n]) CHECK(0, "wrap(%a) is not it", x_f64[n]);
    }
    CHECK(worst_f32 <= 0x1p-22L, "float: off by %Lg", worst_f32);
    CHECK(worst_f64 <= 0x1p-51L, "double: off by %Lg", worst_f64);
  }
  check_about("beyond");
  static const double values[] = {0, -0.0, INFINITY, -INFINITY, NAN, 1e30, -1e30, 3.141592653589793};
  for (int n = 0; n < 16; n++) x_f32[n] = (float)values[n % 8], x_f64[n] = values[n % 8];
  elementary_base_f32(x_f32, 16, out_f32);
  elementary_base_f64(x_f64, 16, out_f64);
  CHECK_THAT(y_f32[WRAP][0] == 0 && signbit(y_f32[WRAP][1]) && y_f64[WRAP][0] == 0 && signbit(y_f64[WRAP][1]));
  for (int n = 2; n < 7; n++) CHECK(isnan(y_f32[WRAP][n]) && isnan(y_f64[WRAP][n]), "wrap(%g)", values[n]);
  CHECK_THAT(fabsf(y_f32[WRAP][7] + x_f32[7]) <= 0x1p-22f && fabs(y_f64[WRAP][7] + x_f64[7]) <= 0x1p-51);
}

static void test_special(void) {
  check_about("special values");
  for (int n = 0; n < 16; n++) {
    static const double values[] = {0, -0.0, INFINITY, -INFINITY, NAN, 1e30, -1e30, 1e-40};
    x_f32[n] = (float)values[n % 8];
    x_f64[n] = values[n % 8];
  }
  elementary_base_f32(x_f32, 16, out_f32);
  elementary_base_f64(x_f64, 16, out_f64);
#define EVERY(k, n, condition)                                      \
  for (int type = 0; type < 2; type++) {                            \
    const double y = type == 0 ? (double)y_f32[k][n] : y_f64[k][n]; \
    CHECK(condition, "%s(%g) = %g", NAMES[k], x_f64[n], y);         \
  }
  for (int zero = 0; zero < 2; zero++) {
    EVERY(EXP, zero, y == 1)
    EVERY(LOGISTIC, zero, y == 0.5)
    EVERY(SLOPE, zero, y == 0.25)
    EVERY(SIN, zero, y == 0)
    EVERY(COS, zero, y == 1)
  }
  for (int big = 2; big < 6; big += 3) {
    EVERY(EXP, big, y == INFINITY)
    EVERY(LOGISTIC, big, y == 1)
    EVERY(SLOPE, big, y == 0)
  }
  for (int big = 3; big < 7; big += 3) {
    EVERY(EXP, big, y == 0)
    EVERY(LOGISTIC, big, y == 0)
    EVERY(SLOPE, big, y == 0)
  }
  for (int k = 0; k < LOG; k++) EVERY(k, 4, isnan(y))
  for (int infinite = 2; infinite < 4; infinite++) {
    EVERY(SIN, infinite, isnan(y))
    EVERY(COS, infinite, isnan(y))
  }
  EVERY(EXP, 7, y == 1)
  EVERY(COS, 7, y == 1)
  CHECK(fabs(y_f64[SIN][7] - 1e-40) <= 1e-56, "sin(1e-40) = %g", y_f64[SIN][7]);
}

// ---- Widths --------------------------------------------------------------------------------------------------------

#if defined(__x86_64__)
static void same_bits(const char *isa) {
  for (int k = 0; k < OUTPUTS; k++) {
    CHECK(memcmp(y_f32[k], z_f32[k], sizeof y_f32[k]) == 0, "%s of float, %s", NAMES[k], isa);
    CHECK(memcmp(y_f64[k], z_f64[k], sizeof y_f64[k]) == 0, "%s of double, %s", NAMES[k], isa);
  }
}
#endif
static void test_widths(void) {
  for (kind kind = UNIFORM; kind <= QUARTERS; kind++) {
    check_about("arguments of kind %d", (int)kind);
    fill(kind, kind == UNIFORM ? 105 : 1e6, kind == UNIFORM ? 750 : 1e9);
    elementary_base_f32(x_f32, COUNT, out_f32);
    elementary_base_f64(x_f64, COUNT, out_f64);
#if defined(__x86_64__)
    if (dn_isa_available(DN_ISA_AVX2)) {
      elementary_avx2_f32(x_f32, COUNT, other_f32);
      elementary_avx2_f64(x_f64, COUNT, other_f64);
      same_bits("avx2");
    }
    if (dn_isa_available(DN_ISA_AVX512)) {
      elementary_avx512_f32(x_f32, COUNT, other_f32);
      elementary_avx512_f64(x_f64, COUNT, other_f64);
      same_bits("avx512");
    }
#else
    (void)other_f32, (void)other_f64;
#endif
  }
}

int main(int argc, char **argv) {
  static const check_test tests[] = {{"exp", test_exp},
                                     {"sincos", test_sincos},
                                     {"wrap", test_wrap},
                                     {"special", test_special},
                                     {"widths", test_widths}};
  return CHECK_MAIN(argc, argv, tests);
}

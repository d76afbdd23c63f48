// Tests of kernel/math.h and kernel/functions.h, which node models use: errors against long double (random_test.c: log, and
// erfinv through the normals), special values, and the same bits at every vector width.
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "check.h"
#include "delaynet.h"
#include "elementary.h"

#pragma STDC FP_CONTRACT OFF

// ---- Arguments -----------------------------------------------------------------------------------------------------

enum { COUNT = 1 << 18 };
// x, the exponents p of powers, and what comes out at the base width and at another.
static float x_f32[COUNT], p_f32[COUNT], y_f32[OUTPUTS][COUNT], z_f32[OUTPUTS][COUNT];
static double x_f64[COUNT], p_f64[COUNT], y_f64[OUTPUTS][COUNT], z_f64[OUTPUTS][COUNT];
static float *out_f32[OUTPUTS], *other_f32[OUTPUTS];
static double *out_f64[OUTPUTS], *other_f64[OUTPUTS];

// Powers that take |x| to anywhere between the smallest and the largest number, half of them integers.
static double exponent(double x, double most, int n, double u) {
  const double p = most * u / log(fabs(x)), whole = n / 2 % 2 ? round(p) : p;
  return fabs(p) < 1e300 ? whole : u;
}

// Uniform in -most ... most; logarithmic from 1e-8 to it with both signs; the neighbours of multiples of pi/2; every
// exponent of the type alike, subnormal numbers too, with both signs; the neighbours of 1 and -1, ever closer.
typedef enum { UNIFORM, LOGARITHMIC, QUARTERS, EVERYWHERE, UNITS } kind;
static void fill(kind kind, double most_f32, double most_f64) {
  static double u[COUNT], w[COUNT], p[COUNT];
  dn_random_uniform_f64(dn_key_create((uint64_t)kind), 0, COUNT, -1, 1, u);
  dn_random_uniform_f64(dn_key_create(100 + (uint64_t)kind), 0, COUNT, -1, 1, w);
  dn_random_uniform_f64(dn_key_create(200 + (uint64_t)kind), 0, COUNT, -1, 1, p);
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
      case EVERYWHERE:
        x_f32[n] = (float)(sign * ldexp(1 + v, (int)floor(138.5 * w[n] - 10.5)));
        x_f64[n] = sign * ldexp(1 + v, (int)floor(1048.5 * w[n] - 25.5));
        break;
      case UNITS:
        x_f32[n] = (float)(sign * (1 + w[n] * exp2(-23 * v)));
        x_f64[n] = sign * (1 + w[n] * exp2(-52 * v));
        break;
    }
    p_f32[n] = (float)exponent(x_f32[n], 107, n, p[n]);
    p_f64[n] = exponent(x_f64[n], 750, n, p[n]);
  }
}
static void compute(int count) {
  elementary_base_f32(x_f32, p_f32, count, out_f32);
  elementary_base_f64(x_f64, p_f64, count, out_f64);
}

// ---- Errors --------------------------------------------------------------------------------------------------------

// An ulp of a number in a type with `digits` and the smallest normal exponent `least`.
static long double ulp(long double x, int digits, int least) {
  int exponent;
  frexpl(x, &exponent);
  return ldexpl(1, (exponent < least ? least : exponent) - digits);
}
// exprel and its derivative: near 0 the series of Bernoulli numbers, elsewhere the slope at -|x|, in which y - m cancels
// little.
static long double exprel(long double x, bool slope) {
  const long double y = fabsl(x), z = y * y, m = -expm1l(-y), e = expl(-y);
  if (y < 0.0625L) {
    const long double even =
                          z * (1 / 12.0L - z * (1 / 720.0L - z * (1 / 30240.0L - z * (1 / 1209600.0L - z / 47900160)))),
                      odd = y * (1 / 6.0L - z * (1 / 180.0L - z * (1 / 5040.0L - z * (1 / 151200.0L - z / 4790016))));
    return slope ? 0.5L + (x < 0 ? -odd : odd) : 1 + x / 2 + even;
  }
  if (slope) return x < 0 ? e * (y - m) / (m * m) : 1 - e * (y - m) / (m * m);
  return x < 0 ? y * e / m : y / m;
}
static long double exact(int output, long double x, long double p) {
  const long double e = expl(-fabsl(x));
  switch (output) {
    case EXP: return expl(x);
    case LOGISTIC: return (x < 0 ? e : 1) / (1 + e);
    case SLOPE: return e / ((1 + e) * (1 + e));
    case SIN: return sinl(x);
    case COS: return cosl(x);
    case TAN: return tanl(x);
    case LN: return logl(x);
    case EXPM1: return expm1l(x);
    case SINH: return sinhl(x);
    case COSH: return coshl(x);
    case TANH: return tanhl(x);
    case EXPREL: return exprel(x, false);
    case EXPREL_SLOPE: return exprel(x, true);
    case ATAN: return atanl(x);
    case ERF: return erfl(x);
    case ERFC: return erfcl(x);
    case POWER: return powl(x, p);
    case SIGN: return (x > 0) - (x < 0);
    default: return NAN;
  }
}
#define NAME(id, name, bound_f32, bound_f64) name,
#define BOUND_IN_F32(id, name, bound_f32, bound_f64) bound_f32,
#define BOUND_IN_F64(id, name, bound_f32, bound_f64) bound_f64,
static const char *const NAMES[] = {ELEMENTARY_OUTPUTS(NAME)};
static const double BOUND_F32[] = {ELEMENTARY_OUTPUTS(BOUND_IN_F32)}, BOUND_F64[] = {ELEMENTARY_OUTPUTS(BOUND_IN_F64)};

// The error of `got` in ulp of the exact result, beyond the half that is granted where that is subnormal; infinite where
// one of them is NaN, infinite or of the other sign and the other is not.
static long double error_of(long double got, long double exact, int digits, int least, long double largest) {
  if (isnan(exact)) return isnan(got) ? 0 : INFINITY;
  if (isnan(got)) return INFINITY;
  if (fabsl(exact) >= largest) return (exact < 0 ? -got : got) >= largest ? 0 : INFINITY;
  return fabsl(got - exact) / ulp(exact, digits, least) - (fabsl(exact) < ldexpl(1, least - 1) ? 0.5L : 0);
}

// Compares outputs first ... last - 1 on the arguments.
static void compare(int first, int last) {
  compute(COUNT);
  for (int k = first; k < last; k++) {
    // Where long double is double, the exact result carries an ulp of its own, and exprel's is made of several.
    const double doubt = LDBL_MANT_DIG > 53 ? 0 : k == EXPREL || k == EXPREL_SLOPE ? 4 : 1;
    long double worst_f32 = 0, worst_f64 = 0;
    int at_f32 = 0, at_f64 = 0;
    for (int n = 0; n < COUNT; n++) {
      const long double e32 = error_of(y_f32[k][n], exact(k, x_f32[n], p_f32[n]), 24, -125, FLT_MAX);
      const long double e64 = error_of(y_f64[k][n], exact(k, x_f64[n], p_f64[n]), 53, -1021, DBL_MAX);
      if (e32 > worst_f32) worst_f32 = e32, at_f32 = n;
      if (e64 > worst_f64) worst_f64 = e64, at_f64 = n;
    }
    CHECK(worst_f32 < BOUND_F32[k], "%s of float: %Lg ulp at %a, power %a: %a", NAMES[k], worst_f32, x_f32[at_f32],
          p_f32[at_f32], y_f32[k][at_f32]);
    CHECK(worst_f64 < BOUND_F64[k] + doubt, "%s of double: %Lg ulp at %a, power %a: %a", NAMES[k], worst_f64,
          x_f64[at_f64], p_f64[at_f64], y_f64[k][at_f64]);
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

static void test_functions(void) {
  check_about("uniform");
  fill(UNIFORM, 105, 750);
  compare(LN, OUTPUTS);
  check_about("uniform to 30");
  fill(UNIFORM, 11, 28);
  compare(LN, OUTPUTS);
  check_about("uniform near 0");
  fill(UNIFORM, 2, 2);
  compare(LN, OUTPUTS);
  check_about("logarithmic");
  fill(LOGARITHMIC, 700, 7000);
  compare(LN, OUTPUTS);
  check_about("every exponent");
  fill(EVERYWHERE, 0, 0);
  compare(LN, OUTPUTS);
  check_about("near 1 and -1");
  fill(UNITS, 0, 0);
  compare(LN, OUTPUTS);
}

// Against the exact remainder of two turns that long double knows to 64 bits: an error of an ulp of pi, and what the two
// parts of 2 pi leave out, times x. Both ends of the range mean one angle.
static void test_wrap(void) {
  const long double turn = 6.283185307179586476925286766559L;
  const kind kinds[] = {UNIFORM, LOGARITHMIC, QUARTERS, UNIFORM};
  for (int k = 0; k < 4; k++) {
    check_about("arguments of kind %d", (int)kinds[k]);
    fill(kinds[k], k == 3 ? 12 : 1e6, k == 3 ? 12 : 1e9);
    compute(COUNT);
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
  compute(16);
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
  compute(16);
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
  for (int k = 0; k < OUTPUTS; k++)
    if (k != LOG) EVERY(k, 4, isnan(y))
  for (int infinite = 2; infinite < 4; infinite++) {
    EVERY(SIN, infinite, isnan(y))
    EVERY(COS, infinite, isnan(y))
  }
  EVERY(EXP, 7, y == 1)
  EVERY(COS, 7, y == 1)
  CHECK(fabs(y_f64[SIN][7] - 1e-40) <= 1e-56, "sin(1e-40) = %g", y_f64[SIN][7]);
}

// What each function gives at zeros, infinities and beyond its range, in both types, with the sign of zeros.
static void test_special_functions(void) {
  const double inf = INFINITY, nan = NAN, pi = 3.14159265358979323846, big = 1e30;
  const struct {
    int output;
    double x, p, value;
  } cases[] = {
      {LN, 0, 0, -inf},
      {LN, -0.0, 0, -inf},
      {LN, 1, 0, 0},
      {LN, inf, 0, inf},
      {LN, -inf, 0, nan},
      {LN, -1, 0, nan},
      {LN, -0x1p-140, 0, nan},
      {LN, nan, 0, nan},
      {EXPM1, 0, 0, 0},
      {EXPM1, -0.0, 0, -0.0},
      {EXPM1, inf, 0, inf},
      {EXPM1, -inf, 0, -1},
      {EXPM1, big, 0, inf},
      {EXPM1, -big, 0, -1},
      {EXPM1, 0x1p-140, 0, 0x1p-140},
      {SINH, 0, 0, 0},
      {SINH, -0.0, 0, -0.0},
      {SINH, inf, 0, inf},
      {SINH, -inf, 0, -inf},
      {SINH, big, 0, inf},
      {SINH, -big, 0, -inf},
      {SINH, -0x1p-140, 0, -0x1p-140},
      {COSH, 0, 0, 1},
      {COSH, -0.0, 0, 1},
      {COSH, inf, 0, inf},
      {COSH, -inf, 0, inf},
      {COSH, -big, 0, inf},
      {TANH, 0, 0, 0},
      {TANH, -0.0, 0, -0.0},
      {TANH, inf, 0, 1},
      {TANH, -inf, 0, -1},
      {TANH, big, 0, 1},
      {TANH, -big, 0, -1},
      {TANH, 0x1p-140, 0, 0x1p-140},
      {EXPREL, 0, 0, 1},
      {EXPREL, -0.0, 0, 1},
      {EXPREL, 0x1p-140, 0, 1},
      {EXPREL, inf, 0, inf},
      {EXPREL, -inf, 0, 0},
      {EXPREL, big, 0, (float)big},
      {EXPREL, -big, 0, 0},
      {EXPREL_SLOPE, 0, 0, 0.5},
      {EXPREL_SLOPE, -0.0, 0, 0.5},
      {EXPREL_SLOPE, -0x1p-140, 0, 0.5},
      {EXPREL_SLOPE, inf, 0, 1},
      {EXPREL_SLOPE, -inf, 0, 0},
      {EXPREL_SLOPE, big, 0, 1},
      {EXPREL_SLOPE, -big, 0, 0},
      {ATAN, 0, 0, 0},
      {ATAN, -0.0, 0, -0.0},
      {ATAN, inf, 0, pi / 2},
      {ATAN, -inf, 0, -pi / 2},
      {ATAN, big, 0, pi / 2},
      {ATAN, 0x1p-140, 0, 0x1p-140},
      {TAN, 0, 0, 0},
      {TAN, -0.0, 0, -0.0},
      {TAN, inf, 0, nan},
      {TAN, -inf, 0, nan},
      {TAN, -0x1p-140, 0, -0x1p-140},
      {ERF, 0, 0, 0},
      {ERF, -0.0, 0, -0.0},
      {ERF, inf, 0, 1},
      {ERF, -inf, 0, -1},
      {ERF, big, 0, 1},
      {ERF, -big, 0, -1},
      {ERFC, 0, 0, 1},
      {ERFC, -0.0, 0, 1},
      {ERFC, inf, 0, 0},
      {ERFC, -inf, 0, 2},
      {ERFC, big, 0, 0},
      {ERFC, -big, 0, 2},
      {SIGN, 0, 0, 0},
      {SIGN, -0.0, 0, -0.0},
      {SIGN, 0x1p-140, 0, 1},
      {SIGN, -0x1p-140, 0, -1},
      {SIGN, inf, 0, 1},
      {SIGN, -inf, 0, -1},
      {POWER, 0, 2, 0},
      {POWER, 0, 0.5, 0},
      {POWER, 0, 0, 1},
      {POWER, 0, -1, inf},
      {POWER, 0, -0.5, inf},
      {POWER, -2, 3, -8},
      {POWER, -2, 2, 4},
      {POWER, -2, -1, -0.5},
      {POWER, -2, 0.5, nan},
      {POWER, -2, 0, 1},
      {POWER, -0x1p-140, 0.5, nan},
      {POWER, 4, 0.5, 2},
      {POWER, 1e30, 2e30, inf},
      {POWER, 1e30, -2e30, 0},
      {POWER, -3, 0x1p24 - 1, -inf},
      {POWER, -3, 0x1p24, inf},
      {POWER, 2, -140, 0x1p-140},
      {POWER, nan, 0, 1},
      {POWER, 1, nan, 1},
      {POWER, nan, nan, nan},
      {POWER, -1, nan, nan},
  };
  enum { CASES = sizeof cases / sizeof *cases };
  check_about("special values");
  for (int n = 0; n < CASES; n += 16) {
    const int count = CASES - n < 16 ? CASES - n : 16;
    for (int k = 0; k < 16; k++) {
      const int from = k < count ? n + k : n;
      x_f32[k] = (float)(x_f64[k] = cases[from].x), p_f32[k] = (float)(p_f64[k] = cases[from].p);
      // So that both types are asked the same.
      x_f64[k] = x_f32[k], p_f64[k] = p_f32[k];
    }
    compute(16);
    for (int k = 0; k < count; k++) {
      const int output = cases[n + k].output;
      const double value = cases[n + k].value, y[] = {y_f32[output][k], y_f64[output][k]};
      for (int type = 0; type < 2; type++) {
        const double want = type == 0 ? (double)(float)value : value;
        CHECK(isnan(want) ? isnan(y[type]) : y[type] == want && !signbit(y[type]) == !signbit(want),
              "%s(%g), power %g, of %s = %g", NAMES[output], x_f64[k], p_f64[k], type == 0 ? "float" : "double",
              y[type]);
      }
    }
  }
  // C's table of pow: zeros, ones, infinities and NaN to the power of each other.
  check_about("powers of special values");
  const double values[] = {0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, inf, -inf, nan, 0x1p60, -0x1p60, -2.5};
  for (int k = 0; k < 16; k++) {
    for (int n = 0; n < 16; n++) {
      x_f32[n] = (float)(x_f64[n] = values[k]);
      p_f32[n] = (float)(p_f64[n] = values[n]);
    }
    compute(16);
    for (int n = 0; n < 16; n++) {
      const double y[] = {y_f32[POWER][n], y_f64[POWER][n]},
                   want[] = {powf(x_f32[n], p_f32[n]), pow(x_f64[n], p_f64[n])};
      for (int type = 0; type < 2; type++) {
        const bool same = isnan(want[type]) ? isnan(y[type])
                          : isinf(want[type])
                              ? y[type] == want[type]
                              : fabs(y[type] - want[type]) <= fabs(want[type]) * (type ? 0x1p-51 : 0x1p-22);
        CHECK(same && (isnan(y[type]) || !signbit(y[type]) == !signbit(want[type])), "power(%g, %g) of %s = %g",
              values[k], values[n], type == 0 ? "float" : "double", y[type]);
      }
    }
  }
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
  for (kind kind = UNIFORM; kind <= UNITS; kind++) {
    check_about("arguments of kind %d", (int)kind);
    fill(kind, kind == UNIFORM ? 105 : 1e6, kind == UNIFORM ? 750 : 1e9);
    compute(COUNT);
#if defined(__x86_64__)
    if (dn_isa_available(DN_ISA_AVX2)) {
      elementary_avx2_f32(x_f32, p_f32, COUNT, other_f32);
      elementary_avx2_f64(x_f64, p_f64, COUNT, other_f64);
      same_bits("avx2");
    }
    if (dn_isa_available(DN_ISA_AVX512)) {
      elementary_avx512_f32(x_f32, p_f32, COUNT, other_f32);
      elementary_avx512_f64(x_f64, p_f64, COUNT, other_f64);
      same_bits("avx512");
    }
#else
    (void)other_f32, (void)other_f64;
#endif
  }
}

int main(int argc, char **argv) {
  for (int k = 0; k < OUTPUTS; k++) {
    out_f32[k] = y_f32[k], out_f64[k] = y_f64[k];
    other_f32[k] = z_f32[k], other_f64[k] = z_f64[k];
  }
  static const check_test tests[] = {{"exp", test_exp},         {"sincos", test_sincos},
                                     {"wrap", test_wrap},       {"functions", test_functions},
                                     {"special", test_special}, {"special_functions", test_special_functions},
                                     {"widths", test_widths}};
  return CHECK_MAIN(argc, argv, tests);
}

// Tests of the random generator: every instruction set that this CPU has against a scalar reference, bit for bit; the
// reference's stream against JAX's (random_golden.h); the distributions; the errors of kernel/math.h.
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "elementary.h"
#include "kernels.h"
#include "random_golden.h"

#pragma STDC FP_CONTRACT OFF

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

// ---- Scalar reference ----------------------------------------------------------------------------------------------

static uint32_t rotate(uint32_t x, int left) { return x << left | x >> (32 - left); }

static dn_key reference_threefry(dn_key key, uint64_t n) {
  static const int rotation[8] = {13, 15, 26, 6, 17, 29, 16, 24};
  const uint32_t words[3] = {key.word[0], key.word[1], key.word[0] ^ key.word[1] ^ 0x1BD11BDA};
  uint32_t x = (uint32_t)(n >> 32) + words[0], y = (uint32_t)(n & 0xffffffff) + words[1];
  for (int round = 0; round < 20; round++) {
    x += y;
    y = rotate(y, rotation[round % 8]) ^ x;
    if (round % 4 == 3) {
      x += words[(round / 4 + 1) % 3];
      y += words[(round / 4 + 2) % 3] + (uint32_t)(round / 4 + 1);
    }
  }
  return (dn_key){{x, y}};
}

static uint32_t reference_bits_u32(dn_key key, uint64_t n) {
  const dn_key w = reference_threefry(key, n);
  return w.word[0] ^ w.word[1];
}
static uint64_t reference_bits_u64(dn_key key, uint64_t n) {
  const dn_key w = reference_threefry(key, n);
  return (uint64_t)w.word[0] << 32 | w.word[1];
}

static float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
static double double_of(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
static uint32_t bits_of_float(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof x);
  return bits;
}
static uint64_t bits_of_double(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof x);
  return bits;
}

// Numbers of one sign are ordered like their bits.
static int64_t ulps_f32(float a, uint32_t b) { return llabs((int64_t)bits_of_float(a) - (int64_t)b); }
static int64_t ulps_f64(double a, uint64_t b) { return llabs((int64_t)(bits_of_double(a) - b)); }

static float reference_uniform_f32(dn_key key, uint64_t n, float lo, float hi) {
  const float unit = float_of(reference_bits_u32(key, n) >> 9 | 0x3f800000) - 1;
  const float u = fmaf(unit, hi - lo, lo);
  return u < lo ? lo : u;
}
static double reference_uniform_f64(dn_key key, uint64_t n, double lo, double hi) {
  const double unit = double_of(reference_bits_u64(key, n) >> 12 | 0x3ff0000000000000) - 1;
  const double u = fma(unit, hi - lo, lo);
  return u < lo ? lo : u;
}

static int32_t reference_integers_i32(dn_key key, uint64_t n, int32_t lo, int32_t hi) {
  const uint32_t high = reference_bits_u32(reference_threefry(key, 0), n);
  const uint32_t low = reference_bits_u32(reference_threefry(key, 1), n);
  const uint32_t span = hi <= lo ? 1 : (uint32_t)hi - (uint32_t)lo;
  uint32_t multiplier = 65536 % span;
  multiplier = multiplier * multiplier % span;
  return (int32_t)((uint32_t)lo + (high % span * multiplier + low % span) % span);
}
static int64_t reference_integers_i64(dn_key key, uint64_t n, int64_t lo, int64_t hi) {
  const uint64_t high = reference_bits_u64(reference_threefry(key, 0), n);
  const uint64_t low = reference_bits_u64(reference_threefry(key, 1), n);
  const uint64_t span = hi <= lo ? 1 : (uint64_t)hi - (uint64_t)lo;
  uint64_t multiplier = 4294967296 % span;
  multiplier = multiplier * multiplier % span;
  return (int64_t)((uint64_t)lo + (high % span * multiplier + low % span) % span);
}

static float reference_polynomial_f32(float x, const float *c, int n) {
  float p = c[0];
  for (int k = 1; k < n; k++) p = fmaf(p, x, c[k]);
  return p;
}
static double reference_polynomial_f64(double x, const double *c, int n) {
  double p = c[0];
  for (int k = 1; k < n; k++) p = fma(p, x, c[k]);
  return p;
}

static float reference_log_f32(float x) {
  static const float c[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                            -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                            2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
  int exponent;
  float m = frexpf(x, &exponent);
  if (m < 0x1.6a09e6p-1f) m *= 2, exponent--;
  const float r = m - 1, square = r * r;
  float tail = fmaf(square * r, reference_polynomial_f32(r, c, 9), (float)exponent * -2.12194440e-4f);
  tail = fmaf(square, -0.5f, tail);
  return fmaf((float)exponent, 0.693359375f, r + tail);
}

static double reference_log_f64(double x) {
  static const double c[] = {1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
                             2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01,
                             6.666666666666735130e-01};
  int exponent;
  double m = frexp(x, &exponent);
  if (m < double_of(0x3fe6a09e00000000)) m *= 2, exponent--;
  const double r = m - 1, s = r / (2 + r), z = s * s, half = r * r * 0.5;
  const double inner = fma(z, reference_polynomial_f64(z, c, 7), half);
  const double rest = fma(s, inner, exponent * 1.90821492927058770002e-10);
  return fma(exponent, 6.93147180369123816490e-01, r - (half - rest));
}

static double reference_log1p_xla(double x) {
  static const double p[] = {4.5270000862445199635215e-5, 4.9854102823193375972212e-1, 6.5787325942061044846969e0,
                             2.9911919328553073277375e1,  6.0949667980987787057556e1,  5.7112963590585538103336e1,
                             2.0039553499201281259648e1};
  static const double q[] = {1.0,
                             1.5062909083469192043167e1,
                             8.3047565967967209469434e1,
                             2.2176239823732856465394e2,
                             3.0909872225312059774938e2,
                             2.1642788614495947685003e2,
                             6.0118660497603843919306e1};
  if (fabs(x) >= 0x1.a827999fcef32p-2) return reference_log_f64(1 + x);
  const double square = x * x, ratio = reference_polynomial_f64(x, p, 7) / reference_polynomial_f64(x, q, 7);
  return x + fma(square, -0.5, x * square * ratio);
}

static float reference_erfinv_f32(float x) {
  static const float centre[] = {2.81022636e-08f, 3.43273939e-07f, -3.5233877e-06f, -4.39150654e-06f, 0.00021858087f,
                                 -0.00125372503f, -0.00417768164f, 0.246640727f,    1.50140941f};
  static const float tail[] = {-0.000200214257f, 0.000100950558f, 0.00134934322f, -0.00367342844f, 0.00573950773f,
                               -0.0076224613f,   0.00943887047f,  1.00167406f,    2.83297682f};
  const float w = -reference_log_f32(1 - x * x);
  const float p =
      w < 5 ? reference_polynomial_f32(w - 2.5f, centre, 9) : reference_polynomial_f32(sqrtf(w) - 3, tail, 9);
  return p * x;
}

static double reference_erfinv_f64(double x) {
  static const double centre[] = {
      -3.6444120640178196996e-21, -1.685059138182016589e-19,  1.2858480715256400167e-18,  1.115787767802518096e-17,
      -1.333171662854620906e-16,  2.0972767875968561637e-17,  6.6376381343583238325e-15,  -4.0545662729752068639e-14,
      -8.1519341976054721522e-14, 2.6335093153082322977e-12,  -1.2975133253453532498e-11, -5.4154120542946279317e-11,
      1.051212273321532285e-09,   -4.1126339803469836976e-09, -2.9070369957882005086e-08, 4.2347877827932403518e-07,
      -1.3654692000834678645e-06, -1.3882523362786468719e-05, 0.0001867342080340571352,   -0.00074070253416626697512,
      -0.0060336708714301490533,  0.24015818242558961693,     1.6536545626831027356};
  static const double tail[] = {
      2.2137376921775787049e-09,  9.0756561938885390979e-08, -2.7517406297064545428e-07, 1.8239629214389227755e-08,
      1.5027403968909827627e-06,  -4.013867526981545969e-06, 2.9234449089955446044e-06,  1.2475304481671778723e-05,
      -4.7318229009055733981e-05, 6.8284851459573175448e-05, 2.4031110387097893999e-05,  -0.0003550375203628474796,
      0.00095328937973738049703,  -0.0016882755560235047313, 0.0024914420961078508066,   -0.0037512085075692412107,
      0.005370914553590063617,    1.0052589676941592334,     3.0838856104922207635};
  static const double far_tail[] = {-2.7109920616438573243e-11, -2.5556418169965252055e-10, 1.5076572693500548083e-09,
                                    -3.7894654401267369937e-09, 7.6157012080783393804e-09,  -1.4960026627149240478e-08,
                                    2.9147953450901080826e-08,  -6.7711997758452339498e-08, 2.2900482228026654717e-07,
                                    -9.9298272942317002539e-07, 4.5260625972231537039e-06,  -1.9681778105531670567e-05,
                                    7.5995277030017761139e-05,  -0.00021503011930044477347, -0.00013871931833623122026,
                                    1.0103004648645343977,      4.8499064014085844221};
  const double w = -reference_log1p_xla(-(x * x));
  const double p = w < 6.25 ? reference_polynomial_f64(w - 3.125, centre, 23)
                   : w < 16 ? reference_polynomial_f64(sqrt(w) - 3.25, tail, 19)
                            : reference_polynomial_f64(sqrt(w) - 5, far_tail, 17);
  return p * x;
}

static float reference_normal_f32(dn_key key, uint64_t n) {
  return 1.41421356f * reference_erfinv_f32(reference_uniform_f32(key, n, nextafterf(-1, 0), 1));
}
static double reference_normal_f64(dn_key key, uint64_t n) {
  return 1.4142135623730951 * reference_erfinv_f64(reference_uniform_f64(key, n, nextafter(-1, 0), 1));
}

// ---- One table of every fill ---------------------------------------------------------------------------------------

typedef enum { BITS_U32, BITS_U64, UNIFORM_F32, UNIFORM_F64, INTEGERS_I32, INTEGERS_I64, NORMAL_F32, NORMAL_F64 } Fill;

typedef struct {
  const char *name;
  Fill fill;
  double lo, hi;        // of the uniform fills
  int64_t least, most;  // of the integers
} Case;

static const Case CASES[] = {
    {"bits_u32", BITS_U32, 0, 0, 0, 0},
    {"bits_u64", BITS_U64, 0, 0, 0, 0},
    {"uniform_f32 [0, 1)", UNIFORM_F32, 0, 1, 0, 0},
    {"uniform_f32 [0.1, 0.2)", UNIFORM_F32, 0.1, 0.2, 0, 0},
    {"uniform_f64 [-0.3, 1.7)", UNIFORM_F64, -0.3, 1.7, 0, 0},
    {"uniform_f64 [0.1, 0.2)", UNIFORM_F64, 0.1, 0.2, 0, 0},
    {"integers_i32 [0, 255)", INTEGERS_I32, 0, 0, 0, 255},
    {"integers_i32 [0, 256)", INTEGERS_I32, 0, 0, 0, 256},
    {"integers_i32 [-7, 8)", INTEGERS_I32, 0, 0, -7, 8},
    {"integers_i32 [3, 4)", INTEGERS_I32, 0, 0, 3, 4},
    {"integers_i32 [5, 2)", INTEGERS_I32, 0, 0, 5, 2},
    {"integers_i32 [0, 70001)", INTEGERS_I32, 0, 0, 0, 70001},
    {"integers_i32, all", INTEGERS_I32, 0, 0, INT32_MIN, INT32_MAX},
    {"integers_i64 [0, 255)", INTEGERS_I64, 0, 0, 0, 255},
    {"integers_i64 [5, 5)", INTEGERS_I64, 0, 0, 5, 5},
    {"integers_i64 [0, 2^32 + 15)", INTEGERS_I64, 0, 0, 0, 4294967311},
    {"integers_i64, wide", INTEGERS_I64, 0, 0, -1000000000000000, 100000000000000003},
    {"integers_i64, all", INTEGERS_I64, 0, 0, INT64_MIN, INT64_MAX},
    {"normal_f32", NORMAL_F32, 0, 0, 0, 0},
    {"normal_f64", NORMAL_F64, 0, 0, 0, 0},
};

static size_t element_size(Fill fill) {
  return fill == BITS_U32 || fill == UNIFORM_F32 || fill == INTEGERS_I32 || fill == NORMAL_F32 ? 4 : 8;
}

// The fills of one instruction set, or the public ones.
typedef struct fills {
  void (*bits_u32)(dn_key key, uint64_t first, ptrdiff_t count, uint32_t *out);
  void (*bits_u64)(dn_key key, uint64_t first, ptrdiff_t count, uint64_t *out);
  void (*uniform_f32)(dn_key key, uint64_t first, ptrdiff_t count, float lo, float hi, float *out);
  void (*uniform_f64)(dn_key key, uint64_t first, ptrdiff_t count, double lo, double hi, double *out);
  void (*integers_i32)(dn_key key, uint64_t first, ptrdiff_t count, int32_t lo, int32_t hi, int32_t *out);
  void (*integers_i64)(dn_key key, uint64_t first, ptrdiff_t count, int64_t lo, int64_t hi, int64_t *out);
  void (*normal_f32)(dn_key key, uint64_t first, ptrdiff_t count, float *out);
  void (*normal_f64)(dn_key key, uint64_t first, ptrdiff_t count, double *out);
} fills;
static fills fills_of(dn_isa isa) {
  const dn_kernels_f32 *single = dn_kernels_of_f32(isa);
  const dn_kernels_f64 *twice = dn_kernels_of_f64(isa);
  return (fills){single->bits,     twice->bits,     single->uniform, twice->uniform,
                 single->integers, twice->integers, single->normal,  twice->normal};
}

static void draw(const fills *kernels, const Case *c, dn_key key, uint64_t first, ptrdiff_t count, void *out) {
  switch (c->fill) {
    case BITS_U32: kernels->bits_u32(key, first, count, out); break;
    case BITS_U64: kernels->bits_u64(key, first, count, out); break;
    case UNIFORM_F32: kernels->uniform_f32(key, first, count, (float)c->lo, (float)c->hi, out); break;
    case UNIFORM_F64: kernels->uniform_f64(key, first, count, c->lo, c->hi, out); break;
    case INTEGERS_I32: kernels->integers_i32(key, first, count, (int32_t)c->least, (int32_t)c->most, out); break;
    case INTEGERS_I64: kernels->integers_i64(key, first, count, c->least, c->most, out); break;
    case NORMAL_F32: kernels->normal_f32(key, first, count, out); break;
    case NORMAL_F64: kernels->normal_f64(key, first, count, out); break;
  }
}

static const fills PUBLIC = {
    dn_random_bits_u32,     dn_random_bits_u64,     dn_random_uniform_f32, dn_random_uniform_f64,
    dn_random_integers_i32, dn_random_integers_i64, dn_random_normal_f32,  dn_random_normal_f64,
};

static uint64_t reference_bits(const Case *c, dn_key key, uint64_t n) {
  switch (c->fill) {
    case BITS_U32: return reference_bits_u32(key, n);
    case BITS_U64: return reference_bits_u64(key, n);
    case UNIFORM_F32: return bits_of_float(reference_uniform_f32(key, n, (float)c->lo, (float)c->hi));
    case UNIFORM_F64: return bits_of_double(reference_uniform_f64(key, n, c->lo, c->hi));
    case INTEGERS_I32: return (uint32_t)reference_integers_i32(key, n, (int32_t)c->least, (int32_t)c->most);
    case INTEGERS_I64: return (uint64_t)reference_integers_i64(key, n, c->least, c->most);
    case NORMAL_F32: return bits_of_float(reference_normal_f32(key, n));
    case NORMAL_F64: return bits_of_double(reference_normal_f64(key, n));
  }
  return 0;
}

static uint64_t element(const void *array, size_t size, ptrdiff_t n) {
  if (size == 4) return ((const uint32_t *)array)[n];
  return ((const uint64_t *)array)[n];
}

// ---- Every instruction set against the reference -------------------------------------------------------------------

enum { MOST = 300, MARGIN = 64 };  // elements of the longest draw; untouched elements on each side of it

static void test_kernels(const char *isa, const fills *kernels) {
  static const uint64_t firsts[] = {0, 1, 13, 4294967296 - 37, 4294967295, 4294967296, 8589934600, UINT64_MAX - 20};
  static const ptrdiff_t counts[] = {127, 128, 129, 255, 256, 257, MOST};
  const dn_key key = {{0x243f6a88, 0x85a308d3}};
  static uint64_t expected[MOST], memory[MOST + 2 * MARGIN];
  for (int k = 0; k < COUNT(CASES); k++) {
    const Case *c = &CASES[k];
    const size_t size = element_size(c->fill);
    for (int f = 0; f < COUNT(firsts); f++) {
      for (int n = 0; n < MOST; n++) expected[n] = reference_bits(c, key, firsts[f] + (uint64_t)n);
      for (int m = 0; m < 71 + COUNT(counts); m++) {
        const ptrdiff_t count = m < 71 ? m : counts[m - 71];
        memset(memory, 0xa5, sizeof memory);
        // Aligned to one element only: every position within a vector comes up.
        unsigned char *out = (unsigned char *)memory + (size_t)(MARGIN / 2 + m % 17) * size;
        draw(kernels, c, key, firsts[f], count, out);
        ptrdiff_t right = 0;
        while (right < count && element(out, size, right) == expected[right]) right++;
        CHECK(right == count, "%s %s first %llu count %td: element %td, expected %llx", isa, c->name,
              (unsigned long long)firsts[f], count, right, (unsigned long long)expected[right % MOST]);
        bool untouched = true;
        for (unsigned char *p = (unsigned char *)memory; p < (unsigned char *)(memory + MOST + 2 * MARGIN); p++) {
          if ((p < out || p >= out + (size_t)count * size) && *p != 0xa5) untouched = false;
        }
        CHECK(untouched, "%s %s first %llu count %td: wrote outside", isa, c->name, (unsigned long long)firsts[f],
              count);
      }
    }
    draw(kernels, c, key, 0, 0, NULL);  // nothing to write, nowhere to write it
  }
}

// Long stretches, in which every branch of the normals is taken.
static void test_long(const char *isa, const fills *kernels) {
  enum { LONG = 200000 };
  static double memory[LONG];
  const dn_key key = dn_key_create(11);
  const Case cases[] = {{"normal_f32", NORMAL_F32, 0, 0, 0, 0}, {"normal_f64", NORMAL_F64, 0, 0, 0, 0}};
  for (int k = 0; k < 2; k++) {
    const size_t size = element_size(cases[k].fill);
    draw(kernels, &cases[k], key, 1000, LONG, memory);
    ptrdiff_t right = 0;
    while (right < LONG && element(memory, size, right) == reference_bits(&cases[k], key, 1000 + (uint64_t)right))
      right++;
    CHECK(right == LONG, "%s %s: element %td of a long draw", isa, cases[k].name, right);
  }
}

// The draws farthest from 0, looked up by their indices: |z| > 5.3, erfinv's outermost polynomial, is one in ten million.
static void test_extremes(const char *isa, const fills *kernels) {
  const dn_key key = dn_key_create(7);
  for (int n = 0; n < COUNT(GOLDEN_FAR_F64_INDEX); n++) {
    double z;
    kernels->normal_f64(key, GOLDEN_FAR_F64_INDEX[n], 1, &z);
    CHECK(bits_of_double(z) == bits_of_double(reference_normal_f64(key, GOLDEN_FAR_F64_INDEX[n])),
          "%s normal_f64 element %u", isa, GOLDEN_FAR_F64_INDEX[n]);
    CHECK(ulps_f64(z, GOLDEN_FAR_F64[n]) <= 4, "%s: JAX's normal f64, element %u", isa, GOLDEN_FAR_F64_INDEX[n]);
  }
  for (int n = 0; n < COUNT(GOLDEN_EXTREME_F64_INDEX); n++) {
    double z;
    kernels->normal_f64(key, GOLDEN_EXTREME_F64_INDEX[n], 1, &z);
    CHECK(bits_of_double(z) == bits_of_double(reference_normal_f64(key, GOLDEN_EXTREME_F64_INDEX[n])),
          "%s normal_f64 element %u", isa, GOLDEN_EXTREME_F64_INDEX[n]);
  }
  for (int n = 0; n < COUNT(GOLDEN_EXTREME_F32_INDEX); n++) {
    float z;
    kernels->normal_f32(key, GOLDEN_EXTREME_F32_INDEX[n], 1, &z);
    CHECK(bits_of_float(z) == bits_of_float(reference_normal_f32(key, GOLDEN_EXTREME_F32_INDEX[n])),
          "%s normal_f32 element %u", isa, GOLDEN_EXTREME_F32_INDEX[n]);
  }
}

// ---- JAX -----------------------------------------------------------------------------------------------------------

static bool equal(dn_key key, const uint32_t *words) { return key.word[0] == words[0] && key.word[1] == words[1]; }

static void test_keys(void) {
  dn_key keys[10];
  dn_key_split(dn_key_create(0), 0, 1, keys);
  CHECK(keys[0].word[0] == 0x6b200159 && keys[0].word[1] == 0x99ba4efe, "known answer: key 0, counter 0");
  for (int n = 0; n < COUNT(GOLDEN_SEED); n++) {
    CHECK(equal(dn_key_create(GOLDEN_SEED[n]), GOLDEN_SEED_KEY + 2 * n), "key of seed %llu",
          (unsigned long long)GOLDEN_SEED[n]);
  }
  dn_key_split(dn_key_create(0), 0, 10, keys);
  for (int n = 0; n < 10; n++) CHECK(equal(keys[n], GOLDEN_SPLIT_0 + 2 * n), "split(key(0), 10)[%d]", n);
  dn_key_split(dn_key_create(0), 4, 3, keys);
  for (int n = 0; n < 3; n++) CHECK(equal(keys[n], GOLDEN_SPLIT_0 + 2 * (4 + n)), "split(key(0), 10)[4 + %d]", n);
  dn_key_split(dn_key_create(12345678901), 0, 3, keys);
  for (int n = 0; n < 3; n++) CHECK(equal(keys[n], GOLDEN_SPLIT_BIG + 2 * n), "split(key(12345678901), 3)[%d]", n);
  for (int n = 0; n < COUNT(GOLDEN_FOLD_DATA); n++) {
    CHECK(equal(dn_key_fold_in(dn_key_create(42), GOLDEN_FOLD_DATA[n]), GOLDEN_FOLD_KEY + 2 * n),
          "fold_in(key(42), %u)", GOLDEN_FOLD_DATA[n]);
  }
  const dn_key key = dn_key_create(7);
  for (int n = 0; n < COUNT(GOLDEN_WORDS_FIRST); n++) {
    dn_key_split(key, GOLDEN_WORDS_FIRST[n], 8, keys);
    uint32_t bits[8];
    uint64_t long_bits[8];
    dn_random_bits_u32(key, GOLDEN_WORDS_FIRST[n], 8, bits);
    dn_random_bits_u64(key, GOLDEN_WORDS_FIRST[n], 8, long_bits);
    for (int k = 0; k < 8; k++) {
      const uint32_t *words = GOLDEN_WORDS + 16 * n + 2 * k;
      CHECK(equal(keys[k], words) && bits[k] == (words[0] ^ words[1]) &&
                long_bits[k] == ((uint64_t)words[0] << 32 | words[1]),
            "words of element %llu + %d", (unsigned long long)GOLDEN_WORDS_FIRST[n], k);
    }
  }
}

static void check_bits_32(const char *name, int row, const void *got, const uint32_t *expected, int count) {
  for (int n = 0; n < count; n++) {
    CHECK(((const uint32_t *)got)[n] == expected[n], "JAX's %s, row %d, element %d", name, row, n);
  }
}
static void check_bits_64(const char *name, int row, const void *got, const uint64_t *expected, int count) {
  for (int n = 0; n < count; n++) {
    CHECK(((const uint64_t *)got)[n] == expected[n], "JAX's %s, row %d, element %d", name, row, n);
  }
}

static void test_jax(void) {
  const dn_key key = dn_key_create(7);
  uint32_t bits32[100];
  uint64_t bits64[100];
  dn_random_bits_u32(key, 0, 100, bits32);
  check_bits_32("bits u32", 0, bits32, GOLDEN_BITS_U32, 100);
  dn_random_bits_u64(key, 0, 100, bits64);
  check_bits_64("bits u64", 0, bits64, GOLDEN_BITS_U64, 100);
  for (int row = 0; row < COUNT(GOLDEN_UNIFORM_F32_BOUNDS); row++) {
    float u[64];
    dn_random_uniform_f32(key, 0, 64, GOLDEN_UNIFORM_F32_BOUNDS[row][0], GOLDEN_UNIFORM_F32_BOUNDS[row][1], u);
    check_bits_32("uniform f32", row, u, GOLDEN_UNIFORM_F32 + 64 * row, 64);
  }
  for (int row = 0; row < COUNT(GOLDEN_UNIFORM_F64_BOUNDS); row++) {
    double u[64];
    dn_random_uniform_f64(key, 0, 64, GOLDEN_UNIFORM_F64_BOUNDS[row][0], GOLDEN_UNIFORM_F64_BOUNDS[row][1], u);
    check_bits_64("uniform f64", row, u, GOLDEN_UNIFORM_F64 + 64 * row, 64);
  }
  for (int row = 0; row < COUNT(GOLDEN_INTEGERS_I32_BOUNDS); row++) {
    int32_t n[40];
    dn_random_integers_i32(key, 0, 40, GOLDEN_INTEGERS_I32_BOUNDS[row][0], GOLDEN_INTEGERS_I32_BOUNDS[row][1], n);
    check_bits_32("integers i32", row, n, GOLDEN_INTEGERS_I32 + 40 * row, 40);
  }
  for (int row = 0; row < COUNT(GOLDEN_INTEGERS_I64_BOUNDS); row++) {
    int64_t n[40];
    dn_random_integers_i64(key, 0, 40, GOLDEN_INTEGERS_I64_BOUNDS[row][0], GOLDEN_INTEGERS_I64_BOUNDS[row][1], n);
    check_bits_64("integers i64", row, n, GOLDEN_INTEGERS_I64 + 40 * row, 40);
  }
  float z32[400];
  dn_random_normal_f32(key, 0, 400, z32);
  for (int n = 0; n < 400; n++) {
    CHECK(ulps_f32(z32[n], GOLDEN_NORMAL_F32[n]) <= 4, "JAX's normal f32, element %d: %lld ulp", n,
          (long long)ulps_f32(z32[n], GOLDEN_NORMAL_F32[n]));
  }
  double z64[400];
  dn_random_normal_f64(key, 0, 400, z64);
  for (int n = 0; n < 400; n++) {
    CHECK(ulps_f64(z64[n], GOLDEN_NORMAL_F64[n]) <= 4, "JAX's normal f64, element %d: %lld ulp", n,
          (long long)ulps_f64(z64[n], GOLDEN_NORMAL_F64[n]));
  }
  for (int n = 0; n < COUNT(GOLDEN_EXTREME_F32); n++) {
    float z;
    dn_random_normal_f32(key, GOLDEN_EXTREME_F32_INDEX[n], 1, &z);
    CHECK(ulps_f32(z, GOLDEN_EXTREME_F32[n]) <= 4, "JAX's normal f32, element %u", GOLDEN_EXTREME_F32_INDEX[n]);
  }
  for (int n = 0; n < COUNT(GOLDEN_EXTREME_F64); n++) {
    double z;
    dn_random_normal_f64(key, GOLDEN_EXTREME_F64_INDEX[n], 1, &z);
    CHECK(ulps_f64(z, GOLDEN_EXTREME_F64[n]) <= 4, "JAX's normal f64, element %u", GOLDEN_EXTREME_F64_INDEX[n]);
  }
}

// ---- Distributions -------------------------------------------------------------------------------------------------

enum { SAMPLE = 1000000 };

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// Moments within 4 standard errors, the empirical distribution within Kolmogorov's bound at 1 in 1000. The key is fixed:
// this either always holds or never.
static void check_normal(const char *name, double *z) {
  double mean = 0, second = 0, third = 0, fourth = 0, neighbours = 0;
  for (int n = 0; n < SAMPLE; n++) mean += z[n] / SAMPLE;
  for (int n = 0; n < SAMPLE; n++) {
    const double d = z[n] - mean, square = d * d;
    second += square / SAMPLE, third += square * d / SAMPLE, fourth += square * square / SAMPLE;
    if (n > 0) neighbours += d * (z[n - 1] - mean) / SAMPLE;
  }
  const double error = 1 / sqrt(SAMPLE);
  CHECK(fabs(mean) < 4 * error, "%s: mean %g", name, mean);
  CHECK(fabs(second - 1) < 4 * sqrt(2) * error, "%s: variance %g", name, second);
  CHECK(fabs(third) < 4 * sqrt(15) * error, "%s: third moment %g", name, third);
  const double kurtosis = fourth / (second * second);
  CHECK(fabs(kurtosis - 3) < 4 * sqrt(24) * error, "%s: kurtosis %g", name, kurtosis);
  CHECK(fabs(neighbours) < 4 * error, "%s: correlation of neighbours %g", name, neighbours);
  qsort(z, SAMPLE, sizeof *z, ascending);
  double distance = 0;
  for (int n = 0; n < SAMPLE; n++) {
    const double p = 0.5 * erfc(-z[n] / sqrt(2));
    distance = fmax(distance, fmax(p - (double)n / SAMPLE, (double)(n + 1) / SAMPLE - p));
  }
  CHECK(distance * sqrt(SAMPLE) < 1.95, "%s: distance of distributions %g", name, distance);
  const double least = z[0], most = z[SAMPLE - 1];
  CHECK(least > -6 && least < -4 && most > 4 && most < 6, "%s: range %g ... %g", name, least, most);
}

static void test_distributions(void) {
  static double z[SAMPLE];
  static float single[SAMPLE];
  const dn_key key = dn_key_create(2024);
  dn_random_normal_f64(key, 0, SAMPLE, z);
  check_normal("normal_f64", z);
  dn_random_normal_f32(key, 0, SAMPLE, single);
  for (int n = 0; n < SAMPLE; n++) z[n] = single[n];
  check_normal("normal_f32", z);
  static int32_t integers[SAMPLE];
  enum { SPAN = 255 };
  double squares = 0, hits[SPAN] = {0};
  dn_random_integers_i32(key, 0, SAMPLE, 0, SPAN, integers);
  bool inside = true;
  for (int n = 0; n < SAMPLE; n++) {
    if (integers[n] < 0 || integers[n] >= SPAN) inside = false;
    else hits[integers[n]]++;
  }
  const double each = (double)SAMPLE / SPAN;
  for (int n = 0; n < SPAN; n++) squares += (hits[n] - each) * (hits[n] - each) / each;
  CHECK(inside, "integers_i32 outside [0, 255)");
  CHECK(fabs(squares - (SPAN - 1)) < 4 * sqrt(2 * (SPAN - 1)), "integers_i32: chi-square %g", squares);
}

// ---- Elementary functions ------------------------------------------------------------------------------------------

static float log_of_float(float x) {
  float in[16], out[OUTPUTS][16], *rows[OUTPUTS];
  for (int n = 0; n < 16; n++) in[n] = x;
  for (int k = 0; k < OUTPUTS; k++) rows[k] = out[k];
  elementary_base_f32(in, in, 16, rows);
  return out[LOG][0];
}
static double log_of_double(double x) {
  double in[16], out[OUTPUTS][16], *rows[OUTPUTS];
  for (int n = 0; n < 16; n++) in[n] = x;
  for (int k = 0; k < OUTPUTS; k++) rows[k] = out[k];
  elementary_base_f64(in, in, 16, rows);
  return out[LOG][0];
}

static double ulp(double x, int digits) {
  int exponent;
  frexp(x, &exponent);
  return ldexp(1, exponent - digits);
}

static void test_log(void) {
  // Where long double is double, the exact result carries half an ulp of its own.
  const double doubt = LDBL_MANT_DIG > 53 ? 0 : 0.5;
  double worst_f32 = 0, worst_f64 = 0;
  for (uint64_t n = 0; n < 400000; n++) {
    const uint64_t bits = reference_bits_u64(dn_key_create(5), n);
    // A third over every exponent, a third below 1, a third above.
    const uint32_t low = (uint32_t)bits;
    const float x = n % 3 == 0   ? float_of(low % 0x7f000000 + 0x00800000)
                    : n % 3 == 1 ? float_of(low >> 9 | 0x3f000000)
                                 : float_of(low >> 9 | 0x3f800000);
    const double y = n % 3 == 0   ? double_of(bits % 0x7fe0000000000000 + 0x0010000000000000)
                     : n % 3 == 1 ? double_of(bits >> 12 | 0x3fe0000000000000)
                                  : double_of(bits >> 12 | 0x3ff0000000000000);
    if (x != 1) worst_f32 = fmax(worst_f32, fabs(log_of_float(x) - log(x)) / ulp(log(x), 24));
    if (y != 1) worst_f64 = fmax(worst_f64, (double)fabsl(log_of_double(y) - logl(y)) / ulp((double)logl(y), 53));
  }
  CHECK(worst_f32 < 0.83, "log of float: %g ulp", worst_f32);
  CHECK(worst_f64 < 0.85 + doubt, "log of double: %g ulp", worst_f64);
  CHECK(log_of_float(1) == 0 && log_of_double(1) == 0, "log of 1");
}

static void test_instruction_sets(void) {
  for (dn_isa isa = DN_ISA_BASE; isa <= DN_ISA_AVX512; isa++) {
    if (!dn_isa_available(isa)) continue;
    const fills kernels = fills_of(isa);
    test_kernels(dn_isa_name(isa), &kernels);
    test_long(dn_isa_name(isa), &kernels);
    test_extremes(dn_isa_name(isa), &kernels);
  }
  CHECK(dn_kernels_of_f32((dn_isa)17) == NULL && dn_kernels_of_f64((dn_isa)17) == NULL,
        "kernels of no instruction set");
}

static void test_public(void) { test_kernels("public", &PUBLIC); }

static const check_test tests[] = {
    {"instruction_sets", test_instruction_sets}, {"public", test_public}, {"keys", test_keys}, {"jax", test_jax},
    {"distributions", test_distributions},       {"log", test_log},
};

int main(int argc, char **argv) { return CHECK_MAIN(argc, argv, tests); }

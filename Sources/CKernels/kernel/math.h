// Elementary functions on vectors of DN_REAL, free of libm: the same bits on every CPU and at every vector width.
// Included by all.h after vec.h.
//
//   vec_log(x)      natural logarithm          x positive, normal and finite
//   vec_erfinv(x)   inverse error function     |x| < 1
//   vec_exp(x)      exponential                any x
//   vec_logistic(x) 1 / (1 + exp(-x))          any x
//   vec_sincos(x)   sine and cosine            |x| <= 1e6 in float, 1e9 in double
//
// Errors are in units in the last place (ulp) of the exact result: the largest over all arguments in float, over millions
// in double. Tests/CKernelsTests/random_test.c (log, erfinv) and math_test.c hold them on a sample.
// A mask is a vector of signed integers, -1 where true; `mask ? a : b` chooses lane by lane. The cast to it is for systems
// on which int64_t is not long.

#if DN_REAL_IS_FLOAT
typedef uint32_t vec_bits __attribute__((ext_vector_type(DN_VECTOR_BYTES / 4)));
typedef int32_t vec_mask __attribute__((ext_vector_type(DN_VECTOR_BYTES / 4)));
#else
typedef uint64_t vec_bits __attribute__((ext_vector_type(DN_VECTOR_BYTES / 8)));
typedef int64_t vec_mask __attribute__((ext_vector_type(DN_VECTOR_BYTES / 8)));
#endif

DN_INLINE bool any(vec_mask mask) { return __builtin_reduce_or(mask) != 0; }

// c[0] x^(n-1) + ... + c[n-1], by Horner's rule.
DN_INLINE vec polynomial(vec x, const DN_REAL *c, int n) {
  vec p = vec_splat(c[0]);
#pragma clang loop unroll(full)
  for (int k = 1; k < n; k++) p = vec_fma(p, x, vec_splat(c[k]));
  return p;
}

// Horner's rule with one of two sets of coefficients in each lane.
DN_INLINE vec polynomial_either(vec_mask mask, vec x, const DN_REAL *c, const DN_REAL *d, int n) {
  vec p = mask ? vec_splat(c[0]) : vec_splat(d[0]);
#pragma clang loop unroll(full)
  for (int k = 1; k < n; k++) p = vec_fma(p, x, mask ? vec_splat(c[k]) : vec_splat(d[k]));
  return p;
}

// log x = e log 2 + log m with sqrt(1/2) <= m < sqrt(2). The subtraction of sqrt(1/2)'s bits splits there instead of at 1,
// so that e = 0 around x = 1 and nothing cancels. Error: 0.83 ulp in float, 0.85 ulp in double.

#if DN_REAL_IS_FLOAT

// log(1 + r) = r - r^2/2 + r^3 P(r): Cephes' logf (Moshier 1989); log 2 is split so that e * 0.693359375 is exact.
DN_INLINE vec vec_log(vec x) {
  static const float P[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                            -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                            2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
  vec_bits shifted = (vec_bits)x + (0x3f800000u - 0x3f3504f3u);
  vec e = __builtin_convertvector((vec_mask)(shifted >> 23) - 127, vec);
  vec r = (vec)((shifted & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  vec square = r * r;
  vec tail = vec_fma(square * r, polynomial(r, P, 9), e * -2.12194440e-4f);
  tail = vec_fma(square, vec_splat(-0.5f), tail);
  return vec_fma(e, vec_splat(0.693359375f), r + tail);
}

// Giles, "Approximating the erfinv function", GPU Computing Gems 2 (2012), with w = -log(1 - x^2): x times a polynomial in
// w below 5 and in sqrt(w) above, which 3 draws in 1000 need. x^2 is rounded before it is subtracted, as XLA does:
// near |x| = 1 the result depends on it, and JAX's normals could not be met otherwise. 1 - x^2 needs no log1p: the
// polynomial takes w with an absolute error, and rounding 1 - x^2 costs less of it than w - 2.5 does.
// sqrt(2) erfinv over all 2^23 draws: 96.8 % are XLA's bits, the rest within 3 ulp. Error: 4.2 ulp for |x| < 0.99, growing
// to 91 ulp at the ends, as in XLA: the price of the rounded x^2.
//
// The two halves, for several vectors whose tails are asked for at once: w and the central polynomial, then the tail's.
DN_INLINE vec erfinv_centre(vec x, vec *w) {
  static const float CENTRE[] = {2.81022636e-08f, 3.43273939e-07f, -3.5233877e-06f, -4.39150654e-06f, 0.00021858087f,
                                 -0.00125372503f, -0.00417768164f, 0.246640727f,    1.50140941f};
  *w = -vec_log(1.0f - x * x);
  return polynomial(*w - 2.5f, CENTRE, 9);
}
DN_INLINE vec_mask erfinv_in_tail(vec w) { return (vec_mask)(w >= 5.0f); }
DN_INLINE vec erfinv_with_tail(vec w, vec centre) {
  static const float TAIL[] = {-0.000200214257f, 0.000100950558f, 0.00134934322f, -0.00367342844f, 0.00573950773f,
                               -0.0076224613f,   0.00943887047f,  1.00167406f,    2.83297682f};
  const vec tail = polynomial(__builtin_elementwise_sqrt(w) - 3.0f, TAIL, 9);
  return erfinv_in_tail(w) ? tail : centre;
}
DN_INLINE vec vec_erfinv(vec x) {
  vec w, p = erfinv_centre(x, &w);
  if (__builtin_expect(any(erfinv_in_tail(w)), 0)) p = erfinv_with_tail(w, p);
  return p * x;
}

#else

// log(1 + r) = r - r^2/2 + s (r^2/2 + R(s^2)) with s = r / (2 + r): the method and coefficients of fdlibm's log.
DN_INLINE vec vec_log(vec x) {
  static const double R[] = {1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
                             2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01,
                             6.666666666666735130e-01};
  vec_bits shifted = (vec_bits)x + (0x3ff0000000000000u - 0x3fe6a09e00000000u);
  // An integer below 2^51 in the low bits of 1.5 * 2^52 is that much more than 1.5 * 2^52: a conversion that every
  // instruction set has.
  vec e = (vec)((shifted >> 52) + (0x4338000000000000u - 1023)) - 0x1.8p52;
  vec r = (vec)((shifted & 0x000fffffffffffffu) + 0x3fe6a09e00000000u) - 1.0;
  vec s = r / (r + 2.0);
  vec z = s * s;
  vec half = r * r * 0.5;
  vec rest = vec_fma(s, vec_fma(z, polynomial(z, R, 7), half), e * 1.90821492927058770002e-10);
  return vec_fma(e, vec_splat(6.93147180369123816490e-01), r - (half - rest));
}

// log(1 + x) for x > -1 as XLA evaluates it: x - x^2/2 + x^3 P(x)/Q(x) below |x| = sqrt(2) - 1, Cephes' log1p (Moshier
// 1989), and log(1 + x) above. The rational is fitted to x > sqrt(1/2) - 1 only; between there and 1 - sqrt(2) it is wrong
// by up to 1.5e-14, and so are JAX's normals, which this must meet. Elsewhere 1 ulp.
DN_INLINE vec log1p_xla(vec x) {
  static const double P[] = {4.5270000862445199635215e-5, 4.9854102823193375972212e-1, 6.5787325942061044846969e0,
                             2.9911919328553073277375e1,  6.0949667980987787057556e1,  5.7112963590585538103336e1,
                             2.0039553499201281259648e1};
  static const double Q[] = {1.0,
                             1.5062909083469192043167e1,
                             8.3047565967967209469434e1,
                             2.2176239823732856465394e2,
                             3.0909872225312059774938e2,
                             2.1642788614495947685003e2,
                             6.0118660497603843919306e1};
  vec square = x * x;
  vec ratio = polynomial(x, P, 7) / polynomial(x, Q, 7);
  vec small = x + vec_fma(square, vec_splat(-0.5), x * square * ratio);
  return __builtin_elementwise_abs(x) < 0x1.a827999fcef32p-2 ? small : vec_log(x + 1.0);
}

// As in float, with w - 3.125 below 6.25, sqrt(w) - 3.25 below 16 and sqrt(w) - 5 above; 1 draw in 1000 is above 6.25.
DN_INLINE vec vec_erfinv(vec x) {
  static const double CENTRE[] = {
      -3.6444120640178196996e-21, -1.685059138182016589e-19,  1.2858480715256400167e-18,  1.115787767802518096e-17,
      -1.333171662854620906e-16,  2.0972767875968561637e-17,  6.6376381343583238325e-15,  -4.0545662729752068639e-14,
      -8.1519341976054721522e-14, 2.6335093153082322977e-12,  -1.2975133253453532498e-11, -5.4154120542946279317e-11,
      1.051212273321532285e-09,   -4.1126339803469836976e-09, -2.9070369957882005086e-08, 4.2347877827932403518e-07,
      -1.3654692000834678645e-06, -1.3882523362786468719e-05, 0.0001867342080340571352,   -0.00074070253416626697512,
      -0.0060336708714301490533,  0.24015818242558961693,     1.6536545626831027356};
  static const double TAIL[] = {
      2.2137376921775787049e-09,  9.0756561938885390979e-08, -2.7517406297064545428e-07, 1.8239629214389227755e-08,
      1.5027403968909827627e-06,  -4.013867526981545969e-06, 2.9234449089955446044e-06,  1.2475304481671778723e-05,
      -4.7318229009055733981e-05, 6.8284851459573175448e-05, 2.4031110387097893999e-05,  -0.0003550375203628474796,
      0.00095328937973738049703,  -0.0016882755560235047313, 0.0024914420961078508066,   -0.0037512085075692412107,
      0.005370914553590063617,    1.0052589676941592334,     3.0838856104922207635};
  // Two leading zeros: both tails run through one loop.
  static const double FAR_TAIL[] = {0.0,
                                    0.0,
                                    -2.7109920616438573243e-11,
                                    -2.5556418169965252055e-10,
                                    1.5076572693500548083e-09,
                                    -3.7894654401267369937e-09,
                                    7.6157012080783393804e-09,
                                    -1.4960026627149240478e-08,
                                    2.9147953450901080826e-08,
                                    -6.7711997758452339498e-08,
                                    2.2900482228026654717e-07,
                                    -9.9298272942317002539e-07,
                                    4.5260625972231537039e-06,
                                    -1.9681778105531670567e-05,
                                    7.5995277030017761139e-05,
                                    -0.00021503011930044477347,
                                    -0.00013871931833623122026,
                                    1.0103004648645343977,
                                    4.8499064014085844221};
  vec square = x * x;
  vec w = -log1p_xla(-square);
  vec p = polynomial(w - 3.125, CENTRE, 23);
  vec_mask in_tail = (vec_mask)(w >= 6.25);
  if (__builtin_expect(any(in_tail), 0)) {
    vec_mask far = (vec_mask)(w >= 16.0);
    vec shift = far ? vec_splat(5.0) : vec_splat(3.25);
    vec tail = polynomial_either(far, __builtin_elementwise_sqrt(w) - shift, FAR_TAIL, TAIL, 19);
    p = in_tail ? tail : p;
  }
  return p * x;
}

#endif

// Constants of the exponentials: log 2 in two parts, its inverse, and 1.5 * 2^FRACTION, to which a small number is added to
// round it: the integer then stands in the low bits.
#if DN_REAL_IS_FLOAT
enum { FRACTION = 23, BIAS = 127 };
static const DN_REAL ROUNDER = 0x1.8p23f;
static const DN_REAL LOG2_HIGH = 0x1.62e43p-1f, LOG2_LOW = -0x1.05c61p-29f, LOG2_INVERSE = 0x1.715476p0f;
// (exp r - 1 - r) / r^2 for |r| <= log(2)/2: Cephes' expf (Moshier 1989).
enum { EXP_TERMS = 6 };
static const DN_REAL EXP_P[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                                4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
#else
enum { FRACTION = 52, BIAS = 1023 };
static const DN_REAL ROUNDER = 0x1.8p52;
static const DN_REAL LOG2_HIGH = 0x1.62e42fefa39efp-1, LOG2_LOW = 0x1.abc9e3b39803fp-56,
                     LOG2_INVERSE = 0x1.71547652b82fep0;
// The same, interpolated at ten Chebyshev nodes, computed with mpmath; 1.6e-17 short, relative to exp r.
enum { EXP_TERMS = 10 };
static const DN_REAL EXP_P[] = {2.510038549551032e-08,  2.7620088445409746e-07, 2.7557268459997064e-06,
                                2.4801521295954376e-05, 0.00019841269863053618, 0.0013888888917213717,
                                0.008333333333330062,   0.04166666666662413,    0.16666666666666669,
                                0.5000000000000001};
#endif

// x / log 2 rounded to an integer n, also as bits.
DN_INLINE vec exp_turns(vec x, vec_bits *exponent) {
  const vec shifted = vec_fma(x, vec_splat(LOG2_INVERSE), vec_splat(ROUNDER));
  *exponent = (vec_bits)shifted - (vec_bits)vec_splat(ROUNDER);
  return shifted - ROUNDER;
}

// 2^exponent, a normal number, and x 2^exponent in two halves: above 2^BIAS the result becomes infinite, below the normal
// numbers it is rounded once more, and NaN passes.
DN_INLINE vec power_of_two(vec_bits exponent) { return (vec)((exponent + BIAS) << FRACTION); }
DN_INLINE vec exp_scaled(vec x, vec_bits exponent) {
  const vec_bits half = (vec_bits)((vec_mask)exponent >> 1);
  return x * power_of_two(half) * power_of_two(exponent - half);
}

// exp x = 2^n exp r with |r| <= log(2)/2 and exp r = 1 + r + r^2 P(r). x - n LOG2_HIGH is exact by fma: its one rounding is
// that of the low part. Error: 1.02 ulp in float, 1.09 ulp in double, and half an ulp more where the result is subnormal.
DN_INLINE vec vec_exp(vec x) {
#if DN_REAL_IS_FLOAT
  const DN_REAL lowest = -104, highest = 89;
#else
  const DN_REAL lowest = -746, highest = 710;
#endif
  x = x < lowest ? vec_splat(lowest) : x;
  x = x > highest ? vec_splat(highest) : x;
  vec_bits exponent;
  const vec n = exp_turns(x, &exponent);
  const vec r = vec_fma(-n, vec_splat(LOG2_LOW), vec_fma(-n, vec_splat(LOG2_HIGH), x));
  return exp_scaled(1 + vec_fma(r * r, polynomial(r, EXP_P, EXP_TERMS), r), exponent);
}

// 1 / (1 + exp(-x)) and its derivative e / (1 + e)^2 with e = exp(-|x|): nothing overflows, and both tails keep their digits
// down to the subnormal numbers. Error: 2.41 ulp in float, 2.37 ulp in double; of the slope 4.99 and 4.90 ulp.
DN_INLINE vec vec_logistic_slope(vec x, vec *slope) {
  const vec e = vec_exp(-__builtin_elementwise_abs(x)), inverse = 1 / (1 + e);
  *slope = e * inverse * inverse;
  return ((vec_mask)(x < 0) ? e : vec_splat(1)) / (1 + e);
}
DN_INLINE vec vec_logistic(vec x) {
  vec slope;
  return vec_logistic_slope(x, &slope);
}

// Cody, Waite, Software Manual for the Elementary Functions (1980): r = x - n pi/2 with pi/2 in three parts. The first
// product is subtracted exactly by fma, and the third part is small beside any r that comes up. Beyond the range the result
// loses its digits and then means nothing; of infinities it is NaN.
// Error for |x| <= 1e6 in float and 1e9 in double: 1.81 and 1.52 ulp. Models call it with periodic states, which vec_wrap
// keeps within a half turn.
DN_INLINE void vec_sincos(vec x, vec *s, vec *c) {
#if DN_REAL_IS_FLOAT
  // Cephes' sinf and cosf (Moshier 1989).
  static const DN_REAL S[] = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f};
  static const DN_REAL C[] = {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f};
  enum { S_TERMS = 3, C_TERMS = 3, TOP = 31 };
  const DN_REAL HALF_PI_1 = 0x1.921fb6p0f, HALF_PI_2 = -0x1.777a5cp-25f, HALF_PI_3 = -0x1.ee59dap-50f;
  const DN_REAL HALF_PI_INVERSE = 0x1.45f306p-1f, shift = 0x1.8p23f;
#else
  // fdlibm's __kernel_sin and __kernel_cos.
  static const DN_REAL S[] = {1.58969099521155010221e-10,  -2.50507602534068634195e-08, 2.75573137070700676789e-06,
                              -1.98412698298579493134e-04, 8.33333333332248946124e-03,  -1.66666666666666324348e-01};
  static const DN_REAL C[] = {-1.13596475577881948265e-11, 2.08757232129817482790e-09,  -2.75573143513906633035e-07,
                              2.48015872894767294178e-05,  -1.38888888888741095749e-03, 4.16666666666666019037e-02};
  enum { S_TERMS = 6, C_TERMS = 6, TOP = 63 };
  const DN_REAL HALF_PI_1 = 0x1.921fb54442d18p0, HALF_PI_2 = 0x1.1a62633145c07p-54, HALF_PI_3 = -0x1.f1976b7ed8fbcp-110;
  const DN_REAL HALF_PI_INVERSE = 0x1.45f306dc9c883p-1, shift = 0x1.8p52;
#endif
  // As in exp_turns: the quadrant n stands in the low bits.
  const vec shifted = vec_fma(x, vec_splat(HALF_PI_INVERSE), vec_splat(shift)), n = shifted - shift;
  vec r = vec_fma(-n, vec_splat(HALF_PI_1), x);
  r = vec_fma(-n, vec_splat(HALF_PI_2), r);
  r = vec_fma(-n, vec_splat(HALF_PI_3), r);
  const vec z = r * r;
  const vec sine = vec_fma(r * z, polynomial(z, S, S_TERMS), r);
  const vec cosine = vec_fma(z, vec_fma(z, polynomial(z, C, C_TERMS), vec_splat((DN_REAL)-0.5)), vec_splat(1));
  const vec_bits quadrant = (vec_bits)shifted;
  const vec_mask odd = (vec_mask)((quadrant & 1) != 0);
  *s = (vec)((vec_bits)(odd ? cosine : sine) ^ (quadrant >> 1) << TOP);
  *c = (vec)((vec_bits)(odd ? sine : cosine) ^ (quadrant + 1) >> 1 << TOP);
}

// The angle in [-pi, pi) that differs from x by whole turns; an x in that range is returned as it is. With 2 pi in two
// parts the error is below an ulp of pi, and 2^-48 (2^-106) of x where x is many turns away. A step that turns 2^22
// (2^51) times has lost its phase: it gives NaN.
DN_INLINE vec vec_wrap(vec x) {
#if DN_REAL_IS_FLOAT
  const DN_REAL PI = 0x1.921fb6p1f, TURN = 0x1.921fb6p2f, TURN_LOW = -0x1.777a5cp-23f, TURN_INVERSE = 0x1.45f306p-3f;
  const DN_REAL most = 0x1p22f;
#else
  const DN_REAL PI = 0x1.921fb54442d18p1, TURN = 0x1.921fb54442d18p2, TURN_LOW = 0x1.1a62633145c07p-52;
  const DN_REAL TURN_INVERSE = 0x1.45f306dc9c883p-3, most = 0x1p51;
#endif
  const vec turns = __builtin_elementwise_floor(vec_fma(x, vec_splat(TURN_INVERSE), vec_splat((DN_REAL)0.5)));
  const vec r = vec_fma(-turns, vec_splat(TURN_LOW), vec_fma(-turns, vec_splat(TURN), x));
  // Near the border of two turns the quotient's rounding may have chosen the other one.
  const vec up = (vec_mask)(r < -PI) ? (r + TURN) + TURN_LOW : r;
  const vec down = (vec_mask)(up >= PI) ? (up - TURN) - TURN_LOW : up;
  const vec wrapped = (vec_mask)(down < -PI) ? vec_splat(-PI) : down;
  const vec known = (vec_mask)(__builtin_elementwise_abs(turns) < most) ? wrapped : vec_splat((DN_REAL)NAN);
  return (vec_mask)(x >= -PI) & (vec_mask)(x < PI) ? x : known;
}

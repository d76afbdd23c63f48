// More elementary functions on vectors of DN_REAL, for equations that users write: as in math.h the same bits on every CPU
// and at every vector width. Included by all.h after math.h.
//
//   vec_ln(x)                 natural logarithm, of any x
//   vec_expm1(x)              exp(x) - 1
//   vec_sinh(x), vec_cosh(x), vec_tanh(x)
//   vec_atan(x), vec_tan(x)   tan on vec_sincos' range alone
//   vec_erf(x), vec_erfc(x)   error function and 1 minus it
//   vec_exprel(x)             x / (1 - exp(-x)); vec_exprel_slope gives its derivative too
//   vec_power(a, b)           a^b
//   vec_sign(x)               -1, 0 or 1
//
// Zeros keep their sign where the function is odd, and infinities and NaN give what they give in C. Errors are in ulp, as
// in math.h: in float the largest over all arguments with 2^-23 <= |x| < 128 and one in 61 of the others; in double, and of
// vec_power in both, over 4e7. Tests/CKernelsTests/math_test.c holds them on a sample.
// Coefficients interpolate at Chebyshev nodes and were computed with mpmath; "short" says how far such an approximation is
// from the function, relative to it.

DN_INLINE vec vec_absolute(vec x) { return __builtin_elementwise_abs(x); }
DN_INLINE vec_bits sign_bit(vec x) { return (vec_bits)x & (vec_bits)vec_splat((DN_REAL)-0.0); }
// `size`, which is not negative unless x is, with the sign of x.
DN_INLINE vec with_sign_of(vec size, vec x) { return (vec)((vec_bits)size | sign_bit(x)); }

DN_INLINE vec vec_sign(vec x) {
  const vec below = (vec_mask)(x < 0) ? vec_splat(-1) : x;
  return (vec_mask)(x > 0) ? vec_splat(1) : below;
}

// Subnormal numbers are made normal, and the factor's logarithm is subtracted. Error: 0.83 ulp in float, 0.83 in double.
DN_INLINE vec vec_ln(vec x) {
#if DN_REAL_IS_FLOAT
  const DN_REAL least = 0x1p-126f, factor = 0x1p25f, log_factor = 0x1.154246p4f;
#else
  const DN_REAL least = 0x1p-1022, factor = 0x1p54, log_factor = 0x1.2b708872320e2p5;
#endif
  const vec_mask tiny = (vec_mask)(x < least);
  const vec normal = vec_log(tiny ? x * factor : x), y = tiny ? normal - log_factor : normal;
  // Infinity and NaN are returned as they are.
  const vec positive = (vec_mask)(x < (DN_REAL)INFINITY) ? y : x;
  const vec zero = (vec_mask)(x == 0) ? vec_splat(-(DN_REAL)INFINITY) : positive;
  return (vec_mask)(x < 0) ? vec_splat((DN_REAL)NAN) : zero;
}

// ---- Exponentials --------------------------------------------------------------------------------------------------

// exp(x + tail) 2^-exponent, near 1, for x that exp_scaled can make infinite or zero but no further, and a tail below an ulp
// of x, which holds the digits of the argument that x does not.
DN_INLINE vec exp_fraction(vec x, vec tail, vec_bits *exponent) {
  const vec n = exp_turns(x, exponent);
  const vec r = vec_fma(-n, vec_splat(LOG2_HIGH), x) + vec_fma(-n, vec_splat(LOG2_LOW), tail);
  return 1 + vec_fma(r * r, polynomial(r, EXP_P, EXP_TERMS), r);
}

// Where exp(x) / 2 and exp(-x) have long become infinite and zero.
DN_INLINE vec exp_clamped(vec x) {
#if DN_REAL_IS_FLOAT
  const DN_REAL most = 106;
#else
  const DN_REAL most = 748;
#endif
  x = x < -most ? vec_splat(-most) : x;
  return x > most ? vec_splat(most) : x;
}

// (exp(x) - 1) 2^-by: with exp r = 1 + q that is 2^n q + (2^n - 1), and no digit is lost where n = 0. 2^(n - by) is
// multiplied in two halves, the 1 divided by the second.
DN_INLINE vec expm1_over(vec x, int by) {
  vec_bits exponent;
  x = exp_clamped(x);
  const vec n = exp_turns(x, &exponent);
  const vec r = vec_fma(-n, vec_splat(LOG2_LOW), vec_fma(-n, vec_splat(LOG2_HIGH), x));
  const vec q = vec_fma(r * r, polynomial(r, EXP_P, EXP_TERMS), r);
  exponent -= by;
  const vec_bits half = (vec_bits)((vec_mask)exponent >> 1), other = exponent - half;
  const vec first = power_of_two(half), one = power_of_two(-other - by);
  return vec_fma(q, first, first - one) * power_of_two(other);
}

// Error: 1.45 ulp in float, 2.25 in double.
DN_INLINE vec vec_expm1(vec x) { return with_sign_of(expm1_over(x, 0), x); }

// With u = exp|x| - 1: sinh|x| = u/2 + u/2 / (u + 1), of which the second part is below an ulp beyond 40, and would be NaN
// where u is infinite. Error: 2.18 ulp in float, 2.55 in double.
DN_INLINE vec vec_sinh(vec x) {
  const vec y = vec_absolute(x), half = expm1_over(y, 1), sum = half + half / vec_fma(half, vec_splat(2), vec_splat(1));
  return with_sign_of((vec_mask)(y > 40) ? half : sum, x);
}

// exp|x|/2 + exp(-|x|)/2, the second part from the first. Error: 1.48 ulp in float, 1.51 in double.
DN_INLINE vec vec_cosh(vec x) {
  vec_bits exponent;
  const vec e = exp_fraction(exp_clamped(vec_absolute(x)), vec_splat(0), &exponent), half = exp_scaled(e, exponent - 1);
  return half + (DN_REAL)0.25 / half;
}

// -u / (2 + u) with u = exp(-2|x|) - 1, which nothing cancels and nothing overflows.
// Error: 2.50 ulp in float, 2.65 in double.
DN_INLINE vec vec_tanh(vec x) {
  const vec u = expm1_over(-2 * vec_absolute(x), 0);
  return with_sign_of(vec_absolute(u) / (2 + u), x);
}

// With y = |x| and m = 1 - exp(-y): the value at y is y/m, at -y it is y exp(-y)/m; the slope at -y is
// d = exp(-y) (y - m) / m^2, at y it is 1 - d. None of it cancels but y - m = exp(-y) - 1 + y near 0. Below 1 all is
// divided by powers of y: with exp r = 1 + r + r^2 P(r) at r = -y, (y - m)/y^2 = P and m/y = 1 - y P, which 0 does not
// trouble; above, the same P serves the reduced r. What is small takes its power of 2 last, so that it keeps its digits
// down to the subnormal numbers. Error: 3.73 ulp in float, 3.75 in double; of the slope 6.50 and 6.80; and
// half an ulp more where they are subnormal.
DN_INLINE vec vec_exprel_slope(vec x, vec *slope) {
  // P for -1 <= r <= log(2)/2.
#if DN_REAL_IS_FLOAT
  // 5.4e-9 short.
  static const DN_REAL P[] = {
      1.94301283e-05f, 0.000195252156f, 0.00138912874f, 0.00833393261f, 0.0416667126f, 0.166666642f, 0.5f};
  enum { TERMS = 7 };
  const DN_REAL most = 110;  // half the smallest number is above most * exp(-most)
#else
  // 2.2e-18 short.
  static const DN_REAL P[] = {8.7022795476439139e-12,
                              1.5638892764128068e-10,
                              2.0849328939041068e-09,
                              2.5051979670829711e-08,
                              2.7557394045057327e-07,
                              2.7557321945456856e-06,
                              2.4801587253832475e-05,
                              0.00019841269837798367,
                              0.0013888888888887586,
                              0.008333333333334832,
                              0.041666666666666713,
                              0.16666666666666666,
                              0.5};
  enum { TERMS = 13 };
  const DN_REAL most = 760;
#endif
  const vec one = vec_splat(1), size = vec_absolute(x), y = size > most ? vec_splat(most) : size;
  const vec_mask near = (vec_mask)(y < 1);
  vec_bits exponent;
  const vec turns = exp_turns(-y, &exponent), n = near ? vec_splat(0) : turns;
  exponent &= (vec_bits)~near;
  const vec r = vec_fma(-n, vec_splat(LOG2_LOW), vec_fma(-n, vec_splat(LOG2_HIGH), -y));
  const vec p = polynomial(r, P, TERMS), e = 1 + vec_fma(r * r, p, r);
  const vec m = near ? vec_fma(-y, p, one) : 1 - exp_scaled(e, exponent), inverse = 1 / m;
  const vec rest = near ? p : y - m, ratio = e * inverse;
  const vec small = exp_scaled(ratio * (rest * inverse), exponent);
  const vec_mask negative = (vec_mask)(x < 0);
  *slope = negative ? small : 1 - small;
  const vec above = (near ? one : size) * inverse, below = exp_scaled((near ? one : y) * ratio, exponent);
  return negative ? below : above;
}
DN_INLINE vec vec_exprel(vec x) {
  vec slope;
  return vec_exprel_slope(x, &slope);
}

// ---- Circular functions --------------------------------------------------------------------------------------------

// The quotient of vec_sincos' two. Error on its range: 3.70 ulp in float, 3.10 in double.
DN_INLINE vec vec_tan(vec x) {
  vec sine, cosine;
  vec_sincos(x, &sine, &cosine);
  return (vec_mask)(x == 0) ? x : sine / cosine;
}

// With y = |x|: atan y = pi/4 + atan((y - 1) / (y + 1)) above tan(pi/8) and pi/2 - atan(1/y) above tan(3 pi/8), as in Cephes
// (Moshier 1989), and atan z = z + z^3 P(z^2) for |z| <= tan(pi/8). Error: 1.89 ulp in float, 1.87 in double.
DN_INLINE vec vec_atan(vec x) {
#if DN_REAL_IS_FLOAT
  // 2.4e-9 short.
  static const DN_REAL P[] = {-0.0645070821f, 0.107433632f, -0.14263922f, 0.199995399f, -0.333333313f};
  enum { TERMS = 5 };
  const DN_REAL HALF_PI = 0x1.921fb6p0f, HALF_PI_LOW = -0x1.777a5cp-25f;
  const DN_REAL LOWER = 0x1.a8279ap-2f, UPPER = 0x1.3504f4p1f;
#else
  // 4.7e-18 short.
  static const DN_REAL P[] = {-0.019168248850065444, 0.039224602716588071, -0.050852054411366802, 0.058581022151876085,
                              -0.066645060702545,    0.076921828089796834, -0.090909045616824516, 0.11111111014851602,
                              -0.1428571428466151,   0.19999999999995496,  -0.33333333333333331};
  enum { TERMS = 11 };
  const DN_REAL HALF_PI = 0x1.921fb54442d18p0, HALF_PI_LOW = 0x1.1a62633145c07p-54;
  const DN_REAL LOWER = 0x1.a827999fcef32p-2, UPPER = 0x1.3504f333f9de6p1;
#endif
  const vec one = vec_splat(1), zero = vec_splat(0), y = vec_absolute(x);
  const vec_mask middle = (vec_mask)(y > LOWER), far = (vec_mask)(y > UPPER);
  const vec above = middle ? y - 1 : y, below = middle ? y + 1 : one;
  const vec z = (far ? -one : above) / (far ? y : below), square = z * z;
  const vec quarters = far ? vec_splat(1) : middle ? vec_splat((DN_REAL)0.5) : zero;
  const vec tail = vec_fma(z * square, polynomial(square, P, TERMS), quarters * HALF_PI_LOW);
  return with_sign_of(quarters * HALF_PI + (z + tail), x);
}

// ---- Error function ------------------------------------------------------------------------------------------------

// erf x for |x| < 1/2: x + x P(x^2).
DN_INLINE vec erf_centre(vec x) {
#if DN_REAL_IS_FLOAT
  // 1.5e-9 short.
  static const DN_REAL P[] = {0.00471908273f, -0.026757732f, 0.112828314f, -0.376126081f, 0.128379166f};
  enum { TERMS = 5 };
#else
  // 4.3e-18 short.
  static const DN_REAL P[] = {1.4725865480556744e-06,  -1.4845849259707869e-05, 0.00012053335124353741,
                              -0.00085482977536749665, 0.0052239773730214699,   -0.026866170632887928,
                              0.11283791670925353,     -0.37612638903183476,    0.12837916709551256};
  enum { TERMS = 9 };
#endif
  return vec_fma(x, polynomial(x * x, P, TERMS), x);
}

// erfc x for x >= 1/2: (1 + 2x) exp(x^2) erfc(x) is smooth to infinity, and a polynomial in (x - k) / (x + k); Shepherd,
// Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < infinity", Math. Comp. 36 (1981). The
// square is taken with its tail, and the power of 2 last: digits stay down to the subnormal numbers.
DN_INLINE vec erfc_tail(vec x) {
#if DN_REAL_IS_FLOAT
  // 2.1e-9 short.
  static const DN_REAL P[] = {0.000549799064f, 0.000414608337f, -0.00436229305f, 0.000956260192f, 0.0327597223f,
                              -0.10297022f,    0.157629818f,    -0.0990243927f,  -0.122356758f,   1.26483822f};
  enum { TERMS = 10 };
  const DN_REAL k = 2.5f, most = 10.25f;  // erfc of it is less than half the smallest number
#else
  // 1.6e-18 short.
  static const DN_REAL P[] = {
      1.0624065525175486e-08,  4.4228315305325797e-10,  -9.3707902094138867e-08, -7.5865985228597465e-09,
      6.0107071282700645e-07,  -4.4612218841934503e-08, -3.8150738003799755e-06, 2.3285285300338188e-06,
      2.4261255706562417e-05,  -4.278230684273982e-05,  -0.00012151251796659469, 0.00056438443364471153,
      -0.00030226785941075122, -0.0042150199098645695,  0.019099330940419303,    -0.048823325827741661,
      0.087983153824983423,    -0.11508959816019847,    0.09751909515325545,     -0.010555596332218184,
      -0.1400091801376194,     1.2423492448711544};
  enum { TERMS = 22 };
  const DN_REAL k = 3.5, most = 27.5;
#endif
  x = x > most ? vec_splat(most) : x;
  const vec square = x * x, rest = vec_fma(x, x, -square);
  const vec smooth = polynomial((x - k) / (x + k), P, TERMS) / vec_fma(x, vec_splat(2), vec_splat(1));
  vec_bits exponent;
  const vec e = exp_fraction(-square, -rest, &exponent);
  return exp_scaled(e * smooth, exponent);
}

// Error: 2.49 ulp in float, 2.35 in double.
DN_INLINE vec vec_erf(vec x) {
  const vec y = vec_absolute(x);
  return with_sign_of((vec_mask)(y < (DN_REAL)0.5) ? erf_centre(y) : 1 - erfc_tail(y), x);
}

// Error: 4.46 ulp in float, 4.00 in double, and half an ulp more where the result is subnormal.
DN_INLINE vec vec_erfc(vec x) {
  const vec y = vec_absolute(x), tail = erfc_tail(y);
  const vec_mask near = (vec_mask)(y < (DN_REAL)0.5), negative = (vec_mask)(x < 0);
  return near ? 1 - erf_centre(x) : negative ? 2 - tail : tail;
}

// ---- Powers --------------------------------------------------------------------------------------------------------

// log x = head + tail for positive, finite x. With x = 2^e m as in vec_log and s = (m - 1)/(m + 1),
// log m = 2s (1 + s^2/3 + s^4 Q(s^2)). s, s^2/3 and what they are multiplied to are kept in two parts, as fdlibm's pow
// does; the last term is below 2e-4 and needs one. e times log 2's first part is exact.
DN_INLINE vec log_parts(vec x, vec *tail) {
#if DN_REAL_IS_FLOAT
  // 6.8e-11 short of log m.
  static const DN_REAL Q[] = {0.115255199f, 0.142810866f, 0.200000077f};
  enum { TERMS = 3 };
  const DN_REAL least = 0x1p-126f, LOG2_1 = 0x1.63p-1f, LOG2_2 = -0x1.bd0106p-13f;
  const DN_REAL THIRD = 0x1.555556p-2f, THIRD_LOW = -0x1.555556p-27f, ROOT_HALF = 0x1.6a09e6p-1f;
#else
  // 8.4e-22 short of log m.
  static const DN_REAL Q[] = {0.058636932307485179, 0.058529166395617213, 0.066674098851810637, 0.076922973424259689,
                              0.090909091689979155, 0.11111111110822192,  0.14285714285714693,  0.20000000000000001};
  enum { TERMS = 8 };
  const DN_REAL least = 0x1p-1022, LOG2_1 = 0x1.62e42feep-1, LOG2_2 = 0x1.a39ef35793c76p-33;
  const DN_REAL THIRD = 0x1.5555555555555p-2, THIRD_LOW = 0x1.5555555555555p-56, ROOT_HALF = 0x1.6a09e667f3bcdp-1;
#endif
  const vec_mask tiny = (vec_mask)(x < least);
  const vec_bits root = (vec_bits)vec_splat(ROOT_HALF), one = (vec_bits)vec_splat(1);
  const vec_bits shifted = (vec_bits)(tiny ? x * power_of_two((vec_bits)(FRACTION + 2)) : x) + (one - root);
  // An integer in the low bits of ROUNDER is that much more than ROUNDER.
  const vec whole = (vec)((shifted >> FRACTION) - BIAS + (vec_bits)vec_splat(ROUNDER)) - ROUNDER;
  const vec e = whole - (tiny ? vec_splat(FRACTION + 2) : vec_splat(0));
  const vec m = (vec)((shifted & (((DN_WORD)1 << FRACTION) - 1)) + root);
  const vec above = m - 1, below = m + 1, below_tail = m - (below - 1), inverse = 1 / below;
  const vec s = above * inverse, s_tail = (vec_fma(-s, below, above) - s * below_tail) * inverse;
  const vec w = s * s, w_tail = vec_fma(s, s, -w) + 2 * s * s_tail;
  const vec third = w * THIRD,
            third_tail = vec_fma(w, vec_splat(THIRD), -third) + vec_fma(w, vec_splat(THIRD_LOW), w_tail * THIRD);
  const vec more = w * w * polynomial(w, Q, TERMS), u = third + more, u_tail = (more - (u - third)) + third_tail;
  const vec twice = 2 * s, v = twice * u, v_tail = vec_fma(twice, u, -v) + vec_fma(twice, u_tail, 2 * s_tail * u);
  const vec log_m = twice + v, log_m_tail = (v - (log_m - twice)) + vec_fma(vec_splat(2), s_tail, v_tail);
  const vec high = e * LOG2_1, sum = high + log_m;
  *tail = (log_m - (sum - high)) + vec_fma(e, vec_splat(LOG2_2), log_m_tail);
  return sum;
}

// exp(b log a) with the logarithm and the product in two parts, so that a large exponent costs no digits. What is special is
// so as in C's pow: a negative a has integer powers alone, of which the odd ones are negative, others are NaN; 0^b is 0 for
// b > 0 and infinite for b < 0, signed as -0 is where b is odd; a^0 = 1^b = 1, even of NaN.
// Error: 1.10 ulp in float, 1.60 in double, and half an ulp more where the result is subnormal.
DN_INLINE vec vec_power(vec a, vec b) {
#if DN_REAL_IS_FLOAT
  const DN_REAL most = 106;
#else
  const DN_REAL most = 748;
#endif
  const DN_REAL infinity = (DN_REAL)INFINITY;
  const vec one = vec_splat(1), zero = vec_splat(0), size = vec_absolute(a);
  vec tail, head = log_parts(size, &tail);
  const vec_mask zero_base = (vec_mask)(size == 0), usual = (vec_mask)(size < infinity) & ~zero_base;
  head = usual ? head : zero_base ? vec_splat(-infinity) : size;
  tail = usual ? tail : zero;
  vec y = b * head;
  // The tail of an infinite product would be NaN.
  const vec rest = (vec_mask)(vec_absolute(y) < most) ? vec_fma(b, head, -y) + b * tail : zero;
  vec_bits exponent;
  const vec e = exp_fraction(exp_clamped(y), rest, &exponent), value = exp_scaled(e, exponent);
  const vec half = b * (DN_REAL)0.5;
  const vec_mask whole = (vec_mask)(__builtin_elementwise_floor(b) == b);
  const vec_mask odd = whole & (vec_mask)(__builtin_elementwise_floor(half) != half);
  const vec signed_value = odd ? with_sign_of(value, a) : value;
  const vec_mask undefined = (vec_mask)(a < 0) & usual & ~whole;
  const vec_mask unit =
      (vec_mask)(b == 0) | (vec_mask)(a == 1) | ((vec_mask)(a == -1) & (vec_mask)(vec_absolute(b) == infinity));
  return unit ? one : undefined ? vec_splat((DN_REAL)NAN) : signed_value;
}

// exp and log in double, one number at a time, whatever the precision of what surrounds them: additions, multiplications and
// bits, so that they have the same bits on every machine, and a loop over nodes still becomes vectors. Not contracted.
#ifndef DN_PLAIN_H
#define DN_PLAIN_H

#include "../internal.h"

// fdlibm's log, as in math.h: within an ulp. NaN for what is not positive; subnormal numbers are no volumes.
static inline __attribute__((always_inline)) double plain_log(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  const uint64_t shifted = bits + (0x3ff0000000000000u - 0x3fe6a09e00000000u);
  const uint64_t exponent = (shifted >> 52) + (0x4338000000000000u - 1023),
                 fraction = (shifted & 0x000fffffffffffffu) + 0x3fe6a09e00000000u;
  double e, r;
  memcpy(&e, &exponent, sizeof e);
  memcpy(&r, &fraction, sizeof r);
  e -= 0x1.8p52;
  r -= 1;
  const double s = r / (r + 2), z = s * s, half = r * r * 0.5;
  double p = 1.479819860510658591e-01;
  p = p * z + 1.531383769920937332e-01;
  p = p * z + 1.818357216161805012e-01;
  p = p * z + 2.222219843214978396e-01;
  p = p * z + 2.857142874366239149e-01;
  p = p * z + 3.999999999940941908e-01;
  p = p * z + 6.666666666666735130e-01;
  const double rest = s * (z * p + half) + e * 1.90821492927058770002e-10;
  const double log = e * 6.93147180369123816490e-01 + (r - (half - rest));
  return x > 0 ? log : NAN;
}

// x = n log 2 + r as in math.h, with log 2 in two parts whose first is short enough for n times it to be exact; within 2 ulp
// for |x| < 700, beyond which it stays what it is there.
static inline __attribute__((always_inline)) double plain_exp(double x) {
  x = x < -700 ? -700 : x > 700 ? 700 : x;
  const double shifted = x * 0x1.71547652b82fep0 + 0x1.8p52, n = shifted - 0x1.8p52;
  const double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  double p = 2.510038549551032e-08;
  p = p * r + 2.7620088445409746e-07;
  p = p * r + 2.7557268459997064e-06;
  p = p * r + 2.4801521295954376e-05;
  p = p * r + 0.00019841269863053618;
  p = p * r + 0.0013888888917213717;
  p = p * r + 0.008333333333330062;
  p = p * r + 0.04166666666662413;
  p = p * r + 0.16666666666666669;
  p = p * r + 0.5000000000000001;
  uint64_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits - 0x4338000000000000u + 1023) << 52;
  double power;
  memcpy(&power, &bits, sizeof power);
  return (1 + (r + r * r * p)) * power;
}

#endif

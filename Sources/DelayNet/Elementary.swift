// Elementary functions for set-up code, written out so that their bits do not depend on the platform's libm.

/// e to the x, to 2 ulp.
///
/// x = k ln 2 + r with |r| ≤ ln 2 / 2, then thirteen terms of the Taylor series: the remainder is below 2⁻⁵⁷.
package func exponential(_ x: Double) -> Double {
  guard x == x else { return x }
  guard x < 710 else { return .infinity }
  guard x > -746 else { return 0 }
  // ln 2 in two parts; k times the high one is exact.
  let (high, low) = (0x1.62e42fee00000p-1, 0x1.a39ef35793c76p-33)
  let k = (x * 0x1.71547652b82fep+0).rounded()
  let r = (x - k * high) - k * low
  var sum = 1.0
  for n in stride(from: 14.0, through: 1, by: -1) { sum = 1 + r / n * sum }
  let half = Int(k) / 2
  return sum * Double(sign: .plus, exponent: half, significand: 1)
    * Double(sign: .plus, exponent: Int(k) - half, significand: 1)
}

/// The binary logarithm of a positive finite number, to 1e-15 absolute on the significand's part.
///
/// x = 2^k m with √½ ≤ m < √2, and ln m = 2 artanh((m − 1)/(m + 1)), |argument| ≤ 0.172.
package func binaryLogarithm(_ x: Double) -> Double {
  guard x > 0, x.isFinite else { return x == 0 ? -.infinity : x > 0 ? x : .nan }
  var (m, k) = (x.significand, Double(x.exponent))
  if m > 2.0.squareRoot() { (m, k) = (m / 2, k + 1) }
  let s = (m - 1) / (m + 1)
  var (sum, power) = (0.0, s)
  for n in stride(from: 1.0, through: 21, by: 2) {
    sum += power / n
    power *= s * s
  }
  return k + 2 * sum * 0x1.71547652b82fep+0
}

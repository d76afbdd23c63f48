/// The natural logarithm of a positive finite number, as exact as ``binaryLogarithm(_:)``.
package func naturalLogarithm(_ x: Double) -> Double { binaryLogarithm(x) * 0x1.62e42fefa39efp-1 }

/// Sine and cosine, to 2 ulp of 1 for angles up to 10⁵; NaN where the angle is not finite.
///
/// x = k π/2 + r with |r| ≤ π/4, π/2 in three parts of which the products with k are exact; then Taylor's series, whose
/// remainders are below 2⁻⁶³.
package func sineAndCosine(_ x: Double) -> (sine: Double, cosine: Double) {
  guard x.isFinite else { return (.nan, .nan) }
  let k = (x * 0x1.45f306dc9c883p-1).rounded()
  let r = ((x - k * 0x1.921fb544p+0) - k * 0x1.0b4611a6p-34) - k * 0x1.3198a2e037073p-69
  let square = r * r
  var (sine, cosine) = (1.0, 1.0)
  for n in stride(from: 18.0, through: 2, by: -2) {
    sine = 1 - square / (n * (n + 1)) * sine
    cosine = 1 - square / (n * (n - 1)) * cosine
  }
  sine *= r
  return switch Int(k.truncatingRemainder(dividingBy: 4)) & 3 {
  case 0: (sine, cosine)
  case 1: (cosine, -sine)
  case 2: (-sine, -cosine)
  default: (-cosine, sine)
  }
}

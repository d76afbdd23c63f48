import DelayNet

/// The largest difference of two arrays relative to the largest magnitude in the second; infinite for different counts.
package func relativeError<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(_ a: [A], _ b: [B]) -> Double {
  guard a.count == b.count else { return .infinity }
  let size = b.lazy.map { abs(Double($0)) }.max() ?? 0
  let gap = zip(a, b).reduce(0.0) { largest, pair in
    let gap = abs(Double(pair.0) - Double(pair.1))
    return gap.isNaN ? .infinity : max(largest, gap)
  }
  return gap == 0 ? 0 : gap / size
}

extension Buffer {
  /// The bit pattern of every value, so that −0 differs from 0 and NaN equals itself.
  package var bits: [UInt64] {
    values.map { Scalar.self == Float.self ? UInt64(Float($0).bitPattern) : Double($0).bitPattern }
  }

  /// The values in `Double`.
  package var doubles: [Double] { values.map { Double($0) } }
}

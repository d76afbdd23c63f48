/// Tests of a gradient against what it should be: differences of the function, its Taylor expansion, and the forward
/// derivative.
///
/// The functions here take any function of an array; those of ``GradientCheck/run(_:at:withRespectTo:weights:entries:key:tolerance:of:)``
/// test a delay map together with a loss. Each report names the worst entry.
public enum GradientCheck {
  /// One entry of a gradient next to its estimate.
  public struct Entry: Sendable, Equatable, CustomStringConvertible {
    /// The array that the entry belongs to.
    public let input: String
    /// Its index in that array.
    public let index: Int
    /// Where that is: "node 3, step −2", "edge 7 (1 → 0)".
    public let place: String
    /// What the gradient says.
    public let gradient: Double
    /// What the differences say.
    public let difference: Double
    /// How far they are apart beyond rounding, relative to the larger of the two.
    public let error: Double

    /// One line.
    public var description: String {
      "\(input)[\(index)]\(place.isEmpty ? "" : " (\(place))"): "
        + "gradient \(gradient), differences \(difference), relative error \(error)"
    }
  }

  /// The outcome of ``differences(at:gradient:input:entries:key:tolerance:place:of:)``.
  public struct Differences: Sendable, Equatable {
    /// The entry with the largest error; nil when there were none.
    public let worst: Entry?
    /// How many entries were compared.
    public let compared: Int
    /// The largest error that passes.
    public let tolerance: Double
    /// Whether every entry is within the tolerance.
    public var passed: Bool { (worst?.error ?? 0) <= tolerance }
  }

  /// The outcome of ``taylor(at:gradient:along:step:of:)``.
  public struct Taylor: Sendable, Equatable {
    /// |f(x + h v) − f(x) − h ⟨g, v⟩| for the step and its halves.
    public let remainders: [Double]
    /// The binary logarithm of the ratio of one remainder to the next: 2 for a right gradient, 1 for a wrong one.
    ///
    /// A remainder that rounding explains ends the list.
    public let rates: [Double]
    /// Whether the last rate, that of the shortest step, is at least 1.9; without any, the remainder vanishes, as it does
    /// for a linear function. Longer steps show higher orders as well.
    public var passed: Bool { (rates.last ?? 2) >= 1.9 }
  }

  /// The tolerance for relative errors of differences when none is given: 1e-8 in `Double`, 1e-2 in `Float`.
  public static func defaultTolerance<Scalar: DelayNetScalar>(_ type: Scalar.Type) -> Double {
    Scalar.significandBitCount > 30 ? 1e-8 : 1e-2
  }

  /// Compares a gradient, entry by entry, with central differences over five points.
  ///
  /// - Parameters:
  ///   - point: where the gradient was taken.
  ///   - gradient: as many numbers as the point has.
  ///   - input: the array's name in the report.
  ///   - entries: how many entries to compare, drawn from `key`; all when nil.
  ///   - key: draws the entries.
  ///   - tolerance: the largest relative error that passes; see ``defaultTolerance(_:)``.
  ///   - place: says where an index is.
  ///   - function: the function whose gradient it is; called four times an entry, and four times more, with shorter steps, where
  ///     that does not pass.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)``, ``DelayNetError/optionOutOfRange(name:value:)`` for a
  ///   negative number of entries, and what the function throws.
  /// - Complexity: the truncation error is O(h⁴) with h = ε^(1/5)·max(1, |x|), or an eighth of that; errors that the function's rounding
  ///   explains, taken as 20 ε |f| / h, do not count.
  public static func differences<Scalar: DelayNetScalar>(
    at point: [Scalar], gradient: [Scalar], input: String = "x", entries: Int? = nil,
    key: RandomKey = RandomKey(seed: 0), tolerance: Double? = nil, place: (Int) -> String = { _ in "" },
    of function: ([Scalar]) throws -> Scalar
  ) throws -> Differences {
    guard gradient.count == point.count else {
      throw DelayNetError.shapeMismatch(name: "gradient", expected: [point.count], found: [gradient.count])
    }
    if let entries, entries < 0 { throw DelayNetError.optionOutOfRange(name: "entries", value: Double(entries)) }
    let indices =
      if let entries, entries < point.count {
        try key.integers(in: 0..<Int64(point.count), entries).map { Int($0) }
      } else {
        Array(point.indices)
      }
    let tolerance = tolerance ?? defaultTolerance(Scalar.self)
    let precision = Double(Scalar.ulpOfOne)
    let relativeStep = Double(exponential(binaryLogarithm(precision) * 0.6931471805599453 / 5))
    var worst: Entry?
    var x = point
    for index in indices {
      var entry: Entry?
      // The fifth derivative of a steep function spoils long differences, rounding short ones.
      for shortening in [1.0, 8] where entry == nil || entry!.error > tolerance {
        let step = Scalar(relativeStep / shortening * max(1, abs(Double(point[index]))))
        var values: [Double] = []
        var offsets: [Double] = []
        for multiple in [-2, -1, 1, 2] as [Scalar] {
          x[index] = point[index] + multiple * step
          offsets.append(Double(x[index]) - Double(point[index]))
          values.append(Double(try function(x)))
        }
        x[index] = point[index]
        let h = (offsets[2] - offsets[1]) / 2
        let difference = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
        let rounding = 20 * precision * values.map(abs).max()! / h
        let own = Double(gradient[index])
        let gap = max(0, abs(own - difference) - rounding)
        var error = gap == 0 ? 0 : gap / max(abs(own), abs(difference))
        if !error.isFinite || !own.isFinite { error = .infinity }
        if entry == nil || error < entry!.error {
          entry = Entry(
            input: input, index: index, place: place(index), gradient: own, difference: difference, error: error)
        }
      }
      if worst == nil || entry!.error > worst!.error { worst = entry }
    }
    return Differences(worst: worst, compared: indices.count, tolerance: tolerance)
  }

  /// Halves a step four times and measures how fast the remainder of the first-order expansion falls.
  ///
  /// - Parameters:
  ///   - point: where the gradient was taken.
  ///   - gradient: as many numbers as the point has.
  ///   - direction: v, as many numbers.
  ///   - step: the largest h; by default 0.1 in `Float`, and in `Double` 0.001, or up to 0.1 where less leaves a remainder
  ///     that drowns in rounding.
  ///   - function: the function whose gradient it is; called 12 to 16 times.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)``, and what the function throws.
  /// - Complexity: how much rounding explains is measured: the function's fourth differences over steps of √ε (Moré, Wild,
  ///   Estimating computational noise, SIAM J. Sci. Comput. 33, 1292 (2011)).
  public static func taylor<Scalar: DelayNetScalar>(
    at point: [Scalar], gradient: [Scalar], along direction: [Scalar], step: Double? = nil,
    of function: ([Scalar]) throws -> Scalar
  ) throws -> Taylor {
    for (name, array) in [("gradient", gradient), ("direction", direction)] where array.count != point.count {
      throw DelayNetError.shapeMismatch(name: name, expected: [point.count], found: [array.count])
    }
    func value(_ h: Double) throws -> Double {
      Double(try function(zip(point, direction).map { $0 + Scalar(h) * $1 }))
    }
    let precision = Double(Scalar.ulpOfOne)
    let slope = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let start = try value(0)
    var differences = try (0..<7).map { try value(precision.squareRoot() * Double($0)) }
    let largest = differences.map(abs).max()!
    for _ in 0..<4 { differences = zip(differences.dropFirst(), differences).map { $0 - $1 } }
    // A difference of the fourth order has (8 over 4) times the variance of a value's rounding.
    let noise = (differences.reduce(0) { $0 + $1 * $1 } / (70 * Double(differences.count))).squareRoot()
    let explained = 100 * max(noise, precision * largest)

    func remainder(_ h: Double) throws -> Double { abs(try value(h) - start - h * slope) }
    var h = step ?? (Scalar.significandBitCount > 30 ? 0.001 : 0.1)
    var remainders = [try remainder(h)]
    while step == nil && h < 0.05 && remainders[0] < 100 * explained {
      h *= 4
      remainders[0] = try remainder(h)
    }
    for k in 1..<5 { remainders.append(try remainder(h / Double(1 << k))) }
    let usable = remainders.firstIndex { $0 <= explained } ?? remainders.count
    let rates = (1..<max(usable, 1)).map { binaryLogarithm(remainders[$0 - 1] / remainders[$0]) }
    return Taylor(remainders: remainders, rates: rates)
  }
}

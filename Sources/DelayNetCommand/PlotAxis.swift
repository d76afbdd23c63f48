import Foundation

/// An axis of a picture, linear or logarithmic, from a value to a place between 0 and 1, with round ticks.
struct PlotAxis {
  /// The values at places 0 and 1: finite and different; of a logarithmic axis positive.
  let lowest, highest: Double
  let isLogarithmic: Bool

  /// An axis between two values, which are moved apart where they are equal.
  ///
  /// - Precondition: finite, the first not above the second, and positive if logarithmic.
  init(from lowest: Double, to highest: Double, isLogarithmic: Bool = false) {
    precondition(lowest.isFinite && highest.isFinite && lowest <= highest && (lowest > 0 || !isLogarithmic))
    self.isLogarithmic = isLogarithmic
    if lowest < highest {
      (self.lowest, self.highest) = (lowest, highest)
    } else if isLogarithmic {
      (self.lowest, self.highest) = (
        max(lowest / 2, .leastNonzeroMagnitude), min(highest * 2, .greatestFiniteMagnitude)
      )
    } else {
      // A denormal number has no half that differs from it.
      let reach = lowest == 0 ? 1 : max(abs(lowest) / 2, .leastNonzeroMagnitude)
      self.lowest = max(lowest - reach, -.greatestFiniteMagnitude)
      self.highest = min(highest + reach, .greatestFiniteMagnitude)
    }
  }

  /// An axis over all finite values.
  ///
  /// - Parameters:
  ///   - isLogarithmic: nil chooses: where all values are positive and span more than one and a half decades. Where values
  ///     are wanted on a logarithmic axis, only the positive ones count.
  ///   - padding: the share of the axis that is added at both ends.
  init(covering values: some Sequence<Double>, isLogarithmic: Bool? = false, padding: Double = 0) {
    var (low, high, lowPositive) = (Double.infinity, -Double.infinity, Double.infinity)
    for value in values where value.isFinite {
      (low, high) = (min(low, value), max(high, value))
      if value > 0 { lowPositive = min(lowPositive, value) }
    }
    let spans = low > 0 && high > 0 && low.isFinite && log10(high) - log10(low) > 1.5
    guard isLogarithmic ?? spans else {
      if low > high { (low, high) = (0, 1) }
      let axis = PlotAxis(from: low, to: high)
      // By halves: a difference of finite numbers need not be finite.
      let reach = low < high ? 2 * padding * (axis.highest / 2 - axis.lowest / 2) : 0
      self.init(
        from: max(axis.lowest - reach, -.greatestFiniteMagnitude),
        to: min(axis.highest + reach, .greatestFiniteMagnitude))
      return
    }
    if lowPositive > high { (lowPositive, high) = (1, 10) }
    let reach = pow(10, padding * (log10(high) - log10(lowPositive)))
    self.init(
      from: max(lowPositive / reach, .leastNonzeroMagnitude), to: min(high * reach, .greatestFiniteMagnitude),
      isLogarithmic: true)
  }

  /// Where a value is, 0 at the lowest and 1 at the highest; nil for what is not finite, or not positive on a logarithmic
  /// axis. Values beyond the ends are placed at the ends.
  func place(_ value: Double) -> Double? {
    guard value.isFinite, value > 0 || !isLogarithmic else { return nil }
    // Values near 1: the axis may be wider than the largest number, or narrower than the smallest.
    let unit = max(abs(lowest), abs(highest)).binade
    var (x, low, high) = (value / unit, lowest / unit, highest / unit)
    // Neighbours among large numbers differ, but not in their logarithms.
    if isLogarithmic, log10(lowest) < log10(highest) { (x, low, high) = (log10(value), log10(lowest), log10(highest)) }
    return min(max((x - low) / (high - low), 0), 1)
  }

  /// Round values on the axis with their texts, about as many as asked for at the most.
  func ticks(atMost count: Int) -> [(value: Double, text: String)] {
    if isLogarithmic, let ticks = decades(atMost: count) { return ticks }
    let span = highest / 4 - lowest / 4
    var step = SVG.roundDown(span * 4 / Double(max(count, 1)))
    if !(step.isFinite && step > 0) { step = SVG.roundDown(span) }
    while step.isFinite, step > 0, (highest / step - lowest / step).rounded(.down) > Double(max(count, 1)) {
      step = SVG.roundDown(step * 2.5)
    }
    let (first, last) = ((lowest / step - 1e-9).rounded(.up), (highest / step + 1e-9).rounded(.down))
    guard step > 0, step.isFinite, abs(first) < 1e15, abs(last) < 1e15, first <= last else {
      return [(lowest, SVG.value(lowest))]
    }
    let values = (0...Int(last - first)).map { (first + Double($0)) * step }
    let largest = values.reduce(0) { max($0, abs($1)) }
    // As many digits as tell neighbours apart.
    let power = (log10(step) + 1e-9).rounded(.down)
    let digits = largest > 0 ? Int((log10(largest) + 1e-9).rounded(.down) - power) + 1 : 1
    let decimals = max(0, Int(-power))
    return values.map { value in
      if value == 0 { return (0, "0") }
      if 1e-3..<1e6 ~= largest, decimals <= 6 {
        let text = decimals == 0 ? grouped(Int(value.rounded())) : fixed(value, decimals)
        return (value, text.replacing("-", with: "−"))
      }
      return (value, SVG.value(value, digits: min(max(digits, 1), 15)))
    }
  }

  /// Powers of ten, and 2 and 5 times those where there are few; nil where there would be fewer than two.
  private func decades(atMost count: Int) -> [(value: Double, text: String)]? {
    let (low, high) = (Int(log10(lowest).rounded(.down)), Int(log10(highest).rounded(.up)))
    let range = (lowest * (1 - 1e-9))...min(highest * (1 + 1e-9), .greatestFiniteMagnitude)
    func values(_ multiples: [Double], by stride: Int) -> [Double] {
      var found: [Double] = []
      for power in low...high where power % stride == 0 {
        for multiple in multiples {
          let value = multiple * pow(10, Double(power))
          if value > 0, range.contains(value) { found.append(value) }
        }
      }
      return found
    }
    for multiples in [[1, 2, 5], [1, 3]] as [[Double]] {
      let found = values(multiples, by: 1)
      if found.count <= max(count, 2), found.count >= 2 { return found.map { ($0, SVG.value($0)) } }
    }
    let stride = (1...700).first { values([1], by: $0).count <= max(count, 2) } ?? 1
    let found = values([1], by: stride)
    return found.count < 2 ? nil : found.map { ($0, SVG.value($0)) }
  }
}

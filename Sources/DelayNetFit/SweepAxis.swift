/// One quantity of a sweep and the values that it takes.
///
///     let axes = [try SweepAxis(.coupling, from: 0, to: 1, count: 21), try SweepAxis("speed=1,2,3,5,10")]
public struct SweepAxis: Sendable, Hashable {
  /// What is varied.
  public enum Quantity: Sendable, Hashable {
    /// G.
    case coupling
    /// The conduction speed in mm/ms, of a problem whose delays come from tracts.
    case conductionSpeed
    /// A parameter of the model, the same at all regions.
    case parameter(String)
    /// The strength of the noise of a state, or of all states; the same at all regions.
    case sigma(String?)
  }

  /// How values lie between two ends.
  public enum Spacing: Sendable, Hashable {
    /// At equal differences.
    case linear
    /// At equal ratios; both ends are positive.
    case logarithmic
  }

  /// What is varied.
  public let quantity: Quantity
  /// The values, in the order in which results have them.
  public let values: [Double]

  /// The values of a list.
  ///
  /// - Throws: ``SweepError/axis(_:reason:)`` for no values, or one that is not a finite number or is there twice.
  public init(_ quantity: Quantity, _ values: [Double]) throws(SweepError) {
    self.quantity = quantity
    self.values = values
    guard !values.isEmpty else { throw .axis(name, reason: "has no values") }
    var seen: Set<Double> = []
    for value in values {
      guard value.isFinite else { throw .axis(name, reason: "\(value) is not a finite number") }
      guard seen.insert(value).inserted else { throw .axis(name, reason: "\(value) is there twice") }
    }
  }

  /// Values between two ends, both of which are among them.
  ///
  /// - Parameters:
  ///   - quantity: what is varied.
  ///   - low: the first value.
  ///   - high: the last value; it may be the smaller one.
  ///   - count: how many values; 1 only where both ends are the same.
  ///   - spacing: how they lie in between.
  /// - Throws: ``SweepError/axis(_:reason:)``.
  public init(
    _ quantity: Quantity, from low: Double, to high: Double, count: Int, spacing: Spacing = .linear
  ) throws(SweepError) {
    let name = Self.name(of: quantity)
    guard count >= 1 else { throw .axis(name, reason: "\(count) values are none") }
    guard count <= Self.mostValues else {
      throw .axis(name, reason: "\(count) values are more than the \(Self.mostValues) that an axis may have")
    }
    guard count > 1 || low == high else {
      throw .axis(name, reason: "1 value cannot be both \(low) and \(high)")
    }
    guard spacing == .linear || (low > 0 && high > 0) else {
      throw .axis(name, reason: "between \(low) and \(high) there are no equal ratios; both have to be positive")
    }
    let ratio = spacing == .logarithmic ? naturalLogarithm(high / low) : 0
    try self.init(
      quantity,
      (0..<count).map { k in
        // The ends as they were given, whatever rounding does in between.
        if k == 0 { return low }
        if k == count - 1 { return high }
        let part = Double(k) / Double(count - 1)
        return spacing == .linear ? low + (high - low) * part : low * exponential(ratio * part)
      })
  }

  /// The values of a text: `name=low:high:count`, `name=low:high:count:log`, or `name=a,b,c`.
  ///
  /// The name is `coupling`, `speed`, `sigma` for all states or `sigma:S` for a state S, or else a parameter of the model.
  ///
  /// - Throws: ``SweepError/axis(_:reason:)``.
  public init(_ text: String) throws(SweepError) {
    let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2, !sides[0].isEmpty else {
      throw .axis(text, reason: "is not name=low:high:count, name=low:high:count:log or name=a,b,c")
    }
    let quantity: Quantity
    switch sides[0] {
    case "coupling": quantity = .coupling
    case "speed": quantity = .conductionSpeed
    case "sigma": quantity = .sigma(nil)
    case let name where name.hasPrefix("sigma:"): quantity = .sigma(String(name.dropFirst("sigma:".count)))
    default: quantity = .parameter(String(sides[0]))
    }
    let name = Self.name(of: quantity)
    guard !sides[1].isEmpty else { throw .axis(name, reason: "has no values") }
    func number(_ text: Substring) throws(SweepError) -> Double {
      guard let value = Double(text), value.isFinite else {
        throw .axis(name, reason: "'\(text)' is not a finite number")
      }
      return value
    }
    let parts = sides[1].split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count > 1 else {
      var values: [Double] = []
      for part in sides[1].split(separator: ",", omittingEmptySubsequences: false) { values.append(try number(part)) }
      try self.init(quantity, values)
      return
    }
    guard parts.count == 3 || (parts.count == 4 && parts[3] == "log") else {
      throw .axis(name, reason: "'\(sides[1])' is not low:high:count or low:high:count:log")
    }
    guard let count = Int(parts[2]) else { throw .axis(name, reason: "'\(parts[2])' is not a number of values") }
    try self.init(
      quantity, from: number(parts[0]), to: number(parts[1]), count: count,
      spacing: parts.count == 4 ? .logarithmic : .linear)
  }

  /// What results and files call it: "coupling", "speed", "sigma", "sigma_S", or the parameter's name.
  public var name: String { Self.name(of: quantity) }

  private static func name(of quantity: Quantity) -> String {
    switch quantity {
    case .coupling: "coupling"
    case .conductionSpeed: "speed"
    case .parameter(let name): name
    case .sigma(let state): state.map { "sigma_\($0)" } ?? "sigma"
    }
  }

  /// More values than anybody sweeps, and few enough to be held.
  private static let mostValues = 1 << 24

  /// Checks that a problem has what is varied, and can have every value.
  func check<Scalar>(for problem: Problem<Scalar>) throws(SweepError) {
    let model = problem.model
    for value in values where !Scalar(value).isFinite {
      throw .axis(name, reason: "\(value) is more than \(Scalar.self) can hold")
    }
    switch quantity {
    case .coupling: return
    case .conductionSpeed:
      guard case .tracts = problem.delays else {
        throw .axis(name, reason: "there are no tract lengths, from which a speed would make delays")
      }
      for value in values where !(value > 0) { throw .axis(name, reason: "\(value) mm/ms is not a positive speed") }
    case .parameter(let name):
      guard model.parameters.contains(where: { $0.name == name }) else {
        throw .axis(name, reason: model.unknownParameter(name).description)
      }
    case .sigma(let state):
      if let state, !model.states.contains(where: { $0.name == state }) {
        throw .axis(name, reason: model.unknownState(state).description)
      }
      guard problem.noise != .none else { throw .axis(name, reason: "the problem has no noise") }
    }
  }

  /// Gives a problem one of the values; a speed is the caller's.
  func set<Scalar>(_ value: Double, in problem: inout Problem<Scalar>) throws(DelayNetError) {
    let value = Scalar(value)
    switch quantity {
    case .coupling: problem.coupling = value
    case .conductionSpeed: return
    case .parameter(let name): problem.parameters[name] = .uniform(value)
    case .sigma(nil): problem.sigma = .all(value)
    case .sigma(let state?):
      let states = problem.model.states
      var sigma = try problem.sigma.resolved(for: problem.model, nodes: problem.nodes)
      if sigma.isEmpty { sigma = states.map { _ in 0 } }
      let width = sigma.count / max(states.count, 1)
      guard let s = states.firstIndex(where: { $0.name == state }) else { return }
      for k in (s * width)..<((s + 1) * width) { sigma[k] = value }
      problem.sigma = .values(sigma)
    }
  }
}

/// Why a sweep cannot be made, found before its first step.
public enum SweepError: Error, Sendable, Equatable {
  /// An axis, by its name or text, and what is wrong with it.
  case axis(String, reason: String)
  /// Two axes, observables or what files hold besides have the same name.
  case nameTwice(String)
  /// No column is left after the steps that are discarded.
  case nothingLeft(steps: Int, discarding: Int, stepsPerColumn: Int)
  /// An observable, or the loss, that cannot be computed of the columns that are left.
  case observable(String, DelayNetError)
  /// Several realizations need noise that is drawn.
  case realizations(Int)
  /// A problem that cannot be run.
  case network(DelayNetError)
}

extension SweepError: CustomStringConvertible {
  /// One sentence.
  public var description: String {
    switch self {
    case .axis(let name, let reason): "axis \(name): \(reason)"
    case .nameTwice(let name): "the name \(name) is there twice among axes, observables and what is written with them"
    case .nothingLeft(let steps, let discarding, let m):
      "no column is left: a column ends after every \(m) steps, and \(discarding) of \(steps) steps are discarded"
    case .observable(let name, let error): "\(name): \(error)"
    case .realizations(let count):
      count < 1
        ? "\(count) realizations are none" : "\(count) realizations need noise that is drawn, not given or none"
    case .network(let error): "\(error)"
    }
  }
}

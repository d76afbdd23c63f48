/// A part of a problem that a fit may change.
///
///     fit.free = [.coupling(.positive), .parameter("w", .perRegion, in: 0...1)]
///
/// An optimiser sees unconstrained numbers; a transform makes the physical ones of them, which are what is reported.
public struct FreeParameter: Sendable, Hashable, Codable {
  /// What is changed.
  public enum Quantity: Sendable, Hashable, Codable {
    /// G.
    case coupling
    /// A parameter of the model.
    case parameter(String)
    /// The strength of the noise of a state, or of all states.
    case sigma(String?)
    /// The weight of every edge whose weight is not 0.
    case weights
    /// The conduction speed of fractional tracts.
    case conductionSpeed
    /// The fractional delay of every edge whose weight is not 0, in steps.
    case delays
    /// The state that the run begins with, of one state or of all. A history that the problem does not give stays what it is at
    /// the start of the fit.
    case initial(String?)
    /// The amplitude of every one of the problem's stimuli.
    case amplitudes
  }

  /// How many numbers the regions have between them.
  public enum Sharing: Sendable, Hashable, Codable {
    /// One for all.
    case shared
    /// One each.
    case perRegion
    /// One a group: region i belongs to group `groups[i]`, which count from 0 without a gap.
    case groups([Int])
  }

  /// How a physical number x is made of the unconstrained u.
  public enum Transform: Sendable, Hashable, Codable {
    /// x = u.
    case identity
    /// x = eᵘ.
    case positive
    /// x = a + (b − a) / (1 + e⁻ᵘ), between a and b; without bounds, those that the register gives the model's parameter as its
    /// usual range.
    case bounded(ClosedRange<Double>?)
    /// x = u, held within bounds by the optimiser; without bounds, the register's usual range.
    case clamped(ClosedRange<Double>?)
  }

  /// What is changed.
  public var quantity: Quantity
  /// How many numbers the regions have between them.
  public var sharing: Sharing
  /// How physical numbers are made of unconstrained ones.
  public var transform: Transform
  /// Regions that keep their numbers.
  public var kept: Set<Int> = []
  /// λ of a penalty on the spread of the numbers, λ · mean (x − x̄)², which is added to the loss.
  public var spreadPenalty = 0.0

  /// A part of a problem, how it is shared, and its transform.
  public init(_ quantity: Quantity, _ sharing: Sharing = .shared, _ transform: Transform = .identity) {
    (self.quantity, self.sharing, self.transform) = (quantity, sharing, transform)
  }

  /// G, any number.
  public static var coupling: FreeParameter { coupling(.identity) }
  /// G.
  public static func coupling(_ transform: Transform) -> FreeParameter { FreeParameter(.coupling, .shared, transform) }
  /// A parameter of the model, within the register's usual range unless another transform is given.
  public static func parameter(
    _ name: String, _ sharing: Sharing = .shared, _ transform: Transform = .bounded(nil)
  ) -> FreeParameter {
    FreeParameter(.parameter(name), sharing, transform)
  }
  /// A parameter of the model within bounds.
  public static func parameter(
    _ name: String, _ sharing: Sharing = .shared, in bounds: ClosedRange<Double>
  ) -> FreeParameter {
    FreeParameter(.parameter(name), sharing, .bounded(bounds))
  }
  /// The strength of a state's noise, or of that of all states.
  public static func sigma(
    _ state: String? = nil, _ sharing: Sharing = .shared, _ transform: Transform = .positive
  ) -> FreeParameter {
    FreeParameter(.sigma(state), sharing, transform)
  }
  /// The weights that are not 0, positive unless another transform is given.
  public static var weights: FreeParameter { weights(.positive) }
  /// The weights that are not 0.
  public static func weights(_ transform: Transform) -> FreeParameter { FreeParameter(.weights, .perRegion, transform) }
  /// The conduction speed, positive.
  public static var conductionSpeed: FreeParameter { conductionSpeed(.positive) }
  /// The conduction speed.
  public static func conductionSpeed(_ transform: Transform) -> FreeParameter {
    FreeParameter(.conductionSpeed, .shared, transform)
  }
  /// The delays of edges whose weights are not 0, positive.
  public static var delays: FreeParameter { delays(.positive) }
  /// The delays of edges whose weights are not 0.
  public static func delays(_ transform: Transform) -> FreeParameter { FreeParameter(.delays, .perRegion, transform) }
  /// The state that the run begins with.
  public static func initial(
    _ state: String? = nil, _ sharing: Sharing = .perRegion, _ transform: Transform = .identity
  ) -> FreeParameter {
    FreeParameter(.initial(state), sharing, transform)
  }
  /// The amplitudes of stimuli.
  public static var amplitudes: FreeParameter { amplitudes(.identity) }
  /// The amplitudes of stimuli.
  public static func amplitudes(_ transform: Transform) -> FreeParameter {
    FreeParameter(.amplitudes, .perRegion, transform)
  }

  /// The same with some regions (edges, stimuli) that keep their numbers.
  public func keeping(_ regions: some Sequence<Int>) -> FreeParameter {
    var other = self
    other.kept.formUnion(regions)
    return other
  }

  /// The same with a penalty on the spread of its numbers, λ · mean (x − x̄)².
  public func penalizingSpread(_ strength: Double) -> FreeParameter {
    var other = self
    other.spreadPenalty = strength
    return other
  }

  /// What reports and files call it: "coupling", the parameter's name, "sigma of S".
  public var name: String {
    switch quantity {
    case .coupling: "coupling"
    case .parameter(let name): name
    case .sigma(let state): state.map { "sigma of \($0)" } ?? "sigma"
    case .weights: "weights"
    case .conductionSpeed: "conductionSpeed"
    case .delays: "delays"
    case .initial(let state): state.map { "initial \($0)" } ?? "initial"
    case .amplitudes: "amplitudes"
    }
  }
}

/// The physical numbers of a free parameter.
public struct FittedParameter: Sendable, Hashable, Codable {
  /// What ``FreeParameter/name`` says.
  public let name: String
  /// One number, one a group, or one a region (edge, stimulus): those that are kept included.
  public let values: [Double]
}

import ArgumentParser
import DelayNet
import DelayNetFit
import DelayNetIO

/// The argument of `--free`: what is free, how regions share it, and how it is kept where it may be.
///
///     coupling   w:region   w:region:bounded=0..1   eta:groups=g.npy:spread=0.1   speed   sigma=S:positive
struct FreeArgument: ExpressibleByArgument {
  private let text: String
  private let quantity: FreeParameter.Quantity
  private var sharing = FreeParameter.Sharing.shared
  /// The file of the regions' groups.
  private var groups: String?
  private var transform: FreeParameter.Transform?
  private var spread = 0.0

  init?(argument: String) {
    text = argument
    var parts = argument.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let name = parts.first, !name.isEmpty else { return nil }
    parts.removeFirst()
    let (word, state) = Self.sides(name)
    switch (word, state) {
    case ("coupling", nil): quantity = .coupling
    case ("speed", nil): quantity = .conductionSpeed
    case ("weights", nil): (quantity, sharing) = (.weights, .perRegion)
    case ("delays", nil): (quantity, sharing) = (.delays, .perRegion)
    case ("amplitudes", nil): (quantity, sharing) = (.amplitudes, .perRegion)
    case ("sigma", let state): quantity = .sigma(state)
    case ("initial", let state): (quantity, sharing) = (.initial(state), .perRegion)
    case (let parameter, nil): quantity = .parameter(parameter)
    default: return nil
    }
    for part in parts {
      switch Self.sides(part) {
      case ("region", nil): sharing = .perRegion
      case ("shared", nil): sharing = .shared
      case ("groups", let path?): groups = path
      case ("identity", nil): transform = .identity
      case ("positive", nil): transform = .positive
      case ("bounded", let range):
        guard let bounds = Self.bounds(range) else { return nil }
        transform = .bounded(bounds.range)
      case ("clamped", let range):
        guard let bounds = Self.bounds(range) else { return nil }
        transform = .clamped(bounds.range)
      case ("spread", let strength?):
        guard let number = Double(strength), number >= 0, number.isFinite else { return nil }
        spread = number
      default: return nil
      }
    }
  }

  private static func sides(_ text: String) -> (String, String?) {
    let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    return (sides[0], sides.count > 1 ? sides[1] : nil)
  }

  /// The bounds of `0..1`; without a text those of the register.
  private static func bounds(_ text: String?) -> (range: ClosedRange<Double>?, Void)? {
    guard let text else { return (nil, ()) }
    guard let dots = text.range(of: "..") else { return nil }
    guard let low = Double(text[..<dots.lowerBound]), let high = Double(text[dots.upperBound...]), low < high,
      low.isFinite, high.isFinite
    else { return nil }
    return (low...high, ())
  }

  /// The file that it names.
  var inputFile: NamedFile? { groups.map { NamedFile(option: "--free", path: $0) } }

  /// What the library calls it. A parameter of the model stays within the register's range unless the text says something else.
  func freeParameter(_ model: NodeModel, nodes: Int) throws -> FreeParameter {
    if case .parameter(let name) = quantity, !model.parameters.contains(where: { $0.name == name }) {
      let there =
        ["coupling", "speed", "weights", "delays", "sigma", "initial", "amplitudes"]
        + model.parameters.map(\.name)
      throw ValidationError("--free \(text): there is no \(name), only \(there.joined(separator: ", ")).")
    }
    var sharing = sharing
    if let groups {
      let numbers = try DelayNetCommand.numbers(in: groups, shape: [nodes], as: Double.self)
      var list: [Int] = []
      for (region, number) in numbers.enumerated() {
        guard let group = Int(exactly: number), 0..<nodes ~= group else {
          throw Failure(
            .data, "\(groups): found \(number) for region \(region), expected the number of a group, from 0 on")
        }
        list.append(group)
      }
      sharing = .groups(list)
    }
    let usual: FreeParameter.Transform =
      switch quantity {
      case .parameter(let name):
        // A model that was read from a text need not say which range is usual.
        model.parameters.first { $0.name == name && $0.range.lowerBound.isFinite && $0.range.upperBound.isFinite }
          == nil
          ? .identity : .clamped(nil)
      case .sigma, .conductionSpeed, .delays, .weights: .positive
      default: .identity
      }
    var free = FreeParameter(quantity, sharing, transform ?? usual)
    free.spreadPenalty = spread
    return free
  }
}

import ArgumentParser
import DelayNet

/// The argument of `--stimulus`: a file, or a stimulus that is switched on and off.
enum StimulusArgument: ExpressibleByArgument {
  case file(String)
  case pulses(StimulusPulses)
  /// What was meant to be pulses, and why it is none.
  case malformed(String, reason: String)

  init?(argument: String) {
    guard let sign = argument.firstIndex(of: "="), StimulusPulses.keys.contains(String(argument[..<sign])) else {
      self = .file(argument)
      return
    }
    do throws(StimulusPulses.Mistake) {
      self = .pulses(try StimulusPulses(argument))
    } catch {
      self = .malformed(argument, reason: error.reason)
    }
  }

  var isFile: Bool { if case .file = self { true } else { false } }
}

/// region=12,onset=500,length=100,amplitude=0.1,state=r
struct StimulusPulses {
  struct Mistake: Error {
    let reason: String
  }

  static let keys = ["region", "onset", "length", "amplitude", "state"]

  private let regions: [String]
  private let onsets: [Double]
  private let length: Double
  private let amplitude: Double
  let state: String?

  init(_ text: String) throws(Mistake) {
    var given: [String: [String]] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, Self.keys.contains(String(sides[0])), !sides[1].isEmpty else {
        throw Mistake(
          reason: "found `\(part)`, expected region, onset, length, amplitude or state, each with = and a value")
      }
      given[String(sides[0]), default: []].append(String(sides[1]))
    }
    func numbers(_ key: String) throws(Mistake) -> [Double] {
      var numbers: [Double] = []
      for value in given[key] ?? [] {
        guard let number = Double(value), number.isFinite, number >= 0 || key == "amplitude" else {
          throw Mistake(
            reason: "\(key) is `\(value)`, expected \(key == "amplitude" ? "a number" : "a number of ms from 0 on")")
        }
        numbers.append(number)
      }
      return numbers
    }
    func one<Value>(_ key: String, _ values: [Value]) throws(Mistake) -> Value? {
      guard values.count <= 1 else { throw Mistake(reason: "\(key) is there twice") }
      return values.first
    }
    regions = given["region"] ?? []
    onsets = try numbers("onset")
    state = try one("state", given["state"] ?? [])
    guard !regions.isEmpty else { throw Mistake(reason: "region is missing") }
    guard !onsets.isEmpty else { throw Mistake(reason: "onset is missing") }
    guard let length = try one("length", numbers("length")) else { throw Mistake(reason: "length is missing") }
    guard let amplitude = try one("amplitude", numbers("amplitude")) else {
      throw Mistake(reason: "amplitude is missing")
    }
    (self.length, self.amplitude) = (length, amplitude)
  }

  /// The stimulus on a network's regions.
  func stimulus<Scalar>(in loaded: LoadedNetwork<Scalar>, timeStep: Double) throws -> Stimulus<Scalar> {
    let nodes = try regions.map { region in
      if let labelled = loaded.labels?.firstIndex(of: region), Int(region) == nil { return labelled }
      guard let number = Int(region), 0..<loaded.network.nodes ~= number else {
        throw Failure(
          .data,
          "--stimulus: there is no region \(region); regions are 0 … \(loaded.network.nodes - 1)"
            + (loaded.labels == nil ? "" : ", or their labels"))
      }
      return number
    }
    for onset in onsets {
      let (begin, end) = ((onset / timeStep).rounded(), ((onset + length) / timeStep).rounded())
      guard begin < end, end < 0x1p62 else {
        throw Failure(
          .data,
          "--stimulus: from \(rounded(onset)) ms on, \(rounded(length)) ms are "
            + (end < 0x1p62 ? "no step" : "more steps than can be counted") + " of \(rounded(timeStep)) ms")
      }
    }
    return Stimulus(
      nodes: nodes, onsets: onsets, length: length, amplitude: try finite(amplitude, "--stimulus amplitude"),
      state: state)
  }
}

import ArgumentParser
import DelayNet
import DelayNetIO

/// The options that say what is observed of a run: a kind of the register of monitors, and its times.
struct MonitorOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      What is observed: subsample, average, bold:volterra, bold:gamma, bold:mixture, bold:double-exponential, \
      bold:balloon-friston2003, bold:balloon-stephan2007 (as The Virtual Brain), bold:balloon-vbjax, bold:balloon-tvboptim, or \
      projection:L.npy, a gain matrix of shape (sensors, N).
      """, valueName: "kind"))
  var monitor: MonitorArgument?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "From one column to the next, a multiple of --interim for BOLD, else of --time-step.", valueName: "ms"))
  var repetitionTime: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "BOLD reads means over this time, a multiple of --time-step. (default: 4)", valueName: "ms"))
  var interim: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The state or output of the model that is observed. (default: the first state)", valueName: "name"))
  var monitorState: String?

  @Option(
    name: .long, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A constant of BOLD in place of the kind's, such as tau_s=0.7. May be repeated.", valueName: "name=value"))
  var monitorSet: [Assignment] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What is subtracted from every sensor of a projection: mean, or the number of a sensor.", valueName: "reference"))
  var reference: ReferenceArgument?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Leave out the columns that end in the first milliseconds of model time: the transient.", valueName: "ms"))
  var discard: Double?

  /// The absolute step up to which columns are left out.
  func discardedSteps(timeStep: Double) -> Int { discard.map { Int(($0 / timeStep).rounded()) } ?? 0 }

  /// Checks a time in ms that is left out, in steps of a length.
  static func validate(_ time: Double?, _ option: String = "--discard", step: Double) throws {
    guard let time, !(time >= 0 && time / step < 0x1p62) else { return }
    throw ValidationError("\(option) must be a time in ms from 0 on, not \(time).")
  }

  /// The files that these options name.
  var inputFiles: [NamedFile] {
    if case .projection(let path)? = monitor { [NamedFile(option: "--monitor", path: path)] } else { [] }
  }

  func validate() throws {
    guard let monitor else {
      for (option, isGiven) in [
        ("--repetition-time", repetitionTime != nil), ("--interim", interim != nil),
        ("--monitor-state", monitorState != nil), ("--monitor-set", !monitorSet.isEmpty),
        ("--reference", reference != nil),
      ] where isGiven {
        throw ValidationError("\(option) is for a --monitor, which is not there.")
      }
      return
    }
    guard let repetitionTime else { throw ValidationError("--monitor needs --repetition-time beside it, in ms.") }
    guard repetitionTime > 0, repetitionTime.isFinite else {
      throw ValidationError("--repetition-time must be a positive number of ms, not \(repetitionTime).")
    }
    if let interim {
      guard interim > 0, interim.isFinite else {
        throw ValidationError("--interim must be a positive number of ms, not \(interim).")
      }
    }
    guard case .response(let response) = monitor else {
      if interim != nil { throw ValidationError("--interim is for BOLD.") }
      if !monitorSet.isEmpty { throw ValidationError("--monitor-set is for BOLD.") }
      if reference != nil {
        guard case .projection = monitor else { throw ValidationError("--reference is for a projection.") }
      }
      return
    }
    if reference != nil { throw ValidationError("--reference is for a projection.") }
    let names = response.kind.constants.map(\.name)
    for assignment in monitorSet {
      guard names.contains(assignment.name) else {
        throw ValidationError(
          "--monitor-set: \(response.kind.name) has no constant \(assignment.name); it has "
            + "\(names.joined(separator: ", ")).")
      }
      guard Double(assignment.text) != nil else {
        throw ValidationError("--monitor-set \(assignment.name): a constant is one number.")
      }
    }
  }

  /// The monitor, of one state; nil without `--monitor`.
  ///
  /// - Throws: ``Failure`` for a time that is no multiple of the one below, a gain matrix of another number of regions, a state
  ///   that the model lacks.
  func monitor(of model: NodeModel, nodes: Int, timeStep: Double) throws -> Monitor? {
    guard let monitor, let repetitionTime else { return nil }
    let state = monitorState ?? model.states.first?.name ?? ""
    guard model.readable.contains(where: { $0.name == state }) else {
      let there = model.readable.map(\.name).joined(separator: ", ")
      throw ValidationError("--monitor-state: \(model.name) has no \(model.wordForReadable) \(state); it has \(there).")
    }
    let unit = if case .response = monitor { interim ?? 4 } else { timeStep }
    let ratio = repetitionTime / unit
    guard abs(ratio - ratio.rounded()) <= 1e-9 * ratio, ratio.rounded() >= 1, ratio < 1e15 else {
      let what = if case .response = monitor { "--interim" } else { "--time-step" }
      throw ValidationError("--repetition-time \(repetitionTime) ms is no multiple of \(what) \(unit) ms.")
    }
    var steps = Int(ratio.rounded())
    switch monitor {
    case .subsample: return .subsample(every: steps, of: [state])
    case .average: return .average(over: steps, of: [state])
    case .projection(let path):
      let gain = try readMatrix(path)
      guard gain.columns == nodes else {
        throw Failure(.data, "\(path): has gains of \(gain.columns) regions, and the network has \(nodes)")
      }
      let reference = reference?.reference ?? .none
      if case .row(let row) = reference, row >= gain.rows {
        throw ValidationError("--reference \(row): the projection has the sensors 0 … \(gain.rows - 1).")
      }
      return .projection(gain: gain, every: steps, reference: reference, of: [state])
    case .response(var response):
      for assignment in monitorSet {
        response = try response.setting(assignment.name, to: Double(assignment.text) ?? .nan)
      }
      let interim = interim ?? 4
      let means = interim / timeStep
      guard abs(means - means.rounded()) <= 1e-9 * means, means.rounded() >= 1, means * ratio < 1e15 else {
        throw ValidationError("--interim \(interim) ms is no multiple of --time-step \(timeStep) ms.")
      }
      steps *= Int(means.rounded())
      return .bold(response, every: steps, interimSteps: Int(means.rounded()), of: [state])
    }
  }
}

/// The argument of `--monitor`.
enum MonitorArgument: ExpressibleByArgument {
  case subsample, average
  case response(HaemodynamicResponse)
  case projection(String)

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    switch (parts[0], parts.count > 1 ? parts[1] : nil) {
    case ("subsample", nil): self = .subsample
    case ("average", nil): self = .average
    case ("projection", let path?) where !path.isEmpty: self = .projection(path)
    case ("bold", let name?):
      // The balloon's constants differ too much for one of them to be meant without a word.
      let words = name.split(separator: "-", maxSplits: 1).map(String.init)
      guard words.first == "balloon" ? words.count == 2 : !name.isEmpty else { return nil }
      let found =
        words[0] == "balloon"
        ? HaemodynamicResponse(named: "balloon", preset: words[1])
        : HaemodynamicResponse(named: name.replacing("-", with: "_"))
      guard let found else { return nil }
      self = .response(found)
    default: return nil
    }
  }
}

/// The argument of `--reference`.
struct ReferenceArgument: ExpressibleByArgument {
  let reference: Monitor.Gain.Reference

  init?(argument: String) {
    if argument == "mean" {
      reference = .mean
    } else if let row = Int(argument), row >= 0 {
      reference = .row(row)
    } else {
      return nil
    }
  }
}

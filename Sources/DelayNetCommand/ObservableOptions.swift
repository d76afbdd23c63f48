import ArgumentParser
import DelayNet
import DelayNetFit

/// The options that say what is computed of a series, with their times in ms.
struct ObservableOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      What is computed, names with commas between them: fc and covariance of every two rows, at --lag; fcd, functional connectivity \
      dynamics; mean and variance of every row; autocorrelation, its time in ms; spectrum (Welch) and peak, its frequency in Hz; \
      of rows that are angles order, Kuramoto's order parameter, and metastability, its standard deviation.
      """, valueName: "names"))
  var observe: ObservableNames

  @Option(
    name: .long, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      """
      For fc and covariance: by how much the first row is later; of several, with commas between them or each with a --lag of its \
      own, the output has an array each, whose name ends with the lag: fc_lag0, fc_lag1000. (default: 0)
      """, valueName: "ms"))
  var lag: [LagsArgument] = []

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("For fcd: the length of a window. (default: 60000)", valueName: "ms"))
  var window: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("For fcd: from one window to the next. (default: 10000)", valueName: "ms"))
  var windowStep: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("For spectrum and peak: the length of a segment, 1 over the resolution.", valueName: "ms"))
  var segment: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("For autocorrelation: the longest lag that is added.", valueName: "ms"))
  var longestLag: Double?

  func validate() throws {
    let names = observe.names
    for (place, lag) in lags.enumerated() {
      guard lag.isFinite, lag >= 0 else { throw ValidationError("--lag must be a number of ms from 0 on, not \(lag).") }
      guard !lags[..<place].contains(lag) else { throw ValidationError("--lag \(rounded(lag)) ms is there twice.") }
    }
    for (option, value, users) in [
      ("--lag", lags.first, ["fc", "covariance"]), ("--window", window, ["fcd"]),
      ("--window-step", windowStep, ["fcd"]),
      ("--segment", segment, ["spectrum", "peak"]), ("--longest-lag", longestLag, ["autocorrelation"]),
    ] {
      guard let value else { continue }
      guard value.isFinite, value > 0 || (option == "--lag" && value == 0) else {
        throw ValidationError("\(option) must be a positive number of ms, not \(value).")
      }
      guard users.contains(where: names.contains) else {
        throw ValidationError("\(option) is for \(users.joined(separator: " and ")), which --observe does not ask for.")
      }
    }
    for name in ["spectrum", "peak"] where names.contains(name) && segment == nil {
      throw ValidationError("--observe \(name) needs --segment, in ms.")
    }
    if names.contains("autocorrelation"), longestLag == nil {
      throw ValidationError("--observe autocorrelation needs --longest-lag, in ms.")
    }
  }

  /// Whether rows have to be angles.
  var needsAngles: String? { observe.names.first { ["order", "metastability"].contains($0) } }

  /// The lags in ms, in the order in which they were given.
  private var lags: [Double] { lag.flatMap(\.values) }

  /// The observables in the order of their names, and of the lags.
  ///
  /// - Parameter samplingStep: in ms.
  func observables(samplingStep: Double) throws -> [any SeriesObservable] {
    func samples(_ option: String, _ time: Double) throws -> Int {
      let ratio = time / samplingStep
      guard abs(ratio - ratio.rounded()) <= 1e-9 * max(ratio, 1), ratio < 1e15 else {
        throw ValidationError(
          "\(option) \(rounded(time)) ms is no multiple of the \(rounded(samplingStep)) ms from one sample to the next."
        )
      }
      return Int(ratio.rounded())
    }
    /// Every lag in samples, with what is behind the name of its observable.
    let lagged = try (lags.isEmpty ? [0] : lags).map { lag in
      (
        samples: try samples("--lag", lag),
        suffix: lags.count > 1 ? "_lag\(Int(exactly: lag).map(String.init) ?? "\(lag)")" : ""
      )
    }
    var observables: [any SeriesObservable] = []
    for name in observe.names {
      switch name {
      case "fc": observables += lagged.map { FunctionalConnectivity(lag: $0.samples, name: "fc\($0.suffix)") }
      case "covariance": observables += lagged.map { Covariance(lag: $0.samples, name: "covariance\($0.suffix)") }
      case "fcd":
        observables.append(
          FunctionalConnectivityDynamics(
            window: try samples("--window", window ?? 60_000), step: try samples("--window-step", windowStep ?? 10_000))
        )
      case "mean": observables.append(Mean())
      case "variance": observables.append(Variance())
      case "autocorrelation":
        observables.append(
          AutocorrelationTime(lags: try samples("--longest-lag", longestLag ?? 0), samplingStep: samplingStep))
      case "spectrum", "peak":
        let spectrum = PowerSpectrum(segment: try samples("--segment", segment ?? 0), samplingStep: samplingStep)
        if name == "spectrum" { observables.append(spectrum) } else { observables.append(PeakFrequency(spectrum)) }
      case "order": observables.append(KuramotoOrder(.mean))
      default: observables.append(KuramotoOrder(.metastability))
      }
    }
    return observables
  }

  /// The frequencies of a spectrum's columns in Hz, if there is one.
  static func frequencies(of observables: [any SeriesObservable]) -> [Double]? {
    observables.lazy.compactMap { ($0 as? PowerSpectrum)?.frequencies }.first
  }
}

/// The argument of `--lag`: one or more times in ms, with commas between them.
struct LagsArgument: ExpressibleByArgument {
  let values: [Double]

  init?(argument: String) {
    var values: [Double] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = Double(part) else { return nil }
      values.append(value)
    }
    self.values = values
  }
}

/// The argument of `--observe`.
struct ObservableNames: ExpressibleByArgument {
  static let all = [
    "fc", "covariance", "fcd", "mean", "variance", "autocorrelation", "spectrum", "peak", "order", "metastability",
  ]
  let names: [String]

  init?(argument: String) {
    let names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard names.allSatisfy(Self.all.contains), Set(names).count == names.count else { return nil }
    self.names = names
  }
}

import ArgumentParser
import DelayNet
import DelayNetFit
import DelayNetIO
import Foundation

/// `delaynet observe`: what is computed of a recording, or of a run that was written.
struct ObserveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "observe",
    abstract: "Computes functional connectivity, spectra and the like of a recording.",
    discussion: """
      The input has a row a region and a column a sample: .npy, .npz, .mat, HDF5 or .csv. The output is a .npz of an array for each \
      observable by its name: (N, N) of fc and covariance, of several --lag each as fc_lag0, fc_lag1000; (windows, windows) of fcd, (N, F) of spectrum with its `frequencies` (F,) \
      in Hz, (N,) of a number a region, () of a number.

      EXAMPLES
        delaynet observe --input bold.npy --sampling-step 1000 --observe fc,fcd --output o.npz
        delaynet observe --input bold.csv --transpose --sampling-step 2000 --observe spectrum,peak --segment 64000 --output o.npz
      """)

  @Option(name: .long, help: ArgumentHelp("The series, shape (N, samples).", valueName: "bold.npy"))
  var input: String

  @Option(
    name: .long,
    help: ArgumentHelp("The array's name in a file of several. (default: the only matrix)", valueName: "name"))
  var name: String?

  @Flag(name: .long, help: "The input has a row a sample and a column a region.")
  var transpose = false

  @Option(
    name: .long, parsing: .unconditional, help: ArgumentHelp("From one sample to the next.", valueName: "ms"))
  var samplingStep: Double

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Leave out the samples of the first milliseconds.", valueName: "ms"))
  var discard: Double?

  @OptionGroup(title: "What is computed")
  var observables: ObservableOptions

  @Option(name: .long, help: ArgumentHelp("Write the observables.", valueName: "o.npz"))
  var output: String

  @Option(name: .long, help: ArgumentHelp("Draw the observables.", valueName: "o.svg"))
  var plot: String?

  func validate() throws {
    guard samplingStep > 0, samplingStep.isFinite else {
      throw ValidationError("--sampling-step must be a positive number of ms, not \(samplingStep).")
    }
    try MonitorOptions.validate(discard, step: samplingStep)
    _ = try observables.observables(samplingStep: samplingStep)
  }

  func run() throws {
    try CommandFiles(
      inputs: CommandFiles.named(["--input": input]), outputs: CommandFiles.named(["--output": output, "--plot": plot])
    ).check()
    var series = try readMatrix(input, name: name)
    if transpose { series = series.transposed }
    let discarded = discard.map { Int(($0 / samplingStep).rounded()) } ?? 0
    guard discarded < series.columns else {
      throw Failure(
        .data,
        "\(input): has \(grouped(series.columns)) samples, of which --discard leaves none"
          + (discarded < series.rows ? "; --transpose takes its rows for samples" : ""))
    }
    series = try Matrix(rows: series.rows, columns: series.columns - discarded) { series[$0, $1 + discarded] }
    print(
      "input     \(grouped(series.rows)) regions, \(grouped(series.columns)) samples of \(rounded(samplingStep)) ms")
    if series.rows > series.columns {
      printToStandardError(
        "delaynet: \(input): has more regions than samples; --transpose takes its rows for samples")
    }
    let computed = try observables.observables(samplingStep: samplingStep)
    var arrays: [(name: String, array: NPYArray)] = []
    var picture = ObservedPlot(
      title: "\(URL(fileURLWithPath: input).lastPathComponent) · \(grouped(series.rows)) regions",
      subtitle: "\(grouped(series.columns)) samples of \(rounded(samplingStep)) ms", samplingStep: samplingStep)
    for observable in computed {
      let value: Matrix<Double>
      do throws(DelayNetError) {
        value = try observable.value(of: series)
      } catch {
        throw Failure(.data, "\(input): \(observable.name): \(Self.words(error, transpose: transpose))")
      }
      let own = SweepOutput(name: observable.name, rows: value.rows, columns: value.columns)
      arrays.append((own.name, try NPYArray(value.values, shape: own.shape)))
      picture.add(observable, value)
      let (least, most) = (value.values.min() ?? .nan, value.values.max() ?? .nan)
      let numbers = least == most ? rounded(least) : "\(rounded(least)) … \(rounded(most))"
      print("observed  \(own.name) \(text(own.shape)), \(numbers)")
    }
    if let frequencies = ObservableOptions.frequencies(of: computed) {
      arrays.append(("frequencies", try NPYArray(frequencies)))
    }
    do { try NPZArchive.write(arrays, to: output) } catch { throw Failure.writing(error) }
    print("wrote     \(output)")
    if let plot {
      guard let svg = picture.svg else {
        throw Failure(.data, "--plot \(plot): there is nothing to draw, for every observable is a single number")
      }
      try write(Data(svg.utf8), to: plot)
      print("drew      \(plot)")
    }
  }

  /// A mistake in the words of the command.
  private static func words(_ error: DelayNetError, transpose: Bool) -> String {
    switch error {
    case .constantSeries("series", let row):
      "\(transpose ? "column" : "row") \(row) has the same value everywhere, so that it has no correlation with others"
    case .optionOutOfRange("window", let value):
      "a window of \(rounded(value)) samples does not fit into the series; --window makes it shorter"
    case .optionOutOfRange("segment", let value):
      "a segment of \(rounded(value)) samples does not fit into the series; --segment makes it shorter"
    default: error.description
    }
  }
}

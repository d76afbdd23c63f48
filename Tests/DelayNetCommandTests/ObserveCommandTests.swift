import DelayNet
import DelayNetFit
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet observe")
struct ObserveCommandTests {
  /// Four regions, 200 samples.
  static func series() throws -> Matrix<Double> { try RandomKey(seed: 8).normal(4, 200, as: Double.self) }

  @Test func everyObservableIsThatOfTheLibrary() throws {
    let folder = try Folder()
    let series = try Self.series()
    try folder.write(series.values, [4, 200], to: "bold.npy")
    let words = try Command.succeed(
      "observe --input bold.npy --sampling-step 500 --discard 10000 --observe "
        + "fc,covariance,fcd,mean,variance,autocorrelation,spectrum,peak,order,metastability --lag 1000 --window 20000 "
        + "--window-step 5000 --segment 16000 --longest-lag 5000 --output o.npz --plot o.svg", in: folder)
    #expect(words.contains("4 regions, 180 samples of 500 ms"))
    let kept = try Matrix(rows: 4, columns: 180) { series[$0, $1 + 20] }
    let archive = try NPZArchive(path: folder.path("o.npz"))
    let spectrum = PowerSpectrum(segment: 32, samplingStep: 500)
    let expected: [(any SeriesObservable, [Int])] = [
      (FunctionalConnectivity(lag: 2), [4, 4]), (Covariance(lag: 2), [4, 4]),
      (FunctionalConnectivityDynamics(window: 40, step: 10), [15, 15]), (Mean(), [4]), (Variance(), [4]),
      (AutocorrelationTime(lags: 10, samplingStep: 500), [4]), (spectrum, [4, 17]), (PeakFrequency(spectrum), [4]),
      (KuramotoOrder(.mean), []), (KuramotoOrder(.metastability), []),
    ]
    for (observable, shape) in expected {
      #expect(
        try archive[observable.name].values(as: Double.self, shape: shape) == observable.value(of: kept).values,
        "\(observable.name)")
    }
    #expect(try archive["frequencies"].values(as: Double.self) == spectrum.frequencies)
    let picture = try folder.text("o.svg")
    for text in ["Functional connectivity", "Functional connectivity dynamics", "Power spectrum", "autocorrelation"] {
      #expect(picture.contains(">\(text)<"), "\(text)")
    }
    #expect(archive.names.count == expected.count + 1)
  }

  @Test func everyLagHasItsArrayAndItsPanel() throws {
    let folder = try Folder()
    let series = try Self.series()
    try folder.write(series.values, [4, 200], to: "bold.npy")
    try Command.succeed(
      "observe --input bold.npy --sampling-step 12.5 --observe fc,covariance --lag 0,12.5,1000 --output o.npz --plot o.svg",
      in: folder)
    let archive = try NPZArchive(path: folder.path("o.npz"))
    #expect(archive.names.count == 6)
    for (lag, name) in [(0, "lag0"), (1, "lag12.5"), (80, "lag1000")] {
      #expect(
        try archive["fc_\(name)"].values(as: Double.self, shape: [4, 4])
          == FunctionalConnectivity(lag: lag).value(of: series).values)
      #expect(
        try archive["covariance_\(name)"].values(as: Double.self, shape: [4, 4])
          == Covariance(lag: lag).value(of: series).values)
    }
    let picture = try folder.text("o.svg")
    for text in [
      "Functional connectivity, 0 ms later", "Functional connectivity, 1,000 ms later", "Covariance, 12.5 ms later",
    ] { #expect(picture.contains(">\(text)<"), "\(text)") }
  }

  @Test func textsAndArchivesAreReadEitherWayRound() throws {
    let folder = try Folder()
    let series = try Self.series()
    try folder.write(
      (0..<200).map { t in (0..<4).map { "\(series[$0, t])" }.joined(separator: ",") }.joined(separator: "\n") + "\n",
      to: "bold.csv")
    try NPZArchive.write(
      [
        ("other", try NPYArray([1.0, 2], shape: [1, 2])), ("bold", try NPYArray(series.values, shape: [4, 200])),
      ], to: folder.path("bold.npz"))
    try Command.succeed(
      "observe --input bold.csv --transpose --sampling-step 1000 --observe fc --output a.npz", in: folder)
    try Command.succeed(
      "observe --input bold.npz --name bold --sampling-step 1000 --observe fc --output b.npz", in: folder)
    #expect(try folder.bytes("a.npz") == folder.bytes("b.npz"))
  }

  @Test func mistakesAreNamed() throws {
    let folder = try Folder()
    var values = try Self.series().values
    try folder.write(values, [4, 200], to: "bold.npy")
    values[2 * 200 + 17] = .nan
    try folder.write(values, [4, 200], to: "nan.npy")
    for t in 0..<200 { values[2 * 200 + t] = 5 }
    try folder.write(values, [4, 200], to: "constant.npy")
    func refused(_ line: String, _ reason: String, _ status: Int32) throws {
      let outcome = try Command.run(Command.words("observe \(line) --output o.npz"), in: folder)
      #expect(
        outcome.status == status && outcome.errors.contains(reason), "\(line): \(outcome.status) \(outcome.errors)")
      #expect(!folder.exists("o.npz"))
    }
    let fc = "--sampling-step 1000 --observe fc"
    try refused("--input nan.npy \(fc)", "nan.npy[2, 17]: found nan", 65)
    try refused("--input constant.npy \(fc)", "constant.npy: fc: row 2 has the same value everywhere", 65)
    try refused("--input nothing.npy \(fc)", "nothing.npy", 66)
    try refused("--input bold.npy \(fc) --discard 200000", "200 samples, of which --discard leaves none", 65)
    try refused("--input bold.npy \(fc) --lag 1500", "--lag 1,500 ms is no multiple", 64)
    try refused("--input bold.npy \(fc) --lag 300000", "lag is 300", 65)
    try refused("--input bold.npy --sampling-step 0 --observe fc", "--sampling-step must be a positive", 64)
    try refused("--input bold.npy --sampling-step 1000 --observe fc,fc", "fc,fc", 64)
    try refused(
      "--input bold.npy --sampling-step 1000 --observe fcd --window 201000", "a window of 201 samples does not fit", 65)
    let nothing = try Command.run(
      Command.words("observe --input bold.npy --sampling-step 1000 --observe order --output p.npz --plot p.svg"),
      in: folder)
    #expect(nothing.status == 65 && nothing.errors.contains("there is nothing to draw") && !folder.exists("p.svg"))
    try refused("--input bold.npy --sampling-step 1000 --observe spectrum", "needs --segment", 64)
  }
}

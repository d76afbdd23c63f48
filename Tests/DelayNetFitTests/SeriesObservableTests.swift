import DelayNetFit
import DelayNetIO
import Foundation
import TestSupport
import Testing

/// An observable or a loss next to what JAX says of it; Golden/README.md says how.
struct ObservableCase: Sendable, CustomTestStringConvertible {
  let name: String
  let function: @Sendable (Matrix<Double>) throws(DelayNetError) -> Linearization
  var testDescription: String { name }

  init(_ name: String, _ observable: some SeriesObservable) {
    self.name = name
    function = { x throws(DelayNetError) in try observable.linearized(at: x) }
  }

  init(_ name: String, _ function: @escaping @Sendable (Matrix<Double>) throws(DelayNetError) -> Linearization) {
    (self.name, self.function) = (name, function)
  }

  static let spectrum = PowerSpectrum(segment: 16, samplingStep: 720)

  static let observables: [ObservableCase] = [
    .init("fc", .functionalConnectivity()),
    .init("lagged_fc", .functionalConnectivity(lag: 2)),
    .init("covariance", .covariance()),
    .init("lagged_covariance", .covariance(lag: 3)),
    .init("fcd", .functionalConnectivityDynamics(window: 20, step: 7)),
    .init("spectrum", spectrum),
    .init("odd_spectrum", .powerSpectrum(segment: 15, samplingStep: 720)),
    .init("peak", .peakFrequency(spectrum)),
    .init("order", .kuramotoOrder()),
    .init("mean_order", .kuramotoOrder(.mean)),
    .init("metastability", .metastability),
    .init("mean", .mean),
    .init("variance", .variance),
    .init("autocorrelation", .autocorrelationTime(lags: 6, samplingStep: 720)),
  ]
}

/// The arrays of Golden/observables.npz.
enum Golden {
  static func archive(_ name: String) throws -> NPZArchive {
    try NPZArchive(path: "\(#require(Bundle.module.resourcePath))/Golden/\(name).npz")
  }

  static func matrix(_ archive: NPZArchive, _ name: String) throws -> Matrix<Double> {
    let array = try archive[name]
    let rows = array.shape.count == 2 ? array.shape[0] : 1
    let values = try array.values(as: Double.self)
    return try Matrix(rows: rows, columns: values.count / max(rows, 1), values: values)
  }
}

@Suite struct SeriesObservableTests {
  private func dot(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Double {
    zip(a.values, b.values).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Values and gradients against JAX, then both derivatives against each other, against differences, and their linearity.
  @Test(arguments: ObservableCase.observables + LossTests.cases) func agreesWithJAX(_ example: ObservableCase) throws {
    let golden = try Golden.archive("observables")
    let x = try Golden.matrix(golden, "series")
    let f = try example.function(x)
    let value = try Golden.matrix(golden, example.name)
    let cotangent = try Golden.matrix(golden, "\(example.name)_cotangent")
    let vjp = try Golden.matrix(golden, "\(example.name)_vjp")
    #expect(f.value.rows == value.rows && f.value.columns == value.columns)
    #expect(relativeError(f.value.values, value.values) < 1e-12)
    #expect(relativeError(f.pullback(cotangent).values, vjp.values) < 1e-11)

    let u = try RandomKey(seed: 3).normal(x.rows, x.columns, as: Double.self)
    let v = try RandomKey(seed: 4).normal(value.rows, value.columns, as: Double.self)
    let (forward, back) = (f.pushforward(u), f.pullback(v))
    #expect(
      abs(dot(v, forward) - dot(back, u)) < 1e-12 * dot(v, v).squareRoot() * max(1, dot(forward, forward).squareRoot()))
    #expect(f.pullback(v.map { _ in 0.0 }).values.allSatisfy { $0 == 0 })

    func weighted(_ values: [Double]) throws -> Double {
      dot(v, try example.function(Matrix(rows: x.rows, columns: x.columns, values: values)).value)
    }
    let differences = try GradientCheck.differences(at: x.values, gradient: back.values, entries: 40, of: weighted)
    #expect(differences.passed, "\(differences)")
    #expect(try GradientCheck.taylor(at: x.values, gradient: back.values, along: u.values, of: weighted).passed)
  }

  @Test func frequenciesAreThoseOfTheLines() throws {
    let golden = try Golden.matrix(Golden.archive("observables"), "frequencies")
    #expect(relativeError(ObservableCase.spectrum.frequencies, golden.values) < 1e-14)
    // A sine of 0.125 Hz sampled every 500 ms peaks there, in any band around it.
    let sine = try Matrix(rows: 1, columns: 256) { 3 + sineOf(2 * .pi * 0.125 * 0.5 * Double($1) + 1) + Double($0) }
    let spectrum = PowerSpectrum(segment: 64, samplingStep: 500)
    let peak = try PeakFrequency(spectrum, sharpness: 40).value(of: sine)
    #expect(abs(peak[0, 0] - 0.125) < 1e-6)
    let within = try PeakFrequency(spectrum, sharpness: 4, band: 0.1...0.2).value(of: sine)
    #expect(abs(within[0, 0] - 0.125) < 1e-3)
    // The integral of the density is the variance, 1/2.
    let power = try spectrum.value(of: sine).values.reduce(0, +) * spectrum.frequencies[1]
    #expect(abs(power - 0.5) < 1e-3)
  }

  @Test func phasesInStepHaveAnOrderOfOne() throws {
    let same = try Matrix(rows: 4, columns: 10) { Double($1) * 7 + 0 * Double($0) }
    #expect(try KuramotoOrder().value(of: same).values.allSatisfy { abs($0 - 1) < 1e-15 })
    #expect(
      try KuramotoOrder(.metastability).linearized(at: same).pullback(Matrix(rows: 1, columns: 1, values: [1])).values
        .allSatisfy { abs($0) < 1e-9 })
    let opposed = try Matrix(rows: 2, columns: 3) { i, _ in Double(i) * .pi }
    let order = try KuramotoOrder().linearized(at: opposed)
    #expect(order.value.values.allSatisfy { abs($0) < 1e-15 })
    #expect(order.pullback(order.value.map { _ in 1.0 }).values.allSatisfy { $0.isFinite })
  }

  /// sin and cos to the accuracy that they promise, around multiples of π/4 and for long angles.
  @Test func sinesAreExact() {
    for n in -400...400 {
      for offset in [0, 1e-9, 0.1, 0.7] {
        let x = Double(n) * .pi / 4 + offset
        #expect(abs(sineOf(x) - sin(x)) < 4e-16 && abs(sineAndCosine(x).cosine - cos(x)) < 4e-16, "\(x)")
      }
    }
    for x in [1e3, 12345.678, -54321.1, 99999] {
      #expect(abs(sineOf(x) - sin(x)) < 4e-16 && abs(sineAndCosine(x).cosine - cos(x)) < 4e-16, "\(x)")
    }
    #expect(sineOf(.infinity).isNaN && sineOf(.nan).isNaN && sineOf(0) == 0)
  }

  private func sineOf(_ x: Double) -> Double { sineAndCosine(x).sine }

  @Test(arguments: ObservableCase.observables) func valuesThatAreNotFiniteNameTheirPlace(_ example: ObservableCase)
    throws
  {
    var x = try Golden.matrix(Golden.archive("observables"), "series")
    x[3, 41] = .nan
    do {
      _ = try example.function(x)
      Issue.record("\(example.name) took NaN")
    } catch {
      guard case .notFiniteEntry(_, row: 3, let column) = error else { throw error }
      // Lagged rows and windows count from their own first sample.
      #expect([41, 39].contains(column))
    }
  }

  @Test func constantRowsNameTheirPlace() throws {
    var x = try Golden.matrix(Golden.archive("observables"), "series")
    for t in 0..<61 { x[2, t] = 0.3 }
    func expect(_ name: String, row: Int, _ observable: some SeriesObservable) {
      #expect(throws: DelayNetError.constantSeries(name: name, row: row)) { try observable.linearized(at: x) }
    }
    expect("series", row: 2, .functionalConnectivity())
    expect("series", row: 2, .functionalConnectivity(lag: 1))
    expect("series", row: 2, .functionalConnectivityDynamics(window: 20, step: 7))
    expect("series", row: 2, .autocorrelationTime(lags: 3, samplingStep: 1))
    #expect(try Variance().value(of: x)[2, 0] < 1e-30)
  }

  @Test func optionsOutOfRangeAreRefused() throws {
    let x = try Golden.matrix(Golden.archive("observables"), "series")
    func expect(_ name: String, _ value: Double, _ observable: some SeriesObservable) {
      #expect(throws: DelayNetError.optionOutOfRange(name: name, value: value)) { try observable.linearized(at: x) }
    }
    expect("lag", -1, .functionalConnectivity(lag: -1))
    expect("lag", 60, .functionalConnectivity(lag: 60))
    expect("lag", 61, .covariance(lag: 61))
    expect("window", 62, .functionalConnectivityDynamics(window: 62, step: 1))
    expect("window", 1, .functionalConnectivityDynamics(window: 1, step: 1))
    expect("step of the windows", 0, .functionalConnectivityDynamics(window: 20, step: 0))
    expect("segment", 62, .powerSpectrum(segment: 62, samplingStep: 1))
    expect("segment", 0, .powerSpectrum(segment: 0, samplingStep: 1))
    expect("samplingStep", 0, .powerSpectrum(segment: 8, samplingStep: 0))
    expect("sharpness", 0, .peakFrequency(ObservableCase.spectrum, sharpness: 0))
    expect("band", 5, .peakFrequency(ObservableCase.spectrum, band: 5...6))
    expect("lags", 61, .autocorrelationTime(lags: 61, samplingStep: 1))
    expect("samplingStep", -1, .autocorrelationTime(lags: 1, samplingStep: -1))
    let empty = try Matrix<Double>(rows: 3, columns: 0, values: [])
    #expect(throws: DelayNetError.self) { try Mean().linearized(at: empty) }
    #expect(throws: DelayNetError.self) { try FunctionalConnectivity().linearized(at: empty) }
    for segment in [Int.max, Int.min, 0, 1 << 40] {
      #expect(throws: DelayNetError.self) { try PowerSpectrum(segment: segment, samplingStep: 1).linearized(at: x) }
      #expect(PowerSpectrum(segment: segment, samplingStep: 1).frequencies == [])
    }
    #expect(throws: DelayNetError.self) { try FunctionalConnectivity(lag: .max).linearized(at: x) }
    #expect(throws: DelayNetError.self) { try Covariance(lag: .min).linearized(at: x) }
    #expect(try FunctionalConnectivityDynamics(window: 61, step: .max).value(of: x).values == [1])
  }

  /// In a loss, and of a trajectory, an observable has the same value.
  @Test func lossesAndTrajectoriesUseThem() throws {
    let problem = try ProblemCase<Double>(model: .montbrioPazoRoxin, steps: 40).problem
    let series = try problem.simulate(steps: 40).series
    let own = try Covariance(lag: 1).value(of: series)
    let (value, gradient) = try problem.valueWithGradient(steps: 40, withRespectTo: [.coupling]) { s in
      s.observed(by: .covariance(lag: 1)).squared().sum()
    }
    #expect(abs(value - own.values.reduce(0) { $0 + $1 * $1 }) < 1e-12 * value)
    #expect(gradient.coupling != 0)
  }
}

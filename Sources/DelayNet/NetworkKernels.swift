// The border to C for networks of neural masses, as ScalarKernels.swift is for the map: generic Swift structs with the
// fields of the C structs are copied field by field into those of one precision.

// The protocols repeat the names of C members.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

internal import CKernels

/// The C functions for networks in one precision.
struct NetworkKernels<Scalar>: Sendable {
  typealias Run =
    @Sendable (
      [NetworkPrimal<Scalar>], inout [NetworkResult<Scalar>], UnsafePointer<dn_run_options>,
      UnsafeMutablePointer<dn_place>
    ) -> dn_status
  typealias Jvp =
    @Sendable (
      [NetworkPrimal<Scalar>], [NetworkTangent<Scalar>], UnsafePointer<dn_run_options>, UnsafeMutablePointer<dn_place>
    ) -> dn_status
  typealias Vjp =
    @Sendable (
      [NetworkPrimal<Scalar>], [OpaquePointer?], [NetworkCotangent<Scalar>], UnsafePointer<dn_run_options>,
      UnsafeMutablePointer<dn_place>
    ) -> dn_status

  let run: Run
  let jvp: Jvp
  let vjp: Vjp
  let tapeBytes: @Sendable (NetworkPrimal<Scalar>) -> (status: dn_status, everything: Int, least: Int)
  let noise: @Sendable (dn_key, UInt64, Int, Int, Int64, Int, UnsafeMutablePointer<Scalar>?) -> dn_status
}

/// The inputs of one run. Shapes as in the C header: weights (E), noise (T, S, N), stimulus (S, N, T), initial (S, N),
/// history (C, N, H).
struct NetworkPrimal<Scalar> {
  var plan: OpaquePointer
  var model: UnsafePointer<dn_model>
  var scheme: dn_scheme
  var stage: dn_stage
  var couplingKind: dn_coupling_kind
  var timeStep: Double
  var weights: UnsafePointer<Scalar>?
  /// 1: the weights are (E); C: (C, E), each coupling variable's own.
  var weightSets: Int32 = 1
  var fractions: UnsafePointer<Scalar>?
  var coupling: Scalar
  /// One entry a parameter of the model: its values and how many there are; nil and 0 for the default.
  var parameters: [(values: UnsafePointer<Scalar>?, count: Int)]
  var sigma: UnsafePointer<Scalar>?
  var sigmaCount = 0
  var noise: UnsafePointer<Scalar>?
  var key = dn_key()
  var member: UInt64 = 0
  var stimulus: UnsafePointer<Scalar>?
  var stimulusStride = 0
  var pulses: [NetworkPulse<Scalar>] = []
  var initial: UnsafePointer<Scalar>?
  var history: UnsafePointer<Scalar>?
  var historyStride = 0
  var steps = 0
  var firstStep: Int64 = 0
  var monitors: UnsafePointer<dn_monitor>?
  var monitorCount = 0
  var monitored: UnsafePointer<Scalar>?
}

/// Where the columns of a monitor go, and how many came.
struct NetworkColumns<Scalar> {
  var series: UnsafeMutablePointer<Scalar>?
  var stride = 0
  var done = 0
}

/// The cotangents of a monitor's columns.
struct NetworkColumnsCotangent<Scalar> {
  var series: UnsafePointer<Scalar>?
  var stride = 0
  var column: UnsafePointer<Scalar>?
  /// The columns before it have no cotangent.
  var first = 0
}

struct NetworkResult<Scalar> {
  /// One a monitor.
  var columns: [NetworkColumns<Scalar>]
  var nextInitial: UnsafeMutablePointer<Scalar>?
  var nextHistory: UnsafeMutablePointer<Scalar>?
  var nextHistoryStride = 0
  var nextMonitored: UnsafeMutablePointer<Scalar>?
  var tape: OpaquePointer?
  var stepsDone = 0
  var clamps: Int64 = 0
}

/// Tangents of the inputs by what the kernels call them: the pulses' amplitudes, not the stimuli's.
struct NetworkTangent<Scalar> {
  /// The arrays, and the elements from one of their rows to the next.
  var arrays: [Input: (pointer: UnsafePointer<Scalar>, stride: Int)] = [:]
  var parameters: UnsafePointer<UnsafePointer<Scalar>?>?
  /// One a monitor.
  var columns: [NetworkColumns<Scalar>]
}

struct NetworkCotangent<Scalar> {
  /// One a monitor.
  var columns: [NetworkColumnsCotangent<Scalar>]
  var finalState: UnsafePointer<Scalar>?
  var arrays: [Input: (pointer: UnsafeMutablePointer<Scalar>, stride: Int)] = [:]
  var parameters: UnsafeMutablePointer<UnsafeMutablePointer<Scalar>?>?
}

// ---- The C structs, seen through protocols that both precisions meet ------------------------------------------------

private protocol CParameter<Real>: SendableMetatype {
  associatedtype Real
  init()
  var values: UnsafePointer<Real>? { get set }
  var count: Int { get set }
}

private protocol CPulse<Real>: SendableMetatype {
  associatedtype Real
  init(state: Int32, node: Int32, begin: Int64, end: Int64, amplitude: Real)
}

private protocol CPrimal<Real>: SendableMetatype {
  associatedtype Real
  associatedtype Parameter: CParameter where Parameter.Real == Real
  associatedtype Pulse: CPulse where Pulse.Real == Real
  // Plan and model are never NULL, so that there is no initializer without arguments.
  init(
    plan: OpaquePointer, model: UnsafePointer<dn_model>, scheme: dn_scheme, stage: dn_stage, time_step: Double,
    weights: UnsafePointer<Real>?, fractions: UnsafePointer<Real>?, weight_sets: Int32, coupling_kind: dn_coupling_kind,
    coupling: Real,
    parameters: UnsafePointer<Parameter>?, sigma: UnsafePointer<Real>?, sigma_count: Int, noise: UnsafePointer<Real>?,
    key: dn_key, member: UInt64, stimulus: UnsafePointer<Real>?, stimulus_stride: Int, pulses: UnsafePointer<Pulse>?,
    pulse_count: Int, initial: UnsafePointer<Real>?, history: UnsafePointer<Real>?, history_stride: Int, steps: Int,
    first_step: Int64, monitors: UnsafePointer<dn_monitor>?, monitor_count: Int32, monitored: UnsafePointer<Real>?)
}

private protocol CColumns<Real>: SendableMetatype {
  associatedtype Real
  init(series: UnsafeMutablePointer<Real>?, stride: Int, done: Int)
  var done: Int { get }
}

private protocol CColumnsCotangent<Real>: SendableMetatype {
  associatedtype Real
  init(series: UnsafePointer<Real>?, stride: Int, column: UnsafePointer<Real>?, first: Int)
}

private protocol CResult<Real>: SendableMetatype {
  associatedtype Real
  associatedtype Columns: CColumns where Columns.Real == Real
  init()
  var columns: UnsafeMutablePointer<Columns>? { get set }
  var next_initial: UnsafeMutablePointer<Real>? { get set }
  var next_history: UnsafeMutablePointer<Real>? { get set }
  var next_history_stride: Int { get set }
  var next_monitored: UnsafeMutablePointer<Real>? { get set }
  var tape: OpaquePointer? { get set }
  var steps_done: Int { get set }
  var clamps: Int64 { get set }
}

/// Tangents or cotangents of the inputs: one member each, of the same name in both.
private protocol CDerivatives<Real>: SendableMetatype {
  associatedtype Real
  /// To what is read, or to what is added into.
  associatedtype Array
  associatedtype Arrays
  init()
  var weights: Array? { get set }
  var delays: Array? { get set }
  var coupling: Array? { get set }
  var parameters: Arrays? { get set }
  var sigma: Array? { get set }
  var noise: Array? { get set }
  var stimulus: Array? { get set }
  var stimulus_stride: Int { get set }
  var pulses: Array? { get set }
  var initial: Array? { get set }
  var history: Array? { get set }
  var history_stride: Int { get set }
}

extension CDerivatives {
  fileprivate init(_ arrays: [Input: (pointer: Array, stride: Int)], parameters: Arrays?) {
    let members: [(Input, WritableKeyPath<Self, Array?>, WritableKeyPath<Self, Int>?)] = [
      (.weights, \.weights, nil), (.delays, \.delays, nil), (.coupling, \.coupling, nil), (.sigma, \.sigma, nil),
      (.noise, \.noise, nil), (.stimulus, \.stimulus, \.stimulus_stride), (.amplitudes, \.pulses, nil),
      (.initial, \.initial, nil), (.history, \.history, \.history_stride),
    ]
    self.init()
    self.parameters = parameters
    for (input, member, stride) in members {
      guard let array = arrays[input] else { continue }
      self[keyPath: member] = array.pointer
      if let stride { self[keyPath: stride] = array.stride }
    }
  }
}

private protocol CTangent<Real>: CDerivatives
where Array == UnsafePointer<Real>, Arrays == UnsafePointer<UnsafePointer<Real>?> {
  associatedtype Columns: CColumns where Columns.Real == Real
  var columns: UnsafeMutablePointer<Columns>? { get set }
}

private protocol CCotangent<Real>: CDerivatives
where Array == UnsafeMutablePointer<Real>, Arrays == UnsafeMutablePointer<UnsafeMutablePointer<Real>?> {
  associatedtype Columns: CColumnsCotangent where Columns.Real == Real
  var columns: UnsafePointer<Columns>? { get set }
  var final_state: UnsafePointer<Real>? { get set }
}

extension dn_parameter_f32: CParameter {}
extension dn_parameter_f64: CParameter {}
extension dn_pulse_f32: CPulse {}
extension dn_pulse_f64: CPulse {}
extension dn_network_primal_f32: CPrimal {
  fileprivate typealias Parameter = dn_parameter_f32
  fileprivate typealias Pulse = dn_pulse_f32
}
extension dn_network_primal_f64: CPrimal {
  fileprivate typealias Parameter = dn_parameter_f64
  fileprivate typealias Pulse = dn_pulse_f64
}
extension dn_columns_f32: CColumns {}
extension dn_columns_f64: CColumns {}
extension dn_columns_cotangent_f32: CColumnsCotangent {}
extension dn_columns_cotangent_f64: CColumnsCotangent {}
extension dn_network_result_f32: CResult { fileprivate typealias Columns = dn_columns_f32 }
extension dn_network_result_f64: CResult { fileprivate typealias Columns = dn_columns_f64 }
extension dn_network_tangent_f32: CTangent { fileprivate typealias Columns = dn_columns_f32 }
extension dn_network_tangent_f64: CTangent { fileprivate typealias Columns = dn_columns_f64 }
extension dn_network_cotangent_f32: CCotangent { fileprivate typealias Columns = dn_columns_cotangent_f32 }
extension dn_network_cotangent_f64: CCotangent { fileprivate typealias Columns = dn_columns_cotangent_f64 }

extension CPrimal {
  fileprivate init(
    _ primal: NetworkPrimal<Real>, parameters: UnsafePointer<Parameter>?, pulses: UnsafePointer<Pulse>?
  ) {
    self.init(
      plan: primal.plan, model: primal.model, scheme: primal.scheme, stage: primal.stage, time_step: primal.timeStep,
      weights: primal.weights, fractions: primal.fractions, weight_sets: primal.weightSets,
      coupling_kind: primal.couplingKind,
      coupling: primal.coupling, parameters: parameters, sigma: primal.sigma, sigma_count: primal.sigmaCount,
      noise: primal.noise, key: primal.key, member: primal.member, stimulus: primal.stimulus,
      stimulus_stride: primal.stimulusStride, pulses: pulses, pulse_count: primal.pulses.count, initial: primal.initial,
      history: primal.history, history_stride: primal.historyStride, steps: primal.steps,
      first_step: primal.firstStep, monitors: primal.monitors, monitor_count: Int32(primal.monitorCount),
      monitored: primal.monitored)
  }
}

extension CResult {
  fileprivate init(_ result: NetworkResult<Real>, columns: UnsafeMutablePointer<Columns>) {
    self.init()
    self.columns = columns
    next_initial = result.nextInitial
    next_history = result.nextHistory
    next_history_stride = result.nextHistoryStride
    next_monitored = result.nextMonitored
    tape = result.tape
  }
}

extension CTangent {
  fileprivate init(_ tangent: NetworkTangent<Real>, columns: UnsafeMutablePointer<Columns>) {
    self.init(tangent.arrays, parameters: tangent.parameters)
    self.columns = columns
  }
}

extension CCotangent {
  fileprivate init(_ cotangent: NetworkCotangent<Real>, columns: UnsafePointer<Columns>) {
    self.init(cotangent.arrays, parameters: cotangent.parameters)
    self.columns = columns
    final_state = cotangent.finalState
  }
}

/// Calls `body` with the C structs of the primals; the parameters' descriptions of all stand one after the other, and so do
/// the pulses.
private func withPrimals<P: CPrimal, Result>(
  _ primals: [NetworkPrimal<P.Real>], _: P.Type, _ body: (UnsafePointer<P>) -> Result
) -> Result {
  let described = primals.reduce(0) { $0 + $1.parameters.count }
  let pulsed = primals.reduce(0) { $0 + $1.pulses.count }
  return withUnsafeTemporaryAllocation(of: P.Parameter.self, capacity: max(described, 1)) { parameters in
    withUnsafeTemporaryAllocation(of: P.Pulse.self, capacity: max(pulsed, 1)) { pulses in
      withUnsafeTemporaryAllocation(of: P.self, capacity: max(primals.count, 1)) { converted in
        var (next, nextPulse) = (0, 0)
        for (r, primal) in primals.enumerated() {
          let (first, firstPulse) = (parameters.baseAddress! + next, pulses.baseAddress! + nextPulse)
          for (values, count) in primal.parameters {
            var parameter = P.Parameter()
            parameter.values = values
            parameter.count = count
            parameters.initializeElement(at: next, to: parameter)
            next += 1
          }
          for pulse in primal.pulses {
            pulses.initializeElement(
              at: nextPulse,
              to: P.Pulse(
                state: pulse.state, node: pulse.node, begin: pulse.begin, end: pulse.end, amplitude: pulse.amplitude))
            nextPulse += 1
          }
          converted.initializeElement(
            at: r, to: P(primal, parameters: UnsafePointer(first), pulses: UnsafePointer(firstPulse)))
        }
        return body(UnsafePointer(converted.baseAddress!))
      }
    }
  }
}

/// Calls `body` with the columns of all runs, one after the other, and where each run's begin.
private func withColumns<Columns, Result>(
  _ runs: [[Columns]], _ body: (UnsafeMutablePointer<Columns>, [Int]) -> Result
) -> Result {
  var first: [Int] = []
  var all: [Columns] = []
  for columns in runs {
    first.append(all.count)
    all += columns
  }
  return withUnsafeTemporaryAllocation(of: Columns.self, capacity: max(all.count, 1)) { memory in
    _ = memory.initialize(from: all)
    return body(memory.baseAddress!, first)
  }
}

extension NetworkKernels {
  fileprivate init<P: CPrimal<Scalar>, R: CResult<Scalar>, T: CTangent<Scalar>, C: CCotangent<Scalar>>(
    run:
      @escaping @Sendable (
        Int, UnsafePointer<P>, UnsafeMutablePointer<R>, UnsafePointer<dn_run_options>?, UnsafeMutablePointer<dn_place>?
      ) -> dn_status,
    jvp:
      @escaping @Sendable (
        Int, UnsafePointer<P>, UnsafePointer<T>, UnsafePointer<dn_run_options>?, UnsafeMutablePointer<dn_place>?
      ) -> dn_status,
    vjp:
      @escaping @Sendable (
        Int, UnsafePointer<P>, UnsafePointer<OpaquePointer?>, UnsafePointer<C>, UnsafePointer<dn_run_options>?,
        UnsafeMutablePointer<dn_place>?
      ) -> dn_status,
    tapeBytes:
      @escaping @Sendable (UnsafePointer<P>, UnsafeMutablePointer<Int>, UnsafeMutablePointer<Int>) -> dn_status,
    noise: @escaping @Sendable (dn_key, UInt64, Int, Int, Int64, Int, UnsafeMutablePointer<Scalar>?) -> dn_status
  ) {
    self.run = { primals, results, options, place in
      withPrimals(primals, P.self) { cPrimals in
        if results.isEmpty { return DN_OK }
        let given = results.map { $0.columns.map { R.Columns(series: $0.series, stride: $0.stride, done: 0) } }
        return withColumns(given) { columns, first in
          var cResults = results.enumerated().map { R($1, columns: columns + first[$0]) }
          let status = cResults.withUnsafeMutableBufferPointer {
            run(primals.count, cPrimals, $0.baseAddress!, options, place)
          }
          for r in results.indices {
            results[r].stepsDone = cResults[r].steps_done
            results[r].clamps = cResults[r].clamps
            for k in results[r].columns.indices { results[r].columns[k].done = columns[first[r] + k].done }
          }
          return status
        }
      }
    }
    self.jvp = { primals, tangents, options, place in
      withPrimals(primals, P.self) { cPrimals in
        if tangents.isEmpty { return DN_OK }
        let given = tangents.map { $0.columns.map { T.Columns(series: $0.series, stride: $0.stride, done: 0) } }
        return withColumns(given) { columns, first in
          let cTangents = tangents.enumerated().map { T($1, columns: columns + first[$0]) }
          return jvp(primals.count, cPrimals, cTangents, options, place)
        }
      }
    }
    self.vjp = { primals, tapes, cotangents, options, place in
      withPrimals(primals, P.self) { cPrimals in
        if cotangents.isEmpty { return DN_OK }
        let given = cotangents.map {
          $0.columns.map { C.Columns(series: $0.series, stride: $0.stride, column: $0.column, first: $0.first) }
        }
        return withColumns(given) { columns, first in
          let cCotangents = cotangents.enumerated().map { C($1, columns: UnsafePointer(columns + first[$0])) }
          return vjp(primals.count, cPrimals, tapes, cCotangents, options, place)
        }
      }
    }
    self.tapeBytes = { primal in
      withPrimals([primal], P.self) { cPrimals in
        var (everything, least) = (0, 0)
        let status = tapeBytes(cPrimals, &everything, &least)
        return (status, everything, least)
      }
    }
    self.noise = noise
  }
}

extension NetworkKernels<Float> {
  static let single = NetworkKernels(
    run: { dn_network_run_f32($0, $1, $2, $3, $4) }, jvp: { dn_network_jvp_f32($0, $1, $2, $3, $4) },
    vjp: { dn_network_vjp_f32($0, $1, $2, $3, $4, $5) }, tapeBytes: { dn_network_tape_bytes_f32($0, $1, $2) },
    noise: { dn_network_noise_f32($0, $1, $2, $3, $4, $5, $6) })
}

extension NetworkKernels<Double> {
  static let double = NetworkKernels(
    run: { dn_network_run_f64($0, $1, $2, $3, $4) }, jvp: { dn_network_jvp_f64($0, $1, $2, $3, $4) },
    vjp: { dn_network_vjp_f64($0, $1, $2, $3, $4, $5) }, tapeBytes: { dn_network_tape_bytes_f64($0, $1, $2) },
    noise: { dn_network_noise_f64($0, $1, $2, $3, $4, $5, $6) })
}

// The border to C: one table of functions per precision. Swift structs with the fields of the C structs, generic over the
// scalar, are copied field by field into the C struct of that precision on the stack; nothing else is copied.

// The protocols repeat the names of C members.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

internal import CKernels

/// The C kernels of one precision; a table that only the library can fill and read.
public struct ScalarKernels<Scalar>: Sendable {
  typealias Run =
    @Sendable (
      OpaquePointer, UnsafeBufferPointer<MapPrimal<Scalar>>, UnsafeMutableBufferPointer<MapResult<Scalar>>,
      UnsafePointer<dn_run_options>, UnsafeMutablePointer<dn_place>
    ) -> dn_status
  typealias Jvp =
    @Sendable (
      OpaquePointer, UnsafeBufferPointer<MapPrimal<Scalar>>, UnsafeBufferPointer<MapTangent<Scalar>>,
      UnsafePointer<dn_run_options>, UnsafeMutablePointer<dn_place>
    ) -> dn_status
  typealias Vjp =
    @Sendable (
      OpaquePointer, UnsafeBufferPointer<MapPrimal<Scalar>>, UnsafeBufferPointer<MapCotangent<Scalar>>,
      UnsafePointer<dn_run_options>, UnsafeMutablePointer<dn_place>
    ) -> dn_status

  let run: Run
  let jvp: Jvp
  let vjp: Vjp
  let uniform: @Sendable (dn_key, UInt64, Scalar, Scalar, UnsafeMutableBufferPointer<Scalar>) -> Void
  let normal: @Sendable (dn_key, UInt64, UnsafeMutableBufferPointer<Scalar>) -> Void
  let network: NetworkKernels<Scalar>
}

/// The arrays and numbers of one run. Shapes: history (N, H), noise and series (N, T), weights (E).
struct MapPrimal<Scalar> {
  var weights: UnsafePointer<Scalar>?
  var scale: Scalar
  var noiseGain: Scalar
  var history: UnsafePointer<Scalar>?
  var historyStride = 0
  var noise: UnsafePointer<Scalar>?
  var noiseStride = 0
  var steps = 0
  var firstStep = 0
  var series: UnsafeMutablePointer<Scalar>?
  var seriesStride = 0
}

struct MapResult<Scalar> {
  var nextHistory: UnsafeMutablePointer<Scalar>?
  var nextHistoryStride = 0
  var stepsDone = 0
}

struct MapTangent<Scalar> {
  var weights: UnsafePointer<Scalar>?
  var scale: Scalar
  var noiseGain: Scalar
  var history: UnsafePointer<Scalar>?
  var historyStride = 0
  var noise: UnsafePointer<Scalar>?
  var noiseStride = 0
  var series: UnsafeMutablePointer<Scalar>?
  var seriesStride = 0
}

struct MapCotangent<Scalar> {
  var series: UnsafePointer<Scalar>?
  var seriesStride = 0
  var adjointAfter: UnsafePointer<Scalar>?
  var adjointFirst: UnsafeMutablePointer<Scalar>?
  var history: UnsafeMutablePointer<Scalar>?
  var historyStride = 0
  var noise: UnsafeMutablePointer<Scalar>?
  var noiseStride = 0
  var weights: UnsafeMutablePointer<Scalar>?
  var scale: UnsafeMutablePointer<Scalar>?
  var noiseGain: UnsafeMutablePointer<Scalar>?
}

// ---- The C structs, seen through protocols that both precisions meet ------------------------------------------------

private protocol CPrimal<Real>: SendableMetatype {
  associatedtype Real
  init()
  var weights: UnsafePointer<Real>? { get set }
  var scale: Real { get set }
  var noise_gain: Real { get set }
  var history: UnsafePointer<Real>? { get set }
  var history_stride: Int { get set }
  var noise: UnsafePointer<Real>? { get set }
  var noise_stride: Int { get set }
  var steps: Int { get set }
  var first_step: Int64 { get set }
  var series: UnsafeMutablePointer<Real>? { get set }
  var series_stride: Int { get set }
}

private protocol CResult<Real>: SendableMetatype {
  associatedtype Real
  init()
  var next_history: UnsafeMutablePointer<Real>? { get set }
  var next_history_stride: Int { get set }
  var steps_done: Int { get set }
}

private protocol CTangent<Real>: SendableMetatype {
  associatedtype Real
  init()
  var weights: UnsafePointer<Real>? { get set }
  var scale: Real { get set }
  var noise_gain: Real { get set }
  var history: UnsafePointer<Real>? { get set }
  var history_stride: Int { get set }
  var noise: UnsafePointer<Real>? { get set }
  var noise_stride: Int { get set }
  var series: UnsafeMutablePointer<Real>? { get set }
  var series_stride: Int { get set }
}

private protocol CCotangent<Real>: SendableMetatype {
  associatedtype Real
  init()
  var series: UnsafePointer<Real>? { get set }
  var series_stride: Int { get set }
  var adjoint_after: UnsafePointer<Real>? { get set }
  var adjoint_first: UnsafeMutablePointer<Real>? { get set }
  var history: UnsafeMutablePointer<Real>? { get set }
  var history_stride: Int { get set }
  var noise: UnsafeMutablePointer<Real>? { get set }
  var noise_stride: Int { get set }
  var weights: UnsafeMutablePointer<Real>? { get set }
  var scale: UnsafeMutablePointer<Real>? { get set }
  var noise_gain: UnsafeMutablePointer<Real>? { get set }
}

extension dn_map_primal_f32: CPrimal {}
extension dn_map_primal_f64: CPrimal {}
extension dn_map_result_f32: CResult {}
extension dn_map_result_f64: CResult {}
extension dn_map_tangent_f32: CTangent {}
extension dn_map_tangent_f64: CTangent {}
extension dn_map_cotangent_f32: CCotangent {}
extension dn_map_cotangent_f64: CCotangent {}

extension CPrimal {
  fileprivate init(_ primal: MapPrimal<Real>) {
    self.init()
    weights = primal.weights
    scale = primal.scale
    noise_gain = primal.noiseGain
    history = primal.history
    history_stride = primal.historyStride
    noise = primal.noise
    noise_stride = primal.noiseStride
    steps = primal.steps
    first_step = Int64(primal.firstStep)
    series = primal.series
    series_stride = primal.seriesStride
  }
}

extension CResult {
  fileprivate init(_ result: MapResult<Real>) {
    self.init()
    next_history = result.nextHistory
    next_history_stride = result.nextHistoryStride
    steps_done = result.stepsDone
  }
}

extension CTangent {
  fileprivate init(_ tangent: MapTangent<Real>) {
    self.init()
    weights = tangent.weights
    scale = tangent.scale
    noise_gain = tangent.noiseGain
    history = tangent.history
    history_stride = tangent.historyStride
    noise = tangent.noise
    noise_stride = tangent.noiseStride
    series = tangent.series
    series_stride = tangent.seriesStride
  }
}

extension CCotangent {
  fileprivate init(_ cotangent: MapCotangent<Real>) {
    self.init()
    series = cotangent.series
    series_stride = cotangent.seriesStride
    adjoint_after = cotangent.adjointAfter
    adjoint_first = cotangent.adjointFirst
    history = cotangent.history
    history_stride = cotangent.historyStride
    noise = cotangent.noise
    noise_stride = cotangent.noiseStride
    weights = cotangent.weights
    scale = cotangent.scale
    noise_gain = cotangent.noiseGain
  }
}

/// Calls `body` with `items` converted one by one into a temporary array, on the stack when it is short.
private func withConverted<Item, C>(
  _ items: some Collection<Item>, _ convert: (Item) -> C, _ body: (UnsafeMutableBufferPointer<C>) -> dn_status
) -> dn_status {
  withUnsafeTemporaryAllocation(of: C.self, capacity: items.count) { converted in
    _ = converted.initialize(from: items.lazy.map(convert))
    return body(converted)
  }
}

extension ScalarKernels {
  fileprivate init<
    P: CPrimal<Scalar>, R: CResult<Scalar>, T: CTangent<Scalar>, C: CCotangent<Scalar>
  >(
    run:
      @escaping @Sendable (
        OpaquePointer, Int, UnsafePointer<P>, UnsafeMutablePointer<R>?, UnsafePointer<dn_run_options>?,
        UnsafeMutablePointer<dn_place>?
      ) -> dn_status,
    jvp:
      @escaping @Sendable (
        OpaquePointer, Int, UnsafePointer<P>, UnsafePointer<T>, UnsafePointer<dn_run_options>?,
        UnsafeMutablePointer<dn_place>?
      ) -> dn_status,
    vjp:
      @escaping @Sendable (
        OpaquePointer, Int, UnsafePointer<P>, UnsafePointer<C>, UnsafePointer<dn_run_options>?,
        UnsafeMutablePointer<dn_place>?
      ) -> dn_status,
    uniform: @escaping @Sendable (dn_key, UInt64, Int, Scalar, Scalar, UnsafeMutablePointer<Scalar>?) -> Void,
    normal: @escaping @Sendable (dn_key, UInt64, Int, UnsafeMutablePointer<Scalar>?) -> Void,
    network: NetworkKernels<Scalar>
  ) {
    self.network = network
    self.run = { plan, primals, results, options, place in
      withConverted(primals, P.init) { cPrimals in
        withConverted(results, R.init) { cResults in
          guard let primals = cPrimals.baseAddress else { return DN_OK }
          let status = run(plan, cPrimals.count, primals, cResults.baseAddress, options, place)
          for r in results.indices { results[r].stepsDone = cResults[r].steps_done }
          return status
        }
      }
    }
    self.jvp = { plan, primals, tangents, options, place in
      withConverted(primals, P.init) { cPrimals in
        withConverted(tangents, T.init) { cTangents in
          guard let primals = cPrimals.baseAddress, let tangents = cTangents.baseAddress else { return DN_OK }
          return jvp(plan, cPrimals.count, primals, tangents, options, place)
        }
      }
    }
    self.vjp = { plan, primals, cotangents, options, place in
      withConverted(primals, P.init) { cPrimals in
        withConverted(cotangents, C.init) { cCotangents in
          guard let primals = cPrimals.baseAddress, let cotangents = cCotangents.baseAddress else { return DN_OK }
          return vjp(plan, cPrimals.count, primals, cotangents, options, place)
        }
      }
    }
    self.uniform = { key, first, low, high, out in uniform(key, first, out.count, low, high, out.baseAddress) }
    self.normal = { key, first, out in normal(key, first, out.count, out.baseAddress) }
  }
}

extension ScalarKernels<Float> {
  static let single = ScalarKernels(
    run: { dn_map_run_f32($0, $1, $2, $3, $4, $5) }, jvp: { dn_map_jvp_f32($0, $1, $2, $3, $4, $5) },
    vjp: { dn_map_vjp_f32($0, $1, $2, $3, $4, $5) },
    uniform: { dn_random_uniform_f32($0, $1, $2, $3, $4, $5) }, normal: { dn_random_normal_f32($0, $1, $2, $3) },
    network: .single)
}

extension ScalarKernels<Double> {
  static let double = ScalarKernels(
    run: { dn_map_run_f64($0, $1, $2, $3, $4, $5) }, jvp: { dn_map_jvp_f64($0, $1, $2, $3, $4, $5) },
    vjp: { dn_map_vjp_f64($0, $1, $2, $3, $4, $5) },
    uniform: { dn_random_uniform_f64($0, $1, $2, $3, $4, $5) }, normal: { dn_random_normal_f64($0, $1, $2, $3) },
    network: .double)
}

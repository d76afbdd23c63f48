import DelayNet
import DelayNetFit
import DelayNetIO
import Foundation

/// The file of a fit: what was found, how, and where to continue.
struct FitFile<Scalar: DelayNetScalar & NPYElement> {
  let path: String
  let labels: [String]?
  let command: String

  /// Writes the fit as it stands, whole or not at all.
  ///
  /// - Returns: what the monitor saw at the smallest loss; nil where that cannot be observed.
  @discardableResult
  func write(_ fit: Fit<Scalar>, target: Matrix<Double>) throws -> StateArray<Scalar>? {
    guard let state = fit.state else { return nil }
    let best = fit.best
    var arrays: [(name: String, array: NPYArray)] = []
    for parameter in best.values {
      let shape = parameter.values.count == 1 ? [] : [parameter.values.count]
      arrays.append((parameter.name, try NPYArray(parameter.values, shape: shape)))
    }
    arrays.append(("loss", try NPYArray(state.log.map(\.loss), shape: [state.log.count])))
    arrays.append(("gradient_norm", try NPYArray(state.log.map { $0.gradientNorm ?? .nan }, shape: [state.log.count])))
    arrays.append(("target", try NPYArray(target.values, shape: [target.rows, target.columns])))
    // Where the best run cannot be observed, it has no connectivity, and the rest is worth keeping.
    let series = try? Self.series(of: best.problem, fit)
    if let series {
      if let observed = try? FunctionalConnectivity().value(of: series) {
        arrays.append(("observed", try NPYArray(observed.values, shape: [observed.rows, observed.columns])))
      }
      arrays.append(("series", try NPYArray(series.values, shape: [series.rows.nodes, series.columns])))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let text = String(decoding: try encoder.encode(state), as: UTF8.self)
    var texts = [(name: "command", texts: [command]), (name: "state", texts: [text])]
    if let labels { texts.append((name: "labels", texts: labels)) }
    do { try NPZArchive.write(arrays, texts: texts, to: path) } catch { throw Failure.writing(error) }
    return series
  }

  /// What the monitor sees of a problem, without the columns that the loss leaves out.
  static func series(of problem: Problem<Scalar>, _ fit: Fit<Scalar>) throws -> StateArray<Scalar> {
    var problem = problem
    problem.monitors = [fit.monitor]
    let begin = fit.carry?.step ?? 0
    let series = try problem.simulate(steps: fit.steps, from: fit.carry, threads: fit.threads).series
    let first = try problem.resolvedMonitors()[0].columns(in: begin..<(begin + fit.discarding))
    return series.columns(first..<series.columns)
  }

  /// Where the fit of a file stands.
  static func state(in path: String) throws -> FitState {
    let texts = try NPZArchive(path: path).texts(named: "state")
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard texts.count == 1, let state = try? decoder.decode(FitState.self, from: Data(texts[0].utf8)) else {
      throw Failure(.data, "\(path): its text `state` is not that of a fit")
    }
    return state
  }

  /// Gives a problem the parameters that another fit has found.
  static func apply(_ path: String, to problem: inout Problem<Scalar>) throws {
    let state = try state(in: path)
    guard let best = state.log.last(where: \.isBest) else { throw Failure(.data, "\(path): holds no iteration") }
    for (free, found) in zip(state.free, best.values) {
      func number() throws -> Scalar { try finite(found.values[0], "\(found.name) of \(path)") }
      func numbers() throws -> [Scalar] { try found.values.map { try finite($0, "\(found.name) of \(path)") } }
      func perRegion() throws -> NodeValues<Scalar> {
        var values = try numbers()
        if case .groups(let groups) = free.sharing { values = groups.map { values[$0] } }
        if values.count == 1 { return .uniform(values[0]) }
        guard values.count == problem.nodes else {
          throw Failure(
            .data, "\(path): has \(found.name) of \(values.count) regions, and the network \(problem.nodes)")
        }
        return .perNode(values)
      }
      switch free.quantity {
      case .coupling: problem.coupling = try number()
      case .parameter(let name):
        guard problem.model.parameters.contains(where: { $0.name == name }) else {
          throw Failure(.data, "\(path): has the parameter \(name), which \(problem.model.name) lacks")
        }
        problem.parameters[name] = try perRegion()
      case .conductionSpeed: problem = try problem.with(conductionSpeed: found.values[0])
      default:
        throw Failure(
          .data, "\(path): \(found.name) cannot be taken from another fit; only coupling, speed and parameters can")
      }
    }
  }
}

import DelayNetFit
import DelayNetIO
import Foundation
import TestSupport
import Testing

/// A fit of 84 regions' functional connectivity, against JAX and optax: Golden/make_reference_fit.py. It needs the connectome
/// dk_average in `../shared/data`, or where `DELAYNET_DATA` says.
@Suite(.enabled(if: ReferenceFit.isThere, "dk_average is not in \(ReferenceFit.folder); set DELAYNET_DATA"))
struct ReferenceFitTests {
  /// At points of the golden fit's way: differences do not grow from step to step there.
  @Test(arguments: [0, 8, 26, 40, 50]) func gradientsOfTheFirstStage(_ step: Int) throws {
    let golden = try Golden.archive("reference_fit")
    let fit = try ReferenceFit.fit(regional: false)
    let point = [try Golden.number(golden, "first_coupling", step), try Golden.number(golden, "first_w", step)]
    let (value, gradient) = try fit.objective().valueWithGradient(at: point)
    let expected = [try Golden.number(golden, "first_dcoupling", step), try Golden.number(golden, "first_dw", step)]
    #expect(try abs(value - Golden.number(golden, "first_loss", step)) < 1e-12)
    #expect(relativeError(gradient, expected) < 1e-10)
  }

  /// Its second stage begins behind the transient of the first, or behind one of its own.
  @Test(arguments: ["kept", "renewed"], [0, 10, 20]) func gradientsOfTheSecondStage(_ name: String, _ step: Int) throws
  {
    let golden = try Golden.archive("reference_fit")
    let last = 50
    var fit = try ReferenceFit.fit(
      regional: true,
      behind: name == "kept"
        ? nil : (Golden.number(golden, "first_coupling", last), Golden.number(golden, "first_w", last)))
    fit.free = [.coupling, .parameter("w", .perRegion, .clamped(0...1))]
    let point = try [Golden.number(golden, "\(name)_coupling", step)] + Golden.row(golden, "\(name)_w", step)
    let (value, gradient) = try fit.objective().valueWithGradient(at: point)
    let expected =
      try [Golden.number(golden, "\(name)_dcoupling", step)] + Golden.row(golden, "\(name)_dw", step)
    #expect(try abs(value - Golden.number(golden, "\(name)_loss", step)) < 1e-12)
    #expect(relativeError(gradient, expected) < 1e-10)
  }

  /// The way itself: the optimiser's steps.
  @Test func theWayOfTheFirstStage() async throws {
    let golden = try Golden.archive("reference_fit")
    var fit = try ReferenceFit.fit(regional: false)
    for try await step in fit.minimize(.adam(rate: 0.01), iterations: 20) {
      let k = step.number
      #expect(try abs(step.loss - Golden.number(golden, "first_loss", k)) < 1e-12)
      #expect(try abs(step.gradientNorm! - Golden.number(golden, "first_norm", k)) < 1e-10)
      #expect(try abs(step.values[0].values[0] - Golden.number(golden, "first_coupling", k)) < 1e-11)
      #expect(try abs(step.values[1].values[0] - Golden.number(golden, "first_w", k)) < 1e-11)
    }
    #expect(fit.log.count == 20)
  }
}

/// The fit whose numbers are in Golden/reference_fit.npz.
enum ReferenceFit {
  static let folder =
    ProcessInfo.processInfo.environment["DELAYNET_DATA"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("../shared/data").standardized.path
  static let (structural, functional) = ("dk_average_structural.npz", "dk_average_functional.npz")

  static var isThere: Bool {
    [structural, functional].allSatisfy { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
  }

  /// - Parameters:
  ///   - regional: whether w is a number a region.
  ///   - behind: coupling and w of the transient before; those where the first stage begins unless given.
  static func fit(regional: Bool, behind: (coupling: Double, w: Double)? = nil) throws -> Fit<Double> {
    let weights = try Golden.matrix(NPZArchive(path: "\(folder)/\(structural)"), "weights")
    let target = try Golden.matrix(NPZArchive(path: "\(folder)/\(functional)"), "fc")
    let (nodes, steps, largest) = (weights.rows, 22_500, weights.values.max()!)
    let edges = (0..<(nodes * nodes)).filter { weights.values[$0] != 0 }
    let network = try Network(
      nodes: nodes, sources: edges.map { Int32($0 % nodes) }, targets: edges.map { Int32($0 / nodes) },
      weights: edges.map { weights.values[$0] / largest }, delays: edges.map { _ in 0 })
    var problem = try Problem(network, model: .wongWang, timeStep: 4)
    problem.stage = .frozen
    problem.sigma = ["S": 0.00283]
    problem.initial = try StateArray(variables: 1, nodes: nodes, columns: 1, repeating: 0.3)
    let numbers = try RandomKey(seed: 0).normal(steps * nodes, as: Double.self)
    problem.noise = .samples(try NoiseSamples(steps: steps, states: 1, nodes: nodes, values: numbers))
    let start = behind ?? (0.15, 0.3)
    problem.coupling = start.coupling
    problem.parameters = ["w": .uniform(start.w), "I_o": 0.32]
    let monitor = Monitor.bold(.volterra, repetitionTime: 1000)
    problem.monitors = [monitor]
    let end = try problem.simulate(steps: steps).carry
    if regional { problem.parameters["w"] = .perNode([Double](repeating: start.w, count: nodes)) }
    var fit = Fit(problem, steps: steps, discarding: 5000, monitor: monitor) { bold in
      bold.functionalConnectivity().rootMeanSquareError(to: target, over: .zeroDiagonal)
    }
    // The run has the noise of the transient.
    fit.carry = try NetworkCarry(
      model: end.model, step: 0, state: end.state, history: end.history, monitors: end.monitors,
      monitored: end.monitored)
    fit.free = [.coupling, .parameter("w", .shared, .clamped(0...1))]
    return fit
  }
}

extension Golden {
  static func number(_ archive: NPZArchive, _ name: String, _ index: Int) throws -> Double {
    try archive[name].values(as: Double.self)[index]
  }

  static func row(_ archive: NPZArchive, _ name: String, _ index: Int) throws -> [Double] {
    let array = try archive[name]
    return Array(try array.values(as: Double.self).dropFirst(index * array.shape[1]).prefix(array.shape[1]))
  }
}

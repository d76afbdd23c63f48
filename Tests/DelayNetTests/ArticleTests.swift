import DelayNet
import Foundation
import TestSupport
import Testing

/// The examples of the documentation, as they stand there.
@Suite struct ArticleTests {
  @Test func everyExampleIsRun() throws {
    #expect(try examplesNotRun(of: "DelayNet", and: ["README.md"], in: #filePath) == [])
  }

  @Test func readme() throws {
    let keys = try RandomKey(seed: 0).split(10)  // JAX's generator, bit for bit
    let network = try Network(
      weights: keys[0].normal(84, 84).map { abs($0) + 0.5 },
      delays: keys[1].integers(in: 0..<255, 84, 84))
    let map = try DelayMap(network, scale: .mean)
    let buffer = try Buffer(nodes: 84, history: 255, steps: 100) { try keys[2].normal($0) }
    let series = try map.run(buffer)  // (84, 355)
    let target = try Buffer<Float>(series.shape, repeating: 0)
    let (loss, gradient) = try map.valueWithGradient(at: buffer, withRespectTo: [.buffer, .weights]) { b in
      (b - target).squared().sum()
    }
    print(loss, gradient.buffer[0, 0], gradient.weights[0])

    #expect(loss > 0 && gradient.buffer.values.contains { $0 != 0 } && gradient.weights[0] != 0)
  }

  @Test func readmeNetworks() throws {
    let keys = try RandomKey(seed: 0).split(10)
    let brain = try SyntheticConnectome(regions: 84, key: keys[3]).network(timeStep: 0.1, as: Float.self)
    var problem = try Problem(brain, model: .montbrioPazoRoxin)
    problem.coupling = 0.1
    problem.parameters = ["eta": -4.6, "J": 14.5]
    problem.sigma = ["r": 0.01, "V": 0.1]
    problem.noise = .drawn(keys[4])
    problem.monitors = [.average(over: 10)]
    let (rate, slopes) = try problem.valueWithGradient(
      steps: 10_000, withRespectTo: [.coupling, .parameters, .weights], memory: .bytes(64 << 20)
    ) { states in states.mean() }
    print(rate, slopes.coupling, slopes.parameter("eta")[0])

    // The same by the tape, from a cotangent in the place of the loss.
    let tape = try problem.record(steps: 10_000)
    let series = tape.trajectory.series
    #expect(series.shape == [2, 84, 1000])
    let mean = series.values.reduce(0.0) { $0 + Double($1) } / 168_000
    #expect(abs(mean - Double(rate)) < 1e-6)
    let cotangent = try StateArray<Float>(variables: 2, nodes: 84, columns: 1000, repeating: 1 / 168_000)
    #expect(try tape.pullback(cotangent, withRespectTo: .coupling).coupling == slopes.coupling)
  }

  @Test func landingPage() throws {
    let keys = try RandomKey(seed: 0).split(10)
    let network = try Network(
      weights: keys[0].normal(84, 84).map { abs($0) + 0.5 },
      delays: keys[1].integers(in: 0..<255, 84, 84))
    let map = try DelayMap(network, scale: .mean)
    let buffer = try Buffer(nodes: 84, history: 255, steps: 100) { try keys[2].normal($0) }
    let target = try map.run(buffer)
    let (loss, gradient) = try map.valueWithGradient(at: buffer) { b in (b - target).squared().sum() }

    #expect(try loss == 0 && gradient.buffer == Buffer(buffer.shape))
  }

  @Test func gettingStarted() throws {
    let weights = try Matrix<Double>(rows: 2, columns: 2, values: [0, 0.5, 0.8, 0])
    let delays = try Matrix<Int32>(rows: 2, columns: 2, values: [1, 3, 2, 1])
    let network = try Network(weights: weights, delays: delays)

    let sparse = try Network<Float>(
      nodes: 3, sources: [0, 1, 2], targets: [1, 2, 0], weights: [1, 0.5, 2], delays: [4, 7, 0])
    let connectome = try SyntheticConnectome(regions: 84, key: RandomKey(seed: 0))
    let brain = try connectome.network(conductionSpeed: 3, timeStep: 0.5, as: Float.self)
    #expect(sparse.edges == 3 && brain.nodes == 84)

    do {
      _ = try Network<Float>(nodes: 2, sources: [0], targets: [1], weights: [1], delays: [9], history: 5)
    } catch {
      print(error)  // edge 0 has a delay of 9 steps, but the history holds 5
    }

    let sentence = "\(DelayNetError.delayExceedsHistory(edge: 0, delay: 9, history: 5))"
    #expect(sentence == "edge 0 has a delay of 9 steps, but the history holds 5")

    let map = try DelayMap(network, scale: .sum, noiseGain: 1)
    let noise = try RandomKey(seed: 1).normal(
      BufferShape(nodes: 2, history: network.history, steps: 1000), as: Double.self)
    let series = try map.run(noise)
    let last = series[node: 1, step: 999]
    #expect(last.isFinite)

    let target = try Buffer<Double>(noise.shape, repeating: 0.1)
    let (loss, gradient) = try map.valueWithGradient(at: noise, withRespectTo: [.buffer, .weights]) { b in
      (b - target).squared().mean()
    }
    let ofHistory = gradient.buffer[node: 0, step: -1]
    let ofWeights = try network.matrix(gradient.weights)
    #expect(loss > 0 && ofHistory != 0 && ofWeights[0, 1] != 0)

    var (point, previous): (Buffer<Double>, Traced<Double>?) = (noise, nil)
    for _ in 0..<3 {
      let step = try map.valueWithGradient(at: point) { b in
        defer { previous = b.detached() }
        return (b - target).squared().mean() + 0.1 * (b - (previous ?? b.detached())).squared().mean()
      }
      point -= 10 * step.gradient.buffer
    }
    #expect(previous != nil && point.sum() != noise.sum())

    let report = try GradientCheck.run(map, at: noise) { b in (b - target).squared().mean() }
    print(report)  // a line for each input, with the worst entry
    #expect(report.passed)

    var carry = Carry(history: noise)
    let workspace = try Workspace(map.plan)
    for first in stride(from: 0, to: 1000, by: 250) {
      let samples = try RandomKey(seed: 2).noise(nodes: 2, steps: first..<first + 250, as: Double.self)
      let chunk = try map.advance(&carry, noise: samples, workspace: workspace)
      print(chunk.mean())
    }
    #expect(carry.step == 1000)
  }

  @Test func delayClasses() throws {
    let keys = try RandomKey(seed: 0).split()
    let network = try Network(
      weights: keys[0].normal(84, 84), delays: keys[1].integers(in: 0..<255, 84, 84))
    let plan = try Plan(network)
    for part in plan.report.classes { print(part.delays, part.edges) }
    print(plan.report)  // a few lines for people

    #expect(plan.report.block == 128)
    #expect(plan.report.classes.map(\.delays.lowerBound) == [0, 128, 64, 32, 16, 8, 4, 2, 1])
  }

  private let map = NetworkCase<Double>(nodes: 17, steps: 40, kind: .uniform, noiseGain: 0).map
  private let buffer = NetworkCase<Double>(nodes: 17, steps: 40, kind: .uniform).buffer

  @Test func theAdjoint() throws {
    let target = try RandomKey(seed: 1).normal(buffer.shape, as: Double.self)
    let (output, pullback) = try map.runWithPullback(buffer, withRespectTo: .all)
    let gradient = try pullback(2 * (output - target))
    print(gradient.buffer.shape, gradient.weights.count, gradient.scale, gradient.noiseGain)

    let direction = DelayMap<Double>.Tangent(buffer: buffer, scale: 0.1)
    let tangent = try map.jvp(at: buffer, along: direction).tangent

    let forward = (2 * (output - target)).dot(tangent)
    #expect(abs(gradient.buffer.dot(buffer) + 0.1 * gradient.scale - forward) < 1e-10 * abs(forward))
  }

  @Test func precision() throws {
    let one = try map.run(buffer, threads: 1)
    print(try map.run(buffer, threads: 4) == one)  // true
    for set in InstructionSet.available {
      print(set, try DelayMap(map.network, instructionSet: set).run(buffer) == one)  // true for each
    }

    var broken = buffer
    broken[node: 3, step: -2] = .infinity
    do {
      _ = try map.run(broken)
    } catch {
      print(error)  // run 0: the history of node 3 at step -2 is not a finite number
    }
    let sentence = "\(DelayNetError.notFiniteHistory(run: 0, node: 3, step: -2))"
    #expect(sentence == "run 0: the history of node 3 at step -2 is not a finite number")
  }

  @Test func benchmarks() throws {
    let workspace = try Workspace(map.plan)
    var times: [Duration] = []
    for _ in 0..<21 {
      times.append(try ContinuousClock().measure { _ = try map.run(buffer, threads: 1, workspace: workspace) })
    }
    let perEdgeAndStep = times.sorted()[10] / (map.network.edges * buffer.steps)

    #expect(perEdgeAndStep >= .zero)
  }

  @Test func networks() throws {
    let connectome = try SyntheticConnectome(regions: 84, key: RandomKey(seed: 0))
    let network = try connectome.network(conductionSpeed: 3, timeStep: 0.1, as: Float.self)
    var problem = try Problem(network, model: .montbrioPazoRoxin)
    problem.coupling = 0.1
    problem.parameters = ["eta": -4.6]
    problem.sigma = ["r": 0.01, "V": 0.02]
    problem.noise = .drawn(RandomKey(seed: 1))
    let trajectory = try problem.simulate(steps: 2000)
    let rate = trajectory["r", node: 7]
    #expect(rate.count == 2000 && rate.allSatisfy { $0 >= 0 })

    problem.monitors = [.average(over: 10)]
    var carry = try problem.start()
    for _ in 0..<5 {
      let chunk = try problem.advance(&carry, steps: 400)
      print(chunk.columns, carry.step)  // 40 columns, another 400 steps
    }
    #expect(carry.step == 2000)

    problem.monitors = [.subsample()]
    let target = try problem.simulate(steps: 500).series
    problem.coupling = 0.12
    let (loss, gradient) = try problem.valueWithGradient(
      steps: 500, withRespectTo: [.coupling, .weights, .parameter("eta")], memory: .bytes(4 << 20)
    ) { s in (s - target).squared().mean() }
    print(loss, gradient.coupling, gradient.parameter("eta")[0], gradient.weights.count)
    #expect(loss > 0 && gradient.coupling != 0)

    let lengths = (0..<network.edges).map {
      connectome.lengths[network.edge($0).target, network.edge($0).source]
    }
    let tracts = try problem.with(delays: .tracts(lengths: lengths, conductionSpeed: 3, fractional: true))
    let slope = try tracts.valueWithGradient(steps: 500, withRespectTo: .conductionSpeed) {
      $0.squared().mean()
    }.gradient.conductionSpeed
    print(slope)
    #expect(slope != 0)

    let ensemble = try Ensemble(problem, members: (0..<4).map { .init(coupling: 0.05 * Float($0)) })
    let runs = try ensemble.simulate(steps: 500)
    print(runs.count, runs[3].clamps)
    #expect(runs.count == 4)
  }

  @Test func modelFiles() throws {
    for model in NodeModel.all { print(model.name, model.title, model.parameters.map(\.name)) }

    let pair = try Network<Double>(
      nodes: 2, sources: [0, 1], targets: [1, 0], weights: [1, 1], delays: [500, 500], timeStep: 0.001)
    var oscillators = try Problem(pair, model: .kuramoto)
    oscillators.coupling = 0.3
    oscillators.initial = try StateArray(variables: 1, nodes: 2, repeating: 0)
    let phase = try oscillators.simulate(steps: 40_000)["theta", node: 0]
    let omega = (phase[39_999] - phase[38_999]).remainder(dividingBy: 2 * .pi)  // per ms, modulo a turn
    print(omega, 1 - 0.3 * sin(omega * 0.5))
    #expect(abs(omega - (1 - 0.3 * sin(omega * 0.5))) < 1e-6)
  }

  @Test func writeYourOwnModel() throws {
    let network = try SyntheticConnectome(regions: 12, key: RandomKey(seed: 0)).network(timeStep: 0.1, as: Double.self)

    let oscillator = try NodeModel(
      text: """
        model own "An oscillator"
        parameter a = 0.7 in 0..1
        state V from -2..2
        state W from -1..1
        coupling c of V
        V' = V - V^3/3 - W + 0.5 + c
        W' = (V + a - 0.8*W)/12.5
        output power = V^2
        """)
    var own = try Problem(network, model: oscillator, timeStep: 0.1)
    own.coupling = 0.2
    own.monitors = [.average(over: 10, of: ["V", "power"])]
    let (value, slopes) = try own.valueWithGradient(steps: 500, withRespectTo: [.coupling, .parameter("a")]) {
      $0.squared().mean()
    }
    print(value, slopes.coupling, slopes.parameter("a")[0])
    #expect(value > 0 && slopes.coupling != 0 && slopes.parameter("a")[0] != 0)
  }
}

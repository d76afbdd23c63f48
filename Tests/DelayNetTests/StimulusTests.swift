import DelayNet
import TestSupport
import Testing

@Suite struct StimulusTests {
  private static let timeStep = 0.05

  /// A problem with noise and a past, and stimuli of several nodes and onsets, some of which overlap.
  private static func problem<Scalar: DelayNetScalar>(_ model: NodeModel = .linear, steps: Int = 60) throws
    -> Problem<Scalar>
  {
    var problem = try ProblemCase<Scalar>(model: model, steps: steps).problem
    let dt = problem.timeStep
    problem.stimuli = [
      Stimulus(nodes: [0, 3], onsets: [0, 7 * dt, 9.4 * dt], length: 5 * dt, amplitude: 0.3),
      Stimulus(
        nodes: [4], onsets: [40 * dt, 300 * dt], length: 11 * dt, amplitude: -0.2, state: model.states.last!.name),
      Stimulus(nodes: [], onsets: [1], length: dt, amplitude: 1),
    ]
    return problem
  }

  /// The same with the pulses written out step by step.
  private static func dense<Scalar: DelayNetScalar>(_ problem: Problem<Scalar>, steps: Int) throws -> Problem<Scalar> {
    var (dense, u) = (problem, problem.stimulus!)
    dense.stimuli = []
    let last = problem.model.states.count - 1
    for t in 0..<steps {
      for node in [0, 3] {
        for (begin, end) in [(0, 5), (7, 12), (9, 14)] where begin..<end ~= t { u[0, node, t] += 0.3 }
      }
      if 40..<51 ~= t { u[last, 4, t] -= 0.2 }
    }
    dense.stimulus = u
    return dense
  }

  @Test(arguments: NodeModel.native) func pulsesAreADenseStimulus(of model: NodeModel) throws {
    for scheme in [Scheme.heun, .eulerMaruyama] {
      var problem: Problem<Double> = try Self.problem(model)
      problem.scheme = scheme
      let found = try problem.simulate(steps: 60).series.values
      let expected = try Self.dense(problem, steps: 60).simulate(steps: 60).series.values
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-11 * (1 + abs($1)) })
      problem.stimuli = []
      #expect(try problem.simulate(steps: 60).series.values != found)
    }
  }

  @Test func chunksAndOtherBeginningsHaveTheSameBits() throws {
    let problem: Problem<Float> = try Self.problem()
    let whole = try problem.simulate(steps: 60)
    var carry = try problem.start()
    var parts: [StateArray<Float>] = []
    for steps in [1, 7, 2, 31, 19] { parts.append(try problem.advance(&carry, steps: steps).series) }
    var first = 0
    for part in parts {
      #expect(part == whole.series.columns(first..<(first + part.columns)))
      first += part.columns
    }
    #expect(carry == whole.carry)
    // Without memory in T: a carry far away runs as well.
    var far = try problem.start()
    far = try NetworkCarry(
      model: far.model, step: 1 << 40, state: far.state, history: far.history, monitors: far.monitors,
      monitored: far.monitored)
    var later = problem
    later.stimulus = nil
    later.noise = .none
    later.stimuli = [Stimulus(nodes: [2], onsets: [Double(1 << 40) * problem.timeStep], length: 1, amplitude: 0.5)]
    let reached = try later.simulate(steps: 3, from: far).series
    later.stimuli = []
    #expect(try later.simulate(steps: 3, from: far).series != reached)
  }

  @Test(arguments: [TapeMemory.everything, .bytes(160_000)]) func gradientsOfAmplitudes(memory: TapeMemory) throws {
    let problem: Problem<Double> = try Self.problem()
    let report = try GradientCheck.run(problem, steps: 60, withRespectTo: [.amplitudes, .coupling]) {
      $0.squared().mean()
    }
    #expect(
      report.passed && report.inputs.contains { $0.name == "amplitudes" && $0.differences.compared == 3 }, "\(report)")
    #expect(report.dotProductError < 1e-13)
    // The sums of a dense stimulus' gradient over what each covers.
    let cotangent = try StateArray<Double>(variables: 1, nodes: 5, columns: 60, repeating: 0.25)
    let own = try problem.record(steps: 60, memory: memory).pullback(
      cotangent, withRespectTo: [.amplitudes, .stimulus])
    let u = try Self.dense(problem, steps: 60).record(steps: 60).pullback(cotangent, withRespectTo: .stimulus).stimulus
    let first = [0, 3].reduce(0.0) { sum, node in
      [0..<5, 7..<12, 9..<14].reduce(sum) { $1.reduce($0) { $0 + u[0, node, $1] } }
    }
    let second = (40..<51).reduce(0.0) { $0 + u[0, 4, $1] }
    #expect(own.amplitudes.count == 3 && own.amplitudes[2] == 0)
    #expect(abs(own.amplitudes[0] / first - 1) < 1e-11 && abs(own.amplitudes[1] / second - 1) < 1e-11)
    #expect(zip(own.stimulus.values, u.values).allSatisfy { abs($0 - $1) <= 1e-12 })
    // They belong to everything.
    #expect(try problem.record(steps: 60).pullback(cotangent).amplitudes == own.amplitudes)
  }

  @Test func mistakesAreNamed() throws {
    var problem: Problem<Double> = try Self.problem()
    func error(_ stimulus: Stimulus<Double>) -> DelayNetError? {
      problem.stimuli = [stimulus]
      do throws(DelayNetError) { _ = try problem.simulate(steps: 2) } catch { return error }
      return nil
    }
    let good = Stimulus(nodes: [1], onsets: [0.1], length: 1, amplitude: 1.0)
    #expect(error(good) == nil)
    func changed(_ change: (inout Stimulus<Double>) -> Void) -> DelayNetError? {
      var stimulus = good
      change(&stimulus)
      return error(stimulus)
    }
    for node in [-1, 5, .max] {
      #expect(
        changed { $0.nodes = [0, node] }
          == .invalidValue(name: "nodes of the stimulus", index: 1, value: Double(node)))
    }
    for onset in [-0.1, .infinity, 1e300] {
      #expect(
        changed { $0.onsets = [onset] } == .invalidValue(name: "onsets of the stimulus", index: 0, value: onset))
    }
    #expect(changed { $0.onsets = [.nan] } != nil)
    for length in [-1, 0, 1e-9, .infinity] {
      #expect(changed { $0.length = length } == .optionOutOfRange(name: "length of the stimulus", value: length))
    }
    #expect(
      changed { $0.amplitude = .infinity } == .optionOutOfRange(name: "amplitude of the stimulus", value: .infinity))
    #expect(changed { $0.state = "q" } == .unknownState(name: "q", model: "linear"))
    #expect(throws: DelayNetError.self) { try problem.fingerprint() }
    problem.stimuli = []
    #expect(throws: DelayNetError.notDifferentiable("amplitudes")) {
      try problem.record(steps: 3).pullback(nil, withRespectTo: .amplitudes)
    }
    problem.stimuli = [good]
    var direction = Problem<Double>.Tangent()
    direction.amplitudes = [1, 2]
    #expect(throws: DelayNetError.shapeMismatch(name: "direction of amplitudes", expected: [1], found: [2])) {
      try problem.jvp(steps: 3, along: direction)
    }
  }
}

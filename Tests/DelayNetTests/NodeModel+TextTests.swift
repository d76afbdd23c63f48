import DelayNet
import Foundation
import TestSupport
import Testing

/// Models that are read from texts: what is read, what they compute, what is refused, and who keeps them alive.
@Suite struct NodeModelTextTests {
  /// A model with bounds, an angle, an intermediate, a branch, a function before the sum, and outputs.
  static let text = """
    model trial "A trial"
    source "made up for this test"
    parameter a = 1.5 in 0.5..3 [1/ms] "decay" symbol "α"
    parameter b = 0.25
    state x >= -5 <= 5 from -1..1 [mV] "potential"   # a comment
    state phi periodic from -3..3 [rad] "phase"
    coupling c of tanh(x) + b*phi "sum"
    coupling d of sin(phi)
    drive = a*x - b
    x' = -drive + where(x > 0, sin(phi), x^2) + c
    dphi/dt = 0.3 + 0.1*x*d
    output rate = 10*logistic(drive) [Hz] "rate"
    output level = x^2 + cos(phi)
    """

  @Test func whatIsRead() throws {
    let model = try NodeModel(text: Self.text)
    #expect(model.name == "trial" && model.title == "A trial" && model.source == "made up for this test")
    #expect(model.text == Self.text)
    #expect(model.states.map(\.name) == ["x", "phi"] && model.states.map(\.isPeriodic) == [false, true])
    #expect(model.states[0].bounds == -5...5 && model.states[1].bounds == -Double.infinity ... .infinity)
    #expect(model.states.map(\.initialRange) == [-1...1, -3...3])
    #expect(model.states[0].unit == "mV" && model.states[0].meaning == "potential")
    #expect(model.states[0].expression == "-drive + where(x > 0, sin(phi), x^2) + c")
    #expect(model.couplings.map(\.name) == ["c", "d"] && model.couplings[0].expression == "tanh(x) + b*phi")
    #expect(model.couplings.map(\.initialRange) == [nil, nil])
    #expect(model.parameters.map(\.name) == ["a", "b"] && model.parameters.map(\.defaultValue) == [1.5, 0.25])
    #expect(model.parameters[0].range == 0.5...3 && model.parameters[0].symbol == "α")
    #expect(model.parameters[1].range == -Double.infinity ... .infinity)
    #expect(model.outputs.map(\.name) == ["rate", "level"] && model.outputs[0].unit == "Hz")
    #expect(model.readable.map(\.name) == ["x", "phi", "rate", "level"])
    let report = try #require(model.report)
    #expect(report.operations > 10 && report.pullbackOperations > report.operations && report.nodes > 10)
    #expect(report.rows > 0 && report.pullbackRows > 0 && report.tangentOperations > 0)
    #expect(NodeModel.all.allSatisfy { $0 != model } && NodeModel.named("trial") == nil)
  }

  @Test(arguments: NodeModel.native) func nativeModelsAndTheirTexts(native: NodeModel) throws {
    let text = try #require(native.text, "\(native.name) has no text")
    let model = try NodeModel(text: text)
    #expect(model.name == native.name && model.report != nil && model != native)
    #expect(model.states.map(\.name) == native.states.map(\.name))
    #expect(model.states.map(\.bounds) == native.states.map(\.bounds))
    #expect(model.states.map(\.initialRange) == native.states.map(\.initialRange))
    #expect(model.states.map(\.isPeriodic) == native.states.map(\.isPeriodic))
    #expect(model.couplings.count == native.couplings.count)
    #expect(model.parameters.map(\.name) == native.parameters.map(\.name))
    #expect(model.parameters.map(\.defaultValue) == native.parameters.map(\.defaultValue))
    #expect(model.parameters.map(\.range) == native.parameters.map(\.range))

    for (scheme, fractional) in [(Scheme.heun, false), (.eulerMaruyama, true)] {
      let expected = try ProblemCase<Double>(model: native, fractional: fractional, scheme: scheme)
      let own = try ProblemCase<Double>(model: model, fractional: fractional, scheme: scheme)
      let a = try expected.problem.record(steps: 23)
      let b = try own.problem.record(steps: 23)
      #expect(relativeError(a.trajectory.series.values, b.trajectory.series.values) < 1e-12)
      let cotangent = try StateArray<Double>(
        variables: a.trajectory.series.variables, nodes: 5, columns: 23,
        values: RandomKey(seed: 4).normal(a.trajectory.series.values.count, as: Double.self))
      var inputs: Problem<Double>.Inputs = [.coupling, .parameters, .initial, .history, .weights, .sigma]
      if fractional { inputs = [inputs, .delays] }
      let (one, other) = (
        try a.pullback(cotangent, withRespectTo: inputs), try b.pullback(cotangent, withRespectTo: inputs)
      )
      #expect(one.names == other.names && one.names.count > 5)
      for name in one.names { #expect(relativeError(one[name]!, other[name]!) < 1e-10, "\(name)") }
    }
    // In single precision, too.
    let (a, b) = (try ProblemCase<Float>(model: native), try ProblemCase<Float>(model: model))
    #expect(
      try relativeError(
        a.problem.simulate(steps: 23).series.doubles, b.problem.simulate(steps: 23).series.doubles) < 2e-5)
  }

  /// The same equations in plain Swift, for one node without noise and coupling.
  @Test func oneNodeByHand() throws {
    let model = try NodeModel(text: Self.text)
    let alone = try Network<Double>(nodes: 1, sources: [], targets: [], weights: [], delays: [])
    var problem = try Problem(alone, model: model, timeStep: 0.1)
    problem.scheme = .eulerMaruyama
    problem.parameters = ["a": 2, "b": 0.5]
    problem.initial = try StateArray(variables: 2, nodes: 1, values: [0.75, 2.5])
    problem.monitors = [.subsample(of: ["x", "phi", "rate", "level"])]
    let series = try problem.simulate(steps: 60).series
    var (x, phi) = (0.75, 2.5)
    var wraps = 0
    for step in 0..<60 {
      let drive = 2 * x - 0.5
      let slope = -drive + (x > 0 ? sin(phi) : x * x)
      (x, phi) = (min(max(x + 0.1 * slope, -5), 5), phi + 0.1 * 0.3)
      if phi >= .pi { (phi, wraps) = (phi - 2 * .pi, wraps + 1) }
      #expect(abs(series[0, 0, step] - x) < 1e-13 && abs(series[1, 0, step] - phi) < 1e-13, "step \(step)")
      #expect(abs(series[2, 0, step] - 10 / (1 + exp(-(2 * x - 0.5)))) < 1e-12, "step \(step)")
      #expect(abs(series[3, 0, step] - (x * x + cos(phi))) < 1e-12, "step \(step)")
    }
    #expect(wraps == 1)
  }

  @Test func gradientsWithOutputs() throws {
    var trial = try ProblemCase<Double>(
      model: NodeModel(text: Self.text), nodes: 3, steps: 7, delays: 0..<4, fractional: true
    ).problem
    trial.monitors = [.subsample(of: ["rate", "x", "level"])]
    let target = try RandomKey(seed: 9).normal(BufferShape(nodes: 9, history: 0, steps: 7), as: Double.self)
    let report = try GradientCheck.run(trial, steps: 7, entries: nil) { ($0 - target).squared().sum() }
    #expect(report.passed, "\(report)")
    #expect(Set(report.inputs.map(\.name)).isSuperset(of: ["a", "b", "initial", "weights", "coupling", "delays"]))
    // Means of outputs have gradients, too.
    trial.monitors = [.average(over: 3, of: ["level", "rate"])]
    let columns = try RandomKey(seed: 8).normal(BufferShape(nodes: 6, history: 0, steps: 2), as: Double.self)
    let means = try GradientCheck.run(trial, steps: 7, entries: 8) { ($0 - columns).squared().sum() }
    #expect(means.passed, "\(means)")
  }

  @Test func monitorsOfOutputs() throws {
    var problem = try ProblemCase<Double>(model: NodeModel(text: Self.text), stimulated: false).problem
    problem.monitors = [
      .subsample(of: ["rate", "x"]), .average(over: 4, of: ["rate"]), .subsample(every: 2, of: ["phi", "level"]),
    ]
    let trajectory = try problem.simulate(steps: 20)
    #expect(trajectory.states == ["rate", "x"])
    let (rates, x) = (trajectory["rate", node: 3], trajectory["x", node: 3])
    let parameter = problem.parameters["a"]!.values[3]
    for (rate, x) in zip(rates, x) { #expect(abs(rate - 10 / (1 + exp(-(parameter * x - 0.25)))) < 1e-12) }
    for column in 0..<5 {
      let mean = rates[(4 * column)..<(4 * column + 4)].reduce(0, +) / 4
      #expect(abs(trajectory.outputs[1][0, 3, column] - mean) < 1e-13)
    }
    // The same however it is cut.
    var carry = try problem.start()
    let first = try problem.advance(&carry, steps: 7)
    let second = try problem.advance(&carry, steps: 13)
    #expect(
      first.outputs[1].series(0, node: 2) + second.outputs[1].series(0, node: 2)
        == trajectory.outputs[1].series(0, node: 2))
    problem.monitors = [.subsample(of: ["rat"])]
    #expect(
      throws: DelayNetError.unknownState(name: "rat", model: "trial", known: ["x", "phi", "rate", "level"])
    ) { try problem.simulate(steps: 2) }
    // An angle has no mean; an output of it may have one.
    problem.monitors = [.average(over: 2, of: ["phi"])]
    #expect(throws: DelayNetError.periodicAverage(state: "phi", model: "trial")) { try problem.simulate(steps: 2) }
  }

  @Test func mistakesHaveAPlace() throws {
    func place(_ text: String, _ line: Int, _ column: Int, _ words: String) {
      do throws(DelayNetError) {
        _ = try NodeModel(text: text)
        Issue.record("read: \(text)")
      } catch .badModelText(line, column, let message) {
        #expect(message.contains(words), "\(message)")
      } catch {
        Issue.record("\(error) instead of line \(line), column \(column)")
      }
    }
    let head = "model m\nparameter alpha = 1\nstate x\ncoupling c of x\n"
    place(head + "x' = alpah*x + c", 5, 6, "alpha")
    place(head + "x' = -x + )", 5, 11, "found ')'")
    place(head + "x' = -x", 4, 10, "c")
    place(head + "x' = c\ny' = 2", 6, 1, "y")
    place(head + "parameter alpha = 2\nx' = c", 5, 11, "alpha")
    place(head + "x' = c\nparameter sigma = 1", 6, 11, "sigma")
    place("", 0, 0, "model NAME")
    let error = DelayNetError.badModelText(line: 3, column: 14, message: "there is no alpah")
    #expect("\(error)" == "line 3, column 14: there is no alpah")
    #expect(throws: DelayNetError.self) { try NodeModel(text: String(repeating: "#\n", count: 40_000)) }
  }

  @Test func unknownNamesAreThoseOfTheModel() throws {
    // Even one that is called like another one of the register.
    let model = try NodeModel(text: Self.text.replacing("model trial", with: "model mpr"))
    var problem = try ProblemCase<Double>(model: model, nodes: 2).problem
    problem.parameters["eta"] = 1
    let error = DelayNetError.unknownParameter(name: "eta", model: "mpr", known: ["a", "b"])
    #expect(throws: error) { try problem.simulate(steps: 1) }
    #expect("\(error)" == "the model mpr has no parameter eta; it has a, b")
    problem.parameters = [:]
    problem.sigma = ["V": 1]
    #expect(throws: DelayNetError.unknownState(name: "V", model: "mpr", known: ["x", "phi"])) {
      try problem.simulate(steps: 1)
    }
  }

  @Test func equalTextsAreEqualModels() throws {
    let (one, same) = (try NodeModel(text: Self.text), try NodeModel(text: Self.text))
    let other = try NodeModel(text: Self.text + "\n# a comment")
    #expect(one == same && one != other && Set([one, same, other]).count == 2)
    #expect(one == one && NodeModel.linear == NodeModel.linear)
  }

  @Test func anotherTextIsAnotherRun() throws {
    let model = try NodeModel(text: Self.text)
    let edited = try NodeModel(text: Self.text.replacing("0.3 + 0.1", with: "0.3 + 0.2"))
    var problem = try ProblemCase<Double>(model: model, nodes: 2).problem
    var other = try ProblemCase<Double>(model: edited, nodes: 2).problem
    (problem.noise, other.noise) = (.none, .none)
    let difference = try other.fingerprint().differences(from: problem.fingerprint())
    #expect(difference.map(\.name) == ["text of the model"])
    let again = try ProblemCase<Double>(model: NodeModel(text: Self.text), nodes: 2).problem
    #expect(try again.fingerprint().differences(from: problem.fingerprint()).map(\.name) == ["noise"])
    // The register's say nothing new: their carries of earlier versions still fit.
    #expect(try ProblemCase<Double>(model: .linear).problem.fingerprint()["text of the model"] == nil)

    var carry = try problem.simulate(steps: 5).carry
    #expect(throws: DelayNetError.self) { try other.simulate(steps: 5, from: carry) }
    #expect(throws: Never.self) { try again.simulate(steps: 5, from: carry) }
    _ = try problem.advance(&carry, steps: 5)
    #expect(carry.step == 10)
  }

  @Test func aModelLivesAsLongAsItsRuns() throws {
    // What is read in a scope of its own is used when nothing else has it any more.
    func problem() throws -> Problem<Double> { try ProblemCase(model: NodeModel(text: Self.text)).problem }
    let expected = try problem().simulate(steps: 20).series
    let recorded = try problem().record(steps: 20, memory: .bytes(300_000))
    #expect(recorded.trajectory.series == expected)
    let gradient = try recorded.pullback(expected, withRespectTo: [.parameters, .weights])
    let again = try problem().record(steps: 20).pullback(expected, withRespectTo: [.parameters, .weights])
    #expect(gradient == again)
    let model = { try! NodeModel(text: Self.text) }().states
    #expect(model.count == 2)
  }

  @Test func manyThreadsReadAndRun() async throws {
    let expected = try ProblemCase<Float>(model: NodeModel(text: Self.text)).problem.simulate(steps: 20).series
    try await withThrowingTaskGroup(of: StateArray<Float>.self) { group in
      for _ in 0..<8 {
        group.addTask { try ProblemCase<Float>(model: NodeModel(text: Self.text)).problem.simulate(steps: 20).series }
      }
      for try await series in group { #expect(series == expected) }
    }
  }
}

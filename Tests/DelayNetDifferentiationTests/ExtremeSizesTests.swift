import DelayNetDifferentiation
import TestSupport
import Testing

/// What can throw does; a differentiable function cannot, and ends the program with a sentence where nothing else is left.
@Suite struct ExtremeSizesTests {
  @Test("extreme sizes are thrown", arguments: extremes.map(\.name))
  func extremeSize(name: String) async {
    await #expect(processExitsWith: .success) { [name] in extremes[name].runToTheEnd() }
  }

  @Test("what cannot be said otherwise ends the program", arguments: [Int.max, 1 << 40, -1, .min])
  func stepsThatCannotBe(steps: Int) async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [steps] in
      let problem = try small()
      let variables = try NetworkVariables(problem)
      _ = problem.differentiableSimulate(variables, steps: steps)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(["out of memory", "outside its range", "overflow what can be addressed"].contains { text.contains($0) })
  }
}

private func small() throws -> Problem<Double> {
  try Problem(
    Network<Double>(nodes: 2, sources: [0, 1], targets: [1, 0], weights: [1, 1], delays: [3, 0]), model: .linear,
    timeStep: 0.1)
}

private let extremes: [ExtremeCase] = extremeTable { t in
  t.each("NetworkVariables of a history", of: [Int.max, 1 << 40]) {
    let network = try Network<Double>(nodes: 2, sources: [0], targets: [1], weights: [1], delays: [1], history: $0)
    _ = try NetworkVariables(Problem(network, model: .linear, timeStep: 1))
  }
  t.each("NetworkVariables of a parameter twice", of: [1.0]) {
    var twice = try small()
    twice.parameters = ["gamma": .uniform($0), "gamma": 1]
    _ = try NetworkVariables(twice)
  }
  t.each("a shape for values", of: impossibleSizes) {
    _ = Buffer<Double>(try BufferShape(nodes: $0, history: 1, steps: .max), values: [])
  }
  t.each("memory for a gradient", of: [Int.max], mayReturn: true) { bytes in
    let problem = try small()
    let variables = try NetworkVariables(problem)
    _ = gradient(at: variables) { v in problem.differentiableSimulate(v, steps: 3, memory: .bytes(bytes)).sum() }
  }
}

import DelayNet
import Testing
import TestSupport

@Suite("Monitors") struct MonitorTests {
  static let list: [Monitor] = [
    .subsample(of: ["V", "r"]), .average(over: 7), .subsample(every: 5, of: ["V"]), .average(over: 3, of: ["r"]),
  ]

  static func problem() throws -> Problem<Double> {
    try ProblemCase<Double>(model: .montbrioPazoRoxin, nodes: 17, steps: 60, delays: 0..<20).problem
  }

  @Test("several monitors of a run are each of them alone") func alone() throws {
    var problem = try Self.problem()
    problem.monitors = Self.list
    let all = try problem.simulate(steps: 60)
    #expect(all.outputs.map(\.shape) == [[2, 17, 60], [2, 17, 8], [1, 17, 12], [1, 17, 20]])
    #expect(all.series == all.outputs[0] && all.states == ["V", "r"])
    problem.monitors = [.subsample()]
    let whole = try problem.simulate(steps: 60).series
    for node in 0..<17 {
      #expect(all.outputs[0].series(0, node: node) == whole.series(1, node: node))
      #expect(all.outputs[2].series(0, node: node) == (1...12).map { whole[1, node, 5 * $0 - 1] })
      let means = (0..<20).map { k in
        (whole[0, node, 3 * k] + whole[0, node, 3 * k + 1] + whole[0, node, 3 * k + 2]) / 3
      }
      for (found, expected) in zip(all.outputs[3].series(0, node: node), means) {
        #expect(abs(found - expected) <= 1e-15 * max(1, abs(expected)))
      }
    }
    for (k, monitor) in Self.list.enumerated() {
      problem.monitors = [monitor]
      #expect(try problem.simulate(steps: 60).series == all.outputs[k])
    }
    problem.monitors = []
    let none = try problem.simulate(steps: 60)
    #expect(none.outputs.isEmpty && none.series.columns == 0 && none.carry.state == all.carry.state)
  }

  @Test("what monitors keep goes on from piece to piece", arguments: [1, 13, 30, 59]) func pieces(first: Int) throws {
    var problem = try Self.problem()
    problem.monitors = Self.list
    let whole = try problem.simulate(steps: 60)
    var carry = try problem.start()
    let parts = [
      try problem.advance(&carry, steps: first), try problem.advance(&carry, steps: 60 - first),
    ]
    #expect(carry == whole.carry)
    for k in Self.list.indices {
      for variable in 0..<whole.outputs[k].variables {
        for node in 0..<17 {
          #expect(
            parts[0].outputs[k].series(variable, node: node) + parts[1].outputs[k].series(variable, node: node)
              == whole.outputs[k].series(variable, node: node))
        }
      }
    }
    var other = problem
    other.monitors = [.average(over: 7)]
    if first % 7 != 0 {
      let inside = try problem.simulate(steps: first).carry
      let error = #expect(throws: DelayNetError.self) { try other.simulate(steps: 5, from: inside) }
      #expect("\(error!)".contains("inside a mean over"))
    }
  }

  @Test("the gradient of several outputs is the sum of theirs") func gradients() throws {
    var problem = try Self.problem()
    problem.monitors = Self.list
    for memory in [TapeMemory.everything, .bytes(try problem.tapeBytes(steps: 60).least)] {
      let tape = try problem.record(steps: 60, memory: memory)
      let cotangents = try tape.trajectory.outputs.enumerated().map { k, output in
        try StateArray(
          variables: output.variables, nodes: output.nodes, columns: output.columns,
          values: RandomKey(seed: UInt64(k)).normal(output.variables * output.nodes * output.columns, as: Double.self))
      }
      let all = try tape.pullback(outputs: cotangents, withRespectTo: [.weights, .coupling, .initial])
      var weights = [Double](repeating: 0, count: all.weights.count)
      var coupling = 0.0
      for k in cotangents.indices {
        let one = try tape.pullback(
          outputs: cotangents.indices.map { $0 == k ? cotangents[k] : nil },
          withRespectTo: [.weights, .coupling, .initial])
        for e in weights.indices { weights[e] += one.weights[e] }
        coupling += one.coupling
      }
      let scale = weights.map(abs).max() ?? 0
      for e in weights.indices { #expect(abs(weights[e] - all.weights[e]) <= 1e-12 * scale) }
      #expect(abs(coupling - all.coupling) <= 1e-12 * abs(coupling) + 1e-12)
      let first = try tape.pullback(cotangents[0], withRespectTo: [.weights])
      #expect(try first.weights == tape.pullback(outputs: [cotangents[0]], withRespectTo: [.weights]).weights)
    }
  }

  @Test("columns before the first have no cotangent", arguments: [0, 1, 9, 20]) func firstColumn(_ first: Int) throws {
    var problem = try Self.problem()
    problem.monitors = [.average(over: 3, of: ["V"])]
    let tape = try problem.record(steps: 60)
    let (nodes, columns) = (tape.trajectory.series.nodes, tape.trajectory.series.columns)
    let values = try RandomKey(seed: 2).normal(nodes * columns, as: Double.self)
    var whole = try StateArray<Double>(variables: 1, nodes: nodes, columns: columns)
    var every = whole
    var column = try StateArray<Double>(variables: 1, nodes: nodes)
    for node in 0..<nodes {
      column[0, node, 0] = values[node]
      for k in first..<columns {
        whole[0, node, k] = values[node * columns + k]
        every[0, node, k] = values[node]
      }
    }
    let part = whole.columns(first..<columns)
    let inputs: Problem<Double>.Inputs = [.weights, .initial, .parameters]
    func same(_ a: Problem<Double>.Gradient, _ b: Problem<Double>.Gradient) -> Bool {
      a.weights == b.weights && a.initial == b.initial && a.parameter("eta") == b.parameter("eta")
    }
    let expected = try tape.pullback(whole, withRespectTo: inputs)
    #expect(same(expected, try tape.pullback(part, firstColumn: first, withRespectTo: inputs)))
    let ofEvery = try tape.pullback(every, withRespectTo: inputs)
    #expect(same(ofEvery, try tape.pullback(everyColumn: column, firstColumn: first, withRespectTo: inputs)))
    #expect(throws: DelayNetError.optionOutOfRange(name: "firstColumn", value: 21)) {
      try tape.pullback(nil, firstColumn: 21)
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "firstColumn", value: -1)) {
      try tape.pullback(everyColumn: column, firstColumn: -1)
    }
    if first > 0 { #expect(throws: DelayNetError.self) { try tape.pullback(whole, firstColumn: first) } }
  }

  @Test("monitors that cannot be are refused") func refusals() throws {
    var problem = try Self.problem()
    problem.monitors = [.subsample(of: ["r", "q"])]
    #expect(throws: DelayNetError.unknownState(name: "q", model: "mpr")) { try problem.simulate(steps: 3) }
    problem.monitors = [.average(over: 0)]
    #expect(throws: DelayNetError.self) { try problem.simulate(steps: 3) }
    problem.monitors = [.average(over: 3)]
    let tape = try problem.record(steps: 9)
    let wrong = try StateArray<Double>(variables: 2, nodes: 17, columns: 4)
    #expect(throws: DelayNetError.self) { try tape.pullback(wrong) }
    #expect(throws: DelayNetError.self) { try tape.pullback(outputs: [nil, nil]) }
    #expect(Monitor.Kind.allCases.map(\.name) == ["subsample", "average"])
    #expect(Monitor.Kind.named("average") == .average && Monitor.Kind.named("median") == nil)
  }
}

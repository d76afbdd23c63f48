// What the Swift façade adds to the C call, and the notebook's `run` and `gloss` as a Swift user calls them.
//
//     FacadeCost [--seconds 3]
//
// Prints JSON: microseconds a call. The two calls of a pair alternate in short turns, and `added_us` is the median over
// all turns of their difference, so that a drift of the machine's speed cancels.
import CKernels
import DelayNet

let nodes = 84

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// Microseconds a call, over `calls` calls in a row.
@inline(__always)
func turn(_ calls: Int, _ call: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  for _ in 0..<calls { try call() }
  let elapsed = (ContinuousClock.now - start).components
  return (Double(elapsed.seconds) * 1e6 + Double(elapsed.attoseconds) * 1e-12) / Double(calls)
}

/// The notebook's inputs from key 0.
func seed(steps: Int) throws -> (map: DelayMap<Float>, buffer: Buffer<Float>) {
  let keys = try RandomKey(seed: 0).split(10)
  let network = try Network(
    weights: keys[0].normal(nodes, nodes).map { abs($0) + 0.5 },
    delays: keys[1].integers(in: 0..<255, nodes, nodes))
  let buffer = try Buffer(nodes: nodes, history: network.history, steps: steps) { try keys[2].normal($0) }
  return (try DelayMap(network, scale: .mean), buffer)
}

/// A plan and a workspace of its own for the C call.
func plan(_ network: Network<Float>) -> (plan: OpaquePointer, workspace: OpaquePointer) {
  var plan: OpaquePointer?
  var workspace: OpaquePointer?
  let status = network.delays.withUnsafeBufferPointer { delays in
    var description = dn_network()
    description.nodes = network.nodes
    description.edges = network.edges
    description.history = network.history
    description.delays = delays.baseAddress
    return dn_plan_create(&description, nil, &plan, nil)
  }
  precondition(status == DN_OK && dn_workspace_create(plan!, &workspace) == DN_OK)
  return (plan!, workspace!)
}

/// T = 10 in place, in the same buffer, by both: (the C call, the façade, what it adds).
func overhead(seconds: Double) throws -> (c: Double, swift: Double, added: Double) {
  let steps = 10
  var (map, buffer) = try seed(steps: steps)
  let workspace = try Workspace(map.plan)
  let columns = buffer.columns
  let weights = map.network.weights
  let below = plan(map.network)
  defer {
    dn_workspace_destroy(below.workspace)
    dn_plan_destroy(below.plan)
  }

  // The arrays stay where they are; pointers are taken once, as a C program would.
  let memory = UnsafeMutablePointer<Float>.allocate(capacity: buffer.shape.count)
  defer { memory.deallocate() }
  buffer.withUnsafeBufferPointer { memory.update(from: $0.baseAddress!, count: $0.count) }

  var (ofC, ofSwift, added) = ([Double](), [Double](), [Double]())
  try weights.withUnsafeBufferPointer { weights in
    var primal = dn_map_primal_f32()
    primal.weights = weights.baseAddress
    primal.scale = map.scaleFactor
    primal.history = UnsafePointer(memory)
    primal.history_stride = columns
    primal.noise = UnsafePointer(memory + map.network.history)
    primal.noise_stride = columns
    primal.steps = steps
    primal.series = memory + map.network.history
    primal.series_stride = columns
    var options = dn_run_options()
    options.threads = 1
    options.workspace = below.workspace
    var place = dn_place()

    let callC = {
      let status = dn_map_run_f32(below.plan, 1, &primal, nil, &options, &place)
      precondition(status == DN_OK)
    }
    let end = ContinuousClock.now + .seconds(seconds)
    var round = 0
    while round < 50 || ContinuousClock.now < end {
      // Who goes first changes from round to round.
      var c = 0.0
      if round % 2 == 0 { c = turn(10, callC) }
      let swift = try turn(10) { try map.run(into: &buffer, threads: 1, workspace: workspace) }
      if round % 2 == 1 { c = turn(10, callC) }
      ofC.append(c)
      ofSwift.append(swift)
      added.append(swift - c)
      round += 1
    }
  }
  buffer.withUnsafeBufferPointer { swift in
    for k in swift.indices { precondition(swift[k] == memory[k], "the façade computes something else") }
  }
  return (median(ofC), median(ofSwift), median(added))
}

/// T = 100, every call with a result of its own: (`run`, `gloss`).
func notebook(seconds: Double) throws -> (run: Double, gloss: Double) {
  let (map, buffer) = try seed(steps: 100)
  let workspace = try Workspace(map.plan)
  let target = try map.run(buffer)
  let shifted = try Buffer(
    nodes: target.nodes, history: target.history, steps: target.steps, values: target.values.map { $0 + 1 })
  var (run, gloss) = ([Double](), [Double]())
  var kept: Float = 0
  let end = ContinuousClock.now + .seconds(seconds)
  while run.count < 20 || ContinuousClock.now < end {
    run.append(try turn(5) { kept += try map.run(buffer, threads: 1, workspace: workspace)[0, 0] })
    gloss.append(
      try turn(5) {
        kept += try map.valueWithGradient(at: shifted, threads: 1, workspace: workspace) { b in
          (b - target).squared().sum()
        }.value
      })
  }
  precondition(!kept.isNaN)
  return (median(run), median(gloss))
}

var seconds = 3.0
if let flag = CommandLine.arguments.firstIndex(of: "--seconds"), flag + 1 < CommandLine.arguments.count {
  seconds = Double(CommandLine.arguments[flag + 1]) ?? seconds
}
let cost = try overhead(seconds: seconds)
let calls = try notebook(seconds: seconds)
print(
  """
  {"c_us": \(cost.c), "swift_us": \(cost.swift), "added_us": \(cost.added), "run_us": \(calls.run), \
  "gloss_us": \(calls.gloss)}
  """)

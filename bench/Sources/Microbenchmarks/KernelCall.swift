import CKernels

/// Runs and pullbacks of a dense network whose delays lie in one range, through the C interface, without allocation.
final class KernelCall {
  private let nodes = 84
  private let steps: Int
  private let plan: OpaquePointer
  private let workspace: OpaquePointer
  private let weights, history, noise: [Float]
  private let output, dSeries, dHistory, dNoise, dWeights: UnsafeMutablePointer<Float>
  private let longest: Int

  init(delays range: ClosedRange<Int32>, steps: Int = 1024) {
    self.steps = steps
    longest = Int(range.upperBound)
    let edges = nodes * nodes
    let delays = [Int32](unsafeUninitializedCapacity: edges) { memory, filled in
      dn_random_integers_i32(
        dn_key_create(1), 0, edges, range.lowerBound, range.upperBound + 1, memory.baseAddress)
      filled = edges
    }
    var description = dn_network()
    description.nodes = nodes
    description.edges = edges
    description.history = longest
    var plan: OpaquePointer?
    var workspace: OpaquePointer?
    delays.withUnsafeBufferPointer { delays in
      description.delays = delays.baseAddress
      precondition(dn_plan_create(&description, nil, &plan, nil) == DN_OK)
    }
    precondition(dn_workspace_create(plan!, &workspace) == DN_OK)
    self.plan = plan!
    self.workspace = workspace!

    // Rows of weights add up to 1: the series neither dies out into denormal numbers nor overflows.
    weights = [Float](repeating: 1 / Float(nodes), count: edges)
    history = normal(2, nodes * longest)
    noise = normal(3, nodes * steps)
    func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
      let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(count, 1))
      memory.initialize(repeating: 0, count: max(count, 1))
      return memory
    }
    output = zeros(nodes * steps)
    dSeries = zeros(nodes * steps)
    dHistory = zeros(nodes * longest)
    dNoise = zeros(nodes * steps)
    dWeights = zeros(edges)
    dSeries.update(from: noise, count: nodes * steps)
    run()
  }

  deinit {
    for memory in [output, dSeries, dHistory, dNoise, dWeights] { memory.deallocate() }
    dn_workspace_destroy(workspace)
    dn_plan_destroy(plan)
  }

  private func withPrimal(_ body: (UnsafePointer<dn_map_primal_f32>, UnsafePointer<dn_run_options>) -> dn_status) {
    var primal = dn_map_primal_f32()
    var options = dn_run_options()
    options.threads = 1
    options.workspace = workspace
    primal.scale = 1
    primal.steps = steps
    primal.history_stride = longest
    primal.noise_stride = steps
    primal.series = output
    primal.series_stride = steps
    weights.withUnsafeBufferPointer { weights in
      history.withUnsafeBufferPointer { history in
        noise.withUnsafeBufferPointer { noise in
          primal.weights = weights.baseAddress
          primal.history = history.baseAddress
          primal.noise = noise.baseAddress
          precondition(body(&primal, &options) == DN_OK)
        }
      }
    }
  }

  func run() {
    withPrimal { dn_map_run_f32(plan, 1, $0, nil, $1, nil) }
  }

  func pullback(buffer: Bool, weights: Bool) {
    var cotangent = dn_map_cotangent_f32()
    cotangent.series = UnsafePointer(dSeries)
    cotangent.series_stride = steps
    cotangent.history = buffer ? dHistory : nil
    cotangent.history_stride = longest
    cotangent.noise = buffer ? dNoise : nil
    cotangent.noise_stride = steps
    cotangent.weights = weights ? dWeights : nil
    withPrimal { dn_map_vjp_f32(plan, 1, $0, &cotangent, $1, nil) }
  }
}

/// Standard normal numbers from a seed.
func normal(_ seed: UInt64, _ count: Int) -> [Float] {
  [Float](unsafeUninitializedCapacity: count) { memory, filled in
    dn_random_normal_f32(dn_key_create(seed), 0, count, memory.baseAddress)
    filled = count
  }
}

import DelayNet

/// The notebook's experiment through the Swift API.
final class FacadeCall {
  private let map: DelayMap<Float>
  private let workspace, ensembleWorkspace: Workspace
  private let buffer, output, cotangent: Buffer<Float>
  private let buffers: [Buffer<Float>]
  private var inPlace: Buffer<Float>

  init(steps: Int, runs: Int) throws {
    let keys = try RandomKey(seed: 0).split(10)
    let network = try Network(
      weights: keys[0].normal(84, 84).map { abs($0) + 0.5 }, delays: keys[1].integers(in: 0..<255, 84, 84))
    map = try DelayMap(network, scale: .mean)
    workspace = try Workspace(map.plan)
    ensembleWorkspace = try Workspace(map.plan)
    let shape = try BufferShape(nodes: 84, history: network.history, steps: steps)
    buffer = try keys[2].normal(shape)
    inPlace = try keys[2].normal(shape)
    cotangent = try keys[3].normal(shape)
    buffers = try (0..<runs).map { try keys[4].folding(in: UInt64($0)).normal(shape) }
    output = try map.run(buffer)
  }

  func runInPlace() throws { try map.run(into: &inPlace, threads: 1, workspace: workspace) }

  func run() throws { _ = try map.run(buffer, threads: 1, workspace: workspace) }

  func pullback(_ inputs: DelayMap<Float>.Inputs) throws {
    _ = try map.pullback(
      at: buffer, output: output, cotangent: cotangent, withRespectTo: inputs, threads: 1, workspace: workspace)
  }

  func valueWithGradient() throws {
    _ = try map.valueWithGradient(at: cotangent, threads: 1, workspace: workspace) { b in
      (b - output).squared().sum()
    }
  }

  func ensemble(threads: Int) throws { _ = try map.run(buffers, threads: threads, workspace: ensembleWorkspace) }

  func plan() throws { _ = try Plan(map.network) }
}

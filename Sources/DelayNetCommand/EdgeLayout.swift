import ArgumentParser
import DelayNet
import DelayNetIO

/// How a number for every edge is written, where a network's edges are listed.
enum EdgeLayout: String, ExpressibleByArgument, CaseIterable {
  /// One an edge, by row and then by column.
  case edges
  /// (N, N), row = target, column = source; 0 where there is no edge.
  case matrix
}

extension LoadedNetwork where Scalar: NPYElement {
  /// A number for every edge as it is written: (N, N) for a dense network or when asked for, else (E,).
  func array(ofEdges values: [Scalar], _ layout: EdgeLayout) throws -> NPYArray {
    guard network.topology == .dense || layout == .matrix else { return try NPYArray(values) }
    // The matrix and the array that is made of it, which a sparse network of many nodes may have no memory for.
    try DelayNetCommand.requireMemory(
      2 * product(network.nodes, network.nodes, MemoryLayout<Scalar>.stride),
      for: "gradients as matrices of \(grouped(network.nodes)) nodes")
    return try NPYArray(network.matrix(values).values, shape: [network.nodes, network.nodes])
  }

  /// Which nodes the edges of such an array join: `sources` and `targets`; none for a matrix, where the index says it.
  func ends(_ layout: EdgeLayout) throws -> [(name: String, array: NPYArray)] {
    guard layout == .edges, case .edges(let sources, let targets) = network.topology else { return [] }
    return [("sources", try NPYArray(sources)), ("targets", try NPYArray(targets))]
  }
}

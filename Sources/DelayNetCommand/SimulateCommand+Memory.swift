import DelayNet
import DelayNetIO

extension SimulateCommand {
  /// Checks that there is memory for the network, its history and the files that are read, whatever the number of steps.
  func requireMemory<Scalar: NPYElement>(for loaded: LoadedNetwork<Scalar>) throws {
    let model = try NodeModel.required(options.model)
    // What is read to where it belongs; of others, a file's array and the copy that the kernels read.
    let files =
      [options.noise, options.stimulusFile].reduce(0) { $0 + readingBytes($1, as: Scalar.self) }
      + [options.initial, options.history, cotangent].reduce(0) { $0 + 2 * fileSize($1) }
    let own = loaded.simulationBytes(model, isFractional: options.fractionalDelays, isSaved: checkpoint != nil)
    try DelayNetCommand.requireMemory(
      own + files,
      for:
        "simulating \(grouped(loaded.network.nodes)) nodes with a history of \(grouped(loaded.network.history)) steps")
  }

  /// Checks that a file can have as many bytes as the output is going to have.
  func requireFile<Scalar>(for problem: Problem<Scalar>, columns: Int) throws {
    let bytes = product(problem.model.states.count, problem.nodes, columns, MemoryLayout<Scalar>.stride)
    guard output == nil || bytes < 0x1p62 else {
      throw Failure(
        .data,
        "--output: \(grouped(columns)) columns of the states make \(rounded(bytes)) bytes, more than a file can have")
    }
  }

  /// Checks that there is memory for a gradient: its tape, and what has numbers for every step or column.
  ///
  /// - Parameters:
  ///   - names: the gradients that are asked for.
  ///   - columns: those of the series that are held.
  func requireMemory<Scalar>(
    for problem: Problem<Scalar>, from start: NetworkCarry<Scalar>, steps: Int, columns: Int, names: [String]
  ) throws {
    let (states, nodes, scalar) = (problem.model.states.count, problem.nodes, MemoryLayout<Scalar>.stride)
    let (everything, least) = try problem.tapeBytes(steps: steps, from: start)
    // A budget beyond everything is not used up, and Int.max is what cannot be counted.
    let tape = memory.map { min(everything, max($0.bytes, least)) } ?? everything
    // The series with the copy that is written; gradients with their copies in the archive and on their way there.
    let series = (output == nil ? 1 : 2) * product(states, nodes, columns, scalar)
    let perStep = names.count { $0 == "noise" || $0 == "stimulus" }
    try DelayNetCommand.requireMemory(
      (tape == .max ? .infinity : Double(tape)) + series + 3 * product(perStep, states, nodes, steps, scalar),
      for: "the gradient of \(grouped(steps)) steps" + (memory == nil ? ", without --memory," : ""))
  }
}

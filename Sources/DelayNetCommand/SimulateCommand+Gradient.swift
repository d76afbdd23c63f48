import ArgumentParser
import DelayNet
import DelayNetIO

extension SimulateCommand {
  /// Records the run and pulls the cotangent back.
  ///
  /// Under a limit of memory the series is not kept: what wants its columns gets them from a run of its own, which goes
  /// chunk by chunk.
  func differentiate<Scalar: DelayNetScalar & NPYElement>(
    _ run: CheckpointedRun<Scalar>, _ loaded: LoadedNetwork<Scalar>, to path: String, _ picture: inout Picture?
  ) throws {
    let (problem, start, steps, shape) = (run.problem, run.start, run.course.steps, run.shape)
    let columns = run.columns
    let names = try gradientNames(problem)
    let wantsSeries = output != nil || plot != nil
    let keepsSeries = wantsSeries && memory == nil
    try requireMemory(for: problem, from: start, steps: steps, columns: keepsSeries ? columns : 0, names: names)
    let cotangent: OutputCotangent<Scalar> =
      try cotangent.map { try Self.cotangent(in: $0, shape: shape) } ?? Self.meanCotangent(shape: shape)
    let budget = memory.map { TapeMemory.bytes($0.bytes) } ?? .everything
    if let memory, wantsSeries {
      try loaded.naming {
        let least = try problem.tapeBytes(steps: steps, from: start).least
        guard least <= memory.bytes else { throw DelayNetError.budgetTooSmall(least: least) }
      }
      try simulate(run, loaded, &picture)
    }
    let bar = ProgressBar("simulating")
    let clock = ContinuousClock.now
    var part: Trajectory<Scalar>?
    let tape = try Interruption.watching {
      defer { bar.clear() }
      do {
        return try loaded.naming {
          try problem.record(
            steps: steps, from: start, memory: budget, keepsSeries: keepsSeries, threads: options.threads,
            progress: bar.handler, onStop: { part = $0 })
        }
      } catch {
        if let part, part.carry.step > start.step, keepsSeries || !wantsSeries {
          let series = run.kept(part)[0]
          if let output { try writeArray(series.values, shape: series.shape, to: output) }
          try save(part.carry)
        }
        throw Interruption.isRequested ? bar.interruption(of: steps, "steps") : error
      }
    }
    let trajectory = tape.trajectory
    let clamps = trajectory.clamps > 0 ? "; \(grouped(trajectory.clamps)) clamps" : ""
    let time = text(seconds: (ContinuousClock.now - clock).seconds)
    if wantsSeries, !keepsSeries {
      print("recorded  \(grouped(steps)) steps in \(time)")
    } else {
      print("run       \(grouped(steps)) steps in \(time)\(clamps)")
      let series = run.kept(trajectory)[0]
      picture?.add(series)
      if let output {
        try writeArray(series.values, shape: shape, to: output)
        print("wrote     \(output) \(text(shape))")
      }
      try save(trajectory.carry)
    }

    let discarded = problem.monitors[0].columns(in: start.step..<(start.step + steps)) - columns
    let back = ProgressBar("differentiating")
    let before = ContinuousClock.now
    let gradient = try Interruption.watching {
      defer { back.clear() }
      do {
        return try loaded.naming {
          switch cotangent {
          case .columns(let series):
            try tape.pullback(
              series, firstColumn: discarded, withRespectTo: Problem<Scalar>.inputs(named: names),
              threads: options.threads,
              progress: back.handler)
          case .everyColumn(let column):
            try tape.pullback(
              everyColumn: column, firstColumn: discarded, withRespectTo: Problem<Scalar>.inputs(named: names),
              threads: options.threads, progress: back.handler)
          }
        }
      } catch {
        throw Interruption.isRequested ? back.interruption(of: steps, "steps") : error
      }
    }
    let report = tape.report
    print(
      "gradient  in \(text(seconds: (ContinuousClock.now - before).seconds)); "
        + "tape of \(rounded(Double(report.bytes) / 1e6)) MB, \(grouped(report.recomputedSteps)) steps computed again")
    try writeGradients(
      arrays(gradient, names, problem, loaded), of: loaded, weightsGradient ?? .edges,
      to: path)
  }

  /// The cotangent of the output, shape (states, nodes, columns), or of shape (states, nodes, 1) the one that every column
  /// has.
  private enum OutputCotangent<Scalar: DelayNetScalar> {
    case columns(StateArray<Scalar>)
    case everyColumn(StateArray<Scalar>)
  }

  /// A file's cotangent: of the output's shape, or without its last axis for one that every column has.
  private static func cotangent<Scalar: DelayNetScalar & NPYElement>(
    in path: String, shape: [Int]
  ) throws -> OutputCotangent<Scalar> {
    let array = try readArray(path)
    let isColumn = array.shape.count == 2
    let values = try DelayNetCommand.numbers(
      of: array, path, shape: isColumn ? Array(shape.prefix(2)) : shape, as: Scalar.self)
    let cotangent = try StateArray(
      variables: shape[0], nodes: shape[1], columns: isColumn ? 1 : shape[2], values: values)
    return isColumn ? .everyColumn(cotangent) : .columns(cotangent)
  }

  /// The cotangent of the mean of the first state over nodes and columns.
  private static func meanCotangent<Scalar: DelayNetScalar>(shape: [Int]) throws -> OutputCotangent<Scalar> {
    var column = try StateArray<Scalar>(variables: shape[0], nodes: shape[1])
    let count = max(Double(shape[1]) * Double(shape[2]), 1)
    for node in 0..<shape[1] { column[0, node, 0] = 1 / Scalar(count) }
    return .everyColumn(column)
  }

  /// Every input that has a gradient, by its name in the archive; of them those that are asked for.
  private func gradientNames<Scalar>(_ problem: Problem<Scalar>) throws -> [String] {
    let all = problem.differentiableInputs
    return try askedGradients(
      withRespectTo, of: all, groups: ["parameters": problem.model.parameters.map(\.name)]
    ) { wanted in
      guard wanted.contains("speed"), !all.contains("speed") else { return }
      let reason =
        if options.speed?.isFinite == false || options.connectome.noDelays {
          "nothing is delayed, and there is no derivative by an infinite speed"
        } else if options.weights != nil {
          "--delays are in steps, whatever the speed"
        } else {
          "delays of whole steps have none; add --fractional-delays"
        }
      throw ValidationError("--with-respect-to speed: \(reason).")
    }
  }

  private func arrays<Scalar: DelayNetScalar & NPYElement>(
    _ gradient: Problem<Scalar>.Gradient, _ names: [String], _ problem: Problem<Scalar>, _ loaded: LoadedNetwork<Scalar>
  ) throws -> [(name: String, array: NPYArray)] {
    let (states, nodes) = (problem.model.states.count, problem.nodes)
    return try names.map { name in
      let layout = weightsGradient ?? .edges
      switch name {
      case "weights": return (name, try loaded.array(ofEdges: loaded.gradientByGivenWeights(gradient.weights), layout))
      case "delays": return (name, try loaded.array(ofEdges: gradient.delays, layout))
      default:
        var shape = gradient.shape(of: name) ?? [0]
        // One column, and one number a state and node, as the files of the options have them.
        if name == "initial" { shape = [states, nodes] }
        if name == "sigma", shape != [states] { shape = [states, nodes] }
        return (name, try NPYArray(gradient[name] ?? [], shape: shape))
      }
    }
  }
}

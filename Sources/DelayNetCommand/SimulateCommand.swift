import ArgumentParser
import DelayNet
import DelayNetIO
import Foundation

/// `delaynet simulate`: a stochastic network of neural masses, and its gradients.
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Simulates a stochastic network of neural masses; with a cotangent also its gradients.",
    discussion: """
      The output has the shape (S, N, K): the model's states, the nodes, and a column for every step, or for every k of \
      them with --subsample or --average. It is written while the network runs, so that memory does not grow with the \
      length. A run that is interrupted, or leaves the finite numbers, keeps the columns before; --checkpoint saves where \
      it stands, and --resume goes on from there with the same bits.

      --gradients writes a .npz of `weights` ((N, N) for a dense network, else one an edge, by row and then by column), \
      `coupling`, `initial` (S, N), `history` (C, N, H), every parameter of the model by its name, with noise `sigma` (S,) \
      and `noise` (T, S, N), with --fractional-delays `delays`, as `weights`, and for a connectome `speed`. They are those \
      of a loss whose cotangent is given, or of the mean of the model's first state over nodes and columns.

      EXAMPLES
        delaynet simulate --model mpr --connectome connectivity_76.zip --duration 1000 --coupling 0.5 --sigma 0.01 \\
          --output x.npy --plot x.svg
        delaynet simulate --model mpr --synthetic 84 --steps 600000 --set eta=-4.6 --sigma r=0.01,V=0.02 \\
          --average 10 --output x.npy --checkpoint end.carry
        delaynet simulate --model mpr --synthetic 84 --steps 600000 --set eta=-4.6 --sigma r=0.01,V=0.02 \\
          --average 10 --output y.npy --resume end.carry
        delaynet simulate --model mpr --weights W.npy --delays D.npy --time-step 0.1 --steps 1000 \\
          --cotangent C.npy --gradients g.npz --memory 64MB
        delaynet simulate --model mpr --synthetic 84 --duration 1000 --sigma r=0.01,V=0.02 --gradients g.npz \
          --with-respect-to coupling,parameters
      """)

  @OptionGroup(title: "Network and model")
  var options: SimulateOptions

  @Option(
    name: .long, parsing: .unconditional, help: ArgumentHelp("Keep every k-th step only.", valueName: "k"))
  var subsample: Int?

  @Option(
    name: .long, parsing: .unconditional, help: ArgumentHelp("Keep means over k steps only.", valueName: "k"))
  var average: Int?

  @Option(
    name: .long, parsing: .unconditional, help: ArgumentHelp("Write the states, shape (S, N, K).", valueName: "x.npy"))
  var output: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "A cotangent of the output, shape (S, N, K), to be pulled back.", discussion: "(default: of the first state's mean)",
      valueName: "C.npy"))
  var cotangent: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Write the gradients of everything, by name.", valueName: "g.npz"))
  var gradients: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Only some gradients: names as in the .npz, `parameters` for all of the model's. (default: everything)",
      valueName: "names"))
  var withRespectTo: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "How much memory the gradient may take, such as 64MB: less means that parts are computed twice.",
      valueName: "bytes"))
  var memory: ByteCount?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Save where the run stands at its end, or where it was stopped.", valueName: "file"))
  var checkpoint: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Go on from a checkpoint, for --steps or --duration more.", valueName: "file"))
  var resume: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Draw the first state of up to 20 nodes.", valueName: "x.svg"))
  var plot: String?

  func validate() throws {
    if subsample != nil, average != nil { throw ValidationError("--subsample or --average, not both.") }
    for (name, value) in [("--subsample", subsample), ("--average", average)] {
      if let value, value < 1 { throw ValidationError("\(name) must be at least 1, not \(value).") }
    }
    if withRespectTo != nil, gradients == nil {
      throw ValidationError("--with-respect-to is for --gradients, which is not there.")
    }
    if cotangent != nil, gradients == nil {
      throw ValidationError("--cotangent is for --gradients, which is not there.")
    }
    if memory != nil, gradients == nil { throw ValidationError("--memory is for --gradients, which is not there.") }
    if resume != nil, options.initial != nil || options.history != nil {
      throw ValidationError("--resume has an initial state and a history of its own.")
    }
    try requireDifferent([output, gradients, checkpoint, plot])
  }

  func run() throws {
    try requireWritable([output, gradients, checkpoint, plot])
    if try isDouble() { try run(Double.self) } else { try run(Float.self) }
  }

  /// Whether to compute in double precision.
  private func isDouble() throws -> Bool {
    if let precision = options.precision { return precision.isDouble }
    for path in [options.noise, options.initial, options.history, cotangent].compactMap({ $0 }) {
      if try NPYArray(path: path).elementType == .float64 { return true }
    }
    return false
  }

  private var thinning: Thinning { subsample.map { .subsample($0) } ?? average.map { .average($0) } ?? .none }

  private func run<Scalar: DelayNetScalar & NPYElement>(_: Scalar.Type) throws {
    let loaded: LoadedNetwork<Scalar> = try options.source.load(as: Scalar.self)
    let steps = options.stepCount
    let (problem, carry) = try loaded.naming { try prepare(loaded, steps: steps) }
    print("network   \(loaded.summary)")
    let strength = problem.sigma == .none ? "no noise" : "with noise"
    print(
      "model     \(problem.model.title), \(options.scheme.rawValue), coupling \(rounded(options.coupling)), \(strength), "
        + "\(Scalar.npyElementType == .float64 ? "float64" : "float32"), \(problem.plan.report.instructionSet)")
    let columns = problem.thinning.columns(in: carry.step..<(carry.step + steps))
    var picture = plot.map { _ in
      Picture(nodes: SeriesPlot.spread(problem.nodes), columns: columns, timeStep: options.timeStep, thinning: thinning)
    }
    if let gradients {
      try differentiate(problem, loaded, carry, steps, columns, to: gradients, &picture)
    } else {
      try simulate(problem, loaded, carry, steps, columns, &picture)
    }
    if let plot, let picture {
      let parts = [
        "\(problem.model.title)", "\(grouped(problem.nodes)) nodes", "\(grouped(loaded.network.edges)) edges",
        "\(grouped(steps)) steps of \(rounded(options.timeStep)) ms",
      ]
      var notes = "\(URL(fileURLWithPath: loaded.origin).lastPathComponent) · G \(rounded(options.coupling))"
      for assignment in options.set { notes += " · \(assignment.name) \(assignment.text)" }
      notes += " · \(problem.model.states.first?.name ?? "")"
      try write(Data(picture.svg(parts.joined(separator: " · "), notes, loaded.labels).utf8), to: plot)
      print("drew      \(plot)")
    }
  }

  /// The problem, and where its run begins.
  private func prepare<Scalar: DelayNetScalar & NPYElement>(
    _ loaded: LoadedNetwork<Scalar>, steps: Int
  ) throws -> (Problem<Scalar>, NetworkCarry<Scalar>) {
    let model = try NodeModel.required(options.model)
    let network = loaded.network
    let delays: Problem<Scalar>.Delays =
      if let real = loaded.delaysInSteps {
        .fractional(real)
      } else if options.fractionalDelays, let lengths = loaded.lengths, let speed = loaded.speed {
        .tracts(lengths: lengths, conductionSpeed: speed, fractional: true)
      } else {
        .network
      }
    var given: StateArray<Scalar>?
    var shaped = network
    if let history = options.history {
      let array = try NPYArray(path: history)
      let expected = "(\(model.couplings.count), \(network.nodes), H)"
      guard array.shape.count == 3, Array(array.shape[..<2]) == [model.couplings.count, network.nodes] else {
        throw Failure(.data, "\(history): found shape \(text(array.shape)), expected \(expected)")
      }
      let needed = (network.delays.max().map { Int($0) } ?? 0) + (options.fractionalDelays ? 1 : 0)
      guard array.shape[2] >= needed else {
        throw Failure(
          .data,
          "\(history): found shape \(text(array.shape)), expected \(expected) with H at least \(needed), the longest delay"
        )
      }
      given = try StateArray(
        variables: array.shape[0], nodes: array.shape[1], columns: array.shape[2],
        values: DelayNetCommand.numbers(in: history, shape: array.shape, as: Scalar.self))
      shaped = try network.with(history: array.shape[2])
    }
    var problem = try Problem(
      shaped, model: model, timeStep: options.timeStep, delays: delays, instructionSet: options.isa.instructionSet)
    problem.history = given
    problem.coupling = Scalar(options.coupling)
    problem.scheme = options.scheme.scheme
    problem.stage = options.couplingStage
    problem.thinning = thinning
    problem.sigma = options.sigma?.sigma() ?? .none
    for assignment in options.set {
      problem.parameters[assignment.name] = try assignment.values(nodes: network.nodes)
    }
    let states = model.states.count
    let key = RandomKey(seed: options.seed)
    problem.initial = Problem<Scalar>.initial(of: model, nodes: network.nodes, key: key.folding(in: 1))
    if let path = options.initial {
      problem.initial = try StateArray(
        variables: states, nodes: network.nodes,
        values: DelayNetCommand.numbers(in: path, shape: [states, network.nodes], as: Scalar.self))
    }
    var carry: NetworkCarry<Scalar>?
    if let resume { carry = try NetworkCarry(path: resume) }
    problem.noise = .drawn(key)
    if let path = options.noise {
      var samples = try NoiseSamples(
        steps: steps, states: states, nodes: network.nodes,
        values: DelayNetCommand.numbers(in: path, shape: [steps, states, network.nodes], as: Scalar.self))
      samples.firstStep = carry?.step ?? 0
      problem.noise = .samples(samples)
    }
    return (problem, try carry ?? problem.start())
  }

  /// Runs chunk by chunk; columns go to the file and to the picture as they come.
  private func simulate<Scalar: DelayNetScalar & NPYElement>(
    _ problem: Problem<Scalar>, _ loaded: LoadedNetwork<Scalar>, _ start: NetworkCarry<Scalar>, _ steps: Int,
    _ columns: Int, _ picture: inout Picture?
  ) throws {
    let rows = [problem.model.states.count, problem.nodes]
    var writer: NPYColumnWriter<Scalar>? = nil
    if let output {
      writer = try Self.writing { try NPYColumnWriter(path: output, rows: rows, columns: columns, as: Scalar.self) }
    }
    // Half a million numbers at a time, in whole columns.
    let chunk = max(1, (1 << 19) / max(rows[0] * rows[1], 1)) * problem.thinning.stepsPerColumn
    let bar = ProgressBar("simulating")
    let clock = ContinuousClock.now
    var (carry, done, clamps, written) = (start, 0, 0, 0)
    var failure: (any Error)?
    try Interruption.watching {
      defer { bar.clear() }
      repeat {
        let count = min(chunk, steps - done)
        var part: Trajectory<Scalar>?
        do {
          part = try loaded.naming {
            try problem.advance(
              &carry, steps: count, threads: options.threads,
              progress: { progress in
                bar.show(Double(done + progress.done) / Double(max(steps, 1)))
                return !Interruption.isRequested
              }, onStop: { part = $0 })
          }
        } catch {
          failure = error
        }
        if let part {
          clamps += part.clamps
          written += part.columns
          picture?.add(part.series)
          if writer != nil {
            try Self.writing { try writer?.append(part.series.values, columns: part.columns) }
          }
        }
        done = carry.step - start.step
        if failure == nil, Interruption.isRequested, done < steps { failure = Failure(.unfinished, "interrupted") }
      } while failure == nil && done < steps
    }
    let seconds = (ContinuousClock.now - clock).seconds
    let work = Double(loaded.network.edges) * Double(done)
    var time = text(seconds: seconds)
    if work > 0 { time += ", \(rounded(seconds * 1e9 / work)) ns per edge and step" }
    print("run       \(grouped(done)) steps in \(time)" + (clamps > 0 ? "; \(grouped(clamps)) clamps" : ""))
    if writer != nil {
      try Self.writing { try writer.take()!.finish() }
      print("wrote     \(output ?? "") \(text(rows + [written]))")
    }
    try save(carry)
    if let failure {
      if Interruption.isRequested {
        throw Failure(.unfinished, "interrupted while simulating, after \(grouped(done)) of \(grouped(steps)) steps")
      }
      throw failure
    }
  }

  private func save<Scalar>(_ carry: NetworkCarry<Scalar>) throws {
    guard let checkpoint else { return }
    try Self.writing { try carry.write(to: checkpoint) }
    print("saved     \(checkpoint), step \(grouped(carry.step))")
  }

  private static func writing<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as FileError { throw Failure.writing(error) }
  }

  /// Records the run and pulls the cotangent back.
  private func differentiate<Scalar: DelayNetScalar & NPYElement>(
    _ problem: Problem<Scalar>, _ loaded: LoadedNetwork<Scalar>, _ start: NetworkCarry<Scalar>, _ steps: Int,
    _ columns: Int, to path: String, _ picture: inout Picture?
  ) throws {
    let (states, nodes) = (problem.model.states.count, problem.nodes)
    let shape = [states, nodes, columns]
    let names = try gradientNames(problem)
    let cotangent = try StateArray(
      variables: states, nodes: nodes, columns: columns,
      values: self.cotangent.map { try DelayNetCommand.numbers(in: $0, shape: shape, as: Scalar.self) }
        ?? Self.meanCotangent(states: states, nodes: nodes, columns: columns))
    let budget = memory.map { TapeMemory.bytes($0.bytes) } ?? .everything
    let bar = ProgressBar("simulating")
    let clock = ContinuousClock.now
    var part: Trajectory<Scalar>?
    let tape = try Interruption.watching {
      defer { bar.clear() }
      do {
        return try loaded.naming {
          try problem.record(
            steps: steps, from: start, memory: budget, progress: bar.handler, onStop: { part = $0 })
        }
      } catch {
        if let part {
          if let output { try writeArray(part.series.values, shape: part.series.shape, to: output) }
          try save(part.carry)
        }
        throw Interruption.isRequested ? bar.interruption(of: steps, "steps") : error
      }
    }
    let trajectory = tape.trajectory
    let clamps = trajectory.clamps > 0 ? "; \(grouped(trajectory.clamps)) clamps" : ""
    print("run       \(grouped(steps)) steps in \(text(seconds: (ContinuousClock.now - clock).seconds))\(clamps)")
    picture?.add(trajectory.series)
    if let output {
      try writeArray(trajectory.series.values, shape: shape, to: output)
      print("wrote     \(output) \(text(shape))")
    }
    try save(trajectory.carry)

    let back = ProgressBar("differentiating")
    let before = ContinuousClock.now
    let gradient = try Interruption.watching {
      defer { back.clear() }
      do {
        return try loaded.naming { try tape.pullback(cotangent, withRespectTo: Self.inputs(names), progress: back.handler) }
      } catch {
        throw Interruption.isRequested ? back.interruption(of: steps, "steps") : error
      }
    }
    let report = tape.report
    print(
      "gradient  in \(text(seconds: (ContinuousClock.now - before).seconds)); "
        + "tape of \(rounded(Double(report.bytes) / 1e6)) MB, \(grouped(report.recomputedSteps)) steps computed again")
    let arrays = try Self.arrays(gradient, names, problem, history: start.history.columns)
    for case (let name, let array) in arrays where array.shape.isEmpty {
      print("          \(name): \(rounded(Double(try array.values(as: Scalar.self)[0])))")
    }
    try Self.writing { try NPZArchive.write(arrays, to: path) }
    print("wrote     \(path): \(arrays.map(\.name).joined(separator: ", "))")
  }

  /// The cotangent of the mean of the first state over nodes and columns.
  private static func meanCotangent<Scalar: DelayNetScalar>(states: Int, nodes: Int, columns: Int) -> [Scalar] {
    let first = nodes * columns
    return [Scalar](repeating: 1 / Scalar(max(first, 1)), count: first)
      + [Scalar](repeating: 0, count: (states - 1) * first)
  }

  /// Every input that has a gradient, by its name in the archive; of them those that are asked for.
  private func gradientNames<Scalar>(_ problem: Problem<Scalar>) throws -> [String] {
    let parameters = problem.model.parameters.map(\.name)
    var all = ["weights", "coupling"] + parameters + ["initial", "history"]
    if problem.sigma != .none, problem.noise != .none { all += ["sigma", "noise"] }
    if problem.delays.areFractional { all.append("delays") }
    if case .tracts(_, _, true) = problem.delays { all.append("speed") }
    guard let withRespectTo else { return all }
    let wanted = Set(
      withRespectTo.split(separator: ",").flatMap { $0 == "parameters" ? parameters : [String($0)] })
    if let unknown = wanted.subtracting(all).sorted().first {
      throw ValidationError("--with-respect-to: there is no `\(unknown)` here, only \(all.joined(separator: ", "))")
    }
    return all.filter(wanted.contains)
  }

  private static func inputs<Scalar>(_ names: [String]) -> Problem<Scalar>.Inputs {
    names.reduce(into: []) { inputs, name in
      let input: Problem<Scalar>.Inputs =
        switch name {
        case "weights": .weights
        case "coupling": .coupling
        case "initial": .initial
        case "history": .history
        case "sigma": .sigma
        case "noise": .noise
        case "delays": .delays
        case "speed": .conductionSpeed
        default: .parameter(name)
        }
      inputs = [inputs, input]
    }
  }

  private static func arrays<Scalar: DelayNetScalar & NPYElement>(
    _ gradient: Problem<Scalar>.Gradient, _ names: [String], _ problem: Problem<Scalar>, history: Int
  ) throws -> [(name: String, array: NPYArray)] {
    let (states, nodes) = (problem.model.states.count, problem.nodes)
    let edges = problem.network.topology == .dense ? [nodes, nodes] : [problem.network.edges]
    return try names.map { name in
      let (values, shape): ([Scalar], [Int]) =
        switch name {
        case "weights": (gradient.weights, edges)
        case "coupling": ([gradient.coupling], [])
        case "initial": (gradient.initial.values, [states, nodes])
        case "history": (gradient.history.values, [problem.model.couplings.count, nodes, history])
        case "sigma": (gradient.sigma, gradient.sigma.count == states ? [states] : [states, nodes])
        case "noise": (gradient.noise.values, [gradient.noise.steps, states, nodes])
        case "delays": (gradient.delays, edges)
        case "speed": ([gradient.conductionSpeed], [])
        default:
          switch gradient.parameters[name] {
          case .uniform(let value): ([value], [])
          case .perNode(let values): (values, [nodes])
          case nil: ([], [0])
          }
        }
      return (name, try NPYArray(values, shape: shape))
    }
  }
}

/// The first state of some nodes while a long run goes by: means over as many columns as keep the picture small.
private struct Picture {
  private let nodes: [Int]
  private let group: Int
  private let columnTime: Double
  private var sums: [Double]
  private var counted = 0
  private var traces: [[Double]]

  init(nodes: [Int], columns: Int, timeStep: Double, thinning: Thinning) {
    self.nodes = nodes
    group = max(1, columns / 8192)
    columnTime = timeStep * Double(thinning.stepsPerColumn)
    sums = nodes.map { _ in 0 }
    traces = nodes.map { _ in [] }
  }

  mutating func add<Scalar>(_ series: StateArray<Scalar>) {
    guard series.variables > 0 else { return }
    let rows = nodes.map { series.series(0, node: $0) }
    for column in 0..<series.columns {
      for row in rows.indices { sums[row] += Double(rows[row][column]) }
      counted += 1
      if counted == group {
        for row in rows.indices { traces[row].append(sums[row] / Double(group)) }
        sums = nodes.map { _ in 0 }
        counted = 0
      }
    }
  }

  func svg(_ title: String, _ subtitle: String, _ labels: [String]?) -> String {
    SeriesPlot(
      title: title,
      subtitle: group > 1 ? "\(subtitle) · means over \(rounded(columnTime * Double(group))) ms" : subtitle,
      traces: zip(nodes, traces).map { .init(label: labels?[$0] ?? "\($0)", values: $1) },
      timeStep: columnTime * Double(group)
    ).svg
  }
}

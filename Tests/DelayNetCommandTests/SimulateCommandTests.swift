import DelayNet
import DelayNetIO
import Foundation
import TestSupport
import Testing

@Suite("delaynet simulate")
struct SimulateCommandTests {
  /// A dense network in W.npy and D.npy, with every other input beside it.
  struct Inputs<Scalar: DelayNetScalar & NPYElement> {
    static var options: String {
      "simulate --model mpr --weights W.npy --delays D.npy --time-step 0.01 --steps 40 --coupling 0.7 "
        + "--set eta=-4.6 --set J=J.npy --sigma r=0.01,V=0.02 --noise Z.npy --initial X0.npy --history Y.npy"
    }

    let folder: Folder
    var problem: Problem<Scalar>

    init() throws {
      folder = try Folder()
      let keys = try RandomKey(seed: 9).split(6)
      let (n, steps) = (4, 40)
      let weights = try keys[0].normal(n, n, as: Scalar.self)
      let delays = try keys[1].integers(in: 0..<12, n, n)
      let network = try Network(weights: weights, delays: delays)
      problem = try Problem(network, model: .montbrioPazoRoxin, timeStep: 0.01)
      problem.coupling = 0.7
      let j = try keys[2].uniform(n, in: 14..<16, as: Scalar.self)
      problem.parameters = ["eta": .uniform(Scalar(-4.6)), "J": .perNode(j)]
      problem.sigma = ["r": .uniform(Scalar(0.01)), "V": .uniform(Scalar(0.02))]
      let z = try keys[3].normal(steps * 2 * n, as: Scalar.self)
      problem.noise = .samples(try NoiseSamples(steps: steps, states: 2, nodes: n, values: z))
      problem.initial = try Problem<Scalar>.initial(of: .montbrioPazoRoxin, nodes: n, key: keys[4])
      let past = try keys[5].uniform(2 * n * problem.horizon, in: 0.1..<0.5, as: Scalar.self)
      problem.history = try StateArray(variables: 2, nodes: n, columns: problem.horizon, values: past)
      try folder.write(weights.values, [n, n], to: "W.npy")
      try folder.write(delays.values, [n, n], to: "D.npy")
      try folder.write(j, [n], to: "J.npy")
      try folder.write(z, [steps, 2, n], to: "Z.npy")
      try folder.write(problem.initial.values, [2, n], to: "X0.npy")
      try folder.write(past, [2, n, problem.horizon], to: "Y.npy")
    }
  }

  @Test("outputs and gradients are the library's, in float") func single() throws { try compare(Float.self) }

  @Test("outputs and gradients are the library's, in double") func double() throws { try compare(Double.self) }

  private func compare<Scalar: DelayNetScalar & NPYElement>(_ type: Scalar.Type) throws {
    let inputs = try Inputs<Scalar>()
    for (options, monitor, columns) in [
      ("", Monitor.subsample(), 40), ("--subsample 7", .subsample(every: 7), 5), ("--average 8", .average(over: 8), 5),
    ] {
      for (more, scheme, stage, kind) in [
        ("", Scheme.heun, CouplingStage.aware, CouplingKind.linear),
        ("--scheme heun --coupling-stage frozen", .heun, .frozen, .linear),
        ("--scheme euler", .eulerMaruyama, .aware, .linear), ("--coupling-kind difference", .heun, .aware, .difference),
      ] {
        var problem = inputs.problem
        (problem.monitors, problem.scheme, problem.stage) = ([monitor], scheme, stage)
        problem.couplingKind = kind
        let cotangent = try RandomKey(seed: 3).normal(2 * 4 * columns, as: Scalar.self)
        try inputs.folder.write(cotangent, [2, 4, columns], to: "C.npy")
        let line = "\(Inputs<Scalar>.options) \(options) \(more)"
        try Command.succeed("\(line) --output x.npy", in: inputs.folder)
        let tape = try problem.record(steps: 40)
        let expected = tape.trajectory.series
        #expect(try inputs.folder.array("x.npy", as: type, shape: [2, 4, columns]) == expected.values)

        try Command.succeed(
          "\(line) --output y.npy --cotangent C.npy --gradients g.npz --memory 64MB", in: inputs.folder)
        #expect(try inputs.folder.bytes("y.npy") == inputs.folder.bytes("x.npy"))
        let gradient = try tape.pullback(StateArray(variables: 2, nodes: 4, columns: columns, values: cotangent))
        let archive = try NPZArchive(path: inputs.folder.path("g.npz"))
        func check(_ name: String, _ values: [Scalar], _ shape: [Int]) throws {
          #expect(try archive[name].values(as: type, shape: shape) == values, "\(name)")
        }
        #expect(
          archive.names == [
            "weights", "coupling", "tau", "I", "Delta", "J", "eta", "cr", "cv", "initial", "history", "sigma", "noise",
          ])
        try check("weights", gradient.weights, [4, 4])
        try check("coupling", [gradient.coupling], [])
        for parameter in problem.model.parameters {
          try check(parameter.name, gradient.parameter(parameter.name), parameter.name == "J" ? [4] : [])
        }
        try check("initial", gradient.initial.values, [2, 4])
        try check("history", gradient.history.values, [2, 4, problem.horizon])
        try check("sigma", gradient.sigma, [2])
        try check("noise", gradient.noise.values, [40, 2, 4])
      }
    }
  }

  @Test("without a cotangent the gradients are those of the first state's mean, and some can be chosen")
  func meanAndChoice() throws {
    let folder = try Folder()
    let line = "simulate --model mpr --synthetic 5 --steps 300 --sigma 0.01 --seed 2 --average 10"
    var cotangent = [Float](repeating: 0, count: 2 * 5 * 30)
    for i in 0..<150 { cotangent[i] = 1 / 150 }
    try folder.write(cotangent, [2, 5, 30], to: "C.npy")
    try Command.succeed("\(line) --cotangent C.npy --gradients given.npz", in: folder)
    try Command.succeed("\(line) --gradients mean.npz", in: folder)
    #expect(try folder.bytes("mean.npz") == folder.bytes("given.npz"))
    let report = try Command.succeed("\(line) --gradients some.npz --with-respect-to parameters,coupling", in: folder)
    let (all, some) = try (NPZArchive(path: folder.path("given.npz")), NPZArchive(path: folder.path("some.npz")))
    #expect(some.names == ["coupling", "tau", "I", "Delta", "J", "eta", "cr", "cv"])
    for name in some.names {
      #expect(try some[name].values(as: Float.self) == all[name].values(as: Float.self), "\(name)")
    }
    #expect(report.contains("coupling:") && report.contains("eta:"))
  }

  @Test(
    "--states and --discard keep rows and columns of the whole output",
    arguments: ["", " --average 7", " --subsample 4"])
  func statesAndDiscard(thinning: String) throws {
    let folder = try Folder()
    let line = "simulate --model mpr --synthetic 6 --seed 4 --sigma 0.01 --steps 100\(thinning)"
    try Command.succeed("\(line) --output whole.npy", in: folder)
    let whole = try NPYArray(path: folder.path("whole.npy"))
    let (values, k) = try (whole.values(as: Float.self), whole.shape[2])
    func rows(_ states: [Int], without columns: Int) -> [Float] {
      var kept: [Float] = []
      for state in states {
        for row in (6 * state)..<(6 * state + 6) { kept += values[(row * k + columns)..<(row * k + k)] }
      }
      return kept
    }
    for (options, states, discarded) in [
      ("--states V", [1], 0), ("--states V,r", [1, 0], 0), ("--discard 0", [0, 1], 0), ("--discard 2.5", [0, 1], 25),
      ("--states r --discard 4.99", [0], 50),
    ] {
      let left = thinning.isEmpty ? discarded : discarded / (thinning.contains("7") ? 7 : 4)
      let kept = rows(states, without: left)
      try Command.succeed("\(line) \(options) --output x.npy", in: folder)
      #expect(try folder.array("x.npy", as: Float.self, shape: [states.count, 6, k - left]) == kept, "\(options)")
      // The first columns may be left out by a run that is resumed, too.
      let parts = line.replacing("--steps 100", with: "--steps 13")
      try Command.succeed("\(parts) \(options) --checkpoint c", in: folder)
      try Command.succeed(
        "\(line.replacing("--steps 100", with: "--steps 87")) \(options) --resume c --output y.npy", in: folder)
      let rest = try NPYArray(path: folder.path("y.npy"))
      let first = thinning.isEmpty ? 13 : 13 / (thinning.contains("7") ? 7 : 4)
      #expect(rest.shape == [states.count, 6, k - max(left, first)])
      #expect(try rest.values(as: Float.self) == rows(states, without: max(left, first)), "\(options)")
    }
    for (options, message) in [
      ("--states r,", "names with commas"), ("--states q", "q"), ("--discard -1", "--discard"),
      ("--discard nan", "--discard"), ("--discard 1e300", "--discard"),
    ] {
      let outcome = try Command.run(Command.words("\(line) \(options) --output no.npy"), in: folder)
      #expect(outcome.status != 0 && outcome.errors.contains(message), "\(options): \(outcome.errors)")
      #expect(!folder.exists("no.npy"))
    }
  }

  @Test("gradients of what --states and --discard keep", arguments: ["", " --memory 300kB"])
  func gradientsOfWhatIsKept(memory: String) throws {
    let inputs = try Inputs<Double>()
    let folder = inputs.folder
    let cotangent = try RandomKey(seed: 5).normal(4 * 3, as: Double.self)
    try folder.write(cotangent, [1, 4, 3], to: "C.npy")
    let line = "\(Inputs<Double>.options) --average 8 --states V --discard 0.2\(memory)"
    try Command.succeed("\(line) --cotangent C.npy --gradients g.npz --output x.npy", in: folder)
    var problem = inputs.problem
    problem.monitors = [.average(over: 8)]
    let tape = try problem.record(steps: 40)
    let series = tape.trajectory.series
    let output = try folder.array("x.npy", as: Double.self, shape: [1, 4, 3])
    for node in 0..<4 { for column in 0..<3 { #expect(output[3 * node + column] == series[1, node, 2 + column]) } }
    var whole = try StateArray<Double>(variables: 2, nodes: 4, columns: 5)
    for node in 0..<4 { for column in 0..<3 { whole[1, node, 2 + column] = cotangent[3 * node + column] } }
    let expected = try tape.pullback(whole)
    let archive = try NPZArchive(path: folder.path("g.npz"))
    #expect(try archive["weights"].values(as: Double.self) == expected.weights)
    #expect(try archive["eta"].values(as: Double.self) == expected.parameter("eta"))
    // Without a cotangent: the mean of what is kept.
    try folder.write([Double](repeating: 1 / 12, count: 12), [1, 4, 3], to: "C.npy")
    try Command.succeed("\(line) --cotangent C.npy --gradients given.npz", in: folder)
    try Command.succeed("\(line) --gradients mean.npz", in: folder)
    #expect(try folder.bytes("mean.npz") == folder.bytes("given.npz"))
  }

  @Test("a checkpoint goes on with the bits of one run", arguments: ["", " --average 7"])
  func checkpoint(thinning: String) throws {
    let folder = try Folder()
    let options = "simulate --model mpr --synthetic 6 --seed 4 --sigma 0.01\(thinning)"
    try Command.succeed("\(options) --duration 50 --output whole.npy --checkpoint whole.carry", in: folder)
    try Command.succeed("\(options) --steps 123 --output a.npy --checkpoint first.carry", in: folder)
    try Command.succeed("\(options) --steps 377 --resume first.carry --output b.npy --checkpoint b.carry", in: folder)
    #expect(try folder.bytes("b.carry") == folder.bytes("whole.carry"))
    let (whole, a, b) = try (
      NPYArray(path: folder.path("whole.npy")), NPYArray(path: folder.path("a.npy")),
      NPYArray(path: folder.path("b.npy"))
    )
    let (k, first) = (whole.shape[2], a.shape[2])
    #expect(first + b.shape[2] == k && k == (thinning.isEmpty ? 500 : 71))
    let (all, left, right) = try (whole.values(as: Float.self), a.values(as: Float.self), b.values(as: Float.self))
    for row in 0..<12 {
      let joined =
        Array(left[(row * first)..<((row + 1) * first)]) + Array(right[(row * (k - first))..<((row + 1) * (k - first))])
      #expect(Array(all[(row * k)..<((row + 1) * k)]) == joined)
    }
  }

  @Test("a stimulus is the library's, also after a checkpoint")
  func stimulus() throws {
    let inputs = try Inputs<Double>()
    let folder = inputs.folder
    let values = try RandomKey(seed: 6).normal(2 * 4 * 40, as: Double.self)
    let stimulus = try StateArray(variables: 2, nodes: 4, columns: 40, values: values)
    try folder.write(values, [2, 4, 40], to: "U.npy")
    try folder.write(stimulus.columns(15..<40).values, [2, 4, 25], to: "U2.npy")
    let cotangent = try RandomKey(seed: 3).normal(2 * 4 * 40, as: Double.self)
    try folder.write(cotangent, [2, 4, 40], to: "C.npy")
    var problem = inputs.problem
    problem.stimulus = stimulus
    let tape = try problem.record(steps: 40)
    try Command.succeed(
      "\(Inputs<Double>.options) --stimulus U.npy --output x.npy --cotangent C.npy --gradients g.npz", in: folder)
    #expect(try folder.array("x.npy", as: Double.self, shape: [2, 4, 40]) == tape.trajectory.series.values)
    let gradient = try tape.pullback(StateArray(variables: 2, nodes: 4, columns: 40, values: cotangent))
    let archive = try NPZArchive(path: folder.path("g.npz"))
    #expect(archive.names.last == "stimulus")
    #expect(try archive["stimulus"].values(as: Double.self, shape: [2, 4, 40]) == gradient.stimulus.values)

    // The rest of the run from its checkpoint: with a stimulus of its own steps, or that of the whole run to its end.
    problem.noise = .drawn(RandomKey(seed: 0))
    let expected = try problem.simulate(steps: 40)
    var carry = try problem.simulate(steps: 15).carry
    carry.goal = 40
    try carry.write(to: folder.path("c"))
    let line =
      Inputs<Double>.options
      .replacing(" --initial X0.npy --history Y.npy", with: "").replacing(" --noise Z.npy", with: "")
      .replacing(" --steps 40", with: "") + " --resume c --output y.npy --stimulus"
    for rest in ["U2.npy --steps 25", "U2.npy", "U.npy"] {
      try Command.succeed("\(line) \(rest)", in: folder)
      #expect(
        try folder.array("y.npy", as: Double.self, shape: [2, 4, 25]) == expected.series.columns(15..<40).values,
        "\(rest)")
    }
    let outcome = try Command.run(Command.words("\(line) U.npy --steps 25"), in: folder)
    #expect(outcome.status == 65 && outcome.errors.contains("(2, 4, 25)"), "\(outcome.errors)")
  }

  @Test("a checkpoint knows how far its run was to go")
  func goal() throws {
    let folder = try Folder()
    let options = "simulate --model mpr --synthetic 3 --sigma 0.01 --average 7"
    try Command.succeed("\(options) --steps 300 --checkpoint whole.carry", in: folder)
    try Command.succeed("\(options) --steps 100 --output a.npy --checkpoint c", in: folder)
    var carry = try NetworkCarry<Float>(path: folder.path("c"))
    #expect(carry.goal == 100)
    carry.goal = 300
    try carry.write(to: folder.path("c"))
    try Command.succeed("\(options) --output b.npy --resume c --checkpoint c", in: folder)
    #expect(try folder.bytes("c") == folder.bytes("whole.carry"))
    #expect(try NPYArray(path: folder.path("b.npy")).shape == [2, 3, 28])
    let outcome = try Command.run(Command.words("\(options) --output c.npy --resume c"), in: folder)
    #expect(outcome.status == 65 && outcome.errors.contains("--steps"), "\(outcome.errors)")
    #expect(!folder.exists("c.npy"))
  }

  @Test("an unfinished output is completed from any checkpoint", arguments: ["", " --average 7", " --subsample 4"])
  func completion(thinning: String) throws {
    let inputs = try Inputs<Double>()
    let folder = inputs.folder
    let line = Inputs<Double>.options + thinning
    let resumed = line.replacing(" --initial X0.npy --history Y.npy", with: "") + " --output x.npy --resume c"
    try Command.succeed("\(line) --output x.npy --checkpoint whole.carry", in: folder)
    let (output, end) = try (folder.bytes("x.npy"), folder.bytes("whole.carry"))
    var problem = inputs.problem
    let monitor: Monitor =
      thinning.isEmpty ? .subsample() : thinning.contains("7") ? .average(over: 7) : .subsample(every: 4)
    problem.monitors = [monitor]
    let columns = monitor.columns(in: 0..<40)
    for (step, beyond, more) in [
      (0, 0, ""), (1, 0, " --checkpoint d"), (20, 5, " --checkpoint c --checkpoint-every 3"),
      (21, 19, " --checkpoint c"),
      (40, 0, " --checkpoint c"),
    ] {
      // A killed run had written columns beyond its last checkpoint.
      let there = try problem.simulate(steps: step + beyond)
      var carry = try step == 0 ? problem.start() : problem.simulate(steps: step).carry
      carry.goal = 40
      carry.fingerprint = try problem.fingerprint()
      try carry.write(to: folder.path("c"))
      func leave() throws {
        try? FileManager.default.removeItem(atPath: folder.path("x.npy"))
        var writer = try NPYColumnWriter(
          path: folder.path("x.npy"), rows: [2, 4], columns: columns, as: Double.self, keepsUnfinished: true)
        try writer.append(there.series.values, columns: there.columns)
      }
      for line in [resumed, resumed.replacing(" --steps 40", with: "")] {
        try leave()
        try carry.write(to: folder.path("c"))
        let message = try Command.succeed(line + more, in: folder)
        #expect(message.contains("wrote     x.npy (2, 4, \(columns))"))
        #expect(try folder.bytes("x.npy") == output, "from \(step)\(more)")
        #expect(!folder.exists("x.npy.unfinished"))
        if !more.isEmpty { #expect(try folder.bytes(more.contains("d") && more.hasSuffix("d") ? "d" : "c") == end) }
      }
    }
  }

  @Test("an unfinished output is neither lost nor completed by another run")
  func unfinished() throws {
    let folder = try Folder()
    let options = "simulate --model linear --synthetic 3 --sigma 0.1 --average 10"
    try Command.succeed("\(options) --steps 40 --checkpoint c", in: folder)
    var carry = try NetworkCarry<Float>(path: folder.path("c"))
    carry.goal = 90
    try carry.write(to: folder.path("c"))
    do {
      var writer = try NPYColumnWriter(
        path: folder.path("x.npy"), rows: [1, 3], columns: 9, as: Float.self, keepsUnfinished: true)
      try writer.append([Float](repeating: 1, count: 12), columns: 4)
    }
    try folder.write([Float](repeating: 1, count: 15), [1, 3, 5], to: "C.npy")
    let before = try (folder.bytes("x.npy.unfinished"), folder.bytes("c"))
    carry.goal = nil
    try carry.write(to: folder.path("aimless"))
    for (line, status, word) in [
      ("\(options) --steps 90 --checkpoint c", 70, "--resume"), ("\(options) --steps 90", 70, "--resume"),
      ("\(options) --steps 49 --resume c", 65, "--steps"), ("\(options) --steps 91 --resume c", 65, "--steps"),
      ("\(options) --steps 70 --resume c --checkpoint c", 65, "--steps"),
      ("\(options) --resume aimless", 65, "aimless"),
      (options.replacing("--average", with: "--subsample") + " --resume c", 65, "thinning every 10 steps"),
      (options.replacing("linear", with: "mpr") + " --resume c --checkpoint c", 65, "model mpr instead of linear"),
      (options + " --speed 30 --resume c --checkpoint c", 65, "delays"),
      ("\(options) --resume c --cotangent C.npy --gradients g.npz", 70, "--gradients"),
    ] {
      let outcome = try Command.run(Command.words(line + " --output x.npy"), in: folder)
      #expect(outcome.status == status && outcome.errors.contains(word), "\(line): \(outcome.errors)")
      #expect(try folder.bytes("x.npy.unfinished") == before.0 && folder.bytes("c") == before.1, "\(line)")
      #expect(!folder.exists("x.npy"))
    }
    try Command.succeed("\(options) --resume c --output x.npy", in: folder)
  }

  @Test("a killed run is resumed with the bits of one that was not", arguments: ["", " --average 7"])
  func killing(thinning: String) throws {
    let (folder, steps) = (try Folder(), 1_500_000)
    let line =
      "simulate --model linear --synthetic 12 --coupling 0.01 --sigma 0.1\(thinning) --steps \(steps) "
      + "--checkpoint-every 9999"
    // 72 MB without thinning: more than a run may take of memory.
    let whole = try Command.process(
      Command.words("\(line) --output whole.npy --checkpoint whole.carry"), in: folder)
    try whole.run()
    var peak = 0
    while whole.isRunning {
      peak = Self.peakMemory(of: whole.processIdentifier) ?? peak
      usleep(2000)
    }
    #expect(whole.terminationStatus == 0 && peak < 64 << 20, "\(peak) bytes")

    // The checkpoint of another run is in the way: as soon as there is an output, it has to be replaced.
    var other = try NetworkCarry<Float>(path: folder.path("whole.carry"))
    other = try NetworkCarry(
      model: other.model, step: 7777, state: other.state, history: other.history, monitors: other.monitors,
      monitored: other.monitored, goal: steps)
    try other.write(to: folder.path("c"))
    var (kills, last) = ([Int](), -1)
    for target in [0, 9999, 1, steps / 4, steps / 2, steps + 1] {
      let resume = last < 0 ? "" : " --resume c"
      let process = try Command.process(Command.words("\(line) --output x.npy --checkpoint c\(resume)"), in: folder)
      try process.run()
      while process.isRunning {
        // Whole at any time.
        if last >= 0 || folder.exists("x.npy.unfinished") {
          let carry = try NetworkCarry<Float>(path: folder.path("c"))
          #expect(carry.goal == steps && (carry.step % 9999 == 0 || carry.step == steps) && carry.step >= last)
          last = carry.step
          if last >= target { kill(process.processIdentifier, SIGKILL) }
        }
        usleep(500)
      }
      if process.terminationReason == .exit {
        let errors = try folder.text("stderr.txt")
        #expect(process.terminationStatus == 0 && errors == "", "\(errors)")
        break
      }
      kills.append(last)
      #expect(folder.exists("x.npy.unfinished") != folder.exists("x.npy"))
      if folder.exists("x.npy") { break }
    }
    // At the first step and while it ran.
    #expect(kills.contains { $0 > 0 && $0 < steps }, "\(kills)")
    #expect(try folder.bytes("x.npy") == folder.bytes("whole.npy"))
    #expect(try folder.bytes("c") == folder.bytes("whole.carry"))
    #expect(!folder.exists("x.npy.unfinished"))
  }

  /// The most memory that a process has had at once, in bytes, where the system says it.
  private static func peakMemory(of process: Int32) -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 << 10 }
  }

  @Test("a long run is written in chunks with the bytes of one")
  func chunks() throws {
    let folder = try Folder()
    // Twelve rows: a chunk is 43,690 steps.
    let line = "simulate --model linear --synthetic 6 --steps 100000 --sigma 0.1 --precision double --output x.npy"
    try Command.succeed("\(line) --subsample 3", in: folder)
    let network = try SyntheticConnectome(regions: 6, key: RandomKey(seed: 0)).network(
      conductionSpeed: 3, timeStep: 0.1, as: Double.self)
    var problem = try Problem(network, model: .linear)
    problem.sigma = 0.1
    problem.monitors = [.subsample(every: 3)]
    problem.initial = try Problem<Double>.initial(of: .linear, nodes: 6, key: RandomKey(seed: 0).folding(in: 1))
    let expected = try problem.simulate(steps: 100_000).series
    #expect(try folder.array("x.npy", as: Double.self, shape: [1, 6, 33_333]) == expected.values)
  }

  @Test("a connectome's delays and speed have gradients when they are fractional")
  func fractional() throws {
    let folder = try Folder()
    try folder.write([Double](repeating: 1, count: 2 * 4 * 600), [2, 4, 600], to: "C.npy")
    try Command.succeed(
      "simulate --model mpr --synthetic 4 --steps 600 --fractional-delays --speed 4 --cotangent C.npy --gradients g.npz",
      in: folder)
    let archive = try NPZArchive(path: folder.path("g.npz"))
    #expect(archive.names.suffix(4) == ["delays", "speed", "sources", "targets"])
    #expect(try archive["delays"].shape == archive["weights"].shape)
    #expect(try archive["speed"].values(as: Double.self, shape: [])[0] != 0)
    #expect(!archive.names.contains("sigma") && !archive.names.contains("noise"))
  }

  @Test("dense delays may be fractional")
  func denseFractional() throws {
    let folder = try Folder()
    try folder.write([1, 0.5, -0.5, 1] as [Double], [2, 2], to: "W.npy")
    try folder.write([0.5, 2.25, 3, 1.75] as [Double], [2, 2], to: "D.npy")
    let line = "simulate --model linear --weights W.npy --delays D.npy --steps 30 --precision double --output x.npy"
    try Command.succeed("\(line) --fractional-delays", in: folder)
    var problem = try Problem(
      Network(
        weights: Matrix(rows: 2, columns: 2, values: [1, 0.5, -0.5, 1]),
        delays: Matrix<Int32>(rows: 2, columns: 2, values: [0, 2, 3, 1])),
      model: .linear, timeStep: 0.1, delays: .fractional([0.5, 2.25, 3, 1.75]))
    problem.initial = try Problem<Double>.initial(of: .linear, nodes: 2, key: RandomKey(seed: 0).folding(in: 1))
    #expect(
      try folder.array("x.npy", as: Double.self, shape: [1, 2, 30]) == problem.simulate(steps: 30).series.values)
    let outcome = try Command.run(Command.words(line), in: folder)
    #expect(outcome.status == 65 && outcome.errors.contains("0.5"))
  }

  @Test("threads, instruction sets and memory give the same bytes")
  func sameBytes() throws {
    let inputs = try Inputs<Float>()
    try inputs.folder.write([Float](repeating: 1, count: 320), [2, 4, 40], to: "C.npy")
    let line = "\(Inputs<Float>.options) --output x.npy --cotangent C.npy --gradients g.npz"
    try Command.succeed(line, in: inputs.folder)
    let expected = try (inputs.folder.bytes("x.npy"), inputs.folder.bytes("g.npz"))
    let sets = InstructionSet.available.map { "--isa \($0)" }
    for variant in sets + ["--threads 1", "--threads 3", "--memory 1GiB", "--memory 200kB"] {
      try Command.succeed("\(line) \(variant)", in: inputs.folder)
      #expect(try inputs.folder.bytes("x.npy") == expected.0, "\(variant)")
      #expect(try inputs.folder.bytes("g.npz") == expected.1, "\(variant)")
    }
  }

  @Test("what leaves the finite numbers keeps the columns before")
  func notFinite() throws {
    let folder = try Folder()
    try folder.write([1] as [Double], [1, 1], to: "W.npy")
    try folder.write([1] as [Int32], [1, 1], to: "D.npy")
    let outcome = try Command.run(
      Command.words(
        "simulate --model linear --weights W.npy --delays D.npy --steps 3000 --time-step 1 --coupling 9 --output x.npy "
          + "--checkpoint end.carry"), in: folder)
    #expect(outcome.status == 65)
    for word in ["state x", "node 0", "step"] { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
    let kept = try NPYArray(path: folder.path("x.npy"))
    let columns = kept.shape[2]
    #expect(columns > 10 && columns < 3000 && kept.shape == [1, 1, columns])
    #expect(try kept.values(as: Float.self).allSatisfy { $0.isFinite })
    #expect(try NetworkCarry<Float>(path: folder.path("end.carry")).step == columns)
    #expect(outcome.errors.contains("step \(columns + 1)"))
  }

  @Test("Ctrl-C keeps what was computed, and the run can be resumed")
  func interruption() throws {
    let folder = try Folder()
    let before = signal(SIGINT, SIG_DFL)
    var (unblocked, mask) = (sigset_t(), sigset_t())
    sigemptyset(&unblocked)
    sigaddset(&unblocked, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &unblocked, &mask)
    defer {
      pthread_sigmask(SIG_SETMASK, &mask, nil)
      signal(SIGINT, before)
    }
    let options = "simulate --model linear --synthetic 60 --coupling 0.01 --sigma 0.1 --average 10"
    for delay in [0.5, 1, 3, 10] {
      let process = try Command.process(
        Command.words("\(options) --steps 30000000 --output x.npy --checkpoint c"), in: folder)
      try process.run()
      Thread.sleep(forTimeInterval: delay)
      process.interrupt()
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 128 + SIGINT)
      // Before the first steps there is nothing to keep.
      guard folder.exists("x.npy") else { continue }
      #expect(try folder.text("stderr.txt").contains("interrupted while simulating, after "))
      let carry = try NetworkCarry<Float>(path: folder.path("c"))
      #expect(try NPYArray(path: folder.path("x.npy")).shape == [1, 60, carry.step / 10])
      try Command.succeed("\(options) --steps 10 --resume c --output y.npy", in: folder)
      return
    }
    Issue.record("no run was interrupted")
  }

  @Test("the picture shows up to twenty nodes")
  func plot() throws {
    let folder = try Folder()
    try Command.succeed("simulate --model mpr --synthetic 30 --steps 3000 --sigma 0.01 --plot p.svg", in: folder)
    let picture = try folder.text("p.svg")
    #expect(picture.contains("Montbrió-Pazó-Roxin") && picture.contains("30 nodes") && picture.contains("time (ms)"))
    #expect(try folder.bytes("p.svg").count < 300_000 && !picture.contains("nan"))
  }

  @Test("models lists every model with its parameters")
  func models() throws {
    let output = try Command.succeed("models", in: Folder())
    for model in NodeModel.all {
      #expect(output.contains("\(model.name): \(model.title)") && output.contains(model.source))
      for parameter in model.parameters { #expect(output.contains(parameter.meaning)) }
      let alone = try Command.succeed("models \(model.name)", in: Folder())
      #expect(output.contains(alone.trimmingCharacters(in: .newlines)))
    }
  }

  static let good = "simulate --model mpr --synthetic 3"
  static let dense = "simulate --model mpr --weights W.npy --delays D.npy --steps 10"

  @Test(
    "each mistake has its exit status and names its place",
    arguments: [
      ErrorTests.Mistake("simulate --synthetic 3 --steps 3", 64, "--model"),
      ErrorTests.Mistake("simulate --model nope --synthetic 3 --steps 3", 64, "nope", "mpr"),
      ErrorTests.Mistake("models nope", 64, "nope", "mpr"),
      ErrorTests.Mistake("simulate --model mpr --steps 3", 64, "--connectome", "--weights", "--synthetic"),
      ErrorTests.Mistake("\(dense) --synthetic 3", 64, "One network"),
      ErrorTests.Mistake("\(dense) --speed 3", 64, "--speed"),
      ErrorTests.Mistake("\(good)", 64, "--duration", "--steps"),
      ErrorTests.Mistake("\(good) --steps 3 --duration 3", 64, "--duration", "--steps"),
      ErrorTests.Mistake("\(good) --steps -1", 64, "--steps"),
      ErrorTests.Mistake("\(good) --duration -1", 64, "--duration"),
      ErrorTests.Mistake("\(good) --steps 3 --time-step 0", 64, "--time-step"),
      ErrorTests.Mistake("\(good) --steps 3 --set beta=1", 64, "beta", "Delta"),
      ErrorTests.Mistake("\(good) --steps 3 --set eta=1 --set eta=2", 64, "eta"),
      ErrorTests.Mistake("\(good) --steps 3 --set eta", 64, "--set"),
      ErrorTests.Mistake("\(good) --steps 3 --set eta=nan", 64, "--set"),
      ErrorTests.Mistake("\(good) --steps 3 --sigma x=1", 64, "state x", "r, V"),
      ErrorTests.Mistake("\(good) --steps 3 --sigma r=1,r=2", 64, "--sigma"),
      ErrorTests.Mistake("\(good) --steps 3 --scheme rk4", 64, "--scheme"),
      ErrorTests.Mistake("\(good) --steps 3 --coupling-stage late", 64, "--coupling-stage"),
      ErrorTests.Mistake("\(good) --steps 3 --coupling-kind sum", 64, "--coupling-kind"),
      ErrorTests.Mistake("simulate --model kuramoto --synthetic 3 --steps 9 --average 3", 65, "theta", "--subsample"),
      ErrorTests.Mistake("\(good) --steps 3 --subsample 2 --average 2", 64, "--subsample"),
      ErrorTests.Mistake("\(good) --steps 3 --average 0", 64, "--average"),
      ErrorTests.Mistake("\(good) --steps 3 --with-respect-to tau", 64, "--gradients"),
      ErrorTests.Mistake("\(good) --steps 3 --gradients g.npz --with-respect-to tau,sigma", 64, "`sigma`", "weights"),
      ErrorTests.Mistake("\(good) --steps 3 --cotangent C.npy", 64, "--gradients"),
      ErrorTests.Mistake("\(good) --steps 3 --memory 1MB", 64, "--memory"),
      ErrorTests.Mistake("\(good) --steps 3 --cotangent C.npy --gradients g.npz --memory lots", 64, "--memory"),
      ErrorTests.Mistake("\(good) --steps 3 --checkpoint-every 5", 64, "--checkpoint"),
      ErrorTests.Mistake("\(good) --steps 3 --checkpoint c --checkpoint-every 0", 64, "--checkpoint-every"),
      ErrorTests.Mistake(
        "\(good) --steps 3 --checkpoint c --checkpoint-every 5 --cotangent C.npy --gradients g.npz", 64,
        "--checkpoint-every"),
      ErrorTests.Mistake("\(good) --steps \(Int.max) --resume linear.carry", 64, "--steps"),
      ErrorTests.Mistake("\(good) --steps 3 --noise Z.npy", 64, "--sigma"),
      ErrorTests.Mistake("\(good) --steps 3 --resume c --initial X0.npy", 64, "--resume"),
      ErrorTests.Mistake("\(good) --steps 3 --threads -1", 64, "--threads"),
      ErrorTests.Mistake("\(good) --steps 3 --output O.npy --plot O.npy", 64, "O.npy"),
      ErrorTests.Mistake("\(good) --steps 10 --sigma 1 --noise wide.npy", 65, "wide.npy", "(2, 3)", "(10, 2, 3)"),
      ErrorTests.Mistake("\(good) --steps 10 --stimulus wide.npy", 65, "wide.npy", "(2, 3, 10)"),
      ErrorTests.Mistake("\(good) --steps 10 --initial long.npy", 65, "long.npy", "(2, 3)"),
      ErrorTests.Mistake("\(good) --steps 10 --history wide.npy", 65, "wide.npy", "(2, 3, H)"),
      ErrorTests.Mistake("\(dense) --history short.npy", 65, "short.npy", "H at least 7"),
      ErrorTests.Mistake("\(good) --steps 10 --set eta=wide.npy", 65, "wide.npy", "(3,)"),
      ErrorTests.Mistake("\(good) --steps 10 --cotangent D2.npy --gradients g.npz", 65, "D2.npy", "(2, 3, 10)"),
      ErrorTests.Mistake("\(good) --steps 10 --cotangent long.npy --gradients g.npz", 65, "long.npy", "(2, 3)"),
      ErrorTests.Mistake("\(good) --steps 10 --resume text.npy", 65, "text.npy"),
      ErrorTests.Mistake("\(good) --steps 10 --resume linear.carry", 65, "model linear"),
      ErrorTests.Mistake("\(good) --steps 10 --initial nan.npy", 65, "nan.npy[0, 2]", "nan", "finite"),
      ErrorTests.Mistake(
        "\(good) --steps 100 --cotangent D2.npy --gradients g.npz --memory 1B", 65, "--memory", "bytes"),
      ErrorTests.Mistake("\(good) --steps 10 --resume none", 66, "none"),
      ErrorTests.Mistake("\(good) --steps 10 --noise none.npy --sigma 1", 66, "none.npy"),
      ErrorTests.Mistake("simulate --model mpr --connectome none.zip --steps 3", 66, "none.zip"),
      ErrorTests.Mistake("\(good) --steps 10 --output nowhere/O.npy", 70, "nowhere"),
      ErrorTests.Mistake("\(good) --steps 10 --checkpoint nowhere/O", 70, "nowhere"),
    ])
  func mistake(_ mistake: ErrorTests.Mistake) throws {
    let folder = try Folder()
    try folder.write([1, 0.5, 0.5, 1] as [Float], [2, 2], to: "W.npy")
    try folder.write([1, 7, 3, 0] as [Int32], [2, 2], to: "D.npy")
    try folder.write([Float](repeating: 1, count: 6), [2, 3], to: "wide.npy")
    try folder.write([Float](repeating: 1, count: 8), [2, 4], to: "long.npy")
    try folder.write([Float](repeating: 1, count: 2 * 2 * 6), [2, 2, 6], to: "short.npy")
    try folder.write([Float](repeating: 1, count: 600), [2, 3, 100], to: "D2.npy")
    try folder.write([1, 1, .nan, 1, 1, 1] as [Float], [2, 3], to: "nan.npy")
    try folder.write("not an array\n", to: "text.npy")
    try Command.succeed("simulate --model linear --synthetic 3 --steps 3 --checkpoint linear.carry", in: folder)
    let outcome = try Command.run(Command.words(mistake.line), in: folder)
    #expect(outcome.status == mistake.status, "\(outcome.errors)")
    for name in mistake.names { #expect(outcome.errors.contains(name), "\(name) in: \(outcome.errors)") }
    for name in ["O.npy", "g.npz"] { #expect(!folder.exists(name)) }
  }
}

import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet simulate --resume")
struct ResumeTests {
  /// Leaves what a run killed at step 20 of 40 would: the checkpoint c and x.npy.unfinished.
  private func leave<Scalar: DelayNetScalar & NPYElement>(
    _ carry: NetworkCarry<Scalar>, columns: Int, of series: StateArray<Scalar>, in folder: Folder
  ) throws {
    try carry.write(to: folder.path("c"))
    try? FileManager.default.removeItem(atPath: folder.path("x.npy.unfinished"))
    var writer = try NPYColumnWriter(
      path: folder.path("x.npy"), rows: [series.variables, series.nodes], columns: columns, as: Scalar.self,
      keepsUnfinished: true)
    try writer.append(series.values, columns: series.columns)
  }

  /// Runs a line, which has to be refused and to name what it was flipped in, with everything left as it was.
  private func refuse(_ line: String, _ name: String, in folder: Folder) throws {
    let before = try (folder.bytes("x.npy.unfinished"), folder.bytes("c"))
    for more in ["", " --checkpoint c"] {
      let outcome = try Command.run(Command.words(line + more), in: folder)
      #expect(outcome.status == 65, "\(line): \(outcome.errors)")
      #expect(outcome.errors.contains(name), "\(name) in: \(outcome.errors)")
      #expect(try folder.bytes("x.npy.unfinished") == before.0 && folder.bytes("c") == before.1, "\(line)")
      #expect(!folder.exists("x.npy"))
    }
  }

  @Test("an output is not completed with other files or numbers than it was begun with")
  func arrays() throws {
    let inputs = try SimulateCommandTests.Inputs<Double>()
    let folder = inputs.folder
    let line =
      SimulateCommandTests.Inputs<Double>.options.replacing(" --initial X0.npy --history Y.npy", with: "")
      + " --output x.npy --resume c"
    var problem = inputs.problem
    let whole = try problem.simulate(steps: 40)
    let first = try problem.simulate(steps: 20)
    var carry = first.carry
    carry.goal = 40
    carry.fingerprint = try problem.fingerprint()
    try leave(carry, columns: 40, of: first.series, in: folder)

    func other(_ name: String, _ shape: [Int], _ change: (inout [Double]) -> Void) throws {
      var values = try folder.array(name, as: Double.self, shape: shape)
      change(&values)
      try folder.write(values, shape, to: "other-\(name)")
    }
    try other("W.npy", [4, 4]) { $0[3] = $0[3].nextUp }
    try other("J.npy", [4]) { $0[2] += 1 }
    try other("Z.npy", [40, 2, 4]) { $0[319] = $0[319].nextUp }
    var delays = try folder.array("D.npy", as: Int32.self, shape: [4, 4])
    let longest = delays.indices.max { delays[$0] < delays[$1] }!
    let changed = delays.indices.first { $0 != longest && delays[$0] > 0 }!
    delays[changed] -= 1
    try folder.write(delays, [4, 4], to: "other-D.npy")
    try folder.write([Double](repeating: 0, count: 320), [2, 4, 40], to: "U.npy")
    for (old, new, name) in [
      ("W.npy", "other-W.npy", "weights"), ("D.npy", "other-D.npy", "delays"),
      ("J=J.npy", "J=other-J.npy", "parameter J"), ("Z.npy", "other-Z.npy", "noise"),
      (" --noise Z.npy", " --precision double", "noise drawn"),
      ("eta=-4.6", "eta=-4.7", "parameter eta -4.7 instead of -4.6"),
      (" --set eta=-4.6", "", "parameter eta"), ("r=0.01,V", "r=0.02,V", "sigma of r 0.02 instead of 0.01"),
      ("V=0.02", "V=0.03", "sigma of V"), ("--coupling 0.7", "--coupling 0.8", "coupling 0.8 instead of 0.7"),
      ("--time-step 0.01", "--time-step 0.02", "time step 0.02 ms instead of 0.01 ms"),
      ("simulate", "simulate --stimulus U.npy", "stimulus"), ("simulate", "simulate --scheme euler", "scheme"),
      ("simulate", "simulate --coupling-stage frozen", "coupling stage frozen instead of aware"),
      ("simulate", "simulate --coupling-kind difference", "coupling kind difference instead of linear"),
      ("simulate", "simulate --average 2", "thinning means over 2 steps instead of none"),
      ("simulate", "simulate --fractional-delays", "fractional"),
    ] {
      try refuse(line.replacing(old, with: new), name, in: folder)
    }
    // Everything that differs is named.
    let outcome = try Command.run(
      Command.words(line.replacing("0.7", with: "0.9").replacing("W.npy", with: "other-W.npy")), in: folder)
    #expect(outcome.errors.contains("coupling 0.9") && outcome.errors.contains("weights"), "\(outcome.errors)")
    try Command.succeed(line, in: folder)
    #expect(try folder.array("x.npy", as: Double.self, shape: [2, 4, 40]) == whole.series.values)

    // The checkpoint of an earlier version does not say; a stimulus is that of the whole run.
    try FileManager.default.removeItem(atPath: folder.path("x.npy"))
    carry.fingerprint = nil
    try leave(carry, columns: 40, of: first.series, in: folder)
    let old = try Command.run(Command.words(line), in: folder)
    #expect(old.status == 0 && old.errors.contains("does not say with which settings"), "\(old.errors)")
    #expect(try folder.array("x.npy", as: Double.self, shape: [2, 4, 40]) == whole.series.values)
    try FileManager.default.removeItem(atPath: folder.path("x.npy"))
    problem.stimulus = try StateArray(variables: 2, nodes: 4, columns: 40)
    carry.fingerprint = try problem.fingerprint()
    try leave(carry, columns: 40, of: first.series, in: folder)
    try refuse(line, "stimulus none", in: folder)
    try Command.succeed("\(line) --stimulus U.npy", in: folder)
  }

  @Test("an output is not completed with another seed, network, model, thinning or precision")
  func options() throws {
    let folder = try Folder()
    let line = "simulate --model mpr --synthetic 6 --seed 4 --sigma 0.01 --average 5"
    try Command.succeed("\(line) --steps 40 --output whole.npy", in: folder)
    try Command.succeed("\(line) --steps 20 --output x.npy --checkpoint c", in: folder)
    var carry = try NetworkCarry<Float>(path: folder.path("c"))
    carry.goal = 40
    let series = try StateArray(
      variables: 2, nodes: 6, columns: 4, values: folder.array("x.npy", as: Float.self, shape: [2, 6, 4]))
    try FileManager.default.removeItem(atPath: folder.path("x.npy"))
    try leave(carry, columns: 8, of: series, in: folder)
    let resumed = line + " --output x.npy --resume c"
    for (old, new, name) in [
      ("--seed 4", "--seed 5", "seed 5 instead of 4"), ("--seed 4", "--seed 5", "weights"),
      ("--synthetic 6", "--synthetic 7", "nodes 7 instead of 6"), ("mpr", "linear", "model linear instead of mpr"),
      ("--sigma 0.01", "", "sigma of V 0.0 instead of 0.01"),
      ("--average 5", "--average 4", "thinning means over 4 steps instead of means over 5 steps"),
      ("--average 5", "--subsample 5", "thinning every 5 steps"), ("--average 5", "", "thinning none"),
      ("simulate", "simulate --speed 2.9", "delays"), ("simulate", "simulate --time-step 0.2", "time step 0.2 ms"),
      ("simulate", "simulate --precision double", "precision"),
    ] {
      try refuse(resumed.replacing(old, with: new), name, in: folder)
    }
    try Command.succeed(resumed, in: folder)
    #expect(try folder.bytes("x.npy") == folder.bytes("whole.npy"))
  }

  @Test("a run goes on with other settings in a new output, and says with which")
  func continuing() throws {
    let folder = try Folder()
    let line = "simulate --model mpr --synthetic 6 --seed 4 --sigma 0.01"
    try Command.succeed("\(line) --steps 20 --checkpoint c", in: folder)
    let outcome = try Command.run(
      Command.words("\(line) --coupling 2 --steps 20 --resume c --output y.npy --checkpoint d"), in: folder)
    #expect(outcome.status == 0)
    #expect(outcome.errors == "delaynet: continuing from c with coupling 2.0 instead of 1.0\n")
    // The new checkpoint is of the new settings.
    try Command.succeed("\(line) --coupling 2 --steps 20 --resume d --output z.npy", in: folder)
    // Numbers for the steps to come are not those of the steps before.
    try folder.write([Float](repeating: 0, count: 240), [2, 6, 20], to: "U.npy")
    let stimulated = try Command.run(
      Command.words("\(line) --steps 20 --resume c --stimulus U.npy --checkpoint e"), in: folder)
    #expect(stimulated.errors.contains("stimulus from step 20"), "\(stimulated.errors)")
    try Command.succeed("\(line) --steps 20 --resume e --stimulus U.npy", in: folder)
  }
}

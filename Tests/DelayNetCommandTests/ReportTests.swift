import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet notebook, check, plan, info")
struct ReportTests {
  @Test("notebook writes a row for each number of steps")
  func seed() throws {
    let folder = try Folder()
    let output = try Command.succeed("notebook --steps 1,12 --repeat 3 --threads 1 --json t.json", in: folder)
    #expect(output.contains("84 nodes, 7,056 edges") && output.contains("passed") && !output.contains("FAILED"))
    let rows = try #require(try JSONSerialization.jsonObject(with: folder.bytes("t.json")) as? [[String: Any]])
    #expect(rows.map { $0["steps"] as? Int } == [1, 12])
    for row in rows {
      #expect(
        Set(row.keys) == ["steps", "run_us", "gloss_us", "run_ns_per_edge_step", "gloss_ns_per_edge_step"])
      let steps = try #require(row["steps"] as? Int)
      for name in ["run", "gloss"] {
        let time = try #require(row["\(name)_us"] as? Double)
        let perEdge = try #require(row["\(name)_ns_per_edge_step"] as? Double)
        #expect(time > 0)
        #expect(abs(perEdge * Double(84 * 84 * steps) / (time * 1000) - 1) < 1e-9)
      }
    }
  }

  @Test("plan's numbers are those of the delays")
  func plan() throws {
    let dense = try DenseCase<Float>()
    try Command.succeed("plan --weights W.npy --delays D.npy --isa base --json p.json", in: dense.folder)
    let plan = try #require(try JSONSerialization.jsonObject(with: dense.folder.bytes("p.json")) as? [String: Any])
    let delays = dense.network.delays.map { Int($0) }.sorted()
    #expect(plan["nodes"] as? Int == 7)
    #expect(plan["edges"] as? Int == 49)
    #expect(plan["history"] as? Int == delays.last! + 1)
    #expect(plan["delay_min"] as? Int == delays.first)
    #expect(plan["delay_max"] as? Int == delays.last)
    #expect(plan["delay_median"] as? Double == Double(delays[24]))
    #expect(plan["instruction_set"] as? String == "base")
    #expect(plan["operations_per_step"] as? Double == 98)
    let classes = try #require(plan["classes"] as? [[String: Int]])
    #expect(classes.reduce(0) { $0 + ($1["edges"] ?? 0) } == 49)
    for group in classes {
      let (shortest, longest) = (try #require(group["delay_min"]), try #require(group["delay_max"]))
      #expect(group["edges"] == delays.count { shortest...longest ~= $0 })
    }
  }

  @Test("plan adds a model's own arithmetic, and refuses a model that is not there")
  func planOfAModel() throws {
    let dense = try DenseCase<Float>()
    try Command.succeed("plan --weights W.npy --delays D.npy --json sums.json", in: dense.folder)
    let output = try Command.succeed(
      "plan --weights W.npy --delays D.npy --model wong_wang --json step.json", in: dense.folder)
    #expect(output.contains("a Heun step of wong_wang"))
    func read(_ name: String) throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: dense.folder.bytes(name)) as? [String: Any])
    }
    let (sums, step) = (try read("sums.json"), try read("step.json"))
    for name in ["expected_ns_per_step_float32", "expected_ns_per_step_float64"] {
      #expect(try #require(step[name] as? Double) > #require(sums[name] as? Double))
    }
    let refused = try Command.run(
      ["plan", "--weights", "W.npy", "--delays", "D.npy", "--model", "wong"], in: dense.folder)
    #expect(refused.status == 64 && refused.errors.contains("wong_wang"))
  }

  @Test("plan counts the median of an even number of delays between the middle two")
  func evenMedian() throws {
    let folder = try Folder()
    try folder.write([1, 1, 1, 1] as [Double], [2, 2], to: "W.npy")
    try folder.write([7, 2, 40, 4] as [Int64], [2, 2], to: "D.npy")
    let output = try Command.succeed("plan --weights W.npy --delays D.npy --json p.json", in: folder)
    #expect(output.contains("2 nodes, 4 edges"))
    let plan = try #require(try JSONSerialization.jsonObject(with: folder.bytes("p.json")) as? [String: Any])
    #expect(plan["delay_median"] as? Double == 5.5)
  }

  @Test(
    "plan names time for a connectome", .enabled(if: RealData.isThere("connectivity_998.zip"), "the file is not there"))
  func largeConnectome() throws {
    let folder = try Folder()
    let path = RealData.path("connectivity_998.zip")
    let output = try Command.succeed("plan --connectome \(path) --time-step 0.5", in: folder)
    #expect(output.contains("998 nodes, 35730 edges") && output.contains("a step is 0.5 ms"))
  }

  @Test(
    "check passes on a good network",
    arguments: [
      "--synthetic 10", "--synthetic 10 --steps 30 --noise-gain 1 --scale sum --entries 0",
      "--synthetic 6 --precision float32 --time-step 1",
    ])
  func check(options: String) throws {
    let output = try Command.succeed("check \(options)", in: Folder())
    #expect(output.contains("all checks passed"))
    for input in ["buffer", "weights", "scale", "noiseGain"] { #expect(output.contains(input)) }
  }

  @Test("check takes the precision of a buffer")
  func checkBuffer() throws {
    let dense = try DenseCase<Double>()
    let output = try Command.succeed("check \(MapCommandTests.denseOptions) --entries 5", in: dense.folder)
    #expect(output.contains("float64, \(DenseCase<Double>.steps) steps"))
  }

  @Test("check exits with 1 where differences cannot follow a gradient")
  func checkFails() throws {
    // The output grows like the weight to the 400th power: five points are too far apart for such a curve.
    let folder = try Folder()
    try folder.write([1.4] as [Double], [1, 1], to: "W.npy")
    try folder.write([1] as [Int32], [1, 1], to: "D.npy")
    let outcome = try Command.run(
      Command.words("check --weights W.npy --delays D.npy --scale sum --steps 400"), in: folder)
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("FAILED") && outcome.output.contains("edge 0"), "\(outcome.output)")
    #expect(outcome.errors == "")
  }

  @Test("info names version and instruction sets")
  func info() throws {
    let output = try Command.succeed("info", in: Folder())
    #expect(output.contains(Runtime.version))
    #expect(output.contains(InstructionSet.available.map(\.rawValue).joined(separator: ", ")))
    #expect(try Command.succeed("--version", in: Folder()) == Runtime.version + "\n")
  }

  @Test("check checks networks of any model", arguments: ["linear", "mpr", "kuramoto", "jansen_rit"])
  func checkOfNetworks(model: String) throws {
    let output = try Command.succeed(
      "check --model \(model) --synthetic 6 --coupling 0.1 --steps 20 --entries 6 --scheme euler", in: Folder())
    #expect(output.contains("all checks passed") && output.contains("weights") && output.contains("euler"))
    for parameter in NodeModel.named(model)!.parameters { #expect(output.contains("\n  \(parameter.name) ")) }
  }

  @Test("help has examples", arguments: ["notebook", "map", "simulate", "models", "check", "plan", "info"])
  func help(subcommand: String) throws {
    let output = try Command.succeed("\(subcommand) --help", in: Folder())
    #expect(output.contains("OVERVIEW") && output.contains("EXAMPLE") && output.contains("delaynet \(subcommand)"))
  }
}

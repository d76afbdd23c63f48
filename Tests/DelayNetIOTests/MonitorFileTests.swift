import DelayNet
import DelayNetIO
import Foundation
import TestSupport
import Testing

/// Carries of BOLD and projections in files.
@Suite struct MonitorFileTests {
  static func monitors() throws -> [Monitor] {
    let gain = try Matrix<Double>(rows: 3, columns: 17) { r, i in Double((r * 5 + i * 3) % 7 - 3) / 4 }
    return [
      .bold(.volterra, every: 12, interimSteps: 4), .projection(gain: gain, every: 5, reference: .row(2), of: ["V"]),
      try .bold(.balloon(.vbjax).setting("kappa", to: 1 / 1.7), every: 6, interimSteps: 2, of: ["r"]),
      .average(over: 7),
      .projection(gain: gain, every: 8, reference: .mean), .bold(.doubleExponential, every: 9, interimSteps: 3),
    ]
  }

  @Test(arguments: [1, 29, 31]) func aRunGoesOnFromItsFile(first: Int) throws {
    try withTemporaryFolder { folder in
      func check<Scalar: DelayNetScalar & NPYElement>(_: Scalar.Type) throws {
        var problem = try ProblemCase<Scalar>(model: .montbrioPazoRoxin, nodes: 17, steps: 60, delays: 0..<20).problem
        problem.monitors = try Self.monitors()
        let whole = try problem.simulate(steps: 60)
        let before = try problem.simulate(steps: first)
        try before.carry.write(to: folder + "/carry")
        let read = try NetworkCarry<Scalar>(path: folder + "/carry")
        #expect(read == before.carry && read.monitors == problem.monitors)
        let after = try problem.simulate(steps: 60 - first, from: read)
        #expect(after.carry == whole.carry)
        for k in whole.outputs.indices {
          let kept = before.outputs[k].columns
          #expect(after.outputs[k] == whole.outputs[k].columns(kept..<whole.outputs[k].columns))
        }
        // What a file knows of a matrix is which one it was.
        problem.monitors = read.monitors
        #expect(throws: DelayNetError.badGain(monitor: 1, node: nil)) { try problem.simulate(steps: 1, from: read) }
      }
      try check(Float.self)
      try check(Double.self)
    }
  }

  @Test func aRunInMillisecondsIsResumed() throws {
    try withTemporaryFolder { folder in
      var problem = try ProblemCase<Double>(model: .montbrioPazoRoxin, nodes: 17, steps: 60, delays: 0..<20).problem
      let step = problem.timeStep
      problem.monitors = [.bold(.volterra, repetitionTime: 6 * step, interim: 2 * step)]
      let whole = try problem.simulate(steps: 60)
      var carry = try problem.start()
      let before = try problem.advance(&carry, steps: 25)
      try carry.write(to: folder + "/carry")
      let after = try problem.simulate(steps: 35, from: NetworkCarry(path: folder + "/carry"))
      #expect(after.carry == whole.carry && before.columns + after.columns == whole.columns)
    }
  }

  @Test func damagedNumbersAreRefused() throws {
    try withTemporaryFolder { folder in
      var problem = try ProblemCase<Double>(model: .montbrioPazoRoxin, nodes: 17, steps: 60, delays: 0..<20).problem
      problem.monitors = [.bold(.volterra, every: 12, interimSteps: 4)]
      try problem.simulate(steps: 5).carry.write(to: folder + "/carry")
      var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/carry")))
      let text = Array("volterra\t12\t*\t4\t".utf8)
      let place = try #require(bytes.indices.first { bytes[$0...].starts(with: text) })
      bytes[place + text.count - 2] = UInt8(ascii: "x")
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/carry"))
      #expect(throws: FileError.self) { try NetworkCarry<Double>(path: folder + "/carry") }
    }
  }
}

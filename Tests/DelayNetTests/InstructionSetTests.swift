import DelayNet
import TestSupport
import Testing

@Suite struct InstructionSetTests {
  @Test func baseIsAlwaysThere() {
    #expect(InstructionSet.available.contains(.base) && InstructionSet.available.contains(.best))
    #expect(!InstructionSet.available.contains(.automatic) && "\(InstructionSet.avx2)" == "avx2")
    #expect(Runtime.availableThreads >= 1 && Runtime.version.split(separator: ".").count == 3)
  }

  @Test(arguments: InstructionSet.allCases) func plansTakeWhatIsThere(set: InstructionSet) throws {
    let network = try Network<Float>(nodes: 1, sources: [0], targets: [0], weights: [1], delays: [1])
    if set == .automatic || InstructionSet.available.contains(set) {
      #expect(try Plan(network, instructionSet: set).report.instructionSet == (set == .automatic ? .best : set))
    } else {
      #expect(throws: DelayNetError.instructionSetUnavailable(set)) { try Plan(network, instructionSet: set) }
    }
  }

  private func everything<Scalar: DelayNetScalar>(
    _ kind: DelayKind, _ set: InstructionSet, _ threads: Int, _: Scalar.Type
  ) throws -> [[UInt64]] {
    let example = NetworkCase<Scalar>(nodes: 33, steps: 145, kind: kind, instructionSet: set)
    let (map, buffer) = (example.map, example.buffer)
    let seed = try RandomKey(seed: 6).normal(buffer.shape, as: Scalar.self)
    let (value, pullback) = try map.runWithPullback(buffer, withRespectTo: .all, threads: threads)
    let gradient = try pullback(seed)
    let tangent = try map.jvp(at: buffer, along: .init(buffer: seed, scale: 1), threads: threads).tangent
    let numbers = try Buffer<Scalar>(nodes: 1, history: 0, steps: gradient.weights.count + 2) { _ in
      gradient.weights + [gradient.scale, gradient.noiseGain]
    }
    return [value.bits, gradient.buffer.bits, numbers.bits, tangent.bits]
  }

  /// Series, gradients and tangents on every instruction set and number of threads, against the base set on one.
  @Test(arguments: DelayKind.allCases) func sameBitsEverywhere(kind: DelayKind) throws {
    let single = try everything(kind, .base, 1, Float.self)
    let double = try everything(kind, .base, 1, Double.self)
    for set in InstructionSet.available {
      for threads in 1...8 {
        #expect(try everything(kind, set, threads, Float.self) == single, "\(set), \(threads) threads, Float")
        #expect(try everything(kind, set, threads, Double.self) == double, "\(set), \(threads) threads, Double")
      }
    }
  }
}

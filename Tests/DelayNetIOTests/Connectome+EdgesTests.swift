import DelayNetIO
import Testing

@Suite struct ConnectomeEdgesTests {
  // Asymmetric, with a self-connection, so that a transposition shows.
  static let connectome = try! Connectome(
    regions: 3, weights: [0, 2, 0, 0, 5, -1, 3, 0, 0],
    tractLengths: [9, 30, 9, 9, 0, 10.5, 31.5, 9, 1e30])

  @Test func rowsAreTargetsAndColumnsSources() {
    let edges = Self.connectome.edges()
    #expect(edges.count == 4)
    #expect(edges.targets == [0, 1, 1, 2])
    #expect(edges.sources == [1, 1, 2, 0])
    #expect(edges.weights == [2, 5, -1, 3])
    #expect(edges.lengths == [30, 0, 10.5, 31.5])
  }

  @Test func delaysRoundHalvesToEven() throws {
    // At 3 mm/ms: 10, 0, 3.5 and 10.5 ms.
    let edges = Self.connectome.edges()
    #expect(try edges.delays(timeStep: 1) == [10, 0, 4, 10])
    #expect(try edges.delays(speed: 6, timeStep: 0.25) == [20, 0, 7, 21])
    #expect(try edges.delays(speed: .infinity, timeStep: 1) == [0, 0, 0, 0])
    #expect(try Self.connectome.delays(timeStep: 1) == [0, 10, 0, 0, 0, 4, 10, 0, 0])
  }

  @Test(arguments: [0, -1, .nan, -.infinity] as [Double])
  func speedsAndTimeStepsThatAreRefused(_ value: Double) {
    for error in [
      #expect(throws: FileError.self) { try Self.connectome.delays(speed: value, timeStep: 1) },
      #expect(throws: FileError.self) { try Self.connectome.edges().delays(timeStep: value) },
    ] {
      #expect(error?.kind == .invalidValue)
    }
    #expect(throws: FileError.self) { try Self.connectome.delays(timeStep: .infinity) }
  }

  @Test func delayThatDoesNotFit() throws {
    // 30 mm at 3 mm/ms are 10 ms.
    #expect(try Self.connectome.delays(timeStep: 1e-8)[1] == 1_000_000_000)
    let error = #expect(throws: FileError.self) { try Self.connectome.delays(timeStep: 1e-9) }
    #expect(error?.kind == .invalidValue)
    #expect(error?.position == .index([0, 1]))
    #expect(throws: FileError.self) {
      try Self.connectome.edges().delays(speed: .leastNonzeroMagnitude, timeStep: 1)
    }
  }
}

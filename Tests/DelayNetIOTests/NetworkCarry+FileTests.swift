import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite struct NetworkCarryFileTests {
  private func carry<Scalar: DelayNetScalar>(
    _ monitors: [Monitor] = [.average(over: 7)], nodes: Int = 3, goal: Int? = 1 << 40,
    as type: Scalar.Type = Double.self
  ) throws -> NetworkCarry<Scalar> {
    func array(_ variables: Int, _ columns: Int, _ seed: UInt64) throws -> StateArray<Scalar> {
      try StateArray(
        variables: variables, nodes: nodes, columns: columns,
        values: RandomKey(seed: seed).normal(variables * nodes * columns, as: type))
    }
    let rows = monitors.reduce(0) { $0 + ($1.kind == .average ? $1.states?.count ?? 2 : 0) }
    return try NetworkCarry(
      model: "mpr", step: 123_456_789_012, state: array(2, 1, 1), history: array(2, 4, 2), monitors: monitors,
      monitored: array(rows, 1, 3), goal: goal)
  }

  @Test(arguments: [
    [Monitor.subsample()], [.subsample(every: 5)], [.average(over: 10)], [],
    [.average(over: 3, of: ["V"]), .subsample(every: 1 << 40, of: ["V", "r"]), .subsample(of: []), .average(over: 2)],
  ]) func isReadAsWritten(thinning: [Monitor]) throws {
    try withTemporaryFolder { folder in
      let double = try carry(thinning)
      try double.write(to: folder + "/a")
      #expect(try NetworkCarry<Double>(path: folder + "/a") == double)
      let float = try carry(thinning, as: Float.self)
      try float.write(to: folder + "/a")
      #expect(try NetworkCarry<Float>(path: folder + "/a") == float)
      let aimless = try carry(thinning, goal: nil)
      try aimless.write(to: folder + "/a")
      #expect(try NetworkCarry<Double>(path: folder + "/a") == aimless && aimless != double)
      let empty = try carry(thinning, nodes: 0)
      try empty.write(to: folder + "/a")
      #expect(try NetworkCarry<Double>(path: folder + "/a") == empty)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
    }
  }

  @Test func aFingerprintIsReadAsWritten() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a"
      var carry = try carry()
      try carry.write(to: path)
      let plain = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      #expect(plain[8] == 3)
      for settings in [
        [Fingerprint.Setting(name: "größe", value: "")],
        (0..<50).map { .init(name: "setting \($0)", value: "\($0) values of 0 … 1, digest 0123456789abcdef") },
      ] {
        carry.fingerprint = Fingerprint(settings: settings)
        try carry.write(to: path)
        #expect(try NetworkCarry<Double>(path: path) == carry)
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        let text = settings.map { "\($0.name)\t\($0.value)\n" }.joined()
        #expect(bytes[8] == 3 && bytes.count == plain.count + text.utf8.count)
      }
      carry.fingerprint = nil
      try carry.write(to: path)
      #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) == plain)
    }
  }

  @Test func everyDamageOfAFingerprintIsFound() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/carry"
      var carry = try carry(nodes: 1)
      carry.fingerprint = Fingerprint(settings: [
        .init(name: "seed", value: "7"), .init(name: "coupling", value: "0.5"),
      ])
      try carry.write(to: path)
      let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      for damaged in damaged(bytes) {
        try save(damaged, to: path)
        #expect(throws: FileError.self) { try NetworkCarry<Double>(path: path) }
      }
      // With a checksum that fits: lines that are no settings.
      let start = bytes.count - 4 - "seed\t7\ncoupling\t0.5\n".utf8.count
      for (place, byte) in [(0, 9), (4, 32), (6, 32), (bytes.count - 5 - start, 32), (1, 10), (2, 9), (0, 0xff)]
        as [(Int, UInt8)]
      {
        var damaged = bytes
        damaged[start + place] = byte
        let sum = crc32(Array(damaged.dropLast(4)))
        for n in 0..<4 { damaged[bytes.count - 4 + n] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * n)) }
        try save(damaged, to: path)
        let error = #expect(throws: FileError.self) { try NetworkCarry<Double>(path: path) }
        #expect(error?.kind == .malformed, "\(place): \(String(describing: error))")
        guard case .byte(let found) = error?.position, start...bytes.count ~= found else {
          Issue.record("\(place): \(String(describing: error))")
          continue
        }
      }
    }
  }

  @Test func aFingerprintThatCannotBeReadIsNotWritten() throws {
    try withTemporaryFolder { folder in
      var carry = try carry()
      for settings in [
        [], [("", "1")], [("a\tb", "1")], [("a", "1\n")], [("a", String(repeating: "x", count: 1 << 20))],
      ] as [[(String, String)]] {
        carry.fingerprint = Fingerprint(settings: settings.map { .init(name: $0.0, value: $0.1) })
        let error = #expect(throws: FileError.self) { try carry.write(to: folder + "/a") }
        #expect(error?.kind == .invalidValue)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }
  }

  @Test func bitsSurvive() throws {
    try withTemporaryFolder { folder in
      var odd = try carry()
      for (node, value) in [-0.0, .infinity, Double(nan: 5, signaling: false)].enumerated() {
        odd = try NetworkCarry(
          model: "mpr", step: 0,
          state: StateArray(variables: 2, nodes: 3, values: (0..<6).map { $0 == node ? value : 1 }),
          history: odd.history, monitors: odd.monitors, monitored: odd.monitored)
        try odd.write(to: folder + "/a")
        let read = try NetworkCarry<Double>(path: folder + "/a")
        #expect(read.state.values.map(\.bitPattern) == odd.state.values.map(\.bitPattern))
      }
    }
  }

  @Test func everyDamageIsFound() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/carry"
      try carry().write(to: path)
      let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      #expect(bytes.count == 144 + 8 * (6 + 24 + 6) + "average\t7\t*\n".utf8.count + 4)
      for damaged in damaged(bytes) {
        try save(damaged, to: path)
        let error = #expect(throws: FileError.self) { try NetworkCarry<Double>(path: path) }
        #expect(error?.file == path)
        guard case .byte(let place) = error?.position else {
          Issue.record("no place in \(String(describing: error))")
          continue
        }
        #expect(place <= damaged.count)
      }
      for more in [1, 8, 1000] {
        try save(bytes + [UInt8](repeating: 0, count: more), to: path)
        #expect(throws: FileError.self) { try NetworkCarry<Double>(path: path) }
      }
    }
  }

  @Test func hugeSizesAreNotAllocated() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/carry"
      try carry().write(to: path)
      let good = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      for offset in [16, 24, 32, 40, 56] {
        for size: UInt64 in [1 << 40, 1 << 62, .max] {
          var bytes = good
          for place in 0..<8 { bytes[offset + place] = UInt8(truncatingIfNeeded: size >> UInt64(8 * place)) }
          let sum = crc32(Array(bytes[..<136]))
          for place in 0..<4 { bytes[136 + place] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * place)) }
          try save(bytes, to: path)
          #expect(throws: FileError.self) { try NetworkCarry<Double>(path: path) }
        }
      }
    }
  }

  /// A saved carry whose monitors' text is another one, with checksums that are right.
  private func saved(_ monitors: [Monitor], replacing old: String, with new: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try withTemporaryFolder { folder in
      try carry(monitors).write(to: folder + "/a")
      bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/a")))
    }
    let place = bytes.count - 4 - old.utf8.count
    #expect(Array(bytes[place..<(bytes.count - 4)]) == Array(old.utf8))
    bytes.replaceSubrange(place..<(bytes.count - 4), with: Array(new.utf8))
    write(UInt32(new.utf8.count), to: &bytes, at: 64)
    for end in [136, bytes.count - 4] { write(crc32(Array(bytes[..<end])), to: &bytes, at: end) }
    return bytes
  }

  private func write(_ number: UInt32, to bytes: inout [UInt8], at offset: Int) {
    for place in 0..<4 { bytes[offset + place] = UInt8(truncatingIfNeeded: number >> UInt32(8 * place)) }
  }

  @Test func monitorsThatMeanNothingAreRefused() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/carry"
      for (text, kind) in [
        ("average\t0\t*\n", FileError.Kind.malformed), ("average\t-5\t*\n", .malformed),
        ("average\t05\t*\n", .malformed),
        ("average\t5\n", .malformed), ("average\t5\t*", .malformed), ("\t5\t*\n", .malformed),
        ("average\t5\tV\n", .malformed),
        ("median\t5\t*\n", .unsupported), ("average\t5\tV,\n", .mismatch), ("subsample\t5\t*\n", .mismatch),
        ("average\t99999999999999999999\t*\n", .malformed),
      ] {
        try save(saved([.average(over: 5)], replacing: "average\t5\t*\n", with: text), to: path)
        let error = #expect(throws: FileError.self, "\(text)") { try NetworkCarry<Double>(path: path) }
        #expect(error?.kind == kind, "\(text): \(String(describing: error))")
      }
      try save(saved([.average(over: 5)], replacing: "average\t5\t*\n", with: "average\t6\tV,r,\n"), to: path)
      #expect(try NetworkCarry<Double>(path: path).monitors == [.average(over: 6, of: ["V", "r"])])
    }
  }

  @Test(arguments: [1, 2, 4] as [UInt8]) func otherVersionsAreRefused(version: UInt8) throws {
    try withTemporaryFolder { folder in
      try carry().write(to: folder + "/a")
      var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/a")))
      bytes[8] = version
      try save(bytes, to: folder + "/a")
      let error = #expect(throws: FileError.self) { try NetworkCarry<Double>(path: folder + "/a") }
      #expect(error?.kind == .unsupported && error?.position == .byte(8))
      #expect("\(error!)".contains("of a DelayNet before 0.2") == (version < 3), "\(error!)")
    }
  }

  @Test func theOtherPrecisionIsRefused() throws {
    try withTemporaryFolder { folder in
      try carry().write(to: folder + "/a")
      let error = #expect(throws: FileError.self) { try NetworkCarry<Float>(path: folder + "/a") }
      #expect(error?.kind == .mismatch && error?.position == .byte(12))
    }
  }

  @Test func aNegativeGoalIsNotWritten() throws {
    try withTemporaryFolder { folder in
      let negative = try carry(goal: -1)
      let error = #expect(throws: FileError.self) { try negative.write(to: folder + "/a") }
      #expect(error?.kind == .invalidValue)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }
  }

  @Test func checksumIsTheUsualOne() throws {
    try withTemporaryFolder { folder in
      try carry().write(to: folder + "/a")
      let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/a")))
      let last = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      #expect(crc32(Array("123456789".utf8)) == 0xcbf4_3926)
      #expect(last == crc32(Array(bytes.dropLast(4))))
    }
  }

  @Test func aProcessKilledWhileWritingLeavesAWholeFile() async throws {
    // Children write one carry after the other over one file until they are killed, each a little later.
    let folder = KilledWriter.folder(getpid())
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try KilledWriter.carry(0).write(to: folder + "/carry")
    for _ in 0..<5 {
      await #expect(processExitsWith: .signal(SIGKILL)) {
        let folder = KilledWriter.folder(getppid())
        let delay = UInt32.random(in: 1000...40_000)
        Thread.detachNewThread {
          usleep(delay)
          kill(getpid(), SIGKILL)
        }
        for step in 1... { try KilledWriter.carry(step % 1000).write(to: folder + "/carry") }
      }
      let read = try NetworkCarry<Double>(path: folder + "/carry")
      #expect(try read == KilledWriter.carry(read.step))
    }
  }
}

private enum KilledWriter {
  static func folder(_ process: pid_t) -> String {
    FileManager.default.temporaryDirectory.path + "/delaynet-killed-\(process)"
  }

  static func carry(_ step: Int) throws -> NetworkCarry<Double> {
    let state = try StateArray(variables: 2, nodes: 20_000, repeating: Double(step))
    return try NetworkCarry(
      model: "mpr", step: step, state: state,
      history: StateArray(variables: 2, nodes: 20_000, columns: 3, repeating: 1),
      monitors: [.average(over: 9)], monitored: state)
  }
}

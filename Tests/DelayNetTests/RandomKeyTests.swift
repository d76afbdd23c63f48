import DelayNet
import TestSupport
import Testing

/// Known answers from jax 0.10.2. The generator's own tests, over whole arrays, are those of the C library; these show
/// that the façade asks it for the right thing.
@Suite struct RandomKeyTests {
  @Test func keys() throws {
    #expect(RandomKey(seed: 0).words == [0, 0])
    #expect(RandomKey(seed: 12_345_678_901).words == [0x0000_0002, 0xdfdc_1c35])
    let keys = try RandomKey(seed: 0).split(10)
    #expect(keys.count == 10)
    #expect(keys[0].words == [0x6b20_0159, 0x99ba_4efe])
    #expect(keys[9].words == [0x3110_3a91, 0x1ad7_a747])
    #expect(try RandomKey(seed: 0).split() == Array(keys[..<2]))
    #expect(try RandomKey(seed: 0).split(0).isEmpty)
    #expect(try RandomKey(seed: 12_345_678_901).split(3)[2].words == [0xd796_0336, 0xdeba_0d0c])
    #expect(RandomKey(seed: 42).folding(in: 0).words == [0x6d3e_048f, 0x1022_172d])
    #expect(RandomKey(seed: 42).folding(in: 99).words == [0x781f_750e, 0x5093_adce])
    #expect(RandomKey(words: [0, 42]) == RandomKey(seed: 42))
  }

  @Test func draws() throws {
    let key = RandomKey(seed: 7)
    #expect(try key.bits(3) as [UInt32] == [0xac91_290b, 0xf980_7e00, 0x4d87_29aa])
    #expect(try key.bits(2) as [UInt64] == [0xd817_648b_7486_4d80, 0x0ba0_28bf_f220_56bf])
    #expect(try key.uniform(3).map(\.bitPattern) == [0x3f2c_9128, 0x3f79_807e, 0x3e9b_0e50])
    #expect(try key.uniform(2, in: -1..<1).map(\.bitPattern) == [0x3eb2_44a0, 0x3f73_00fc])
    #expect(try key.bits(0) as [UInt32] == [])
    #expect(try key.integers(in: 3..<3, 4) as [Int32] == [3, 3, 3, 3])
  }

  @Test func shapesAreTheFlatArray() throws {
    let key = RandomKey(seed: 3)
    #expect(try key.normal(5, 7).values == key.normal(35))
    #expect(try key.uniform(5, 7, in: 2..<3, as: Double.self).values == key.uniform(35, in: 2..<3, as: Double.self))
    #expect(try key.integers(in: -4..<9, 5, 7).values == key.integers(in: -4..<9, 35))
    let shape = try BufferShape(nodes: 3, history: 4, steps: 5)
    #expect(try (key.normal(shape) as Buffer<Float>).values == key.normal(27))
    #expect(try key.uniform(shape, as: Double.self).values == key.uniform(27, as: Double.self))
    #expect(try key.integers(in: 0..<Int64(10), 5).allSatisfy { 0..<10 ~= $0 })
  }

  @Test func normalsAreNormal() throws {
    let draws = try RandomKey(seed: 5).normal(100_000, as: Double.self)
    let mean = draws.reduce(0, +) / 1e5
    let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1e5
    #expect(abs(mean) < 0.01 && abs(variance - 1) < 0.02)
    #expect(draws.count { abs($0) > 1.959964 } > 4700 && draws.count { abs($0) > 1.959964 } < 5300)
  }

  @Test func noiseIsAddressedByNodeAndStep() throws {
    let key = RandomKey(seed: 8)
    let whole = try key.noise(nodes: 4, steps: 0..<90)
    #expect(try whole.shape == BufferShape(nodes: 4, history: 0, steps: 90))
    #expect(try whole.row(2) == key.folding(in: 2).normal(90))
    #expect(try key.noise(nodes: 3, steps: 17..<64).row(1) == Array(whole.row(1)[17..<64]))
    #expect(try key.noise(nodes: 2, steps: 5..<5).steps == 0)
  }
}

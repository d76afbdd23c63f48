import DelayNetIO
import Testing

@Suite struct NPYArrayTests {
  @Test func shapeDefaultsToOneAxis() throws {
    let array = try NPYArray([1.5, 2.5])
    #expect(array.shape == [2])
    #expect(array.storage == .float64([1.5, 2.5]))
    #expect(array.count == 2)
    #expect(array.elementType == .float64)
    #expect(array.elementType.byteCount == 8)
  }

  @Test func rankZeroHoldsOneNumber() throws {
    let array = try NPYArray([Int32(7)], shape: [])
    #expect(array.count == 1)
    #expect(try array.values(as: Int32.self, shape: []) == [7])
  }

  @Test(arguments: [
    ([2, 2], 3), ([], 0), ([], 2), ([-1, -2], 2), ([0, -1], 0), ([.max, .max], 1),
    ([.max, 2, 0], 0),
    (Array(repeating: 1, count: 33), 1),
  ])
  func shapeHasToFit(_ shape: [Int], _ count: Int) {
    let error = #expect(throws: FileError.self) {
      try NPYArray([Float](repeating: 0, count: count), shape: shape)
    }
    #expect(error?.kind == .mismatch)
  }

  @Test func conversionsThatAreExact() throws {
    let floats = try NPYArray([Float(1), -2, 16_777_216])
    #expect(try floats.values(as: Float.self) == [1, -2, 16_777_216])
    #expect(try floats.values(as: Double.self) == [1, -2, 16_777_216])
    #expect(try floats.values(as: Int32.self) == [1, -2, 16_777_216])
    #expect(try floats.values(as: Int64.self) == [1, -2, 16_777_216])
    let integers = try NPYArray([Int64(0), 1 << 53])
    #expect(try integers.values(as: Double.self) == [0, 9_007_199_254_740_992])
    #expect(try integers.values(as: Float.self) == [0, 9_007_199_254_740_992])
  }

  @Test func doubleRoundsToFloat() throws {
    let array = try NPYArray([0.1, .infinity, 1e-60])
    #expect(try array.values(as: Float.self) == [0.1, .infinity, 0])
    #expect(try NPYArray([Double.nan]).values(as: Float.self)[0].isNaN)
  }

  @Test func whatDoesNotFitNamesItsElement() throws {
    func index<Target: NPYElement>(_ array: NPYArray, as type: Target.Type) -> FileError.Position? {
      let error = #expect(throws: FileError.self) { try array.values(as: type) }
      #expect(error?.kind == .invalidValue)
      return error?.position
    }
    let fraction = try NPYArray([0, 1, 2, 0.5, 3, 4], shape: [3, 2])
    #expect(index(fraction, as: Int32.self) == .index([1, 1]))
    #expect(index(fraction, as: Int64.self) == .index([1, 1]))
    #expect(index(try NPYArray([1e300]), as: Float.self) == .index([0]))
    #expect(index(try NPYArray([0, Double.nan]), as: Int64.self) == .index([1]))
    #expect(index(try NPYArray([Int64(1) << 31]), as: Int32.self) == .index([0]))
    #expect(index(try NPYArray([Int64(1) << 53 + 1]), as: Double.self) == .index([0]))
    #expect(index(try NPYArray([Int32(1) << 24 + 1]), as: Float.self) == .index([0]))
    #expect(index(try NPYArray([0.5], shape: []), as: Int32.self) == .index([]))
  }

  @Test func anotherShapeIsRefused() throws {
    let array = try NPYArray([1, 2, 3, 4, 5, 6.0], shape: [2, 3])
    #expect(try array.values(as: Double.self, shape: [2, 3]).count == 6)
    let error = #expect(throws: FileError.self) {
      try array.values(as: Double.self, shape: [3, 2])
    }
    #expect(error?.description == "array: found shape [2, 3], expected shape [3, 2]")
  }
}

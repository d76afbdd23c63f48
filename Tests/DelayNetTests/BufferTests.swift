import DelayNet
import TestSupport
import Testing

@Suite struct BufferTests {
  let buffer = try! Buffer<Double>(nodes: 2, history: 2, steps: 3) { count in (0..<count).map { Double($0) } }

  @Test func shapeAndPlaces() throws {
    #expect(try buffer.shape == BufferShape(nodes: 2, history: 2, steps: 3))
    #expect(buffer.columns == 5 && buffer.shape.count == 10 && "\(buffer.shape)" == "(2, 2 + 3)")
    #expect(buffer[1, 2] == 7 && buffer[node: 1, step: 0] == 7 && buffer[node: 0, step: -2] == 0)
    #expect(buffer.row(1) == [5, 6, 7, 8, 9])
    let part = buffer.columns(1..<4, history: 1)
    #expect(try part.values == [1, 2, 3, 6, 7, 8] && part.shape == BufferShape(nodes: 2, history: 1, steps: 2))
    #expect(try Buffer<Float>(nodes: 0, history: 3, steps: 1).values.isEmpty)
  }

  @Test func copiesAreIndependent() {
    var copy = buffer
    copy[0, 0] = 100
    #expect(buffer[0, 0] == 0 && copy[0, 0] == 100 && copy != buffer)
    copy.withMutableSpan { span in span[0] = 0 }
    #expect(copy == buffer)
    copy.withUnsafeMutableBufferPointer { $0[9] = -1 }
    #expect(copy[1, 4] == -1 && buffer[1, 4] == 9)
    #expect(buffer.withSpan { $0.count } == 10 && buffer.withUnsafeBufferPointer { $0[3] } == 3)
  }

  @Test func arithmetic() throws {
    let squares = buffer.squared()
    #expect(squares.values == (0..<10).map { Double($0 * $0) })
    #expect((buffer + buffer) == 2 * buffer && (buffer * buffer) == squares && buffer * 2 - buffer == buffer)
    #expect(buffer.sum() == 45 && buffer.mean() == 4.5 && buffer.dot(buffer) == 285)
    var sum = buffer
    sum += buffer
    sum -= 3 * buffer
    #expect(sum == -1 * buffer)
    // A sum in Float of a million tenths keeps all digits that Float has.
    let tenths = try Buffer<Float>(nodes: 1, history: 0, steps: 1_000_000, repeating: 0.1)
    #expect(tenths.sum() == Float(1e6 * Double(Float(0.1))))
  }

  @Test func equalityIsThatOfNumbers() throws {
    var (a, b) = (buffer, buffer)
    (a[0, 0], b[0, 0]) = (0, -0.0)
    #expect(a == b && a.bits != b.bits)
    a[0, 0] = .nan
    #expect(a != a)
    #expect(try buffer != Buffer(nodes: 2, history: 3, steps: 2) { count in (0..<count).map { Double($0) } })
  }

  @Test func wrongNumbersOfValuesAreRefused() {
    #expect(throws: DelayNetError.shapeMismatch(name: "values", expected: [2, 3], found: [5])) {
      try Buffer<Float>(nodes: 2, history: 1, steps: 2, values: [1, 2, 3, 4, 5])
    }
  }
}

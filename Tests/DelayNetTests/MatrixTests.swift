import DelayNet
import Testing

@Suite struct MatrixTests {
  @Test func entriesAreRowMajor() throws {
    var matrix = try Matrix(rows: 2, columns: 3) { i, j in 10 * i + j }
    #expect(matrix.values == [0, 1, 2, 10, 11, 12] && matrix[1, 2] == 12)
    matrix[0, 1] = 7
    #expect(try matrix == Matrix(rows: 2, columns: 3, values: [0, 7, 2, 10, 11, 12]))
    #expect(matrix.transposed.values == [0, 10, 7, 11, 2, 12] && matrix.transposed.rows == 3)
    #expect(matrix.map { Double($0) / 2 }[1, 0] == 5)
    #expect(try Matrix(rows: 0, columns: 4, repeating: 1).values.isEmpty)
  }

  @Test func wrongNumbersOfValuesAreRefused() {
    #expect(throws: DelayNetError.shapeMismatch(name: "values", expected: [2, 2], found: [3])) {
      try Matrix(rows: 2, columns: 2, values: [1, 2, 3])
    }
  }
}

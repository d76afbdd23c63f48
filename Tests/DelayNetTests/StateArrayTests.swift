import DelayNet
import Testing

@Suite struct StateArrayTests {
  @Test func valuesStandByVariableThenNode() throws {
    var array = try StateArray<Double>(variables: 2, nodes: 3, columns: 2, values: (0..<12).map { Double($0) })
    #expect(array.shape == [2, 3, 2] && array.columns == 2)
    #expect(array[1, 2, 0] == 10 && array.series(1, node: 0) == [6, 7])
    #expect(array.rows[4, 1] == 9)
    let copy = array
    array[0, 1, 1] = -1
    #expect(array.values[3] == -1 && copy.values[3] == 3 && array != copy)
    #expect((array - copy).values.filter { $0 != 0 } == [-4])
    #expect(copy.columns(1..<2).values == [1, 3, 5, 7, 9, 11])
    #expect(try StateArray<Float>(variables: 1, nodes: 2, repeating: 3).values == [3, 3])
    #expect(throws: DelayNetError.shapeMismatch(name: "values", expected: [2, 2, 1], found: [3])) {
      try StateArray<Double>(variables: 2, nodes: 2, values: [1, 2, 3])
    }
  }

  @Test func literalsStandForNodeValues() throws {
    let values: [String: NodeValues<Double>] = ["a": 1, "b": 2.5, "c": [1, 2]]
    #expect(values["a"] == .uniform(1) && values["b"] == .uniform(2.5) && values["c"] == .perNode([1, 2]))
    #expect(values["c"]?.values == [1, 2] && values["a"]?.values == [1])
  }

  @Test func sigmaStandsInTheModelsOrder() throws {
    let model = NodeModel.montbrioPazoRoxin
    func resolved(_ sigma: Sigma<Double>) throws -> [Double] { try sigma.resolved(for: model, nodes: 2) }
    #expect(try resolved(.none) == [])
    #expect(try resolved(0.5) == [0.5, 0.5] && resolved(2) == [2, 2])
    #expect(try resolved(["V": 0.5]) == [0, 0.5])
    #expect(try resolved(["V": [1, 2], "r": 3]) == [3, 3, 1, 2])
    #expect(try resolved(["V": [1, 2]]) == [0, 0, 1, 2])
    #expect(try resolved(.values([1, 2, 3, 4])) == [1, 2, 3, 4])
  }
}

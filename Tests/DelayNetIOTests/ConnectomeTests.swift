import DelayNetIO
import Testing

@Suite struct ConnectomeTests {
  @Test func fromArrays() throws {
    let connectome = try Connectome(
      regions: 2, weights: [0, -1, 2, 0], tractLengths: [0, 10, 20, 0],
      centres: [1, 2, 3, 4, 5, 6],
      cortical: [true, false])
    #expect(connectome.labels == ["0", "1"])
    #expect(connectome.centres?[3] == 4)
    #expect(connectome.areas == nil)
    #expect(connectome.cortical == [true, false])
  }

  @Test func noRegions() throws {
    let connectome = try Connectome(regions: 0, weights: [], tractLengths: [])
    #expect(connectome.edges().count == 0)
    #expect(try connectome.delays(timeStep: 1) == [])
  }

  @Test func mistakesNameTheArgument() {
    func check(
      _ sentence: String, regions: Int = 2, weights: [Double] = [0, 1, 2, 0],
      lengths: [Double] = [0, 1, 2, 0], labels: [String]? = nil, centres: [Double]? = nil,
      areas: [Double]? = nil, orientations: [Double]? = nil, cortical: [Bool]? = nil,
      hemispheres: [Bool]? = nil
    ) {
      let error = #expect(throws: FileError.self) {
        try Connectome(
          regions: regions, weights: weights, tractLengths: lengths, labels: labels,
          centres: centres, areas: areas, orientations: orientations, cortical: cortical,
          hemispheres: hemispheres)
      }
      #expect(error?.description == sentence)
    }
    check("weights: found 4 elements, expected 9", regions: 3)
    check("regions: found -1, expected a number of regions", regions: -1)
    check(
      "regions: found \(Int.max), expected a number of regions", regions: .max)
    check("weights[1, 0]: found nan, expected a finite number", weights: [0, 1, .nan, 0])
    check("tractLengths: found 1 elements, expected 4", lengths: [0])
    check(
      "tractLengths[0, 1]: found -1.0, expected a finite number that is not negative",
      lengths: [0, -1, 0, 0])
    check("labels: found 1 elements, expected 2", labels: ["a"])
    check("centres: found 2 elements, expected 6", centres: [0, 0])
    check(
      "centres[1, 2]: found inf, expected a finite number", centres: [0, 0, 0, 0, 0, .infinity])
    check(
      "areas[1]: found -2.0, expected a finite number that is not negative", areas: [1, -2])
    check("orientations: found 0 elements, expected 6", orientations: [])
    check("cortical: found 3 elements, expected 2", cortical: [true, true, true])
    check("hemispheres: found 0 elements, expected 2", hemispheres: [])
  }
}

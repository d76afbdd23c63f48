import DelayNetIO
import Testing

@Suite struct NPYElementTests {
  @Test func typesNameEachOther() throws {
    func check<Element: NPYElement>(_ value: Element) throws {
      let array = try NPYArray([value])
      #expect(array.elementType == Element.npyElementType)
      #expect(array.storage == Element.npyStorage([value]))
    }
    try check(Float(1))
    try check(Double(1))
    try check(Int32(1))
    try check(Int64(1))
  }

  @Test func conversionsAtTheEdges() {
    #expect(Float.npyConverted(Double(Float.greatestFiniteMagnitude)) == .greatestFiniteMagnitude)
    #expect(Float.npyConverted(Double.greatestFiniteMagnitude) == nil)
    #expect(Float.npyConverted(Int64.max) == nil)
    #expect(Double.npyConverted(Int64.min) == -0x1p63)
    #expect(Int32.npyConverted(-2_147_483_648.0) == .min)
    #expect(Int32.npyConverted(2_147_483_648.0) == nil)
    #expect(Int64.npyConverted(0x1p63) == nil)
    #expect(Int64.npyConverted(Double.infinity) == nil)
    #expect(Int64.npyConverted(-0.0) == 0)
  }
}

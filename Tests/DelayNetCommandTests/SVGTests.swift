import Testing

@testable import DelayNetCommand

@Suite("SVG elements")
struct SVGTests {
  @Test("markup in texts is escaped and control characters are left out")
  func escaping() throws {
    #expect(SVG.escaped("a & b < c > \"d\"\u{1}\u{ffff}é") == "a &amp; b &lt; c &gt; &quot;d&quot;é")
    let drawing = try Drawing(
      SVG.document(
        title: "a & <b>", subtitle: "\u{0}\"c\"", x: 1, height: 99, [SVG.text("<&>", x: 0, y: 1, size: 9, color: "red")]
      ))
    #expect(drawing.texts == ["a & <b>", "\"c\"", "<&>"])
  }

  @Test("values have the digits asked for, in the shortest form")
  func values() {
    let cases: [(Double, String)] = [
      (0, "0"), (0.1, "0.1"), (-0.25, "−0.25"), (1234, "1234"), (22_500, "22,500"), (1.23456, "1.235"),
      (3e-9, "3e−9"), (2.5e12, "2.5e12"), (-1e300, "−1e300"), (1e-4, "0.0001"),
    ]
    for (value, text) in cases { #expect(SVG.value(value) == text) }
  }

  @Test("texts are cut and wrapped to widths")
  func fitting() {
    #expect(SVG.fitted("short", width: 100, size: 11) == "short")
    let cut = SVG.fitted(String(repeating: "m", count: 50), width: 100, size: 11)
    #expect(cut.hasSuffix("m…") && SVG.textWidth(cut, size: 11) <= 100)
    // Eleven letters of 6.2 pixels.
    #expect(SVG.shortened("left superior frontal 7", width: 69, size: 10) == "left …tal 7")
    #expect(SVG.shortened("left", width: 69, size: 10) == "left" && SVG.shortened("left", width: 12, size: 10) == "")
    #expect(SVG.fitted("long", width: 3, size: 11) == "")
    #expect(SVG.wrapped("", width: 100, size: 11, lines: 2) == [])
    let lines = SVG.wrapped("one two three four five six seven", width: 100, size: 11, lines: 2)
    #expect(lines == ["one two three", "four five six…"])
  }

  @Test("paths are differences in tenths of a pixel")
  func paths() {
    #expect(SVG.path([SIMD2(1, 2), SIMD2(1.55, 1), SIMD2(1.5, 3.04)]) == "M1 2l.6-1-.1 2")
    #expect(SVG.path([]) == "")
  }

  @Test("ticks are round")
  func ticks() {
    #expect(SVG.ticks(10_000) == [0, 2000, 4000, 6000, 8000, 10_000])
    #expect(SVG.ticks(0) == [0] && SVG.ticks(.infinity) == [0])
    #expect([1, 1.9, 2, 4.9, 5, 0.03].map(SVG.roundDown) == [1, 1, 2, 2, 5, 0.02])
  }
}

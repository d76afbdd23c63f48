import Foundation
import Testing

@testable import DelayNetCommand

@Suite("Colours of values")
struct ColorScaleTests {
  /// CIE lightness, a and b of a colour, as somebody sees it whose sight has this matrix in linear RGB.
  private func lab(_ color: String, _ sight: [[Double]]? = nil) -> SIMD3<Double> {
    let number = Int(color.dropFirst(), radix: 16)!
    var linear = [16, 8, 0].map { shift -> Double in
      let x = Double(number >> shift & 255) / 255
      return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4)
    }
    if let sight { linear = sight.map { row in max(0, zip(row, linear).reduce(0) { $0 + $1.0 * $1.1 }) } }
    let (r, g, b) = (linear[0], linear[1], linear[2])
    func f(_ t: Double) -> Double { t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116 }
    let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505)
    let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b)
    let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089)
    return SIMD3(116 * y - 16, 500 * (x - y), 200 * (y - z))
  }

  private func distance(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { ((a - b) * (a - b)).sum().squareRoot() }

  /// Viénot, Brettel and Mollon (1999), Digital video colourmaps for checking the legibility of displays by dichromats.
  private let sights = [
    [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
  ]

  @Test("known values have known colours")
  func colors() throws {
    let scale = ColorScale.diverging(2)
    func color(_ value: Double) throws -> String { scale.color(level: try #require(scale.level(value))) }
    #expect(try color(-2) == "#0d326e")
    #expect(try color(0) == "#f7f6f3")
    #expect(try color(2) == "#701022")
    #expect(try color(5) == "#701022")
    #expect(scale.level(.nan) == nil && scale.level(-.infinity) == nil)
    let sequential = ColorScale(kind: .sequential, axis: PlotAxis(from: 1, to: 100, isLogarithmic: true))
    #expect(sequential.level(1) == 0 && sequential.level(10) == 32 && sequential.level(100) == 64)
    #expect(sequential.level(0) == nil)
    #expect(sequential.color(level: 0) == "#faf4de" && sequential.color(level: 64) == "#2c205c")
    #expect(ColorScale.diverging(0).level(0) == 32 && ColorScale.diverging(.nan).level(0) == 32)
  }

  @Test("opposite values have opposite levels")
  func symmetry() throws {
    let scale = ColorScale.diverging(0.7)
    for value in scattered(200) {
      let (up, down) = (try #require(scale.level(value)), try #require(scale.level(-value)))
      // A value on the edge of two levels belongs to the upper one.
      #expect(abs(up + down - 64) <= 1)
    }
  }

  @Test("lightness falls along the sequential scale and on both sides of the diverging one, for every sight")
  func lightness() {
    for sight in [nil] + sights.map(Optional.some) {
      let sequential = ColorScale(kind: .sequential, axis: PlotAxis(from: 0, to: 1))
      let lights = (0..<ColorScale.levels).map { lab(sequential.color(level: $0), sight).x }
      #expect(zip(lights, lights.dropFirst()).allSatisfy { $0 > $1 - 0.05 }, "\(lights)")
      let diverging = ColorScale.diverging(1)
      let (low, high) = (
        (0...32).map { lab(diverging.color(level: 32 - $0), sight).x },
        (0...32).map { lab(diverging.color(level: 32 + $0), sight).x }
      )
      for side in [low, high] { #expect(zip(side, side.dropFirst()).allSatisfy { $0 > $1 - 0.05 }, "\(side)") }
      if sight == nil { #expect(zip(low, high).allSatisfy { abs($0 - $1) < 12 }, "\(low) \(high)") }
    }
  }

  @Test("the two sides of the diverging scale differ for every sight")
  func sides() {
    let scale = ColorScale.diverging(1)
    for sight in [nil] + sights.map(Optional.some) {
      for level in 8...32 {
        let (low, high) = (lab(scale.color(level: 32 - level), sight), lab(scale.color(level: 32 + level), sight))
        #expect(distance(low, high) > 20, "level \(level): \(distance(low, high))")
      }
    }
  }

  @Test("the colours of lines differ for every sight")
  func lines() {
    for sight in [nil] + sights.map(Optional.some) {
      let colors = Axes.colors.prefix(4).map { lab($0, sight) }
      for (index, color) in colors.enumerated() {
        for other in colors[(index + 1)...] {
          #expect(distance(color, other) > 12, "\(index) \(distance(color, other))")
        }
      }
    }
  }

  @Test("a bar has its gradient, its ticks at their heights and its name")
  func bar() throws {
    let scale = ColorScale.diverging(1)
    let frame = Frame(left: 100, top: 50, width: 12, height: 200)
    let drawing = try Drawing("<svg>" + scale.bar(in: frame, name: "r & s").joined() + "</svg>")
    #expect(drawing.elements[1].attributes["fill"] == "url(#diverging)")
    #expect(drawing.elements[1].attributes["y"] == "50" && drawing.elements[1].attributes["height"] == "200")
    let ticks = drawing.texts { $0.attributes["transform"] == nil }
    #expect(ticks.map(\.text) == ["−1.0", "−0.5", "0", "0.5", "1.0"])
    #expect(ticks.map { $0.number("y") } == [254, 204, 154, 104, 54])
    #expect(drawing.texts.contains("r & s"))
    #expect(ColorScale.definitions.contains(#"id="sequential""#) && ColorScale.definitions.contains(#"id="missing""#))
  }
}

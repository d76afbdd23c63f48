import Foundation

/// Colours of values: from blue over the page's white to red about 0, or from light to dark.
///
/// Both keep their order for people who see no difference between red and green, and the sequential one in grey print: its
/// lightness falls all the way, that of the diverging one from the middle to both ends alike.
struct ColorScale {
  enum Kind: String { case diverging, sequential }

  let kind: Kind
  let axis: PlotAxis

  /// The number of colours, odd so that the diverging scale has one for 0.
  static let levels = 65
  /// The colour of what is not a number.
  static let missing = "#cfd4d8"

  /// A diverging scale, symmetric about 0.
  static func diverging(_ limit: Double) -> ColorScale {
    let limit = limit.isFinite && limit > 0 ? limit : 1
    return ColorScale(kind: .diverging, axis: PlotAxis(from: -limit, to: limit))
  }

  private var stops: [SIMD3<Double>] { Self.stops(kind) }

  private static func stops(_ kind: Kind) -> [SIMD3<Double>] {
    switch kind {
    case .diverging:
      [
        SIMD3(13, 50, 110), SIMD3(37, 100, 178), SIMD3(126, 174, 217), SIMD3(247, 246, 243), SIMD3(240, 158, 126),
        SIMD3(198, 69, 60), SIMD3(112, 16, 34),
      ]
    case .sequential:
      [
        SIMD3(250, 244, 222), SIMD3(190, 220, 196), SIMD3(101, 183, 187), SIMD3(46, 131, 172), SIMD3(50, 82, 148),
        SIMD3(44, 32, 92),
      ]
    }
  }

  /// The level of a value, 0 to ``levels`` − 1; nil for what has no place on the axis.
  func level(_ value: Double) -> Int? { axis.place(value).map { min(Int($0 * Double(Self.levels)), Self.levels - 1) } }

  func color(level: Int) -> String { Self.color(kind, at: Double(level) / Double(Self.levels - 1)) }

  private static func color(_ kind: Kind, at place: Double) -> String {
    let stops = stops(kind)
    let place = place * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    let mixed = stops[index] + (stops[index + 1] - stops[index]) * (place - Double(index))
    return String(
      format: "#%02x%02x%02x", Int(mixed.x.rounded()), Int(mixed.y.rounded()), Int(mixed.z.rounded()))
  }

  /// What a figure's elements refer to: the gradients of both scales, and the hatching of what is not a number.
  static let definitions: String = {
    let gradients = [Kind.diverging, .sequential].map { kind in
      let last = stops(kind).count - 1
      let stops = (0...last).map { index in
        let place = Double(index) / Double(last)
        return #"<stop offset="\#(SVG.number(place))" stop-color="\#(color(kind, at: place))"/>"#
      }
      return #"<linearGradient id="\#(kind.rawValue)" x1="0" y1="1" x2="0" y2="0">\#(stops.joined())</linearGradient>"#
    }
    return gradients.joined()
      + #"<pattern id="missing" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">"#
      + ##"<path d="M0 0v5" stroke="#8d979f" stroke-width="2"/></pattern>"##
  }()

  /// The colours of the axis beside a plot, with ticks to their right and a name above.
  ///
  /// - Parameter frame: the bar's.
  func bar(in frame: Frame, name: String) -> [String] {
    var elements = [
      #"<rect x="\#(SVG.number(frame.left))" y="\#(SVG.number(frame.top))" width="\#(SVG.number(frame.width))" "#
        + #"height="\#(SVG.number(frame.height))" fill="url(#\#(kind.rawValue))"/>"#
    ]
    for (value, text) in axis.ticks(atMost: max(2, Int(frame.height / 34))) {
      let y = frame.bottom - (axis.place(value) ?? 0) * frame.height
      elements.append(
        #"<path d="M\#(SVG.number(frame.right)) \#(SVG.number(y))h4" stroke="\#(SVG.faint)"/>"#)
      elements.append(SVG.text(text, x: frame.right + 7, y: y + 4, size: 11, color: SVG.faint))
    }
    if !name.isEmpty {
      let (x, y) = (SVG.number(frame.right + Self.nameOffset(axis, frame.height)), SVG.number(frame.middle))
      elements.append(
        SVG.text(
          SVG.fitted(name, width: frame.height, size: 11), x: frame.right + Self.nameOffset(axis, frame.height),
          y: frame.middle, size: 11, color: SVG.ink,
          attributes: #"text-anchor="middle" transform="rotate(-90 \#(x) \#(y))""#))
    }
    return elements
  }

  /// The width of a bar with its ticks and its name, of a height.
  func barWidth(height: Double, name: String) -> Double {
    14 + Self.nameOffset(axis, height) + (name.isEmpty ? 0 : 4)
  }

  private static func nameOffset(_ axis: PlotAxis, _ height: Double) -> Double {
    let widths = axis.ticks(atMost: max(2, Int(height / 34))).map { SVG.textWidth($0.text, size: 11) }
    return 7 + (widths.max() ?? 0) + 14
  }
}

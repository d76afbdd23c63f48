import Foundation

/// A parameter's values, one per region in their order, as dots on stems from where they started.
struct RegionPanel: Panel {
  var title: String
  var note = ""
  /// One per region; what is not finite is left out.
  var values: [Double]
  /// Where the fit started, one per region; nil where there is nothing to compare with.
  var start: [Double]?
  /// The parameter with its unit.
  var name: String
  var labels: [String]?
  /// One per region; neighbours of the same name are a group.
  var groups: [String]?

  /// The largest number of regions that are drawn.
  static let maximumDots = 2000

  private func ticks(width: Double) -> RegionTicks {
    RegionTicks(count: values.count, labels: labels, groups: groups, cell: (width - 60) / Double(max(values.count, 1)))
  }

  /// The pixels below the axis.
  private func labelHeight(width: Double) -> Double {
    let ticks = ticks(width: width)
    return ticks.isUpright ? ticks.width(atMost: 90) + 10 : ticks.isNumbered ? 38 : 20
  }

  func height(width: Double) -> Double { (start == nil ? 0 : 20) + 150 + labelHeight(width: width) }

  func elements(in frame: Frame) -> [String] {
    let start = start.flatMap { $0.count == values.count ? $0 : nil }
    let (count, below) = (values.count, labelHeight(width: frame.width))
    let axes = Axes(
      x: PlotAxis(from: 0, to: Double(max(count, 1))),
      y: PlotAxis(covering: values + (start ?? []), padding: 0.06), xName: "", yName: name,
      in: Frame(
        left: frame.left, top: frame.top + (self.start == nil ? 0 : 20), width: frame.width, height: 150 + 22))
    var elements = axes.yElements
    elements += tickElements(axes, below)
    let stride = max(1, (count + Self.maximumDots - 1) / Self.maximumDots)
    let drawn = Swift.stride(from: 0, to: count, by: stride)
    let points = drawn.compactMap { axes.point(Double($0) + 0.5, values[$0]) }
    if let start {
      elements += Axes.legend(
        [("fitted", Axes.colors[0], ""), ("start", SVG.faint, "")],
        in: Frame(left: axes.plot.left, top: frame.top, width: axes.plot.width, height: 18))
      let stems = drawn.compactMap { region -> String? in
        guard let from = axes.point(Double(region) + 0.5, start[region]),
          let to = axes.point(Double(region) + 0.5, values[region])
        else { return nil }
        return SVG.path([from, to])
      }
      if !stems.isEmpty {
        elements.append(
          #"<path d="\#(stems.joined())" fill="none" stroke="\#(Axes.colors[0])" stroke-opacity="0.45"/>"#)
      }
      // From edge to edge of the regions: a common start is a straight line through all of them.
      elements += axes.line(
        drawn.flatMap { [Double($0), Double(min($0 + stride, count))] }, drawn.flatMap { [start[$0], start[$0]] },
        color: SVG.faint, width: 1.2)
    }
    if !points.isEmpty {
      let room = axes.plot.width / Double(max(points.count, 1))
      elements.append(Axes.dots(points, color: Axes.colors[0], diameter: min(max(room * 0.8, 1.6), 6)))
    }
    return elements
  }

  private func tickElements(_ axes: Axes, _ below: Double) -> [String] {
    let ticks = RegionTicks(
      count: values.count, labels: labels, groups: groups, cell: axes.plot.width / Double(max(values.count, 1)))
    let cell = axes.plot.width / Double(max(values.count, 1))
    var elements = ticks.boundaries.map { boundary in
      #"<path d="M\#(SVG.number(axes.plot.left + Double(boundary) * cell)) \#(SVG.number(axes.plot.top))"#
        + #"v\#(SVG.number(axes.plot.height))" stroke="\#(SVG.faint)" stroke-opacity="0.5"/>"#
    }
    for (place, text) in ticks.ticks {
      let x = axes.plot.left + place * cell
      let label = SVG.shortened(text, width: 90, size: RegionTicks.size)
      if ticks.isUpright {
        let (dx, dy) = (x + 3.5, axes.plot.bottom + 6)
        elements.append(
          SVG.text(
            label, x: dx, y: dy, size: RegionTicks.size, color: SVG.faint,
            attributes: #"text-anchor="end" transform="rotate(-90 \#(SVG.number(dx)) \#(SVG.number(dy)))""#))
      } else {
        elements.append(
          SVG.text(
            text, x: x, y: axes.plot.bottom + 15, size: RegionTicks.size, color: SVG.faint,
            attributes: #"text-anchor="middle""#))
      }
    }
    if ticks.isNumbered {
      elements.append(
        SVG.text(
          "region", x: axes.plot.center, y: axes.plot.bottom + 33, size: 12, color: SVG.ink,
          attributes: #"text-anchor="middle""#))
    }
    return elements
  }
}

/// Parameters that all regions share, as lines of text: where they started and what was fitted.
struct SharedParametersPanel: Panel {
  struct Parameter {
    var name: String
    var start: Double?
    var fitted: Double
    /// Empty for none.
    var unit = ""
  }

  var title: String
  var note = ""
  var parameters: [Parameter]

  static let maximumLines = 16
  private static let (lineHeight, size) = (20.0, 12)

  private var lines: ArraySlice<Parameter> { parameters.prefix(Self.maximumLines) }

  func height(width: Double) -> Double {
    Double(lines.count + (parameters.count > lines.count ? 1 : 0)) * Self.lineHeight + 4
  }

  func elements(in frame: Frame) -> [String] {
    func width(_ texts: [String]) -> Double { texts.map { SVG.textWidth($0, size: Self.size) }.max() ?? 0 }
    func value(_ x: Double) -> String { x.isFinite ? SVG.value(x, digits: 5) : "not a number" }
    let names = lines.map { SVG.fitted($0.name, width: frame.width * 0.4, size: Self.size) }
    let starts = lines.map { $0.start.map(value) ?? "" }
    let startRight = frame.left + width(names) + 16 + width(starts)
    var elements: [String] = []
    for (row, (parameter, name)) in zip(lines, names).enumerated() {
      let y = frame.top + Double(row) * Self.lineHeight + 14
      let unit = parameter.unit.isEmpty ? "" : " \(parameter.unit)"
      elements.append(SVG.text(name, x: frame.left, y: y, size: Self.size, color: SVG.ink))
      if parameter.start != nil {
        elements.append(
          SVG.text(
            starts[row], x: startRight, y: y, size: Self.size, color: SVG.faint, attributes: #"text-anchor="end""#))
        elements.append(SVG.text("→", x: startRight + 8, y: y, size: Self.size, color: SVG.faint))
      }
      elements.append(
        SVG.text(
          value(parameter.fitted) + unit, x: startRight + 28, y: y, size: Self.size, color: Axes.colors[0],
          attributes: #"font-weight="bold""#))
    }
    if parameters.count > lines.count {
      elements.append(
        SVG.text(
          "and \(grouped(parameters.count - lines.count)) more", x: frame.left,
          y: frame.top + Double(lines.count) * Self.lineHeight + 14, size: Self.size, color: SVG.faint))
    }
    return elements
  }
}

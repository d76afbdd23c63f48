import DelayNet
import Foundation

/// A picture of a series: the traces of up to twenty nodes, one above the other, as a self-contained SVG.
///
/// A long series is drawn in columns: a light band from the smallest to the largest value in each, and the mean as a line,
/// so that the size of the file does not depend on the number of steps.
struct SeriesPlot {
  /// One node's series.
  struct Trace {
    let label: String
    let values: [Double]
  }

  var title: String
  var subtitle: String
  var traces: [Trace]
  /// The time of one step in ms; nil counts in steps.
  var timeStep: Double?
  /// What the traces' values are in units of.
  private var valueUnit = 1.0

  init(title: String, subtitle: String, traces: [Trace], timeStep: Double?) {
    (self.title, self.subtitle, self.traces, self.timeStep) = (title, subtitle, traces, timeStep)
  }

  // Sizes in pixels.
  private static let rowHeight = 30.0
  private static let (left, right, top, bottom) = (92.0, 34.0, 84.0, 58.0)
  private static let columns = 520
  private static let maximumTraces = 20

  private var plotWidth: Double { SVG.width - Self.left - Self.right }
  private var plotHeight: Double { Double(traces.count) * Self.rowHeight }
  private var height: Double { Self.top + plotHeight + Self.bottom }

  /// The whole file.
  ///
  /// - Precondition: all values are finite.
  var svg: String {
    let divisor = Self.powerOfTwo(near: traces.lazy.flatMap(\.values))
    if divisor != 1 {
      var smaller = self
      smaller.traces = traces.map { Trace(label: $0.label, values: $0.values.map { $0 / divisor }) }
      smaller.valueUnit = divisor
      return smaller.svg
    }
    return SVG.document(title: title, subtitle: subtitle, x: Self.left, height: height, axis + traceElements)
  }
}

extension SeriesPlot {
  /// The picture of a run's output.
  ///
  /// - Parameter window: the steps that each drawn value is the mean of.
  init<Scalar: DelayNetScalar>(
    _ output: Buffer<Scalar>, of loaded: LoadedNetwork<Scalar>, scale: Double, noiseGain: Double, window: Int
  ) {
    let network = loaded.network
    let steps = "\(grouped(output.steps)) steps"
    var parts = ["\(grouped(network.nodes)) nodes", "\(grouped(network.edges)) edges"]
    parts.append(network.timeStep.map { "\(steps) of \(rounded($0)) ms" } ?? steps)
    if let speed = loaded.speed { parts.append("conduction at \(rounded(speed)) mm/ms") }
    let delays = "delays \(network.delays.min() ?? 0) … \(network.delays.max() ?? 0) steps"
    var notes = "scale \(rounded(scale)) · noise gain \(rounded(noiseGain))"
    if window > 1 {
      let time = network.timeStep.map { "\(rounded($0 * Double(window))) ms" } ?? "\(window) steps"
      notes += " · moving means over \(time)"
    }
    let name = URL(fileURLWithPath: loaded.origin).lastPathComponent
    let shown = Self.spread(network.nodes)
    self.init(
      title: parts.joined(separator: " · "),
      subtitle: "\(name) · \(delays) · \(notes)",
      traces: shown.map { node in
        Trace(
          label: loaded.labels?[node] ?? "\(node)",
          values: Self.movingMeans(output.row(node).dropFirst(output.history).map { Double($0) }, over: window))
      },
      timeStep: network.timeStep)
  }

  /// The means of the values in a window around each; at the ends, of the part of the window that there is.
  static func movingMeans(_ values: [Double], over window: Int) -> [Double] {
    if window == 1 { return values }
    let unit = powerOfTwo(near: values)
    if unit != 1 { return movingMeans(values.map { $0 / unit }, over: window).map { $0 * unit } }
    var sums = [0.0]
    for value in values { sums.append(sums.last! + value) }
    return values.indices.map { index in
      let first = max(index - window / 2, 0)
      let end = min(first == 0 ? index - window / 2 + window : first + window, values.count)
      return (sums[end] - sums[first]) / Double(end - first)
    }
  }

  /// What values are to be divided by so that their sums and differences are numbers: 1 unless they are very large or all of
  /// them very small.
  private static func powerOfTwo(near values: some Sequence<Double>) -> Double {
    let largest = values.reduce(0) { max($0, abs($1)) }
    return largest == 0 || 1e-200...1e200 ~= largest ? 1 : largest.binade
  }

  /// Up to twenty nodes at equal distances, the first and the last among them.
  static func spread(_ nodes: Int) -> [Int] {
    if nodes <= maximumTraces { return Array(0..<nodes) }
    return (0..<maximumTraces).map { $0 * (nodes - 1) / (maximumTraces - 1) }
  }
}

// ---- Traces ----------------------------------------------------------------------------------------------------------

extension SeriesPlot {
  /// The value that a trace's line stands for at its baseline, and pixels per unit: common to all traces.
  private var unit: Double {
    let deviations = traces.flatMap { trace in
      let mean = trace.values.reduce(0, +) / Double(max(trace.values.count, 1))
      return Self.decimated(trace.values).flatMap { [abs($0.low - mean), abs($0.high - mean)] }
    }.sorted()
    guard let last = deviations.last, last > 0 else { return 1 }
    // The largest deviations may reach into the neighbours' rows.
    let typical = deviations[deviations.count * 9 / 10]
    return 0.5 * Self.rowHeight / (typical > 0 ? typical : last)
  }

  private struct Column {
    let low, mean, high: Double
  }

  /// The series in columns; a short series has a column a step.
  private static func decimated(_ values: [Double]) -> [Column] {
    let count = min(values.count, columns)
    return (0..<count).map { column in
      let part = values[(column * values.count / count)..<((column + 1) * values.count / count)]
      return Column(low: part.min()!, mean: part.reduce(0, +) / Double(part.count), high: part.max()!)
    }
  }

  private var traceElements: [String] {
    let unit = unit
    return traces.enumerated().flatMap { row, trace in
      let middle = Self.top + (Double(row) + 0.5) * Self.rowHeight
      let color = Self.color(row, of: traces.count)
      let mean = trace.values.reduce(0, +) / Double(max(trace.values.count, 1))
      let columns = Self.decimated(trace.values)
      let step = plotWidth / Double(max(columns.count, 1))
      let isDecimated = columns.count < trace.values.count
      func points(_ value: (Column) -> Double) -> [SIMD2<Double>] {
        columns.enumerated().map { index, column in
          let y = middle - (value(column) - mean) * unit
          let reach = 3 * Self.rowHeight
          return SIMD2(
            Self.left + (Double(index) + (isDecimated ? 0.5 : 0)) * step, min(max(y, middle - reach), middle + reach))
        }
      }
      var elements = [
        SVG.text(
          trace.label, x: Self.left - 10, y: middle + 4, size: 11, color: color, attributes: #"text-anchor="end""#)
      ]
      if isDecimated {
        let outline = points(\.high) + points(\.low).reversed()
        elements.append(##"<path d="\##(SVG.path(outline))z" fill="\##(color)" fill-opacity="0.2"/>"##)
      }
      elements.append(
        ##"<path d="\##(SVG.path(points(\.mean)))" fill="none" stroke="\##(color)" stroke-width="1.1" "##
          + #"stroke-linejoin="round"/>"#)
      return elements
    }
  }

  /// Colours from blue over violet to red, dark enough for thin lines on a light ground.
  private static func color(_ row: Int, of count: Int) -> String {
    let stops: [SIMD3<Double>] = [
      SIMD3(0, 107, 133), SIMD3(37, 84, 168), SIMD3(98, 66, 165), SIMD3(158, 46, 130), SIMD3(190, 58, 70),
    ]
    let place = count < 2 ? 0 : Double(row) / Double(count - 1) * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    let mixed = stops[index] + (stops[index + 1] - stops[index]) * (place - Double(index))
    return String(format: "#%02x%02x%02x", Int(mixed.x), Int(mixed.y), Int(mixed.z))
  }
}

// ---- Axis and text ---------------------------------------------------------------------------------------------------

extension SeriesPlot {
  private var steps: Int { traces.first?.values.count ?? 0 }

  /// Grid lines with their times, the name of the axis, and the scale of the values.
  private var axis: [String] {
    let duration = Double(steps) * (timeStep ?? 1)
    let base = Self.top + plotHeight + 6
    var elements: [String] = []
    for tick in SVG.ticks(duration) {
      let x = Self.left + (duration > 0 ? tick / duration * plotWidth : 0)
      elements.append(
        ##"<path d="M\##(SVG.number(x)) \##(SVG.number(Self.top - 8))V\##(SVG.number(base))" stroke="\##(SVG.grid)"/>"##
      )
      elements.append(
        SVG.text(
          tick == tick.rounded() && tick < 1e15 ? grouped(Int(tick)) : SVG.number(tick), x: x, y: base + 16, size: 11,
          color: SVG.faint, attributes: #"text-anchor="middle""#))
    }
    elements.append(
      SVG.text(
        timeStep == nil ? "step" : "time (ms)", x: Self.left + plotWidth / 2, y: base + 38, size: 12, color: SVG.ink,
        attributes: #"text-anchor="middle""#))

    // Round in the values' own unit.
    let value = SVG.roundDown(min(Self.rowHeight / unit * valueUnit, .greatestFiniteMagnitude))
    let length = value / valueUnit * unit
    let x = SVG.width - Self.right + 10
    let y = Self.top + plotHeight - Self.rowHeight / 2
    elements.append(
      ##"<path d="M\##(SVG.number(x)) \##(SVG.number(y))v\##(SVG.number(-length))" stroke="\##(SVG.ink)" stroke-width="2"/>"##
    )
    elements.append(
      SVG.text(
        1e-4...1e9 ~= value ? SVG.number(value) : String(format: "%.3g", value), x: x + 1, y: y + 14, size: 11,
        color: SVG.ink, attributes: #"text-anchor="middle""#))
    return elements
  }
}

import DelayNet
import DelayNetFit
import DelayNetIO

/// The picture of a sweep: its loss, and of each observable the mean over its entries, over the axes.
struct SweepPlot {
  let sweep: SweepParts
  let model: NodeModel
  let title, subtitle: String

  /// Panels beyond this would be too small to be read.
  static let maximumPanels = 6

  /// The whole file, from the sweep's complete output.
  func svg() throws -> String {
    let archive = try NPZArchive(path: sweep.output)
    let axes = sweep.axes.map { axis in
      SweepPanel.Axis(name: axis.name, unit: unit(of: axis.quantity), values: axis.values)
    }
    var panels: [any Panel] = []
    // The loss first: it says which point is the best.
    let order = sweep.outputs.filter { $0.name == "loss" } + sweep.outputs.filter { $0.name != "loss" }
    for output in order.prefix(Self.maximumPanels) {
      let values = try archive[output.name].values(as: Double.self)
      let means = (0..<sweep.points).map { point in
        Self.mean(Array(values[(point * output.count)..<((point + 1) * output.count)]), of: output)
      }
      let name = output.count == 1 || output.name == "mean" ? output.name : "mean \(output.name)"
      panels.append(
        SweepPanel(
          title: name, axes: axes, values: means, quantity: name, best: output.name == "loss" ? .lowest : nil))
    }
    let rows = stride(from: 0, to: panels.count, by: 2).map { Array(panels[$0..<min($0 + 2, panels.count)]) }
    return Figure(title: title, subtitle: subtitle, rows: rows).svg
  }

  private func unit(of quantity: SweepAxis.Quantity) -> String {
    switch quantity {
    case .conductionSpeed: "mm/ms"
    case .parameter(let name): model.parameters.first { $0.name == name }?.unit ?? ""
    case .coupling, .sigma: ""
    }
  }

  /// The mean of an observable's entries; of correlations of all pairs, those off the diagonal.
  static func mean(_ values: [Double], of output: SweepOutput) -> Double {
    // Behind the name of one of several lags stands the lag.
    let kind = output.name.prefix { $0 != "_" }
    let isOfPairs = ["fc", "fcd", "covariance"].contains(kind) && output.rows == output.columns
    let chosen = values.indices.filter { !isOfPairs || $0 / output.columns != $0 % output.columns }
    return chosen.reduce(0) { $0 + values[$1] } / Double(chosen.count)
  }
}

/// The picture of what was computed of a series: a panel for each observable.
struct ObservedPlot {
  let title, subtitle: String
  /// In ms.
  let samplingStep: Double
  private var panels: [any Panel] = []

  init(title: String, subtitle: String, samplingStep: Double) {
    (self.title, self.subtitle, self.samplingStep) = (title, subtitle, samplingStep)
  }

  /// Adds an observable; single numbers have no panel.
  mutating func add(_ observable: any SeriesObservable, _ value: Matrix<Double>) {
    /// ", 1,000 ms later", of several lags.
    func later(_ lag: Int) -> String {
      observable.name.contains("_lag") ? ", \(rounded(Double(lag) * samplingStep)) ms later" : ""
    }
    switch observable {
    case let connectivity as FunctionalConnectivity:
      panels.append(
        MatrixPanel(
          title: "Functional connectivity\(later(connectivity.lag))", matrices: [.init(value.values)], quantity: "r",
          scale: .correlation))
    case let covariance as Covariance:
      panels.append(
        MatrixPanel(
          title: "Covariance\(later(covariance.lag))", matrices: [.init(value.values)], quantity: "covariance",
          scale: .symmetric))
    case let dynamics as FunctionalConnectivityDynamics:
      let minute = 60_000.0
      panels.append(
        MatrixPanel(
          title: "Functional connectivity dynamics", matrices: [.init(value.values)], quantity: "r",
          scale: .correlation,
          axis: .minutes(
            first: Double(dynamics.window) / 2 * samplingStep / minute,
            step: Double(dynamics.step) * samplingStep / minute)))
    case let spectrum as PowerSpectrum:
      panels.append(SpectrumPanel(title: "Power spectrum", frequencies: spectrum.frequencies, power: value.values))
    default:
      guard value.columns == 1, value.rows > 1 else { return }
      panels.append(RegionPanel(title: observable.name, values: value.values, name: observable.name))
    }
  }

  /// The whole file; nil where there is nothing to draw.
  var svg: String? {
    if panels.isEmpty { return nil }
    let rows = stride(from: 0, to: panels.count, by: 2).map { Array(panels[$0..<min($0 + 2, panels.count)]) }
    return Figure(title: title, subtitle: subtitle, rows: rows).svg
  }
}

import DelayNet
import DelayNetFit

/// The picture of a fit: the loss, observed beside target, the two against each other, and what was free.
struct FitPicture<Scalar: DelayNetScalar> {
  let fit: Fit<Scalar>
  let target: Matrix<Double>
  /// What the monitor saw at the smallest loss.
  let series: StateArray<Scalar>?
  let labels: [String]?
  /// Where the weights came from.
  let origin: String
  /// The loss by its name on the command line.
  let lossName: String

  func svg() -> String {
    let best = fit.best
    var rows: [[any Panel]] = []
    let observed = series.flatMap { try? FunctionalConnectivity().value(of: $0) }
    let losses = CurvePanel(
      title: "Loss", curves: [.init(fit.log.map(\.loss))], xName: "iteration", yName: lossName, best: .lowest)
    if let observed {
      rows.append([
        MatrixPanel(
          title: "Functional connectivity",
          matrices: [.init(name: "observed", observed.values), .init(name: "target", target.values)],
          quantity: "correlation", scale: .correlation, hidesDiagonal: true, axis: .regions(labels: labels))
      ])
      rows.append([
        losses,
        ScatterPanel(
          title: "Every two regions", x: upperTriangle(target), y: upperTriangle(observed), xName: "target",
          yName: "observed"),
      ])
    } else {
      rows.append([losses])
    }
    let start = fit.log.first?.values ?? []
    var shared: [SharedParametersPanel.Parameter] = []
    for (index, parameter) in best.values.enumerated() {
      let begin = start.indices.contains(index) ? start[index].values : nil
      if parameter.values.count == 1 {
        shared.append(.init(name: parameter.name, start: begin?[0], fitted: parameter.values[0]))
      } else {
        let isRegional = parameter.values.count == fit.problem.nodes
        rows.append([
          RegionPanel(
            title: "\(parameter.name)\(isRegional ? " of every region" : "")", values: parameter.values, start: begin,
            name: parameter.name, labels: isRegional ? labels : nil)
        ])
      }
    }
    if !shared.isEmpty {
      rows.append([SharedParametersPanel(title: "Parameters of all regions", parameters: shared)])
    }
    let problem = fit.problem
    return Figure(
      title: "\(problem.model.title) fitted to functional connectivity · \(grouped(problem.nodes)) regions",
      subtitle:
        "\(origin) · runs of \(rounded(Double(fit.steps) * problem.timeStep / 1000)) s · \(fit.log.count) iterations · "
        + "loss \(rounded(fit.log.first?.loss ?? .nan)) → \(rounded(best.loss))",
      rows: rows
    ).svg
  }

  private func upperTriangle(_ matrix: Matrix<Double>) -> [Double] {
    (0..<matrix.rows).flatMap { row in (0..<row).map { matrix[$0, row] } }
  }
}

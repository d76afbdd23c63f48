internal import CKernels

/// How a stochastic network is stepped through time: a line of the library's register.
///
/// n stands for σ√dt·z(t) + dt·u(t), the same in every stage.
public struct Scheme: Sendable, Hashable, CaseIterable {
  /// What the command line calls it.
  public let name: String
  /// What people call it.
  public let title: String
  /// Where it is described.
  public let source: String
  /// 2 for a scheme with a corrector, whose coupling ``CouplingStage`` chooses.
  public let stages: Int
  let code: dn_scheme

  /// Every scheme of the register.
  public static let allCases: [Scheme] = (0..<dn_scheme_count()).compactMap(Scheme.init)
  /// p = s + dt·F(s, c(t)) + n; then s + dt/2·(F(s, c(t)) + F(p, c(t + 1))) + n.
  public static let heun = allCases[Int(DN_SCHEME_HEUN)]
  /// s + dt·F(s, c(t)) + n.
  public static let eulerMaruyama = allCases[Int(DN_SCHEME_EULER)]

  /// The scheme of a name; nil where there is none.
  public static func named(_ name: String) -> Scheme? { allCases.first { $0.name == name } }

  init?(_ code: dn_scheme) {
    guard let description = dn_scheme_describe(code)?.pointee else { return nil }
    name = String(cString: description.name)
    title = String(cString: description.title)
    source = String(cString: description.source)
    stages = Int(description.stages)
    self.code = code
  }
}

/// What the second stage of a scheme is coupled to.
public enum CouplingStage: String, Sendable, CaseIterable {
  /// The next step's coupling; where delays are zero, the predictors of their sources.
  case aware
  /// This step's coupling once more, as The Virtual Brain does.
  case frozen

  var code: dn_stage { self == .aware ? DN_STAGE_AWARE : DN_STAGE_FROZEN }
}

/// What a node is coupled to.
public enum CouplingKind: String, Sendable, CaseIterable {
  /// c_i = Σ w·y_j(t − d).
  case linear
  /// c_i = Σ w·(y_j(t − d) − y_i(t)): diffusive.
  case difference

  var code: dn_coupling_kind { self == .linear ? DN_COUPLING_LINEAR : DN_COUPLING_DIFFERENCE }
}

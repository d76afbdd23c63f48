internal import CKernels

extension NodeModel {
  /// Reads a model from its text; the language is described in <doc:TheLanguageOfModels>.
  ///
  ///     let relaxation = try NodeModel(
  ///       text: """
  ///         model relaxation
  ///         parameter a = 1 in 0..10
  ///         state x from -1..1
  ///         coupling c of x
  ///         x' = -a*x + c
  ///         """)
  ///
  /// It can be used wherever one of the register can, with the same derivatives: the library differentiates the equations, and
  /// computes both without a compiler. The register does not get to know it.
  ///
  /// - Throws: ``DelayNetError/badModelText(line:column:message:)``, ``DelayNetError/tooLarge``,
  ///   ``DelayNetError/outOfMemory``.
  /// - Complexity: O(characters + operations), about a millisecond for the largest models of the register.
  public init(text: String) throws(DelayNetError) {
    var (text, model, error) = (text, UnsafeMutablePointer<dn_model>?.none, dn_text_error())
    let status = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        // Of nothing there is no address, and the C library wants one.
        var nothing: CChar = 0
        return withUnsafePointer(to: &nothing) {
          dn_model_parse(characters.baseAddress ?? $0, characters.count, nil, &model, &error)
        }
      }
    }
    if status == DN_BAD_TEXT {
      let message = withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      throw .badModelText(line: Int(error.line), column: Int(error.column), message: message)
    }
    try check((status, noPlace))
    guard let model else { throw .outOfMemory }
    self.init(model, parsed: ParsedModel(model, text))
  }

  /// What tells a model from others where only a name is kept: of one that was read from a text, its digest as well.
  package var identity: String { parsed.map { "\(name) \($0.digest)" } ?? name }

  /// The text of a model that was read from one, for fingerprints: "321 bytes, digest 0123456789abcdef". Nil for the register's,
  /// which their name says all about.
  var textForFingerprint: String? { parsed.map { "\($0.text.utf8.count) bytes, digest \($0.digest)" } }
}

/// A model that was read from a text, which goes with the last copy of its ``NodeModel``.
final class ParsedModel: @unchecked Sendable {
  // Unchecked: the C object is read only, until nobody has it any more.
  private let handle: UnsafeMutablePointer<dn_model>
  let text: String
  let digest: String

  init(_ handle: UnsafeMutablePointer<dn_model>, _ text: String) {
    self.handle = handle
    self.text = text
    var digest = Digest()
    digest.add(UInt64(text.utf8.count))
    for byte in text.utf8 { digest.add(UInt64(byte)) }
    self.digest = digest.text
  }

  deinit { dn_model_destroy(handle) }
}

extension NodeModel {
  /// What the library has made of a model's text.
  public struct Report: Sendable, Equatable {
    /// The nodes of the expression graph, in which what occurs several times is there once.
    public let nodes: Int
    /// The rows that depend on parameters alone, and are computed once a run.
    public let derivedRows: Int
    /// The operations of a node's Heun step, without its delayed sums.
    public let operations: Int
    /// Those of the step's reverse and forward derivatives.
    public let pullbackOperations, tangentOperations: Int
    /// The rows of nodes that a step works in, and its reverse derivative.
    public let rows, pullbackRows: Int
  }

  /// What the library has made of the model's text; nil where kernels of its own compute it.
  public var report: Report? {
    var report = dn_model_report()
    dn_model_describe(handle, &report)
    extendLifetime(parsed)
    guard report.nodes > 0 else { return nil }
    return Report(
      nodes: Int(report.nodes), derivedRows: Int(report.derived), operations: Int(report.operations),
      pullbackOperations: Int(report.vjp_operations), tangentOperations: Int(report.jvp_operations),
      rows: Int(report.rows), pullbackRows: Int(report.vjp_rows))
  }
}

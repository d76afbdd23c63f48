/// With which settings a run is made: a short text for each, numbers as they are, arrays by a digest.
///
/// Two runs of equal fingerprints that begin at the same carry have the same bits. ``Problem/fingerprint()`` takes one,
/// ``NetworkCarry/fingerprint`` keeps it for whoever continues the run, and ``differences(from:)`` names what has changed.
public struct Fingerprint: Sendable, Hashable {
  /// One setting: coupling 0.5.
  public struct Setting: Sendable, Hashable {
    /// What is set, in words: "time step", "parameter eta".
    public let name: String
    /// What it is set to: a number, a word, or how many numbers of which range and with which digest.
    public let value: String

    /// A setting of the given name and value.
    public init(name: String, value: String) { (self.name, self.value) = (name, value) }
  }

  /// A setting in which two fingerprints differ.
  public struct Difference: Sendable, Hashable, CustomStringConvertible {
    /// What is set.
    public let name: String
    /// What it is set to; nil where it is not set.
    public let value: String?
    /// What it was set to in the other fingerprint; nil where it was not set.
    public let other: String?

    /// "coupling 0.02 instead of 0.01".
    public var description: String { "\(name) \(value ?? "none") instead of \(other ?? "none")" }
  }

  /// The settings, those of ``Problem/fingerprint()`` in the order of their register.
  public let settings: [Setting]

  /// A fingerprint of the given settings, for instance from a file.
  public init(settings: [Setting]) { self.settings = settings }

  /// What a setting is set to; nil where it is not set.
  public subscript(name: String) -> String? { settings.first { $0.name == name }?.value }

  /// The settings in which a fingerprint differs from another one: its own in their order, then those that only the other has.
  ///
  /// - Complexity: O(settings²), of which there are some dozens.
  public func differences(from other: Fingerprint) -> [Difference] {
    let names = settings.map(\.name)
    return (names + other.settings.map(\.name).filter { !names.contains($0) }).compactMap { name in
      let (mine, theirs) = (self[name], other[name])
      return mine == theirs ? nil : Difference(name: name, value: mine, other: theirs)
    }
  }
}

/// A digest of numbers for telling arrays apart, not for keeping secrets.
///
/// Every step is a bijection of the state, so that two sequences which differ in one number never have the same digest;
/// others do with a chance of about 2⁻⁶⁴.
package struct Digest {
  private var state: UInt64 = 0x6a09_e667_f3bc_c908

  package init() {}

  /// The digest as 16 hexadecimal digits.
  package var text: String {
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    let digits = String(z ^ z >> 31, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  package mutating func add(_ word: UInt64) {
    let mixed = (state ^ word) &* 0x9e37_79b9_7f4a_7c15
    state = mixed ^ mixed >> 32
  }

  package mutating func add(_ number: Double) { add(number.bitPattern) }
}

// A saved carry, all numbers little-endian:
//
//   bytes 0–7     \x8fDNCARRY
//   bytes 8–11    version, 3; 1 and 2 were of an older DelayNet
//   bytes 12–15   bytes of a number, 4 or 8
//   then          states S, coupling variables C, nodes N, history columns H, step, rows R of what monitors keep:
//                 8 bytes each
//   bytes 64–67   bytes of the monitors' text M
//   bytes 68–71   bytes of the model's name, 1 … 56
//   bytes 72–127  the name, filled up with zeros
//   bytes 128–135 the step that the run was to reach, 0 if nobody said
//   bytes 136–139 CRC-32 of the bytes before
//   bytes 140–143 bytes of the fingerprint F, 0 without one
//   then          state (S, N), history (C, N, H), what monitors keep (R, N)
//   then          the monitors, UTF-8: for each its kind, a tab, the steps of a column, a tab, the names of its states with a
//                 comma behind each, or * for all, a line feed. Before it, of BOLD: a tab, the steps of an interim mean, a tab,
//                 its constants with a comma behind each; of a projection: a tab, rows, a tab, nodes, a tab, the reference as in
//                 C, a tab, the digest of the matrix
//   then          the fingerprint, UTF-8: for every setting its name, a tab, its value, a line feed
//   last 4 bytes  CRC-32 of everything before

/// How a saved carry writes a monitor.
struct SavedMonitor: Equatable {
  var kind: String
  /// The steps of a column.
  var every: Int
  /// The names of the states that it reads, nil for all.
  var states: [String]?
  /// BOLD: the steps of an interim mean, 0 for others; the constants.
  var interim = 0
  var constants: [Double] = []
  /// A projection's matrix.
  var gain: SavedGain?
}

/// What a saved carry says of a gain matrix.
struct SavedGain: Equatable {
  var rows, nodes, reference: Int
  var digest: String
}

/// A saved carry without the simulator's types: what the file holds, and no more.
struct SavedCarry<Element: NPYElement & BinaryFloatingPoint> {
  var model: String
  var step: Int
  /// The step that the run was to reach, 0 if nobody said.
  var goal: Int
  var monitors: [SavedMonitor]
  /// `monitoredRows` are the rows of what the monitors keep.
  var states, couplings, nodes, history, monitoredRows: Int
  var state, columns, monitored: [Element]
  /// Names and values of the settings that the run was made with, nil if nobody said.
  var settings: [(name: String, value: String)]?
}

extension SavedCarry {
  init(path: String) throws(FileError) {
    let file = try InputFile(path: path)
    try CarryHeader.checkMagic(file.firstBytes(), file.name)
    try self.init(size: file.size, file.name) { count throws(FileError) in try file.read(count: count) }
  }

  init(bytes: [UInt8], name: String = "bytes") throws(FileError) {
    var place = 0
    try CarryHeader.checkMagic(bytes.prefix(FileFormat.byteCount), FileName(file: name))
    try self.init(size: bytes.count, FileName(file: name)) { count in
      defer { place += count }
      return Array(bytes[place..<(place + count)])
    }
  }

  /// Reads a carry of `size` bytes; `read` hands over the next of them.
  private init(
    size: Int, _ name: FileName, read: (Int) throws(FileError) -> [UInt8]
  ) throws(FileError) {
    let width = MemoryLayout<Element>.size
    let header = try CarryHeader(
      try read(min(size, CarryHeader.byteCount)), fileSize: size, scalarBytes: width, name)
    let rest = try read(size - CarryHeader.byteCount)
    let payload = rest.count - 4
    var sum = CRC32()
    sum.add(header.bytes)
    sum.add(rest[..<payload])
    let found = littleEndian(rest[payload...])
    guard found == UInt64(sum.value) else {
      throw name.error(
        .malformed, at: .byte(CarryHeader.byteCount), found: "numbers whose checksum is \(sum.value)",
        expected: "\(found), the one at the end of the file")
    }
    var offset = 0
    func array(_ count: Int) -> [Element] {
      let values = [Element](unsafeUninitializedCapacity: count) { target, filled in
        for n in 0..<count {
          let bits = littleEndian(rest[(offset + n * width)..<(offset + (n + 1) * width)])
          target.initializeElement(at: n, to: number(bits))
        }
        filled = count
      }
      offset += count * width
      return values
    }
    self.init(
      model: header.model, step: header.step, goal: header.goal, monitors: [],
      states: header.states, couplings: header.couplings, nodes: header.nodes, history: header.history,
      monitoredRows: header.rows, state: array(header.states * header.nodes),
      columns: array(header.couplings * header.nodes * header.history),
      monitored: array(header.rows * header.nodes), settings: nil)
    monitors = try Self.monitors(
      rest[offset..<(offset + header.monitorBytes)], at: CarryHeader.byteCount + offset, name)
    offset += header.monitorBytes
    if header.fingerprintBytes > 0 {
      settings = try Self.settings(rest[offset..<payload], at: CarryHeader.byteCount + offset, name)
    }
  }

  /// The bytes of the file.
  ///
  /// - Throws: ``FileError`` of kind `invalidValue` for a name that is empty or too long, a negative goal, or settings that
  ///   are none, have no name, or have a tab or line feed in name or value.
  func encoded(_ file: FileName = FileName(file: "bytes")) throws(FileError) -> [UInt8] {
    let name = Array(model.utf8)
    guard 1...CarryHeader.nameByteCount ~= name.count else {
      throw file.error(
        .invalidValue, found: "a model's name of \(name.count) bytes", expected: "1 to \(CarryHeader.nameByteCount)")
    }
    guard goal >= 0 else { throw file.error(.invalidValue, found: "the goal \(goal)", expected: "at least 0") }
    let width = MemoryLayout<Element>.size
    let fingerprint = try encodedSettings(file)
    var bytes = CarryHeader.magic
    func append(_ value: Int, _ count: Int) {
      for place in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
    }
    let text = try encodedMonitors(file)
    append(CarryHeader.version, 4)
    append(width, 4)
    for size in [states, couplings, nodes, history, step, monitoredRows] { append(size, 8) }
    append(text.count, 4)
    append(name.count, 4)
    bytes += name + [UInt8](repeating: 0, count: CarryHeader.nameByteCount - name.count)
    append(goal, 8)
    append(Int(CRC32.of(bytes)), 4)
    append(fingerprint.count, 4)
    bytes.reserveCapacity(
      bytes.count + text.count + fingerprint.count + (state.count + columns.count + monitored.count) * width + 4)
    for array in [state, columns, monitored] {
      for value in array { append(Int(truncatingIfNeeded: bits(value)), width) }
    }
    bytes += text + fingerprint
    append(Int(CRC32.of(bytes)), 4)
    return bytes
  }

  /// The monitors as they are written.
  private func encodedMonitors(_ file: FileName) throws(FileError) -> [UInt8] {
    var text = ""
    for monitor in monitors {
      let names = [monitor.kind] + (monitor.states ?? [])
      guard !names.contains(where: { $0.isEmpty || $0.utf8.contains { $0 == 9 || $0 == 10 || $0 == 44 || $0 == 42 } })
      else {
        throw file.error(
          .invalidValue, found: "a monitor \(names)", expected: "names without tab, line feed, comma and asterisk")
      }
      text += "\(monitor.kind)\t\(monitor.every)\t"
      text += monitor.states.map { $0.map { "\($0)," }.joined() } ?? "*"
      if monitor.interim > 0 {
        text += "\t\(monitor.interim)\t" + monitor.constants.map { "\($0)," }.joined()
      }
      if let gain = monitor.gain { text += "\t\(gain.rows)\t\(gain.nodes)\t\(gain.reference)\t\(gain.digest)" }
      text += "\n"
    }
    let bytes = Array(text.utf8)
    guard bytes.count <= CarryHeader.fingerprintByteLimit else {
      throw file.error(
        .invalidValue, found: "monitors of \(bytes.count) bytes",
        expected: "at most \(CarryHeader.fingerprintByteLimit)")
    }
    return bytes
  }

  /// The monitors in the bytes of a file that begin at an offset.
  private static func monitors(
    _ bytes: ArraySlice<UInt8>, at offset: Int, _ file: FileName
  ) throws(FileError) -> [SavedMonitor] {
    var monitors: [SavedMonitor] = []
    guard bytes.isEmpty || bytes.last == 10 else {
      throw file.error(.malformed, at: .byte(offset + bytes.count), found: "no line feed", expected: "one")
    }
    for line in bytes.dropLast().split(separator: 10, omittingEmptySubsequences: false) where !bytes.isEmpty {
      let parts = line.split(separator: 9, omittingEmptySubsequences: false)
      guard [3, 5, 7].contains(parts.count), let kind = String(validating: parts[0], as: UTF8.self), !kind.isEmpty,
        let number = String(validating: parts[1], as: UTF8.self), let every = Int(number), every >= 1,
        number == "\(every)", let list = String(validating: parts[2], as: UTF8.self),
        list == "*" || list.isEmpty || list.last == ",", let more = Self.numbers(parts.dropFirst(3))
      else {
        throw file.error(
          .malformed, at: .byte(offset + line.startIndex - bytes.startIndex), found: quoted(line),
          expected: "a monitor's kind, a tab, the steps of a column, a tab, its states, and its numbers")
      }
      let states = list == "*" ? nil : list.split(separator: ",").map(String.init)
      monitors.append(
        SavedMonitor(
          kind: kind, every: every, states: states, interim: more.interim, constants: more.constants, gain: more.gain))
    }
    return monitors
  }

  /// What stands behind a monitor's states; nil for what cannot.
  private static func numbers(
    _ parts: ArraySlice<ArraySlice<UInt8>>
  ) -> (interim: Int, constants: [Double], gain: SavedGain?)? {
    let texts = parts.compactMap { String(validating: $0, as: UTF8.self) }
    guard texts.count == parts.count else { return nil }
    switch texts.count {
    case 0: return (0, [], nil)
    case 2:
      guard let interim = Int(texts[0]), interim >= 1, texts[1].isEmpty || texts[1].last == "," else { return nil }
      let list = texts[1].split(separator: ",")
      let constants = list.compactMap { Double($0) }.filter(\.isFinite)
      return constants.count == list.count ? (interim, constants, nil) : nil
    case 4:
      guard let rows = Int(texts[0]), let nodes = Int(texts[1]), let reference = Int(texts[2]), rows >= 1, nodes >= 0,
        (-1...rows).contains(reference), texts[3].utf8.count <= 64
      else { return nil }
      return (0, [], SavedGain(rows: rows, nodes: nodes, reference: reference, digest: texts[3]))
    default: return nil
    }
  }

  /// Settings as they are written; empty for none.
  private func encodedSettings(_ file: FileName) throws(FileError) -> [UInt8] {
    guard let settings else { return [] }
    var bytes: [UInt8] = []
    for (name, value) in settings {
      guard !name.isEmpty, !(name + value).utf8.contains(where: { $0 == 9 || $0 == 10 }) else {
        throw file.error(
          .invalidValue, found: "the setting \(quoted(name.utf8)) of the fingerprint",
          expected: "a name, and neither tab nor line feed")
      }
      bytes += Array("\(name)\t\(value)\n".utf8)
    }
    guard 1...CarryHeader.fingerprintByteLimit ~= bytes.count else {
      throw file.error(
        .invalidValue, found: "a fingerprint of \(bytes.count) bytes",
        expected: "1 to \(CarryHeader.fingerprintByteLimit)")
    }
    return bytes
  }

  /// The settings in the bytes of a file that begin at an offset.
  private static func settings(
    _ bytes: ArraySlice<UInt8>, at offset: Int, _ file: FileName
  ) throws(FileError) -> [(name: String, value: String)] {
    var settings: [(name: String, value: String)] = []
    guard bytes.last == 10 else {
      throw file.error(.malformed, at: .byte(offset + bytes.count), found: "no line feed", expected: "one")
    }
    for line in bytes.dropLast().split(separator: 10, omittingEmptySubsequences: false) {
      let sides = line.split(separator: 9, omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, let name = String(validating: sides[0], as: UTF8.self),
        let value = String(validating: sides[1], as: UTF8.self)
      else {
        throw file.error(
          .malformed, at: .byte(offset + line.startIndex - bytes.startIndex), found: quoted(line),
          expected: "a setting's name, a tab and its value")
      }
      settings.append((name, value))
    }
    return settings
  }

  private func bits(_ value: Element) -> UInt64 {
    if let single = value as? Float { return UInt64(single.bitPattern) }
    return Double(value).bitPattern
  }
}

/// The number of a bit pattern.
private func number<Element: NPYElement>(_ bits: UInt64) -> Element {
  if Element.self == Float.self { return Float(bitPattern: UInt32(truncatingIfNeeded: bits)) as! Element }
  return Double(bitPattern: bits) as! Element
}

/// The number whose bytes stand here, the lowest first; at most eight of them.
private func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

/// What a saved carry says about its numbers before they come.
private struct CarryHeader {
  static let magic: [UInt8] = [0x8f, 0x44, 0x4e, 0x43, 0x41, 0x52, 0x52, 0x59]
  static let version = 3
  static let byteCount = 144
  static let nameByteCount = 56
  static let fingerprintByteLimit = 1 << 20

  let bytes: [UInt8]
  let states, couplings, nodes, history, step, rows, goal, monitorBytes, fingerprintBytes: Int
  let model: String

  /// Refuses a file of another format, from its first bytes; one that is cut short is not one.
  static func checkMagic(_ start: some Collection<UInt8>, _ name: FileName) throws(FileError) {
    guard start.isEmpty || magic.starts(with: start.prefix(magic.count)) else {
      throw name.wrongFormat(
        start: start, magic: magic.count, expected: "a checkpoint, which begins with \\x8fDNCARRY")
    }
  }

  init(_ bytes: [UInt8], fileSize: Int, scalarBytes: Int, _ name: FileName) throws(FileError) {
    guard bytes.count == Self.byteCount else {
      throw name.error(
        .truncated, at: .byte(bytes.count), found: "the end", expected: "a header of \(Self.byteCount) bytes")
    }
    func field(_ offset: Int, _ count: Int) -> UInt64 { littleEndian(bytes[offset..<(offset + count)]) }
    guard field(8, 4) == UInt64(Self.version) else {
      let isOld = 1...2 ~= field(8, 4)
      throw name.error(
        .unsupported, at: .byte(8),
        found:
          "version \(field(8, 4))\(isOld ? ", of a DelayNet before 0.2, which did not write what its monitors were" : "")",
        expected: "version \(Self.version)")
    }
    let sum = CRC32.of(bytes[..<136])
    guard field(136, 4) == UInt64(sum) else {
      throw name.error(
        .malformed, at: .byte(136), found: "the checksum \(field(136, 4))", expected: "\(sum), that of the header")
    }
    let limit = Self.fingerprintByteLimit
    for (place, what) in [(140, "a fingerprint"), (64, "monitors")] where field(place, 4) > UInt64(limit) {
      throw name.error(
        .malformed, at: .byte(place), found: "\(what) of \(field(place, 4)) bytes", expected: "at most \(limit)")
    }
    fingerprintBytes = Int(field(140, 4))
    monitorBytes = Int(field(64, 4))
    guard field(12, 4) == UInt64(scalarBytes) else {
      throw name.error(
        .mismatch, at: .byte(12), found: "numbers of \(field(12, 4)) bytes",
        expected: "\(scalarBytes), as in the precision asked for")
    }
    func size(_ offset: Int, _ what: String) throws(FileError) -> Int {
      guard let value = Int(exactly: field(offset, 8)) else {
        throw name.error(.invalidValue, at: .byte(offset), found: "\(field(offset, 8))", expected: what)
      }
      return value
    }
    states = try size(16, "a number of states")
    couplings = try size(24, "a number of coupling variables")
    nodes = try size(32, "a number of nodes")
    history = try size(40, "a number of history columns")
    step = try size(48, "a step")
    rows = try size(56, "a number of rows that monitors keep")
    let length = field(68, 4)
    guard 1...UInt64(Self.nameByteCount) ~= length,
      let text = String(validating: bytes[72..<(72 + Int(length))], as: UTF8.self),
      bytes[(72 + Int(length))..<(72 + Self.nameByteCount)].allSatisfy({ $0 == 0 })
    else {
      throw name.error(
        .malformed, at: .byte(68), found: "a name of \(length) bytes",
        expected: "1 to \(Self.nameByteCount) of UTF-8, then zeros")
    }
    model = text
    goal = try size(128, "a step")
    self.bytes = bytes

    // Held against the file's size before anything is allocated for them.
    var count = 0
    var overflow = false
    for shape in [[states, nodes], [couplings, nodes, history], [rows, nodes]] {
      var product = scalarBytes
      for extent in shape {
        let (value, isTooLarge) = product.multipliedReportingOverflow(by: extent)
        (product, overflow) = (value, overflow || isTooLarge)
      }
      let (value, isTooLarge) = count.addingReportingOverflow(product)
      (count, overflow) = (value, overflow || isTooLarge)
    }
    let expected = count.addingReportingOverflow(Self.byteCount + monitorBytes + fingerprintBytes + 4)
    guard !overflow, !expected.overflow, fileSize == expected.partialValue else {
      let size = overflow || expected.overflow ? "more than can be addressed" : "\(expected.partialValue)"
      throw name.error(
        overflow || expected.overflow ? .malformed : fileSize < expected.partialValue ? .truncated : .malformed,
        at: .byte(fileSize), found: "the end after \(fileSize) bytes", expected: "\(size), as its header says")
    }
  }
}

/// The checksum of zip and PNG: CRC-32, polynomial 0xedb88320, over bytes in any number of parts.
struct CRC32 {
  private var state: UInt32 = ~0

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xedb8_8320 : 0) }
  }

  /// The checksum of what was added.
  var value: UInt32 { ~state }

  mutating func add(_ bytes: some Sequence<UInt8>) {
    var sum = state
    for byte in bytes { sum = sum >> 8 ^ Self.table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
    state = sum
  }

  static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var sum = CRC32()
    sum.add(bytes)
    return sum.value
  }
}

// A saved carry, all numbers little-endian:
//
//   bytes 0–7     \x8fDNCARRY
//   bytes 8–11    version, 1
//   bytes 12–15   bytes of a number, 4 or 8
//   then          states S, coupling variables C, nodes N, history columns H, step, steps of a column m: 8 bytes each
//   bytes 64–67   thinning: 0 none, 1 subsample, 2 average
//   bytes 68–71   bytes of the model's name, 1 … 56
//   bytes 72–127  the name, filled up with zeros
//   bytes 128–135 the step that the run was to reach, 0 if nobody said
//   bytes 136–139 CRC-32 of the bytes before
//   bytes 140–143 zeros
//   then          state (S, N), history (C, N, H), partial sums (S, N)
//   last 4 bytes  CRC-32 of everything before

import DelayNet

extension NetworkCarry {
  /// Reads a carry that ``write(to:)`` saved.
  ///
  /// - Parameter path: a regular file.
  /// - Throws: ``FileError``: `system` if it cannot be opened or read; `malformed`, `truncated`, `unsupported` or
  ///   `mismatch` with the offset of the first byte that is wrong, or that starts the part whose checksum is. Sizes are
  ///   held against the file's own before memory is asked for. Any single damaged byte and any cut is found.
  public init(path: String) throws(FileError) {
    let file = try InputFile(path: path)
    let header = try CarryHeader(
      try file.read(count: min(file.size, CarryHeader.byteCount)), fileSize: file.size,
      scalarBytes: MemoryLayout<Scalar>.size, file.name)
    let rest = try file.read(count: file.size - CarryHeader.byteCount)
    let payload = rest.count - 4
    var sum = CRC32()
    sum.add(header.bytes)
    sum.add(rest[..<payload])
    let found = littleEndian(rest[payload...])
    guard found == UInt64(sum.value) else {
      throw file.name.error(
        .malformed, at: .byte(CarryHeader.byteCount), found: "numbers whose checksum is \(sum.value)",
        expected: "\(found), the one at the end of the file")
    }
    var offset = 0
    func array(_ variables: Int, _ columns: Int) throws(FileError) -> StateArray<Scalar> {
      let count = variables * header.nodes * columns
      let width = MemoryLayout<Scalar>.size
      let values = [Scalar](unsafeUninitializedCapacity: count) { target, filled in
        for n in 0..<count {
          let bits = littleEndian(rest[(offset + n * width)..<(offset + (n + 1) * width)])
          target.initializeElement(at: n, to: number(bits))
        }
        filled = count
      }
      offset += count * width
      do throws(DelayNetError) {
        return try StateArray(variables: variables, nodes: header.nodes, columns: columns, values: values)
      } catch {
        throw file.name.error(.mismatch, found: "\(error)", expected: "arrays of these sizes")
      }
    }
    let (state, history, partial) = (
      try array(header.states, 1), try array(header.couplings, header.history), try array(header.states, 1)
    )
    do throws(DelayNetError) {
      try self.init(
        model: header.model, step: header.step, state: state, history: history, partial: partial,
        thinning: header.thinning, goal: header.goal)
    } catch {
      throw file.name.error(.mismatch, found: "\(error)", expected: "a carry")
    }
  }

  /// Saves the carry, so that a run can be gone on with later, bit for bit.
  ///
  /// - Parameter path: the file to make or to replace. The bytes go to a temporary file beside it, which takes the name
  ///   once it is complete and on the disk: whoever is interrupted leaves the old file as it was.
  /// - Throws: ``FileError`` of kind `system` if the file cannot be written; `invalidValue` for a model whose name has
  ///   more than 56 bytes or a negative goal.
  /// - Postcondition: equal carries give equal bytes.
  public func write(to path: String) throws(FileError) {
    let name = Array(model.utf8)
    guard 1...CarryHeader.nameByteCount ~= name.count else {
      throw FileName(file: path).error(
        .invalidValue, found: "a model's name of \(name.count) bytes", expected: "1 to \(CarryHeader.nameByteCount)")
    }
    guard goal ?? 0 >= 0 else {
      throw FileName(file: path).error(.invalidValue, found: "the goal \(goal!)", expected: "at least 0")
    }
    let width = MemoryLayout<Scalar>.size
    let (kind, every): (Int, Int) =
      switch thinning {
      case .none: (0, 1)
      case .subsample(let m): (1, m)
      case .average(let m): (2, m)
      }
    var bytes = CarryHeader.magic
    func append(_ value: Int, _ count: Int) {
      for place in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
    }
    append(1, 4)
    append(width, 4)
    for size in [state.variables, history.variables, state.nodes, history.columns, step, every] { append(size, 8) }
    append(kind, 4)
    append(name.count, 4)
    bytes += name + [UInt8](repeating: 0, count: CarryHeader.nameByteCount - name.count)
    append(goal ?? 0, 8)
    append(Int(CRC32.of(bytes)), 4)
    append(0, 4)
    for array in [state, history, partial] {
      array.rows.withUnsafeBufferPointer { values in
        bytes.reserveCapacity(bytes.count + values.count * width + 4)
        for value in values { append(Int(truncatingIfNeeded: bits(value)), width) }
      }
    }
    append(Int(CRC32.of(bytes)), 4)
    try writeFile(path) { descriptor, name throws(FileError) in
      try bytes.span.withUnsafeBytes { bytes throws(FileError) in try writeBytes(bytes, to: descriptor, name) }
      try synchronize(descriptor, name)
    }
  }

  private func bits(_ value: Scalar) -> UInt64 {
    if let single = value as? Float { return UInt64(single.bitPattern) }
    return Double(value).bitPattern
  }
}

/// The number of a bit pattern.
private func number<Scalar: DelayNetScalar>(_ bits: UInt64) -> Scalar {
  if Scalar.self == Float.self { return Float(bitPattern: UInt32(truncatingIfNeeded: bits)) as! Scalar }
  return Double(bitPattern: bits) as! Scalar
}

/// The number whose bytes stand here, the lowest first; at most eight of them.
private func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

/// What a saved carry says about its numbers before they come.
private struct CarryHeader {
  static let magic: [UInt8] = [0x8f, 0x44, 0x4e, 0x43, 0x41, 0x52, 0x52, 0x59]
  static let byteCount = 144
  static let nameByteCount = 56

  let bytes: [UInt8]
  let states, couplings, nodes, history, step: Int
  let thinning: Thinning
  let model: String
  let goal: Int?

  init(_ bytes: [UInt8], fileSize: Int, scalarBytes: Int, _ name: FileName) throws(FileError) {
    guard bytes.count == Self.byteCount else {
      throw name.error(
        .truncated, at: .byte(bytes.count), found: "the end", expected: "a header of \(Self.byteCount) bytes")
    }
    guard Array(bytes[..<8]) == Self.magic else {
      throw name.error(.malformed, at: .byte(0), found: quoted(bytes[..<8]), expected: "\\x8fDNCARRY")
    }
    func field(_ offset: Int, _ count: Int) -> UInt64 { littleEndian(bytes[offset..<(offset + count)]) }
    guard field(8, 4) == 1 else {
      throw name.error(.unsupported, at: .byte(8), found: "version \(field(8, 4))", expected: "version 1")
    }
    let sum = CRC32.of(bytes[..<136])
    guard field(136, 4) == UInt64(sum) else {
      throw name.error(
        .malformed, at: .byte(136), found: "the checksum \(field(136, 4))", expected: "\(sum), that of the header")
    }
    guard field(140, 4) == 0 else {
      throw name.error(.malformed, at: .byte(140), found: "\(field(140, 4))", expected: "zeros")
    }
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
    let every = try size(56, "the steps of a column")
    guard every >= 1 else {
      throw name.error(.invalidValue, at: .byte(56), found: "\(every)", expected: "at least 1")
    }
    switch field(64, 4) {
    case 0: thinning = .none
    case 1: thinning = .subsample(every)
    case 2: thinning = .average(every)
    default:
      throw name.error(.invalidValue, at: .byte(64), found: "\(field(64, 4))", expected: "a thinning of 0, 1 or 2")
    }
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
    let goal = try size(128, "a step")
    self.goal = goal == 0 ? nil : goal
    self.bytes = bytes

    // Held against the file's size before anything is allocated for them.
    var count = 0
    var overflow = false
    for shape in [[states, nodes], [couplings, nodes, history], [states, nodes]] {
      var product = scalarBytes
      for extent in shape {
        let (value, isTooLarge) = product.multipliedReportingOverflow(by: extent)
        (product, overflow) = (value, overflow || isTooLarge)
      }
      let (value, isTooLarge) = count.addingReportingOverflow(product)
      (count, overflow) = (value, overflow || isTooLarge)
    }
    let expected = count.addingReportingOverflow(Self.byteCount + 4)
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

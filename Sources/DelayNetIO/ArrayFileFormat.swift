#if MATLAB
  import CMatio
#endif
#if HDF5
  import CHDF5
#endif

/// Formats of files with named arrays that other libraries read for us, each behind a trait of the package: the register of
/// them.
enum ArrayFileFormat: CaseIterable {
  case matlab
  case hdf5

  /// What the first bytes of a file say; nil for every other format.
  init?(start: [UInt8]) {
    guard let format = Self.allCases.first(where: { $0.isMarked(start) }) else { return nil }
    self = format
  }

  private func isMarked(_ start: [UInt8]) -> Bool {
    let hdf5: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    switch self {
    case .matlab: return start.starts(with: Array("MATLAB".utf8))
    case .hdf5: return start.starts(with: hdf5) || start.dropFirst(512).starts(with: hdf5)
    }
  }

  /// The trait that a build needs to read it.
  var trait: String {
    switch self {
    case .matlab: "MATLAB"
    case .hdf5: "HDF5"
    }
  }

  /// What it is called in a sentence.
  var title: String {
    switch self {
    case .matlab: "a MATLAB file (.mat)"
    case .hdf5: "an HDF5 file"
    }
  }

  /// Opens a file of this format.
  ///
  /// - Throws: ``FileError`` of kind `unsupported` where this build does not read it, `malformed` for a damaged file.
  func open(_ path: String, _ limits: ArchiveLimits) throws(FileError) -> any NamedArrays {
    switch self {
    case .matlab:
      #if MATLAB
        return try ServedFile(path: path, server: dn_mat_server(), kind: title, limits: limits)
      #endif
    case .hdf5:
      #if HDF5
        return try ServedFile(path: path, server: dn_h5_server(), kind: title, limits: limits)
      #endif
    }
    #if !MATLAB || !HDF5
      throw FileName(file: path).error(
        .unsupported, found: title,
        expected: "a format that this build reads: swift build --traits OpenMP,\(trait) reads this one")
    #endif
  }
}

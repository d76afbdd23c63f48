extension Connectome {
  /// What is allowed and yet seldom meant, a sentence each: matrices of which one triangle is filled, regions without
  /// connections, weights that are counts, and with a speed delays that are all 0 though there are lengths.
  ///
  /// - Parameters:
  ///   - speed: conduction speed in mm/ms, nil where delays do not come from lengths.
  ///   - timeStep: in ms.
  /// - Complexity: O(N²).
  public func warnings(speed: Double? = nil, timeStep: Double = 0.1) -> [String] {
    var (upper, lower, heaviest, longest) = (0, 0, 0.0, 0.0)
    var (receives, sends) = ([Bool](repeating: false, count: regions), [Bool](repeating: false, count: regions))
    for target in 0..<regions {
      for source in 0..<regions {
        let weight = weights[target * regions + source]
        if weight == 0 { continue }
        if source > target { upper += 1 } else if source < target { lower += 1 }
        receives[target] = true
        sends[source] = true
        heaviest = max(heaviest, abs(weight))
        longest = max(longest, tractLengths[target * regions + source])
      }
    }
    var warnings = notes
    let isTriangle = upper + lower > 1 && (upper == 0) != (lower == 0)
    if isTriangle {
      warnings.append(
        "only the \(lower == 0 ? "upper" : "lower") triangle of the weights is filled: connections go one way; of a symmetric "
          + "connectome both triangles have to be there")
    }
    // A triangle's first or last regions have no connections one way as it is.
    let kinds: [(what: String, isMeant: (Int) -> Bool)] = [
      ("have no connections, their rows and columns are empty", { !receives[$0] && !sends[$0] }),
      ("receive nothing, their rows are empty", { !receives[$0] && sends[$0] && !isTriangle }),
      ("send nothing, their columns are empty", { receives[$0] && !sends[$0] && !isTriangle }),
    ]
    for (what, isMeant) in kinds {
      let empty = (0..<regions).filter(isMeant)
      if empty.isEmpty || empty.count == regions { continue }
      let names = empty.prefix(5).map { labels[$0] }.joined(separator: ", ")
      warnings.append("\(empty.count) of \(regions) regions \(what): \(names)\(empty.count > 5 ? ", …" : "")")
    }
    if upper + lower == 0, regions > 1 { warnings.append("there are no connections between regions") }
    if heaviest > 1e3 {
      warnings.append("weights go up to \(heaviest), as counts of streamlines do; --normalize brings them to 1")
    }
    if let speed, longest > 0, (longest / speed / timeStep).rounded(.toNearestOrEven) == 0 {
      warnings.append(
        "all delays are 0, for the longest tract of \(longest) mm takes less than half a step of \(timeStep) ms at \(speed) mm/ms; "
          + "are the lengths in metres?")
    }
    return warnings
  }
}

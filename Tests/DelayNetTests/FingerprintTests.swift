import DelayNet
import Testing

@Suite struct FingerprintTests {
  private func fingerprint(_ settings: KeyValuePairs<String, String>) -> Fingerprint {
    Fingerprint(settings: settings.map { .init(name: $0, value: $1) })
  }

  @Test func equalOnesDoNotDiffer() {
    let a = fingerprint(["coupling": "0.5", "seed": "7"])
    #expect(a.differences(from: a).isEmpty)
    #expect(a.differences(from: fingerprint(["seed": "7", "coupling": "0.5"])).isEmpty)
    #expect(a["seed"] == "7" && a["stimulus"] == nil)
  }

  @Test func everyDifferenceIsNamed() {
    let mine = fingerprint(["coupling": "0.5", "seed": "7", "noise": "drawn"])
    let other = fingerprint(["coupling": "0.6", "noise": "drawn", "stimulus": "7 values"])
    let found = mine.differences(from: other)
    #expect(
      found.map(\.description) == [
        "coupling 0.5 instead of 0.6", "seed 7 instead of none", "stimulus none instead of 7 values",
      ])
    #expect(found[2].value == nil && found[1].other == nil)
  }
}

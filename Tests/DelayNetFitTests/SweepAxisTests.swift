import DelayNetFit
import Testing

@Suite struct SweepAxisTests {
  @Test func textsAreRangesAndLists() throws {
    let coupling = try SweepAxis("coupling=0:1:21")
    #expect(coupling.quantity == .coupling && coupling.name == "coupling")
    #expect(coupling.values.count == 21 && coupling.values.first == 0 && coupling.values.last == 1)
    #expect(coupling.values[7] == 0.35)
    #expect(try SweepAxis("speed=1,2,3,5,10").values == [1, 2, 3, 5, 10])
    #expect(try SweepAxis("speed=1,2,3,5,10").quantity == .conductionSpeed)
    #expect(try SweepAxis("w=0.25").values == [0.25])
    #expect(try SweepAxis("w=0.25").quantity == .parameter("w"))
    #expect(try SweepAxis("eta=-4:-6:3").values == [-4, -5, -6])
    #expect(try SweepAxis("w=2:2:1").values == [2])
    #expect(try SweepAxis("sigma=0,1e-3").quantity == .sigma(nil))
    let one = try SweepAxis("sigma:S=1e-4:1e-2:3:log")
    #expect(one.quantity == .sigma("S") && one.name == "sigma_S")
    #expect(one.values[0] == 1e-4 && abs(one.values[1] / 1e-3 - 1) < 1e-14 && one.values[2] == 1e-2)
  }

  @Test(
    arguments: [
      ("coupling", "is not name="), ("=1,2", "is not name="), ("coupling=", "no values"),
      ("coupling=0:1:0", "0 values"), ("coupling=0:1:-3", "-3 values"), ("coupling=0:1:1", "1 value cannot be both"),
      ("coupling=0:1", "low:high:count"), ("coupling=0:1:3:lin", "low:high:count"), ("coupling=0:1:x", "'x'"),
      ("coupling=0:1:2.5", "'2.5'"), ("coupling=0:nan:3", "'nan'"), ("coupling=1,,2", "''"),
      ("w=1,2,1", "1.0 is there twice"),
      ("speed=0:1:3:log", "positive"), ("speed=-1:-2:3:log", "positive"), ("w=1:1:3", "there twice"),
      ("w=0:1:99999999999", "more than"),
    ])
  func malformedTextsAreRefused(_ text: String, _ reason: String) throws {
    let error = #expect(throws: SweepError.self) { try SweepAxis(text) }
    #expect(error?.description.contains(reason) == true, "\(text): \(error?.description ?? "")")
  }

  @Test func listsAreChecked() throws {
    #expect(throws: SweepError.axis("coupling", reason: "has no values")) { try SweepAxis(.coupling, []) }
    #expect(throws: SweepError.self) { try SweepAxis(.coupling, [1, .infinity]) }
  }
}

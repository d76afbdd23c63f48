import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite struct NodeModelFileTests {
  private func write(_ bytes: [UInt8]) throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).model").path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func aFileIsItsText() throws {
    let text = "model m\nstate x from 0..1\ncoupling c of x\nx' = -x + c\n"
    let path = try write(Array(text.utf8))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try NodeModel(path: path) == NodeModel(text: text))
  }

  @Test func mistakesShowTheLine() throws {
    // Two bytes for the letter, and a tab that the caret's line keeps.
    let path = try write(Array("model m\nstate x\ncoupling c of x\n\tx' = c # μ\ny' = \"μ\" + 1\n".utf8))
    defer { try? FileManager.default.removeItem(atPath: path) }
    do throws(ModelFileError) {
      _ = try NodeModel(path: path)
      Issue.record("read")
    } catch .text(let named, let line, let column, _, let text) {
      #expect(named == path && line == 5 && column >= 1 && text == "y' = \"μ\" + 1")
    } catch {
      Issue.record("\(error)")
    }
    let error = ModelFileError.text(
      path: "a.model", line: 4, column: 10, message: "no such name: z", lineText: "\tμ' = c + z")
    #expect("\(error)" == "a.model:4:10: no such name: z\n  \tμ' = c + z\n  \t       ^")
  }

  @Test func whatIsNoText() throws {
    for (bytes, words) in [
      ([0xff, 0xfe, 0x00], "not UTF-8"), ([UInt8](repeating: 32, count: 2 << 20), "2097152 bytes"),
    ] as [([UInt8], String)] {
      let path = try write(bytes)
      defer { try? FileManager.default.removeItem(atPath: path) }
      do throws(ModelFileError) {
        _ = try NodeModel(path: path)
        Issue.record("read")
      } catch {
        #expect("\(error)".contains(words) && "\(error)".contains(path))
      }
    }
    #expect(throws: ModelFileError.self) { try NodeModel(path: "/nowhere/x.model") }
    #expect(throws: ModelFileError.self) { try NodeModel(path: FileManager.default.temporaryDirectory.path) }
  }

  @Test func examples() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("examples/models")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".model") }
    #expect(files.count >= 3)
    for file in files {
      let model = try NodeModel(path: folder.appendingPathComponent(file).path)
      #expect("\(model.name).model" == file && !model.source.isEmpty && !model.title.isEmpty)
      var problem = try Problem<Double>(
        SyntheticConnectome(regions: 8, key: RandomKey(seed: 1)).network(timeStep: 0.1, as: Double.self),
        model: model)
      problem.coupling = 0.1
      #expect(try problem.simulate(steps: 2000).series.values.allSatisfy(\.isFinite))
    }
  }
}

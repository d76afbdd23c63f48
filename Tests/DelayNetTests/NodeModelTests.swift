import DelayNet
import Testing

@Suite struct NodeModelTests {
  @Test(arguments: NodeModel.all) func everyEntryIsComplete(model: NodeModel) {
    #expect(NodeModel.named(model.name) == model)
    #expect(!model.title.isEmpty && model.source.contains(where: { $0.isNumber }))
    #expect(!model.states.isEmpty && !model.couplings.isEmpty)
    for name in model.states.map(\.name) + model.parameters.map(\.name) + [model.name] {
      #expect(!name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }, "\(name)")
    }
    #expect(Set(model.parameters.map(\.name)).count == model.parameters.count)
    for parameter in model.parameters {
      #expect(parameter.range.contains(parameter.defaultValue), "\(parameter.name)")
      #expect(!parameter.symbol.isEmpty && !parameter.meaning.isEmpty)
    }
    for state in model.states {
      #expect(state.initialRange != nil && !state.meaning.isEmpty)
      if let range = state.initialRange {
        #expect(state.bounds.lowerBound <= range.lowerBound && range.upperBound <= state.bounds.upperBound)
      }
    }
  }

  @Test func names() {
    #expect(NodeModel.named("nobody") == nil)
    #expect(NodeModel.linear.name == "linear")
    let model = NodeModel.montbrioPazoRoxin
    #expect(model.name == "mpr" && model.states.map(\.name) == ["r", "V"])
    #expect(model.parameters.map(\.name) == ["tau", "I", "Delta", "J", "eta", "cr", "cv"])
    #expect(model.parameters.map(\.defaultValue) == [1, 0, 1, 15, -5, 1, 0])
    #expect(model.states[0].bounds == 0...(.infinity))
    #expect(model.states.map(\.initialRange) == [0...2, -2...1.5])
    #expect(Set(NodeModel.all).count == NodeModel.all.count)
  }
}

import LosslessJSON
import PropertyTesting
import SingleTable

@testable import DynamoDB

/// What must hold of a sort key, and a description of it that boto3's own condition is made from.
struct DescribedSortCondition {
    let condition: ItemQuery.SortCondition
    let json: JSONValue

    init(_ random: inout SeededGenerator) {
        let name = random.attributeName()
        let value = DescribedValue(key: &random)
        switch random.integer(0...2) {
        case 0:
            let comparison = random.element(
                [
                    .equal, .less, .lessOrEqual, .greater, .greaterOrEqual,
                ] as [Condition.Comparison])
            condition = .compare(name, comparison, value.value)
            json = [.string(comparison.rawValue), .hex(name), value.json]
        case 1:
            condition = .beginsWith(name, value.value)
            json = ["beginsWith", .hex(name), value.json]
        default:
            let high = DescribedValue(key: &random)
            condition = .between(name, value.value, high.value)
            json = ["between", .hex(name), value.json, high.json]
        }
    }
}

extension SeededGenerator {
    /// Attributes to bring back, each once.
    mutating func projection() -> [String] {
        var names: [String] = []
        for _ in 0..<integer(1...4) {
            let name = attributeName()
            if !names.contains(where: { $0.utf8.elementsEqual(name.utf8) }) { names.append(name) }
        }
        return names
    }
}

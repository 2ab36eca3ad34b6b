import LosslessJSON
import PropertyTesting
import SingleTable

/// A random condition, and a description of it that boto3's own conditions are made from.
struct DescribedCondition {
    let condition: Condition
    let json: JSONValue

    private static let comparisons: [Condition.Comparison] = [
        .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual,
    ]

    init(_ random: inout SeededGenerator, depth: Int = 3) {
        let name = random.attributeName()
        let comparison = random.element(DescribedCondition.comparisons)
        switch random.integer(0...(depth > 0 ? 8 : 5)) {
        case 0: self.init(.exists(name), ["exists": [.hex(name)]])
        case 1: self.init(.notExists(name), ["notExists": [.hex(name)]])
        case 2:
            let value = DescribedValue(&random, depth: 1)
            self.init(
                .compare(name, comparison, value.value),
                ["compare": [.hex(name), .string(comparison.rawValue), value.json]]
            )
        case 3:
            let size = random.integer(0...300)
            // boto3 cannot compare sizes for being different.
            let comparison = comparison == .notEqual ? .equal : comparison
            self.init(
                .size(name, comparison, size),
                ["size": [.hex(name), .string(comparison.rawValue), .number(String(size))]]
            )
        case 4:
            let element = DescribedValue(&random, depth: 1)
            self.init(.contains(name, element.value), ["contains": [.hex(name), element.json]])
        case 5:
            let prefix = DescribedValue(&random, depth: 0)
            self.init(.beginsWith(name, prefix.value), ["beginsWith": [.hex(name), prefix.json]])
        case 6:
            let inner = DescribedCondition(&random, depth: depth - 1)
            self.init(.not(inner.condition), ["not": inner.json])
        default:
            let parts = (0..<random.integer(1...3)).map { _ in DescribedCondition(&random, depth: depth - 1) }
            let conditions = parts.map(\.condition)
            let json = JSONValue.array(parts.map(\.json))
            self = random.element([.init(.all(conditions), ["all": json]), .init(.any(conditions), ["any": json])])
        }
    }

    private init(_ condition: Condition, _ json: JSONValue) {
        self.condition = condition
        self.json = json
    }
}

/// A random update, and what it does to which attribute.
struct DescribedUpdate {
    private(set) var update = Update()
    private var actions: [JSONValue] = []

    var json: JSONValue { .array(actions) }

    init(_ random: inout SeededGenerator) {
        for _ in 0..<random.integer(1...6) {
            let name = random.attributeName()
            guard update.actions[name] == nil else { continue }
            let value = DescribedValue(&random, depth: 2)
            switch random.integer(0...4) {
            case 0:
                update.set(name, value.value)
                actions.append([.hex(name), "SET", value.json])
            case 1:
                update.setIfAbsent(name, value.value)
                actions.append([.hex(name), "setIfAbsent", value.json])
            case 2:
                update.add(name, value.value)
                actions.append([.hex(name), "ADD", value.json])
            case 3:
                update.deleteElements(name, value.value)
                actions.append([.hex(name), "DELETE", value.json])
            default:
                update.remove(name)
                actions.append([.hex(name), "REMOVE", nil])
            }
        }
    }
}

extension SeededGenerator {
    /// Often one of a few, so that a name stands in an expression more than once. Without the characters that are part
    /// of a path to boto3: there is no way to tell it otherwise.
    mutating func attributeName() -> String {
        if chance(0.5) { return element(["a", "size", "SET", "PK", "é", "e\u{301}"]) }
        var name = "n" + hostileText(0...3)
        name.unicodeScalars.removeAll { ".[]".unicodeScalars.contains($0) }
        return name
    }
}

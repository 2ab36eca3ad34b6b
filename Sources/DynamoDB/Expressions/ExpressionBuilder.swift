internal import LosslessJSON
internal import SingleTable

/// Turns typed conditions and updates into DynamoDB's expression texts.
///
/// Every name becomes `#n…` and every value `:v…`: what a user sends never becomes part of an expression, and reserved
/// words need no list.
struct ExpressionBuilder {
    private(set) var names: [(alias: String, name: String)] = []
    private(set) var values: [(alias: String, value: AttributeValue)] = []
    private var aliases: [ExactName: String] = [:]

    mutating func alias(_ name: String) -> String {
        if let alias = aliases[ExactName(name)] { return alias }
        let alias = "#n\(names.count)"
        aliases[ExactName(name)] = alias
        names.append((alias, name))
        return alias
    }

    mutating func alias(value: AttributeValue) -> String {
        let alias = ":v\(values.count)"
        values.append((alias, value))
        return alias
    }

    mutating func condition(_ condition: Condition) -> String {
        switch condition {
        case .exists(let name): "attribute_exists(\(alias(name)))"
        case .notExists(let name): "attribute_not_exists(\(alias(name)))"
        case .compare(let name, let comparison, let value):
            "\(alias(name)) \(comparison.rawValue) \(alias(value: value))"
        case .size(let name, let comparison, let size):
            "size(\(alias(name))) \(comparison.rawValue) \(alias(value: .number(size)))"
        case .beginsWith(let name, let prefix): "begins_with(\(alias(name)), \(alias(value: prefix)))"
        case .contains(let name, let element): "contains(\(alias(name)), \(alias(value: element)))"
        // There is no literal for true or false: each item is new or exists, and none is both.
        case .all(let conditions): joined(conditions, " AND ", ifEmpty: .any([.itemIsNew, .itemExists]))
        case .any(let conditions): joined(conditions, " OR ", ifEmpty: .all([.itemIsNew, .itemExists]))
        case .not(let condition): "NOT (\(self.condition(condition)))"
        }
    }

    mutating func sortCondition(_ condition: ItemQuery.SortCondition) -> String {
        switch condition {
        case .compare(let name, let comparison, let value):
            "\(alias(name)) \(comparison.rawValue) \(alias(value: value))"
        case .beginsWith(let name, let prefix): "begins_with(\(alias(name)), \(alias(value: prefix)))"
        case .between(let name, let low, let high):
            "\(alias(name)) BETWEEN \(alias(value: low)) AND \(alias(value: high))"
        }
    }

    mutating func projection(_ names: [String]) -> String {
        var aliases: [String] = []
        for name in names { aliases.append(alias(name)) }
        return aliases.joined(separator: ", ")
    }

    private mutating func joined(_ conditions: [Condition], _ word: String, ifEmpty empty: Condition) -> String {
        // DynamoDB refuses an empty expression, and redundant parentheses as in `NOT ((a = :v))`.
        guard conditions.count > 1 else { return condition(conditions.first ?? empty) }
        var parts: [String] = []
        for condition in conditions { parts.append("(\(self.condition(condition)))") }
        return parts.joined(separator: word)
    }

    mutating func update(_ update: Update) -> String {
        var set: [String] = []
        var remove: [String] = []
        var add: [String] = []
        var delete: [String] = []
        // Sorted, so that the same update is the same request each time it is sent.
        for (name, action) in update.actions.sorted(by: { $0.key < $1.key }) {
            let name = alias(name)
            switch action {
            case .set(let value): set.append("\(name) = \(alias(value: value))")
            case .setIfAbsent(let value): set.append("\(name) = if_not_exists(\(name), \(alias(value: value)))")
            case .remove: remove.append(name)
            case .add(let value): add.append("\(name) \(alias(value: value))")
            case .deleteElements(let value): delete.append("\(name) \(alias(value: value))")
            }
        }
        let clauses = [("SET", set), ("REMOVE", remove), ("ADD", add), ("DELETE", delete)]
        return clauses.filter { !$0.1.isEmpty }
            .map { "\($0.0) \($0.1.joined(separator: ", "))" }
            .joined(separator: " ")
    }

    /// Writes `ExpressionAttributeNames` and `ExpressionAttributeValues`, each only when it has members.
    func writeAliases(into writer: inout JSONWriter) {
        if !names.isEmpty {
            writer.name("ExpressionAttributeNames")
            writer.beginObject()
            for (alias, name) in names {
                writer.name(alias)
                writer.string(name)
            }
            writer.endObject()
        }
        if !values.isEmpty {
            writer.name("ExpressionAttributeValues")
            writer.beginObject()
            for (alias, value) in values {
                writer.name(alias)
                writer.attributeValue(value)
            }
            writer.endObject()
        }
    }
}

/// A name as DynamoDB tells it from others: by its bytes. Swift holds texts equal that Unicode holds equivalent.
private struct ExactName: Hashable {
    private let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ExactName, right: ExactName) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// What must hold of the stored item for a write to happen. An item that does not exist has no attributes.
///
/// Only top-level attributes are addressed: nested paths would ask for a path grammar that nothing here needs.
public indirect enum Condition: Sendable, Hashable {
    public enum Comparison: String, Sendable, Hashable {
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    case exists(String)
    case notExists(String)
    /// An absent attribute, and one of another type, is not equal to the value and neither less nor greater.
    case compare(String, Comparison, AttributeValue)
    /// Compares `size(attribute)`, see ``AttributeValue/size``.
    case size(String, Comparison, Int)
    /// A string or binary begins with one of its type.
    case beginsWith(String, AttributeValue)
    /// A set or list holds the element, or a string or binary holds the part.
    case contains(String, AttributeValue)
    case all([Condition])
    case any([Condition])
    case not(Condition)

    /// No item is stored under the key yet.
    public static let itemIsNew = Condition.notExists(Key.partitionAttribute)
    public static let itemExists = Condition.exists(Key.partitionAttribute)

    public static func equal(_ attribute: String, _ value: AttributeValue) -> Condition {
        .compare(attribute, .equal, value)
    }

    /// The attribute is absent or compares as said: how a maximum or minimum is assigned.
    public static func absentOr(
        _ attribute: String,
        _ comparison: Comparison,
        _ value: AttributeValue
    ) -> Condition {
        .any([.notExists(attribute), .compare(attribute, comparison, value)])
    }
}

extension Condition {
    /// Evaluates the condition as DynamoDB does.
    public func holds(for item: Item?) -> Bool {
        switch self {
        case .exists(let name): return item?[name] != nil
        case .notExists(let name): return item?[name] == nil
        case .compare(let name, let comparison, let value):
            guard let stored = item?[name] else { return comparison == .notEqual }
            if let order = stored.order(against: value) { return comparison.accepts(order) }
            switch comparison {
            case .equal: return stored == value
            case .notEqual: return stored != value
            default: return false
            }
        case .size(let name, let comparison, let bound):
            guard let size = item?[name]?.size else { return false }
            return comparison.accepts(size < bound ? .less : size == bound ? .equal : .greater)
        case .beginsWith(let name, let prefix): return item?[name]?.begins(with: prefix) ?? false
        case .contains(let name, let element):
            guard let stored = item?[name] else { return false }
            return stored.contains(element)
        case .all(let conditions): return conditions.allSatisfy { $0.holds(for: item) }
        case .any(let conditions): return conditions.contains { $0.holds(for: item) }
        case .not(let condition): return !condition.holds(for: item)
        }
    }
}

enum Order {
    case less, equal, greater
}

extension Condition.Comparison {
    func accepts(_ order: Order) -> Bool {
        switch self {
        case .equal: order == .equal
        case .notEqual: order != .equal
        case .less: order == .less
        case .lessOrEqual: order != .greater
        case .greater: order == .greater
        case .greaterOrEqual: order != .less
        }
    }
}

extension AttributeValue {
    /// Order of two values of one type, strings and binaries by their bytes; `nil` for types that have none.
    func order(against other: AttributeValue) -> Order? {
        switch (self, other) {
        case (.number(let left), .number(let right)):
            return left == right ? .equal : left < right ? .less : .greater
        case (.string(let left), .string(let right)):
            if left.utf8.elementsEqual(right.utf8) { return .equal }
            return left.utf8.lexicographicallyPrecedes(right.utf8) ? .less : .greater
        case (.binary(let left), .binary(let right)):
            return left == right ? .equal : left.lexicographicallyPrecedes(right) ? .less : .greater
        default:
            return nil
        }
    }

    func begins(with prefix: AttributeValue) -> Bool {
        switch (self, prefix) {
        // By bytes: to Swift, "e" with a combining accent does not begin with "e".
        case (.string(let text), .string(let prefix)): text.utf8.starts(with: prefix.utf8)
        case (.binary(let bytes), .binary(let prefix)): bytes.starts(with: prefix)
        default: false
        }
    }

    func contains(_ element: AttributeValue) -> Bool {
        switch (self, element) {
        case (.stringSet(let set), .string(let value)): set.contains(value)
        case (.numberSet(let set), .number(let value)): set.contains(value)
        case (.binarySet(let set), .binary(let value)): set.contains(value)
        case (.list(let list), let value): list.contains(value)
        // By bytes: to Swift, "e" is no part of an "e" with a combining accent.
        case (.string(let text), .string(let part)): Array(text.utf8).contains(Array(part.utf8))
        case (.binary(let bytes), .binary(let part)): bytes.contains(part)
        default: false
        }
    }
}

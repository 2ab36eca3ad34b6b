/// Changes to the attributes of one item; the item is made when it does not exist.
///
/// A name is changed by one action only: DynamoDB refuses overlapping paths, so the later call replaces the earlier.
public struct Update: Sendable, Hashable {
    public enum Action: Sendable, Hashable {
        case set(AttributeValue)
        /// Assigns only when the attribute is absent.
        case setIfAbsent(AttributeValue)
        /// Adds a number to a number (absent counts as zero) or elements to a set of the same type.
        case add(AttributeValue)
        case remove
        /// Takes elements out of a set; a set that becomes empty is removed.
        case deleteElements(AttributeValue)
    }

    public private(set) var actions: [String: Action] = [:]

    public init() {}

    public var isEmpty: Bool { actions.isEmpty }

    public mutating func set(_ name: String, _ value: AttributeValue) { actions[name] = .set(value) }
    public mutating func setIfAbsent(_ name: String, _ value: AttributeValue) { actions[name] = .setIfAbsent(value) }
    public mutating func add(_ name: String, _ value: AttributeValue) { actions[name] = .add(value) }
    public mutating func remove(_ name: String) { actions[name] = .remove }
    public mutating func deleteElements(_ name: String, _ elements: AttributeValue) {
        actions[name] = .deleteElements(elements)
    }
}

extension Update {
    /// The item after the update, as DynamoDB would leave it.
    public func applied(to item: Item?, key: Key) throws(TableError) -> Item {
        guard !isEmpty else { throw TableError(.validation, "an update changes at least one attribute") }
        var result = item ?? Item(key: key)
        for (name, action) in actions {
            guard name != Key.partitionAttribute, name != Key.sortAttribute else {
                throw TableError(.validation, "an update cannot change the key attribute \(name)")
            }
            if case .add(let value) = action, value.holdsEmptySet {
                throw TableError(.validation, "an empty set cannot be added to \(name)")
            }
            switch action {
            case .set(let value): result[name] = value
            case .setIfAbsent(let value):
                if result[name] == nil { result[name] = value }
            case .remove: result[name] = nil
            case .add(let value): result[name] = try Update.sum(result[name], value, name: name)
            case .deleteElements(let value): result[name] = try Update.difference(result[name], value, name: name)
            }
        }
        return result
    }

    private static func sum(
        _ stored: AttributeValue?,
        _ added: AttributeValue,
        name: String
    ) throws(TableError) -> AttributeValue {
        switch (stored, added) {
        case (nil, .number), (nil, .stringSet), (nil, .numberSet), (nil, .binarySet): return added
        case (.number(let left), .number(let right)):
            guard let sum = left.adding(right) else {
                throw TableError(.validation, "the sum in \(name) has more than \(Number.maximumDigits) digits")
            }
            return .number(sum)
        case (.stringSet(let left), .stringSet(let right)): return .stringSet(left.union(right))
        case (.numberSet(let left), .numberSet(let right)): return .numberSet(left.union(right))
        case (.binarySet(let left), .binarySet(let right)): return .binarySet(left.union(right))
        default: throw TableError(.validation, "cannot add to \(name): it has another type")
        }
    }

    private static func difference(
        _ stored: AttributeValue?,
        _ removed: AttributeValue,
        name: String
    ) throws(TableError) -> AttributeValue? {
        switch (stored, removed) {
        case (nil, .stringSet), (nil, .numberSet), (nil, .binarySet): return nil
        case (.stringSet(let left), .stringSet(let right)):
            let rest = left.subtracting(right)
            return rest.isEmpty ? nil : .stringSet(rest)
        case (.numberSet(let left), .numberSet(let right)):
            let rest = left.subtracting(right)
            return rest.isEmpty ? nil : .numberSet(rest)
        case (.binarySet(let left), .binarySet(let right)):
            let rest = left.subtracting(right)
            return rest.isEmpty ? nil : .binarySet(rest)
        default: throw TableError(.validation, "cannot delete elements from \(name): it has another type")
        }
    }
}

/// One attribute of an item, in DynamoDB's own type system. Lossless: a number is a decimal text, not a `Double`.
public enum AttributeValue: Sendable, Hashable {
    case string(String)
    case number(Number)
    case binary([UInt8])
    case bool(Bool)
    case null
    case list([AttributeValue])
    case map([String: AttributeValue])
    case stringSet(Set<String>)
    case numberSet(Set<Number>)
    case binarySet(Set<[UInt8]>)
}

extension AttributeValue {
    public static func number(_ value: some BinaryInteger) -> AttributeValue { .number(Number(value)) }

    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var numberValue: Number? {
        if case .number(let value) = self { value } else { nil }
    }

    /// The value when it is a number that fits an `Int`.
    public var intValue: Int? { numberValue.flatMap { Int($0.text) } }

    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    public var listValue: [AttributeValue]? {
        if case .list(let value) = self { value } else { nil }
    }

    public var mapValue: [String: AttributeValue]? {
        if case .map(let value) = self { value } else { nil }
    }

    public var binaryValue: [UInt8]? {
        if case .binary(let bytes) = self { bytes } else { nil }
    }

    public var stringSetValue: Set<String>? {
        if case .stringSet(let value) = self { value } else { nil }
    }

    public var numberSetValue: Set<Number>? {
        if case .numberSet(let value) = self { value } else { nil }
    }

    public var binarySetValue: Set<[UInt8]>? {
        if case .binarySet(let value) = self { value } else { nil }
    }

    /// DynamoDB's `size()`: UTF-8 bytes of a string, bytes of a binary, elements of a set, list or map. Other types
    /// have none.
    public var size: Int? {
        switch self {
        case .string(let value): value.utf8.count
        case .binary(let value): value.count
        case .list(let value): value.count
        case .map(let value): value.count
        case .stringSet(let value): value.count
        case .numberSet(let value): value.count
        case .binarySet(let value): value.count
        case .number, .bool, .null: nil
        }
    }

    /// Whether it is, or holds at any depth, a set without elements, which DynamoDB refuses.
    public var holdsEmptySet: Bool {
        switch self {
        case .stringSet(let value): value.isEmpty
        case .numberSet(let value): value.isEmpty
        case .binarySet(let value): value.isEmpty
        case .list(let value): value.contains(where: \.holdsEmptySet)
        case .map(let value): value.values.contains(where: \.holdsEmptySet)
        case .string, .number, .binary, .bool, .null: false
        }
    }

    /// Bytes that DynamoDB counts for this value towards the 400 KB of an item and the units of a request, as
    /// documented under "DynamoDB item sizes and formats".
    public var storedBytes: Int {
        switch self {
        case .string(let value): value.utf8.count
        case .number(let value): value.storedBytes
        case .binary(let value): value.count
        case .bool, .null: 1
        case .list(let value): 3 + value.reduce(0) { $0 + 1 + $1.storedBytes }
        case .map(let value): 3 + value.reduce(0) { $0 + 1 + $1.key.utf8.count + $1.value.storedBytes }
        case .stringSet(let value): value.reduce(0) { $0 + $1.utf8.count }
        case .numberSet(let value): value.reduce(0) { $0 + $1.storedBytes }
        case .binarySet(let value): value.reduce(0) { $0 + $1.count }
        }
    }
}

extension AttributeValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .number(Number(value)) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

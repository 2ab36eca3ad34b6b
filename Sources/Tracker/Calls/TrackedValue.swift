internal import LosslessJSON

/// A value of an event's metadata. Literals of Swift become one: `["plan": "premium", "seats": 3]`.
public enum TrackedValue: Sendable, Hashable {
    case string(String)
    case integer(Int)
    /// Finite: an event with an infinite one or none at all (NaN) is rejected.
    case number(Double)
    case bool(Bool)
    case list([TrackedValue])
    case map([String: TrackedValue])

    /// Bytes of the value in JSON, about: strings that need escaping are longer.
    var approximateBytes: Int {
        switch self {
        case .string(let text): text.utf8.count + 2
        case .integer, .number: 8
        case .bool: 5
        case .list(let elements): elements.reduce(2) { $0 + $1.approximateBytes + 1 }
        case .map(let members): members.reduce(2) { $0 + $1.key.utf8.count + $1.value.approximateBytes + 4 }
        }
    }

    func write(to json: inout JSONWriter) {
        switch self {
        case .string(let text): json.string(text)
        case .integer(let value): json.number(value)
        // No JSON, and rejected for it by the decoder as any other number that cannot be.
        case .number(let value): json.number("\(value)")
        case .bool(let flag): json.bool(flag)
        case .list(let elements):
            json.beginArray()
            for element in elements { element.write(to: &json) }
            json.endArray()
        case .map(let members):
            json.beginObject()
            for (name, value) in members {
                json.name(name)
                value.write(to: &json)
            }
            json.endObject()
        }
    }
}

extension TrackedValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: TrackedValue...) { self = .list(elements) }
    public init(dictionaryLiteral elements: (String, TrackedValue)...) {
        self = .map(Dictionary(elements) { $1 })
    }
}

extension TrackedValue {
    /// Milliseconds, as all times in metadata are.
    public static func milliseconds(_ duration: Duration) -> TrackedValue {
        let (seconds, attoseconds) = duration.components
        let whole = attoseconds / 1_000_000_000_000_000
        let rest = attoseconds % 1_000_000_000_000_000
        if rest == 0 { return .integer(Int(seconds) * 1000 + Int(whole)) }
        return .number(Double(seconds) * 1000 + Double(attoseconds) / 1e15)
    }
}

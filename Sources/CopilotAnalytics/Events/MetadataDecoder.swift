internal import LosslessJSON
internal import SingleTable

/// Checks and redacts an event's metadata: what rollups read must be usable, what is content or secret must not stay.
enum MetadataDecoder {
    /// Milliseconds, tokens, money, counts: zero or positive numbers.
    private static let amounts: Set<String> = [
        "executionTime", "responseTime", "messageLength", "inputTokens", "outputTokens", "cachedInputTokens",
        "reasoningTokens", "cost", "timeSaved",
    ]
    /// Names that make keys or labels.
    private static let names: Set<String> = ["commandName", "errorType", "model", "endpoint", "method"]

    static func decode(_ json: JSONValue?) throws(EventRejection) -> [String: AttributeValue] {
        switch json {
        case nil, .null: return [:]
        case .object(let object): return try members(object)
        case .some(let other):
            throw EventRejection(.invalidField, field: "metadata", "metadata must be an object, not \(other.kind)")
        }
    }

    private static func members(_ object: JSONObject) throws(EventRejection) -> [String: AttributeValue] {
        var result: [String: AttributeValue] = [:]
        result.reserveCapacity(object.count)
        for (rawName, value) in object.members {
            let name = try NameRule.validate(rawName, "a metadata name", most: EventLimits.nameBytes)
            guard value != .null else { continue }
            if amounts.contains(name) {
                result[name] = .number(try amount(value, name))
            } else if names.contains(name) {
                guard let text = value.stringValue else {
                    throw EventRejection(.invalidField, field: name, "\(name) must be a string, not \(value.kind)")
                }
                let valid = try NameRule.validate(text, name, most: EventLimits.nameBytes)
                // What follows `?` is what somebody asked for.
                let path = name == "endpoint" ? String(valid.prefix { $0 != "?" }) : valid
                result[name] = .string(Redaction.sanitized(text: path))
            } else if name == "parameters" {
                result[name] = parameterNames(value)
            } else if name == "errorMessage" {
                guard let text = value.stringValue else {
                    throw EventRejection(.invalidField, field: name, "\(name) must be a string, not \(value.kind)")
                }
                result[name] = .string(Redaction.sanitized(errorText: try clean(text, name)))
            } else {
                try Redaction.store(try attribute(value, name, depth: 1), as: name, in: &result)
            }
        }
        return result
    }

    private static func amount(_ value: JSONValue, _ name: String) throws(EventRejection) -> Number {
        guard let text = value.numberText else {
            throw EventRejection(.invalidField, field: name, "\(name) must be a number, not \(value.kind)")
        }
        let number = Number(text)
        // Not by its millionths: what rounds to zero is negative all the same.
        guard number == 0 || !text.hasPrefix("-") else {
            throw EventRejection(.invalidField, field: name, "\(name) is negative")
        }
        guard let number, let amount = FixedPoint(number), amount <= .limit else {
            throw EventRejection(
                .invalidField,
                field: name,
                "\(name) is over 10^15 or has more than \(Number.maximumDigits) digits"
            )
        }
        return number
    }

    /// Of a call's parameters only the names are kept: their values are content.
    private static func parameterNames(_ value: JSONValue) -> AttributeValue {
        switch value {
        case .object(let object): .list(object.members.map { .string(parameterName($0.name)) })
        case .array(let elements): .list(elements.compactMap(\.stringValue).map { .string(parameterName($0)) })
        default: .list([])
        }
    }

    /// A name as programs have them; whatever else stands there may be a value.
    private static func parameterName(_ text: String) -> String {
        let isName =
            (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || "_-.[]".utf8.contains(byte)
            }
        return isName ? Redaction.sanitized(text: text) : Redaction.mask
    }

    private static func clean(_ text: String, _ name: String) throws(EventRejection) -> String {
        guard !text.utf8.contains(0) else {
            throw EventRejection(.invalidField, field: name, "\(name) contains a NUL character")
        }
        return NameRule.normalized(text)
    }

    private static func attribute(
        _ json: JSONValue,
        _ name: String,
        depth: Int
    ) throws(EventRejection) -> AttributeValue {
        guard depth <= EventLimits.metadataDepth else {
            throw EventRejection(
                .invalidField,
                field: name,
                "\(name) is nested more than \(EventLimits.metadataDepth) levels deep"
            )
        }
        switch json {
        case .null: return .null
        case .bool(let flag): return .bool(flag)
        case .string(let text): return .string(try clean(text, name))
        case .number(let text):
            guard let number = Number(text) else {
                throw EventRejection(
                    .invalidField,
                    field: name,
                    "\(name) is a number of more than \(Number.maximumDigits) digits or out of range"
                )
            }
            return .number(number)
        case .array(let elements):
            var list: [AttributeValue] = []
            for element in elements { list.append(try attribute(element, name, depth: depth + 1)) }
            return .list(list)
        case .object(let object):
            var map: [String: AttributeValue] = [:]
            for (rawName, value) in object.members {
                let member = try NameRule.validate(rawName, "a metadata name", most: EventLimits.nameBytes)
                try Redaction.store(try attribute(value, name, depth: depth + 1), as: member, in: &map)
            }
            Redaction.maskNamedValues(in: &map)
            return .map(map)
        }
    }
}

public import LosslessJSON

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// DynamoDB's JSON form of attributes (`{"S":"a"}`), used on the wire and in the embedded table alike.
extension JSONWriter {
    public mutating func attributeValue(_ value: AttributeValue) {
        switch value {
        case .string(let text):
            beginObject(firstName: "S")
            string(text)
        case .number(let number):
            beginObject(firstName: "N")
            string(number.text)
        case .binary(let bytes):
            beginObject(firstName: "B")
            string(Data(bytes).base64EncodedString())
        case .bool(let flag):
            beginObject(firstName: "BOOL")
            bool(flag)
        case .null:
            beginObject(firstName: "NULL")
            bool(true)
        case .list(let elements):
            beginObject(firstName: "L")
            beginArray()
            for element in elements { attributeValue(element) }
            endArray()
        case .map(let members):
            beginObject(firstName: "M")
            attributes(members)
        case .stringSet(let set):
            beginObject(firstName: "SS")
            strings(set)
        case .numberSet(let set):
            beginObject(firstName: "NS")
            strings(set.map(\.text))
        case .binarySet(let set):
            beginObject(firstName: "BS")
            strings(set.map { Data($0).base64EncodedString() })
        }
        endObject()
    }

    public mutating func attributes(_ attributes: [String: AttributeValue]) {
        beginObject()
        for (name, value) in attributes {
            self.name(name)
            attributeValue(value)
        }
        endObject()
    }

    private mutating func strings(_ values: some Sequence<String>) {
        beginArray()
        for value in values { string(value) }
        endArray()
    }
}

extension AttributeValue {
    /// How deep JSON with items in it may be: DynamoDB's 32 levels of lists and maps are two each in this form, and the
    /// answers around them up to seven.
    public static let maximumJSONDepth = 80

    /// Reads DynamoDB's JSON form; `nil` when it is not that.
    ///
    /// As the protocol (AWS JSON 1.0) asks of clients, members that are null and a `__type` are passed over.
    public init?(json: JSONValue) {
        guard let object = json.objectValue, let (type, content) = AttributeValue.onlyMember(of: object) else {
            return nil
        }
        switch type {
        case "S":
            guard let text = content.stringValue else { return nil }
            self = .string(text)
        case "N":
            guard let number = content.stringValue.flatMap({ Number($0) }) else { return nil }
            self = .number(number)
        case "B":
            guard let bytes = content.stringValue.flatMap(AttributeValue.bytes) else { return nil }
            self = .binary(bytes)
        case "BOOL":
            guard let flag = content.boolValue else { return nil }
            self = .bool(flag)
        case "NULL":
            self = .null
        case "L":
            guard let elements = AttributeValue.elements(content, { AttributeValue(json: $0) }) else { return nil }
            self = .list(elements)
        case "M":
            guard let members = Item(json: content) else { return nil }
            self = .map(members.attributes)
        case "SS":
            guard let elements = AttributeValue.elements(content, \.stringValue) else { return nil }
            self = .stringSet(Set(elements))
        case "NS":
            guard let elements = AttributeValue.elements(content, { $0.stringValue.flatMap { Number($0) } }) else {
                return nil
            }
            self = .numberSet(Set(elements))
        case "BS":
            guard let elements = AttributeValue.elements(content, { $0.stringValue.flatMap(AttributeValue.bytes) })
            else { return nil }
            self = .binarySet(Set(elements))
        default:
            return nil
        }
    }

    private static func onlyMember(of object: JSONObject) -> (name: String, value: JSONValue)? {
        if object.count == 1 { return object.members.first }
        let members = object.members.filter { $0.value != .null && $0.name != "__type" }
        return members.count == 1 ? members.first : nil
    }

    static func bytes(_ base64: String) -> [UInt8]? {
        Data(base64Encoded: base64).map(Array.init)
    }

    /// All elements of an array, or `nil` as soon as one does not convert.
    private static func elements<Element>(_ json: JSONValue, _ convert: (JSONValue) -> Element?) -> [Element]? {
        guard let array = json.arrayValue else { return nil }
        var result: [Element] = []
        result.reserveCapacity(array.count)
        for element in array {
            guard let converted = convert(element) else { return nil }
            result.append(converted)
        }
        return result
    }
}

extension Item {
    /// Reads an object of attributes in DynamoDB's JSON form; `nil` when it is not that.
    public init?(json: JSONValue) {
        guard let object = json.objectValue else { return nil }
        var attributes: [String: AttributeValue] = [:]
        attributes.reserveCapacity(object.count)
        for (name, value) in object.members {
            guard let attribute = AttributeValue(json: value) else { return nil }
            attributes[name] = attribute
        }
        self.init(attributes)
    }

    public var jsonText: String {
        var writer = JSONWriter()
        writer.attributes(attributes)
        return writer.string
    }
}

internal import LosslessJSON

extension Item {
    /// Reads an item in DynamoDB's JSON form; `nil` when the text is not that.
    public init?(jsonText: String) {
        var text = jsonText
        if let attributes = text.withUTF8({ ItemReader.attributes($0) }) {
            self.init(attributes)
        } else {
            // What is written in an unusual way, or not at all, is for those who know every way.
            guard let json = try? JSONValue.parse(jsonText, maximumDepth: AttributeValue.maximumJSONDepth) else {
                return nil
            }
            self.init(json: json)
        }
    }
}

/// Reads attributes as ``JSONWriter/attributes(_:)`` writes them, without a tree of JSON in between.
private struct ItemReader {
    private var parser: JSONParser

    /// As many as most items have.
    private static let usualCount = 16
    /// DynamoDB's own limit of lists and maps within each other.
    private static let maximumDepth = 32

    /// - Returns: `nil` when something is written in another way.
    static func attributes(_ bytes: UnsafeBufferPointer<UInt8>) -> [String: AttributeValue]? {
        var reader = ItemReader(parser: JSONParser(bytes: bytes, maximumDepth: 0))
        guard let attributes = try? reader.attributes(depth: 0, capacity: usualCount), reader.parser.isAtEnd() else {
            return nil
        }
        return attributes
    }

    private mutating func attributes(depth: Int, capacity: Int = 0) throws(JSONError) -> [String: AttributeValue]? {
        guard depth <= ItemReader.maximumDepth, parser.takes("{") else { return nil }
        var attributes: [String: AttributeValue] = [:]
        if parser.takes("}") { return attributes }
        attributes.reserveCapacity(capacity)
        repeat {
            guard let name = try parser.takesString(), parser.takes(":"), let value = try value(depth: depth) else {
                return nil
            }
            attributes[name] = value
        } while parser.takes(",")
        return parser.takes("}") ? attributes : nil
    }

    private mutating func value(depth: Int) throws(JSONError) -> AttributeValue? {
        guard parser.takes("{"), let type = try parser.takesString(), parser.takes(":"),
            let value = try content(type, depth: depth + 1), parser.takes("}")
        else { return nil }
        return value
    }

    private mutating func content(_ type: String, depth: Int) throws(JSONError) -> AttributeValue? {
        switch type {
        case "S": try parser.takesString().map { .string($0) }
        case "N": try parser.takesString().flatMap { Number($0) }.map { .number($0) }
        case "M": try attributes(depth: depth).map { .map($0) }
        case "BOOL": try parser.takesBool().map { .bool($0) }
        case "L": try list(depth: depth).map { .list($0) }
        case "SS": try strings { $0 }.map { .stringSet(Set($0)) }
        case "NS": try strings { Number($0) }.map { .numberSet(Set($0)) }
        case "BS": try strings { AttributeValue.bytes($0) }.map { .binarySet(Set($0)) }
        default: nil
        }
    }

    private mutating func list(depth: Int) throws(JSONError) -> [AttributeValue]? {
        guard depth <= ItemReader.maximumDepth, parser.takes("[") else { return nil }
        var elements: [AttributeValue] = []
        if parser.takes("]") { return elements }
        repeat {
            guard let element = try value(depth: depth) else { return nil }
            elements.append(element)
        } while parser.takes(",")
        return parser.takes("]") ? elements : nil
    }

    private mutating func strings<Element>(_ convert: (String) -> Element?) throws(JSONError) -> [Element]? {
        guard parser.takes("[") else { return nil }
        var elements: [Element] = []
        if parser.takes("]") { return elements }
        repeat {
            guard let text = try parser.takesString(), let element = convert(text) else { return nil }
            elements.append(element)
        } while parser.takes(",")
        return parser.takes("]") ? elements : nil
    }
}

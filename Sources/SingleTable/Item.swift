/// What finds one item: partition key `PK` and sort key `SK`, both strings.
public struct Key: Sendable, Hashable, CustomStringConvertible {
    public static let partitionAttribute = "PK"
    public static let sortAttribute = "SK"

    public var partition: String
    public var sort: String

    public init(_ partition: String, _ sort: String) {
        self.partition = partition
        self.sort = sort
    }

    public var description: String { "\(partition) / \(sort)" }

    /// By bytes, as a table tells keys apart. Strings that Unicode holds equivalent are equal in Swift.
    public static func == (left: Key, right: Key) -> Bool {
        left.partition.utf8.elementsEqual(right.partition.utf8) && left.sort.utf8.elementsEqual(right.sort.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for var text in [partition, sort] {
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
            // No byte of UTF-8, so that ("a", "bc") and ("ab", "c") differ.
            hasher.combine(0xFF as UInt8)
        }
    }
}

/// The attributes of one item, its key included.
public struct Item: Sendable, Hashable {
    public var attributes: [String: AttributeValue]

    public init(_ attributes: [String: AttributeValue] = [:]) {
        self.attributes = attributes
    }

    public init(key: Key, _ attributes: [String: AttributeValue] = [:]) {
        self.attributes = attributes
        self.attributes[Key.partitionAttribute] = .string(key.partition)
        self.attributes[Key.sortAttribute] = .string(key.sort)
    }

    public subscript(name: String) -> AttributeValue? {
        get { attributes[name] }
        set { attributes[name] = newValue }
    }

    /// The item's key, when it has one.
    public var key: Key? {
        guard let partition = attributes[Key.partitionAttribute]?.stringValue,
            let sort = attributes[Key.sortAttribute]?.stringValue
        else { return nil }
        return Key(partition, sort)
    }

    /// Bytes that DynamoDB counts for the item: names and values.
    public var storedBytes: Int {
        attributes.reduce(0) { $0 + $1.key.utf8.count + $1.value.storedBytes }
    }
}

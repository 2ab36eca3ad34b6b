internal import LosslessJSON

/// Takes the attributes of an item one by one, each name once.
public protocol AttributeSink {
    mutating func set(_ name: String, _ value: AttributeValue)
}

extension Item: AttributeSink {
    public mutating func set(_ name: String, _ value: AttributeValue) { attributes[name] = value }
}

/// An item in DynamoDB's JSON form, which is what every table makes of it in the end.
///
/// Who stores many items hands them over like this, see ``ItemEncoder``: no table has to take them apart again.
public struct EncodedItem: Sendable, Hashable {
    public let key: Key
    /// What the index finds the item by, where it has the attribute.
    public let indexPartition: AttributeValue?
    public let indexSort: AttributeValue?
    /// The whole item, its key included.
    public let jsonText: String
    /// As ``Item/storedBytes``.
    public let storedBytes: Int
    /// The name of an attribute that holds an empty set, which no table takes.
    public let emptySet: String?

    /// - Returns: `nil` when the item has no key.
    public init?(_ item: Item) {
        guard let key = item.key else { return nil }
        var encoder = ItemEncoder()
        encoder.begin(key)
        for (name, value) in item.attributes where name != Key.partitionAttribute && name != Key.sortAttribute {
            encoder.set(name, value)
        }
        self = encoder.finish()
    }

    fileprivate init(
        key: Key,
        indexPartition: AttributeValue?,
        indexSort: AttributeValue?,
        jsonText: String,
        storedBytes: Int,
        emptySet: String?
    ) {
        self.key = key
        self.indexPartition = indexPartition
        self.indexSort = indexSort
        self.jsonText = jsonText
        self.storedBytes = storedBytes
        self.emptySet = emptySet
    }
}

/// Encodes items one after the other, each attribute by attribute.
public struct ItemEncoder: AttributeSink {
    private var writer = JSONWriter(reservingCapacity: 1024)
    private var key = Key("", "")
    private var storedBytes = 0
    private var indexPartition: AttributeValue?
    private var indexSort: AttributeValue?
    private var emptySet: String?

    public init() {}

    /// Starts an item; what was started before and not finished is dropped.
    public mutating func begin(_ key: Key) {
        writer.removeAll()
        self.key = key
        storedBytes = 0
        indexPartition = nil
        indexSort = nil
        emptySet = nil
        writer.beginObject()
        set(Key.partitionAttribute, .string(key.partition))
        set(Key.sortAttribute, .string(key.sort))
    }

    /// - Parameter name: Not one of the key.
    public mutating func set(_ name: String, _ value: AttributeValue) {
        writer.name(name)
        writer.attributeValue(value)
        storedBytes += name.utf8.count + value.storedBytes
        if value.holdsEmptySet { emptySet = name }
        if name == Query.Index.gsi1.partitionAttribute { indexPartition = value }
        if name == Query.Index.gsi1.sortAttribute { indexSort = value }
    }

    public mutating func finish() -> EncodedItem {
        writer.endObject()
        return EncodedItem(
            key: key,
            indexPartition: indexPartition,
            indexSort: indexSort,
            jsonText: writer.string,
            storedBytes: storedBytes,
            emptySet: emptySet
        )
    }
}

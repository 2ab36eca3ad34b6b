internal import LosslessJSON
internal import SingleTable

/// Builds the JSON of one request. Not copyable, so that its bytes are handed on and never copied.
struct RequestBody: ~Copyable {
    /// Holds a put of a common item. What is larger grows a few times.
    private(set) var writer = JSONWriter(reservingCapacity: 1024)

    init(table: String? = nil) {
        writer.beginObject()
        if let table { string("TableName", table) }
    }

    consuming func finish() -> [UInt8] {
        writer.endObject()
        return writer.bytes
    }

    mutating func string(_ name: String, _ value: String) {
        writer.name(name)
        writer.string(value)
    }

    mutating func bool(_ name: String, _ value: Bool) {
        writer.name(name)
        writer.bool(value)
    }

    mutating func number(_ name: String, _ value: Int) {
        writer.name(name)
        writer.number(value)
    }

    mutating func attributes(_ name: String, _ value: Attributes) {
        writer.name(name)
        writer.attributes(value)
    }

    mutating func encoded(_ name: String, _ value: EncodedItem) {
        writer.name(name)
        writer.encoded(value.jsonText)
    }

    /// An element of an array.
    mutating func element(_ value: Attributes) {
        writer.attributes(value)
    }

    mutating func json(_ name: String, _ value: JSONValue) {
        writer.name(name)
        writer.value(value)
    }

    mutating func array<Element>(
        _ name: String,
        _ elements: some Sequence<Element>,
        _ write: (inout RequestBody, Element) -> Void
    ) {
        writer.name(name)
        writer.beginArray()
        for element in elements { write(&self, element) }
        writer.endArray()
    }

    mutating func object(_ name: String? = nil, _ write: (inout RequestBody) -> Void) {
        if let name { writer.name(name) }
        writer.beginObject()
        write(&self)
        writer.endObject()
    }

    mutating func aliases(_ builder: ExpressionBuilder) {
        builder.writeAliases(into: &writer)
    }

    mutating func condition(_ condition: Condition?, _ builder: inout ExpressionBuilder) {
        guard let condition else { return }
        string("ConditionExpression", builder.condition(condition))
    }
}

extension JSONValue {
    /// An item of an answer.
    func item() throws(DynamoDBError) -> Attributes {
        guard let item = Item(json: self) else {
            throw DynamoDBError(.malformedResponse, "the answer holds attributes that cannot be read")
        }
        return item.attributes
    }

    func items(_ name: String) throws(DynamoDBError) -> [Attributes] {
        var items: [Attributes] = []
        for element in self[name]?.arrayValue ?? [] { items.append(try element.item()) }
        return items
    }
}

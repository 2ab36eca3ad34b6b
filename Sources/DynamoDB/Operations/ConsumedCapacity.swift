internal import LosslessJSON

/// What calls consume, where somebody wants to know.
enum ConsumedCapacity {
    /// Those that can say it.
    static let operations: Set<String> = [
        "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem",
        "TransactWriteItems", "TransactGetItems",
    ]

    /// - Parameter body: An object that is not empty.
    static func asked(in body: [UInt8]) -> [UInt8] {
        Array("{\"ReturnConsumedCapacity\":\"TOTAL\",".utf8) + body.dropFirst()
    }

    /// Of all tables and indexes together.
    static func units(of answer: JSONValue) -> Double? {
        let entries: [JSONValue]
        switch answer["ConsumedCapacity"] {
        case .array(let elements)?: entries = elements
        case .object(let object)?: entries = [.object(object)]
        default: return nil
        }
        return entries.reduce(0) { $0 + ($1["CapacityUnits"]?.numberText.flatMap { Double($0) } ?? 0) }
    }
}

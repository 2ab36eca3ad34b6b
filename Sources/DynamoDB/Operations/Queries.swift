internal import LosslessJSON
public import SingleTable

extension DynamoDBClient {
    /// One page of an answer.
    public struct ItemPage: Sendable, Hashable {
        public var items: [Attributes]
        /// Hand this in to get the next page; `nil` on the last one. An empty page may well have a next one.
        public var lastEvaluatedKey: Attributes?
    }

    public func query(_ query: Query, table: String) async throws(DynamoDBError) -> ItemPage {
        var body = RequestBody(table: table)
        var builder = ExpressionBuilder()
        let partition = query.index?.partitionAttribute ?? Key.partitionAttribute
        let sort = query.index?.sortAttribute ?? Key.sortAttribute
        var expression = "\(builder.alias(partition)) = \(builder.alias(value: .string(query.partition)))"
        switch query.sort {
        case .any: break
        case .beginsWith(let prefix):
            expression += " AND begins_with(\(builder.alias(sort)), \(builder.alias(value: .string(prefix))))"
        case .between(let low, let high):
            let bounds = (builder.alias(value: .string(low)), builder.alias(value: .string(high)))
            expression += " AND \(builder.alias(sort)) BETWEEN \(bounds.0) AND \(bounds.1)"
        }
        body.string("KeyConditionExpression", expression)
        body.aliases(builder)
        if let index = query.index { body.string("IndexName", index.rawValue) }
        if query.consistent { body.bool("ConsistentRead", true) }
        if !query.ascending { body.bool("ScanIndexForward", false) }
        if let limit = query.limit { body.number("Limit", limit) }
        if let start = query.start { body.attributes("ExclusiveStartKey", start.attributes) }
        return try page(try await send("Query", body.bytes, table: table))
    }

    /// Reads the whole table, a page at a time. Costs what the table holds: not for the path of a user.
    public func scan(
        table: String,
        limit: Int? = nil,
        start: Attributes? = nil,
        consistent: Bool = true
    ) async throws(DynamoDBError) -> ItemPage {
        var body = RequestBody(table: table)
        if consistent { body.bool("ConsistentRead", true) }
        if let limit { body.number("Limit", limit) }
        if let start { body.attributes("ExclusiveStartKey", start) }
        return try page(try await send("Scan", body.bytes, table: table))
    }

    private func page(_ answer: JSONValue) throws(DynamoDBError) -> ItemPage {
        ItemPage(items: try answer.items("Items"), lastEvaluatedKey: try answer["LastEvaluatedKey"]?.item())
    }
}

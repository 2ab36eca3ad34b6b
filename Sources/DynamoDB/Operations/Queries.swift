internal import LosslessJSON
internal import SingleTable

extension DynamoDBClient {
    /// One page of an answer.
    public struct ItemPage: Sendable, Hashable {
        public var items: [Attributes]
        /// Hand this in to get the next page; `nil` on the last one. An empty page may well have a next one.
        public var lastEvaluatedKey: Attributes?
    }

    /// Reads one page; ``pages(_:)-(ItemQuery)`` and ``items(_:)-(ItemQuery)`` read all of them.
    public func query(_ query: ItemQuery) async throws(DynamoDBError) -> ItemPage {
        var body = RequestBody(table: query.table)
        var builder = ExpressionBuilder()
        var condition = "\(builder.alias(query.partition)) = \(builder.alias(value: query.partitionValue))"
        if let sort = query.sort { condition += " AND \(builder.sortCondition(sort))" }
        body.string("KeyConditionExpression", condition)
        if !query.ascending { body.bool("ScanIndexForward", false) }
        body.selection(query.index, query.filter, query.attributes, query.limit, query.start, &builder)
        if query.consistent { body.bool("ConsistentRead", true) }
        return try page(try await send("Query", body.finish(), table: query.table))
    }

    /// Reads one page; ``pages(_:)-(ItemScan)`` and ``items(_:)-(ItemScan)`` read all of them.
    public func scan(_ scan: ItemScan) async throws(DynamoDBError) -> ItemPage {
        var body = RequestBody(table: scan.table)
        var builder = ExpressionBuilder()
        body.selection(scan.index, scan.filter, scan.attributes, scan.limit, scan.start, &builder)
        if scan.consistent { body.bool("ConsistentRead", true) }
        return try page(try await send("Scan", body.finish(), table: scan.table))
    }

    private func page(_ answer: JSONValue) throws(DynamoDBError) -> ItemPage {
        ItemPage(items: try answer.items("Items"), lastEvaluatedKey: try answer["LastEvaluatedKey"]?.item())
    }
}

extension RequestBody {
    /// What queries and scans have in common.
    fileprivate mutating func selection(
        _ index: String?,
        _ filter: Condition?,
        _ attributes: [String],
        _ limit: Int?,
        _ start: Attributes?,
        _ builder: inout ExpressionBuilder
    ) {
        if let index { string("IndexName", index) }
        if let filter { string("FilterExpression", builder.condition(filter)) }
        if !attributes.isEmpty { string("ProjectionExpression", builder.projection(attributes)) }
        aliases(builder)
        if let limit { number("Limit", limit) }
        if let start { self.attributes("ExclusiveStartKey", start) }
    }
}

internal import LosslessJSON
internal import SingleTable

extension DynamoDBClient {
    /// The service's limits of one call.
    public static let maximumBatchGetKeys = 100
    public static let maximumBatchWrites = 25

    /// Reads up to 100 keys of one table.
    ///
    /// - Returns: The items found, and the keys that the service had no capacity for: ask for those again, later, as
    ///   ``getItems(_:table:consistent:)`` does.
    public func batchGetItem(
        _ keys: [Attributes],
        table: String,
        consistent: Bool = true
    ) async throws(DynamoDBError) -> (items: [Attributes], unprocessed: [Attributes]) {
        var body = RequestBody()
        body.object("RequestItems") { body in
            body.object(table) { body in
                body.array("Keys", keys) { $0.element($1) }
                body.bool("ConsistentRead", consistent)
            }
        }
        let answer = try await send("BatchGetItem", body.finish(), table: table)
        let items = try (answer["Responses"] ?? .null).items(table)
        let unprocessed = try (answer["UnprocessedKeys"]?[table] ?? .null).items("Keys")
        try DynamoDBClient.check(unprocessed: unprocessed.count, of: keys.count)
        return (items, unprocessed)
    }

    /// One write of a batch: no conditions, no updates, each item on its own.
    public enum BatchWrite: Sendable, Hashable {
        case put(Attributes)
        case delete(Attributes)
    }

    /// Writes up to 25 items of one table, each on its own.
    ///
    /// - Returns: The writes that the service had no capacity for: send those again, later, as ``writeItems(_:table:)``
    ///   does.
    public func batchWriteItem(_ writes: [BatchWrite], table: String) async throws(DynamoDBError) -> [BatchWrite] {
        var body = RequestBody()
        body.object("RequestItems") { body in
            body.array(table, writes) { body, write in
                body.object { body in
                    switch write {
                    case .put(let item): body.object("PutRequest") { $0.attributes("Item", item) }
                    case .delete(let key): body.object("DeleteRequest") { $0.attributes("Key", key) }
                    }
                }
            }
        }
        let answer = try await send("BatchWriteItem", body.finish(), table: table, answerIsShort: true)
        var unprocessed: [BatchWrite] = []
        for request in answer["UnprocessedItems"]?[table]?.arrayValue ?? [] {
            if let item = request["PutRequest"]?["Item"] {
                unprocessed.append(.put(try item.item()))
            } else if let key = request["DeleteRequest"]?["Key"] {
                unprocessed.append(.delete(try key.item()))
            } else {
                throw DynamoDBError(.malformedResponse, "an unprocessed write can be read neither as put nor as delete")
            }
        }
        try DynamoDBClient.check(unprocessed: unprocessed.count, of: writes.count)
        return unprocessed
    }

    /// Whoever sends again what was left would else never come to an end.
    private static func check(unprocessed: Int, of count: Int) throws(DynamoDBError) {
        guard unprocessed <= count else {
            throw DynamoDBError(
                .malformedResponse,
                "\(unprocessed) elements are said to be left of a batch of \(count)"
            )
        }
    }
}

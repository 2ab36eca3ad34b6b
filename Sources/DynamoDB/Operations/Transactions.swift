internal import LosslessJSON
public import SingleTable

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension DynamoDBClient {
    /// The service's limit of one transaction.
    public static let maximumTransactWrites = 100

    /// One write of a transaction, on a table named by name or by ARN.
    public enum TransactWrite: Sendable, Hashable {
        /// Stores the item, replacing one of the same key.
        case put(Attributes, table: String, condition: Condition? = nil)
        /// Stores an item that must be new.
        case insert(EncodedItem, table: String)
        case update(Attributes, Update, table: String, condition: Condition? = nil)
        case delete(Attributes, table: String, condition: Condition? = nil)
        /// Changes nothing, but stops the transaction when the condition does not hold.
        case check(Attributes, table: String, condition: Condition)
    }

    /// Carries out up to 100 writes on distinct items, or none of them.
    ///
    /// The client does not try a cancelled transaction again. Where ``DynamoDBError/cancellationReasons`` holds nothing
    /// but `None`, `TransactionConflict` and `ThrottlingError`, nothing is wrong with it: another writer was at the same
    /// items. Wait for a moment and send it again, with the same token.
    ///
    /// - Parameter token: At most 36 characters. Sent again within ten minutes with the same token and content, a
    ///   transaction that was carried out is not carried out again. All attempts of one call share it.
    /// - Throws: `transactionCanceled` with a reason a write; `idempotentParameterMismatch` when the token was used
    ///   with other content.
    public func transactWriteItems(
        _ writes: [TransactWrite],
        token: String = UUID().uuidString
    ) async throws(DynamoDBError) {
        var body = RequestBody()
        body.string("ClientRequestToken", token)
        body.array("TransactItems", writes) { body, write in
            body.object { $0.transactItem(write) }
        }
        _ = try await send("TransactWriteItems", body.finish(), table: writes.first?.table, answerIsShort: true)
    }

    /// The service's limit of one transaction.
    public static let maximumTransactGets = 100

    /// Reads up to 100 items, of any tables, as they were at one moment.
    ///
    /// - Parameter keys: The key attributes of each item, and its table by name or by ARN.
    /// - Returns: The items in the order of the keys; `nil` where there is none.
    /// - Throws: `transactionCanceled` when somebody is writing one of them.
    public func transactGetItems(
        _ keys: [(key: Attributes, table: String)]
    ) async throws(DynamoDBError) -> [Attributes?] {
        var body = RequestBody()
        body.array("TransactItems", keys) { body, item in
            body.object { body in
                body.object("Get") { body in
                    body.string("TableName", item.table)
                    body.attributes("Key", item.key)
                }
            }
        }
        let answer = try await send("TransactGetItems", body.finish(), table: keys.first?.table)
        let responses = answer["Responses"]?.arrayValue ?? []
        guard responses.count == keys.count else {
            throw DynamoDBError(.malformedResponse, "the answer holds \(responses.count) of \(keys.count) items")
        }
        var items: [Attributes?] = []
        for response in responses { items.append(try response["Item"]?.item()) }
        return items
    }
}

extension DynamoDBClient.TransactWrite {
    var table: String {
        switch self {
        case .put(_, let table, _), .insert(_, let table), .update(_, _, let table, _), .delete(_, let table, _),
            .check(_, let table, _):
            table
        }
    }
}

extension RequestBody {
    fileprivate mutating func transactItem(_ write: DynamoDBClient.TransactWrite) {
        var builder = ExpressionBuilder()
        switch write {
        case .put(let item, let table, let condition):
            object("Put") { body in
                body.string("TableName", table)
                body.attributes("Item", item)
                body.conditionAndAliases(condition, &builder)
            }
        case .insert(let item, let table):
            object("Put") { body in
                body.string("TableName", table)
                body.encoded("Item", item)
                body.conditionAndAliases(.itemIsNew, &builder)
            }
        case .update(let key, let update, let table, let condition):
            object("Update") { body in
                body.string("TableName", table)
                body.attributes("Key", key)
                body.string("UpdateExpression", builder.update(update))
                body.conditionAndAliases(condition, &builder)
            }
        case .delete(let key, let table, let condition):
            object("Delete") { body in
                body.string("TableName", table)
                body.attributes("Key", key)
                body.conditionAndAliases(condition, &builder)
            }
        case .check(let key, let table, let condition):
            object("ConditionCheck") { body in
                body.string("TableName", table)
                body.attributes("Key", key)
                body.conditionAndAliases(condition, &builder)
            }
        }
    }

    private mutating func conditionAndAliases(_ condition: Condition?, _ builder: inout ExpressionBuilder) {
        if condition != nil {
            self.condition(condition, &builder)
            string("ReturnValuesOnConditionCheckFailure", "ALL_OLD")
        }
        aliases(builder)
    }
}

internal import LosslessJSON
public import SingleTable

extension DynamoDBClient {
    /// Which attributes an answer brings back.
    public enum ReturnValues: String, Sendable, Hashable {
        case none = "NONE"
        case allOld = "ALL_OLD"
        case updatedOld = "UPDATED_OLD"
        case allNew = "ALL_NEW"
        case updatedNew = "UPDATED_NEW"
    }

    /// Stores an item, replacing one of the same key.
    ///
    /// - Returns: The item that was replaced, when `returning` is `allOld` and there was one.
    /// - Throws: `conditionalCheckFailed` with the stored item in ``DynamoDBError/item``, and any other service error.
    @discardableResult
    public func putItem(
        _ item: Attributes,
        table: String,
        condition: Condition? = nil,
        returning: ReturnValues = .none
    ) async throws(DynamoDBError) -> Attributes? {
        var body = RequestBody(table: table)
        body.attributes("Item", item)
        finish(&body, condition: condition, returning: returning)
        return try await send("PutItem", body.finish(), table: table, answerIsShort: true)["Attributes"]?.item()
    }

    /// - Parameters:
    ///   - key: The attributes of the table's key, and no others.
    ///   - attributes: Those to bring back; empty: all that there are.
    ///   - consistent: Whether the answer has to hold every write acknowledged before; costs twice as much.
    /// - Returns: `nil` when there is no such item.
    public func getItem(
        _ key: Attributes,
        table: String,
        attributes: [String] = [],
        consistent: Bool = true
    ) async throws(DynamoDBError) -> Attributes? {
        var body = RequestBody(table: table)
        body.attributes("Key", key)
        body.bool("ConsistentRead", consistent)
        if !attributes.isEmpty {
            var builder = ExpressionBuilder()
            body.string("ProjectionExpression", builder.projection(attributes))
            body.aliases(builder)
        }
        return try await send("GetItem", body.finish(), table: table)["Item"]?.item()
    }

    /// Changes attributes of an item, which is made when it does not exist.
    @discardableResult
    public func updateItem(
        _ key: Attributes,
        _ update: Update,
        table: String,
        condition: Condition? = nil,
        returning: ReturnValues = .none
    ) async throws(DynamoDBError) -> Attributes? {
        var body = RequestBody(table: table)
        body.attributes("Key", key)
        finish(&body, update: update, condition: condition, returning: returning)
        return try await send("UpdateItem", body.finish(), table: table, answerIsShort: true)["Attributes"]?.item()
    }

    @discardableResult
    public func deleteItem(
        _ key: Attributes,
        table: String,
        condition: Condition? = nil,
        returning: ReturnValues = .none
    ) async throws(DynamoDBError) -> Attributes? {
        var body = RequestBody(table: table)
        body.attributes("Key", key)
        finish(&body, condition: condition, returning: returning)
        return try await send("DeleteItem", body.finish(), table: table, answerIsShort: true)["Attributes"]?.item()
    }

    private func finish(
        _ body: inout RequestBody,
        update: Update? = nil,
        condition: Condition?,
        returning: ReturnValues
    ) {
        var builder = ExpressionBuilder()
        if let update, !update.isEmpty { body.string("UpdateExpression", builder.update(update)) }
        if condition != nil {
            body.condition(condition, &builder)
            body.string("ReturnValuesOnConditionCheckFailure", ReturnValues.allOld.rawValue)
        }
        body.aliases(builder)
        if returning != .none { body.string("ReturnValues", returning.rawValue) }
    }
}

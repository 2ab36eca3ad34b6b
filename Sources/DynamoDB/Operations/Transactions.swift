internal import LosslessJSON
public import SingleTable

extension DynamoDBClient {
    /// Carries out up to 100 writes on distinct items, or none of them.
    ///
    /// - Parameter token: At most 36 characters. Sent again within ten minutes with the same token and content, a
    ///   transaction that was carried out is not carried out again. All attempts of one call share it.
    /// - Throws: `transactionCanceled` with a reason a write; `idempotentParameterMismatch` when the token was used
    ///   with other content.
    public func transactWriteItems(_ writes: [Write], table: String, token: String) async throws(DynamoDBError) {
        var body = RequestBody()
        body.string("ClientRequestToken", token)
        body.array("TransactItems", writes) { body, write in
            body.object { $0.transactItem(write, table: table) }
        }
        _ = try await send("TransactWriteItems", body.bytes, table: table)
    }
}

extension RequestBody {
    fileprivate mutating func transactItem(_ write: Write, table: String) {
        var builder = ExpressionBuilder()
        switch write {
        case .put(let item, let condition):
            object("Put") { body in
                body.string("TableName", table)
                body.attributes("Item", item.attributes)
                body.conditionAndAliases(condition, &builder)
            }
        case .update(let key, let update, let condition):
            object("Update") { body in
                body.string("TableName", table)
                body.key(key)
                body.string("UpdateExpression", builder.update(update))
                body.conditionAndAliases(condition, &builder)
            }
        case .delete(let key, let condition):
            object("Delete") { body in
                body.string("TableName", table)
                body.key(key)
                body.conditionAndAliases(condition, &builder)
            }
        case .check(let key, let condition):
            object("ConditionCheck") { body in
                body.string("TableName", table)
                body.key(key)
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

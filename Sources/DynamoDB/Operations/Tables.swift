internal import LosslessJSON
public import SingleTable

extension DynamoDBClient {
    /// Makes a table of this package's shape: string keys `PK` and `SK`, index `GSI1` of keys only, on-demand billing.
    /// The table is usable once ``describeTable(_:)`` says `active`.
    public func createTable(_ name: String) async throws(DynamoDBError) {
        var body = RequestBody(table: name)
        let index = Query.Index.gsi1
        let attributes = [
            Key.partitionAttribute, Key.sortAttribute, index.partitionAttribute, index.sortAttribute,
        ]
        body.json(
            "AttributeDefinitions",
            .array(attributes.map { ["AttributeName": .string($0), "AttributeType": "S"] })
        )
        body.json("KeySchema", keySchema(Key.partitionAttribute, Key.sortAttribute))
        body.string("BillingMode", "PAY_PER_REQUEST")
        body.json(
            "GlobalSecondaryIndexes",
            [
                [
                    "IndexName": .string(index.rawValue),
                    "KeySchema": keySchema(index.partitionAttribute, index.sortAttribute),
                    "Projection": ["ProjectionType": "KEYS_ONLY"],
                ]
            ]
        )
        _ = try await send("CreateTable", body.bytes, table: name)
    }

    private func keySchema(_ partition: String, _ sort: String) -> JSONValue {
        [
            ["AttributeName": .string(partition), "KeyType": "HASH"],
            ["AttributeName": .string(sort), "KeyType": "RANGE"],
        ]
    }

    public func describeTable(_ name: String) async throws(DynamoDBError) -> TableDescription {
        let answer = try await send("DescribeTable", RequestBody(table: name).bytes, table: name)
        guard let table = answer["Table"], let status = table["TableStatus"]?.stringValue else {
            throw DynamoDBError(.malformedResponse, "the answer describes no table")
        }
        return TableDescription(
            name: table["TableName"]?.stringValue ?? name,
            status: TableDescription.Status(rawValue: status) ?? .other,
            indexes: (table["GlobalSecondaryIndexes"]?.arrayValue ?? []).compactMap { $0["IndexName"]?.stringValue },
            timeToLiveAttribute: nil,
            itemCount: table["ItemCount"]?.numberText.flatMap { Int($0) } ?? 0,
            sizeBytes: table["TableSizeBytes"]?.numberText.flatMap { Int($0) } ?? 0
        )
    }

    /// Deletes a table and everything in it.
    public func deleteTable(_ name: String) async throws(DynamoDBError) {
        _ = try await send("DeleteTable", RequestBody(table: name).bytes, table: name)
    }

    /// Lets the service delete items once the epoch second in `attribute` has passed.
    public func updateTimeToLive(_ name: String, attribute: String) async throws(DynamoDBError) {
        var body = RequestBody(table: name)
        body.json("TimeToLiveSpecification", ["AttributeName": .string(attribute), "Enabled": true])
        _ = try await send("UpdateTimeToLive", body.bytes, table: name)
    }

    /// The attribute by which items expire; `nil` when expiry is off.
    public func describeTimeToLive(_ name: String) async throws(DynamoDBError) -> String? {
        let answer = try await send("DescribeTimeToLive", RequestBody(table: name).bytes, table: name)
        let description = answer["TimeToLiveDescription"]
        guard ["ENABLED", "ENABLING"].contains(description?["TimeToLiveStatus"]?.stringValue) else { return nil }
        return description?["AttributeName"]?.stringValue
    }
}

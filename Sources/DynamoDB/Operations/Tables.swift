internal import LosslessJSON
public import SingleTable

extension DynamoDBClient {
    /// Makes a table with on-demand billing. It is usable once ``describeTable(_:)`` says `active`.
    public func createTable(_ name: String, schema: TableSchema) async throws(DynamoDBError) {
        var body = RequestBody(table: name)
        body.json("AttributeDefinitions", schema.attributeDefinitions)
        body.json("KeySchema", TableSchema.keySchema(schema.partition, schema.sort))
        body.string("BillingMode", "PAY_PER_REQUEST")
        if !schema.indexes.isEmpty { body.json("GlobalSecondaryIndexes", .array(schema.indexes.map(\.json))) }
        _ = try await send("CreateTable", body.finish(), table: name)
    }

    public func describeTable(_ name: String) async throws(DynamoDBError) -> TableDescription {
        let answer = try await send("DescribeTable", RequestBody(table: name).finish(), table: name)
        guard let table = answer["Table"], let status = table["TableStatus"]?.stringValue else {
            throw DynamoDBError(.malformedResponse, "the answer describes no table")
        }
        let indexes = table["GlobalSecondaryIndexes"]?.arrayValue ?? []
        var description = TableDescription(
            name: table["TableName"]?.stringValue ?? name,
            status: TableDescription.Status(rawValue: status) ?? .other,
            indexes: indexes.compactMap { $0["IndexName"]?.stringValue },
            timeToLiveAttribute: nil,
            itemCount: table["ItemCount"]?.numberText.flatMap { Int($0) } ?? 0,
            sizeBytes: table["TableSizeBytes"]?.numberText.flatMap { Int($0) } ?? 0,
            replicas: (table["Replicas"]?.arrayValue ?? []).compactMap { $0["RegionName"]?.stringValue }
        )
        description.keys = TableSchema.keyNames(table)
        for index in indexes {
            guard let name = index["IndexName"]?.stringValue else { continue }
            description.indexKeys[name] = TableSchema.keyNames(index)
            // One that is still filled does not find everything yet.
            if let status = index["IndexStatus"]?.stringValue, status != "ACTIVE" { description.status = .updating }
        }
        return description
    }

    /// Adds an index to a table with on-demand billing. It is usable once ``describeTable(_:)`` says `active`.
    public func createIndex(_ index: TableSchema.Index, of table: String) async throws(DynamoDBError) {
        var body = RequestBody(table: table)
        let attributes = [index.partition, index.sort].compactMap(\.self)
        body.json("AttributeDefinitions", .array(attributes.map(\.json)))
        body.json("GlobalSecondaryIndexUpdates", [["Create": index.json]])
        _ = try await send("UpdateTable", body.finish(), table: table)
    }

    /// Deletes a table and everything in it.
    public func deleteTable(_ name: String) async throws(DynamoDBError) {
        _ = try await send("DeleteTable", RequestBody(table: name).finish(), table: name)
    }

    /// Lets the service delete items once the epoch second in `attribute` has passed.
    public func updateTimeToLive(_ name: String, attribute: String) async throws(DynamoDBError) {
        var body = RequestBody(table: name)
        body.json("TimeToLiveSpecification", ["AttributeName": .string(attribute), "Enabled": true])
        _ = try await send("UpdateTimeToLive", body.finish(), table: name)
    }

    /// The attribute by which items expire; `nil` when expiry is off.
    public func describeTimeToLive(_ name: String) async throws(DynamoDBError) -> String? {
        let answer = try await send("DescribeTimeToLive", RequestBody(table: name).finish(), table: name)
        let description = answer["TimeToLiveDescription"]
        guard ["ENABLED", "ENABLING"].contains(description?["TimeToLiveStatus"]?.stringValue) else { return nil }
        return description?["AttributeName"]?.stringValue
    }
}

extension TableSchema {
    /// Each key attribute once, of whichever key.
    fileprivate var attributeDefinitions: JSONValue {
        var seen: Set<String> = []
        let attributes: [Attribute?] = [partition, sort] + indexes.flatMap { [$0.partition, $0.sort] }
        return .array(
            attributes.compactMap(\.self).filter { seen.insert($0.name).inserted }
                .map(\.json)
        )
    }

    fileprivate static func keySchema(_ partition: Attribute, _ sort: Attribute?) -> JSONValue {
        var schema: [JSONValue] = [["AttributeName": .string(partition.name), "KeyType": "HASH"]]
        if let sort { schema.append(["AttributeName": .string(sort.name), "KeyType": "RANGE"]) }
        return .array(schema)
    }
}

extension TableSchema {
    /// Of a table or index as the service describes it, the partition's first.
    fileprivate static func keyNames(_ description: JSONValue) -> [String] {
        let schema = description["KeySchema"]?.arrayValue ?? []
        return ["HASH", "RANGE"].compactMap { kind in
            schema.first { $0["KeyType"]?.stringValue == kind }?["AttributeName"]?.stringValue
        }
    }
}

extension TableSchema.Attribute {
    fileprivate var json: JSONValue {
        ["AttributeName": .string(name), "AttributeType": .string(kind.rawValue)]
    }
}

extension TableSchema.Index {
    fileprivate var json: JSONValue {
        let projection: JSONValue =
            switch self.projection {
            case .all: ["ProjectionType": "ALL"]
            case .keysOnly: ["ProjectionType": "KEYS_ONLY"]
            case .include(let names):
                ["ProjectionType": "INCLUDE", "NonKeyAttributes": .array(names.map { .string($0) })]
            }
        return [
            "IndexName": .string(name),
            "KeySchema": TableSchema.keySchema(partition, sort),
            "Projection": projection,
        ]
    }
}

public import SingleTable

/// A table in DynamoDB, or in anything that speaks its protocol.
public struct DynamoDBTable: Table {
    public let name: String
    public let client: DynamoDBClient
    public let limits = TableLimits.dynamoDB

    public init(name: String, client: DynamoDBClient) {
        self.name = name
        self.client = client
    }

    public func transact(_ writes: [Write], token: String) async throws(TableError) -> TransactionOutcome {
        do throws(DynamoDBError) {
            try await client.transactWriteItems(writes.map { .init($0, table: name) }, token: token)
            return .committed
        } catch {
            if error.code == .transactionCanceled, error.cancellationReasons.count == writes.count {
                return .cancelled(try error.cancellationReasons.map(CancellationReason.init))
            }
            throw tableError(error)
        }
    }

    public func get(_ key: Key) async throws(TableError) -> Item? {
        try await translating { () throws(DynamoDBError) in
            try await client.getItem(key.attributes, table: name).map(Item.init)
        }
    }

    public func batchGet(_ keys: [Key]) async throws(TableError) -> [Item] {
        do throws(BatchGetError) {
            return try await client.getItems(Set(keys).map(\.attributes), table: name).map(Item.init)
        } catch {
            throw tableError(error.underlying)
        }
    }

    public func query(_ query: Query) async throws(TableError) -> Page {
        let page = try await translating { () throws(DynamoDBError) in
            try await client.query(ItemQuery(query, table: name))
        }
        return Page(page)
    }

    public func scan(start: PageToken?) async throws(TableError) -> Page {
        let page = try await translating { () throws(DynamoDBError) in
            try await client.scan(ItemScan(name, consistent: true, start: start?.attributes))
        }
        return Page(page)
    }

    public func put(_ item: Item, condition: Condition?) async throws(TableError) -> WriteOutcome {
        try await conditional { () throws(DynamoDBError) in
            try await client.putItem(item.attributes, table: name, condition: condition)
        }
    }

    public func batchPut(_ items: [Item]) async throws(TableError) {
        do throws(BatchWriteError) {
            try await client.writeItems(items.map { .put($0.attributes) }, table: name)
        } catch {
            throw tableError(error.underlying)
        }
    }

    public func delete(_ key: Key, condition: Condition?) async throws(TableError) -> WriteOutcome {
        try await conditional { () throws(DynamoDBError) in
            try await client.deleteItem(key.attributes, table: name, condition: condition)
        }
    }

    public func create() async throws(TableError) {
        try await translating { () throws(DynamoDBError) in try await client.createTable(name, schema: .singleTable) }
        try await waitUntilActive()
        try await translating { () throws(DynamoDBError) in
            try await client.updateTimeToLive(name, attribute: TableShape.expiryAttribute)
        }
    }

    public func describe() async throws(TableError) -> TableDescription {
        try await translating { () throws(DynamoDBError) in
            var description = try await client.describeTable(name)
            description.timeToLiveAttribute = try await client.describeTimeToLive(name)
            return description
        }
    }

    /// Adds the index and the expiry of items to a table that somebody else made, where they are missing.
    ///
    /// - Returns: What was added, for people.
    /// - Throws: ``TableError`` with `validation` when the table's keys are not ours, or a name is taken by something
    ///   else.
    public func complete() async throws(TableError) -> [String] {
        let shape = try await describe()
        try TableShape.check(shape)
        var added: [String] = []
        for index in TableSchema.singleTable.indexes where !shape.indexes.contains(index.name) {
            try await translating { () throws(DynamoDBError) in try await client.createIndex(index, of: name) }
            try await waitUntilActive(rounds: 600)
            added.append("the index \(index.name)")
        }
        if shape.timeToLiveAttribute == nil {
            try await translating { () throws(DynamoDBError) in
                try await client.updateTimeToLive(name, attribute: TableShape.expiryAttribute)
            }
            added.append("expiry by \(TableShape.expiryAttribute)")
        }
        return added
    }

    public func destroy() async throws(TableError) {
        try await translating { () throws(DynamoDBError) in try await client.deleteTable(name) }
    }

    // MARK: Help

    private func waitUntilActive(rounds: Int = 60) async throws(TableError) {
        for round in 1...rounds {
            let description = try await translating { () throws(DynamoDBError) in
                try await client.describeTable(name)
            }
            if description.status == .active { return }
            try await pause(round: min(round, 6))
        }
        throw TableError(.timedOut, "\(name) is not active yet: try again in a minute")
    }

    private func pause(round: Int) async throws(TableError) {
        do {
            try await Task.sleep(for: .milliseconds(50) * (1 << min(round, 6)) * Double.random(in: 0.5..<1))
        } catch {
            throw TableError(.cancelled, "cancelled", underlying: error)
        }
    }

    private func conditional(
        _ work: () async throws(DynamoDBError) -> Attributes?
    ) async throws(TableError) -> WriteOutcome {
        do throws(DynamoDBError) {
            _ = try await work()
            return .written
        } catch {
            if error.code == .conditionalCheckFailed { return .conditionFailed(error.item.map(Item.init)) }
            throw tableError(error)
        }
    }

    private func translating<Value>(
        _ work: () async throws(DynamoDBError) -> Value
    ) async throws(TableError) -> Value {
        do throws(DynamoDBError) {
            return try await work()
        } catch {
            throw tableError(error)
        }
    }
}

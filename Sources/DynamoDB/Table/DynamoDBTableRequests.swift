internal import SingleTable

// The table's typed writes and queries as requests of the client.

extension Key {
    var attributes: Attributes { Item(key: self).attributes }
}

extension DynamoDBClient.TransactWrite {
    init(_ write: Write, table: String) {
        switch write {
        case .put(let item, let condition): self = .put(item.attributes, table: table, condition: condition)
        case .insert(let item): self = .insert(item, table: table)
        case .update(let key, let update, let condition):
            self = .update(key.attributes, update, table: table, condition: condition)
        case .delete(let key, let condition): self = .delete(key.attributes, table: table, condition: condition)
        case .check(let key, let condition): self = .check(key.attributes, table: table, condition: condition)
        }
    }
}

extension ItemQuery {
    init(_ query: Query, table: String) {
        let sort = query.index?.sortAttribute ?? Key.sortAttribute
        self.init(
            table,
            index: query.index?.rawValue,
            partition: query.index?.partitionAttribute ?? Key.partitionAttribute,
            equals: .string(query.partition),
            ascending: query.ascending,
            limit: query.limit,
            consistent: query.consistent,
            start: query.start?.attributes
        )
        switch query.sort {
        case .any: break
        case .beginsWith(let prefix): self.sort = .beginsWith(sort, .string(prefix))
        case .between(let low, let high): self.sort = .between(sort, .string(low), .string(high))
        }
    }
}

extension Page {
    init(_ page: DynamoDBClient.ItemPage) {
        self.init(items: page.items.map(Item.init), next: page.lastEvaluatedKey.map(PageToken.init))
    }
}

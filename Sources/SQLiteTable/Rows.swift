internal import GRDB
internal import SingleTable

/// Items as rows: reading, evaluating and storing them inside one SQLite transaction.
enum Rows {
    /// The most bytes of items in a page, as in DynamoDB: what a reader holds at a time stays bounded.
    private static let pageBytes = 1024 * 1024

    // MARK: Writing

    /// Carries a write out, or says why not.
    ///
    /// - Parameter stores: `false` only looks whether it could be carried out.
    static func carryOut(
        _ write: Write,
        storing stores: Bool = true,
        in database: Database
    ) throws -> CancellationReason {
        // Nearly every write of an import: one statement instead of a look and a statement.
        if stores, case .insert(let item) = write { return try insert(item, in: database) }
        let (reason, result) = try evaluate(write, in: database)
        if stores, let (key, item) = result { try store(item, under: key, in: database) }
        return reason
    }

    private static func insert(_ item: EncodedItem, in database: Database) throws -> CancellationReason {
        try check(item)
        try database.cachedStatement(sql: insertIfNew).execute(arguments: arguments(item))
        return database.changesCount == 1 ? .none : .conditionFailed(try self.item(item.key, in: database))
    }

    private static let insertion = "INSERT INTO items (pk, sk, gsi1pk, gsi1sk, item) VALUES (?, ?, ?, ?, ?)"
    private static let insertIfNew = insertion + " ON CONFLICT (pk, sk) DO NOTHING"
    private static let insertOrReplace =
        insertion + """
             ON CONFLICT (pk, sk) DO UPDATE SET
                gsi1pk = excluded.gsi1pk, gsi1sk = excluded.gsi1sk, item = excluded.item
            """

    private static func arguments(_ item: EncodedItem) -> StatementArguments {
        [
            item.key.partition, item.key.sort, item.indexPartition?.stringValue, item.indexSort?.stringValue,
            item.jsonText,
        ]
    }

    /// Whether a write may happen, and if so what its item will be (`nil`: gone).
    private static func evaluate(
        _ write: Write,
        in database: Database
    ) throws -> (reason: CancellationReason, result: (Key, EncodedItem?)?) {
        guard let key = write.key else { throw TableError(.validation, "an item lacks PK or SK") }
        // What replaces an item whatever it is does not read it either: it may be beyond reading.
        var stored: Item?
        if write.needsStoredItem { stored = try item(key, in: database) }
        if let condition = write.condition, !condition.holds(for: stored) {
            return (.conditionFailed(stored), nil)
        }
        switch write {
        case .put(let item, _):
            return (.none, (key, try encoded(item)))
        case .insert(let item):
            try check(item)
            return (.none, (key, item))
        case .update(_, let update, _):
            return (.none, (key, try encoded(try update.applied(to: stored, key: key))))
        case .delete:
            return (.none, (key, nil))
        case .check:
            return (.none, nil)
        }
    }

    private static func encoded(_ item: Item) throws(TableError) -> EncodedItem {
        guard let encoded = EncodedItem(item) else { throw TableError(.validation, "an item lacks PK or SK") }
        try check(encoded)
        return encoded
    }

    private static func store(_ item: EncodedItem?, under key: Key, in database: Database) throws {
        guard let item else {
            try database.cachedStatement(sql: "DELETE FROM items WHERE pk = ? AND sk = ?")
                .execute(arguments: [key.partition, key.sort])
            return
        }
        try database.cachedStatement(sql: insertOrReplace).execute(arguments: arguments(item))
    }

    static func validate(_ key: Key) throws(TableError) {
        for (name, value, most) in [("PK", key.partition, 2048), ("SK", key.sort, 1024)] {
            guard (1...most).contains(value.utf8.count) else {
                throw TableError(.validation, "\(name) must have 1 to \(most) bytes")
            }
            guard !value.utf8.contains(0) else { throw TableError(.validation, "\(name) contains a NUL character") }
        }
    }

    /// What DynamoDB refuses, so that a file can always be copied into a table there.
    private static func check(_ item: EncodedItem) throws(TableError) {
        if let name = item.emptySet {
            throw TableError(.validation, "\(name) has an empty set, which no item can hold")
        }
        try check(item.indexPartition, Query.Index.gsi1.partitionAttribute)
        try check(item.indexSort, Query.Index.gsi1.sortAttribute)
        guard item.storedBytes <= TableLimits.dynamoDB.itemBytes else {
            throw TableError(.itemTooLarge, "an item holds at most 400 KB")
        }
    }

    private static func check(_ indexed: AttributeValue?, _ name: String) throws(TableError) {
        guard let indexed else { return }
        guard let text = indexed.stringValue, !text.isEmpty, !text.utf8.contains(0) else {
            throw TableError(.validation, "\(name) must be a string, not empty and without NUL characters")
        }
    }

    // MARK: Reading

    static func item(_ key: Key, in database: Database) throws -> Item? {
        let statement = try database.cachedStatement(sql: "SELECT item FROM items WHERE pk = ? AND sk = ?")
        return try String.fetchOne(statement, arguments: [key.partition, key.sort]).map { try decode($0, key: key) }
    }

    private static func decode(_ text: String, key: Key, _ decoded: DecodedItems? = nil) throws -> Item {
        var item = try decoded?.item(text, decode) ?? decode(text)
        // The row's keys are what the item is found by; the text repeats them, if nobody changed it. To set them would
        // copy an item that is kept.
        if item.key != key {
            item[Key.partitionAttribute] = .string(key.partition)
            item[Key.sortAttribute] = .string(key.sort)
        }
        return item
    }

    private static func decode(_ text: String) throws -> Item {
        guard let item = Item(jsonText: text) else {
            // Which one is not said: keys hold the names of users.
            throw TableError(.corrupt, "an item is not in DynamoDB's JSON form: restore the file from a backup")
        }
        return item
    }

    /// - Parameters:
    ///   - wholeItems: Also from an index.
    ///   - decoded: Where items are kept that will be asked for again.
    static func query(
        _ query: Query,
        wholeItems: Bool = false,
        in database: Database,
        _ decoded: DecodedItems? = nil
    ) throws -> Page {
        let columns = query.index == nil ? ("pk", "sk") : ("gsi1pk", "gsi1sk")
        if query.partition.isEmpty { throw TableError(.validation, "a partition key is not empty") }
        if let limit = query.limit, limit < 1 { throw TableError(.validation, "a page has at least one item") }
        var conditions = ["\(columns.0) = ?"]
        // Only items with both keys are in an index.
        if query.index != nil { conditions.append("gsi1sk IS NOT NULL") }
        var arguments: [any DatabaseValueConvertible] = [query.partition]
        switch query.sort {
        case .any: break
        case .beginsWith(let prefix):
            conditions.append("\(columns.1) >= ?")
            arguments.append(prefix)
            // Both ends bound, so that SQLite stops after the last match instead of reading on to the partition's end.
            if let end = end(ofPrefix: prefix) {
                conditions.append("\(columns.1) < ?")
                arguments.append(end)
            }
        case .between(let low, let high):
            guard !high.utf8.lexicographicallyPrecedes(low.utf8) else {
                throw TableError(.validation, "a range of sort keys ends before it starts")
            }
            conditions.append("\(columns.1) BETWEEN ? AND ?")
            arguments += [low, high]
        }
        if let start = query.start {
            let (condition, values) = try after(start, index: query.index, ascending: query.ascending)
            conditions.append(condition)
            arguments += values
        }
        let direction = query.ascending ? "ASC" : "DESC"
        let order = query.index == nil ? "sk \(direction)" : "gsi1sk \(direction), pk \(direction), sk \(direction)"
        let content = query.index == nil || wholeItems ? "item" : "NULL"
        let sql = """
            SELECT pk, sk, gsi1pk, gsi1sk, \(content) FROM items
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order)
            """
        let statement = try database.cachedStatement(sql: sql)
        let rows = try Row.fetchCursor(statement, arguments: StatementArguments(arguments))
        return try page(rows, index: query.index, limit: query.limit, namesUnreadable: query.namesUnreadable, decoded)
    }

    /// The first string after all that begin with the prefix; `nil` when there is none.
    private static func end(ofPrefix prefix: String) -> String? {
        var scalars = Array(prefix.unicodeScalars)
        while let last = scalars.popLast() {
            // UTF-8 sorts as the scalars do; between U+D7FF and U+E000 there are none.
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            guard let scalar = Unicode.Scalar(next) else { continue }
            return String(String.UnicodeScalarView(scalars + [scalar]))
        }
        return nil
    }

    static func scan(after start: PageToken?, in database: Database) throws -> Page {
        let key = try start.map { try tokenKey($0) }
        let statement = try database.cachedStatement(
            sql: """
                SELECT pk, sk, gsi1pk, gsi1sk, item FROM items WHERE (pk, sk) > (?, ?) ORDER BY pk, sk
                """
        )
        let rows = try Row.fetchCursor(statement, arguments: [key?.partition ?? "", key?.sort ?? ""])
        return try page(rows, index: nil, limit: nil, namesUnreadable: true)
    }

    /// Without a copy of the item where nothing changes.
    private static func set(_ column: String?, _ name: String, of item: inout Item) {
        let value = column.map { AttributeValue.string($0) }
        if item[name] != value { item[name] = value }
    }

    private static func page(
        _ rows: RowCursor,
        index: Query.Index?,
        limit: Int?,
        namesUnreadable: Bool,
        _ decoded: DecodedItems? = nil
    ) throws -> Page {
        var items: [Item] = []
        var unreadable: [Key] = []
        var bytes = 0
        while let row = try rows.next() {
            let key = Key(row[0], row[1])
            var item: Item
            if let text: String = row[4] {
                do {
                    item = try decode(text, key: key, decoded)
                } catch let error as TableError where error.code == .corrupt && namesUnreadable {
                    unreadable.append(key)
                    continue
                }
                bytes += text.utf8.count
            } else {
                item = Item(key: key)
                bytes += key.partition.utf8.count + key.sort.utf8.count
            }
            // As for the keys, the columns are what an index finds it by.
            set(row[2], Query.Index.gsi1.partitionAttribute, of: &item)
            set(row[3], Query.Index.gsi1.sortAttribute, of: &item)
            items.append(item)
            if items.count == limit || bytes >= pageBytes {
                return Page(items: items, next: token(item, index: index), unreadable: unreadable)
            }
        }
        return Page(items: items, next: nil, unreadable: unreadable)
    }

    private static func token(_ item: Item, index: Query.Index?) -> PageToken {
        var names = [Key.partitionAttribute, Key.sortAttribute]
        if let index { names += [index.partitionAttribute, index.sortAttribute] }
        return PageToken(item.attributes.filter { names.contains($0.key) })
    }

    private static func tokenKey(_ token: PageToken) throws -> Key {
        guard let key = Item(token.attributes).key else {
            throw TableError(.validation, "a page token lacks PK or SK")
        }
        return key
    }

    private static func after(
        _ token: PageToken,
        index: Query.Index?,
        ascending: Bool
    ) throws -> (String, [any DatabaseValueConvertible]) {
        let key = try tokenKey(token)
        let comparison = ascending ? ">" : "<"
        guard let index else { return ("sk \(comparison) ?", [key.sort]) }
        guard let sort = token.attributes[index.sortAttribute]?.stringValue else {
            throw TableError(.validation, "a page token lacks \(index.sortAttribute)")
        }
        return ("(gsi1sk, pk, sk) \(comparison) (?, ?, ?)", [sort, key.partition, key.sort])
    }
}

extension Write {
    fileprivate var needsStoredItem: Bool {
        switch self {
        case .put(_, let condition), .delete(_, let condition): condition != nil
        case .insert, .update, .check: true
        }
    }
}

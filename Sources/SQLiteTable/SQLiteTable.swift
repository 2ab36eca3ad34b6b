internal import Foundation
internal import GRDB
internal import LosslessJSON
public import SingleTable

/// The embedded table: the same items under the same keys in one SQLite file.
///
/// Each item is a row of `PK`, `SK`, the index keys and the item itself in DynamoDB's JSON form, so that anybody can
/// look into it with `sqlite3` and `json_extract`. The file is in write-ahead mode with `synchronous=FULL`: what was
/// acknowledged survives `kill -9` and a power cut, and readers never wait for the writer. Several processes may share
/// a file on one machine.
public final class SQLiteTable: SingleTable.Table {
    public enum Location: Sendable, Hashable {
        case memory
        case file(String)
    }

    public enum Mode: Sendable, Hashable {
        /// The file has to exist.
        case existing
        /// The file is made, with the table in it, when it does not exist.
        case createIfMissing
    }

    /// One commit to disk serves as many items as memory allows; the limit keeps other writers' waiting time short.
    public let limits = TableLimits(
        transactionItems: 30_000,
        transactionBytes: 128 * 1024 * 1024,
        itemBytes: 400 * 1024
    )

    public var indexIsConsistent: Bool { true }
    public var scansInKeyOrder: Bool { true }
    public var readsAreCheap: Bool { true }

    let location: Location
    private let database: any DatabaseWriter
    private let decoded = DecodedItems()

    /// How long a writer waits for another process to finish its transaction.
    private static let busyTimeout: TimeInterval = 30

    /// - Throws: ``TableError`` with `tableNotFound` when the file does not exist, `readOnly` or `unavailable` when it
    ///   cannot be opened for writing, `corrupt` when it is no SQLite database.
    public init(_ location: Location, mode: Mode = .createIfMissing) throws(TableError) {
        self.location = location
        var configuration = Configuration()
        configuration.busyMode = .timeout(SQLiteTable.busyTimeout)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // Writers come back to the same pages of keys again and again; there is one of them and several readers.
            let kilobytes = database.configuration.readonly ? 4096 : 65536
            try database.execute(sql: "PRAGMA cache_size = -\(kilobytes)")
            // The log is moved into the file when it has 32 MB, not 4: pages that several transactions change are moved
            // once.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 8192")
        }
        database = try SQLiteTable.translating(location) {
            switch location {
            case .memory:
                return try DatabaseQueue(configuration: configuration)
            case .file(let path):
                if mode == .existing, !FileManager.default.fileExists(atPath: path) {
                    throw TableError(
                        .tableNotFound,
                        "\(path) does not exist: name the file of your events with --store, or fill it with `import`"
                    )
                }
                // Opening a pool changes the file, and one that another program made is not ours to change.
                if mode == .existing, try !SQLiteTable.isTable(path, configuration) {
                    throw TableError(.tableNotFound, "\(path) holds no analytics table")
                }
                return try SQLiteTable.pool(path, configuration)
            }
        }
        try SQLiteTable.translating(location) {
            if mode == .createIfMissing { try Schema.migrate(database) }
            guard try database.read(Schema.isPresent) else {
                throw TableError(.tableNotFound, "\(location.name) holds no analytics table")
            }
        }
    }

    /// SQLite's own waiting for locks leaves out the switch of a new file to write-ahead mode, which fails at once when
    /// another process is at it.
    private static func pool(_ path: String, _ configuration: Configuration) throws -> DatabasePool {
        let deadline = ContinuousClock.now + .seconds(busyTimeout)
        while true {
            do {
                return try DatabasePool(path: path, configuration: configuration)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                guard ContinuousClock.now < deadline else { throw error }
                Thread.sleep(forTimeInterval: 0.01)
            }
        }
    }

    private static func isTable(_ path: String, _ configuration: Configuration) throws -> Bool {
        var configuration = configuration
        configuration.readonly = true
        return try DatabaseQueue(path: path, configuration: configuration).read(Schema.isPresent)
    }

    // MARK: Writes

    public func transact(_ writes: [Write], token: String) async throws(TableError) -> TransactionOutcome {
        try validate(writes)
        return try await access { database in
            var reasons: [CancellationReason] = []
            reasons.reserveCapacity(writes.count)
            var failed = false
            try database.inTransaction {
                for write in writes {
                    let reason: CancellationReason
                    do {
                        reason = try Rows.carryOut(write, storing: !failed, in: database)
                    } catch let error as TableError
                        where error.code == .validation || error.code == .itemTooLarge || error.code == .corrupt
                    {
                        reason = .invalid(error.message)
                    }
                    if reason != .none { failed = true }
                    reasons.append(reason)
                }
                return failed ? .rollback : .commit
            }
            return failed ? .cancelled(reasons) : .committed
        }
    }

    public func put(_ item: Item, condition: Condition?) async throws(TableError) -> WriteOutcome {
        try await single(.put(item, condition: condition))
    }

    public func delete(_ key: Key, condition: Condition?) async throws(TableError) -> WriteOutcome {
        try await single(.delete(key, condition: condition))
    }

    private func single(_ write: Write) async throws(TableError) -> WriteOutcome {
        try validate([write])
        return try await self.write { database in
            if case .conditionFailed(let item) = try Rows.carryOut(write, in: database) {
                return .conditionFailed(item)
            }
            return .written
        }
    }

    public func batchPut(_ items: [Item]) async throws(TableError) {
        var rest = items[...]
        while !rest.isEmpty {
            let batch = rest.prefix(limits.transactionItems)
            rest = rest.dropFirst(batch.count)
            let writes = batch.map { Write.put($0) }
            try validate(writes)
            try await self.write { database in
                for write in writes { _ = try Rows.carryOut(write, in: database) }
            }
        }
    }

    // MARK: Reads

    public func get(_ key: Key) async throws(TableError) -> Item? {
        try Rows.validate(key)
        return try await read { try Rows.item(key, in: $0) }
    }

    public func batchGet(_ keys: [Key]) async throws(TableError) -> [Item] {
        for key in keys { try Rows.validate(key) }
        return try await read { database in
            try Set(keys).compactMap { try Rows.item($0, in: database) }
        }
    }

    public func query(_ query: Query) async throws(TableError) -> Page {
        let decoded = decoded
        return try await read { try Rows.query(query, in: $0, decoded) }
    }

    public func queryItems(_ query: Query) async throws(TableError) -> Page {
        try await read { try Rows.query(query, wholeItems: true, in: $0) }
    }

    public func scan(start: PageToken?) async throws(TableError) -> Page {
        try await read { try Rows.scan(after: start, in: $0) }
    }

    // MARK: The table itself

    public func create() async throws(TableError) {
        let path = location.name
        try await write { database in
            guard try !Schema.isPresent(database) else {
                throw TableError(.tableExists, "\(path) holds a table already")
            }
        }
        try SQLiteTable.translating(location) { try Schema.migrate(database) }
    }

    public func describe() async throws(TableError) -> TableDescription {
        let name = location.name
        return try await read { database in
            let (count, bytes) = try Schema.size(database)
            return TableDescription(
                name: name,
                status: .active,
                indexes: [Query.Index.gsi1.rawValue],
                timeToLiveAttribute: "ttl",
                itemCount: count,
                sizeBytes: bytes
            )
        }
    }

    public func destroy() async throws(TableError) {
        let path = location.name
        try await write { database in
            guard try Schema.isPresent(database) else {
                throw TableError(.tableNotFound, "\(path) holds no analytics table")
            }
            try Schema.drop(database)
        }
    }

    /// Leaves no byte of what was deleted or replaced in the file or beside it: rewrites the file from what it holds,
    /// and empties the write-ahead log.
    ///
    /// Needs as much room again as the file takes, and waits for the writers of other processes.
    ///
    /// - Returns: Whether the log could be emptied; not so while another process reads from it.
    public func purge() async throws(TableError) -> Bool {
        guard case .file = location else { return true }
        do {
            try await database.writeWithoutTransaction { try $0.execute(sql: "VACUUM") }
            return try await database.writeWithoutTransaction { database in
                let row = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
                return row?[0] == 0
            }
        } catch {
            throw SQLiteTable.tableError(error, location)
        }
    }

    // MARK: Access

    func inspect<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(TableError) -> Value {
        try await read(work)
    }

    private func read<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(TableError) -> Value {
        do {
            return try await database.read(work)
        } catch {
            throw SQLiteTable.tableError(error, location)
        }
    }

    /// Alone with the file, as ``write(_:)``, but for a transaction that the work itself begins and ends.
    private func access<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(TableError) -> Value {
        do {
            return try await database.writeWithoutTransaction(work)
        } catch {
            throw SQLiteTable.tableError(error, location)
        }
    }

    private func write<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(TableError) -> Value {
        do {
            return try await database.write(work)
        } catch {
            throw SQLiteTable.tableError(error, location)
        }
    }

    private func validate(_ writes: [Write]) throws(TableError) {
        guard !writes.isEmpty else { throw TableError(.validation, "a transaction needs at least one write") }
        guard writes.count <= limits.transactionItems else {
            throw TableError(.validation, "a transaction holds at most \(limits.transactionItems) writes")
        }
        var keys: Set<Key> = []
        keys.reserveCapacity(writes.count)
        for write in writes {
            guard let key = write.key else { throw TableError(.validation, "an item lacks PK or SK") }
            try Rows.validate(key)
            guard keys.insert(key).inserted else {
                throw TableError(.validation, "a transaction cannot write one item twice")
            }
        }
    }
}

extension SQLiteTable.Location {
    var name: String {
        switch self {
        case .memory: "memory:"
        case .file(let path): path
        }
    }
}

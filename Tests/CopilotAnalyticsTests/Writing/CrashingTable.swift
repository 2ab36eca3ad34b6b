import Locking
import SingleTable

/// A table whose user is killed at one of its calls: that one may be carried out or not, and nothing comes after it.
final class CrashingTable: Table {
    private let base: any Table
    private let carriesOutLast: Bool
    private let left: Locked<Int>

    /// - Parameters:
    ///   - calls: That are answered before the end.
    ///   - carriesOutLast: Whether the table gets the call at which its user is killed.
    init(_ base: any Table, calls: Int, carriesOutLast: Bool) {
        self.base = base
        self.carriesOutLast = carriesOutLast
        left = Locked(calls)
    }

    /// Whether its user was killed.
    var hasCrashed: Bool { left.withLock { $0 < 0 } }

    var limits: TableLimits { base.limits }
    var readsAreCheap: Bool { base.readsAreCheap }

    static let killed = TableError(.internalError, "killed")

    private func call<Value>(
        _ work: () async throws(TableError) -> Value
    ) async throws(TableError) -> Value {
        let left = left.withLock { left in
            left -= 1
            return left
        }
        guard left < 0 else { return try await work() }
        if left == -1, carriesOutLast { _ = try await work() }
        throw CrashingTable.killed
    }

    func transact(_ writes: [Write], token: String) async throws(TableError) -> TransactionOutcome {
        try await call { () async throws(TableError) in try await base.transact(writes, token: token) }
    }
    func get(_ key: Key) async throws(TableError) -> Item? {
        try await call { () async throws(TableError) in try await base.get(key) }
    }
    func batchGet(_ keys: [Key]) async throws(TableError) -> [Item] {
        try await call { () async throws(TableError) in try await base.batchGet(keys) }
    }
    func query(_ query: Query) async throws(TableError) -> Page {
        try await call { () async throws(TableError) in try await base.query(query) }
    }
    func scan(start: PageToken?) async throws(TableError) -> Page {
        try await call { () async throws(TableError) in try await base.scan(start: start) }
    }
    func put(_ item: Item, condition: Condition?) async throws(TableError) -> WriteOutcome {
        try await call { () async throws(TableError) in try await base.put(item, condition: condition) }
    }
    func delete(_ key: Key, condition: Condition?) async throws(TableError) -> WriteOutcome {
        try await call { () async throws(TableError) in try await base.delete(key, condition: condition) }
    }
    func create() async throws(TableError) { try await base.create() }
    func describe() async throws(TableError) -> TableDescription { try await base.describe() }
    func destroy() async throws(TableError) { try await base.destroy() }
}

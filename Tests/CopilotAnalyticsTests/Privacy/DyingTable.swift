import SingleTable
import Synchronization

/// A table whose user is killed: after some transactions nothing reaches it any more, or nobody hears of it.
final class DyingTable: Table {
    private let base: any Table
    private let left: Mutex<Int>
    private let commitsLast: Bool

    /// - Parameter transactions: That are carried out before the end.
    init(_ base: any Table, transactions: Int, commitsLast: Bool) {
        self.base = base
        left = Mutex(transactions)
        self.commitsLast = commitsLast
    }

    var limits: TableLimits { base.limits }

    private static let killed = TableError(.internalError, "killed")

    func transact(_ writes: [Write], token: String) async throws(TableError) -> TransactionOutcome {
        let count = left.withLock { left in
            left -= 1
            return left
        }
        guard count >= 0 else {
            if count == -1, commitsLast { _ = try await base.transact(writes, token: token) }
            throw DyingTable.killed
        }
        return try await base.transact(writes, token: token)
    }

    func get(_ key: Key) async throws(TableError) -> Item? { try await base.get(key) }
    func batchGet(_ keys: [Key]) async throws(TableError) -> [Item] { try await base.batchGet(keys) }
    func query(_ query: Query) async throws(TableError) -> Page { try await base.query(query) }
    func scan(start: PageToken?) async throws(TableError) -> Page { try await base.scan(start: start) }
    func put(_ item: Item, condition: Condition?) async throws(TableError) -> WriteOutcome {
        try await base.put(item, condition: condition)
    }
    func delete(_ key: Key, condition: Condition?) async throws(TableError) -> WriteOutcome {
        try await base.delete(key, condition: condition)
    }
    func create() async throws(TableError) { try await base.create() }
    func describe() async throws(TableError) -> TableDescription { try await base.describe() }
    func destroy() async throws(TableError) { try await base.destroy() }
}

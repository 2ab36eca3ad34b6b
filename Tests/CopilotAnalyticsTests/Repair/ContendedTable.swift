import Locking
import SingleTable

/// A table that refuses a transaction while another one is at one of its items, as DynamoDB does.
final class ContendedTable: Table {
    let base: any Table
    /// A network's time: others may come meanwhile.
    private static let turns = 50
    private let state = Locked<(busy: Set<Key>, conflicts: Int, committed: Int)>(([], 0, 0))

    init(_ base: any Table) { self.base = base }

    var limits: TableLimits { .dynamoDB }
    var conflicts: Int { state.withLock { $0.conflicts } }
    var committed: Int { state.withLock { $0.committed } }

    func transact(_ writes: [Write], token: String) async throws(TableError) -> TransactionOutcome {
        let keys = Set(writes.compactMap(\.key))
        let met = state.withLock { state in
            let met = state.busy.intersection(keys)
            if met.isEmpty { state.busy.formUnion(keys) } else { state.conflicts += 1 }
            return met
        }
        guard met.isEmpty else {
            return .cancelled(writes.map { $0.key.map(met.contains) == true ? .conflict : .none })
        }
        defer { state.withLock { $0.busy.subtract(keys) } }
        for _ in 0..<ContendedTable.turns { await Task.yield() }
        let outcome = try await base.transact(writes, token: token)
        if outcome == .committed { state.withLock { $0.committed += 1 } }
        return outcome
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

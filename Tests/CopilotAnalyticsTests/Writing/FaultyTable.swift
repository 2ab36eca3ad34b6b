import PropertyTesting
import SingleTable
import Synchronization

/// A table before which things go wrong as they do on a network: reads stay right, since they are strongly consistent.
final class FaultyTable: Table {
    struct Rates: Sendable {
        /// Cancelled, with `conflict` or `throttled` among the reasons.
        var contention = 0.0
        /// Failed before anything was written.
        var failure = 0.0
        /// Written, but the answer did not arrive.
        var lostAnswer = 0.0
    }

    struct Struck: Sendable {
        var contention = 0
        var failure = 0
        var lostAnswer = 0
        var committed = 0
        var largestTransaction = 0
        /// The writes that came with each token, and how many came with other ones later.
        var tokens: [String: [Write]] = [:]
        var mixedTokens = 0
    }

    private enum Fault { case none, contention, failure, lostAnswer }

    let limits: TableLimits
    /// Not with the limits of another table, which has its own ways.
    let readsAreCheap: Bool
    private let base: any Table
    private let rates: Rates
    private let state: Mutex<(random: SeededGenerator, struck: Struck, committed: Set<String>)>

    init(_ base: any Table, limits: TableLimits? = nil, rates: Rates = Rates(), seed: UInt64 = 0) {
        self.base = base
        self.limits = limits ?? base.limits
        readsAreCheap = limits == nil && base.readsAreCheap
        self.rates = rates
        state = Mutex((SeededGenerator(seed: seed), Struck(), []))
    }

    var struck: Struck { state.withLock { $0.struck } }

    func transact(_ writes: [Write], token: String) async throws(TableError) -> TransactionOutcome {
        guard writes.count <= limits.transactionItems, token.utf8.count <= 36 else {
            throw TableError(.validation, "a transaction of \(writes.count) items with the token \(token)")
        }
        switch draw(writes, token) {
        case .contention: return .cancelled(reasons(writes.count))
        case .failure: throw TableError(.unavailable, "failed before the commit")
        case .lostAnswer:
            let outcome = try await commit(writes, token)
            guard outcome == .committed else { return outcome }
            state.withLock { $0.struck.lostAnswer += 1 }
            throw TableError(.unavailable, "committed, but the answer was lost")
        case .none:
            let outcome = try await commit(writes, token)
            if outcome == .committed { state.withLock { $0.struck.committed += 1 } }
            return outcome
        }
    }

    /// A committed transaction sent again with its token changes nothing, as behind a network.
    private func commit(_ writes: [Write], _ token: String) async throws(TableError) -> TransactionOutcome {
        if state.withLock({ $0.committed.contains(token) }) { return .committed }
        let outcome = try await base.transact(writes, token: token)
        if outcome == .committed { state.withLock { _ = $0.committed.insert(token) } }
        return outcome
    }

    private func draw(_ writes: [Write], _ token: String) -> Fault {
        state.withLock { state in
            state.struck.largestTransaction = max(state.struck.largestTransaction, writes.count)
            if let known = state.struck.tokens[token], known != writes { state.struck.mixedTokens += 1 }
            state.struck.tokens[token] = writes
            let place = Double.random(in: 0..<1, using: &state.random)
            if place < rates.contention {
                state.struck.contention += 1
                return .contention
            }
            if place < rates.contention + rates.failure {
                state.struck.failure += 1
                return .failure
            }
            return place < rates.contention + rates.failure + rates.lostAnswer ? .lostAnswer : .none
        }
    }

    /// At least one write met another writer.
    private func reasons(_ count: Int) -> [CancellationReason] {
        state.withLock { state in
            var reasons: [CancellationReason] = (0..<count).map { _ in
                state.random.chance(0.9) ? .none : state.random.chance(0.5) ? .conflict : .throttled
            }
            reasons[state.random.integer(0...count - 1)] = state.random.chance(0.5) ? .conflict : .throttled
            return reasons
        }
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

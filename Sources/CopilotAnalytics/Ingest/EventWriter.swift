internal import Foundation
public import SingleTable

/// What became of one event.
public enum EventOutcome: Sendable, Hashable {
    case accepted
    /// It is stored already, with the same content: nothing was counted again.
    case duplicate
    /// Another event of the same identity is stored; that one stays.
    case conflict
}

/// Writes events and their effect on every statistic, each batch as one transaction or not at all.
///
/// The transaction puts each event under the condition that it is new. If some exist already, the table names them:
/// they are dropped, the effects of the rest are added up again, and the rest is sent. So an event is counted once,
/// however often it is sent, whoever sends it, and whatever happened to the answers.
public actor EventWriter {
    private let table: any Table
    public nonisolated let layout: TableLayout
    private var knowledge = WriterKnowledge()
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Transactions in a row that get no answer before the table is taken to be away.
    private static let maximumFailures = 5

    public init(table: any Table, layout: TableLayout) {
        self.table = table
        self.layout = layout
    }

    /// Stores events that are not stored yet.
    ///
    /// - Returns: One outcome an event, in their order.
    /// - Throws: ``TableError``, or ``AnalyticsError`` with `contention`. Events before the failing transaction may be
    ///   stored; sending all of them again is safe.
    public func write(_ events: [Event]) async throws -> [EventOutcome] {
        await acquire()
        defer { release() }
        var outcomes = Outcomes(events, keys: layout.keys)
        var rest = outcomes.firsts[...]
        while !rest.isEmpty {
            try Task.checkCancellation()
            let batch = Array(rest.prefix(batchSize(rest.map { events[$0] })))
            rest = rest.dropFirst(batch.count)
            try await commit(batch, events, &outcomes)
        }
        return outcomes.results
    }

    // MARK: One transaction in flight

    private func acquire() async {
        if !isBusy {
            isBusy = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func release() {
        if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
    }

    // MARK: Batches

    /// Writes that a single event needs at most besides its own item: two periods of totals, users, command, error,
    /// its pattern, and four names.
    private static let writesPerEvent = 13

    /// How many of the next events fit one transaction.
    private func batchSize(_ events: [Event]) -> Int {
        let reserve = 4
        let limit = table.limits.transactionItems - reserve
        if events.count * (EventWriter.writesPerEvent + 1) <= limit { return events.count }
        var keys: Set<RollupKey> = []
        for (index, event) in events.enumerated() {
            var effect = RollupSet()
            effect.add(event, overflow: [], zone: layout.zone)
            keys.formUnion(effect.rollups.keys)
            if index > 0, index + 1 + keys.count > limit { return index }
        }
        return events.count
    }

    /// - Parameter batch: Places in `events`, none of them twice.
    private func commit(_ batch: [Int], _ events: [Event], _ outcomes: inout Outcomes) async throws {
        var batch = batch
        var postponed: [Int] = []
        var backoff = Backoff()
        while !batch.isEmpty {
            let plan = BatchPlanner(layout: layout, knowledge: knowledge).plan(batch.map { events[$0] })
            if !plan.isComplete {
                try await learn(plan)
                continue
            }
            if !fits(plan), batch.count > 1 {
                // Rare: many new names, or a distinct count that moves to its parts. Send fewer events at a time.
                let kept = batch.count * 3 / 4
                postponed = batch[kept...] + postponed
                batch = Array(batch[..<kept])
                continue
            }
            switch try await send(plan, &backoff) {
            case .committed:
                remember(plan)
                for index in batch { outcomes.resolve(index, .accepted, stored: nil) }
                batch = postponed
                postponed = []
                backoff = Backoff()
            case .cancelled(let reasons):
                try await absorb(reasons, plan, &batch, &outcomes)
                // What was learned is used at once; only a condition that fails again and again has to wait.
                try await backoff.next(isContended: reasons.contains(where: \.isContention))
            }
        }
    }

    /// Sends one plan until no other writer is in the way. All of it under one token: when an answer was lost on the
    /// way, the next attempt is told that this very transaction was carried out, and nothing is taken for a duplicate.
    private func send(_ plan: BatchPlan, _ backoff: inout Backoff) async throws -> TransactionOutcome {
        let token = UUID().uuidString
        var failures = 0
        while true {
            try Task.checkCancellation()
            do throws(TableError) {
                let outcome = try await table.transact(plan.writes, token: token)
                guard case .cancelled(let reasons) = outcome,
                    reasons.allSatisfy({ $0 == .none || $0.isContention })
                else { return outcome }
            } catch {
                // Whether it was carried out is not known. Sending it again tells, and does nothing twice.
                failures += 1
                guard error.isTransient, failures <= EventWriter.maximumFailures else { throw error }
            }
            try await backoff.next(isContended: true)
        }
    }

    private func fits(_ plan: BatchPlan) -> Bool {
        guard plan.writes.count <= table.limits.transactionItems else { return false }
        let bytes = plan.writes.reduce(0) { sum, write in
            switch write {
            case .put(let item, _): sum + item.storedBytes
            // An update counts by the whole item after it; rollups are a few KB.
            case .update, .delete, .check: sum + 8 * 1024
            }
        }
        return bytes <= table.limits.transactionBytes
    }

    private func learn(_ plan: BatchPlan) async throws {
        for directory in plan.missingDirectories {
            knowledge.learn(directory, try await table.get(layout.keys.directory(directory)))
        }
        for key in plan.missingRollups {
            try knowledge.learn(key, try await table.get(key))
        }
    }

    private func remember(_ plan: BatchPlan) {
        for role in plan.roles {
            switch role {
            case .event: break
            case .rollup(let change): knowledge.apply(change)
            case .directory(let directory, let names): knowledge.learn(directory, adding: names)
            }
        }
    }

    /// Learns from a cancelled transaction.
    private func absorb(
        _ reasons: [CancellationReason],
        _ plan: BatchPlan,
        _ batch: inout [Int],
        _ outcomes: inout Outcomes
    ) async throws {
        var stored: Set<Int> = []
        for (position, reason) in reasons.enumerated() {
            switch (reason, plan.roles[position]) {
            case (.none, _), (.conflict, _), (.throttled, _): break
            case (.conditionFailed(let item), .event(let place)):
                let index = batch[place]
                let key = outcomes.keys[index]
                var existing = item
                if existing == nil { existing = try await table.get(key) }
                // Deleted between the two: it is new after all.
                guard let existing, case .put(let own, _) = plan.writes[position] else { continue }
                outcomes.resolve(index, Event.sameContent(own, existing) ? .duplicate : .conflict, stored: existing)
                stored.insert(index)
            case (.conditionFailed(let item), .rollup(let change)):
                try knowledge.learn(change.key, item)
            case (.conditionFailed(let item), .directory(let directory, _)):
                knowledge.learn(directory, item)
            case (.invalid(let message), _):
                let key = plan.writes[position].key.map(\.description) ?? ""
                throw TableError(.validation, "the table refused \(key): \(message)")
            }
        }
        batch.removeAll { stored.contains($0) }
    }
}

/// What is known of the events of one call: repeats within it are judged together with the first of their kind.
private struct Outcomes {
    let events: [Event]
    let keys: [Key]
    private let layoutKeys: Keyspace
    /// Places of the first event of each identity, in order.
    private(set) var firsts: [Int] = []
    private var repeats: [Int: [Int]] = [:]
    private(set) var results: [EventOutcome]

    init(_ events: [Event], keys layoutKeys: Keyspace) {
        self.events = events
        self.layoutKeys = layoutKeys
        keys = events.map(layoutKeys.event)
        results = Array(repeating: .accepted, count: events.count)
        var seen: [Key: Int] = [:]
        seen.reserveCapacity(events.count)
        for index in events.indices {
            if let first = seen[keys[index]] {
                repeats[first, default: []].append(index)
            } else {
                seen[keys[index]] = index
                firsts.append(index)
            }
        }
    }

    /// - Parameter stored: The item that was there before, when the event was not accepted.
    mutating func resolve(_ index: Int, _ outcome: EventOutcome, stored: Item?) {
        results[index] = outcome
        for other in repeats[index] ?? [] {
            results[other] = isSame(other, as: index, stored: stored) ? .duplicate : .conflict
        }
    }

    private func isSame(_ other: Int, as first: Int, stored: Item?) -> Bool {
        let content = events[other].content
        guard let stored else { return content == events[first].content }
        return Event(item: stored, keys: layoutKeys)?.content == content
    }
}

extension Event {
    /// The event without what its receiver added.
    fileprivate var content: Event {
        var event = self
        event.receivedAt = Timestamp(milliseconds: 0)
        event.correctedTimestamp = nil
        return event
    }
}

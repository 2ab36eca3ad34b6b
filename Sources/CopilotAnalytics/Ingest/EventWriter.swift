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
    private let lane: Lane
    private let onRepair: @Sendable (Key) -> Void
    private var knowledge = WriterKnowledge()
    /// Changes when a transaction sets out, and when it turns out not to have been carried out. What was planned
    /// before counts on knowledge that may be wrong, and is planned anew.
    private var generation = 0
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Transactions in a row that get no answer before the table is taken to be away.
    private static let maximumFailures = 5

    /// - Parameters:
    ///   - lane: Which of the table's lanes to count in; `nil`: any of them.
    ///   - onRepair: Is told each statistic that cannot be updated and is counted in the repair lane from now on:
    ///     reason for an alarm.
    public init(
        table: any Table,
        layout: TableLayout,
        lane: Int? = nil,
        onRepair: @escaping @Sendable (Key) -> Void = { _ in }
    ) {
        self.table = table
        self.layout = layout
        self.lane = .number(lane.map { $0 % layout.lanes.count } ?? Int.random(in: 0..<layout.lanes.count))
        self.onRepair = onRepair
    }

    /// How many events to hand over at a time, so that most transactions are as large as the table allows.
    public nonisolated var preferredCount: Int { max(1000, table.limits.transactionItems * 4 / 5) }

    /// Stores events that are not stored yet.
    ///
    /// - Returns: One outcome an event, in their order.
    /// - Throws: ``TableError``, or ``AnalyticsError`` with `contention`. Events before the failing transaction may be
    ///   stored; sending all of them again is safe.
    public func write(_ events: [Event]) async throws -> [EventOutcome] {
        await acquire()
        defer { release() }
        return try await commit(try await prepared(events))
    }

    /// Events with a plan for the first of them.
    struct Prepared: Sendable {
        fileprivate let outcomes: Outcomes
        fileprivate let next: PlannedBatch?
    }

    /// Plans ahead while another transaction is on its way. Changes nothing: what was prepared may be dropped.
    func prepare(_ events: [Event]) async throws -> Prepared { try await prepared(events) }

    /// Stores what was prepared, as ``write(_:)`` does.
    func write(_ prepared: Prepared) async throws -> [EventOutcome] {
        await acquire()
        defer { release() }
        return try await commit(prepared)
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

    // MARK: Transactions

    private func prepared(_ events: [Event]) async throws -> Prepared {
        let outcomes = Outcomes(events, keys: layout.keys)
        return Prepared(outcomes: outcomes, next: outcomes.rest.isEmpty ? nil : try await plan(outcomes))
    }

    /// Plans the next transaction of the events that are not resolved.
    private func plan(_ outcomes: Outcomes) async throws -> PlannedBatch {
        var most = Int.max
        while true {
            try Task.checkCancellation()
            let generation = generation
            let plan = BatchPlanner(layout: layout, limits: table.limits, knowledge: knowledge, lane: lane)
                .plan(outcomes.rest.lazy.map { outcomes.events[$0] }, most: most)
            if !plan.isComplete {
                try await learn(plan)
            } else if plan.fits(table.limits) || plan.eventCount == 1 {
                return PlannedBatch(plan: plan, generation: generation)
            } else {
                // Rare: many new names, or a distinct count that moves to its parts. Send fewer events at a time.
                most = plan.eventCount * 3 / 4
            }
        }
    }

    private func commit(_ prepared: Prepared) async throws -> [EventOutcome] {
        var outcomes = prepared.outcomes
        var next = prepared.next
        var backoff = Backoff()
        while !outcomes.rest.isEmpty {
            let isCurrent = next?.generation == generation
            let plan = if isCurrent, let next { next.plan } else { try await plan(outcomes).plan }
            next = nil
            switch try await carryOut(plan, &backoff) {
            case .committed:
                for index in outcomes.rest.prefix(plan.eventCount) {
                    outcomes.resolve(index, .accepted, stored: nil)
                }
                outcomes.rest.removeFirst(plan.eventCount)
                backoff = Backoff()
            case .cancelled(let reasons):
                let resolved = try await absorb(reasons, plan, &outcomes)
                if resolved > 0 { backoff = Backoff() }
                if outcomes.rest.isEmpty { break }
                // What was learned is used at once; only a condition that fails again and again has to wait.
                try await backoff.next(isContended: reasons.contains(where: \.isContention))
            }
        }
        return outcomes.results
    }

    /// Sends a plan, and while it is on its way takes it as carried out, so that the next one can be made.
    private func carryOut(_ plan: BatchPlan, _ backoff: inout Backoff) async throws -> TransactionOutcome {
        generation += 1
        let undo = knowledge.apply(plan)
        do {
            let outcome = try await send(plan, &backoff)
            if outcome != .committed { forget(undo) }
            return outcome
        } catch {
            forget(undo)
            throw error
        }
    }

    private func forget(_ undo: WriterKnowledge.Undo) {
        generation += 1
        knowledge.undo(undo)
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

    private func learn(_ plan: BatchPlan) async throws {
        for directory in plan.missingDirectories {
            knowledge.learn(directory, try await table.get(layout.keys.directory(directory)))
        }
        for key in plan.missingRollups {
            do {
                try knowledge.learn(key, try await table.get(key))
            } catch let error as AnalyticsError where error.code == .damaged {
                try await divert(key, error)
            } catch let error as TableError where error.code == .corrupt {
                try await divert(key, error)
            }
        }
    }

    /// Counts in the repair lane from now on what an item should count.
    ///
    /// - Throws: `error` when the item is in the repair lane itself.
    private func divert(_ key: Key, _ error: any Error) async throws {
        guard !key.partition.hasSuffix(Lane.repair.suffix) else { throw error }
        try await TableSettings.noteRepairs(in: table)
        knowledge.divert(key)
        onRepair(key)
    }

    /// Learns from a cancelled transaction.
    ///
    /// - Returns: How many events were stored before.
    private func absorb(
        _ reasons: [CancellationReason],
        _ plan: BatchPlan,
        _ outcomes: inout Outcomes
    ) async throws -> Int {
        let batch = outcomes.rest
        var stored: Set<Int> = []
        for (position, reason) in reasons.enumerated() {
            switch (reason, plan.roles[position]) {
            case (.none, _), (.conflict, _), (.throttled, _): break
            case (.conditionFailed(let item), .event(let place)):
                let index = batch[batch.startIndex + place]
                let key = outcomes.keys[index]
                var existing = item
                if existing == nil { existing = try await table.get(key) }
                // Deleted between the two: it is new after all.
                guard let existing, case .put(let own, _) = plan.writes[position] else { continue }
                outcomes.resolve(index, Event.sameContent(own, existing) ? .duplicate : .conflict, stored: existing)
                stored.insert(index)
            case (.conditionFailed(let item), .rollup(let change)):
                do throws(AnalyticsError) {
                    try knowledge.learn(change.key, item)
                } catch {
                    try await divert(change.key, error)
                }
            case (.conditionFailed(let item), .directory(let directory, _)):
                knowledge.learn(directory, item)
            case (.invalid(let message), .rollup(let change)):
                // One statistic that cannot be updated must not keep events out.
                try await divert(change.key, TableError(.validation, "\(change.key): \(message)"))
            case (.invalid(let message), _):
                let key = plan.writes[position].key.map(\.description) ?? ""
                throw TableError(.validation, "the table refused \(key): \(message)")
            }
        }
        // Most often all of the first ones are, since a file is imported again: nothing is moved for these.
        outcomes.rest = outcomes.rest.drop { stored.contains($0) }
        if outcomes.rest.prefix(plan.eventCount).contains(where: stored.contains) {
            outcomes.rest.removeAll { stored.contains($0) }
        }
        return stored.count
    }
}

private struct PlannedBatch: Sendable {
    let plan: BatchPlan
    /// The writer's as of the plan.
    let generation: Int
}

/// What is known of the events of one call: repeats within it are judged together with the first of their kind.
private struct Outcomes: Sendable {
    let events: [Event]
    let keys: [Key]
    private let layoutKeys: Keyspace
    /// Places of the events that are not resolved, in order; of those of one identity only the first.
    var rest: ArraySlice<Int> = []
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
                rest.append(index)
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

public import SingleTable

/// What became of one event.
public enum EventOutcome: Sendable, Hashable {
    case accepted
    /// It is stored already, with the same content: nothing was counted again.
    case duplicate
    /// Another event of the same identity is stored; that one stays.
    case conflict
    /// Its user was forgotten at or after the event's time: it is not stored, however often it is sent.
    case forgotten
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
    private var sharedUse = SharedUse()
    private var isSending = false
    private var gate: ForgottenUserGate
    /// Changes when it was learned that statistics may have shrunk: what was read before and arrives after that says
    /// nothing any more.
    private var era = 0
    /// Whose events are planned, and then wait to set out: the next transaction.
    private var planning = Turn()
    /// Whose transaction is on its way.
    private var sending = Turn()

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
        gate = ForgottenUserGate(keys: layout.keys)
    }

    /// How many events to hand over at a time: with the statistics of events in any order they fill a transaction of a
    /// table that allows large ones.
    public nonisolated var preferredCount: Int { max(1000, table.limits.transactionItems * 2 / 5) }

    /// Stores events that are not stored yet.
    ///
    /// - Returns: One outcome an event, in their order.
    /// - Throws: ``TableError``, or ``AnalyticsError`` with `contention`. Events before the failing transaction may be
    ///   stored; sending all of them again is safe.
    public func write(_ events: [Event]) async throws -> [EventOutcome] {
        await takeSending()
        defer { sending.end() }
        return try await commit(try await prepared(events))
    }

    /// Waits until all events are on their way whose writer had a turn before. Turns are in the order of asking.
    ///
    /// Must be followed by ``writeInTurn(_:)``, which ends the turn.
    func takeTurn() async {
        if planning.take() { return }
        await withCheckedContinuation { planning.wait($0) }
    }

    /// Stores events as ``write(_:)`` does, planned while those of the turn before are on their way.
    func writeInTurn(_ events: [Event]) async throws -> [EventOutcome] {
        var isTurn = true
        defer { if isTurn { planning.end() } }
        let prepared = try await prepared(events)
        await takeSending()
        defer { sending.end() }
        return try await commit(prepared, isTurn: &isTurn)
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
        await takeSending()
        defer { sending.end() }
        return try await commit(prepared)
    }

    /// Decoders make pseudonyms, so that no spool holds an id. Here is where nothing gets past.
    private func withPseudonyms(_ events: [Event]) -> [Event] {
        guard let key = layout.userIDKey else { return events }
        return events.map { event in
            var event = event
            event.userID = key.pseudonym(of: event.userID)
            return event
        }
    }

    // MARK: One transaction in flight

    private func takeSending() async {
        if sending.take() { return }
        await withCheckedContinuation { sending.wait($0) }
    }

    // MARK: Transactions

    private func prepared(_ events: [Event]) async throws -> Prepared {
        var outcomes = Outcomes(withPseudonyms(events), keys: layout.keys)
        let next = try await plan(&outcomes)
        return Prepared(outcomes: outcomes, next: next)
    }

    /// Plans the next transaction of the events that are not resolved.
    ///
    /// - Parameter isTaught: What is stored was just learned from a transaction that was cancelled.
    /// - Returns: `nil` when all of them are resolved: the others are of forgotten users.
    private func plan(_ outcomes: inout Outcomes, isTaught: Bool = false) async throws -> PlannedBatch? {
        // What a transaction on its way changes would be looked at too early.
        let before = sharedUse.isLikely && !isTaught && !isSending ? knowledge : nil
        if before != nil { knowledge.forgetRollups() }
        let planned = try await plan(&outcomes, looksFirst: before != nil)
        if let before, let plan = planned?.plan {
            sharedUse.looked(
                foundAnother: plan.roles.contains { role in
                    guard case .rollup(let change) = role, let known = before[change.key] else { return false }
                    return known.updates != knowledge[change.key]?.updates
                }
            )
        }
        return planned
    }

    private func plan(_ outcomes: inout Outcomes, looksFirst: Bool) async throws -> PlannedBatch? {
        var most = table.limits.transactionItems
        var drafted: (draft: BatchDraft, generation: Int)?
        while true {
            try Task.checkCancellation()
            try await refuseForgotten(&outcomes, most: most)
            guard !outcomes.rest.isEmpty else { return nil }
            // From here to the plan nothing is waited for: it is made of what is known in this generation, and checks
            // the epoch of just that knowledge.
            let generation = generation
            let draft: BatchDraft
            if let known = drafted, known.generation == generation {
                draft = known.draft
            } else {
                let (events, keys) = (outcomes.events, outcomes.keys)
                draft = planner(looksFirst).draft(outcomes.rest.lazy.map { (events[$0], keys[$0]) }, most: most)
            }
            var plan = draft.plan.isComplete ? planner(looksFirst).plan(draft) : draft.plan
            if !plan.isComplete {
                // Only statistics have to be looked at: what is made of the events holds.
                drafted = draft.plan.isComplete ? (draft, generation) : nil
                try await learn(plan)
                continue
            }
            drafted = nil
            plan.append(gate.check, .gate)
            if plan.fits(table.limits) || plan.eventCount == 1 {
                return PlannedBatch(plan: plan, generation: generation)
            }
            // Rare: many new names, or a distinct count that moves to its parts. Send fewer events at a time.
            most = plan.eventCount * 3 / 4
        }
    }

    private func planner(_ looksFirst: Bool) -> BatchPlanner {
        BatchPlanner(
            layout: layout,
            limits: table.limits,
            knowledge: knowledge,
            lane: lane,
            looksFirst: looksFirst || table.readsAreCheap
        )
    }

    /// Takes events of forgotten users out of the next ones.
    private func refuseForgotten(_ outcomes: inout Outcomes, most: Int) async throws {
        while true {
            let next = outcomes.rest.prefix(most)
            let owners = gate.unknown(next.map { outcomes.events[$0].userID })
            if !owners.isEmpty {
                let era = era
                let tombstones = try await table.batchGet(Array(owners.keys))
                if era == self.era { gate.learn(owners, tombstones) }
                // More users than the gate remembers, or a new epoch, and some have to be looked up again.
                continue
            }
            let refused = Set(next.filter { gate.refuses(outcomes.events[$0]) })
            for index in refused { outcomes.resolve(index, .forgotten, stored: nil) }
            if !refused.isEmpty { outcomes.rest.removeAll { refused.contains($0) } }
            // Others have come up in the place of those.
            if refused.isEmpty || outcomes.rest.isEmpty { return }
        }
    }

    private func commit(_ prepared: Prepared) async throws -> [EventOutcome] {
        var isTurn = false
        return try await commit(prepared, isTurn: &isTurn)
    }

    /// - Parameter isTurn: Ends as soon as the last of the events are on their way: then others can plan.
    private func commit(_ prepared: Prepared, isTurn: inout Bool) async throws -> [EventOutcome] {
        var outcomes = prepared.outcomes
        var next = prepared.next
        var backoff = Backoff()
        var isTaught = false
        while !outcomes.rest.isEmpty {
            if next?.generation != generation { next = try await plan(&outcomes, isTaught: isTaught) }
            guard let plan = next?.plan else { break }
            next = nil
            try await gate.makeRoom()
            let undo = setOut(plan)
            if isTurn, plan.eventCount == outcomes.rest.count {
                isTurn = false
                planning.end()
            }
            switch try await carryOut(plan, undo, &backoff) {
            case .committed:
                for index in outcomes.rest.prefix(plan.eventCount) {
                    outcomes.resolve(index, .accepted, stored: nil)
                }
                outcomes.rest.removeFirst(plan.eventCount)
                backoff = Backoff()
                isTaught = false
            case .cancelled(let reasons):
                let resolved = try await absorb(reasons, plan, &outcomes)
                isTaught = true
                if resolved > 0 { backoff = Backoff() }
                if outcomes.rest.isEmpty { break }
                // What was learned is used at once; only a condition that fails again and again has to wait.
                try await backoff.next(isContended: reasons.contains(where: \.isContention))
            }
        }
        return outcomes.results
    }

    /// Takes a plan as carried out while it is on its way, so that the next one can be made.
    private func setOut(_ plan: BatchPlan) -> WriterKnowledge.Undo {
        generation += 1
        isSending = true
        return knowledge.apply(plan)
    }

    private func carryOut(
        _ plan: BatchPlan,
        _ undo: WriterKnowledge.Undo,
        _ backoff: inout Backoff
    ) async throws -> TransactionOutcome {
        let era = era
        defer { isSending = false }
        do {
            let outcome = try await TransactionSender(table: table).send(plan.writes, &backoff)
            if outcome != .committed { forget(undo, of: era) }
            return outcome
        } catch {
            forget(undo, of: era)
            throw error
        }
    }

    private func forget(_ undo: WriterKnowledge.Undo, of era: Int) {
        generation += 1
        if era == self.era { knowledge.undo(undo) }
    }

    private func learn(_ plan: BatchPlan) async throws {
        let era = era
        for directory in plan.missingDirectories {
            let item = try await table.get(layout.keys.directory(directory))
            guard era == self.era else { return }
            knowledge.learn(directory, item)
        }
        let keys = Array(plan.missingRollups)
        guard keys.count > 1 else {
            if let key = keys.first { try await learn(key, of: era) }
            return
        }
        let items: [Item]
        do throws(TableError) {
            items = try await table.batchGet(keys)
        } catch {
            guard error.code == .corrupt else { throw error }
            // Each on its own says which of them it is.
            for key in keys { try await learn(key, of: era) }
            return
        }
        guard era == self.era else { return }
        let found = Dictionary(items.compactMap { item in item.key.map { ($0, item) } }) { first, _ in first }
        for key in keys { try await learn(key, found[key]) }
    }

    private func learn(_ key: Key, of era: Int) async throws {
        let item: Item?
        do throws(TableError) {
            item = try await table.get(key)
        } catch {
            guard error.code == .corrupt else { throw error }
            return try await divert(key, error)
        }
        guard era == self.era else { return }
        try await learn(key, item)
    }

    private func learn(_ key: Key, _ item: Item?) async throws {
        do throws(AnalyticsError) {
            try knowledge.learn(key, item)
        } catch {
            guard error.code == .damaged else { throw error }
            try await divert(key, error)
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
        // What else failed may have been read before or after: it is learned anew.
        let isOutdated = learnEpoch(reasons, plan)
        for (position, reason) in reasons.enumerated() {
            switch (reason, plan.roles[position]) {
            case (.none, _), (.conflict, _), (.throttled, _), (.conditionFailed, .gate): break
            case (.conditionFailed(let item), .event(let place)):
                let index = batch[batch.startIndex + place]
                let key = outcomes.keys[index]
                var existing = item
                if existing == nil { existing = try await table.get(key) }
                // Deleted between the two: it is new after all.
                guard let existing else { continue }
                let own = outcomes.events[index].item(in: layout, overflow: [])
                outcomes.resolve(index, Event.sameContent(own, existing) ? .duplicate : .conflict, stored: existing)
                stored.insert(index)
            case (.conditionFailed, .rollup) where isOutdated, (.conditionFailed, .directory) where isOutdated: break
            case (.conditionFailed(let item), .rollup(let change)):
                do throws(AnalyticsError) {
                    let known = knowledge[change.key]
                    try knowledge.learn(change.key, item)
                    if let known, known.updates != knowledge[change.key]?.updates { sharedUse.metAnother() }
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

    /// Takes note when a statistic may have shrunk.
    private func learnEpoch(_ reasons: [CancellationReason], _ plan: BatchPlan) -> Bool {
        for (reason, role) in zip(reasons, plan.roles) {
            guard case .gate = role, case .conditionFailed(let item) = reason else { continue }
            begin(item)
            return true
        }
        return false
    }

    /// Drops all that is known, and with it every plan that was made: nothing of it can be relied upon in a new epoch.
    private func begin(_ epoch: Item?) {
        gate.learn(epoch)
        knowledge = WriterKnowledge()
        generation += 1
        era += 1
    }
}

// MARK: Completing statistics that have shrunk

extension EventWriter {
    /// The epoch now. Whoever reads events in order to complete statistics asks before reading.
    func currentEpoch() async throws -> Int {
        begin(try await table.get(gate.epochKey))
        return gate.epoch?.number ?? 0
    }

    /// Joins extremes, users and samples with what statistics hold. To do so twice changes nothing.
    ///
    /// - Parameters:
    ///   - rollups: Without sums: these cannot be joined.
    ///   - epoch: As it was before the events were read that the rollups are made of.
    /// - Returns: Whether it was done; not so when a statistic shrank since, and the events have to be read again.
    func join(_ rollups: [RollupKey: Rollup], since epoch: Int) async throws -> Bool {
        await takeSending()
        defer { sending.end() }
        var rest = rollups.map { $0 }[...]
        var size = EventWriter.joinsAtATime
        var backoff = Backoff()
        while !rest.isEmpty {
            guard epoch == gate.epoch?.number ?? 0 else { return false }
            let batch = rest.prefix(size)
            var plan = planner(false).plan(statistics: batch)
            if !plan.isComplete {
                try await learn(plan)
                continue
            }
            plan.append(gate.check, .gate)
            if !plan.fits(table.limits), size > 1 {
                size /= 2
                continue
            }
            switch try await TransactionSender(table: table).send(plan.writes, &backoff) {
            case .committed:
                _ = knowledge.apply(plan)
                rest = rest.dropFirst(batch.count)
                backoff = Backoff()
            case .cancelled(let reasons):
                var outcomes = Outcomes([], keys: layout.keys)
                _ = try await absorb(reasons, plan, &outcomes)
                try await backoff.next(isContended: reasons.contains(where: \.isContention))
            }
        }
        return true
    }

    private static let joinsAtATime = 40
}

/// Something that one at a time has, in the order of asking.
private struct Turn {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Returns: Whether it was free.
    mutating func take() -> Bool {
        defer { isTaken = true }
        return !isTaken
    }

    mutating func wait(_ next: CheckedContinuation<Void, Never>) { waiting.append(next) }

    mutating func end() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
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
            if outcome == .forgotten {
                results[other] = .forgotten
                continue
            }
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

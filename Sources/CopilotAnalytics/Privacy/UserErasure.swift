public import SingleTable

/// Removes everything that a table holds about one user.
///
/// Each raw event is taken out exactly once: one transaction deletes it, subtracts what it counted and notes how far
/// it has come, so that it may be killed at any moment and run again, beside writers that go on. What has no inverse
/// is completed from the events that remain. From the first moment on a tombstone refuses the user's older events, by
/// whichever writer they come. ``ForgottenUsers`` says how that is kept race-free.
public struct UserErasure: Sendable {
    /// What was done, over all runs since the last one that ended.
    public struct Report: Sendable, Hashable {
        /// Raw events that were removed.
        public var events: Int
        /// How often a statistic was corrected.
        public var corrections: Int
        /// Events of the user up to this moment are refused from now on.
        public var refusedUntil: Timestamp
        /// Events that are younger than that, and stay.
        public var remainingEvents: Int
        /// Days before this one have no raw events any more: their statistics keep the user's counts, without saying
        /// whose. `nil` when every raw event is kept.
        public var anonymousBefore: CivilDate?
    }

    public struct Progress: Sendable, Hashable {
        public enum Step: String, Sendable { case removing, completing, sweeping }
        public var step: Step
        public var events: Int
    }

    private let table: any Table
    private let layout: TableLayout
    private let clock: @Sendable () -> Timestamp
    private let writer: EventWriter
    private let registry: ForgottenUsers

    /// Writes of a transaction; more would only keep writers waiting longer.
    private static let transactionItems = 100
    /// Bytes of pending repairs that the tombstone holds at most before they are made.
    private static let pendingBytes = 16 * 1024

    public init(
        table: any Table,
        layout: TableLayout,
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now }
    ) {
        self.table = table
        self.layout = layout
        self.clock = clock
        // What remains is joined in the first lane: whoever forgets somebody else meanwhile has to look only there.
        writer = EventWriter(table: table, layout: layout, lane: 0)
        registry = ForgottenUsers(table: table, keys: layout.keys)
    }

    /// - Parameter userID: As senders give it, also where the table stores keyed hashes.
    /// - Throws: ``AnalyticsError`` with `invalidArgument` for what is no user id, `contention` when writers left no
    ///   room, `damaged` when statistics cannot be read; ``TableError``. Running it again goes on where it ended.
    public func forget(
        _ userID: String,
        progress: @Sendable (Progress) -> Void = { _ in }
    ) async throws -> Report {
        let user = try layout.storedUserID(userID)
        guard user != Event.systemUser else {
            throw AnalyticsError(.invalidArgument, "\(Event.systemUser) stands for events without a person")
        }
        let salt = try await registry.salt()
        var run = Run(
            user: user,
            hash: UserHash(userID: user),
            salt: salt,
            mark: ForgottenUsers.mark(of: user, salt: salt),
            events: UserEvents(table: table, layout: layout, userID: user)
        )
        try await begin(&run)
        try await removeEvents(&run, progress)
        progress(Progress(step: .sweeping, events: run.removed))
        try await sweep(&run)
        try await complete(&run)
        let remaining = try await restoreRemaining(run)
        let tombstone = try await finish(run)
        return Report(
            events: tombstone.removedEvents,
            corrections: tombstone.corrections,
            refusedUntil: tombstone.until,
            remainingEvents: remaining,
            anonymousBefore: layout.retention.eventDays.map {
                layout.zone.day(of: clock()).adding(days: -$0)
            }
        )
    }

    private struct Run {
        let user: String
        let hash: UserHash
        let salt: [UInt8]
        let mark: String
        let events: UserEvents
        var until = Timestamp(milliseconds: 0)
        var pending: Set<PendingRepair> = []
        var removed = 0

        var observation: Number { Number(HyperLogLog.Observation(hash).packed) }

        func covers(_ event: Event) -> Bool { event.timestamp <= until || event.occurredAt <= until }
    }

    // MARK: Tombstone

    /// Refuses the user's events from now on. When this returns, no writer can store one of them any more.
    private func begin(_ run: inout Run) async throws {
        // Events of a clock that is ahead are older than they look.
        var until = clock()
        try await run.events.forEachPage { items in
            for event in items.compactMap({ Event(item: $0, keys: layout.keys) }) {
                until = max(until, event.timestamp, event.occurredAt)
            }
        }
        var backoff = Backoff()
        while true {
            let before = try await registry.tombstone(run.mark)
            run.until = max(until, before?.until ?? until)
            run.pending = before?.pending ?? []
            var update = Update()
            update.set(Tombstone.untilAttribute, .number(run.until.milliseconds))
            update.set(Tombstone.stateAttribute, .string(Tombstone.unfinished))
            if before?.isFinished != false {
                update.set(Tombstone.removedAttribute, 0)
                update.set(Tombstone.correctionsAttribute, 0)
            }
            let condition =
                before.map { Condition.equal(Tombstone.untilAttribute, .number($0.until.milliseconds)) } ?? .itemIsNew
            let write = Write.update(layout.keys.tombstone(run.mark), update, condition: condition)
            if case .committed = try await send([write], &backoff) { break }
        }
        // One after the other: each is free for a moment, all at once may never be.
        for write in registry.raisesEpoch(salt: run.salt, now: clock()) {
            var backoff = Backoff()
            _ = try await send([write], &backoff)
        }
    }

    /// Notes a step in the tombstone, in the same transaction.
    private func note(_ run: Run, removed: Int, corrections: Int, pending: Set<PendingRepair>) -> Write {
        var update = Update()
        update.set(Tombstone.stateAttribute, .string(Tombstone.unfinished))
        update.add(Tombstone.removedAttribute, .number(removed))
        update.add(Tombstone.correctionsAttribute, .number(corrections))
        let texts = Set(pending.map { $0.text(layout.keys) })
        if !texts.isEmpty { update.add(Tombstone.pendingAttribute, .stringSet(texts)) }
        return .update(layout.keys.tombstone(run.mark), update, condition: .itemExists)
    }

    private func finish(_ run: Run) async throws -> Tombstone {
        var update = Update()
        update.set(Tombstone.stateAttribute, .string(Tombstone.finished))
        // Nothing else may have been broken off meanwhile.
        let tombstone = Write.update(
            layout.keys.tombstone(run.mark), update, condition: .notExists(Tombstone.pendingAttribute))
        var backoff = Backoff()
        guard case .committed = try await send([tombstone], &backoff),
            let result = try await registry.tombstone(run.mark)
        else {
            throw AnalyticsError(.contention, "the same user is being forgotten by another process: run this again")
        }
        for write in registry.raisesEpoch(salt: run.salt, now: nil) {
            var backoff = Backoff()
            _ = try await send([write], &backoff)
        }
        return result
    }

    private func send(_ writes: [Write], _ backoff: inout Backoff) async throws -> TransactionOutcome {
        try await TransactionSender(table: table).send(writes, &backoff)
    }

    // MARK: Raw events

    private func removeEvents(_ run: inout Run, _ progress: @Sendable (Progress) -> Void) async throws {
        var current = run
        try await run.events.forEachPage { items in
            var rest = items.filter { item in
                // What cannot be read as an event counts nowhere, and goes all the same.
                Event(item: item, keys: layout.keys).map(current.covers) ?? true
            }[...]
            while !rest.isEmpty {
                let batch = Array(rest.prefix(batchSize(rest)))
                rest = rest.dropFirst(batch.count)
                try await remove(batch, &current)
                progress(Progress(step: .removing, events: current.removed))
                let bytes = current.pending.reduce(0) { $0 + $1.text(layout.keys).utf8.count }
                if bytes >= UserErasure.pendingBytes { try await complete(&current) }
            }
        }
        run = current
        progress(Progress(step: .completing, events: run.removed))
        try await complete(&run)
    }

    /// How many of the next events fit one transaction.
    private func batchSize(_ items: ArraySlice<Item>) -> Int {
        // The epoch's copies and the tombstone.
        var effect: [RollupKey: Rollup] = [:]
        var size = 0
        for item in items {
            effect.merge(EventRemoval.Effect(of: [item], in: layout).rollups) { one, _ in one }
            let writes = effect.reduce(0) { sum, entry in
                // A distinct count may need a part changed; the count of all users has nothing but parts.
                sum + (entry.key.subject == .users ? 0 : 1) + (entry.value.users.isEmpty ? 0 : 1)
            }
            guard size == 0 || size + 1 + writes <= room else { break }
            size += 1
        }
        return size
    }

    /// Writes of a transaction that raises the epoch and notes it.
    private var room: Int {
        min(UserErasure.transactionItems, table.limits.transactionItems) - ForgottenUsers.epochCopies - 1
    }

    private func remove(_ batch: [Item], _ run: inout Run) async throws {
        var batch = batch
        var backoff = Backoff()
        while !batch.isEmpty {
            let now = clock()
            func counts(_ item: Item) -> Bool { !Expiry.isPast(item, now) && Event.counts(item) }
            let counting = batch.filter(counts)
            let expired = batch.filter { !counts($0) }
            let effect = EventRemoval.Effect(of: counting, in: layout)
            let lanes = try await TableSettings.lanes(of: table)
            var stored: [Key: Item] = [:]
            let keys = effect.keys(lanes, in: layout)
            for item in keys.isEmpty ? [] : try await table.batchGet(keys) {
                if let key = item.key { stored[key] = item }
            }
            let removal = try EventRemoval(
                counting, expired: expired, effect: effect, stored: stored, lanes: lanes, in: layout)
            // Items of many lanes, as it may be, are more than was reckoned with.
            if removal.writes.count > room, batch.count > 1 {
                try await remove(Array(batch.prefix(batch.count / 2)), &run)
                batch.removeFirst(batch.count / 2)
                continue
            }
            if removal.writes.count > room, !removal.losses.isEmpty {
                try await lose(removal, &run)
                continue
            }
            let note = note(run, removed: batch.count, corrections: removal.corrections, pending: removal.pending)
            let writes = removal.writes + [note] + registry.raisesEpoch(salt: run.salt, now: now)
            switch try await send(writes, &backoff) {
            case .committed:
                run.pending.formUnion(removal.pending)
                run.removed += batch.count
                return
            case .cancelled(let reasons):
                // An event that is gone was taken out by another run, or expired.
                let gone = Set(
                    zip(writes, reasons).compactMap { write, reason -> Key? in
                        guard case .delete(let key, _) = write, case .conditionFailed(let item) = reason, item == nil
                        else { return nil }
                        return key
                    }
                )
                let left = try await gone.isEmpty ? [] : existing(gone)
                batch.removeAll { item in item.key.map { gone.contains($0) && !left.contains($0) } ?? false }
                try check(reasons, writes)
                try await backoff.next(isContended: reasons.contains(where: \.isContention))
            }
        }
    }

    /// Takes away what has no inverse before the event itself goes: in many lanes it is too much for one transaction.
    private func lose(_ removal: EventRemoval, _ run: inout Run) async throws {
        var rest = removal.losses[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(room))
            rest = rest.dropFirst(some.count)
            let note = note(run, removed: 0, corrections: some.count, pending: removal.pending)
            var backoff = Backoff()
            let writes = some + [note] + registry.raisesEpoch(salt: run.salt, now: clock())
            guard case .cancelled(let reasons) = try await send(writes, &backoff) else {
                run.pending.formUnion(removal.pending)
                continue
            }
            try check(reasons, writes)
            // Something was written meanwhile: what there is to lose is looked up again.
            return try await backoff.next(isContended: reasons.contains(where: \.isContention))
        }
    }

    private func existing(_ keys: Set<Key>) async throws -> Set<Key> {
        Set(try await table.batchGet(Array(keys)).compactMap(\.key))
    }

    private func check(_ reasons: [CancellationReason], _ writes: [Write]) throws {
        for (write, reason) in zip(writes, reasons) {
            guard case .invalid(let message) = reason else { continue }
            let partition = write.key?.partition ?? ""
            throw AnalyticsError(.damaged, "the table refused a change in \(partition): \(message)")
        }
    }

    // MARK: What has no inverse

    private func complete(_ run: inout Run) async throws {
        guard !run.pending.isEmpty else { return }
        var backoff = Backoff()
        let repair = RollupRepair(
            table: table, layout: layout, writer: writer, forgotten: run.hash, now: clock())
        while try await !repair.complete(run.pending) { try await backoff.next(isContended: true) }
        var update = Update()
        let texts = Set(run.pending.map { $0.text(layout.keys) })
        update.deleteElements(Tombstone.pendingAttribute, .stringSet(texts))
        _ = try await send([.update(layout.keys.tombstone(run.mark), update)], &backoff)
        run.pending = []
    }

    // MARK: Sets and samples

    /// Takes the user out of every set of users and every sample, also of days whose raw events are gone.
    private func sweep(_ run: inout Run) async throws {
        let lanes = try await TableSettings.lanes(of: table)
        let reader = RollupReader(table: table, layout: layout, now: clock(), lanes: lanes)
        for partition in try await reader.userPartitions() {
            var query = Query(partition: partition)
            while true {
                let page = try await table.query(query)
                var rest = page.items.filter { holds($0, run) }[...]
                while !rest.isEmpty {
                    let keys = rest.prefix(UserErasure.transactionItems / 2).compactMap(\.key)
                    rest = rest.dropFirst(keys.count)
                    try await sweep(keys, lanes, &run)
                }
                guard let next = page.next else { break }
                query.start = next
            }
        }
    }

    private func holds(_ item: Item, _ run: Run) -> Bool {
        item[StoredRollup.usersAttribute]?.binarySetValue?.contains(run.hash.bytes) == true
            || item[StoredRollup.sampleAttribute]?.stringSetValue?.contains(run.user) == true
            || holdsAdopted(item, run)
    }

    /// A sketch of adopted users has no events that it could be completed from: there the observation goes, whoever
    /// else may have made it.
    private func holdsAdopted(_ item: Item, _ run: Run) -> Bool {
        item.key?.partition.hasSuffix(Lane.adopted.suffix) == true
            && item[StoredRollup.registersAttribute]?.numberSetValue?.contains(run.observation) == true
    }

    private func sweep(_ keys: [Key], _ lanes: Lanes, _ run: inout Run) async throws {
        var backoff = Backoff()
        while true {
            var writes: [Write] = []
            var pending: Set<PendingRepair> = []
            for item in try await table.batchGet(keys) where holds(item, run) {
                guard let key = item.key else { continue }
                if let repair = shortensFullSample(item, key, lanes, run) { pending.insert(repair) }
                writes.append(withoutUser(item, key, run))
            }
            guard !writes.isEmpty else { return }
            let corrections = writes.count
            writes.append(note(run, removed: 0, corrections: corrections, pending: pending))
            writes += registry.raisesEpoch(salt: run.salt, now: clock())
            switch try await send(writes, &backoff) {
            case .committed:
                run.pending.formUnion(pending)
                return
            case .cancelled(let reasons):
                try check(reasons, writes)
                try await backoff.next(isContended: reasons.contains(where: \.isContention))
            }
        }
    }

    private func withoutUser(_ item: Item, _ key: Key, _ run: Run) -> Write {
        // A distinct count of nobody says nothing.
        let isAlone = item[StoredRollup.usersAttribute]?.binarySetValue == [run.hash.bytes]
        let updates = item[StoredRollup.updatesAttribute]?.intValue ?? 0
        if isAlone, key.partition.dropFirst(layout.keys.prefix.count).hasPrefix("UNIQUES#") {
            return .delete(key, condition: .equal(StoredRollup.updatesAttribute, .number(updates)))
        }
        var update = Update()
        update.add(StoredRollup.updatesAttribute, 1)
        if item[StoredRollup.usersAttribute] != nil {
            update.deleteElements(StoredRollup.usersAttribute, .binarySet([run.hash.bytes]))
        }
        if holdsAdopted(item, run) {
            update.deleteElements(StoredRollup.registersAttribute, .numberSet([run.observation]))
        }
        if item[StoredRollup.sampleAttribute] != nil {
            update.deleteElements(StoredRollup.sampleAttribute, .stringSet([run.user]))
        }
        return .update(key, update, condition: .itemExists)
    }

    /// A sample below its limit holds all users there are; only a full one leaves somebody out who has room now.
    private func shortensFullSample(_ item: Item, _ key: Key, _ lanes: Lanes, _ run: Run) -> PendingRepair? {
        guard let sample = item[StoredRollup.sampleAttribute]?.stringSetValue, sample.contains(run.user),
            sample.count >= Rollup.sampleLimit,
            let rollup = layout.keys.statistic(of: key, lanes)
        else { return nil }
        return PendingRepair(.sample, rollup)
    }

    // MARK: What the user did since

    /// Puts the user back where younger events count: the sweep takes no notice of them.
    private func restoreRemaining(_ run: Run) async throws -> Int {
        var backoff = Backoff()
        while true {
            let epoch = try await writer.currentEpoch()
            var rollups: [RollupKey: Rollup] = [:]
            var count = 0
            try await run.events.forEachPage { items in
                count += items.count
                for (key, rollup) in EventRemoval.Effect(of: items, in: layout).rollups {
                    var users = Rollup()
                    // The first lane may have no item of it yet.
                    users.labels = rollup.labels
                    users.users = rollup.users
                    users.sample = rollup.sample
                    if !users.users.isEmpty || !users.sample.isEmpty { rollups[key, default: Rollup()].merge(users) }
                }
            }
            if try await writer.join(rollups, since: epoch) { return count }
            try await backoff.next(isContended: true)
        }
    }
}

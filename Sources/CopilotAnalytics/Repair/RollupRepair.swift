internal import SingleTable

/// Completes statistics that lost an extreme, an observation or a member of a sample with what remains.
///
/// All of these are joins: to merge what the remaining events say is right however often it is done, and beside
/// writers. Quarters of an hour are read from their events, days from their quarters, lifetimes from their days.
struct RollupRepair: Sendable {
    let table: any Table
    let layout: TableLayout
    let writer: EventWriter
    /// Who is being forgotten: sets that still hold the user must not bring an observation back.
    let forgotten: UserHash
    let now: Timestamp

    /// - Returns: Whether all were completed; not so when a statistic shrank meanwhile, and it has to be tried again.
    func complete(_ pending: Set<PendingRepair>) async throws -> Bool {
        let joins = Set(pending.filter { $0.part == .joins }.map(\.key))
        let quarters = joins.filter { if case .quarter = $0.period { true } else { false } }
        let days = joins.filter { if case .day = $0.period { true } else { false } }
        let lifetimes = joins.filter { $0.period == .lifetime }
        let samples = pending.filter { $0.part == .sample }.map(\.key)
        guard try await completeQuarters(quarters), try await completeDays(days) else { return false }
        return try await completeLifetimes(lifetimes, samples: samples)
    }

    private func completeDays(_ keys: Set<RollupKey>) async throws -> Bool {
        let epoch = try await writer.currentEpoch()
        var rollups: [RollupKey: Rollup] = [:]
        for key in keys {
            guard case .day(let date) = key.period else { continue }
            guard let rollup = try await day(date, of: key.subject) else { return false }
            rollups[key] = rollup
        }
        return try await join(rollups, since: epoch)
    }

    private func completeLifetimes(_ keys: Set<RollupKey>, samples: [RollupKey]) async throws -> Bool {
        let epoch = try await writer.currentEpoch()
        var rollups: [RollupKey: Rollup] = [:]
        for key in keys {
            guard let rollup = try await lifetime(of: key.subject) else { return false }
            rollups[key] = rollup
        }
        for key in samples { rollups[key, default: Rollup()].sample = try await sample(of: key.subject) }
        return try await join(rollups, since: epoch)
    }

    private func join(_ rollups: [RollupKey: Rollup], since epoch: Int) async throws -> Bool {
        // A statistic that went because nothing counts in it must not come back.
        let lanes = try await TableSettings.lanes(of: table)
        let keys = rollups.keys.flatMap { key in lanes.all.map { layout.keys.key(key, $0) } }
        let stored = keys.isEmpty ? [] : Set(try await table.batchGet(keys).compactMap(\.key))
        let rollups = rollups.filter { key, _ in
            lanes.all.contains { stored.contains(layout.keys.key(key, $0)) }
        }
        return try await writer.join(rollups, since: epoch)
    }

    // MARK: Quarters, from events

    private func completeQuarters(_ keys: Set<RollupKey>) async throws -> Bool {
        let byPeriod = Dictionary(grouping: keys, by: \.period)
        for (period, keys) in byPeriod {
            guard case .quarter(let index) = period else { continue }
            let epoch = try await writer.currentEpoch()
            let recount = try await QuarterEvents(table: table, layout: layout, now: now).recount(index).rollups
            var rollups: [RollupKey: Rollup] = [:]
            for key in keys { rollups[key] = recount[key]?.withoutSums }
            guard try await join(rollups, since: epoch) else { return false }
        }
        return true
    }

    // MARK: Days, from quarters

    /// - Returns: `nil` when quarters of the day had to be completed first.
    private func day(_ date: CivilDate, of subject: RollupSubject) async throws -> Rollup? {
        let start = layout.zone.start(of: date)
        let end = layout.zone.start(of: date.adding(days: 1)).adding(milliseconds: -1)
        if subject == .users { return try await users(from: start, to: end) }
        var result = Rollup()
        var incomplete: Set<RollupKey> = []
        let span = Query.Sort.between(Period.quarter(of: start).sort, Period.quarter(of: end).sort + "$")
        for (key, rollup) in try await statistics(of: subject, span) {
            if rollup.lacksExtremes { incomplete.insert(key) }
            result.merge(rollup.withoutSums)
        }
        guard incomplete.isEmpty else {
            // Whoever took them away has not come to put back what remains.
            _ = try await completeQuarters(incomplete)
            return nil
        }
        result.users = try await usersOfSketch(subject, date, start, end)
        result.sample = []
        return result
    }

    /// The users of an error on a day, where a sketch keeps some of them.
    private func usersOfSketch(
        _ subject: RollupSubject,
        _ date: CivilDate,
        _ start: Timestamp,
        _ end: Timestamp
    ) async throws -> Set<UserHash> {
        guard case .error = subject else { return [] }
        let own = RollupKey(subject: subject, period: .day(date))
        guard try await roots(own).contains(where: { $0.users == .split }) else { return [] }
        var users: Set<UserHash> = []
        let first = Int(start.milliseconds / Period.quarterMilliseconds)
        let last = Int(end.milliseconds / Period.quarterMilliseconds)
        for quarter in first...last {
            let key = RollupKey(subject: subject, period: .quarter(quarter))
            guard try await !roots(key).isEmpty else { continue }
            let recount = try await QuarterEvents(table: table, layout: layout, now: now).recount(quarter)
            users.formUnion(recount.rollups[key]?.users ?? [])
        }
        return users
    }

    /// The users of a stretch of time, from the keys of its events.
    private func users(from start: Timestamp, to end: Timestamp) async throws -> Rollup {
        var result = Rollup()
        let first = Int(start.milliseconds / Period.quarterMilliseconds)
        let last = Int(end.milliseconds / Period.quarterMilliseconds)
        for quarter in first...last {
            let key = RollupKey(subject: .users, period: .quarter(quarter))
            let stored = try await roots(key)
            if stored.isEmpty { continue }
            if stored.allSatisfy({ $0.users != .split }) {
                for root in stored { result.users.formUnion(root.rollup.users) }
            } else {
                let recount = try await QuarterEvents(table: table, layout: layout, now: now).recount(quarter)
                result.users.formUnion(recount.rollups[key]?.users ?? [])
            }
        }
        result.users.remove(forgotten)
        return result
    }

    // MARK: Lifetimes, from days

    /// - Returns: `nil` when days had to be completed first.
    private func lifetime(of subject: RollupSubject) async throws -> Rollup? {
        var result = Rollup()
        var incomplete: Set<RollupKey> = []
        for (key, rollup) in try await statistics(of: subject, .beginsWith("STATS#")) {
            if rollup.lacksExtremes { incomplete.insert(key) }
            result.merge(rollup.withoutSums)
        }
        guard incomplete.isEmpty else {
            _ = try await completeDays(incomplete)
            return nil
        }
        result.users = []
        return result
    }

    /// A sample as large as may be, from the newest days on.
    private func sample(of subject: RollupSubject) async throws -> Set<String> {
        let dates = try await statistics(of: subject, .beginsWith("STATS#")).keys.compactMap { key in
            if case .day(let date) = key.period { date } else { nil }
        }
        var sample: Set<String> = []
        for date in dates.sorted().reversed() {
            for partition in layout.keys.dayPartitions(date) {
                var query = Query(partition: partition, index: .gsi1, limit: 500)
                while true {
                    let page = try await table.query(query)
                    // The type stands in the index key, between time and id.
                    let errors = page.items.filter {
                        $0[Query.Index.gsi1.sortAttribute]?.stringValue?
                            .contains("#\(EventType.errorOccurred.rawValue)#") == true
                    }
                    let keys = errors.compactMap(\.key)
                    for item in keys.isEmpty ? [] : try await table.batchGet(keys) where !Expiry.isPast(item, now) {
                        guard let event = Event(item: item, keys: layout.keys), event.hasPerson,
                            let error = EventFacets(event, overflow: Event.overflow(of: item)).error,
                            RollupSubject.error(type: error.type, hash: error.hash) == subject
                        else { continue }
                        sample.insert(event.userID)
                    }
                    // One that is in the sample already makes no room smaller, so a few more than the limit.
                    if sample.count > Rollup.sampleLimit { return sample }
                    guard let next = page.next else { break }
                    query.start = next
                }
            }
        }
        return sample
    }

    // MARK: Reading

    /// The statistics of a subject, all lanes together.
    private func statistics(of subject: RollupSubject, _ sort: Query.Sort) async throws -> [RollupKey: Rollup] {
        var statistics: [RollupKey: Rollup] = [:]
        let lanes = try await TableSettings.lanes(of: table)
        for lane in lanes.all {
            for item in try await table.queryAll(Query(partition: layout.keys.partition(subject, lane), sort: sort))
            where !Expiry.isPast(item, now) {
                guard let key = item.key, let statistic = layout.keys.statistic(of: key, lanes),
                    statistic.subject == subject
                else {
                    continue
                }
                statistics[statistic, default: Rollup()].merge(try StoredRollup(item).rollup)
            }
        }
        return statistics
    }

    /// A statistic's own item in each lane that has one.
    private func roots(_ key: RollupKey) async throws -> [StoredRollup] {
        let lanes = try await TableSettings.lanes(of: table)
        return try await table.batchGet(lanes.all.map { layout.keys.key(key, $0) }).map { try StoredRollup($0) }
    }
}

extension Rollup {
    /// What may be merged twice: extremes, users, sample, labels.
    fileprivate var withoutSums: Rollup {
        var joins = self
        joins.sums = [:]
        joins.histogram = ExponentialHistogram()
        return joins
    }
}

extension Rollup {
    /// Whether something counts, but an extreme that goes with it has been taken away.
    fileprivate var lacksExtremes: Bool {
        func has(_ measure: String) -> Bool { (sums[measure] ?? .zero) > .zero }
        func lacks(_ names: String...) -> Bool {
            names.contains { maxima[$0] == nil && minima[$0] == nil }
        }
        return has(Measure.events) && lacks(Measure.lastReceived)
            || has(Measure.executions) && lacks(Measure.lastExecuted)
            || has(Measure.timedExecutions) && lacks(Measure.minimumTime, Measure.maximumTime)
            || has(Measure.count) && lacks(Measure.firstOccurrence, Measure.lastOccurrence)
    }
}

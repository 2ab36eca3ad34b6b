internal import SingleTable

/// Makes the lifetimes of error patterns anew: counts and times from the daily statistics, which outlive raw events,
/// samples of users from the raw events that are left.
struct LifetimeRebuilder {
    let table: any Table
    let layout: TableLayout
    let now: Timestamp

    func run(_ report: inout Rebuilder.Report) async throws {
        let names = try await TableNames(table, layout)
        for type in names[.errorTypes].sorted() { try await rebuild(type, &report) }
    }

    private func rebuild(_ type: String, _ report: inout Rebuilder.Report) async throws {
        var seen: [RollupKey: [Key: AttributeValue?]] = [:]
        for _ in 0..<Rebuilder.maximumRounds {
            try Task.checkCancellation()
            let lanes = try await TableSettings.lanes(of: table)
            let reader = StatisticReader(table: table, layout: layout, lanes: lanes, now: now)
            let replacement = StatisticReplacement(table: table, layout: layout, lanes: lanes)
            let stored = try await reader.lifetimes(ofType: type)
            var recounted = try await dailySums(type, reader)
            var unknowable = 0
            var different: [RollupKey] = []
            for key in Set(stored.keys).union(recounted.keys) {
                if let found = stored[key], isOlderThanRollups(found) {
                    unknowable += 1
                    continue
                }
                var comparison = StatisticComparison(
                    key, layout.keys, expected: recounted[key], stored: stored[key])
                if !comparison.run().isEmpty || stored[key]?.hasRepairs == true { different.append(key) }
            }
            var next: [RollupKey: [Key: AttributeValue?]] = [:]
            let ready = different.filter { seen[$0] == (stored[$0]?.versions ?? [:]) }
            let samples = try await self.samples(of: Set(ready))
            for key in different {
                let versions = stored[key]?.versions ?? [:]
                recounted[key]?.rollup.sample = samples[key] ?? []
                guard seen[key] == versions,
                    try await replacement.replace(key, stored[key], with: recounted[key])
                else {
                    next[key] = versions
                    continue
                }
                if recounted[key] == nil { report.removed += 1 } else { report.replaced += 1 }
            }
            if next.isEmpty {
                report.unknowable += unknowable
                return
            }
            seen = next
        }
        throw AnalyticsError(
            .contention,
            "writers kept \(seen.count) error patterns busy: run `rebuild` again when there are fewer"
        )
    }

    /// All daily statistics of each pattern together.
    private func dailySums(
        _ type: String,
        _ reader: StatisticReader
    ) async throws -> [RollupKey: RecountedStatistic] {
        var sums: [RollupKey: RecountedStatistic] = [:]
        try await reader.visit(.errors(type: type), from: "STATS#", to: "STATS$") { found in
            guard found.part == nil, case .success(let stored) = found.item.content else { return }
            guard !StoredStatistic.isEmpty(found.item) else { return }
            var rollup = stored.rollup
            rollup.users = []
            let key = RollupKey(subject: found.key.subject, period: .lifetime)
            sums[key, default: RecountedStatistic(key)].merge(rollup)
        }
        return sums
    }

    /// Whether a lifetime began on a day of which nothing is left that it could be compared with.
    private func isOlderThanRollups(_ statistic: StoredStatistic) -> Bool {
        statistic.roots.values.contains { item in
            guard case .success(let stored) = item.content else { return false }
            return stored.isOlderThanRollups(in: layout, now)
        }
    }

    /// A few users of each pattern, from the raw events there are.
    private func samples(of patterns: Set<RollupKey>) async throws -> [RollupKey: Set<String>] {
        var samples: [RollupKey: Rollup] = [:]
        guard !patterns.isEmpty else { return [:] }
        var query = Query(
            partition: layout.keys.prefix + Keyspace.eventPartition + EventType.errorOccurred.rawValue)
        query.namesUnreadable = true
        repeat {
            let page = try await table.query(query)
            for item in page.items where !Expiry.isPast(item, now) {
                guard let event = Event(item: item, keys: layout.keys), event.hasPerson,
                    let error = EventFacets(event, overflow: Event.overflow(of: item)).error
                else { continue }
                let subject = RollupSubject.error(type: error.type, hash: error.hash)
                let key = RollupKey(subject: subject, period: .lifetime)
                if patterns.contains(key) { samples[key, default: Rollup()].mergeSample([event.userID]) }
            }
            query.start = page.next
        } while query.start != nil
        return samples.mapValues(\.sample)
    }
}

extension StoredRollup {
    /// Whether a lifetime began on a day whose own statistics have expired.
    func isOlderThanRollups(in layout: TableLayout, _ now: Timestamp) -> Bool {
        guard let first = rollup.minima[Measure.firstOccurrence], let time = Timestamp(plausible: first.integer),
            let expiry = layout.retention.expiry(ofRollupsOn: layout.zone.day(of: time), in: layout.zone)
        else { return false }
        return Expiry.isPast(expiry, now)
    }
}

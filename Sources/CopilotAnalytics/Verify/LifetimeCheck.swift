internal import SingleTable

/// Adds up what all days say of each error pattern and compares it with the pattern's lifetime.
///
/// A pattern that was written while the days were read is not judged: its lifetime is ahead of them.
struct LifetimeCheck {
    private let table: any Table
    private let layout: TableLayout
    private let now: Timestamp
    private let before: [RollupKey: [Key: AttributeValue?]]
    private var recounted: [RollupKey: RecountedStatistic] = [:]
    private var users: [RollupKey: UserTally] = [:]

    init(_ table: any Table, _ layout: TableLayout, now: Timestamp) async throws {
        self.table = table
        self.layout = layout
        self.now = now
        before = try await LifetimeCheck.stored(table, layout, now).mapValues(\.versions)
    }

    private static func stored(
        _ table: any Table,
        _ layout: TableLayout,
        _ now: Timestamp
    ) async throws -> [RollupKey: StoredStatistic] {
        let lanes = try await TableSettings.lanes(of: table)
        let reader = StatisticReader(table: table, layout: layout, lanes: lanes, now: now)
        var stored: [RollupKey: StoredStatistic] = [:]
        for type in try await TableNames(table, layout)[.errorTypes] {
            stored.merge(try await reader.lifetimes(ofType: type)) { own, _ in own }
        }
        return stored
    }

    mutating func add(_ lifetimes: [RollupKey: RecountedStatistic]) {
        for (key, statistic) in lifetimes {
            recounted[key, default: RecountedStatistic(key)].merge(statistic.rollup)
        }
    }

    mutating func addUsers(of key: RollupKey, _ tally: UserTally) {
        guard case .error = key.subject else { return }
        users[RollupKey(subject: key.subject, period: .lifetime), default: UserTally(capacity: tally.capacity)]
            .merge(tally)
    }

    /// - Parameter isVerifiable: Whether all raw events of a day are still there; of others the daily statistics speak.
    mutating func differences(_ isVerifiable: (CivilDate) -> Bool) async throws -> DifferenceList {
        let older = try await olderOccurrences(isVerifiable)
        for (key, rollup) in older { recounted[key, default: RecountedStatistic(key)].merge(rollup) }
        let stored = try await LifetimeCheck.stored(table, layout, now)
        var list = DifferenceList()
        for key in Set(stored.keys).union(recounted.keys) {
            guard stored[key]?.versions ?? [:] == before[key] ?? [:] else { continue }
            let isOlder = stored[key]?.roots.values.contains { item in
                guard case .success(let content) = item.content else { return false }
                return content.isOlderThanRollups(in: layout, now)
            }
            if isOlder == true { continue }
            var expected = recounted[key]
            expected?.rollup.sample = []
            var comparison = StatisticComparison(key, layout.keys, expected: expected, stored: stored[key])
            // Nobody can say any more who caused the older ones.
            comparison.checksSample = older[key] == nil
            comparison.sampled = users[key] ?? UserTally(capacity: key.subject.userCapacity)
            for difference in comparison.run() { list.append(difference) }
        }
        return list
    }

    /// Occurrences on days whose raw events have expired, as their daily statistics say: a lifetime holds them still.
    private func olderOccurrences(_ isVerifiable: (CivilDate) -> Bool) async throws -> [RollupKey: Rollup] {
        guard layout.retention.eventDays != nil else { return [:] }
        let lanes = try await TableSettings.lanes(of: table)
        let reader = StatisticReader(table: table, layout: layout, lanes: lanes, now: now)
        var older: [RollupKey: Rollup] = [:]
        for type in try await TableNames(table, layout)[.errorTypes] {
            try await reader.visit(.errors(type: type), from: "STATS#", to: "STATS$") { found in
                guard found.part == nil, case .day(let date) = found.key.period, !isVerifiable(date),
                    case .success(let stored) = found.item.content
                else { return }
                var rollup = stored.rollup
                rollup.users = []
                older[RollupKey(subject: found.key.subject, period: .lifetime), default: Rollup()].merge(rollup)
            }
        }
        return older
    }
}

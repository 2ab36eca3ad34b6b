internal import SingleTable

/// Holds every statistic of some days of the reporting zone against a recount of their raw events.
///
/// In memory are the statistics of the days themselves and those of some of their quarters of an hour, never events:
/// what it takes depends on how many names there are, which is bounded, and not on how many events. Several days at
/// once ask for fewer pages where days are small.
struct DayAudit: Sendable {
    let table: any Table
    let layout: TableLayout
    let lanes: Lanes
    let names: TableNames
    let days: ClosedRange<CivilDate>
    let now: Timestamp
    /// Looks at quarters and days that lie wholly inside.
    var range: DateRange?
    /// Whether each event has to be seen that was acknowledged before, at whatever cost.
    var isStrict = false

    /// Statistics of quarters that are recounted before they are compared and forgotten.
    static let quarterStatistics = 20_000

    init(_ table: any Table, _ layout: TableLayout, days: ClosedRange<CivilDate>, now: Timestamp) async throws {
        self.table = table
        self.layout = layout
        self.days = days
        self.now = now
        lanes = try await TableSettings.lanes(of: table)
        names = try await TableNames(table, layout)
    }

    /// Visits each statistic that the raw events tell of or the table holds.
    ///
    /// - Parameter lifetimes: Takes what the day adds to the lifetimes of error patterns.
    /// - Returns: How many events were recounted.
    func run(
        lifetimes: ([RollupKey: RecountedStatistic]) -> Void = { _ in },
        progress: (Int) -> Void = { _ in },
        _ visit: (RollupKey, RecountedStatistic?, StoredStatistic?) async throws -> Void
    ) async throws -> Int {
        let (start, end) = periods
        guard start < end else { return 0 }
        let first = quarter(start)
        let last = quarter(end.adding(milliseconds: -1))
        var compared = first
        var recount = Recount(zone: layout.zone)
        var current = first
        var kept = 0
        let events = DayEvents(table: table, layout: layout, days: days, now: now)
        let isOrdered = !isStrict || table.indexIsConsistent
        let take = { (event: Event, overflow: Set<Overflow>) async throws in
            guard start <= event.occurredAt, event.occurredAt < end else { return }
            let quarter = quarter(event.occurredAt)
            if isOrdered, quarter > current {
                recount.settle()
                if recount.statistics.count - kept > DayAudit.quarterStatistics {
                    try await compareQuarters(&recount, compared...(quarter - 1), visit)
                    compared = quarter
                    kept = recount.statistics.count
                }
                current = quarter
            }
            recount.add(event, overflow: overflow)
            if recount.events % 1000 == 0 { progress(recount.events) }
        }
        if isOrdered { try await events.inOrder(take) } else { try await events.acknowledged(take) }
        try await compareQuarters(&recount, compared...last, visit)
        let lifetime = recount.take { $0.period == .lifetime }
        guard let whole = wholeDays else { return recount.events }
        if whole == days { lifetimes(lifetime) }
        let taken = recount.take { if case .day(let day) = $0.period { whole.contains(day) } else { false } }
        try await compare(taken, .day(whole.lowerBound), .day(whole.upperBound), visit)
        return recount.events
    }

    private func quarter(_ instant: Timestamp) -> Int {
        Int(floorDivide(instant.milliseconds, Period.quarterMilliseconds))
    }

    private var bounds: (start: Timestamp, end: Timestamp) {
        (layout.zone.start(of: days.lowerBound), layout.zone.start(of: days.upperBound.adding(days: 1)))
    }

    /// The part of the days that is looked at.
    private var periods: (start: Timestamp, end: Timestamp) {
        let (start, end) = bounds
        guard let (first, last) = range?.bounds else { return (start, end) }
        return (max(start, first), min(end, last))
    }

    /// Days that are looked at from beginning to end.
    private var wholeDays: ClosedRange<CivilDate>? {
        let (start, end) = periods
        var (first, last) = (days.lowerBound, days.upperBound)
        if layout.zone.start(of: first) < start { first = first.adding(days: 1) }
        if end < layout.zone.start(of: last.adding(days: 1)) { last = last.adding(days: -1) }
        return first <= last ? first...last : nil
    }

    private func compareQuarters(
        _ recount: inout Recount,
        _ quarters: ClosedRange<Int>,
        _ visit: (RollupKey, RecountedStatistic?, StoredStatistic?) async throws -> Void
    ) async throws {
        let taken = recount.take { key in
            if case .quarter(let index) = key.period { quarters.contains(index) } else { false }
        }
        try await compare(taken, .quarter(quarters.lowerBound), .quarter(quarters.upperBound), visit)
    }

    private func compare(
        _ recounted: [RollupKey: RecountedStatistic],
        _ low: Period,
        _ high: Period,
        _ visit: (RollupKey, RecountedStatistic?, StoredStatistic?) async throws -> Void
    ) async throws {
        let reader = StatisticReader(table: table, layout: layout, lanes: lanes, now: now)
        let byFamily = Dictionary(grouping: recounted.keys) { RollupFamily($0.subject) }
        for family in names.families.union(byFamily.keys) {
            let stored = try await reader.read(family, from: low.sort, to: high.sort + "$")
            for key in Set(stored.keys).union(byFamily[family] ?? []) {
                try await visit(key, recounted[key], stored[key])
            }
        }
    }
}

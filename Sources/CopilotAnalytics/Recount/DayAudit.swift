internal import SingleTable

/// Holds every statistic of one day of the reporting zone against a recount of the day's raw events.
///
/// In memory are the statistics of the day itself and those of some of its quarters of an hour, never its events: what
/// it takes depends on how many names there are, which is bounded, and not on how many events.
struct DayAudit: Sendable {
    let table: any Table
    let layout: TableLayout
    let lanes: Lanes
    let names: TableNames
    let day: CivilDate
    let now: Timestamp
    /// Looks at quarters and days that lie wholly inside.
    var range: DateRange?
    /// Whether each event has to be seen that was acknowledged before, at whatever cost.
    var isStrict = false

    /// Statistics of quarters that are recounted before they are compared and forgotten.
    static let quarterStatistics = 20_000

    init(_ table: any Table, _ layout: TableLayout, day: CivilDate, now: Timestamp) async throws {
        self.table = table
        self.layout = layout
        self.day = day
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
        let events = DayEvents(table: table, layout: layout, day: day, now: now)
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
        if isWhole {
            lifetimes(lifetime)
            try await compare(recount.take { $0.period == .day(day) }, .day(day), .day(day), visit)
        }
        return recount.events
    }

    private func quarter(_ instant: Timestamp) -> Int {
        Int(floorDivide(instant.milliseconds, Period.quarterMilliseconds))
    }

    private var dayBounds: (start: Timestamp, end: Timestamp) {
        (layout.zone.start(of: day), layout.zone.start(of: day.adding(days: 1)))
    }

    /// The part of the day that is looked at.
    private var periods: (start: Timestamp, end: Timestamp) {
        let (start, end) = dayBounds
        guard let (first, last) = range?.bounds else { return (start, end) }
        return (max(start, first), min(end, last))
    }

    private var isWhole: Bool { periods == dayBounds }

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

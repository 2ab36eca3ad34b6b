public import SingleTable

/// Makes the statistics of whole days anew from their raw events, beside readers and writers.
///
/// A statistic is replaced only as it was read before the events were: each event that is in the table then has been
/// recounted, and one that comes later changes the item, which makes it be tried again.
public struct Rebuilder: Sendable {
    private let table: any Table
    private let layout: TableLayout
    private let clock: @Sendable () -> Timestamp

    /// Readings of some days until writers have left all of its statistics alone for one.
    static let maximumRounds = 20
    /// Days that are read together.
    private static let daysAtOnce = 7

    public struct Report: Sendable, Hashable {
        public var days = 0
        /// Raw events of those days.
        public var events = 0
        /// Statistics that said something else and say the same now.
        public var replaced = 0
        /// Statistics that no event counts in.
        public var removed = 0
        /// Names that were missing in the directory.
        public var namesAdded = 0
        /// Lifetimes of error patterns that nothing is left to compare with, and that stay as they are.
        public var unknowable = 0
    }

    public init(
        table: any Table,
        layout: TableLayout,
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now }
    ) {
        self.table = table
        self.layout = layout
        self.clock = clock
    }

    /// - Parameter progress: Is told the day at hand.
    /// - Throws: ``AnalyticsError`` with `invalidArgument` when raw events of one of the days may have expired, and with
    ///   `contention` when writers kept a statistic busy; what was replaced by then is right, and running again is safe.
    public func run(
        from first: CivilDate,
        to last: CivilDate,
        progress: @Sendable (CivilDate) -> Void = { _ in }
    ) async throws -> Report {
        guard first <= last else {
            throw AnalyticsError(.invalidArgument, "the range ends (\(last)) before it starts (\(first))")
        }
        try check(first)
        var report = Report()
        var day = first
        while day <= last {
            progress(day)
            let group = day...min(last, day.adding(days: Rebuilder.daysAtOnce - 1))
            try await rebuild(group, &report)
            day = group.upperBound.adding(days: 1)
        }
        report.days = last.daysSinceEpoch - first.daysSinceEpoch + 1
        try await StrangerSweep(table: table, layout: layout, days: first...last, now: clock()).run(&report)
        try await LifetimeRebuilder(table: table, layout: layout, now: clock()).run(&report)
        return report
    }

    private func check(_ day: CivilDate) throws(AnalyticsError) {
        guard let expiry = layout.retention.expiry(ofEventsOn: day, in: layout.zone), Expiry.isPast(expiry, clock())
        else { return }
        throw AnalyticsError(
            .invalidArgument,
            "raw events of \(day) have expired: its statistics cannot be made anew and stay as they are"
        )
    }

    private func rebuild(_ days: ClosedRange<CivilDate>, _ report: inout Report) async throws {
        // What each statistic that has to be replaced looked like before the events were read.
        var seen: [RollupKey: [Key: AttributeValue?]] = [:]
        for round in 0..<Rebuilder.maximumRounds {
            try Task.checkCancellation()
            var audit = try await DayAudit(table, layout, days: days, now: clock())
            audit.isStrict = round > 0
            let replacement = StatisticReplacement(table: table, layout: layout, lanes: audit.lanes)
            var next: [RollupKey: [Key: AttributeValue?]] = [:]
            var missing: [DirectoryKey: Set<String>] = [:]
            var (replaced, removed) = (0, 0)
            let events = try await audit.run { key, expected, stored in
                if let expected {
                    for (directory, name) in audit.names.lacks(TableNames.needed(for: key, expected.rollup)) {
                        missing[directory, default: []].insert(name)
                    }
                }
                var comparison = StatisticComparison(key, layout.keys, expected: expected, stored: stored)
                guard !comparison.run().isEmpty || stored?.hasRepairs == true else { return }
                let versions = stored?.versions ?? [:]
                if seen[key] == versions, try await replacement.replace(key, stored, with: expected) {
                    if expected == nil { removed += 1 } else { replaced += 1 }
                } else {
                    next[key] = versions
                }
            }
            report.namesAdded += try await add(missing)
            report.replaced += replaced
            report.removed += removed
            if next.isEmpty {
                report.events += events
                return
            }
            seen = next
        }
        throw AnalyticsError(
            .contention,
            "writers kept \(seen.count) statistics of \(days.lowerBound) to \(days.upperBound) busy: run `rebuild` again when there are fewer"
        )
    }

    private func add(_ missing: [DirectoryKey: Set<String>]) async throws -> Int {
        var added = 0
        for (directory, names) in missing {
            var update = Update()
            update.add(DirectoryKey.attribute, .stringSet(names))
            let condition = Condition.any([
                .notExists(DirectoryKey.attribute),
                .size(DirectoryKey.attribute, .lessOrEqual, directory.bound - names.count),
            ])
            let write = Write.update(layout.keys.directory(directory), update, condition: condition)
            if try await SingleWrite.commit(write, to: table) { added += names.count }
        }
        return added
    }
}

public import SingleTable

/// Recounts the raw events and compares every statistic with what the table says, in bounded memory.
///
/// It reads the table once from end to end, then each day's events by the index, and holds the statistics of one day at
/// a time (see ``DayAudit``). It may run beside writers: a statistic is reported only when it differs in two readings
/// and was not written between them.
public struct Verifier: Sendable {
    private let table: any Table
    private let layout: TableLayout
    private let clock: @Sendable () -> Timestamp

    public init(
        table: any Table,
        layout: TableLayout,
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now }
    ) {
        self.table = table
        self.layout = layout
        self.clock = clock
    }

    public struct Report: Sendable {
        public var events: Int
        public var rollups: Int
        /// Items that could not be updated and whose counts wait in the repair lane: they are read like all others, and
        /// `rebuild` folds them back.
        public var repairs: Int
        /// Items of the original service that count nowhere before they are adopted, see ``Adoption``.
        public var unadopted: Int
        /// In the order of their keys; 10,000 at the most.
        public var differences: [Difference]
        /// Differences beyond those.
        public var unlistedDifferences: Int
    }

    public enum Progress: Sendable, Hashable {
        /// Items of the table read so far.
        case reading(items: Int)
        /// Raw events recounted so far, of how many.
        case recounting(events: Int, of: Int)
    }

    /// - Parameters:
    ///   - range: Days to look at; `nil`: all of them, and the lifetime of each error pattern besides.
    ///   - progress: Is told how far it is.
    public func run(
        _ range: DateRange? = nil,
        progress: @Sendable (Progress) -> Void = { _ in }
    ) async throws -> Report {
        var lifetimes = try await LifetimeCheck(table, layout, now: clock())
        var survey = try await TableSurvey(table, layout, range: range, now: clock())
        var start: PageToken?
        repeat {
            try Task.checkCancellation()
            let page = try await table.scan(start: start)
            survey.add(page)
            progress(.reading(items: survey.items))
            start = page.next
        } while start != nil
        var differences = survey.differences
        if !survey.unknown.isEmpty {
            // Names may have come since; those that count anything are in the directory for ever.
            let families = try await TableNames(table, layout).families
            for (key, family) in survey.unknown where !families.contains(family) {
                differences.append(Difference(key: key, kind: .unexpected))
            }
        }
        var events = 0
        for days in survey.groups {
            try Task.checkCancellation()
            let before = events
            events += try await verify(days, range, &lifetimes, &differences) {
                progress(.recounting(events: before + $0, of: survey.events))
            }
        }
        if range == nil {
            differences.append(try await lifetimes.differences(survey.isVerifiable))
            let registry = ForgottenUsers(table: table, keys: layout.keys)
            for difference in try await registry.unfinished() { differences.append(difference) }
        }
        return Report(
            events: survey.events,
            rollups: survey.rollups,
            repairs: survey.repairs,
            unadopted: survey.unadopted,
            differences: differences.sorted,
            unlistedDifferences: differences.unlisted
        )
    }

    /// What differs on some days, twice.
    private func verify(
        _ days: ClosedRange<CivilDate>,
        _ range: DateRange?,
        _ lifetimes: inout LifetimeCheck,
        _ differences: inout DifferenceList,
        progress: (Int) -> Void
    ) async throws -> Int {
        var first: [RollupKey: [Key: AttributeValue?]] = [:]
        var audit = try await DayAudit(table, layout, days: days, now: clock())
        audit.range = range
        var unlisted = 0
        let names = audit.names
        let events = try await audit.run(
            lifetimes: { lifetimes.add($0) },
            progress: progress,
            { key, expected, stored in
                if case .day = key.period, let expected { lifetimes.addUsers(of: key, expected.users) }
                guard !compare(key, expected, stored, names).isEmpty else { return }
                if first.count < DifferenceList.limit {
                    first[key] = stored?.versions ?? [:]
                } else {
                    unlisted += 1
                }
            }
        )
        guard !first.isEmpty else { return events }
        if !table.indexIsConsistent { try await Task.sleep(for: .seconds(1)) }
        // A writer may have been between its event and our reading of the statistic: only what stays is a difference.
        audit = try await DayAudit(table, layout, days: days, now: clock())
        audit.range = range
        let namesNow = audit.names
        _ = try await audit.run { key, expected, stored in
            guard let seen = first[key], seen == stored?.versions ?? [:] else { return }
            for difference in compare(key, expected, stored, namesNow) { differences.append(difference) }
        }
        differences.leaveOut(unlisted)
        return events
    }

    private func compare(
        _ key: RollupKey,
        _ expected: RecountedStatistic?,
        _ stored: StoredStatistic?,
        _ names: TableNames
    ) -> [Difference] {
        var comparison = StatisticComparison(key, layout.keys, expected: expected, stored: stored)
        var found = comparison.run()
        if let expected {
            for (directory, name) in names.lacks(TableNames.needed(for: key, expected.rollup)) {
                let kind = Difference.Kind.differs(
                    attribute: DirectoryKey.attribute, stored: "without \(name)", recounted: "with it")
                found.append(Difference(key: layout.keys.directory(directory), kind: kind))
            }
        }
        return found
    }
}

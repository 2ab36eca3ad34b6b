public import SingleTable

/// Takes over a table that the original analytics service wrote, in place: raw events without versions, counters of
/// commands and errors that count already, and drift from them.
///
/// What that service counted is never counted again, and never lost. First its counters move to a lane of their own
/// (`#L#ADOPTED`), which answers are made of, but no recount: nobody can tell any more which events stand behind them.
/// Then each raw event that is left becomes one of ours, counts in the usual lanes, and is subtracted there. So sums
/// stay what they were at every moment, while percentiles, users, hours and days of errors come to be known as far as
/// events reach back. What remains in the lane are expired events, and what that service counted twice or not at all,
/// which may be less than nothing.
///
/// Each step is one transaction on the condition that the item is as it was read: whoever is killed runs it again.
public struct Adoption: Sendable {
    public struct Report: Sendable, Hashable {
        /// Counters of commands and errors that were adopted.
        public var statistics = 0
        /// Raw events that were adopted.
        public var events = 0
        /// Raw events that had come by another way, too.
        public var duplicates = 0
        /// Raw events of users who were forgotten, which were removed.
        public var forgotten = 0
        /// Raw events that nobody could count any more, which were removed: a service does so late, a file never.
        public var expired = 0
        /// Items that cannot be understood and stay as they are.
        public var rejected = 0

        public init() {}
    }

    /// An item that cannot be understood.
    public struct Reject: Sendable, Hashable {
        public var key: Key
        public var rejection: EventRejection
    }

    public enum Progress: Sendable, Hashable {
        /// Items of the table read, and counters adopted, so far.
        case statistics(read: Int, adopted: Int)
        /// Items of the table read, and events adopted, so far.
        case events(read: Int, adopted: Int)
    }

    private let table: any Table
    private let layout: TableLayout
    private let clock: @Sendable () -> Timestamp
    private let decoder: EventDecoder

    /// Raw events that are put in order of time before they are written, and their bytes: in order they share
    /// statistics, and cost less.
    private static let eventsAtOnce = 20_000
    private static let bytesAtOnce = 32 * 1024 * 1024
    private static let maximumRounds = 20

    /// - Throws: ``AnalyticsError`` with `invalidArgument` for a layout in which those keys cannot be.
    public init(
        table: any Table,
        layout: TableLayout,
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now }
    ) throws(AnalyticsError) {
        guard layout.keys.prefix.isEmpty else {
            throw AnalyticsError(.invalidArgument, "what is adopted has no tenant: leave --tenant out")
        }
        guard layout.zone == .utc else {
            throw AnalyticsError(
                .invalidArgument,
                "the counters to adopt are of days of UTC, and this table's days are of \(layout.zone.identifier)"
            )
        }
        self.table = table
        self.layout = layout
        self.clock = clock
        // How old an event is does not matter: it is in the table.
        decoder = EventDecoder(receipt: .history, userIDKey: layout.userIDKey, clock: clock)
    }

    /// Adopts whatever has not been adopted yet.
    ///
    /// - Parameters:
    ///   - isDryRun: Only says what would be done.
    ///   - onReject: Is told each item that cannot be understood.
    /// - Throws: ``AnalyticsError`` with `contention` when the original service kept on counting, `damaged` when an item
    ///   of ours cannot be updated; ``TableError``; what `onReject` throws. Running it again goes on where it ended.
    public func run(
        isDryRun: Bool = false,
        progress: (Progress) -> Void = { _ in },
        onReject: (Reject) throws -> Void = { _ in }
    ) async throws -> Report {
        var report = Report()
        if !isDryRun { try await TableSettings.noteAdoption(in: table) }
        try await adoptStatistics(isDryRun, &report, progress, onReject)
        try await adoptEvents(isDryRun, &report, progress, onReject)
        return report
    }

    // MARK: Counters

    private func adoptStatistics(
        _ isDryRun: Bool,
        _ report: inout Report,
        _ progress: (Progress) -> Void,
        _ onReject: (Reject) throws -> Void
    ) async throws {
        var writer = try await AdoptionWriter(table: table, layout: layout)
        var backoff = Backoff()
        for round in 0..<Adoption.maximumRounds {
            var changed = 0
            var read = 0
            var rejected: [Reject] = []
            try await forEachPage { items in
                read += items.count
                var found: [AdoptionWriter.Entry] = []
                for item in items where item.key?.partition.hasPrefix(Keyspace.eventPartition) == false {
                    switch LegacyItem(item, decoder) {
                    case .statistic(let statistic): found.append(.statistic(statistic))
                    case .rejected(let key, let rejection): rejected.append(Reject(key: key, rejection: rejection))
                    case .event, nil: break
                    }
                }
                if isDryRun {
                    report.statistics += found.count
                } else {
                    for outcome in try await writer.write(found) {
                        if outcome == .changed { changed += 1 } else { report.statistics += 1 }
                    }
                }
                progress(.statistics(read: read, adopted: report.statistics))
            }
            if changed == 0 {
                report.rejected += rejected.count
                for reject in rejected { try onReject(reject) }
                return
            }
            if round > 0 { try await backoff.next(isContended: true) }
        }
        throw AnalyticsError(
            .contention, "the original service goes on counting in this table: stop it, and run this again")
    }

    // MARK: Raw events

    private func adoptEvents(
        _ isDryRun: Bool,
        _ report: inout Report,
        _ progress: (Progress) -> Void,
        _ onReject: (Reject) throws -> Void
    ) async throws {
        // Which days errors were adopted on is known only now.
        var writer = try await AdoptionWriter(table: table, layout: layout)
        var batch: [AdoptionWriter.Entry] = []
        var bytes = 0
        var read = 0
        func write() async throws {
            batch.sort { $0.time < $1.time }
            for start in stride(from: 0, to: batch.count, by: 1000) {
                let part = batch[start..<min(start + 1000, batch.count)]
                for outcome in try await writer.write(Array(part)) {
                    switch outcome {
                    case .adopted: report.events += 1
                    case .duplicate: report.duplicates += 1
                    case .forgotten: report.forgotten += 1
                    case .expired: report.expired += 1
                    // Somebody else adopted or removed it.
                    case .changed: break
                    }
                }
                progress(.events(read: read, adopted: report.events))
            }
            batch.removeAll(keepingCapacity: true)
            bytes = 0
        }
        func expire(_ key: Key) {
            if isDryRun { report.expired += 1 } else { batch.append(.expired(key)) }
        }
        try await forEachPage { items in
            read += items.count
            for item in items where item.key?.partition.hasPrefix(Keyspace.eventPartition) == true {
                switch LegacyItem(item, decoder) {
                case .event(let legacy) where isExpired(item, legacy.event): expire(legacy.origin)
                case .event where isDryRun: report.events += 1
                case .event(let legacy):
                    batch.append(.event(legacy))
                    bytes += item.storedBytes
                case .rejected(let key, _) where Expiry.isPast(item, clock()): expire(key)
                case .rejected(let key, let rejection):
                    report.rejected += 1
                    try onReject(Reject(key: key, rejection: rejection))
                case .statistic, nil: break
                }
            }
            if batch.count >= Adoption.eventsAtOnce || bytes >= Adoption.bytesAtOnce { try await write() }
            progress(.events(read: read, adopted: report.events))
        }
        try await write()
    }

    /// Whether readers pass over it, or would at once.
    private func isExpired(_ item: Item, _ event: Event) -> Bool {
        let now = clock()
        if Expiry.isPast(item, now) { return true }
        let day = layout.zone.day(of: event.occurredAt)
        return layout.retention.expiry(ofEventsOn: day, in: layout.zone).map { Expiry.isPast($0, now) } ?? false
    }

    private func forEachPage(_ body: ([Item]) async throws -> Void) async throws {
        var start: PageToken?
        repeat {
            try Task.checkCancellation()
            let page = try await table.scan(start: start)
            try await body(page.items)
            start = page.next
        } while start != nil
    }
}

extension AdoptionWriter.Entry {
    /// Raw events in order share statistics.
    fileprivate var time: Timestamp {
        if case .event(let legacy) = self { legacy.event.occurredAt } else { Timestamp(milliseconds: 0) }
    }
}

public import SingleTable

/// Answers from the rollups of one tenant. What an answer costs depends on its range, not on how many events lie
/// behind it.
///
/// While writers write, an answer may hold a part of what they are writing; the next one holds all of it.
public struct AnalyticsQueries: Sendable {
    let table: any Table
    let layout: TableLayout
    let clock: @Sendable () -> Timestamp

    /// Entries of a list when nothing is asked for, as on the dashboard.
    public static let defaultLimit = 5
    public static let maximumLimit = 1000

    public init(
        table: any Table,
        layout: TableLayout,
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now }
    ) {
        self.table = table
        self.layout = layout
        self.clock = clock
    }

    /// The zone whose days are read cheapest: the default of every answer.
    public var reportingZone: Zone { layout.zone }

    public func dashboard(_ range: DateRange, limit: Int = defaultLimit) async throws -> Dashboard {
        try AnalyticsQueries.check(limit: limit)
        let cover = try RangeCover(range, reportingZone: layout.zone)
        let reader = try await reader()
        async let commandRollups = commandRollups(cover, reader)
        async let errorRollups = errors(cover, type: nil, reader)
        async let users = activeUsers(cover, reader)
        async let newest = newestReceipt(cover, reader)
        let (commands, errors) = try await (commandRollups, errorRollups)
        var all = Rollup()
        for (_, rollup) in commands { all.merge(rollup) }
        let overall = CommandStatistics(commandName: "", all)
        return Dashboard(
            range: range,
            totalExecutions: overall.totalExecutions,
            successfulExecutions: overall.successfulExecutions,
            failedExecutions: overall.failedExecutions,
            execution: overall.execution,
            totalErrors: errors.reduce(FixedPoint.zero) { $0 + FixedPoint($1.count) }.integer,
            uniqueErrorTypes: Set(errors.map(\.errorType)).count,
            activeUsers: try await users,
            popularCommands: Array(ranked(commands).prefix(limit)),
            errorPatterns: Array(errors.prefix(limit)),
            asOf: try await newest
        )
    }

    /// Commands that were executed in the range, most executed first.
    public func commands(_ range: DateRange, limit: Int? = nil) async throws -> [CommandStatistics] {
        try AnalyticsQueries.check(limit: limit)
        let cover = try RangeCover(range, reportingZone: layout.zone)
        return Array(ranked(try await commandRollups(cover, reader())).prefix(limit ?? .max))
    }

    /// One command in the range.
    ///
    /// - Throws: ``AnalyticsError`` with `notFound` when no such command was ever executed.
    public func command(_ name: String, _ range: DateRange) async throws -> CommandStatistics {
        let name = NameRule.normalized(name)
        let cover = try RangeCover(range, reportingZone: layout.zone)
        let reader = try await reader()
        let rollup = try await merged(reader.items(in: layout.keys.partition(.command(name)), cover))
        if rollup.sums.isEmpty, try await !reader.names(in: .commands).contains(name) {
            throw AnalyticsError(.notFound, "no command of that name was ever executed")
        }
        return CommandStatistics(commandName: name, rollup)
    }

    /// Error patterns of the range, most frequent first.
    public func errors(_ range: DateRange, type: String? = nil, limit: Int? = nil) async throws -> [ErrorStatistics] {
        try AnalyticsQueries.check(limit: limit)
        let cover = try RangeCover(range, reportingZone: layout.zone)
        return Array(try await errors(cover, type: type.map(NameRule.normalized), reader()).prefix(limit ?? .max))
    }

    /// Whether the table can be read at all.
    public func probe() async throws {
        _ = try await table.get(Keyspace.settings)
    }

    // MARK: Reading

    func reader() async throws -> RollupReader {
        RollupReader(table: table, layout: layout, now: clock(), lanes: try await TableSettings.lanes(of: table))
    }

    private static func check(limit: Int?) throws(AnalyticsError) {
        guard let limit else { return }
        guard (1...maximumLimit).contains(limit) else {
            throw AnalyticsError(.invalidArgument, "limit must be 1 to \(maximumLimit)")
        }
    }

    private func merged(_ items: [Item]) throws(AnalyticsError) -> Rollup {
        var result = Rollup()
        for item in items { result.merge(try StoredRollup(item).rollup) }
        return result
    }

    private func ranked(_ rollups: [(String, Rollup)]) -> [CommandStatistics] {
        rollups.map(CommandStatistics.init).filter { $0.totalExecutions > 0 }.sorted(by: CommandStatistics.ranksBefore)
    }

    private func commandRollups(_ cover: RangeCover, _ reader: RollupReader) async throws -> [(String, Rollup)] {
        let names = try await reader.names(in: .commands)
        return try await reader.concurrently(names) { name in
            (name, try merged(try await reader.items(in: layout.keys.partition(.command(name)), cover)))
        }
    }

    /// When the newest event of the range, or of the newest day there is, was received: how fresh the figures are, even
    /// where the range is empty.
    private func newestReceipt(_ cover: RangeCover, _ reader: RollupReader) async throws -> Int? {
        let partition = layout.keys.partition(.totals)
        var items = try await reader.items(in: partition, cover)
        items += try await reader.newestDay(in: partition)
        return try merged(items).maxima[Measure.lastReceived]?.integer
    }

    private func activeUsers(_ cover: RangeCover, _ reader: RollupReader) async throws -> Int {
        var users = DistinctUsers()
        for item in try await reader.items(in: layout.keys.partition(.users), cover) {
            users.merge(try StoredRollup(item))
        }
        return users.count
    }

    private func errors(
        _ cover: RangeCover,
        type: String?,
        _ reader: RollupReader
    ) async throws -> [ErrorStatistics] {
        let types = if let type { [type] } else { try await reader.names(in: .errorTypes) }
        return try await reader.concurrently(types) { try await errors(ofType: $0, cover, reader) }
            .flatMap { $0 }
            .sorted(by: ErrorStatistics.ranksBefore)
    }

    private func errors(
        ofType type: String,
        _ cover: RangeCover,
        _ reader: RollupReader
    ) async throws -> [ErrorStatistics] {
        var rollups: [String: (rollup: Rollup, users: DistinctUsers)] = [:]
        var hasParts = false
        let subject = RollupSubject.error(type: type, hash: "")
        for item in try await reader.items(in: layout.keys.partition(subject), cover) {
            guard let hash = item.key.flatMap(ErrorKey.hash) else { continue }
            let stored = try StoredRollup(item)
            if stored.users == .split { hasParts = true }
            rollups[hash, default: (Rollup(), DistinctUsers())].rollup.merge(stored.rollup)
            rollups[hash, default: (Rollup(), DistinctUsers())].users.merge(stored)
        }
        if hasParts {
            let partition = layout.keys.prefix + subject.partsPartition
            for item in try await reader.items(in: partition, cover) {
                guard let hash = item.key.flatMap(ErrorKey.hash) else { continue }
                rollups[hash]?.users.merge(try StoredRollup(item))
            }
        }
        return rollups.map { ErrorStatistics(type: type, hash: $0.key, $0.value.rollup, users: $0.value.users) }
            .filter { $0.count > 0 }
    }
}

/// The second part of `STATS#<date>#<hash>` and `STATS#<date>#<hash>#<part>`.
private enum ErrorKey {
    static func hash(_ key: Key) -> String? {
        let parts = key.sort.split(separator: "#", omittingEmptySubsequences: false)
        return parts.count >= 3 ? String(parts[2]) : nil
    }
}

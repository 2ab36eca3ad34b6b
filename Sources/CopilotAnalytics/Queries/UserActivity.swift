internal import SingleTable

/// What one user did in a range, from the raw events that are still kept.
public struct UserActivity: Sendable {
    public var range: DateRange
    public var userID: String
    public var totalEvents: Int
    /// Most events first.
    public var eventTypes: [(type: String, count: Int)]
    /// Most executions first.
    public var commands: [CommandStatistics]
    /// Most occurrences first.
    public var errors: [ErrorStatistics]
    public var firstEvent: Timestamp?
    public var lastEvent: Timestamp?
    /// The newest ones, newest first. What they say of their contents is left out.
    public var recentEvents: [Event]
    /// False when there is more than is read: more than ``maximumEventsPerType`` events of some type, of which the
    /// oldest are not counted then, or more types than the directory has names.
    public var isComplete: Bool

    /// Events read of each type.
    public static let maximumEventsPerType = 10_000
    public static let maximumRecentEvents = 20
}

extension AnalyticsQueries {
    /// A sender's clock may be off by this much and its events are found all the same, in milliseconds: keys hold the
    /// sender's time, and the range is one of corrected times.
    private static let clockMargin = Timestamp.millisecondsPerDay

    /// What one user did: one query a type of event, side by side, each bounded.
    ///
    /// - Parameter userID: As senders give it, also where the table stores keyed hashes. Nothing is known of somebody
    ///   unknown, and that is no error.
    public func user(_ userID: String, _ range: DateRange) async throws -> UserActivity {
        let stored = try layout.storedUserID(userID)
        let reader = try await reader()
        let types = try await reader.names(in: .eventTypes)
        let parts = try await reader.concurrently(types) { type in
            try await events(of: stored, type, range, reader.now)
        }
        var all = ActivityTally(zone: layout.zone)
        for part in parts { all.merge(part) }
        // Types without a place in the directory have partitions that nothing leads to.
        if types.contains(RollupSubject.other) { all.isComplete = false }
        return all.activity(of: stored, range)
    }

    private func events(
        of userID: String,
        _ type: String,
        _ range: DateRange,
        _ now: Timestamp
    ) async throws -> ActivityTally {
        let (start, end) = range.bounds
        let margin = AnalyticsQueries.clockMargin
        // Sort keys have 13 digits of milliseconds; a range may begin before there were as many.
        let least = max(start.milliseconds - margin, 1_000_000_000_000)
        let most = max(end.milliseconds + margin, least)
        var query = Query(
            partition: layout.keys.eventPartition(EventType(rawValue: type)),
            sort: .between("\(Keyspace.encode(userID))#\(least)", "\(Keyspace.encode(userID))#\(most)"),
            ascending: false,
            limit: 1000
        )
        var result = ActivityTally(zone: layout.zone)
        var read = 0
        while true {
            try Task.checkCancellation()
            let page = try await table.query(query)
            for item in page.items {
                read += 1
                guard read <= UserActivity.maximumEventsPerType else {
                    result.isComplete = false
                    return result
                }
                guard !Expiry.isPast(item, now), let event = Event(item: item, keys: layout.keys),
                    (start..<end).contains(event.occurredAt)
                else { continue }
                result.add(event)
            }
            guard let next = page.next else { return result }
            query.start = next
        }
    }
}

/// Events of one user, as they are added up.
private struct ActivityTally: Sendable {
    let zone: Zone
    var isComplete = true
    private var counts: [String: Int] = [:]
    private var commands: [String: Rollup] = [:]
    private var errors: [ErrorName: Rollup] = [:]
    private var recent: [Event] = []
    private var first: Timestamp?
    private var last: Timestamp?

    private struct ErrorName: Hashable {
        var type: String
        var hash: String
    }

    init(zone: Zone) { self.zone = zone }

    mutating func add(_ event: Event) {
        counts[event.type.rawValue, default: 0] += 1
        // What an event contributes is said in one place; periods of it are of no interest here.
        var effect = RollupSet()
        effect.add(event, overflow: [], zone: zone)
        for (key, rollup) in effect.rollups {
            guard case .day = key.period else { continue }
            switch key.subject {
            case .command(let name): commands[name, default: Rollup()].merge(rollup)
            case .error(let type, let hash): errors[ErrorName(type: type, hash: hash), default: Rollup()].merge(rollup)
            case .totals, .users: break
            }
        }
        first = min(first ?? event.occurredAt, event.occurredAt)
        last = max(last ?? event.occurredAt, event.occurredAt)
        remember(event)
    }

    mutating func merge(_ other: ActivityTally) {
        isComplete = isComplete && other.isComplete
        counts.merge(other.counts, uniquingKeysWith: +)
        for (name, rollup) in other.commands { commands[name, default: Rollup()].merge(rollup) }
        for (name, rollup) in other.errors { errors[name, default: Rollup()].merge(rollup) }
        first = [first, other.first].compactMap { $0 }.min()
        last = [last, other.last].compactMap { $0 }.max()
        for event in other.recent { remember(event) }
    }

    /// Keeps the newest ones, newest first.
    private mutating func remember(_ event: Event) {
        let place = recent.firstIndex { ActivityTally.isNewer(event, $0) } ?? recent.count
        guard place < UserActivity.maximumRecentEvents else { return }
        recent.insert(event, at: place)
        if recent.count > UserActivity.maximumRecentEvents { recent.removeLast() }
    }

    private static func isNewer(_ left: Event, _ right: Event) -> Bool {
        (left.occurredAt, left.type.rawValue, left.id) > (right.occurredAt, right.type.rawValue, right.id)
    }

    func activity(of userID: String, _ range: DateRange) -> UserActivity {
        UserActivity(
            range: range,
            userID: userID,
            totalEvents: counts.values.reduce(0, +),
            eventTypes: counts.map { (type: $0.key, count: $0.value) }
                .sorted { ($1.count, $0.type) < ($0.count, $1.type) },
            commands: commands.map(CommandStatistics.init).sorted(by: CommandStatistics.ranksBefore),
            errors: errors.map { ErrorStatistics(type: $0.key.type, hash: $0.key.hash, $0.value, users: 1) }
                .sorted(by: ErrorStatistics.ranksBefore),
            firstEvent: first,
            lastEvent: last,
            recentEvents: recent,
            isComplete: isComplete
        )
    }
}

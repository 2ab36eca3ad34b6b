internal import SingleTable

/// A statistic as the raw events tell it.
struct RecountedStatistic: Sendable {
    /// Without users.
    var rollup = Rollup()
    var users: UserTally

    init(_ key: RollupKey) { users = UserTally(capacity: key.subject.userCapacity) }

    mutating func merge(_ other: Rollup) {
        users.insert(other.users)
        var other = other
        other.users = []
        rollup.merge(other)
    }
}

/// Statistics recounted from raw events, in bounded memory: see ``UserTally``.
struct Recount: Sendable {
    private let zone: Zone
    private(set) var statistics: [RollupKey: RecountedStatistic] = [:]
    private(set) var events = 0
    /// Events that are added up before they are merged: that costs a look-up a statistic, not one an event.
    private var batch = RollupSet()
    private var batchCount = 0

    private static let batchSize = 512

    init(zone: Zone) { self.zone = zone }

    mutating func add(_ event: Event, overflow: Set<Overflow>) {
        batch.add(event, overflow: overflow, zone: zone)
        events += 1
        batchCount += 1
        if batchCount >= Recount.batchSize { settle() }
    }

    /// Merges what has been added so far.
    mutating func settle() {
        for (key, rollup) in batch.rollups {
            statistics[key, default: RecountedStatistic(key)].merge(rollup)
        }
        batch = RollupSet()
        batchCount = 0
    }

    /// Takes out the statistics that a condition names.
    mutating func take(where isTaken: (RollupKey) -> Bool) -> [RollupKey: RecountedStatistic] {
        settle()
        let taken = statistics.filter { isTaken($0.key) }
        statistics = statistics.filter { !isTaken($0.key) }
        return taken
    }
}

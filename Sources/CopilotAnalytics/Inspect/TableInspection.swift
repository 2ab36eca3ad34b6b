public import SingleTable

/// What somebody began in a table and did not end, found in a few cheap readings.
public struct TableInspection: Sendable, Hashable {
    public var reportingZone: Zone
    public var lanes: Lanes
    /// Statistics that wait in the repair lane for `rebuild`; ``limit`` at the most.
    public var repairs = 0
    /// Users whose forgetting was broken off.
    public var unfinishedForgettings = 0
    /// Whether a copy into this table was broken off.
    public var isUnfinishedCopy = false
    /// Whether there are items of the original service that were not adopted: some are looked at, not all.
    public var holdsUnadopted = false

    public static let limit = 100

    /// - Throws: ``AnalyticsError`` with `invalidArgument` when a newer version wrote the table; ``TableError``.
    public init(_ table: any Table, _ layout: TableLayout, now: Timestamp = .now) async throws {
        let settings = try await TableSettings.load(from: table)
        reportingZone = settings.reportingZone
        lanes = settings.lanes
        if lanes.hasRepairs { repairs = try await TableInspection.repairs(table, layout, now) }
        unfinishedForgettings = try await ForgottenUsers(table: table, keys: layout.keys).unfinished().count
        isUnfinishedCopy = try await table.get(TableCopier.cursor) != nil
        for type in [EventType.messageSent, .actionExecuted, .errorOccurred] where layout.keys.prefix.isEmpty {
            let query = Query(partition: layout.keys.eventPartition(type), ascending: false, limit: 10)
            for item in try await table.query(query).items where !Expiry.isPast(item, now) {
                if let key = item.key, LegacyItem.isLegacy(item, key) { holdsUnadopted = true }
            }
        }
    }

    private static func repairs(_ table: any Table, _ layout: TableLayout, _ now: Timestamp) async throws -> Int {
        var count = 0
        for family in try await TableNames(table, layout).families {
            for partition in family.partitions {
                var query = Query(partition: layout.keys.prefix + partition + Lane.repair.suffix, limit: limit)
                query.namesUnreadable = true
                repeat {
                    let page = try await table.query(query)
                    count += page.unreadable.count
                    for item in page.items where !Expiry.isPast(item, now) {
                        guard let key = item.key, !StoredStatistic.isEmpty(StoredItem(item, key)) else { continue }
                        count += 1
                    }
                    if count >= limit { return limit }
                    query.start = page.next
                } while query.start != nil
            }
        }
        return count
    }
}

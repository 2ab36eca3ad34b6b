public import SingleTable

/// What is decided once for a table and holds for everybody who reads or writes it.
public struct TableSettings: Sendable, Hashable {
    /// The zone whose days the daily rollups are.
    public var reportingZone: Zone
    /// Version of the layout of keys and rollups.
    public var layoutVersion: Int
    public var lanes: Lanes

    public static let currentLayoutVersion = 1

    public init(reportingZone: Zone = .utc, lanes: Lanes = Lanes()) {
        self.reportingZone = reportingZone
        self.lanes = lanes
        layoutVersion = TableSettings.currentLayoutVersion
    }

    private static let zoneAttribute = "reportingTimeZone"
    private static let layoutAttribute = "layoutVersion"
    private static let lanesAttribute = "lanes"
    private static let repairsAttribute = "repairs"

    /// Reads a table's settings; the defaults when it has none.
    public static func load(from table: any Table) async throws -> TableSettings {
        guard let item = try await table.get(Keyspace.settings) else { return TableSettings() }
        let identifier = item[zoneAttribute]?.stringValue ?? "UTC"
        var settings = TableSettings(reportingZone: try Zone(identifier))
        settings.layoutVersion = item[layoutAttribute]?.intValue ?? currentLayoutVersion
        settings.lanes = lanes(item)
        guard settings.layoutVersion <= currentLayoutVersion else {
            throw AnalyticsError(
                .invalidArgument,
                "the table was written by a newer version of copilot-analytics: update this one"
            )
        }
        return settings
    }

    /// Writes the settings of a new table. The zone of a table that has some cannot change: its days would.
    public func store(in table: any Table) async throws {
        let item = Item(
            key: Keyspace.settings,
            [
                TableSettings.zoneAttribute: .string(reportingZone.identifier),
                TableSettings.layoutAttribute: .number(layoutVersion),
                TableSettings.lanesAttribute: .number(lanes.count),
            ]
        )
        guard case .conditionFailed = try await table.put(item, condition: .itemIsNew) else { return }
        let stored = try await TableSettings.load(from: table)
        guard stored.reportingZone == reportingZone else {
            throw AnalyticsError(
                .invalidArgument,
                "the table's days are days of \(stored.reportingZone.identifier) already, which cannot be changed"
            )
        }
    }
}

// MARK: Lanes

extension TableSettings {
    private static func lanes(_ item: Item?) -> Lanes {
        let count = item?[lanesAttribute]?.intValue ?? 1
        return Lanes(
            // What is stored may have been tampered with.
            count: min(max(count, 1), Lanes.maximum),
            hasRepairs: item?[repairsAttribute]?.boolValue ?? false
        )
    }

    /// The lanes that a reader has to merge now: others may have raised their number since the table was opened.
    static func lanes(of table: any Table) async throws -> Lanes {
        lanes(try await table.get(Keyspace.settings))
    }

    /// Raises the number of lanes. Writers that are running keep to theirs; new ones choose among all.
    ///
    /// - Throws: ``AnalyticsError`` with `invalidArgument` when there are more already: a lane is never given up.
    public static func raiseLanes(to count: Int, in table: any Table) async throws {
        try Lanes.check(count)
        var update = Update()
        update.set(lanesAttribute, .number(count))
        let condition = Condition.absentOr(lanesAttribute, .lessOrEqual, .number(count))
        guard try await change(update, condition, in: table) else {
            throw AnalyticsError(
                .invalidArgument,
                "the table has more lanes already, and their number never shrinks: what they counted has to be read"
            )
        }
    }

    /// Tells readers that the repair lane is in use. Has to be stored before anything is counted there.
    static func noteRepairs(in table: any Table) async throws {
        var update = Update()
        update.set(repairsAttribute, true)
        _ = try await change(update, nil, in: table)
    }

    /// - Returns: Whether the condition held.
    private static func change(
        _ update: Update,
        _ condition: Condition?,
        in table: any Table
    ) async throws -> Bool {
        var update = update
        update.setIfAbsent(zoneAttribute, "UTC")
        update.setIfAbsent(layoutAttribute, .number(currentLayoutVersion))
        return try await SingleWrite.commit(.update(Keyspace.settings, update, condition: condition), to: table)
    }

    /// Holds as long as there are no other lanes than these.
    static func check(_ lanes: Lanes) -> Write {
        var conditions = [Condition.equal(lanesAttribute, .number(lanes.count))]
        if lanes.count == 1 { conditions = [.absentOr(lanesAttribute, .equal, 1)] }
        if !lanes.hasRepairs { conditions.append(.notExists(repairsAttribute)) }
        return .check(Keyspace.settings, condition: .all(conditions))
    }
}

extension Lanes {
    /// - Throws: ``AnalyticsError`` with `invalidArgument` unless it is 1 to ``maximum``.
    public static func check(_ count: Int) throws(AnalyticsError) {
        guard (1...maximum).contains(count) else {
            throw AnalyticsError(.invalidArgument, "a table has 1 to \(maximum) lanes")
        }
    }
}

public import SingleTable

/// What is decided once for a table and holds for everybody who reads or writes it.
public struct TableSettings: Sendable, Hashable {
    /// The zone whose days the daily rollups are.
    public var reportingZone: Zone
    /// Version of the layout of keys and rollups.
    public var layoutVersion: Int
    public var lanes: Lanes
    /// Tells which key makes the pseudonyms of its users, without telling the key; `nil`: ids are stored as they are.
    public var userIDKeyCheck: String?

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
    private static let adoptedAttribute = "adopted"
    private static let userIDKeyAttribute = "userIdKeyCheck"

    /// Reads a table's settings; the defaults when it has none.
    public static func load(from table: any Table) async throws -> TableSettings {
        guard let item = try await table.get(Keyspace.settings) else { return TableSettings() }
        let identifier = item[zoneAttribute]?.stringValue ?? "UTC"
        var settings = TableSettings(reportingZone: try Zone(identifier))
        settings.layoutVersion = item[layoutAttribute]?.intValue ?? currentLayoutVersion
        settings.lanes = lanes(item)
        settings.userIDKeyCheck = item[userIDKeyAttribute]?.stringValue
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

    /// Holds a key for user ids to what the table was begun with. Where there is nothing yet, the key is noted.
    ///
    /// - Parameter key: `nil`: ids are to be stored as they are.
    /// - Returns: The table's settings.
    /// - Throws: ``AnalyticsError`` with `invalidArgument` when users would be counted under two names.
    @discardableResult
    public static func adopt(_ key: UserIDKey?, in table: any Table) async throws -> TableSettings {
        let settings = try await load(from: table)
        let check = settings.userIDKeyCheck
        if check == key?.checkValue { return settings }
        guard let key else {
            throw AnalyticsError(
                .invalidArgument,
                "the table holds keyed hashes of user ids: set COPILOT_ANALYTICS_USER_ID_KEY, or "
                    + "COPILOT_ANALYTICS_USER_ID_KEY_FILE, to the key it was begun with"
            )
        }
        guard check == nil else {
            throw AnalyticsError(
                .invalidArgument,
                "the key for user ids is not the one that the table was begun with: use that one, or another table"
            )
        }
        guard try await holdsNothing(table) else {
            throw AnalyticsError(
                .invalidArgument,
                "the table holds user ids as they are: a key must be set before the first event; export the events, "
                    + "and import them into a new table"
            )
        }
        var update = Update()
        update.setIfAbsent(zoneAttribute, .string(Zone.utc.identifier))
        update.setIfAbsent(layoutAttribute, .number(currentLayoutVersion))
        update.set(userIDKeyAttribute, .string(key.checkValue))
        let write = Write.update(Keyspace.settings, update, condition: .notExists(userIDKeyAttribute))
        var backoff = Backoff()
        let outcome = try await TransactionSender(table: table).send([write], &backoff)
        let adopted = try await load(from: table)
        if case .committed = outcome { return adopted }
        // Somebody was quicker; with the same key, if all is well.
        guard adopted.userIDKeyCheck == key.checkValue else {
            throw AnalyticsError(.invalidArgument, "the table was begun with another key for user ids just now")
        }
        return adopted
    }

    private static func holdsNothing(_ table: any Table) async throws -> Bool {
        var start: PageToken?
        repeat {
            let page = try await table.scan(start: start)
            guard page.unreadable.isEmpty, page.items.allSatisfy({ $0.key == Keyspace.settings }) else { return false }
            start = page.next
        } while start != nil
        return true
    }
}

// MARK: Lanes

extension TableSettings {
    private static func lanes(_ item: Item?) -> Lanes {
        let count = item?[lanesAttribute]?.intValue ?? 1
        return Lanes(
            // What is stored may have been tampered with.
            count: min(max(count, 1), Lanes.maximum),
            hasRepairs: item?[repairsAttribute]?.boolValue ?? false,
            isAdopted: item?[adoptedAttribute]?.boolValue ?? false
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

    /// Tells readers of the lane that keeps another system's counts. Has to be stored before anything is there.
    static func noteAdoption(in table: any Table) async throws {
        guard try await !lanes(of: table).isAdopted else { return }
        var update = Update()
        update.set(adoptedAttribute, true)
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

/// Everything that decides where and how an event is kept in one table: settings of the table, tenant, retention.
public struct TableLayout: Sendable {
    public var keys: Keyspace
    /// The zone whose days the daily rollups are.
    public var zone: Zone
    public var retention: Retention
    /// As they were when the table was opened: what a writer chooses from. Readers ask the table each time.
    public var lanes: Lanes
    /// Makes keyed hashes of user ids before anything is stored; `nil`: ids are stored as they are.
    public var userIDKey: UserIDKey?

    public init(
        tenant: String? = nil,
        zone: Zone = .utc,
        retention: Retention,
        lanes: Lanes = Lanes(),
        userIDKey: UserIDKey? = nil
    ) throws(AnalyticsError) {
        keys = try Keyspace(tenant: tenant)
        self.zone = zone
        self.retention = retention
        self.lanes = lanes
        self.userIDKey = userIDKey
    }

    /// The id under which the table keeps a user.
    ///
    /// - Parameter userID: As senders give it; one that is hashed already stays as it is.
    /// - Throws: ``AnalyticsError`` with `invalidArgument` for what no event could have.
    public func storedUserID(_ userID: String) throws(AnalyticsError) -> String {
        let name = try NameRule.userID(userID)
        return userIDKey?.pseudonym(of: name) ?? name
    }
}

/// How long items are kept. `nil` keeps them for ever.
public struct Retention: Sendable, Hashable {
    public var eventDays: Int?
    public var rollupDays: Int?

    public init(eventDays: Int?, rollupDays: Int?) {
        self.eventDays = eventDays
        self.rollupDays = rollupDays
    }

    public static let forever = Retention(eventDays: nil, rollupDays: nil)
    /// Raw events 90 days, rollups 400: a year can be compared with the one before.
    public static let dynamoDB = Retention(eventDays: 90, rollupDays: 400)

    /// The same with raw events kept for as long as a setting says: a number of days, 1 to 36,500, or `forever`.
    ///
    /// - Returns: `nil` when it says neither.
    public func with(eventDays text: String) -> Retention? {
        if text == "forever" { return Retention(eventDays: nil, rollupDays: rollupDays) }
        guard let days = Int(text), (1...36_500).contains(days) else { return nil }
        return Retention(eventDays: days, rollupDays: rollupDays)
    }

    /// Epoch second at which events of a day expire: the end of the day and the retention.
    func expiry(ofEventsOn day: CivilDate, in zone: Zone) -> Int? { Retention.expiry(day, eventDays, zone) }
    func expiry(ofRollupsOn day: CivilDate, in zone: Zone) -> Int? { Retention.expiry(day, rollupDays, zone) }

    private static func expiry(_ day: CivilDate, _ days: Int?, _ zone: Zone) -> Int? {
        days.map { Int(zone.start(of: day.adding(days: $0 + 1)).milliseconds / 1000) }
    }
}

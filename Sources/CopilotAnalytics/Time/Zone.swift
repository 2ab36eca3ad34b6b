internal import Locking

/// A time zone of the IANA database: which local day an instant falls on, and when a local day begins.
public struct Zone: Sendable, Hashable {
    public let identifier: String
    /// `nil` for UTC, which most tables use and which needs no look-up.
    private let zone: ZoneFile?

    public static let utc = Zone(identifier: "UTC", zone: nil)

    private init(identifier: String, zone: ZoneFile?) {
        self.identifier = identifier
        self.zone = zone
    }

    /// - Parameter identifier: As `Europe/Berlin`, or `UTC`.
    public init(_ identifier: String) throws(AnalyticsError) {
        if ["UTC", "Etc/UTC", "GMT", "Z"].contains(identifier) {
            self = .utc
            return
        }
        // Abbreviations such as "IST" stand for several zones, and offsets such as "GMT+5" know no daylight saving.
        guard identifier.utf8.count <= 64, identifier.contains("/"), let zone = Zone.files.find(identifier) else {
            throw AnalyticsError(
                .invalidArgument,
                "\"\(identifier.prefix(64))\" is no time zone: use a name such as Europe/Berlin, or UTC"
            )
        }
        self.init(identifier: identifier, zone: zone)
    }

    public static func == (left: Zone, right: Zone) -> Bool { left.identifier == right.identifier }
    public func hash(into hasher: inout Hasher) { hasher.combine(identifier) }

    /// Read once.
    private static let files = ZoneFiles()

    private func offset(at milliseconds: Int64) -> Int64 {
        guard let zone else { return 0 }
        return Int64(zone.offset(at: floorDivide(milliseconds, 1000))) * 1000
    }

    /// The local day of an instant.
    public func day(of instant: Timestamp) -> CivilDate {
        let local = instant.milliseconds + offset(at: instant.milliseconds)
        return CivilDate(daysSinceEpoch: Int(floorDivide(local, Timestamp.millisecondsPerDay)))
    }

    /// The local hour of an instant, 0 to 23.
    func hour(of instant: Timestamp) -> Int {
        let local = instant.milliseconds + offset(at: instant.milliseconds)
        return Int(
            (local - floorDivide(local, Timestamp.millisecondsPerDay) * Timestamp.millisecondsPerDay) / 3_600_000)
    }

    /// The first instant of a local day: usually midnight, but clocks may be put forward or back just then.
    public func start(of day: CivilDate) -> Timestamp {
        let midnight = Int64(day.daysSinceEpoch) * Timestamp.millisecondsPerDay
        guard zone != nil else { return Timestamp(milliseconds: midnight) }
        // Offsets of the day before and the day after: one of them holds at the beginning of the day.
        let candidates = [-1, 1].map { side in
            Timestamp(milliseconds: midnight - offset(at: midnight + side * Timestamp.millisecondsPerDay))
        }
        let first = candidates.sorted().first { candidate in
            self.day(of: candidate) >= day && self.day(of: candidate.adding(milliseconds: -1)) < day
        }
        return first ?? candidates[0]
    }
}

/// The zones that have been asked for. There are some six hundred names in the database.
private struct ZoneFiles: ~Copyable, Sendable {
    private let known = Locked<[String: ZoneFile]>([:])

    func find(_ identifier: String) -> ZoneFile? {
        if let file = known.withLock({ $0[identifier] }) { return file }
        guard let file = ZoneFile(identifier: identifier) else { return nil }
        known.withLock { $0[identifier] = file }
        return file
    }
}

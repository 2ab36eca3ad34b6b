/// What a statistic is about.
enum RollupSubject: Sendable, Hashable {
    case totals
    /// Distinct users of all events.
    case users
    case command(String)
    case error(type: String, hash: String)

    /// What names beyond the directory's bound count as.
    static let other = "_other"

    var partition: String {
        switch self {
        case .totals: "SUMMARY"
        case .users: "UNIQUES#users"
        case .command(let name): "COMMAND#\(Keyspace.encode(name))"
        case .error(let type, _): "ERROR#\(Keyspace.encode(type))"
        }
    }

    /// Where the parts of a distinct count are kept.
    var partsPartition: String {
        switch self {
        case .users: partition
        default: "UNIQUES#\(partition)"
        }
    }

    /// How many user hashes an item holds itself; more are spread over sixteen parts.
    var userCapacity: Int {
        switch self {
        case .users: 256
        default: 64
        }
    }

    /// Follows the period in the sort key.
    var sortSuffix: String {
        if case .error(_, let hash) = self { "#\(hash)" } else { "" }
    }
}

/// The stretch of time that a statistic covers.
enum Period: Sendable, Hashable {
    /// A day of the table's reporting zone.
    case day(CivilDate)
    /// A quarter of an hour, in quarters since 1970-01-01T00:00Z. Offsets of all zones are whole quarters.
    case quarter(Int)
    /// Since the first event.
    case lifetime

    static let quarterMilliseconds: Int64 = 900_000

    static func quarter(of instant: Timestamp) -> Period {
        .quarter(Int(floorDivide(instant.milliseconds, quarterMilliseconds)))
    }

    var sort: String {
        switch self {
        case .day(let date): "STATS#\(date)"
        case .quarter(let index): "QUARTER#\(Period.quarterText(index))"
        case .lifetime: "PATTERN"
        }
    }

    /// `2026-10-01T09:15`, in UTC.
    static func quarterText(_ index: Int) -> String {
        let day = Int(floorDivide(Int64(index), 96))
        let minutes = (index - day * 96) * 15
        return "\(CivilDate(daysSinceEpoch: day))T\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
    }
}

/// What finds one statistic.
struct RollupKey: Sendable, Hashable {
    var subject: RollupSubject
    var period: Period

    var sort: String { period.sort + subject.sortSuffix }
}

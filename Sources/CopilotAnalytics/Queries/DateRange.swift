/// Whole local days, both ends included, in some time zone.
public struct DateRange: Sendable, Hashable {
    public let start: CivilDate
    public let end: CivilDate
    public let zone: Zone

    /// Ten years: the most days that one answer covers.
    public static let maximumDays = 3_660
    /// 2286-11-20, on which 13 digits of milliseconds end.
    static let lastDay = CivilDate(daysSinceEpoch: 115_740)
    /// Days shown when nothing is asked for.
    public static let defaultDays = 30

    public init(start: CivilDate, end: CivilDate, zone: Zone) throws(AnalyticsError) {
        guard start <= end else {
            throw AnalyticsError(.invalidArgument, "the range ends (\(end)) before it starts (\(start))")
        }
        guard start.daysSinceEpoch >= 0 else {
            throw AnalyticsError(.invalidArgument, "the range starts before 1970-01-01, when nothing was counted yet")
        }
        guard end <= DateRange.lastDay else {
            throw AnalyticsError(.invalidArgument, "the range ends after 2286-11-20, the last day that events may have")
        }
        guard end.daysSinceEpoch - start.daysSinceEpoch < DateRange.maximumDays else {
            throw AnalyticsError(.invalidArgument, "the range is longer than \(DateRange.maximumDays) days")
        }
        self.start = start
        self.end = end
        self.zone = zone
    }

    /// Reads what a user gives: days as `YYYY-MM-DD` or instants as epoch milliseconds, each of them optional.
    ///
    /// Without an end the range ends today; without a start it has 30 days.
    public init(
        start: String?,
        end: String?,
        zone: Zone,
        now: Timestamp
    ) throws(AnalyticsError) {
        let last = try end.map { text throws(AnalyticsError) in try DateRange.day(text, zone) }
        let first = try start.map { text throws(AnalyticsError) in try DateRange.day(text, zone) }
        let today = zone.day(of: now)
        let end = last ?? max(today, first ?? today)
        try self.init(start: first ?? end.adding(days: 1 - DateRange.defaultDays), end: end, zone: zone)
    }

    private static func day(_ text: String, _ zone: Zone) throws(AnalyticsError) -> CivilDate {
        if let date = CivilDate(text) { return date }
        if let milliseconds = Int64(text), Timestamp(milliseconds: milliseconds).isPlausible {
            return zone.day(of: Timestamp(milliseconds: milliseconds))
        }
        if let timestamp = Timestamp(rfc3339: text) { return zone.day(of: timestamp) }
        throw AnalyticsError(
            .invalidArgument, "\"\(text.prefix(32))\" is no day: write it as YYYY-MM-DD, for example 2026-10-01")
    }

    /// First instant of the range, and the first one after it.
    public var bounds: (start: Timestamp, end: Timestamp) {
        (zone.start(of: start), zone.start(of: end.adding(days: 1)))
    }
}

/// The rollups that make up a range exactly: whole days of the reporting zone, and quarters of an hour at the edges
/// where the days of another zone begin and end.
struct RangeCover: Sendable, Hashable {
    /// Sort keys from and to, both included, each with everything that is appended to them.
    struct Span: Sendable, Hashable {
        var low: String
        var high: String
    }

    let spans: [Span]

    init(_ range: DateRange, reportingZone zone: Zone) throws(AnalyticsError) {
        let (start, end) = range.bounds
        guard start.milliseconds % Period.quarterMilliseconds == 0, end.milliseconds % Period.quarterMilliseconds == 0
        else {
            throw AnalyticsError(
                .invalidArgument,
                "days of \(range.zone.identifier) did not begin on a quarter of an hour then: choose another zone"
            )
        }
        var first = zone.day(of: start)
        if zone.start(of: first) < start { first = first.adding(days: 1) }
        // The day that the first instant after the range falls on is not wholly inside.
        let last = zone.day(of: end).adding(days: -1)
        guard first <= last else {
            spans = RangeCover.quarters(from: start, to: end)
            return
        }
        spans =
            RangeCover.quarters(from: start, to: zone.start(of: first))
            + [RangeCover.span(.day(first), .day(last))]
            + RangeCover.quarters(from: zone.start(of: last.adding(days: 1)), to: end)
    }

    private static func quarters(from start: Timestamp, to end: Timestamp) -> [Span] {
        guard start < end else { return [] }
        let last = end.adding(milliseconds: -1)
        return [span(Period.quarter(of: start), Period.quarter(of: last))]
    }

    private static func span(_ low: Period, _ high: Period) -> Span {
        // "$" follows "#": what is appended to the last period is still inside, the next period is not.
        Span(low: low.sort, high: high.sort + "$")
    }
}

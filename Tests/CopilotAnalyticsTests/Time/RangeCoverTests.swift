import Foundation
import PropertyTesting
import Testing

@testable import CopilotAnalytics

@Suite struct RangeCoverTests {
    private static let identifiers = TimeZone.knownTimeZoneIdentifiers
        .filter { $0.contains("/") && !LocalCalendar.outdated.contains($0) }.sorted()

    /// Intervals of time, from the keys and from the calendar, put next to each other: no gap, no overlap.
    @Test(arguments: Seeds.first(40))
    func coversEveryQuarterOnce(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<10 {
            let asked = random.chance(0.2) ? "UTC" : random.element(RangeCoverTests.identifiers)
            let reporting = random.chance(0.4) ? "UTC" : random.element(RangeCoverTests.identifiers)
            // 2015-01-01 to 2035-12-31; short ranges are the difficult ones.
            let first = CivilDate(daysSinceEpoch: random.integer(16_436...24_105))
            let last = first.adding(days: random.chance(0.7) ? random.integer(0...3) : random.integer(4...400))
            let range = try DateRange(start: first, end: last, zone: try Zone(asked))
            let cover = try RangeCover(range, reportingZone: try Zone(reporting))
            let reportingDays = try LocalCalendar(reporting)
            let intervals = try cover.spans.map { try interval($0, reportingDays) }.sorted { $0.start < $1.start }

            let calendar = try LocalCalendar(asked)
            let start = try calendar.start(of: first.description)
            let end = try calendar.start(of: last.adding(days: 1).description)
            var position = start
            for interval in intervals {
                #expect(interval.start == position, "\(asked) \(first)...\(last) over \(reporting): \(cover.spans)")
                position = interval.end
            }
            #expect(position == end, "\(asked) \(first)...\(last) over \(reporting): \(cover.spans)")
            #expect(cover.spans.count <= 3)
        }
    }

    @Test func daysOfTheReportingZoneAreReadAsDaysOnly() throws {
        for identifier in ["UTC", "Europe/Berlin", "Australia/Lord_Howe"] {
            let zone = try Zone(identifier)
            let range = try DateRange(start: CivilDate("2026-03-01")!, end: CivilDate("2026-11-30")!, zone: zone)
            let spans = try RangeCover(range, reportingZone: zone).spans
            #expect(spans == [RangeCover.Span(low: "STATS#2026-03-01", high: "STATS#2026-11-30$")])
        }
    }

    /// What a day's or quarter's key may be followed by lies inside its span, the neighbours' keys outside.
    @Test func spansIncludeWhatIsAppended() throws {
        let range = try DateRange(
            start: CivilDate("2026-10-01")!,
            end: CivilDate("2026-10-02")!,
            zone: try Zone("Asia/Kathmandu")
        )
        let spans = try RangeCover(range, reportingZone: .utc).spans
        func isInside(_ sort: String) -> Bool {
            spans.contains {
                !sort.utf8.lexicographicallyPrecedes($0.low.utf8) && !$0.high.utf8.lexicographicallyPrecedes(sort.utf8)
            }
        }
        for inside in [
            "STATS#2026-10-01", "STATS#2026-10-01#0", "STATS#2026-10-01#ffffffffffffffff#f", "STATS#2026-10-01#_other",
            "QUARTER#2026-09-30T18:15", "QUARTER#2026-09-30T18:15#abc", "QUARTER#2026-10-02T18:00#~",
        ] {
            #expect(isInside(inside), "\(inside)")
        }
        for outside in [
            "STATS#2026-09-30#abc", "STATS#2026-10-02", "QUARTER#2026-09-30T18:00#abc", "QUARTER#2026-10-02T18:15",
            "QUARTER#2026-10-01T00:00", "PATTERN#abc", "META",
        ] {
            #expect(!isInside(outside), "\(outside)")
        }
    }

    @Test func refusesRangesThatMakeNoSense() throws {
        let day = CivilDate("2026-10-01")!
        #expect(throws: AnalyticsError.self) { try DateRange(start: day, end: day.adding(days: -1), zone: .utc) }
        #expect(throws: AnalyticsError.self) { try DateRange(start: day, end: day.adding(days: 3660), zone: .utc) }
        #expect(throws: Never.self) { try DateRange(start: day, end: day.adding(days: 3659), zone: .utc) }
    }

    private func interval(_ span: RangeCover.Span, _ days: LocalCalendar) throws -> (start: Int64, end: Int64) {
        #expect(span.high.hasSuffix("$"))
        let high = String(span.high.dropLast())
        if let low = span.low.after("STATS#"), let high = high.after("STATS#") {
            let next = try LocalCalendar.utcMidnight(high) + 86_400_000
            return (try days.start(of: low), try days.start(of: try LocalCalendar("UTC").day(of: next)))
        }
        let first = try #require(span.low.after("QUARTER#"))
        let last = try #require(high.after("QUARTER#"))
        return (try quarter(first), try quarter(last) + 900_000)
    }

    private func quarter(_ text: String) throws -> Int64 {
        let parts = text.split(separator: "T")
        let time = parts[1].split(separator: ":").compactMap { Int64($0) }
        try #require(time.count == 2 && time[1] % 15 == 0)
        return try LocalCalendar.utcMidnight(String(parts[0])) + (time[0] * 60 + time[1]) * 60_000
    }
}

extension String {
    fileprivate func after(_ prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}

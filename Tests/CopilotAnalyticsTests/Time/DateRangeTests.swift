import Testing

@testable import CopilotAnalytics

@Suite struct DateRangeTests {
    private static let now = Timestamp(rfc3339: "2026-10-10T20:00:00Z")!

    static let given: [(start: String?, end: String?, zone: String, first: String, last: String)] = [
        (nil, nil, "UTC", "2026-09-11", "2026-10-10"), (nil, nil, "Asia/Kolkata", "2026-09-12", "2026-10-11"),
        ("2026-10-01", nil, "UTC", "2026-10-01", "2026-10-10"), (nil, "2026-03-01", "UTC", "2026-01-31", "2026-03-01"),
        ("2026-10-01", "2026-10-01", "UTC", "2026-10-01", "2026-10-01"),
        ("2027-01-01", nil, "UTC", "2027-01-01", "2027-01-01"),
        ("1790846100000", "1790899200000", "Asia/Kolkata", "2026-10-01", "2026-10-02"),
        ("2026-10-01T23:30:00Z", "2026-10-02T23:30:00+02:00", "Europe/Berlin", "2026-10-02", "2026-10-02"),
    ]

    @Test(arguments: given)
    func reads(start: String?, end: String?, zone: String, first: String, last: String) throws {
        let range = try DateRange(start: start, end: end, zone: try Zone(zone), now: DateRangeTests.now)
        #expect(range.start.description == first)
        #expect(range.end.description == last)
    }

    @Test(arguments: ["yesterday", "2026-13-01", "01.10.2026", "1790846100", "", "2026-10-01T25:00:00Z"])
    func refuses(text: String) {
        for (start, end) in [(text, nil), (nil, text)] as [(String?, String?)] {
            let error = #expect(throws: AnalyticsError.self) {
                try DateRange(start: start, end: end, zone: .utc, now: DateRangeTests.now)
            }
            #expect(error?.code == .invalidArgument)
        }
    }
}

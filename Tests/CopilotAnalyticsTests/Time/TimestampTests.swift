import PropertyTesting
import Testing

@testable import CopilotAnalytics

@Suite struct TimestampTests {
    static let read: [(text: String, milliseconds: Int64)] = [
        ("1970-01-01T00:00:00Z", 0), ("2001-09-09T01:46:40Z", 1_000_000_000_000),
        ("2026-10-01T09:15:00.000Z", 1_790_846_100_000), ("2026-10-01t09:15:00z", 1_790_846_100_000),
        ("2026-10-01 09:15:00Z", 1_790_846_100_000), ("2026-10-01T09:15:00.1Z", 1_790_846_100_100),
        ("2026-10-01T09:15:00.12Z", 1_790_846_100_120), ("2026-10-01T09:15:00.1239999Z", 1_790_846_100_123),
        ("2026-10-01T11:15:00+02:00", 1_790_846_100_000), ("2026-10-01T14:45:00+05:30", 1_790_846_100_000),
        ("2026-09-30T23:15:00-10:00", 1_790_846_100_000), ("2026-10-01T09:15:00-00:00", 1_790_846_100_000),
        ("1969-12-31T23:59:59.999Z", -1), ("2016-12-31T23:59:60Z", 1_483_228_799_000),
    ]

    @Test(arguments: read)
    func readsRFC3339(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-10-01", "2026-10-01T09:15:00", "2026-10-01T09:15Z", "2026-10-01T24:00:00Z", "2026-10-01T09:60:00Z",
        "2026-10-01T09:15:61Z", "2026-02-30T09:15:00Z", "2026-10-01T09:15:00.Z", "2026-10-01T09:15:00,5Z",
        "2026-10-01T09:15:00+0200", "2026-10-01T09:15:00+24:00", "2026-10-01T09:15:00+02:60", "2026-10-01T09:15:00ZZ",
        "2026-10-01T09:15:00 Z", "2026-10-01X09:15:00Z", "2026-10-01T9:15:00Z", "2026-10-01T09:15:00+2:00",
        "2026-10-01T-9:15:00Z", "1790846100000", "Thu, 01 Oct 2026 09:15:00 GMT", "2026-10-01T09:15:00Z\n",
    ])
    func rejects(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(arguments: Seeds.first(20))
    func readsWhatItPrints(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let calendar = try LocalCalendar("UTC")
        for _ in 0..<50 {
            let instant = Timestamp(milliseconds: Int64(random.integer(-10_000_000_000_000...100_000_000_000_000)))
            #expect(Timestamp(rfc3339: instant.description) == instant)
            #expect(instant.description.hasPrefix(calendar.day(of: instant.milliseconds)))
            #expect(instant.description.utf8.count == 24)
        }
    }
}

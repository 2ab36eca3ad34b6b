import PropertyTesting
import Testing

@testable import CopilotAnalytics

@Suite struct CivilDateTests {
    @Test(arguments: Seeds.first(10))
    func agreesWithTheCalendar(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let calendar = try LocalCalendar("UTC")
        for _ in 0..<300 {
            // From 1600 on: before 1582 Foundation's calendar is Julian.
            let days = random.integer(-135_000...2_900_000)
            let date = CivilDate(daysSinceEpoch: days)
            let text = calendar.day(of: Int64(days) * 86_400_000)
            #expect(date.description == text)
            #expect(CivilDate(text) == date)
            let (year, month, day) = date.components
            #expect(CivilDate(year: year, month: month, day: day) == date)
        }
    }

    @Test func reachesFromTheYear1To9999() {
        let first = CivilDate("0001-01-01")!
        let last = CivilDate("9999-12-31")!
        // 9,999 years of 365 days and their leap days.
        #expect(last.daysSinceEpoch - first.daysSinceEpoch + 1 == 9999 * 365 + 9999 / 4 - 9999 / 100 + 9999 / 400)
        for days in stride(from: first.daysSinceEpoch, through: last.daysSinceEpoch, by: 27) {
            let (year, month, day) = CivilDate(daysSinceEpoch: days).components
            guard CivilDate(year: year, month: month, day: day)?.daysSinceEpoch == days else {
                Issue.record("day \(days) comes out as \(year)-\(month)-\(day)")
                return
            }
        }
    }

    @Test(arguments: ["2024-02-29", "2000-02-29", "1999-12-31", "0001-01-01", "9999-12-31"])
    func reads(text: String) {
        #expect(CivilDate(text)?.description == text)
    }

    @Test(arguments: [
        "2023-02-29", "1900-02-29", "2026-00-01", "2026-13-01", "2026-01-00", "2026-01-32", "2026-04-31", "0000-01-01",
        "2026-1-1", "26-01-01", "2026/01/01", "2026-01-01 ", " 2026-01-01", "2026-01-01T", "20260101", "", "-026-01-01",
        "2026-0a-01", "２０２６-01-01", "+026-01-01",
    ])
    func rejects(text: String) {
        #expect(CivilDate(text) == nil)
    }
}

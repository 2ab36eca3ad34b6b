import Foundation
import PropertyTesting
import Testing

@testable import CopilotAnalytics

@Suite struct ZoneTests {
    static let zones = [
        "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Africa/Cairo", "Asia/Tehran", "Pacific/Apia", "Pacific/Chatham", "America/Asuncion", "Asia/Beirut",
        "Atlantic/Azores", "America/Nuuk", "Antarctica/Troll", "Europe/Dublin",
    ]

    @Test(arguments: zones)
    func daysAndHoursAreTheCalendars(identifier: String) throws {
        let zone = try Zone(identifier)
        let calendar = try LocalCalendar(identifier)
        var random = SeededGenerator(seed: identifier.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        for _ in 0..<500 {
            // 2011-07-01 to 2035: with the day that Apia left out, and Brazil's changes at midnight.
            let instant = Timestamp(milliseconds: Int64(random.integer(1_309_478_400_000...2_080_000_000_000)))
            #expect(zone.day(of: instant).description == calendar.day(of: instant.milliseconds))
            #expect(zone.hour(of: instant) == calendar.hour(of: instant.milliseconds))
        }
    }

    @Test(arguments: zones)
    func everyDayStartsWhereTheCalendarSays(identifier: String) throws {
        let zone = try Zone(identifier)
        let calendar = try LocalCalendar(identifier)
        let timeZone = try #require(TimeZone(identifier: identifier))
        // Days around every change of the clock, and the first of each month.
        var days: Set<CivilDate> = []
        var instant = Date(timeIntervalSince1970: 1_309_478_400)
        while let next = timeZone.nextDaylightSavingTimeTransition(after: instant),
            next.timeIntervalSince1970 < 2_080_000_000
        {
            instant = next
            let day = zone.day(of: Timestamp(milliseconds: Int64(next.timeIntervalSince1970) * 1000))
            for offset in -1...1 { days.insert(day.adding(days: offset)) }
        }
        for year in 2012...2034 { for month in 1...12 { days.insert(CivilDate(year: year, month: month, day: 1)!) } }
        for day in days {
            let start = zone.start(of: day)
            #expect(start.milliseconds == (try calendar.start(of: day.description)), "\(identifier) \(day)")
            #expect(zone.day(of: start.adding(milliseconds: -1)) < day)
        }
    }

    /// Instants written down from the tz database.
    static let midnights: [(zone: String, day: String, start: String)] = [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"),
        ("Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00Z"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z"),
        ("Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00Z"),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z"),
        ("America/New_York", "2026-03-09", "2026-03-09T04:00:00Z"),
        ("Asia/Kolkata", "2026-10-01", "2026-09-30T18:30:00Z"),
        ("Asia/Kathmandu", "2026-10-01", "2026-09-30T18:15:00Z"),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-06", "2026-04-05T13:30:00Z"),
        // Clocks were put forward at midnight: the day began at one o'clock.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
        ("America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z"),
        ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z"), ("Africa/Cairo", "2024-10-31", "2024-10-30T21:00:00Z"),
        ("Africa/Cairo", "2024-11-01", "2024-10-31T22:00:00Z"),
        // Midnight came twice: the day begins with the first.
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),
        // The day that never was begins and ends with the next one.
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"), ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
        ("UTC", "2026-10-01", "2026-10-01T00:00:00Z"),
    ]

    @Test(arguments: midnights)
    func knownMidnights(zone: String, day: String, start: String) throws {
        let date = try #require(CivilDate(day))
        let found = try Zone(zone).start(of: date)
        #expect(found == Timestamp(rfc3339: start), "\(found)")
    }

    @Test(arguments: [
        "", "IST", "CET", "GMT+5", "Europe/Atlantis", "+02:00", "berlin", "Europe/Berlin ", "../etc/passwd", "/",
    ])
    func refusesWhatIsNoZone(identifier: String) {
        let error = #expect(throws: AnalyticsError.self) { try Zone(identifier) }
        #expect(error?.code == .invalidArgument)
    }

    @Test(arguments: ["UTC", "Etc/UTC", "GMT", "Z"])
    func allSpellingsOfUTCAreOne(identifier: String) throws {
        #expect(try Zone(identifier) == .utc)
    }
}

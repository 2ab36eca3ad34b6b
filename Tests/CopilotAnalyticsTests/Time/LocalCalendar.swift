import Foundation
import Testing

@testable import CopilotAnalytics

/// Local days as Foundation's calendar tells them: what the code under test is held to.
struct LocalCalendar {
    /// Zones whose rules were changed lately: Foundation has an edition of the database of its own, and may not know yet.
    /// `ZoneFileTests` holds these, too, against somebody who reads the same files.
    static let outdated: Set = ["Africa/Casablanca", "Africa/El_Aaiun", "America/Havana"]

    private let calendar: Calendar

    init(_ identifier: String) throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: identifier))
        self.calendar = calendar
    }

    /// `YYYY-MM-DD` of an instant.
    func day(of milliseconds: Int64) -> String {
        let parts = calendar.dateComponents([.year, .month, .day], from: LocalCalendar.date(milliseconds))
        return LocalCalendar.text(parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
    }

    func hour(of milliseconds: Int64) -> Int {
        calendar.component(.hour, from: LocalCalendar.date(milliseconds))
    }

    /// The first quarter of an hour that belongs to the day or a later one, found by looking at every one around it.
    func start(of day: String) throws -> Int64 {
        let midnight = try LocalCalendar.utcMidnight(day)
        // Offsets lie within 15 hours: search the first instant that is not before the day.
        var low = midnight / 900_000 - 64
        var high = midnight / 900_000 + 64
        while low + 1 < high {
            let middle = (low + high) / 2
            if self.day(of: middle * 900_000) < day { low = middle } else { high = middle }
        }
        return high * 900_000
    }

    static func utcMidnight(_ day: String) throws -> Int64 {
        let parts = day.split(separator: "-").compactMap { Int($0) }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        let date = try #require(
            calendar.date(from: DateComponents(year: parts[0], month: parts[1], day: parts[2]))
        )
        return Int64(date.timeIntervalSince1970) * 1000
    }

    private static func date(_ milliseconds: Int64) -> Date {
        // Whole seconds: the milliseconds never decide about the day.
        Date(timeIntervalSince1970: Double((milliseconds - (milliseconds % 1000 + 1000) % 1000) / 1000))
    }

    static func text(_ year: Int, _ month: Int, _ day: Int) -> String {
        func padded(_ value: Int, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - String(value).count)) + String(value)
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}

import Foundation

/// Days of some zone that are asked for.
struct View: Sendable, Hashable, CustomStringConvertible {
    var from = DataSet.days.from
    var to = DataSet.days.to
    var zone = "UTC"

    /// Everything, in the reporting zone.
    static let whole = View()

    /// Zones whose days begin at different quarters of an hour, and ranges of many days, a few and one.
    /// Auckland is for events of office hours in Europe, which are of the same day in all of the others.
    static let all =
        ["UTC", "Asia/Kolkata", "America/St_Johns"].flatMap { zone in
            [DataSet.days, ("2026-10-08", "2026-10-13"), ("2026-10-22", "2026-10-22")].map { from, to in
                View(from: from, to: to, zone: zone)
            }
        } + [View(from: "2026-10-08", to: "2026-10-13", zone: "Pacific/Auckland")]

    var description: String { "\(from) to \(to), \(zone)" }

    var options: [String] { ["--from", from, "--to", to, "--time-zone", zone] }
    var query: String { "startDate=\(from)&endDate=\(to)&timeZone=\(zone)" }

    /// Milliseconds since 1970 of the first instant, and of the first one after.
    func bounds() throws -> Range<Int> {
        guard let timeZone = TimeZone(identifier: zone) else { throw TestFailure("\(zone) is unknown here") }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        func start(_ text: String) throws -> Date {
            let numbers = text.split(separator: "-").compactMap { Int($0) }
            guard numbers.count == 3,
                let date = calendar.date(from: DateComponents(year: numbers[0], month: numbers[1], day: numbers[2]))
            else { throw TestFailure("\(text) is no day") }
            return calendar.startOfDay(for: date)
        }
        let last = try start(to)
        guard let end = calendar.date(byAdding: .day, value: 1, to: last) else { throw TestFailure("\(to) never ends") }
        return Int(try start(from).timeIntervalSince1970 * 1000)..<Int(end.timeIntervalSince1970 * 1000)
    }
}

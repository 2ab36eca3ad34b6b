import PropertyTesting
import SingleTable
import Testing

@testable import CopilotAnalytics

/// Holds the answers of a table to a recount of the facts it must have counted.
struct DashboardCheck {
    var table: any Table
    var layout: TableLayout
    var userTolerance = 0.0

    static let zones = ["UTC", "Asia/Kolkata", "America/St_Johns", "Europe/Berlin", "Australia/Lord_Howe"]

    /// The days of the generator in three zones and random ranges.
    func run(_ facts: [Fact], _ generator: inout FactGenerator, ranges: Int = 5) async throws {
        for round in 0..<ranges {
            let zone = round < 3 ? DashboardCheck.zones[round] : generator.random.element(DashboardCheck.zones)
            let whole = round < 3
            let first = whole ? generator.firstDay : generator.random.integer(generator.firstDay...generator.lastDay)
            let last = whole ? generator.lastDay : generator.random.integer(first...generator.lastDay)
            try await run(facts, zone: zone, from: first, to: last)
        }
    }

    func run(_ facts: [Fact], zone: String, from first: Int, to last: Int) async throws {
        let range = try DateRange(
            start: CivilDate(daysSinceEpoch: first),
            end: CivilDate(daysSinceEpoch: last),
            zone: try Zone(zone)
        )
        let recount = Recount(
            facts,
            from: range.start.description,
            to: range.end.description,
            calendar: try LocalCalendar(zone),
            reporting: try LocalCalendar(layout.zone.identifier)
        )
        let queries = AnalyticsQueries(table: table, layout: layout) { Timestamp(milliseconds: 1_800_000_000_000) }
        let dashboard = try await queries.dashboard(range)
        let commands = try await queries.commands(range)
        let errors = try await queries.errors(range)
        var differences = Differences(userTolerance: userTolerance)
        differences.compare(dashboard, recount)
        differences.compare(commands, recount)
        differences.compare(errors, recount)
        #expect(differences.list.isEmpty, "\(range.start)...\(range.end) \(zone) over \(layout.zone.identifier)")
        #expect(dashboard.popularCommands == Array(commands.prefix(5)))
        #expect(dashboard.errorPatterns == Array(errors.prefix(5)))
    }
}

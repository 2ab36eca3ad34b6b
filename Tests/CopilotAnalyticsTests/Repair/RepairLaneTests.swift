import Locking
import PropertyTesting
import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct RepairLaneTests {
    /// A statistic that cannot be updated keeps no event out: its counts wait in the repair lane.
    @Test(arguments: [Spoiling.wrongType, .tooMuch])
    func eventsComeInAllTheSame(spoiling: Spoiling) async throws {
        var generator = FactGenerator(seed: 77)
        let table = try SQLiteTable(.memory)
        let layout = try TableLayout(retention: .forever)
        let facts = generator.facts(60)
        _ = try await EventWriter(table: table, layout: layout).write(facts[..<30].map(\.event))
        var spoilt = 0
        for item in try await TableState.items(table) where item.key?.partition == "SUMMARY" {
            if try await spoiling.spoil(item, in: table, layout: layout) { spoilt += 1 }
        }
        let alarms = Locked<[Key]>([])
        let writer = EventWriter(table: table, layout: layout) { key in alarms.withLock { $0.append(key) } }
        let outcomes = try await writer.write(facts[30...].map(\.event))
        #expect(outcomes.allSatisfy { $0 == .accepted })
        #expect(spoilt > 0)
        #expect(!alarms.withLock { $0 }.isEmpty)
        let before = try await Verifier(table: table, layout: layout).run()
        #expect(before.repairs > 0)
        // What waits there is read: only what is damaged differs.
        #expect(before.differences.allSatisfy { $0.key.partition == "SUMMARY" })
        let first = CivilDate(daysSinceEpoch: generator.firstDay)
        _ = try await Rebuilder(table: table, layout: layout)
            .run(from: first, to: CivilDate(daysSinceEpoch: generator.lastDay))
        let after = try await Verifier(table: table, layout: layout).run()
        #expect(after.differences == [] && after.repairs == 0)
        try await DashboardCheck(table: table, layout: layout).run(facts, &generator)
    }

    /// The lane of repairs is not mistaken for a command of that name.
    @Test func namesLikeLanes() async throws {
        let table = try SQLiteTable(.memory)
        try await TableSettings(lanes: Lanes(count: 2)).store(in: table)
        let layout = try TableLayout(retention: .forever, lanes: Lanes(count: 2, hasRepairs: true))
        let events = ["L1", "L", "REPAIR", "L#REPAIR", "STATS"].enumerated().map { index, name in
            Fact(
                id: "e\(index)",
                user: "u",
                timestamp: 1_790_000_000_000,
                received: 1_790_000_000_000,
                what: .execution(command: name, succeeded: true, time: nil)
            ).event
        }
        for lane in 0...1 {
            _ = try await EventWriter(table: table, layout: layout, lane: lane).write(
                events.filter { $0.id != "e\(lane)" })
        }
        let report = try await Verifier(table: table, layout: layout).run()
        #expect(report.differences == [] && report.events == 5 && report.repairs == 0)
    }
}

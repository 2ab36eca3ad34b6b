import PropertyTesting
import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct RebuilderTests {
    private func days(_ generator: FactGenerator) -> (CivilDate, CivilDate) {
        (CivilDate(daysSinceEpoch: generator.firstDay), CivilDate(daysSinceEpoch: generator.lastDay))
    }

    /// Whatever was spoilt, after a rebuild the dashboard is the recount's and `verify` finds nothing.
    @Test(arguments: Seeds.first(3))
    func putsRightWhateverWasSpoilt(seed: UInt64) async throws {
        var generator = FactGenerator(seed: seed &+ 8000)
        let lanes = Lanes(count: generator.random.integer(1...3))
        let zone = try Zone(generator.random.element(["UTC", "Europe/Berlin", "Asia/Kolkata"]))
        let base = try SQLiteTable(.memory)
        try await TableSettings(reportingZone: zone, lanes: lanes).store(in: base)
        let tenant: String? = generator.random.chance(0.3) ? "acme" : nil
        let layout = try TableLayout(tenant: tenant, zone: zone, retention: .forever, lanes: lanes)
        // As a service whose index lags behind would be read: events by a scan.
        let table = FaultyTable(base, limits: seed % 2 == 0 ? .dynamoDB : nil)
        var ledger = Ledger()
        for (index, batch) in generator.batches(generator.traffic(150), most: 40).enumerated() {
            _ = ledger.write(batch)
            _ = try await EventWriter(table: table, layout: layout, lane: index).write(batch.map(\.event))
        }
        let spoilt = try await Spoiling.spoil(base, layout, &generator.random, part: 0.2)
        #expect(spoilt > 0)
        #expect(try await !Verifier(table: base, layout: layout).run().differences.isEmpty)
        let (first, last) = days(generator)
        let report = try await Rebuilder(table: table, layout: layout).run(from: first, to: last)
        #expect(report.replaced + report.removed > 0 && report.events == ledger.facts.count)
        let after = try await Verifier(table: base, layout: layout).run()
        #expect(after.differences == [])
        try await DashboardCheck(table: base, layout: layout).run(ledger.facts, &generator)
        // What agrees is left alone.
        let again = try await Rebuilder(table: table, layout: layout).run(from: first, to: last)
        #expect(again.replaced == 0 && again.removed == 0)
    }

    /// Writers go on while days are rebuilt from spoilt statistics, with knowledge of what is not there any more.
    @Test(arguments: Seeds.first(2))
    func writersGoOn(seed: UInt64) async throws {
        var generator = FactGenerator(seed: seed &+ 9000)
        let lanes = Lanes(count: 2)
        let table = try SQLiteTable(.memory)
        try await TableSettings(lanes: lanes).store(in: table)
        let layout = try TableLayout(retention: .forever, lanes: lanes)
        let writers = (0..<2).map { EventWriter(table: table, layout: layout, lane: $0) }
        let facts = generator.facts(240)
        for (index, batch) in generator.batches(Array(facts[..<80]), most: 20).enumerated() {
            _ = try await writers[index % 2].write(batch.map(\.event))
        }
        _ = try await Spoiling.spoil(table, layout, &generator.random, part: 0.1)
        let (first, last) = days(generator)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, writer) in writers.enumerated() {
                let share = facts[80...].enumerated().filter { $0.offset % 2 == index }.map(\.element.event)
                group.addTask { for event in share { _ = try await writer.write([event]) } }
            }
            group.addTask { _ = try await Rebuilder(table: table, layout: layout).run(from: first, to: last) }
            try await group.waitForAll()
        }
        // What writers met spoilt before its rebuild is in the repair lane.
        _ = try await Rebuilder(table: table, layout: layout).run(from: first, to: last)
        let report = try await Verifier(table: table, layout: layout).run()
        #expect(report.differences == [] && report.repairs == 0)
        try await DashboardCheck(table: table, layout: layout).run(facts, &generator)
    }

    /// A statistic that shrank in a rebuild: a writer that remembers more of it must not leave out what is new to it.
    @Test func knowledgeEndsWithARebuild() async throws {
        let table = try SQLiteTable(.memory)
        let layout = try TableLayout(retention: .forever)
        let writer = EventWriter(table: table, layout: layout)
        func fact(_ index: Int, at seconds: Int64) -> Fact {
            Fact(
                id: "f\(index)",
                user: "u",
                timestamp: 1_790_000_000_000 + seconds * 1000,
                received: 1_790_000_000_000,
                what: .execution(command: "c", succeeded: true, time: 1_000_000)
            )
        }
        let late = fact(1, at: 100)
        _ = try await writer.write([late.event, fact(0, at: 0).event])
        // The event goes, as one that was forgotten does, and its traces with it.
        _ = try await table.delete(layout.keys.event(late.event), condition: nil)
        let day = Zone.utc.day(of: Timestamp(milliseconds: late.timestamp))
        _ = try await Rebuilder(table: table, layout: layout).run(from: day, to: day)
        // Later than what is stored, earlier than what the writer remembers.
        _ = try await writer.write([fact(2, at: 50).event])
        #expect(try await Verifier(table: table, layout: layout).run().differences == [])
    }

    @Test func expiredDaysAreRefused() async throws {
        let table = try SQLiteTable(.memory)
        let layout = try TableLayout(retention: Retention(eventDays: 30, rollupDays: 400))
        let now = Timestamp(milliseconds: 1_790_000_000_000)
        let rebuilder = Rebuilder(table: table, layout: layout) { now }
        let today = Zone.utc.day(of: now)
        await #expect(throws: AnalyticsError.self) {
            try await rebuilder.run(from: today.adding(days: -31), to: today)
        }
        #expect(try await rebuilder.run(from: today.adding(days: -30), to: today).days == 31)
    }
}

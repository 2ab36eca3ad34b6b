import PropertyTesting
import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct LaneTests {
    /// Whichever batch is counted in whichever lane, answers are the same, and `verify` finds nothing.
    @Test(arguments: Seeds.first(2))
    func anyAssignmentGivesTheSameDashboard(seed: UInt64) async throws {
        var generator = FactGenerator(seed: seed &+ 7000)
        let base = try SQLiteTable(.memory)
        let count = generator.random.integer(2...5)
        try await TableSettings(lanes: Lanes(count: 1)).store(in: base)
        try await TableSettings.raiseLanes(to: count, in: base)
        let layout = try TableLayout(retention: .forever, lanes: Lanes(count: count))
        let table = FaultyTable(
            base,
            limits: seed % 2 == 0 ? .dynamoDB : nil,
            rates: FaultyTable.Rates(contention: 0.05),
            seed: seed
        )
        let writers = (0..<count).map { EventWriter(table: table, layout: layout, lane: $0) }
        var ledger = Ledger()
        for batch in generator.batches(generator.traffic(200), most: 30) {
            let expected = ledger.write(batch)
            #expect(try await generator.random.element(writers).write(batch.map(\.event)) == expected)
        }
        let partitions = Set(try await TableState.items(base).compactMap { $0.key?.partition })
        #expect(partitions.isSuperset(of: ["SUMMARY", "SUMMARY#L1"]))
        #expect(!partitions.contains { $0.hasSuffix("#L\(count)") || $0.hasSuffix("#L0") })
        // A reader that was there before the lanes were.
        let old = try TableLayout(retention: .forever)
        try await DashboardCheck(table: base, layout: old).run(ledger.facts, &generator)
        let report = try await Verifier(table: base, layout: old).run()
        #expect(report.differences == [] && report.events == ledger.facts.count)
    }

    /// A crowd that every lane saw a part of: kept exactly in some lanes, as a sketch in others.
    @Test func usersAreDistinctAcrossLanes() async throws {
        let table = try SQLiteTable(.memory)
        try await TableSettings(lanes: Lanes(count: 3)).store(in: table)
        let layout = try TableLayout(retention: .forever, lanes: Lanes(count: 3))
        let events = (0..<6000).map { index in
            Fact(
                id: "e\(index)",
                user: "user-\(index % 5000)",
                timestamp: 1_790_000_000_000,
                received: 1_790_000_000_000,
                what: .other(type: "MESSAGE_SENT", tokens: 1)
            ).event
        }
        // One lane has nearly all, the others few.
        for (lane, part) in [events[..<5000], events[5000..<5100], events[5100...]].enumerated() {
            _ = try await EventWriter(table: table, layout: layout, lane: lane).write(Array(part))
        }
        let one = try SQLiteTable(.memory)
        _ = try await EventWriter(table: one, layout: try TableLayout(retention: .forever)).write(events)
        let day = Zone.utc.day(of: Timestamp(milliseconds: 1_790_000_000_000))
        let range = try DateRange(start: day, end: day, zone: .utc)
        let found = try await AnalyticsQueries(table: table, layout: layout).dashboard(range)
        let expected = try await AnalyticsQueries(table: one, layout: layout).dashboard(range)
        #expect(found == expected)
        #expect(try await Verifier(table: table, layout: layout).run().differences == [])
    }

    /// Four writers in four lanes meet each other less often than in one.
    @Test func lanesKeepWritersApart() async throws {
        var conflicts: [Int] = []
        for count in [1, 4] {
            var generator = FactGenerator(seed: 31)
            let base = try SQLiteTable(.memory)
            let lanes = Lanes(count: count)
            try await TableSettings(lanes: lanes).store(in: base)
            let layout = try TableLayout(retention: .forever, lanes: lanes)
            let table = ContendedTable(base)
            let facts = generator.facts(160)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<4 {
                    let writer = EventWriter(table: table, layout: layout, lane: lane)
                    let share = stride(from: lane, to: facts.count, by: 4).map { facts[$0].event }
                    group.addTask {
                        for start in stride(from: 0, to: share.count, by: 4) {
                            _ = try await writer.write(Array(share[start..<start + 4]))
                        }
                    }
                }
                try await group.waitForAll()
            }
            conflicts.append(table.conflicts)
            try await DashboardCheck(table: base, layout: layout).run(facts, &generator)
        }
        #expect(conflicts[1] < conflicts[0], "conflicts with one lane and with four: \(conflicts)")
    }

    @Test func theirNumberNeverShrinks() async throws {
        let table = try SQLiteTable(.memory)
        try await TableSettings.raiseLanes(to: 4, in: table)
        await #expect(throws: AnalyticsError.self) { try await TableSettings.raiseLanes(to: 3, in: table) }
        await #expect(throws: AnalyticsError.self) { try await TableSettings.raiseLanes(to: 33, in: table) }
        #expect(try await TableSettings.load(from: table).lanes.count == 4)
    }
}

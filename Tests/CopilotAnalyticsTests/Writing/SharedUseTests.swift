import PropertyTesting
import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct SharedUseTests {
    /// The same commands by turns, each batch a little later than the one before: every writer's knowledge of the
    /// extremes is out of date when it sends.
    @Test func writersThatTakeTurnsLookFirst() async throws {
        let layout = try TableLayout(retention: .forever)
        let table = FaultyTable(try SQLiteTable(.memory), limits: .dynamoDB)
        let writers = (0..<4).map { _ in EventWriter(table: table, layout: layout) }
        var facts: [Fact] = []
        let rounds = 100
        for round in 0..<rounds {
            let batch = (0..<10).map { index in
                // Batches overlap in time: the last one does not always hold the newest event of a command.
                let time = 1_790_846_100_000 + Int64(round * 500 + (index * 7919 + round * 104_729) % 3000)
                return Fact(
                    id: "\(round)-\(index)", user: "u\(index)", timestamp: time, received: time,
                    what: .execution(command: "c\(index % 3)", succeeded: true, time: 1_000_000 * (index + 1)))
            }
            facts += batch
            _ = try await writers[round % writers.count].write(batch.map(\.event))
        }
        let transactions = table.struck.tokens.count
        // Without a look, about every second one is cancelled for an extreme that somebody else has raised.
        #expect(transactions < rounds * 5 / 4, "\(transactions) transactions for \(rounds) batches")
        let report = try await Verifier(table: table, layout: layout).run()
        #expect(report.differences == [] && report.events == facts.count)
    }

    @Test func aWriterAloneStopsLooking() {
        var use = SharedUse()
        #expect(!use.isLikely)
        use.metAnother()
        #expect(use.isLikely)
        for _ in 0..<15 { use.looked(foundAnother: false) }
        #expect(use.isLikely)
        use.looked(foundAnother: true)
        for _ in 0..<15 { use.looked(foundAnother: false) }
        #expect(use.isLikely)
        use.looked(foundAnother: false)
        #expect(!use.isLikely)
    }
}

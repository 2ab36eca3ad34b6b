import PropertyTesting
import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

/// The promise: whatever is sent, however often, in whatever order and by whomever, the dashboard and a recount agree.
@Suite struct EventWriterTests {
    private func layout(_ generator: inout FactGenerator) throws -> TableLayout {
        let zone = try Zone(
            generator.random.element(["UTC", "UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kolkata"]))
        return try TableLayout(tenant: generator.random.chance(0.3) ? "acme" : nil, zone: zone, retention: .forever)
    }

    @Test(arguments: Seeds.first(6))
    func everyEventCountsOnce(seed: UInt64) async throws {
        var generator = FactGenerator(seed: seed)
        let layout = try layout(&generator)
        let table = FaultyTable(try SQLiteTable(.memory), limits: seed % 2 == 0 ? .dynamoDB : nil)
        // Several writers, each with stale knowledge of what the others wrote.
        let writers = (0..<3).map { _ in EventWriter(table: table, layout: layout) }
        var ledger = Ledger()
        let traffic = generator.traffic(220)
        for batch in generator.batches(traffic, most: 120) {
            let expected = ledger.write(batch)
            let outcomes = try await generator.random.element(writers).write(batch.map(\.event))
            #expect(outcomes == expected)
        }
        try await DashboardCheck(table: table, layout: layout).run(ledger.facts, &generator)
    }

    @Test(arguments: Seeds.first(6))
    func faultsChangeNothing(seed: UInt64) async throws {
        var generator = FactGenerator(seed: seed &+ 1000)
        let layout = try layout(&generator)
        let table = FaultyTable(
            try SQLiteTable(.memory),
            limits: seed % 2 == 0 ? .dynamoDB : nil,
            rates: FaultyTable.Rates(contention: 0.1, failure: 0.15, lostAnswer: 0.25),
            seed: seed
        )
        let writers = (0..<2).map { _ in EventWriter(table: table, layout: layout) }
        var ledger = Ledger()
        var accepted: [Fact.Identity: Int] = [:]
        var failures = 0
        for batch in generator.batches(generator.traffic(150), most: 25) {
            let expected = ledger.write(batch)
            // Any writer may send again what another one could not.
            while true {
                let outcomes: [EventOutcome]
                do {
                    outcomes = try await generator.random.element(writers).write(batch.map(\.event))
                } catch let error as TableError where error.code == .unavailable {
                    failures += 1
                    continue
                }
                for (fact, (outcome, expected)) in zip(batch, zip(outcomes, expected)) {
                    if outcome == .accepted { accepted[fact.identity, default: 0] += 1 }
                    // Where an answer was lost, the sender hears "duplicate" of what is its own.
                    let isRight = outcome == expected || (expected == .accepted && outcome == .duplicate)
                    #expect(isRight, "\(fact.id): \(outcome), not \(expected)")
                }
                break
            }
        }
        #expect(accepted.values.allSatisfy { $0 == 1 })
        let struck = table.struck
        #expect(struck.contention > 0 && struck.failure > 0 && struck.lostAnswer > 0)
        // The writer itself sends again; a sender hears of few of them.
        #expect(failures < struck.failure + struck.lostAnswer)
        #expect(struck.mixedTokens == 0)
        try await DashboardCheck(table: table, layout: layout).run(ledger.facts, &generator)
    }

    /// Planned ahead or not, batches are stored in the order of their turns: the first of two that contradict stays.
    @Test(arguments: Seeds.first(6))
    func turnsKeepTheirOrder(seed: UInt64) async throws {
        var generator = FactGenerator(seed: seed &+ 5000)
        let layout = try layout(&generator)
        let table = FaultyTable(
            try SQLiteTable(.memory),
            limits: seed % 2 == 0 ? .dynamoDB : nil,
            rates: FaultyTable.Rates(contention: 0.1),
            seed: seed
        )
        let writer = EventWriter(table: table, layout: layout)
        var ledger = Ledger()
        let batches = generator.batches(generator.traffic(250), most: 60)
        try await withThrowingTaskGroup(of: (Int, [EventOutcome]).self) { group in
            var expected: [[EventOutcome]] = []
            for (index, batch) in batches.enumerated() {
                expected.append(ledger.write(batch))
                await writer.takeTurn()
                group.addTask { (index, try await writer.writeInTurn(batch.map(\.event))) }
            }
            for try await (index, outcomes) in group { #expect(outcomes == expected[index]) }
        }
        try await DashboardCheck(table: table, layout: layout).run(ledger.facts, &generator)
    }

    @Test func turnsEndWithAnErrorToo() async throws {
        var generator = FactGenerator(seed: 6000)
        let layout = try layout(&generator)
        let table = DyingTable(try SQLiteTable(.memory), transactions: 2, commitsLast: false)
        let writer = EventWriter(table: table, layout: layout)
        let batches = generator.facts(60).map { [$0.event] }.prefix(6)
        let stored = try await withThrowingTaskGroup(of: Bool.self) { group in
            for batch in batches {
                await writer.takeTurn()
                group.addTask { (try? await writer.writeInTurn(batch)) != nil }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(stored <= 2 && stored > 0)
    }

    /// Batches planned while the one before is on its way, which may fail, or be cancelled, or never be sent at all.
    @Test(arguments: Seeds.first(6))
    func plansAheadAreMadeAnewWhenTheyWereWrong(seed: UInt64) async throws {
        var generator = FactGenerator(seed: seed &+ 3000)
        let layout = try layout(&generator)
        let table = FaultyTable(
            try SQLiteTable(.memory),
            limits: seed % 2 == 0 ? .dynamoDB : nil,
            rates: FaultyTable.Rates(contention: 0.1, failure: 0.3, lostAnswer: 0.2),
            seed: seed
        )
        let writers = (0..<2).map { _ in EventWriter(table: table, layout: layout) }
        /// - Returns: `nil` when the table was away for too long: it is not known what became of the batch.
        @Sendable func write(_ prepared: EventWriter.Prepared, _ writer: EventWriter) async throws -> [EventOutcome]? {
            do {
                return try await writer.write(prepared)
            } catch let error as TableError where error.code == .unavailable {
                return nil
            }
        }
        var sent: [Fact] = []
        var accepted: [Fact.Identity: Int] = [:]
        var again: [[Fact]] = []
        var batches = generator.batches(generator.traffic(150), most: 25)
        while !batches.isEmpty {
            let first = batches.removeFirst()
            let second = batches.popLast() ?? first
            let writer = generator.random.element(writers)
            let one = try await writer.prepare(first.map(\.event))
            async let onItsWay = write(one, writer)
            let two = try await writer.prepare(second.map(\.event))
            let answers = [(first, try await onItsWay)]
            // Some are dropped, and sent by whoever comes next.
            let isDropped = batches.count % 4 == 0
            for (batch, outcomes) in answers + [(second, isDropped ? nil : try await write(two, writer))] {
                sent += batch
                guard let outcomes else {
                    again.append(batch)
                    continue
                }
                for (fact, outcome) in zip(batch, outcomes) where outcome == .accepted {
                    accepted[fact.identity, default: 0] += 1
                }
            }
        }
        for batch in again {
            var outcomes: [EventOutcome]?
            while outcomes == nil {
                outcomes = try await write(try await writers[0].prepare(batch.map(\.event)), writers[0])
            }
        }
        #expect(accepted.values.allSatisfy { $0 == 1 })
        let struck = table.struck
        #expect(struck.contention > 0 && struck.failure > 0 && struck.lostAnswer > 0 && !again.isEmpty)
        #expect(struck.mixedTokens == 0)
        let report = try await Verifier(table: table, layout: layout).run()
        #expect(report.differences.isEmpty)
        #expect(report.events == Set(sent.map(\.identity)).count)
    }

    @Test(arguments: Seeds.first(4))
    func concurrentWritersAgree(seed: UInt64) async throws {
        var generator = FactGenerator(seed: seed &+ 2000)
        let layout = try layout(&generator)
        let table = FaultyTable(try SQLiteTable(.memory), limits: seed % 2 == 0 ? .dynamoDB : nil)
        let traffic = generator.traffic(160)
        // Each writer gets most of the traffic, in an order of its own.
        var shares: [[[Fact]]] = []
        for _ in 0..<3 {
            var share: [Fact] = []
            for fact in traffic.shuffled(using: &generator.random) where generator.random.chance(0.7) {
                share.append(fact)
            }
            shares.append(generator.batches(share, most: 40))
        }
        let answers = try await withThrowingTaskGroup(of: [(Fact, EventOutcome)].self) { group in
            for batches in shares {
                let writer = EventWriter(table: table, layout: layout)
                group.addTask {
                    var answers: [(Fact, EventOutcome)] = []
                    for batch in batches { answers += zip(batch, try await writer.write(batch.map(\.event))) }
                    return answers
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let accepted = answers.filter { $0.1 == .accepted }.map(\.0)
        #expect(Set(accepted.map(\.identity)).count == accepted.count)
        let stored = Dictionary(uniqueKeysWithValues: accepted.map { ($0.identity, $0) })
        for (fact, outcome) in answers where outcome != .accepted {
            let first = try #require(stored[fact.identity])
            #expect(outcome == (first.sameContent(as: fact) ? .duplicate : .conflict))
        }
        #expect(Set(shares.joined().joined().map(\.identity)) == Set(stored.keys))
        try await DashboardCheck(table: table, layout: layout).run(accepted, &generator)
    }

    @Test(arguments: Seeds.first(5))
    func theOrderOfArrivalLeavesNoTrace(seed: UInt64) async throws {
        var generator = FactGenerator(seed: seed &+ 3000)
        let layout = try layout(&generator)
        let traffic = generator.traffic(120, contradictions: false)
        var states: [[Key: [String: AttributeValue]]] = []
        for limits in [nil, TableLimits.dynamoDB, nil] {
            let table = FaultyTable(
                try SQLiteTable(.memory),
                limits: limits,
                rates: FaultyTable.Rates(contention: 0.02),
                seed: seed
            )
            let writers = (0..<generator.random.integer(1...3)).map { _ in EventWriter(table: table, layout: layout) }
            let shuffled = traffic.shuffled(using: &generator.random)
            for batch in generator.batches(shuffled, most: limits == nil ? 500 : 20) {
                _ = try await generator.random.element(writers).write(batch.map(\.event))
            }
            states.append(try await TableState.read(table))
        }
        for state in states.dropFirst() { #expect(TableState.differences(states[0], state) == []) }
    }

    @Test func aBatchOfNothingWritesNothing() async throws {
        let table = FaultyTable(try SQLiteTable(.memory))
        let writer = EventWriter(table: table, layout: try TableLayout(retention: .forever))
        #expect(try await writer.write([]) == [])
        #expect(table.struck.tokens.isEmpty)
    }

    /// A token stands for one set of writes, through all rounds of it, and for no other.
    @Test func aPlanKeepsItsToken() async throws {
        var generator = FactGenerator(seed: 1)
        let table = FaultyTable(try SQLiteTable(.memory), rates: FaultyTable.Rates(contention: 0.3), seed: 1)
        let writer = EventWriter(table: table, layout: try TableLayout(retention: .forever))
        for fact in generator.facts(12) { _ = try await writer.write([fact.event]) }
        #expect(table.struck.contention > 0)
        #expect(table.struck.mixedTokens == 0)
        #expect(table.struck.tokens.count >= table.struck.committed)
        #expect(table.struck.tokens.count < table.struck.committed + table.struck.contention)
    }
}

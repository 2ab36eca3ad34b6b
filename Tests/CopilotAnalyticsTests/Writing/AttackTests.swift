import DynamoDB
import LosslessJSON
import PropertyTesting
import SQLiteTable
import SingleTable
import TestServers
import Testing

@testable import CopilotAnalytics

/// Everything that goes wrong between a sender and the table, at once.
@Suite struct AttackTests {
    enum Kind: String, CaseIterable, Sendable {
        case sqlite, dynamoDB
    }

    /// What it has to see through: how many events, and how often the table may disturb.
    private static let events: [Kind: Int] = [.sqlite: 150, .dynamoDB: 40]
    private static let writers = 3

    /// A table on which transactions meet others, fail, and lose their answers.
    private func withAttackedTable(
        _ kind: Kind,
        seed: UInt64,
        _ body: (any Table) async throws -> Void
    ) async throws {
        switch kind {
        case .sqlite:
            let table = FaultyTable(
                try SQLiteTable(.memory),
                limits: seed % 2 == 0 ? .dynamoDB : nil,
                rates: FaultyTable.Rates(contention: 0.25, failure: 0.05, lostAnswer: 0.25),
                seed: seed
            )
            try await body(table)
            let struck = table.struck
            #expect(struck.contention > 0 && struck.lostAnswer > 0 && struck.mixedTokens == 0)
        case .dynamoDB:
            let server = try await Ministack.shared
            let proxy = try await FaultProxy(target: server.endpoint)
            let table = try await makeTable(
                on: try makeClient(endpoint: proxy.endpoint, credentials: server.credentials))
            let operation = "TransactWriteItems"
            try await proxy.setRules(
                FaultRule(.lostAnswer, on: operation, .every(5)),
                FaultRule(.conflict, on: operation, .every(6)),
                FaultRule(.throttle, on: operation, .every(7)),
                FaultRule(.internalError, on: operation, .every(11)),
                seed: Int(seed)
            )
            do {
                try await body(table)
                let stats = try await proxy.stats()
                for fault in [FaultRule.Fault.lostAnswer, .conflict, .throttle, .internalError] {
                    #expect(stats.count(of: fault, in: operation) > 0, "\(fault)")
                }
                try await table.destroy()
            } catch {
                try? await proxy.setRules()
                try? await table.destroy()
                throw error
            }
        }
    }

    /// Batches with repeats, out of order, late and from clocks that are wrong, sent by several writers in several
    /// lanes, each of which is killed again and again; its successor sends the batch again, cut otherwise.
    @Test(arguments: Kind.allCases, Seeds.first(2))
    func whateverHappensEveryEventCountsOnce(kind: Kind, seed: UInt64) async throws {
        var generator = FactGenerator(seed: seed &+ 5000)
        let zone = try Zone(generator.random.element(["UTC", "Asia/Kolkata", "America/St_Johns"]))
        let lanes = Lanes(count: generator.random.integer(1...3))
        let facts = generator.facts(AttackTests.events[kind] ?? 0).map(AttackTests.asReceived)
        let shares = (0..<AttackTests.writers).map { _ in
            let share = facts.filter { _ in generator.random.chance(0.6) }
            let repeats = share.filter { _ in generator.random.chance(0.2) }
            return (share + repeats).shuffled(using: &generator.random)
        }
        let sent = Set(shares.joined().map(\.identity))
        let seeds = shares.map { _ in generator.random.next() }
        try await withAttackedTable(kind, seed: seed) { table in
            try await TableSettings(reportingZone: zone, lanes: lanes).store(in: table)
            let layout = try TableLayout(zone: zone, retention: .forever, lanes: lanes)
            let crashes = try await withThrowingTaskGroup(of: Int.self) { group in
                for (share, seed) in zip(shares, seeds) {
                    group.addTask { try await mortals(share, seed, table, layout) }
                }
                return try await group.reduce(0, +)
            }
            #expect(crashes > 0)
            let stored = facts.filter { sent.contains($0.identity) }
            let report = try await Verifier(table: table, layout: layout).run()
            #expect(report.differences == [] && report.events == stored.count)
            let check = DashboardCheck(table: table, layout: layout)
            try await check.run(stored, &generator, ranges: kind == .sqlite ? 5 : 2)
        }
    }

    /// Sends a share of the facts through writers that are killed after some calls each.
    ///
    /// - Returns: How many of them were.
    private func mortals(_ share: [Fact], _ seed: UInt64, _ table: any Table, _ layout: TableLayout) async throws -> Int
    {
        var generator = FactGenerator(seed: seed)
        var rest = share[...]
        var crashes = 0
        while !rest.isEmpty {
            let mortal = CrashingTable(
                table,
                calls: generator.random.integer(0...12),
                carriesOutLast: generator.random.chance(0.5)
            )
            let writer = EventWriter(table: mortal, layout: layout)
            while !rest.isEmpty {
                let batch = rest.prefix(generator.random.integer(1...25))
                do {
                    _ = try await writer.write(try batch.map(received))
                    rest = rest.dropFirst(batch.count)
                } catch let error as TableError where error.message == CrashingTable.killed.message {
                    crashes += 1
                    break
                } catch let error as TableError where error.isTransient {
                    // The table was away for too long: the same writer sends again, cut otherwise.
                }
            }
        }
        return crashes
    }

    /// What the door makes of a clock: below a minute it passes for right.
    private static func asReceived(_ fact: Fact) -> Fact {
        var fact = fact
        guard let corrected = fact.corrected else { return fact }
        if abs(corrected - fact.timestamp) <= 60_000 {
            fact.corrected = nil
        } else {
            fact.received = corrected + 1000
        }
        return fact
    }

    /// An event as it comes in at the door, where a clock that is wrong is corrected.
    private func received(_ fact: Fact) throws -> Event {
        let event = fact.event
        var json = JSONObject()
        json["id"] = .string(fact.id)
        json["type"] = .string(fact.type)
        json["userId"] = .string(fact.user)
        json["timestamp"] = .number("\(fact.timestamp)")
        if fact.corrected != nil {
            // Sent a second after it happened, by a clock that is wrong all the time.
            json["sentAt"] = .number("\(fact.timestamp + 1000)")
        }
        json["receivedAt"] = .number("\(fact.received)")
        var metadata = JSONObject()
        for (name, value) in event.metadata { metadata[name] = AttackTests.json(value) }
        json["metadata"] = .object(metadata)
        let decoder = EventDecoder(receipt: .history, retention: .forever) { AttackTests.now }
        return try decoder.decode(.object(json)).event
    }

    /// After all of the events.
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private static func json(_ value: AttributeValue) -> JSONValue {
        value.numberValue.map { .number($0.text) } ?? .string(value.stringValue ?? "")
    }

    /// A writer is killed at every single call that it makes, before and after the table has carried it out.
    @Test(arguments: [true, false], [nil, TableLimits.dynamoDB])
    func aCrashAtEveryAwait(carriesOutLast: Bool, limits: TableLimits?) async throws {
        var generator = FactGenerator(seed: 77)
        let facts = generator.facts(24)
        let batches = [Array(facts.prefix(15)), Array(facts.suffix(14)), facts]
        let layout = try TableLayout(retention: .forever)
        var calls = 0
        while true {
            let table = FaultyTable(try SQLiteTable(.memory), limits: limits)
            let mortal = CrashingTable(table, calls: calls, carriesOutLast: carriesOutLast)
            let writer = EventWriter(table: mortal, layout: layout)
            var answered = 0
            do {
                for batch in batches {
                    _ = try await writer.write(batch.map(\.event))
                    answered += 1
                }
            } catch let error as TableError where error.message == CrashingTable.killed.message {}
            let successor = EventWriter(table: table, layout: layout)
            for batch in batches[answered...] { _ = try await successor.write(batch.map(\.event)) }
            let report = try await Verifier(table: table, layout: layout).run()
            #expect(report.differences == [] && report.events == facts.count, "killed at call \(calls)")
            try await DashboardCheck(table: table, layout: layout).run(facts, &generator, ranges: 1)
            guard mortal.hasCrashed else { break }
            calls += 1
        }
        // Reads of directories and forgotten users, and three transactions at least.
        #expect(calls > 8)
    }
}

import PropertyTesting
import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

/// What the original service had counted stays what it was, whatever happens meanwhile, and a recount agrees.
@Suite struct AdoptionTests {
    private static let now = Timestamp(milliseconds: LegacyService.now)
    private let layout: TableLayout

    init() throws {
        // Counters are kept, however short statistics of ours are.
        layout = try TableLayout(retention: Retention(eventDays: 90, rollupDays: 100))
    }

    private func adopt(_ table: any Table, onReject: (Adoption.Reject) -> Void = { _ in }) async throws
        -> Adoption.Report
    {
        try await Adoption(table: table, layout: layout) { AdoptionTests.now }.run(onReject: onReject)
    }

    private func queries(_ table: any Table) -> AnalyticsQueries {
        AnalyticsQueries(table: table, layout: layout) { AdoptionTests.now }
    }

    private func range(_ zone: String = "UTC") throws -> DateRange {
        let today = Zone.utc.day(of: AdoptionTests.now)
        return try DateRange(start: today.adding(days: -130), end: today.adding(days: 2), zone: Zone(zone))
    }

    // MARK: Comparison with the original dashboard

    private func expectTotals(_ table: any Table, _ service: LegacyService, _ what: String) async throws {
        for zone in ["UTC", "Asia/Kolkata", "America/St_Johns"] {
            let commands = try await queries(table).commands(range(zone))
            expectSame(commands, service.commands(), "\(what), \(zone)")
        }
        let errors = try await queries(table).errors(range())
        let expected = service.patterns()
        let known = service.patterns(withEvents: true)
        #expect(errors.count == expected.count, "\(what)")
        for error in errors {
            let pattern = try #require(expected[[error.errorType, error.errorMessage]], "\(error), \(what)")
            #expect(error.count == pattern.count, "\(what)")
            // Events that were not counted are known to have happened all the same.
            let known = try #require(known[[error.errorType, error.errorMessage]])
            #expect((known.first...pattern.first).contains(error.firstOccurrence), "\(what)")
            #expect((pattern.last...known.last).contains(error.lastOccurrence), "\(what)")
            #expect((pattern.users.count...known.users.count).contains(error.affectedUsers), "\(what)")
        }
    }

    private func expectSame(
        _ commands: [CommandStatistics],
        _ expected: [String: LegacyService.Command],
        _ what: String
    ) {
        #expect(Set(commands.map(\.commandName)) == Set(expected.keys), "\(what)")
        for command in commands {
            guard let other = expected[command.commandName] else { continue }
            #expect(command.totalExecutions == other.executions, "\(what)")
            #expect(command.successfulExecutions == other.successes && command.failedExecutions == other.failures)
            #expect(command.execution.average == rounded(Double(other.time) / Double(other.executions)), "\(what)")
        }
    }

    private func expectAgreement(_ table: any Table, unadopted: Int) async throws {
        let report = try await Verifier(table: table, layout: layout) { AdoptionTests.now }.run()
        #expect(report.differences.map(\.description) == [])
        #expect(report.unadopted == unadopted)
    }

    // MARK: Properties

    @Test(arguments: Seeds.first(3))
    func totalsStayThroughKillsAndFaults(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed &+ 9100)
        let service = LegacyService.random(&random, events: 120)
        // Undisturbed, in one go.
        let calm = try SQLiteTable(.memory)
        try await service.store(in: calm)
        let all = try await adopt(calm)
        #expect(all.statistics == service.items.keys.count { !$0.partition.hasPrefix("EVENT#") })
        #expect(all.events == service.liveEvents && all.rejected == 0)
        try await expectTotals(calm, service, "in one go")
        try await expectAgreement(calm, unadopted: 0)
        let days = service.items.keys.filter { $0.partition.hasPrefix("COMMAND#") }
            .compactMap { CivilDate($0.sort.dropFirst("STATS#".count)) }
        for day in Set(days) {
            let one = try DateRange(start: day, end: day, zone: .utc)
            try await expectSame(queries(calm).commands(one), service.commands(on: day), "\(day)")
        }

        // Killed again and again.
        let base = try SQLiteTable(.memory)
        try await service.store(in: base)
        let table = FaultyTable(
            base,
            limits: TableLimits(
                transactionItems: seed % 2 == 0 ? 100 : 50, transactionBytes: 1 << 22, itemBytes: 400 << 10),
            rates: FaultyTable.Rates(contention: 0.05, failure: 0.03, lostAnswer: 0.05),
            seed: seed
        )
        var kills = 0
        var adopted = 0
        while kills < 200 {
            let dying = DyingTable(
                table, transactions: 2 + kills, commitsLast: random.chance(0.5))
            do {
                adopted = try await adopt(dying).events
                break
            } catch let error as TableError where error.code == .internalError || error.isTransient {
                kills += 1
            }
            let left = try await TableState.items(base).contains { item in
                guard let key = item.key, LegacyItem.isLegacy(item, key) else { return false }
                return !key.partition.hasPrefix("EVENT#")
            }
            if !left, kills % 4 == 0 { try await expectTotals(base, service, "after \(kills) kills") }
        }
        #expect(kills > 2 && kills < 200)
        #expect(adopted < service.liveEvents)
        let state = (try await TableState.read(base), try await TableState.read(calm))
        #expect(TableState.differences(state.0, state.1) == [])
        try await expectAgreement(base, unadopted: 0)
        let again = try await adopt(base)
        #expect(again.statistics == 0 && again.events == 0 && again.expired == 0)
        #expect(try await TableState.read(base) == state.0)
    }

    /// What comes after is counted once, on top, and what was adopted is known when it is sent again.
    @Test func eventsAfterwardsCountOnce() async throws {
        var random = SeededGenerator(seed: 5)
        let service = LegacyService.random(&random, events: 150)
        let table = try SQLiteTable(.memory)
        try await service.store(in: table)
        _ = try await adopt(table)
        let before = try await queries(table).dashboard(range())
        let old = try await TableState.items(table).compactMap {
            $0["v"]?.intValue == 1 ? Event(item: $0, keys: layout.keys) : nil
        }
        let writer = EventWriter(table: table, layout: layout)
        #expect(try await writer.write(old).allSatisfy { $0 == .duplicate })
        #expect(try await queries(table).dashboard(range()) == before)
        let new = (0..<20).map { index in
            Event(
                id: "new-\(index)", type: .actionExecuted, userID: "user-1", timestamp: AdoptionTests.now,
                receivedAt: AdoptionTests.now, metadata: ["commandName": "cancel", "executionTime": 7])
        }
        #expect(try await writer.write(new + new).count { $0 == .accepted } == 20)
        let after = try await queries(table).dashboard(range())
        #expect(after.totalExecutions == before.totalExecutions + 20)
        try await expectAgreement(table, unadopted: 0)
    }

    @Test func whoIsForgottenLeavesNoTrace() async throws {
        var random = SeededGenerator(seed: 11)
        var service = LegacyService.random(&random, events: 150)
        let user = "forget-me/#1"
        let recent = LegacyService.now - LegacyService.day
        for index in 0..<5000 { service.countError("Crowded", "too many", "crowd-\(index)", recent) }
        service.countError("Crowded", "too many", user, recent)
        service.countCommand("cancel", success: true, 12, recent)
        service.event("ACTION_EXECUTED", user, recent, "x", ["commandName": "cancel", "executionTime": 12])
        service.event("ERROR_OCCURRED", user, recent, "y", ["errorType": "Crowded", "errorMessage": "too many"])
        service.event("CUSTOM", user, recent, "z", [:])
        let table = try SQLiteTable(.memory)
        try await service.store(in: table)
        _ = try await adopt(table)
        let crowd = try await queries(table).errors(range(), type: "Crowded")
        #expect(crowd.map(\.count) == [5001])
        // A sketch: 1.6 % standard error.
        #expect(abs((crowd.first?.affectedUsers ?? 0) - 5001) < 300)
        let report = try await UserErasure(table: table, layout: layout) { AdoptionTests.now }
            .forget(user)
        #expect(report.events == 3)
        let hash = UserHash(userID: user)
        let traces = try await TableState.items(table).filter { item in
            "\(item)".contains("forget-me") || item["u"]?.binarySetValue?.contains(hash.bytes) == true
                || item["r"]?.numberSetValue?.contains(Number(HyperLogLog.Observation(hash).packed)) == true
        }
        #expect(traces.map { $0.key?.description } == [])
        #expect(try await queries(table).errors(range(), type: "Crowded").map(\.count) == [5000])
        try await expectAgreement(table, unadopted: 0)
    }

    /// A user who was forgotten before does not come back by adoption.
    @Test func whoWasForgottenBeforeIsNotAdopted() async throws {
        var service = LegacyService()
        let recent = LegacyService.now - LegacyService.day
        for user in ["forget-me", "other"] {
            service.countError("E", "m", user, recent)
            service.event("ERROR_OCCURRED", user, recent, "id", ["errorType": "E", "errorMessage": "m"])
        }
        let table = try SQLiteTable(.memory)
        _ = try await UserErasure(table: table, layout: layout) { AdoptionTests.now }.forget("forget-me")
        try await service.store(in: table)
        let report = try await adopt(table)
        #expect(report.events == 1 && report.forgotten == 1)
        #expect(try await TableState.items(table).allSatisfy { !"\($0)".contains("forget-me") })
        #expect(try await queries(table).errors(range()).map(\.count) == [2])
        try await expectAgreement(table, unadopted: 0)
    }

    // MARK: What cannot be understood

    @Test func whatCannotBeUnderstoodStays() async throws {
        var service = LegacyService()
        let recent = LegacyService.now - LegacyService.day
        service.countCommand("cancel", success: true, 5, recent)
        service.event("ACTION_EXECUTED", "u", recent, "good", ["commandName": "cancel", "executionTime": 5])
        let bad = [
            service.event("ACTION_EXECUTED", "u", recent, "negative", ["commandName": "cancel", "executionTime": -5]),
            service.event("ACTION_EXECUTED", "u", LegacyService.now + LegacyService.day, "early", [:]),
            service.event("not a type", "u", recent, "x", [:]),
        ]
        var others = [
            Item(key: Key("EVENT#MESSAGE_SENT", "nobody"), ["timestamp": .number(recent)]),
            Item(key: Key("COMMAND#cancel", "STATS#yesterday"), ["totalExecutions": 1]),
            Item(key: Key("COMMAND#text", "STATS#2026-01-01"), ["totalExecutions": "many"]),
            Item(key: Key("ERROR#E", "PATTERN#1"), ["count": 3]),
        ]
        let rejected = Set(bad + others.compactMap(\.key))
        others.append(Item(key: Key("USER#1", "PROFILE"), ["name": "somebody else's"]))
        others.append(Item(key: Key("COMMAND#x", "HELP"), ["text": "somebody else's"]))
        for item in others { service.put(item) }
        let table = try SQLiteTable(.memory)
        try await service.store(in: table)
        var rejects: [Adoption.Reject] = []
        let report = try await adopt(table) { rejects.append($0) }
        #expect(report.statistics == 1 && report.events == 1 && report.rejected == rejected.count)
        #expect(Set(rejects.map(\.key)) == rejected)
        for key in rejected.union(others.compactMap(\.key)) { #expect(try await table.get(key) == service.items[key]) }
        // An unknown item in the partition of a command is somebody's, and `verify` says so as ever.
        let verified = try await Verifier(table: table, layout: layout) { AdoptionTests.now }.run()
        #expect(verified.differences.map(\.key) == [Key("COMMAND#x", "HELP")])
        #expect(verified.unadopted == rejected.count)
    }

    /// Content goes as it does at the door, and ids that keys cannot hold find another one, always the same.
    @Test func eventsAreRedactedAndGetTheirKeys() async throws {
        var service = LegacyService()
        let recent = LegacyService.now - LegacyService.day
        let secret = "please book it for jane"
        let plain = service.event("MESSAGE_SENT", "u", recent, "id1", ["message": .string(secret)])
        service.event("MESSAGE_SENT", "a#b", recent, "c#d", [:])
        service.event("MESSAGE_SENT", "u", recent, nil, [:])
        let table = try SQLiteTable(.memory)
        try await service.store(in: table)
        let dry = try await Adoption(table: table, layout: layout) { AdoptionTests.now }
            .run(isDryRun: true)
        #expect(dry.events == 3)
        #expect(try await TableState.items(table).count == 3)
        _ = try await adopt(table)
        let items = try await TableState.items(table).filter { $0.key?.partition == "EVENT#MESSAGE_SENT" }
        let sorts = Set(items.compactMap { $0.key?.sort })
        #expect(sorts.count == 3 && sorts.isSuperset(of: [plain.sort, "a%23b#\(recent)#c%23d"]))
        let event = try #require(items.first { $0.key == plain })
        #expect(event["metadata"] == .map(["messageLength": .number(secret.count)]))
        #expect(event["GSI1PK"] != nil)
        let activity = try await queries(table).events(in: range()).reduce(0) { count, _ in count + 1 }
        #expect(activity == 3)
    }

    @Test func otherDaysAndTenantsAreRefused() throws {
        let table = try SQLiteTable(.memory)
        let berlin = try TableLayout(zone: Zone("Europe/Berlin"), retention: .forever)
        #expect(throws: AnalyticsError.self) { try Adoption(table: table, layout: berlin) }
        let tenant = try TableLayout(tenant: "acme", retention: .forever)
        #expect(throws: AnalyticsError.self) { try Adoption(table: table, layout: tenant) }
    }

    /// `rebuild` makes our statistics anew and leaves what was adopted alone, and what was not yet.
    @Test func rebuildLeavesAdoptedCountsAlone() async throws {
        var random = SeededGenerator(seed: 3)
        let service = LegacyService.random(&random, events: 120)
        let table = try SQLiteTable(.memory)
        try await service.store(in: table)
        let today = Zone.utc.day(of: AdoptionTests.now)
        let rebuilder = Rebuilder(table: table, layout: layout) { AdoptionTests.now }
        _ = try await rebuilder.run(from: today.adding(days: -80), to: today)
        _ = try await adopt(table)
        let report = try await rebuilder.run(from: today.adding(days: -80), to: today)
        #expect(report.replaced == 0 && report.removed == 0)
        try await expectTotals(table, service, "rebuilt")
    }
}

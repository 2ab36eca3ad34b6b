import PropertyTesting
import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

/// Whoever was forgotten leaves no trace, and what remains is counted as if the user had never been there.
@Suite struct UserErasureTests {
    /// With all that is encoded in keys.
    private static let user = "forget-me/#1"
    private static let later = Timestamp(milliseconds: 1_800_000_000_000)

    /// What a table still says of the user: items that hold the id in any form, or its hash.
    private func traces(_ table: any Table, of user: String = user, mark: String = "forget-me") async throws -> [String]
    {
        let hash = UserHash(userID: user).bytes
        return try await TableState.items(table).compactMap { item in
            let holdsHash = item["u"]?.binarySetValue?.contains(hash) == true
            return holdsHash || "\(item)".contains(mark) ? item.key?.description : nil
        }
    }

    private func expectAgreement(_ table: any Table, _ layout: TableLayout) async throws {
        let report = try await Verifier(table: table, layout: layout) { UserErasureTests.later }.run()
        #expect(report.differences.map(\.description) == [])
    }

    /// Kills, conflicts, lost answers, live writers, resends: each event is taken out once, and never comes back.
    @Test(arguments: Seeds.first(8))
    func eachEventIsTakenOutOnceWhateverHappens(seed: UInt64) async throws {
        var generator = FactGenerator(seed: seed &+ 7000)
        let zone = try Zone(generator.random.element(["UTC", "Europe/Berlin", "America/St_Johns"]))
        let lanes = Lanes(count: [1, 3, 1, 2][Int(seed % 4)])
        let layout = try TableLayout(
            tenant: seed % 3 == 0 ? "acme" : nil, zone: zone, retention: .forever, lanes: lanes)
        let base = try SQLiteTable(.memory)
        try await TableSettings(reportingZone: zone, lanes: lanes).store(in: base)
        let table = FaultyTable(
            base,
            limits: seed % 2 == 0 ? .dynamoDB : nil,
            rates: FaultyTable.Rates(contention: 0.05, failure: 0.03, lostAnswer: 0.05),
            seed: seed
        )
        let traffic = generator.traffic(160, contradictions: false).map { fact in
            var fact = fact
            if ["user-1", "user-2"].contains(fact.user) { fact.user = UserErasureTests.user }
            return fact
        }
        let own = traffic.filter { $0.user == UserErasureTests.user }
        try #require(!own.isEmpty)
        let (before, beside) = (traffic.prefix(traffic.count / 2), traffic.suffix(traffic.count / 2))
        for batch in generator.batches(Array(before), most: 40) {
            _ = try await patiently { try await EventWriter(table: table, layout: layout).write(batch.map(\.event)) }
        }
        let old = EventWriter(table: table, layout: layout)
        let clock = Timestamp(milliseconds: Int64(generator.firstDay) * 86_400_000)
        let batches = generator.batches(beside + own.shuffled(using: &generator.random), most: 12)
        let kills = (0..<6).map { _ in (generator.random.integer(0...14), generator.random.chance(0.5)) }
        async let written: Void = {
            for batch in batches { _ = try await patiently { try await old.write(batch.map(\.event)) } }
        }()
        for (transactions, commitsLast) in kills {
            let dying = DyingTable(table, transactions: transactions, commitsLast: commitsLast)
            _ = try? await UserErasure(table: dying, layout: layout) { clock }.forget(UserErasureTests.user)
        }
        try await written
        let report = try await patiently {
            try await UserErasure(table: table, layout: layout) { clock }.forget(UserErasureTests.user)
        }
        func isRefused(_ fact: Fact) -> Bool {
            fact.user == UserErasureTests.user && min(fact.timestamp, fact.occurred) <= report.refusedUntil.milliseconds
        }
        // Everything once more, to writers old and new.
        for writer in [old, EventWriter(table: table, layout: layout)] {
            let outcomes = try await patiently { try await writer.write(traffic.map(\.event)) }
            for (fact, outcome) in zip(traffic, outcomes) {
                #expect((outcome == .forgotten) == isRefused(fact), "\(fact.id): \(outcome)")
            }
        }
        let struck = table.struck
        #expect(struck.contention > 0 && struck.lostAnswer > 0 && struck.mixedTokens == 0)
        var expected: [Fact.Identity: Fact] = [:]
        for fact in traffic where !isRefused(fact) && expected[fact.identity] == nil { expected[fact.identity] = fact }
        try await expectAgreement(table, layout)
        // Which receipt of a resent event came first, the order of the writers decides.
        try await checkDashboard(table, layout, Array(expected.values), &generator)
        if !expected.values.contains(where: { $0.user == UserErasureTests.user }) {
            #expect(try await traces(table) == [])
        }

        // Whoever comes back is a new user.
        let younger = own.prefix(5).enumerated().map { index, fact in
            var fact = fact
            fact.id = "younger-\(index)"
            fact.timestamp = report.refusedUntil.milliseconds + 1 + Int64(index)
            fact.corrected = nil
            return fact
        }
        let outcomes = try await patiently { try await old.write(younger.map(\.event)) }
        #expect(outcomes.allSatisfy { $0 == .accepted || $0 == .duplicate })
        for fact in younger { expected[fact.identity] = fact }
        try await expectAgreement(table, layout)
        try await checkDashboard(table, layout, Array(expected.values), &generator)
    }

    private func checkDashboard(
        _ table: any Table,
        _ layout: TableLayout,
        _ facts: [Fact],
        _ generator: inout FactGenerator
    ) async throws {
        // Receipts as they are stored: a resent event may have come before the first.
        var received: [Fact.Identity: Int64] = [:]
        for item in try await TableState.items(table) {
            guard let event = Event(item: item, keys: layout.keys) else { continue }
            let identity = Fact.Identity(
                type: event.type.rawValue, user: event.userID, timestamp: event.timestamp.milliseconds, id: event.id)
            received[identity] = event.receivedAt.milliseconds
        }
        #expect(Set(received.keys) == Set(facts.map(\.identity)))
        let facts = facts.map { fact in
            var fact = fact
            fact.received = received[fact.identity] ?? 0
            return fact
        }
        try await DashboardCheck(table: table, layout: layout).run(facts, &generator, ranges: 4)
    }

    /// Does it again for as long as the table is away: the faults strike at random.
    private func patiently<Value>(_ work: () async throws -> Value) async throws -> Value {
        while true {
            do {
                return try await work()
            } catch let error as TableError where error.code == .unavailable {
                continue
            }
        }
    }

    /// What was prepared before a user was forgotten is planned anew.
    @Test func preparedPlansAreDropped() async throws {
        let layout = try TableLayout(retention: .forever)
        let table = try SQLiteTable(.memory)
        let writer = EventWriter(table: table, layout: layout)
        let users = [UserErasureTests.user, "other"]
        _ = try await writer.write(users.map { fact($0, 0).event })
        let prepared = try await writer.prepare(users.flatMap { [fact($0, 0).event, fact($0, 1).event] })
        let erasure = UserErasure(table: table, layout: layout) { UserErasureTests.later }
        #expect(try await erasure.forget(UserErasureTests.user).events == 1)
        let outcomes = try await writer.write(prepared)
        #expect(outcomes == [.forgotten, .forgotten, .duplicate, .accepted])
        #expect(try await traces(table) == [])
        try await expectAgreement(table, layout)
    }

    /// More lanes than one transaction could write to, all with the same extremes.
    @Test func extremesOfManyLanesGo() async throws {
        let table = try SQLiteTable(.memory)
        let lanes = Lanes(count: 24)
        try await TableSettings(lanes: lanes).store(in: table)
        let layout = try TableLayout(retention: .forever, lanes: lanes)
        for lane in 0..<lanes.count {
            let writer = EventWriter(table: table, layout: layout, lane: lane)
            _ = try await writer.write([fact("user-\(lane)", 0).event])
        }
        for lane in [3, 0, 11] {
            let user = "user-\(lane)"
            #expect(try await UserErasure(table: table, layout: layout).forget(user).events == 1)
            #expect(try await traces(table, of: user, mark: "\"\(user)\"") == [])
            try await expectAgreement(table, layout)
        }
        let queries = AnalyticsQueries(table: table, layout: layout)
        let range = try DateRange(start: "2026-09-30", end: "2026-10-03", zone: .utc, now: UserErasureTests.later)
        let answer = try await queries.dashboard(range)
        #expect(answer.totalErrors == 21 && answer.activeUsers == 21)
    }

    // MARK: What has no inverse

    private static let quarter: Int64 = 1_790_846_100_000

    private func fact(_ user: String, _ index: Int, time: Int64 = quarter) -> Fact {
        Fact(
            id: "i\(index)",
            user: user,
            timestamp: time + Int64(index),
            received: time + Int64(index),
            what: .error(type: "E", message: "failed", pattern: "failed")
        )
    }

    /// Users by the hundred, whose hashes fill one part of a distinct count until it becomes a sketch; then some go
    /// again, so that it would not be one.
    @Test func sketchesForget() async throws {
        let layout = try TableLayout(retention: .forever)
        let table = try SQLiteTable(.memory)
        var users: [String] = []
        var index = 0
        while users.count < 262 {
            if UserHash(userID: "crowd-\(index)").value >> 60 == 5 { users.append("crowd-\(index)") }
            index += 1
        }
        users += (0..<20).map { "u\($0)" }
        let facts = users.enumerated().map { fact($1, $0) }
        _ = try await EventWriter(table: table, layout: layout).write(facts.map(\.event))
        #expect(try await TableState.items(table).contains { $0["r"] != nil })
        let erasure = UserErasure(table: table, layout: layout)
        for user in users.prefix(9) {
            #expect(try await erasure.forget(user).events == 1)
            #expect(try await traces(table, of: user, mark: "\"\(user)\"") == [])
        }
        try await expectAgreement(table, layout)
        var check = DashboardCheck(table: table, layout: layout)
        check.userTolerance = 1
        try await check.run(
            Array(facts.dropFirst(9)), zone: "Asia/Kolkata",
            from: Int(UserErasureTests.quarter / 86_400_000), to: Int(UserErasureTests.quarter / 86_400_000))
    }

    @Test func samplesAreFilledUpAgain() async throws {
        let layout = try TableLayout(retention: .forever)
        let table = try SQLiteTable(.memory)
        let writer = EventWriter(table: table, layout: layout)
        for index in 0..<25 { _ = try await writer.write([fact("u\(index)-", index).event]) }
        func sample() async throws -> Set<String> {
            let pattern = try await TableState.items(table).first { $0.key?.sort.hasPrefix("PATTERN#") == true }
            return pattern?["affectedUsers"]?.stringSetValue ?? []
        }
        let erasure = UserErasure(table: table, layout: layout)
        for gone in 1...8 {
            let user = try #require(try await sample().min())
            _ = try await erasure.forget(user)
            #expect(try await sample().count == min(20, 25 - gone))
            #expect(try await !sample().contains(user))
        }
        try await expectAgreement(table, layout)
    }

    /// What only the user did is gone altogether, texts of errors included.
    @Test func nothingCountsInWhatNobodyDid() async throws {
        let layout = try TableLayout(retention: .forever)
        let table = try SQLiteTable(.memory)
        let facts = (0..<40).map { fact("only", $0, time: UserErasureTests.quarter + Int64($0) * 400_000) }
        _ = try await EventWriter(table: table, layout: layout).write(facts.map(\.event))
        _ = try await UserErasure(table: table, layout: layout).forget("only")
        let left = try await TableState.items(table).compactMap { $0.key?.partition }
        #expect(left.allSatisfy { $0.hasPrefix("FORGOTTEN") || $0 == "DIRECTORY" })
        try await expectAgreement(table, layout)
    }

    /// Past raw retention counts remain, and nobody can tell whose.
    @Test func expiredDaysKeepCountsWithoutIdentities() async throws {
        let layout = try TableLayout(retention: Retention(eventDays: 10, rollupDays: 400))
        let table = try SQLiteTable(.memory)
        let day: Int64 = 86_400_000
        let facts = [-30, -29, -2, -1].enumerated().flatMap { index, offset in
            ["only-one", "other"].map { fact($0, index, time: UserErasureTests.quarter + Int64(offset) * day) }
        }
        _ = try await EventWriter(table: table, layout: layout).write(facts.map(\.event))
        let now = Timestamp(milliseconds: UserErasureTests.quarter)
        let erasure = UserErasure(table: table, layout: layout) { now }
        let report = try await erasure.forget("only-one")
        #expect(report.events == 4)
        #expect(report.anonymousBefore == CivilDate("2026-09-21"))
        #expect(try await traces(table, of: "only-one", mark: "only-one") == [])
        let queries = AnalyticsQueries(table: table, layout: layout) { now }
        let old = try DateRange(start: "2026-09-01", end: "2026-09-05", zone: .utc, now: now)
        let recent = try DateRange(start: "2026-09-25", end: "2026-10-01", zone: .utc, now: now)
        #expect(try await queries.dashboard(old).totalErrors == 4)
        #expect(try await queries.dashboard(old).activeUsers == 1)
        #expect(try await queries.dashboard(recent).totalErrors == 2)
        let verified = try await Verifier(table: table, layout: layout) { now }.run()
        #expect(verified.differences.map(\.description) == [])
    }

    @Test func whoIsNobodyCannotBeForgotten() async throws {
        let erasure = UserErasure(table: try SQLiteTable(.memory), layout: try TableLayout(retention: .forever))
        for user in ["_system", "", "a\u{0}", String(repeating: "a", count: 257)] {
            await #expect { try await erasure.forget(user) } throws: { error in
                (error as? AnalyticsError)?.code == .invalidArgument
            }
        }
    }
}

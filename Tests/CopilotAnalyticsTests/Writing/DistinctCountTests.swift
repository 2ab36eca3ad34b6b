import PropertyTesting
import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

/// Distinct counts that outgrow an item (64 or 256 users), then a part of it (256 more).
@Suite struct DistinctCountTests {
    private static let quarter: Int64 = 1_790_846_100_000
    private static let day = Int(quarter / 86_400_000)

    private func fact(_ user: String, _ index: Int, error: Bool) -> Fact {
        let time = DistinctCountTests.quarter + Int64(index % 900_000)
        return Fact(
            id: "i",
            user: user,
            timestamp: time,
            received: time,
            what: error ? .error(type: "E", message: "failed", pattern: "failed") : .other(type: "SEEN", tokens: 1)
        )
    }

    /// Users whose hashes fall into one part, so that few of them fill it.
    private static let crowd: [String] = {
        var users: [String] = []
        var index = 0
        while users.count < 300 {
            let user = "crowd-\(index)"
            if UserHash(userID: user).value >> 60 == 5 { users.append(user) }
            index += 1
        }
        return users
    }()

    enum Size: CaseIterable {
        case itemOfAnError, item, parts, crowd

        var users: [String] {
            switch self {
            case .itemOfAnError: (0..<65).map { "u\($0)" }
            case .item: (0..<256).map { "u\($0)" }
            case .parts: (0..<400).map { "u\($0)" }
            case .crowd: (0..<100).map { "u\($0)" } + DistinctCountTests.crowd
            }
        }
    }

    @Test(arguments: Size.allCases, Seeds.first(2))
    func countsUsersWhateverTheirNumber(size: Size, seed: UInt64) async throws {
        var generator = FactGenerator(seed: seed)
        let layout = try TableLayout(retention: .forever)
        var facts = size.users.enumerated().map { fact($1, $0, error: $0 % 4 != 0) }
        // Users come back in other quarters of the day.
        for index in 0..<40 {
            var fact = fact(size.users[index], index, error: true)
            fact.timestamp += 3_600_000
            facts.append(fact)
        }
        var states: [[Key: [String: AttributeValue]]] = []
        for limits in [nil, TableLimits.dynamoDB] {
            let table = FaultyTable(try SQLiteTable(.memory), limits: limits)
            let writers = (0..<2).map { _ in EventWriter(table: table, layout: layout) }
            let shuffled = (facts + facts.prefix(50)).shuffled(using: &generator.random)
            for batch in generator.batches(shuffled, most: limits == nil ? 450 : 60) {
                _ = try await generator.random.element(writers).write(batch.map(\.event))
            }
            var check = DashboardCheck(table: table, layout: layout)
            // A crowd of one part is no random sample: its estimate says nothing, its registers must be right.
            check.userTolerance = size == .crowd ? 1 : 0
            for zone in ["UTC", "Asia/Kolkata", "America/St_Johns"] {
                try await check.run(facts, zone: zone, from: DistinctCountTests.day, to: DistinctCountTests.day)
            }
            states.append(try await TableState.read(table))
        }
        #expect(TableState.differences(states[0], states[1]) == [])
        // The sizes are what their names say.
        let holds = { (attribute: String) in states[0].values.contains { $0[attribute] != nil } }
        #expect(holds("split") == (size != .itemOfAnError || size.users.count > 64 * 4 / 3))
        #expect(holds("r") == (size == .crowd))
    }

    /// Enough users that about half of the parts hold registers.
    @Test func estimatesManyUsers() async throws {
        var generator = FactGenerator(seed: 5)
        let layout = try TableLayout(retention: .forever)
        let table = try SQLiteTable(.memory)
        let facts = (0..<4200).map { fact("u\($0)", $0, error: false) }
        for share in generator.batches(facts.shuffled(using: &generator.random), most: 1500) {
            let writer = EventWriter(table: table, layout: layout)
            _ = try await writer.write(share.map(\.event))
        }
        let parts = try await TableState.items(table).filter { $0.key?.partition == "UNIQUES#users" }
        #expect(parts.contains { $0["r"] != nil } && parts.contains { $0["u"] != nil })
        var check = DashboardCheck(table: table, layout: layout)
        // Five standard errors of the sketch.
        check.userTolerance = 5 * 1.04 / 64
        for zone in ["UTC", "Asia/Kolkata"] {
            try await check.run(facts, zone: zone, from: DistinctCountTests.day, to: DistinctCountTests.day)
        }
    }

    /// A writer that has read all users of an item, and then missed some, must not move what it knows of and remove
    /// the rest: first out of an item of 64, then out of a part of 256.
    @Test(arguments: [true, false])
    func aStaleWriterLosesNobody(isError: Bool) async throws {
        let layout = try TableLayout(retention: .forever)
        // Other users first, so that the crowd goes to a part.
        let others =
            isError ? [] : (0..<2000).map { "u\($0)" }.filter { UserHash(userID: $0).value >> 60 != 5 }.prefix(260)
        let capacity = isError ? 64 : 256
        let users = Array(DistinctCountTests.crowd.prefix(capacity + 8))
        var facts: [Fact] = []
        func events(_ range: Range<Int>) -> [Event] {
            range.map { index in
                // Each a new event, also where the user is not new.
                let fact = fact(users[index], facts.count, error: isError)
                facts.append(fact)
                return fact.event
            }
        }
        let table = try SQLiteTable(.memory)
        let stale = EventWriter(table: table, layout: layout)
        let busy = EventWriter(table: table, layout: layout)
        for (index, user) in others.enumerated() { facts.append(fact(user, index, error: isError)) }
        _ = try await stale.write(facts.map(\.event))
        let last = capacity - 4
        _ = try await stale.write(events(0..<30))
        _ = try await busy.write(events(30..<last))
        // They are stored already, which this writer learns with all the others.
        _ = try await stale.write(events(30..<40))
        _ = try await busy.write(events(last..<last + 2))
        // By its knowledge five do not fit; by what is stored neither.
        _ = try await stale.write(events(users.count - 5..<users.count))

        let fresh = try SQLiteTable(.memory)
        _ = try await EventWriter(table: fresh, layout: layout).write(facts.map(\.event))
        let expected = try await TableState.read(fresh)
        #expect(TableState.differences(try await TableState.read(table), expected) == [])
        #expect(expected.values.contains { $0[isError ? "split" : "r"] != nil })
    }

    @Test func samplesOfUsersAreBounded() async throws {
        let layout = try TableLayout(retention: .forever)
        let table = try SQLiteTable(.memory)
        let writers = (0..<3).map { _ in EventWriter(table: table, layout: layout) }
        for index in 0..<60 {
            _ = try await writers[index % 3].write([fact("u\(index)", index, error: true).event])
        }
        let item = try await TableState.items(table).first { $0.key?.sort.hasPrefix("PATTERN#") == true }
        #expect(item?["affectedUsers"]?.stringSetValue?.count == 20)
        #expect(item?["count"]?.intValue == 60)
    }
}

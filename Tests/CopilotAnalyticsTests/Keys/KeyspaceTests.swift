import PropertyTesting
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct KeyspaceTests {
    private func event(_ user: String, _ id: String, at milliseconds: Int64 = 1_790_846_100_000, type: String = "A")
        -> Event
    {
        let time = Timestamp(milliseconds: milliseconds)
        return Event(id: id, type: EventType(rawValue: type), userID: user, timestamp: time, receivedAt: time)
    }

    @Test(arguments: Seeds.first(100))
    func hostileIdsReturnFromTheirKeys(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let layout = try TableLayout(tenant: random.chance(0.5) ? "acme/#1" : nil, retention: .forever)
        for _ in 0..<20 {
            let id = random.hostileText(1...4, controls: false)
            guard !id.isEmpty else { continue }
            #expect(Array(Keyspace.decode(Keyspace.encode(id)[...]).utf8) == Array(id.utf8))
            let original = event(random.hostileText(1...4, controls: false), id)
            let item = original.item(in: layout, overflow: [])
            let read = try #require(Event(item: item, keys: layout.keys), "\(id.unicodeScalars.map(\.value))")
            #expect(Array(read.id.utf8) == Array(id.utf8))
            #expect(read == original)
        }
    }

    /// `#` and what follows it can be one character to Swift: `#\u{301}`, or the keycap emoji.
    @Test(arguments: ["\u{301}x", "\u{FE0F}\u{20E3}", "\u{200D}", "\u{1F3FD}"])
    func idsThatCombineWithTheSeparatorAreRead(id: String) throws {
        let layout = try TableLayout(retention: .forever)
        let original = event("u", id)
        #expect(Event(item: original.item(in: layout, overflow: []), keys: layout.keys) == original)
    }

    @Test(arguments: Seeds.first(50))
    func keysOfDistinctIdentitiesDiffer(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let keys = try Keyspace()
        var identities: [Key: String] = [:]
        for _ in 0..<300 {
            // Few building blocks, so that concatenations meet.
            let blocks = ["a", "#", "/", "%", "%23", "23", "1", "1790846100000", "#1790846100000#"]
            let user = (0...random.integer(0...3)).map { _ in random.element(blocks) }.joined()
            let id = (0...random.integer(0...3)).map { _ in random.element(blocks) }.joined()
            let time = Int64(1_790_846_100_000 + random.integer(0...1))
            let key = keys.event(event(user, id, at: time, type: random.element(["A", "B"])))
            let identity = "\(key.partition)|\(user)|\(time)|\(id)"
            #expect(identities[key] == nil || identities[key] == identity)
            identities[key] = identity
            #expect(key.sort.utf8.filter { $0 == UInt8(ascii: "#") }.count == 2)
        }
    }

    @Test func keysAreTheSeeds() throws {
        let layout = try TableLayout(retention: .forever)
        let event = event("ada", "r-1", type: "ACTION_EXECUTED")
        #expect(layout.keys.event(event) == Key("EVENT#ACTION_EXECUTED", "ada#1790846100000#r-1"))
        let day = Period.day(CivilDate("2026-10-01")!)
        let quarter = Period.quarter(of: event.timestamp)
        func key(_ subject: RollupSubject, _ period: Period) -> Key {
            layout.keys.key(RollupKey(subject: subject, period: period))
        }
        #expect(key(.command("book"), day) == Key("COMMAND#book", "STATS#2026-10-01"))
        #expect(key(.command("a/b#c%"), quarter) == Key("COMMAND#a%2Fb%23c%25", "QUARTER#2026-10-01T09:15"))
        #expect(key(.error(type: "E", hash: "h"), .lifetime) == Key("ERROR#E", "PATTERN#h"))
        #expect(key(.error(type: "E", hash: "h"), day) == Key("ERROR#E", "STATS#2026-10-01#h"))
        #expect(key(.totals, day) == Key("SUMMARY", "STATS#2026-10-01"))
        #expect(key(.users, day) == Key("UNIQUES#users", "STATS#2026-10-01"))
    }

    @Test func aTenantIsAPrefixOfEveryPartition() throws {
        let tenant = try TableLayout(tenant: "a/b", retention: .dynamoDB)
        let plain = try TableLayout(retention: .dynamoDB)
        let event = event("ada", "r-1")
        #expect(tenant.keys.prefix == "TENANT#a%2Fb/")
        let pairs = [
            (tenant.keys.event(event), plain.keys.event(event)),
            (tenant.keys.directory(.commands), plain.keys.directory(.commands)),
            (
                tenant.keys.part(3, of: RollupKey(subject: .users, period: .lifetime)),
                plain.keys.part(3, of: RollupKey(subject: .users, period: .lifetime))
            ),
        ]
        for (own, other) in pairs {
            #expect(own.partition == "TENANT#a%2Fb/" + other.partition)
            #expect(own.sort == other.sort)
        }
        let item = event.item(in: tenant, overflow: [])
        #expect(item["GSI1PK"]?.stringValue?.hasPrefix("TENANT#a%2Fb/DAY#2026-10-01#") == true)
        #expect(tenant.keys.isEvent(tenant.keys.event(event)) && !tenant.keys.isEvent(plain.keys.event(event)))
        #expect(plain.keys.isEvent(plain.keys.event(event)) && !plain.keys.isEvent(tenant.keys.event(event)))
    }

    @Test(arguments: ["", "a\u{0}", "a\nb", String(repeating: "x", count: 129)])
    func refusesTenantsThatMakeNoKeys(tenant: String) {
        let error = #expect(throws: AnalyticsError.self) { try Keyspace(tenant: tenant) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func rawEventsExpireAtTheEndOfTheirDayAndTheRetention() throws {
        let layout = try TableLayout(
            zone: try Zone("Asia/Kolkata"), retention: Retention(eventDays: 90, rollupDays: 400))
        let item = event("u", "i").item(in: layout, overflow: [])
        // 2026-10-01 ends at 18:30Z; 90 days later it is 2026-12-30.
        let expiry = try #require(Timestamp(rfc3339: "2026-12-30T18:30:00Z"))
        #expect(item["ttl"]?.intValue == Int(expiry.milliseconds / 1000))
        let forever = try TableLayout(retention: .forever)
        #expect(event("u", "i").item(in: forever, overflow: [])["ttl"] == nil)
    }
}

import LosslessJSON
import PropertyTesting
import SingleTable
import Testing

@testable import CopilotAnalytics

/// What nobody should send: no decoder crashes, and what it accepts keeps every limit, however it came about.
@Suite struct DecoderFuzzTests {
    static let now = Timestamp(rfc3339: "2026-10-05T12:00:00Z")!
    static let decoder = EventDecoder(receipt: .now, retention: .dynamoDB) { DecoderFuzzTests.now }
    static let history = EventDecoder(receipt: .history, retention: .dynamoDB) { DecoderFuzzTests.now }

    /// JSON that looks like what is expected often enough to get past the first check.
    private struct Maker {
        var random: SeededGenerator

        mutating func value(_ depth: Int) -> JSONValue {
            switch random.integer(0...(depth > 0 ? 9 : 7)) {
            case 0: return .null
            case 1: return .bool(random.chance(0.5))
            case 2: return .number(number())
            case 3: return .string(time())
            case 4: return .string(String(repeating: random.hostileText(0...3), count: random.integer(0...90)))
            case 5...7: return .string(random.hostileText(0...6))
            case 8: return .array((0..<random.integer(0...4)).map { _ in value(depth - 1) })
            default: return object(["a", "email", "text", "id", "token"], depth - 1)
            }
        }

        mutating func number() -> String {
            random.element([
                "0", "-0", "-1", "1e3", "1E400", "1.5", "0.1e-7", "9007199254740993", "1791000000", "1e1000000",
                "\(DecoderFuzzTests.now.milliseconds + Int64(random.integer(-9_000_000_000...9_000_000_000)))",
                "1\(random.digits(40))", "999999999999999", "1e15", "1000000000000000.1", "10000000000000",
            ])
        }

        mutating func time() -> String {
            let offset = Int64(random.integer(-9_000_000_000...7_200_000))
            let time = DecoderFuzzTests.now.adding(milliseconds: offset).description
            return random.element([time, time.replacing("Z", with: "+05:30"), "0000-00-00T00:00:00Z", "2026-10-05"])
        }

        mutating func object(_ names: [String], _ depth: Int) -> JSONValue {
            var object = JSONObject()
            for name in names where random.chance(0.8) { object[name] = value(depth) }
            if random.chance(0.2) { object[random.hostileText(1...4)] = value(depth) }
            return .object(object)
        }

        /// A member replaced by anything, now and then.
        mutating func spoiled(_ json: JSONValue) -> JSONValue {
            guard var object = json.objectValue else { return json }
            for name in object.members.map(\.name) where random.chance(0.15) { object[name] = value(3) }
            for name in object.members.map(\.name) where random.chance(0.05) { object[name] = nil }
            if random.chance(0.1) { object[random.hostileText(1...3)] = value(2) }
            return .object(object)
        }
    }

    private func check(_ event: Event, isHistory: Bool = false) throws {
        #expect((1...EventLimits.idBytes).contains(event.id.utf8.count))
        #expect((1...EventLimits.nameBytes).contains(event.userID.utf8.count))
        for name in [event.conversationID, event.connectionID, event.agentID].compactMap({ $0 }) {
            #expect((1...EventLimits.nameBytes).contains(name.utf8.count))
        }
        #expect(event.type.rawValue.wholeMatch(of: /[A-Z][A-Z0-9_]{0,63}/) != nil)
        let now = DecoderFuzzTests.now
        #expect(event.occurredAt <= now.adding(milliseconds: 3_600_000))
        #expect(event.occurredAt >= now.adding(milliseconds: -89 * 86_400_000))
        #expect("\(event.timestamp.milliseconds)".count == 13)
        for name in ["executionTime", "responseTime", "inputTokens", "cost"] {
            if let amount = event.metadata[name] { #expect(amount.numberValue.map { $0 >= 0 } == true) }
        }
        // It fits a table: its key, its item, and what finds it again.
        let layout = try TableLayout(retention: .dynamoDB)
        let item = event.item(in: layout, overflow: [])
        #expect(Event(item: item, keys: layout.keys) == event)
        #expect(item.key?.sort.utf8.count ?? 0 <= 1024)
        var rollups = RollupSet()
        rollups.add(event, overflow: [], zone: .utc)
        #expect(!rollups.rollups.isEmpty)
        if !isHistory { #expect(event.receivedAt == now) }
    }

    private static let base: JSONValue = [
        "id": "1", "type": "ACTION_EXECUTED", "userId": "ada", "conversationId": "c", "agentId": "g",
        "timestamp": "2026-10-05T11:00:00Z", "sentAt": "2026-10-05T11:00:01Z", "receivedAt": "2026-10-05T11:00:02Z",
        "metadata": ["commandName": "c", "executionTime": 5, "parameters": ["a": 1], "errorMessage": "no", "cost": 1],
    ]

    @Test(arguments: Seeds.first(10)) func events(seed: UInt64) throws {
        var maker = Maker(random: SeededGenerator(seed: seed))
        var accepted = 0
        for _ in 0..<300 {
            var json = maker.spoiled(DecoderFuzzTests.base)
            if maker.random.chance(0.5), var object = json.objectValue {
                object["metadata"] = maker.spoiled(DecoderFuzzTests.base["metadata"] ?? .null)
                json = .object(object)
            }
            for (decoder, isHistory) in [(DecoderFuzzTests.decoder, false), (DecoderFuzzTests.history, true)] {
                guard let event = try? decoder.decode(json).event else { continue }
                accepted += 1
                try check(event, isHistory: isHistory)
            }
        }
        #expect(accepted > 30 && accepted < 570)
    }

    /// Bytes changed, cut, doubled: it is the parser's turn as well.
    @Test(arguments: Seeds.first(10)) func lines(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let line = Array(DecoderFuzzTests.base.jsonText.utf8)
        for _ in 0..<400 {
            var bytes = line
            for _ in 0..<random.integer(1...4) {
                let place = random.integer(0...bytes.count - 1)
                switch random.integer(0...3) {
                case 0: bytes[place] = UInt8(random.integer(0...255))
                case 1: bytes.removeSubrange(place..<min(place + random.integer(1...9), bytes.count))
                case 2: bytes.insert(contentsOf: bytes.prefix(random.integer(0...30)), at: place)
                default: bytes[place] ^= 1 << UInt8(random.integer(0...7))
                }
                if bytes.isEmpty { bytes = [0] }
            }
            guard let event = try? DecoderFuzzTests.decoder.decode(line: bytes).event else { continue }
            try check(event)
        }
    }

    @Test(arguments: Seeds.first(10)) func segment(seed: UInt64) throws {
        var maker = Maker(random: SeededGenerator(seed: seed))
        var accepted = 0
        var ignored = 0
        for _ in 0..<300 {
            let json = maker.random.chance(0.1) ? maker.value(3) : maker.spoiled(SegmentMessageTests.track)
            let kind = maker.random.chance(0.2) ? maker.random.element(SegmentMessage.Kind.allCases) : nil
            let sentAt = maker.random.chance(0.3) ? maker.value(1) : nil
            switch try? SegmentMessage(kind: kind, sentAt: sentAt).read(json) {
            case .event(let json):
                guard let event = try? DecoderFuzzTests.decoder.decode(json).event else { continue }
                accepted += 1
                try check(event)
            case .ignored(let kind):
                ignored += 1
                #expect(kind != .track)
            case nil: break
            }
        }
        #expect(accepted > 20 && ignored > 5 && accepted < 290)
    }

    @Test(arguments: Seeds.first(5)) func services(seed: UInt64) throws {
        var maker = Maker(random: SeededGenerator(seed: seed))
        for _ in 0..<200 {
            let record = maker.random.element(ServiceRecord.allCases)
            let json = maker.spoiled([
                "user_id": "u", "activity_type": "login", "message_id": "m", "conversation_id": "c", "role": "user",
                "tokens": 5, "response_time": 1, "extra_data": ["a": 1], "action": "created", "status_code": 200,
            ])
            guard let event = try? DecoderFuzzTests.decoder.decode(record.event(json)).event else { continue }
            try check(event)
        }
    }
}

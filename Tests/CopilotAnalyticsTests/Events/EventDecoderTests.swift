import LosslessJSON
import SingleTable
import Testing

@testable import CopilotAnalytics

/// Decodes an event of which only one thing is out of the ordinary.
struct SampleLine {
    static let received = Timestamp(rfc3339: "2026-10-05T00:00:00Z")!
    static let decoder = EventDecoder(receipt: .now) { SampleLine.received }

    static func json(_ changes: [String: JSONValue]) -> JSONValue {
        var object = JSONObject()
        object["id"] = "e-1"
        object["type"] = "ACTION_EXECUTED"
        object["userId"] = "ada"
        object["timestamp"] = 1_790_846_100_000
        for (name, value) in changes { object[name] = value }
        return .object(object)
    }

    static func without(_ name: String) -> JSONValue {
        var object = json([:]).objectValue ?? JSONObject()
        object[name] = nil
        return .object(object)
    }

    static func decode(_ changes: [String: JSONValue] = [:]) throws(EventRejection) -> Event {
        try decoder.decode(json(changes)).event
    }

    static func metadata(_ metadata: JSONValue) throws(EventRejection) -> [String: AttributeValue] {
        try decode(["metadata": metadata]).metadata
    }
}

@Suite struct EventDecoderTests {
    @Test func readsEveryField() throws {
        let line = #"""
            {"id":"tau-1","type":"ACTION_EXECUTED","userId":"chen","conversationId":"c-1","connectionId":"ws-1",
            "agentId":"gpt","timestamp":1790844967490,"metadata":{"commandName":"book","executionTime":1512}}
            """#
        let decoded = try SampleLine.decoder.decode(line: Array(line.utf8))
        #expect(
            decoded.event
                == Event(
                    id: "tau-1",
                    type: .actionExecuted,
                    userID: "chen",
                    conversationID: "c-1",
                    connectionID: "ws-1",
                    agentID: "gpt",
                    timestamp: Timestamp(milliseconds: 1_790_844_967_490),
                    receivedAt: SampleLine.received,
                    metadata: ["commandName": "book", "executionTime": 1512]
                )
        )
        #expect(decoded.unknownFields.isEmpty)
    }

    @Test func namesUnknownFields() throws {
        let decoded = try SampleLine.decoder.decode(SampleLine.json(["color": "red", "sentAt": nil, "x": [1]]))
        #expect(Set(decoded.unknownFields) == ["color", "x"])
    }

    @Test func assignsWhatMayBeMissing() throws {
        #expect(try SampleLine.decoder.decode(SampleLine.without("timestamp")).event.timestamp == SampleLine.received)
        let one = try SampleLine.decoder.decode(SampleLine.without("id")).event.id
        let other = try SampleLine.decoder.decode(SampleLine.without("id")).event.id
        #expect(one != other && !one.isEmpty)
        for name in ["conversationId", "connectionId", "agentId", "metadata", "timestamp", "id"] {
            #expect(throws: Never.self) { try SampleLine.decode([name: .null]) }
        }
    }

    @Test(arguments: ["type", "userId"])
    func requires(field: String) {
        for json in [SampleLine.without(field), SampleLine.json([field: .null])] {
            let rejection = #expect(throws: EventRejection.self) { try SampleLine.decoder.decode(json) }
            #expect(rejection?.code == .missingField)
            #expect(rejection?.field == field)
        }
    }

    @Test func takesEventTypeAsWell() throws {
        var object = SampleLine.without("type").objectValue!
        object["eventType"] = "agent.created"
        #expect(try SampleLine.decoder.decode(.object(object)).event.type.rawValue == "AGENT_CREATED")
    }

    @Test func historyIsReceivedWhenItHappened() throws {
        let decoder = EventDecoder(receipt: .history) { SampleLine.received }
        #expect(try decoder.decode(SampleLine.json([:])).event.receivedAt.milliseconds == 1_790_846_100_000)
        let told = SampleLine.json(["receivedAt": 1_790_846_200_000])
        #expect(try decoder.decode(told).event.receivedAt.milliseconds == 1_790_846_200_000)
        // A sender cannot tell a receiver when it received.
        #expect(try SampleLine.decoder.decode(told).event.receivedAt == SampleLine.received)
        let corrected = SampleLine.json(["correctedTimestamp": 1_790_846_300_000])
        #expect(try decoder.decode(corrected).event.occurredAt.milliseconds == 1_790_846_300_000)
        #expect(try SampleLine.decoder.decode(corrected).event.correctedTimestamp == nil)
    }

    @Test(arguments: ["[]", "1", "\"x\"", "null", "true"])
    func anEventIsAnObject(line: String) {
        let rejection = #expect(throws: EventRejection.self) { try SampleLine.decoder.decode(line: Array(line.utf8)) }
        #expect(rejection?.code == .notAnObject)
    }

    @Test(arguments: ["", "{", "{\"type\":NaN}", "{\"type\":Infinity}", "{'a':1}", "\u{FEFF}{}"])
    func anEventIsJSON(line: String) {
        let rejection = #expect(throws: EventRejection.self) { try SampleLine.decoder.decode(line: Array(line.utf8)) }
        #expect(rejection?.code == .invalidJSON)
    }

    static let texts = ["id", "userId", "conversationId", "connectionId", "agentId"]

    @Test(
        arguments: texts,
        [
            JSONValue.number("1"), .bool(true), .array(["a"]), .object(JSONObject()), "", "a\u{0}b", "a\nb", "\u{7F}",
            "\u{85}",
        ])
    func refusesTextsThatAreNone(field: String, value: JSONValue) {
        let rejection = #expect(throws: EventRejection.self) { try SampleLine.decode([field: value]) }
        #expect(rejection?.code == .invalidField)
        #expect(rejection?.field == field)
    }

    static let limits: [(field: String, most: Int)] = [
        ("id", 128), ("userId", 256), ("conversationId", 256), ("connectionId", 256), ("agentId", 256),
    ]

    @Test(arguments: limits)
    func boundsTextsToTheByte(field: String, most: Int) {
        for text in [
            String(repeating: "x", count: most - 1), String(repeating: "x", count: most),
            String(repeating: "é", count: most / 2),
        ] {
            #expect(throws: Never.self) { try SampleLine.decode([field: .string(text)]) }
        }
        for text in [String(repeating: "x", count: most + 1), String(repeating: "é", count: most / 2) + "x"] {
            let rejection = #expect(throws: EventRejection.self) { try SampleLine.decode([field: .string(text)]) }
            #expect(rejection?.field == field)
        }
        // The normalized text is what counts: three bytes each before, two after.
        let decomposed = String(repeating: "e\u{301}", count: most / 2)
        #expect(throws: Never.self) { try SampleLine.decode([field: .string(decomposed)]) }
    }

    @Test func normalizesToFormC() throws {
        let event = try SampleLine.decode([
            "userId": "cafe\u{301}", "id": "A\u{30A}", "metadata": ["commandName": "e\u{301}", "o\u{308}": "u\u{308}"],
        ])
        #expect(Array(event.userID.utf8) == Array("caf\u{E9}".utf8))
        #expect(Array(event.id.utf8) == Array("\u{C5}".utf8))
        #expect(event.metadata["commandName"]?.stringValue.map { Array($0.utf8) } == Array("\u{E9}".utf8))
        let (name, value) = try #require(event.metadata.first { $0.key != "commandName" })
        #expect(Array(name.utf8) == Array("\u{F6}".utf8))
        #expect(value.stringValue.map { Array($0.utf8) } == Array("\u{FC}".utf8))
    }

    @Test func boundsTheLineToTheByte() throws {
        func line(_ count: Int) -> [UInt8] {
            let head = #"{"type":"A","userId":"u","metadata":{"note":""#
            let tail = #""}}"#
            return Array((head + String(repeating: "x", count: count - head.utf8.count - tail.utf8.count) + tail).utf8)
        }
        #expect(line(32 * 1024).count == 32 * 1024)
        #expect(throws: Never.self) { try SampleLine.decoder.decode(line: line(32 * 1024)) }
        let rejection = #expect(throws: EventRejection.self) {
            try SampleLine.decoder.decode(line: line(32 * 1024 + 1))
        }
        #expect(rejection?.code == .tooLarge)
    }

    static let types: [(given: String, stored: String?)] = [
        ("ACTION_EXECUTED", "ACTION_EXECUTED"), ("agent.created", "AGENT_CREATED"), ("tool_usage", "TOOL_USAGE"),
        ("user.logged_in", "USER_LOGGED_IN"), ("A", "A"), ("a1", "A1"),
        (String(repeating: "A", count: 64), String(repeating: "A", count: 64)),
        (String(repeating: "A", count: 65), nil), ("", nil), ("1A", nil), ("_A", nil), (".a", nil), ("A-B", nil),
        ("A B", nil),
        ("Ä", nil), ("A\n", nil), ("A#B", nil), ("A/B", nil), ("ＡＢＣ", nil),
    ]

    @Test(arguments: types)
    func spellingsOfTypes(given: String, stored: String?) {
        #expect(EventType(validating: given)?.rawValue == stored)
        #expect((try? SampleLine.decode(["type": .string(given)]))?.type.rawValue == stored)
    }
}

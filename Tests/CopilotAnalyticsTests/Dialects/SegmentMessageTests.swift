import LosslessJSON
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct SegmentMessageTests {
    static let now = Timestamp(rfc3339: "2026-10-05T12:00:00Z")!
    static let decoder = EventDecoder(receipt: .now) { SegmentMessageTests.now }

    /// As Segment's documentation has it, with everything that SDKs add.
    static let track: JSONValue = [
        "type": "track", "event": "Command Executed", "messageId": "ajs-1", "userId": "ada",
        "anonymousId": "507f191e81", "timestamp": "2026-10-05T11:59:58.250Z", "sentAt": "2026-10-05T11:59:59.000Z",
        "properties": [
            "commandName": "book", "executionTime": .number("12.5"), "conversationId": "c-1", "agentId": "gpt",
            "email": "a@b.example",
        ],
        "context": ["ip": "192.0.2.1", "library": ["name": "analytics-python", "version": "2.4.0"]],
        "integrations": ["All": true],
    ]

    private func event(
        _ changes: [String: JSONValue],
        kind: SegmentMessage.Kind? = nil,
        sentAt: JSONValue? = nil
    ) throws(EventRejection) -> Event? {
        var object = SegmentMessageTests.track.objectValue ?? JSONObject()
        for (name, value) in changes { object[name] = value }
        switch try SegmentMessage(kind: kind, sentAt: sentAt).read(.object(object)) {
        case .event(let json): return try SegmentMessageTests.decoder.decode(json).event
        case .ignored: return nil
        }
    }

    @Test func aMessageIsAnEvent() throws {
        #expect(
            try event([:])
                == Event(
                    id: "ajs-1",
                    type: EventType(rawValue: "COMMAND_EXECUTED"),
                    userID: "ada",
                    conversationID: "c-1",
                    agentID: "gpt",
                    timestamp: Timestamp(rfc3339: "2026-10-05T11:59:58.250Z")!,
                    receivedAt: SegmentMessageTests.now,
                    metadata: ["commandName": "book", "executionTime": .number(Number("12.5")!), "email": "[REDACTED]"]
                )
        )
    }

    @Test func people() throws {
        #expect(try event(["userId": .null])?.userID == "anon:507f191e81")
        #expect(try event(["userId": ""])?.userID == "anon:507f191e81")
        #expect(try event(["userId": 42])?.userID == "42")
        let error = #expect(throws: EventRejection.self) { try event(["userId": .null, "anonymousId": ""]) }
        #expect(error?.code == .missingField && error?.field == "userId")
        #expect(throws: EventRejection.self) { try event(["userId": ["a"]]) }
    }

    /// `receivedAt − (sentAt − originalTimestamp)`, the message's own `sentAt` before the batch's.
    @Test func times() throws {
        let early: JSONValue = "2026-10-05T10:00:00Z"
        let corrected = try #require(try event(["timestamp": "2026-10-05T09:59:58Z", "sentAt": early]))
        #expect(corrected.occurredAt == SegmentMessageTests.now.adding(milliseconds: -2000))
        #expect(corrected.timestamp == Timestamp(rfc3339: "2026-10-05T09:59:58Z"))
        let batched = try event(["timestamp": "2026-10-05T09:59:58Z", "sentAt": .null], sentAt: early)
        #expect(batched?.correctedTimestamp == corrected.correctedTimestamp)
        #expect(try event([:], sentAt: early)?.correctedTimestamp == nil)
        let original = try event(["originalTimestamp": "2026-10-05T11:00:00Z"])
        #expect(original?.timestamp == Timestamp(rfc3339: "2026-10-05T11:00:00Z"))
        // Without a time it is now.
        #expect(try event(["timestamp": .null])?.timestamp == SegmentMessageTests.now)
    }

    @Test func kinds() throws {
        for kind in SegmentMessage.Kind.allCases {
            #expect((try event(["type": .string(kind.rawValue)]) == nil) == (kind != .track))
            // The path says what it is, whatever the message says.
            #expect((try event(["type": "track"], kind: kind) == nil) == (kind != .track))
        }
        for type in [JSONValue.null, "delete", 7, "TRACK"] {
            #expect(throws: EventRejection.self) { try event(["type": type]) }
        }
    }

    @Test(
        arguments: [
            ["event": nil], ["event": ""], ["event": 7], ["event": "日本"], ["properties": "text"], ["properties": [1]],
            ["messageId": .string(String(repeating: "x", count: 129))], ["messageId": true], ["timestamp": "yesterday"],
            ["sentAt": "soon"], ["timestamp": "2026-10-05T13:00:01Z"],
            ["userId": .string(String(repeating: "x", count: 257))],
            ["properties": ["executionTime": -1]],
        ] as [[String: JSONValue]])
    func areRejected(changes: [String: JSONValue]) {
        #expect(throws: EventRejection.self) { try event(changes) }
    }
}

import LosslessJSON
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct ServiceRecordTests {
    static let now = Timestamp(rfc3339: "2026-10-05T12:00:00Z")!

    private func event(_ record: ServiceRecord, _ json: JSONValue) throws(EventRejection) -> Event {
        try EventDecoder(receipt: .now) { ServiceRecordTests.now }.decode(record.event(json)).event
    }

    /// The request of the seed's own code.
    @Test func anActivity() throws {
        let login = try event(
            .activity,
            [
                "user_id": "u-1", "username": "ada", "activity_type": "login", "ip_address": "192.0.2.7",
                "user_agent": "Mozilla/5.0", "extra_data": ["plan": "pro"],
            ]
        )
        #expect(login.type.rawValue == "LOGIN" && login.userID == "u-1" && login.timestamp == ServiceRecordTests.now)
        #expect(login.metadata == ["userName": "ada", "userAgent": "Mozilla/5.0", "plan": "pro"])
        for name in [
            "logout", "registration", "conversation_started", "conversation_ended", "message_sent", "api_call",
        ] {
            let json: JSONValue = ["user_id": "u", "activity_type": .string(name)]
            #expect(try event(.activity, json).type.rawValue == name.uppercased())
        }
    }

    @Test func anAPICall() throws {
        let call = try event(
            .apiUsage,
            [
                "endpoint": "/conversations/?q=secret", "method": "GET", "user_id": nil, "status_code": 200,
                "response_time": .number("0.0421"), "timestamp": "2026-10-05T11:00:00Z",
            ]
        )
        #expect(call.type.rawValue == "API_CALL" && call.userID == Event.systemUser)
        #expect(call.timestamp == Timestamp(rfc3339: "2026-10-05T11:00:00Z"))
        #expect(
            call.metadata == [
                "endpoint": "/conversations/", "method": "GET", "statusCode": 200,
                "responseTime": .number(Number("42.1")!),
            ]
        )
    }

    @Test func aConversation() throws {
        func type(_ changes: [(String, JSONValue)]) throws -> String {
            var json = JSONObject()
            json["conversation_id"] = 7
            json["user_id"] = "u"
            for (name, value) in changes { json[name] = value }
            let event = try event(.conversation, .object(json))
            #expect(event.conversationID == "7")
            return event.type.rawValue
        }
        #expect(try type([("action", "created")]) == "CONVERSATION_STARTED")
        #expect(try type([("action", "deleted")]) == "CONVERSATION_ENDED")
        #expect(try type([("status", "deleted")]) == "CONVERSATION_ENDED")
        #expect(try type([("status", "active"), ("message_count", 3)]) == "CONVERSATION_UPDATED")
        #expect(try type([]) == "CONVERSATION_UPDATED")
    }

    @Test func aMessage() throws {
        let answer = try event(
            .message,
            [
                "message_id": "m-1", "conversation_id": "c-1", "user_id": "u", "role": "assistant", "tokens": 150,
                "model": "gpt", "response_time": .number("1.5"),
            ]
        )
        #expect(answer.id == "m-1" && answer.conversationID == "c-1" && answer.type.rawValue == "MESSAGE_RECEIVED")
        #expect(answer.metadata == ["role": "assistant", "outputTokens": 150, "model": "gpt", "responseTime": 1500])
        let question = try event(.message, ["user_id": "u", "role": "user", "token_count": 9, "model_used": "gpt"])
        #expect(question.type.rawValue == "MESSAGE_SENT")
        #expect(question.metadata == ["role": "user", "inputTokens": 9, "model": "gpt"])
    }

    static let seconds: [(written: String, milliseconds: String)] = [
        ("0", "0"), ("1", "1000"), ("0.001", "1"), ("1e-3", "1"), ("1.5E+2", "150000"), ("0.0000001", "0.0001"),
        ("123456789.123456", "123456789123.456"),
    ]

    @Test(arguments: seconds) func secondsBecomeMilliseconds(written: String, milliseconds: String) throws {
        let event = try event(.apiUsage, ["response_time": .number(written)])
        #expect(event.metadata["responseTime"] == .number(Number(milliseconds)!))
    }

    static let rejected: [(ServiceRecord, JSONValue, field: String)] = [
        (.activity, ["user_id": "u"], "activity_type"), (.activity, ["activity_type": "login"], "userId"),
        (.activity, ["user_id": "u", "activity_type": "???"], "event"),
        (.activity, ["user_id": "u", "activity_type": "a", "extra_data": "x"], "extra_data"),
        (.apiUsage, ["response_time": "fast"], "response_time"),
        (.apiUsage, ["response_time": .number("1e9999999999")], "response_time"),
        (.apiUsage, ["response_time": -1], "responseTime"), (.conversation, ["action": "created"], "userId"),
        (.conversation, ["user_id": "u", "action": 1], "action"), (.message, ["user_id": "u", "role": 1], "role"),
    ]

    @Test(arguments: rejected) func areRejected(record: ServiceRecord, json: JSONValue, field: String) {
        let error = #expect(throws: EventRejection.self) { try event(record, json) }
        #expect(error?.field == field)
    }
}

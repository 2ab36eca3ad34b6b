import AnalyticsHandlers
import CopilotAnalytics
import Locking
import LosslessJSON
import Testing

/// The ways in: what is answered, what is bounded.
@Suite struct IngestionTests {
    private static let track = "/api/v1/analytics/track"

    private func event(_ id: String, _ extra: String = "") -> String {
        #"{"id":"\#(id)","type":"ACTION_EXECUTED","userId":"u","timestamp":1791000000000,"#
            + #""metadata":{"commandName":"c"}\#(extra)}"#
    }

    // MARK: Back-pressure

    /// Holds what it is given until it is let go.
    private actor Stuck: EventSink {
        nonisolated let retention = Retention.forever
        private(set) var taken = 0
        private var waiting: [CheckedContinuation<Void, Never>] = []
        private var isOpen = false

        func take(_ events: [Event]) async throws(SinkError) -> EventReceipt {
            taken += 1
            if !isOpen { await withCheckedContinuation { waiting.append($0) } }
            return .written(events.map { _ in .accepted })
        }

        func open() {
            isOpen = true
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
    }

    @Test func noMoreThanCanBeWritten() async throws {
        let sink = Stuck()
        let test = try TestAPI(sink: sink, maximumWrites: 3)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<3 {
                let body = event("\(index)")
                group.addTask { await test.post(IngestionTests.track, body).status }
            }
            while await sink.taken < 3 { await Task.yield() }
            for path in [IngestionTests.track, "/v1/batch", "/v1/track"] {
                let answer = await test.post(path, event("more"))
                #expect(answer.status == 429 && answer.header("retry-after") == "1", "\(path)")
                #expect(answer.header("content-type") == "application/problem+json")
            }
            // Who reads is not held up, nor is anything of the turned-away ones kept.
            #expect(await test.get("/analytics/errors").status == 200)
            #expect(await sink.taken == 3)
            await sink.open()
            for try await status in group { #expect(status == 207) }
        }
        #expect(await test.post(IngestionTests.track, event("4")).status == 207)
    }

    // MARK: With a queue before the table

    private struct Queue: EventSink {
        let retention = Retention.forever
        func take(_ events: [Event]) async throws(SinkError) -> EventReceipt { .queued }
    }

    @Test func queuedEvents() async throws {
        let test = try TestAPI(sink: Queue())
        let answer = await test.post(IngestionTests.track, "[\(event("1")),{},\(event("2"))]")
        #expect(answer.status == 202 && answer.number("queued") == 2 && answer.number("rejected") == 1)
        #expect(answer.statuses == ["queued", "rejected", "queued"])
        #expect(await test.post("/v1/batch", #"{"batch":[]}"#).json == ["success": true])
        #expect(await test.get("/analytics/ingestion").number("queued") == 2)
    }

    // MARK: Segment

    private func message(_ id: String, _ type: String = "track") -> String {
        #"{"type":"\#(type)","event":"Action Executed","messageId":"\#(id)","userId":"u","#
            + #""timestamp":"2026-10-05T11:59:00Z","properties":{"commandName":"c"}}"#
    }

    @Test func aBadMessageFailsNoBatch() async throws {
        let test = try TestAPI()
        let kinds = ["identify", "page", "screen", "group", "alias"].map { message("i", $0) }
        let bad = [
            "7", "null", "{}", #"{"type":"track"}"#, message("1", "delete"),
            message("é").replacing("u", with: "\\u0001"),
        ]
        let batch = [message("1"), message("1"), message("2")] + kinds + bad
        let body = #"{"batch":[\#(batch.joined(separator: ","))],"sentAt":"2026-10-05T12:00:00Z","writeKey":"k"}"#
        let answer = await test.post("/v1/batch", body)
        #expect(answer.status == 200 && answer.json == ["success": true])
        let counts = await test.get("/analytics/ingestion")
        #expect(counts.number("accepted") == 2 && counts.number("duplicates") == 1)
        #expect(counts["ignored"] == ["identify": 1, "page": 1, "screen": 1, "group": 1, "alias": 1])
        let rejected = counts["rejected"]?.objectValue?.members.compactMap { Int($0.value.numberText ?? "") } ?? []
        #expect(rejected.reduce(0, +) == bad.count)
        let summary = await test.get("/analytics/dashboard?endDate=2026-10-05")["summary"]
        #expect(summary?["totalExecutions"] == 2 && summary?["activeUsers"] == 1)
    }

    @Test func onePathAKind() async throws {
        let test = try TestAPI()
        for kind in ["track", "identify", "page", "screen", "group", "alias"] {
            let answer = await test.post("/v1/\(kind)", message(kind).replacing(#""type":"track","#, with: ""))
            #expect(answer.status == 200 && answer.json == ["success": true])
        }
        #expect(await test.post("/v1/track", #"{"event":"???","userId":"u"}"#).json == ["success": true])
        let counts = await test.get("/analytics/ingestion")
        #expect(counts.number("accepted") == 1 && counts["rejected"] == ["invalidField.event": 1])
        for body in ["", "7", "[]", "{", #"{"batch":{}}"#, "{}"] {
            #expect(await test.post("/v1/batch", body).status == 400, "\(body)")
        }
        for path in ["/v1", "/v1/", "/v1/import", "/v1/batch/x", "/api/v1/analytics/batch"] {
            #expect(await test.post(path, "{}").status == 404, "\(path)")
        }
        #expect(await test.get("/v1/batch").status == 405)
    }

    @Test func batchesThatAreTooLong() async throws {
        let test = try TestAPI()
        let small = Array(repeating: "{}", count: 2501).joined(separator: ",")
        #expect(await test.post("/v1/batch", #"{"batch":[\#(small)]}"#).status == 413)
        let large = String(repeating: " ", count: AnalyticsAPI.maximumBodyBytes - 1)
        #expect(await test.post("/v1/batch", "{}" + large).status == 413)
        // 32 KB hold for what SDKs add around the properties, too.
        let padding = String(repeating: "x", count: 33_000)
        let fat = message("1").replacing(#""userId""#, with: #""context":{"a":"\#(padding)"},"userId""#)
        #expect(await test.post("/v1/batch", #"{"batch":[\#(fat)]}"#).status == 200)
        #expect(await test.get("/analytics/ingestion")["rejected"] == ["tooLarge": 1])
    }

    // MARK: Services of seed 004

    @Test func recordsOfServices() async throws {
        let test = try TestAPI()
        let writer = ["x-api-key": try await test.keys.create(role: .writer).key.text]
        let requests = [
            ("activity", #"{"user_id":"ada","username":"Ada","activity_type":"login"}"#),
            (
                "api-usage",
                #"{"endpoint":"/chat","method":"POST","user_id":"ada","status_code":200,"response_time":0.25}"#
            ),
            ("conversation", #"{"conversation_id":"c","user_id":"ada","action":"created"}"#),
            ("message", #"{"message_id":"m","conversation_id":"c","user_id":"ada","role":"assistant","tokens":150}"#),
        ]
        for (name, body) in requests {
            let path = "/api/v1/analytics/track/\(name)-public"
            #expect(await test.post(path, headers: [:], body).status == 401)
            let answer = await test.post(path, headers: writer, body)
            #expect(answer.status == 207 && answer.statuses == ["accepted"], "\(name)")
        }
        let user = await test.get("/api/v1/analytics/users/ada")
        let types = user["eventTypes"]?.arrayValue?.compactMap { $0["type"]?.stringValue }
        #expect(types == ["API_CALL", "CONVERSATION_STARTED", "LOGIN", "MESSAGE_RECEIVED"])
        #expect(await test.post("/analytics/track/unknown-public", "{}").status == 404)
    }

    // MARK: Bodies

    @Test func encodings() async throws {
        let test = try TestAPI()
        for (encoding, status) in [
            ("identity", 207), ("br", 415), ("gzip, gzip", 415), ("deflate", 415), ("gzip", 400),
        ] {
            let headers = TestAPI.admin.merging(["content-encoding": encoding]) { $1 }
            #expect(await test.post(IngestionTests.track, headers: headers, "[]").status == status, "\(encoding)")
        }
    }
}

import AnalyticsHandlers
import CopilotAnalytics
import LosslessJSON
import PropertyTesting
import Testing

/// What is kept of one user, compared with a count of what was sent.
@Suite struct UserActivityTests {
    private struct Sent {
        var user: String
        var type: String
        var time: Int64
        var command: String?
    }

    private static let day: Int64 = 86_400_000
    private static let users = ["ada", "ada#1", "ad", "ada%23", "bob/é"]

    private func json(_ sent: Sent, _ id: Int) -> JSONValue {
        var metadata = JSONObject()
        metadata["commandName"] = sent.command.map { .string($0) }
        metadata["executionTime"] = 5
        metadata["errorType"] = "E"
        metadata["note"] = "a note that nobody but its owner should see"
        return [
            "id": .string("\(id)"), "type": .string(sent.type), "userId": .string(sent.user),
            "timestamp": .number("\(sent.time)"), "metadata": .object(metadata),
        ]
    }

    @Test(arguments: Seeds.first(3)) func countsOnlyTheirOwn(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let test = try TestAPI()
        let sent = (0..<600).map { _ in
            let type = random.element(["ACTION_EXECUTED", "ACTION_FAILED", "ERROR_OCCURRED", "MESSAGE_SENT"])
            return Sent(
                user: random.element(UserActivityTests.users),
                type: type,
                time: TestAPI.start.milliseconds - Int64(random.integer(0...Int(10 * UserActivityTests.day))),
                command: type.hasPrefix("ACTION") ? random.element(["a", "b", "c"]) : nil
            )
        }
        let body = JSONValue.array(sent.enumerated().map { json($1, $0) }).jsonText
        #expect(await test.post("/analytics/track", body).number("accepted") == 600)
        for (user, path) in zip(UserActivityTests.users, ["ada", "ada%231", "ad", "ada%2523", "bob%2Fe%CC%81"]) {
            for (query, first) in [("startDate=2026-10-03&endDate=2026-10-05", 3), ("startDate=2026-09-20", 0)] {
                let start = Timestamp(rfc3339: "2026-10-03T00:00:00Z")!.milliseconds
                let own = sent.filter { $0.user == user && (first == 0 || $0.time >= start) }
                let answer = await test.get("/api/v1/analytics/users/\(path)?\(query)")
                #expect(answer.status == 200 && answer.number("totalEvents") == own.count, "\(user)")
                #expect(answer["userId"]?.stringValue?.utf8.elementsEqual(user.precomposed.utf8) == true)
                #expect(answer["isComplete"] == true)
                let counts = Dictionary(grouping: own, by: \.type).mapValues(\.count)
                var found: [String: Int] = [:]
                for entry in answer["eventTypes"]?.arrayValue ?? [] {
                    found[entry["type"]?.stringValue ?? ""] = entry["count"]?.numberText.flatMap { Int($0) }
                }
                #expect(found == counts)
                var commands: [String: Int] = [:]
                for entry in answer["commands"]?.arrayValue ?? [] {
                    commands[entry["commandName"]?.stringValue ?? ""] =
                        entry["totalExecutions"]?.numberText.flatMap { Int($0) }
                }
                #expect(commands == Dictionary(grouping: own.compactMap(\.command), by: \.self).mapValues(\.count))
                #expect(answer.number("lastEvent").map { Int64($0) } == own.map(\.time).max())
                #expect(answer.number("firstEvent").map { Int64($0) } == own.map(\.time).min())
                let errors =
                    answer["errors"]?.arrayValue?.compactMap { $0["count"]?.numberText.flatMap { Int($0) } } ?? []
                #expect(errors.reduce(0, +) == counts["ERROR_OCCURRED"] ?? 0)
                let recent = answer["recentEvents"]?.arrayValue ?? []
                let times = recent.compactMap { $0["occurredAt"]?.numberText.flatMap { Int64($0) } }
                #expect(times == Array(own.map(\.time).sorted(by: >).prefix(20)))
                #expect(!answer.json.jsonText.contains("nobody but its owner"))
            }
        }
    }

    /// Epoch timestamps as seed 001 has them, days, and what is neither.
    @Test func ranges() async throws {
        let test = try TestAPI()
        let times = [("1", "2026-10-01T10:00:00Z"), ("2", "2026-10-02T10:00:00Z"), ("3", "2026-10-03T10:00:00Z")]
        for (id, time) in times {
            let body = #"{"id":"\#(id)","type":"X","userId":"u","timestamp":"\#(time)"}"#
            #expect(await test.post("/analytics/track", body).status == 207)
        }
        func total(_ query: String) async -> Int? {
            await test.get("/analytics/users/u?\(query)").number("totalEvents")
        }
        #expect(await total("") == 3)
        #expect(await total("startDate=2026-10-02&endDate=2026-10-02") == 1)
        let second = Timestamp(rfc3339: "2026-10-02T10:00:00Z")!.milliseconds
        #expect(await total("startDate=\(second)&endDate=\(second)") == 1)
        #expect(await total("startDate=2026-10-02&endDate=2026-10-02&timeZone=Pacific/Kiritimati") == 1)
        #expect(await test.get("/analytics/users/u?startDate=x").status == 400)
        #expect(await test.get("/analytics/users/nobody").number("totalEvents") == 0)
        #expect(await test.get("/analytics/users/a%01").status == 400)
    }

    /// A wrong clock does not move what a user did to another day.
    @Test func correctedTimes() async throws {
        let test = try TestAPI()
        // Sent at noon of the fifth by a clock of ten hours before.
        let body =
            #"{"id":"1","type":"X","userId":"u","timestamp":"2026-10-05T01:00:00Z","sentAt":"2026-10-05T02:00:00Z"}"#
        #expect(await test.post("/analytics/track", body).number("accepted") == 1)
        let early =
            #"{"id":"2","type":"X","userId":"u","timestamp":"2026-10-04T23:00:00Z","sentAt":"2026-10-04T23:30:00Z"}"#
        #expect(await test.post("/analytics/track", early).number("accepted") == 1)
        let answer = await test.get("/analytics/users/u?startDate=2026-10-05&endDate=2026-10-05")
        #expect(answer.number("totalEvents") == 2)
        #expect(answer.number("lastEvent").map { Int64($0) } == TestAPI.start.milliseconds - 1_800_000)
    }
}

extension String {
    fileprivate var precomposed: String { self == "bob/é" ? "bob/\u{E9}" : self }
}

import CurlTransport
import Foundation
import TestServers
import Testing

@Suite struct TrackTests {
    private static let path = "/api/v1/analytics/track"

    private func event(_ id: String, command: String = "c", time: Int = 5) -> String {
        #"{"id":"\#(id)","type":"ACTION_EXECUTED","userId":"u","timestamp":1791000000000,"#
            + #""metadata":{"commandName":"\#(command)","executionTime":\#(time)}}"#
    }

    private func serve(_ kind: StoreKind, _ body: (Server, TestStore) async throws -> Void) async throws {
        let store = try await TestStore.make(kind)
        try await Server.with(store) { try await body($0, store) }
    }

    @Test(arguments: StoreKind.allCases) func whatBecomesOfEachEvent(kind: StoreKind) async throws {
        try await serve(kind) { server, store in
            let one = try await server.post(TrackTests.path, event("1"))
            #expect(one.status == 207)
            #expect(try one.json["accepted"] == .number(1))
            #expect(try one.json["results"] == .array([.object(["status": .string("accepted"), "id": .string("1")])]))

            let events = [
                event("1"), event("2"), event("1", time: 6), #"{"type":"X"}"#, "7",
                #"{"type":"X","userId":"u","timestamp":1791000000}"#, event("2"),
                #"{"type":"X","userId":"u","metadata":{"note":"\#(String(repeating: "x", count: 33_000))"}}"#,
            ]
            let many = try await server.post(TrackTests.path, "[\(events.joined(separator: ","))]")
            #expect(many.status == 207)
            let json = try many.json
            #expect(["accepted", "duplicates", "conflicts", "rejected"].map { json[$0]?.number } == [1, 2, 1, 4])
            let results = json["results"]?.elements ?? []
            #expect(
                results.map { $0["status"]?.string } == [
                    "duplicate", "accepted", "conflict", "rejected", "rejected", "rejected", "duplicate", "rejected",
                ]
            )
            #expect(
                results.map { $0["code"]?.string } == [
                    nil, nil, nil, "missingField", "notAnObject", "invalidField", nil, "tooLarge",
                ]
            )
            for result in results where result["status"] == .string("rejected") {
                #expect(result["reason"]?.string?.isEmpty == false)
            }
            let view = View(from: "2026-10-01", to: "2026-10-28")
            let answer = try await server.get("/analytics/dashboard?\(view.query)&limit=1000")
            #expect(try answer.json["summary"]?["totalExecutions"] == .number(2))
            #expect(Data(answer.body) == (try await store.dashboard(view)))
            let verified = try await store.run("verify")
            #expect(verified.isSuccess && verified.text.hasPrefix("2 events"), "\(verified.text)")
        }
    }

    @Test(arguments: StoreKind.allCases) func bodiesThatAreRefused(kind: StoreKind) async throws {
        try await serve(kind) { server, store in
            for body in ["", "{", "no JSON", "[1,", "\"text\"", "7", "null", "{\"type\":\"X\",\"userId\":\"\u{1}\"}"] {
                try expectProblem(try await server.post(TrackTests.path, body), 400, body)
            }
            let broken = Array(#"{"type":"X","userId":""#.utf8) + [0xFF, 0xFE] + Array("\"}".utf8)
            let answer = try await server.send(.POST, TrackTests.path, headers: [server.authorization], body: broken)
            try expectProblem(answer, 400, "broken UTF-8")

            let big = "[" + String(repeating: " ", count: 500 * 1024 - 1) + "]"
            try expectProblem(try await server.post(TrackTests.path, big), 413, "a body over 500 KB")
            let fits = "[" + String(repeating: " ", count: 500 * 1024 - 2) + "]"
            #expect(try await server.post(TrackTests.path, fits).status == 207)
            let small = (0..<2501).map { #"{"id":"\#($0)","type":"X","userId":"u"}"# }
            try expectProblem(
                try await server.post(TrackTests.path, "[\(small.joined(separator: ","))]"),
                413,
                "2,501 events"
            )
            for (encoding, status) in [("br", 415), ("gzip", 400)] {
                let headers = [server.authorization, (name: "Content-Encoding", value: encoding)]
                let answer = try await server.send(.POST, TrackTests.path, headers: headers, body: [0x1F, 0x8B])
                try expectProblem(answer, status, encoding)
            }
            let verified = try await store.run("verify")
            #expect(verified.text == "0 events and 0 statistics agree\n")
        }
    }

    @Test(arguments: DataSet.available, StoreKind.allCases)
    func trackedAndImportedEventsCountAlike(data: DataSet, kind: StoreKind) async throws {
        let lines = try await data.lines().prefix(800)
        try await serve(kind) { server, store in
            for start in stride(from: 0, to: lines.count, by: 250) {
                let body = "[\(lines[start..<min(start + 250, lines.count)].joined(separator: ","))]"
                let answer = try await server.post(TrackTests.path, body)
                #expect(try answer.json["rejected"] == .number(0) && answer.status == 207)
            }
            let file = try Scratch.file("part.ndjson", lines.joined(separator: "\n"))
            let again = ImportCounts(read: lines.count, accepted: 0, duplicates: lines.count, rejected: 0)
            #expect(try await store.importFile(file) == again)
            let decoder = JSONDecoder()
            let events = try lines.map { try decoder.decode(RecordedEvent.self, from: Data($0.utf8)) }
            var answer = try DashboardAnswer.parse(try await store.dashboard())
            let recount = try Recount(events, .whole)
            // Tracked events were received just now, imported ones when they happened.
            #expect((answer.asOf ?? 0) > (recount.newest ?? .max))
            answer.asOf = recount.newest
            #expect(Comparison(answer, recount, .whole).problems.isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases) func namesThatNeedEncoding(kind: StoreKind) async throws {
        let names = ["a/b", "popular", "by-name", "100%", "a#b", "größe", "a b", "a+b", "?x=1&y", "日本"]
        try await serve(kind) { server, _ in
            let events = names.enumerated().map { event("\($0)", command: $1) }
            #expect(try await server.post(TrackTests.path, "[\(events.joined(separator: ","))]").status == 207)
            var unreserved = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "\u{0}"..."\u{7F}"))
            unreserved.insert(charactersIn: "-._~")
            for name in names {
                let encoded = try #require(name.addingPercentEncoding(withAllowedCharacters: unreserved))
                var paths = ["commands/by-name?name=\(encoded)&"]
                if name != "popular", name != "by-name" { paths.append("commands/\(encoded)?") }
                for path in paths {
                    let answer = try await server.get("/api/v1/analytics/\(path)\(View.whole.query)")
                    #expect(answer.status == 200, "\(path)")
                    let command = try answer.json["command"]
                    #expect(command?["commandName"] == .string(name) && command?["totalExecutions"] == .number(1))
                }
            }
            let list = try await server.get("/api/v1/analytics/commands?\(View.whole.query)")
            let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            #expect(try list.json["commands"]?.elements.map { $0["commandName"]?.string } == sorted)
            let missing = try await server.get("/api/v1/analytics/commands/never?\(View.whole.query)")
            try expectProblem(missing, 404, "never")
        }
    }
}

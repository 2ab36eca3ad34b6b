import CurlTransport
import Foundation
import TestServers
import Testing

/// Segment's own Python SDK as a client.
@Suite struct SegmentTests {
    private struct Report: Decodable {
        var delivered: [String]
        var failed: [String]
    }

    /// While it sends, the server is killed and started again: what the SDK believes to have been delivered is there,
    /// and nothing is there twice.
    @Test(arguments: StoreKind.allCases) func aServerThatIsKilled(kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        if kind == .sqlite { _ = try await store.run("table", "create") }
        let made = try JSON.parse(try await store.output(["keys", "create", "--role", "writer", "--json"]))
        let key = try #require(made["key"]?.string)
        let port = try LoopbackPort.unused()
        let environment = ["COPILOT_ANALYTICS_TOKEN": "a-token-that-stays-the-same"]
        var server = try await Server(store, environment: environment, port: port)
        let events = 900
        let sender = try Execution(
            [
                Program.python.path, Program.support("segment_sender.py"), "--host", server.base, "--key", key,
                "--events", String(events), "--seconds", "4",
            ],
            environment: Program.environment(),
            folder: try Scratch.folder(),
            limit: .seconds(180)
        )
        let kills = 3
        for _ in 0..<kills {
            let running = server
            _ = try await eventually("the server takes events") {
                guard sender.isRunning else { throw TestFailure("the sender has ended: \(sender.errors)") }
                let counts = try await running.get("/api/v1/analytics/ingestion").json
                return (counts["accepted"]?.number ?? 0) >= 100 ? true : nil
            }
            try await server.kill()
            server = try await Server(store, environment: environment, port: port)
        }
        let outcome = try await sender.outcome()
        try #require(outcome.isSuccess, "\(outcome.errors)")
        let counts = try await server.get("/api/v1/analytics/ingestion").json
        // What an SDK is not told can be seen here.
        #expect(counts["ignored"]?["identify"]?.number ?? 0 > 0 && counts["ignored"]?["page"]?.number ?? 0 > 0)
        #expect(counts["rejected"]?["invalidField.event"]?.number ?? 0 > 0)
        #expect(try await server.stop().isSuccess)

        let report = try JSONDecoder().decode(Report.self, from: outcome.output)
        #expect(report.failed.isEmpty && report.delivered.count == events, "\(report.failed)")
        let lines = try await store.output(["export", "--format", "ndjson", "--what", "events"])
        let stored = try String(decoding: lines, as: UTF8.self).split(separator: "\n").map {
            try JSON.parse(String($0))
        }
        #expect(stored.compactMap { $0["id"]?.string }.sorted() == report.delivered.sorted())
        #expect(stored.allSatisfy { $0["type"] == .string("ACTION_EXECUTED") })
        let visitors = Set(stored.compactMap { $0["userId"]?.string }.filter { $0.hasPrefix("anon:visitor-") })
        #expect(visitors.count == 5)
        let dashboard = try JSON.parse(try await store.output(["dashboard", "--json"]))
        #expect(dashboard["summary"]?["totalExecutions"] == .number(Double(events)))
        #expect(dashboard["summary"]?["activeUsers"] == .number(12))
        let verified = try await store.run("verify")
        #expect(verified.isSuccess && verified.text.hasPrefix("\(events) events"), "\(verified.text)")
    }
}

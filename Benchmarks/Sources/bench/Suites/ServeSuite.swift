import Foundation

/// How long a hundred people wait for their dashboards while a thousand events a second come in, and whether any of
/// them is lost.
struct ServeSuite: Suite {
    let name = "serve"
    let summary = "100 dashboard users beside 1,000 events/s over HTTP, on an SQLite file of 200,000 events of 30 days"

    private static let stored = 200_000
    private static let users = 100
    private static let eventsPerSecond = 1000
    private static let seconds = 60

    private struct Report: Decodable {
        let views: Int
        let p50: Double
        let p99: Double
        let postP99: Double
        let sent: Int
        let accepted: Int
        let failures: [String: Int]
    }

    private struct Verification: Decodable {
        let events: Int
    }

    func run(_ installation: Installation) throws -> [Entry] {
        try Installation.withTemporaryFolder { folder in
            let program = installation.product("copilot-analytics")
            let store = ["--store", "sqlite:\(folder.appending(path: "events.db").path)"]
            try fill(folder, store, installation)
            let token = UUID().uuidString
            let server = try ChildProcess(
                program + ["serve", "--port", "0"] + store,
                core: nil,
                environment: ProcessInfo.processInfo.environment.merging(["COPILOT_ANALYTICS_TOKEN": token]) { $1 }
            )
            let report: Report
            do {
                let answer = try Command.output(
                    installation.tool("load") + [
                        "--endpoint", try endpoint(server), "--token", token, "--users", String(ServeSuite.users),
                        "--seconds", String(ServeSuite.seconds), "--rate", String(ServeSuite.eventsPerSecond),
                        folder.appending(path: "live.ndjson").path,
                    ])
                report = try JSONDecoder().decode(Report.self, from: answer)
            } catch {
                try? server.terminate()
                throw error
            }
            try server.terminate()
            guard report.failures.isEmpty else { throw BenchError("requests failed: \(report.failures)") }
            // Ends with an error unless every statistic agrees with the events.
            let verified = try JSONDecoder().decode(
                Verification.self, from: try Command.output(program + ["verify", "--json"] + store))
            return [
                Entry("serve.p99_ms", report.p99, "ms", bar: .atMost(100)),
                Entry("serve.p50_ms", report.p50, "ms"),
                Entry("serve.track.p99_ms", report.postP99, "ms"),
                Entry("serve.views", Double(report.views), "requests"),
                Entry("serve.events_sent", Double(report.sent), "events"),
                Entry(
                    "serve.events_lost", Double(ServeSuite.stored + report.sent - verified.events), "events",
                    bar: .atMost(0)),
                Entry("serve.events_unanswered", Double(report.sent - report.accepted), "events", bar: .atMost(0)),
            ]
        }
    }

    private func fill(_ folder: URL, _ store: [String], _ installation: Installation) throws {
        let program = installation.product("copilot-analytics")
        func generate(_ name: String, _ events: Int, days: Int, seed: Int) throws -> String {
            let file = folder.appending(path: name)
            try Command.output(
                program + ["generate", "--events", "\(events)", "--days", "\(days)", "--seed", "\(seed)"]
            ).write(to: file)
            return file.path
        }
        let past = try generate("past.ndjson", ServeSuite.stored, days: 30, seed: 1)
        _ = try generate("live.ndjson", 20_000, days: 1, seed: 2)
        _ = try Command.output(program + ["import", past] + store)
    }

    /// Where it listens, which is in the link that it prints.
    private func endpoint(_ server: ChildProcess) throws -> String {
        while true {
            let line = String(decoding: try server.hearLine(), as: UTF8.self)
            guard let start = line.range(of: "http://"), let end = line.range(of: "/copilot-analytics?") else {
                continue
            }
            return String(line[start.lowerBound..<end.lowerBound])
        }
    }
}

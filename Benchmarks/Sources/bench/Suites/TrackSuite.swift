import Foundation

/// What tracking an event costs the caller: our tracker beside Segment's and PostHog's SDKs for Python.
struct TrackSuite: Suite {
    let name = "track"
    let summary = "track() on the caller's path, with 1 and 8 threads, while what is tracked is sent on"

    /// Calls of each round.
    private static let calls = 48_000
    private static let rounds = 5

    private struct Hello: Decodable {
        let name: String
        let version: String
    }

    private struct Times: Decodable {
        let median: Double
        let p99: Double
    }

    private struct Total: Decodable {
        let calls: Int
    }

    func run(_ installation: Installation) throws -> [Entry] {
        try Installation.withTemporaryFolder { folder in
            let server = try StubServer(installation)
            let commands = [
                installation.program("track-calls") + [folder.appending(path: "track.db").path],
                installation.peer("track_calls") + ["segment", server.endpoint],
                installation.peer("track_calls") + ["posthog", server.endpoint],
            ]
            let workers = try commands.map { try ChildProcess($0, core: Cores.client) }
            let titles = try workers.map { worker in
                let hello = try worker.hear(Hello.self)
                return "\(hello.name) \(hello.version)"
            }
            var single = workers.map { _ in [Times]() }
            var eight = workers.map { _ in [Times]() }
            for round in 0...TrackSuite.rounds {
                note("track, round \(round)")
                for (index, worker) in workers.enumerated() {
                    let one = try times(worker, threads: 1)
                    let many = try times(worker, threads: 8)
                    // The first one warms up.
                    guard round > 0 else { continue }
                    single[index].append(one)
                    eight[index].append(many)
                }
            }
            for worker in workers { _ = try worker.finish(Total.self) }
            _ = try server.stop()

            var entries: [Entry] = [
                Entry("track.ns", median(single[0].map(\.median)), "ns/call", bar: .atMost(1000)),
                Entry("track.p99_8_threads", median(eight[0].map(\.p99)), "ns/call", bar: .atMost(10_000)),
            ]
            for (peer, name) in [(1, "segment"), (2, "posthog")] {
                func entry(_ measure: String, _ times: [[Times]], _ value: (Times) -> Double) -> Entry {
                    Entry(
                        "track.\(measure)_vs_\(name)",
                        median(times[0].map(value)),
                        "ns/call",
                        peer: titles[peer],
                        median(times[peer].map(value)),
                        .timesLess
                    )
                }
                entries.append(entry("ns", single, \.median))
                entries.append(entry("p99_8_threads", eight, \.p99))
            }
            return entries
        }
    }

    private func times(_ worker: ChildProcess, threads: Int) throws -> Times {
        try worker.say("\(threads) \(TrackSuite.calls)")
        return try worker.hear(Times.self)
    }
}

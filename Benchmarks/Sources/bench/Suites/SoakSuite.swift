/// Whether the client keeps anything of requests that are over: a million of them, and what is left.
struct SoakSuite: Suite {
    let name = "soak"
    let summary = "a million puts; memory and descriptors before and after"

    private static let warmUp = 100_000
    private static let requests = 1_000_000
    /// Less than five bytes for each request after the warm-up. The smallest allocation that malloc knows, once a
    /// request, would be six times as much.
    private static let mostGrowth = 4096.0

    func run(_ installation: Installation) throws -> [Entry] {
        let server = try StubServer(installation)
        let worker = try WorkerProcess(installation.program("dynamodb-put"), server: server, concurrency: 32)
        // What the allocator takes once it has seen everything is no growth.
        let start = try worker.run(SoakSuite.warmUp)
        let end = try worker.run(SoakSuite.requests - SoakSuite.warmUp)
        let afterwards = try worker.finish()
        let served = try server.stop().requests
        guard served == SoakSuite.requests else { throw BenchError("the server got \(served) requests") }
        return [
            Entry(
                "client.soak.rss_growth",
                Double(end.residentBytes - start.residentBytes) / 1024,
                "KiB",
                bar: .atMost(SoakSuite.mostGrowth)
            ),
            Entry("client.soak.rss_start", Double(start.residentBytes) / 1024, "KiB"),
            Entry("client.soak.rss_end", Double(end.residentBytes) / 1024, "KiB"),
            Entry(
                "client.soak.descriptors_left",
                Double(afterwards.descriptors - worker.hello.descriptors),
                "descriptors",
                bar: .atMost(0)
            ),
            Entry("client.soak.requests", Double(served), "requests"),
            Entry("client.soak.rps", end.requestsPerSecond, "requests/s"),
        ]
    }
}

import Foundation

/// What a put costs: our client beside libcurl alone and beside clients for Python.
struct ClientSuite: Suite {
    let name = "client"
    let summary = "puts against a server that takes no time, plain and TLS, at concurrency 1, 8, 32 and 128"

    /// The concurrency that the entries without one in their names are measured at.
    private static let usualConcurrency = 32
    private static let concurrencies = [1, 8, 32, 128]

    func run(_ installation: Installation) throws -> [Entry] {
        try Installation.withTemporaryFolder { folder in
            let request = try PutRequest(installation, in: folder)
            let certificate = try Certificate(in: folder)
            var headlines: [Entry] = []
            var details: [Entry] = []
            for scheme in [Scheme("client.put", nil), Scheme("client.put.tls", certificate)] {
                for concurrency in ClientSuite.concurrencies {
                    note("\(scheme.prefix).c\(concurrency)")
                    let entries = try measure(installation, scheme, concurrency, request)
                    headlines += entries.headlines
                    details += entries.details
                }
            }
            return headlines + details
        }
    }

    /// Plain HTTP or TLS, and what its entries' names begin with.
    private struct Scheme {
        let prefix: String
        let certificate: Certificate?

        init(_ prefix: String, _ certificate: Certificate?) {
            self.prefix = prefix
            self.certificate = certificate
        }
    }

    private func measure(
        _ installation: Installation,
        _ scheme: Scheme,
        _ concurrency: Int,
        _ request: PutRequest
    ) throws -> (headlines: [Entry], details: [Entry]) {
        let server = try StubServer(installation, certificate: scheme.certificate)
        func worker(_ command: [String], _ concurrency: Int, request: URL?) throws -> WorkerProcess {
            try WorkerProcess(
                command,
                server: server,
                concurrency: concurrency,
                certificate: scheme.certificate,
                request: request
            )
        }
        var workers = [
            try worker(installation.program("dynamodb-put"), concurrency, request: nil),
            try worker(installation.program("raw-curl-put"), concurrency, request: request.file),
        ]
        // These cost so much more that one comparison each is enough.
        let isUsual = concurrency == ClientSuite.usualConcurrency
        if isUsual { workers.append(try worker(installation.peer("boto3_put"), 1, request: request.file)) }
        if isUsual && scheme.certificate == nil {
            for peer in ["aiobotocore_put", "aiodynamo_put"] {
                workers.append(try worker(installation.peer(peer), concurrency, request: request.file))
            }
        }
        let measurements = try Alternation().measure(workers)
        for worker in workers { _ = try worker.finish() }
        // Nobody sent twice, and nobody left out what it claims to have sent.
        let wanted = workers.map(\.requests).reduce(0, +)
        let served = try server.stop().requests
        guard served == wanted else { throw BenchError("the server got \(served) requests, not \(wanted)") }

        let ours = measurements[0]
        let raw = measurements[1]
        let headlines =
            isUsual
            ? [vsRawCurl(scheme.prefix, ours, raw)] + measurements[2...].map { vsPython(scheme.prefix, ours, $0) } : []
        return (headlines, details("\(scheme.prefix).c\(concurrency)", ours, raw))
    }

    // MARK: Entries

    private func vsRawCurl(
        _ prefix: String,
        _ ours: Alternation.Measurement,
        _ raw: Alternation.Measurement
    ) -> Entry {
        Entry(
            "\(prefix).cpu_vs_raw_curl",
            ours.cpuMicroseconds,
            "us/request",
            peer: raw.worker.title,
            raw.cpuMicroseconds,
            .share,
            bar: .atMost(1.8)
        )
    }

    private func vsPython(
        _ prefix: String,
        _ ours: Alternation.Measurement,
        _ peer: Alternation.Measurement
    ) -> Entry {
        Entry(
            "\(prefix).cpu_vs_\(peer.worker.hello.name)",
            ours.cpuMicroseconds,
            "us/request",
            peer: peer.worker.title,
            peer.cpuMicroseconds,
            .timesLess,
            bar: peer.worker.hello.name == "boto3" ? .atLeast(20) : nil
        )
    }

    private func details(
        _ prefix: String,
        _ ours: Alternation.Measurement,
        _ raw: Alternation.Measurement
    ) -> [Entry] {
        func entry(_ name: String, _ unit: String, _ value: (Alternation.Measurement) -> Double) -> Entry {
            Entry("\(prefix).\(name)", value(ours), unit, peer: raw.worker.title, value(raw), .share)
        }
        return [
            entry("cpu_us", "us/request") { $0.cpuMicroseconds },
            entry("rps", "requests/s") { $0.requestsPerSecond },
            entry("rss_start", "KiB") { Double($0.worker.hello.residentBytes) / 1024 },
            entry("rss_end", "KiB") { Double($0.residentBytes) / 1024 },
        ]
    }
}

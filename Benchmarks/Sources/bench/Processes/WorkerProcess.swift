import Foundation

/// A client under measurement, in a process of its own, so that what it costs is what its process uses.
final class WorkerProcess {
    /// What a worker says when it is ready, before it has connected.
    struct Hello: Decodable {
        let name: String
        let version: String
        let residentBytes: Int
        let descriptors: Int
    }

    /// What it says after a round. After the last one it says it once more, when it has taken down what it had.
    struct Round: Decodable {
        let requests: Int
        let seconds: Double
        let cpuSeconds: Double
        let residentBytes: Int
        let descriptors: Int

        var cpuMicroseconds: Double { cpuSeconds / Double(requests) * 1e6 }
        var requestsPerSecond: Double { Double(requests) / seconds }
    }

    let hello: Hello
    private(set) var requests = 0
    private let process: ChildProcess

    init(
        _ command: [String],
        server: StubServer,
        concurrency: Int,
        certificate: Certificate? = nil,
        request: URL? = nil
    ) throws {
        var command = command + ["--endpoint", server.endpoint, "--concurrency", String(concurrency)]
        if let certificate { command += ["--ca-file", certificate.certificateFile.path] }
        if let request { command += ["--request", request.path] }
        process = try ChildProcess(command, core: Cores.client)
        hello = try process.hear(Hello.self)
    }

    var title: String { "\(hello.name) \(hello.version)" }

    func run(_ requests: Int) throws -> Round {
        try process.say(String(requests))
        let round = try process.hear(Round.self)
        self.requests += requests
        return round
    }

    func finish() throws -> Round { try process.finish(Round.self) }
}

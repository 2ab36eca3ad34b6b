import Foundation

/// The server that all clients talk to; see `Sources/stub-server`.
final class StubServer {
    private struct Hello: Decodable {
        let port: Int
    }

    struct Totals: Decodable {
        let requests: Int
        let connections: Int
    }

    let endpoint: String
    private let process: ChildProcess

    /// - Parameters:
    ///   - certificate: For TLS; `nil`: plain HTTP.
    ///   - recording: Where the first request is written to.
    init(_ installation: Installation, certificate: Certificate? = nil, recording: URL? = nil) throws {
        var command = installation.program("stub-server")
        if let certificate {
            command += ["--certificate", certificate.certificateFile.path, "--key", certificate.keyFile.path]
        }
        if let recording { command += ["--record", recording.path] }
        process = try ChildProcess(command, core: Cores.server)
        let port = try process.hear(Hello.self).port
        endpoint = "\(certificate == nil ? "http" : "https")://127.0.0.1:\(port)"
    }

    func stop() throws -> Totals { try process.finish(Totals.self) }
}

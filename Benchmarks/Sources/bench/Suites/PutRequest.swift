import Foundation

/// The request that all clients are measured with, as ours sends it.
struct PutRequest {
    /// Head and body.
    let file: URL

    /// Has our client send one and records it. Then has the raw loop send it again and compares: a benchmark that says
    /// "the same bytes" has to have looked.
    init(_ installation: Installation, in folder: URL) throws {
        file = folder.appending(path: "request")
        try PutRequest.record(installation, installation.program("dynamodb-put"), request: nil, to: file)
        let repeated = folder.appending(path: "request-repeated")
        try PutRequest.record(installation, installation.program("raw-curl-put"), request: file, to: repeated)
        guard try PutRequest.lines(of: file) == PutRequest.lines(of: repeated) else {
            throw BenchError("raw-curl-put did not send the same bytes as dynamodb-put")
        }
    }

    private static func record(
        _ installation: Installation,
        _ command: [String],
        request: URL?,
        to recording: URL
    ) throws {
        let server = try StubServer(installation, recording: recording)
        let worker = try WorkerProcess(command, server: server, concurrency: 1, request: request)
        _ = try worker.run(1)
        _ = try worker.finish()
        _ = try server.stop()
    }

    private static func lines(of file: URL) throws -> [Substring] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\r\n", omittingEmptySubsequences: false)
    }
}

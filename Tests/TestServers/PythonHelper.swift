internal import Foundation

/// A script of `Tests/Support` that prints one line of JSON when it is ready and ends with its standard input.
struct PythonHelper: Sendable {
    private let script: String
    private let process: ChildProcess

    /// Folders up from this file: `TestServers`, `Tests`, the package.
    private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// - Returns: The running helper, and what its line says.
    static func start<Ready: Decodable>(
        _ script: String,
        _ arguments: [String] = [],
        as type: Ready.Type = Ready.self
    ) async throws -> (helper: PythonHelper, ready: Ready) {
        let python = package.appending(path: ".venv/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python.path) else {
            throw TestServerError("there is no Python environment for the test servers: run `make test`")
        }
        let path = package.appending(path: "Tests/Support/\(script)").path
        let process = try ChildProcess(python, [path] + arguments)
        guard let line = try await process.readLine() else {
            let end = try await process.wait()
            throw TestServerError("\(script) ended before it was ready (\(end)); it says why on standard error")
        }
        guard let ready = try? JSONDecoder().decode(type, from: Data(line.utf8)) else {
            throw TestServerError("\(script) printed something else than its line of JSON")
        }
        return (PythonHelper(script: script, process: process), ready)
    }

    /// For scripts that answer each line of JSON with another.
    func ask(_ question: [UInt8]) async throws -> String {
        guard let answer = try await process.exchange(question) else {
            throw TestServerError("\(script) has ended; it says why on standard error")
        }
        return answer
    }
}

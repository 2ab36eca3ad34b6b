import CurlTransport
import Foundation
import TestServers

/// `serve` on a free port, and a client of it.
final class Server: Sendable {
    let base: String
    let token: String
    /// What was printed at the start.
    let greeting: String
    let process: Execution
    /// Ends the server should this process be killed: its standard input is closed then.
    private let guardian: ChildProcess
    private let transport: CurlTransport

    /// Serves while `body` runs, then ends the server as a user does.
    static func with<Value>(
        _ store: TestStore,
        environment: [String: String] = [:],
        options: [String] = [],
        _ body: (Server) async throws -> Value
    ) async throws -> Value {
        let server = try await Server(store, environment: environment, options: options)
        do {
            let value = try await body(server)
            let end = try await server.stop()
            guard end.isSuccess, end.errors.isEmpty else {
                throw TestFailure("the server ended with \(end.end) and said: \(end.errors)")
            }
            return value
        } catch {
            _ = try? await server.stop()
            throw error
        }
    }

    /// - Parameter port: Zero: any free one.
    init(
        _ store: TestStore,
        environment: [String: String] = [:],
        options: [String] = [],
        port: Int = 0
    ) async throws {
        let process = try Program.start(
            ["serve", "--port", String(port), "--store", store.url] + options,
            environment: store.environment.merging(environment) { $1 },
            limit: nil
        )
        self.process = process
        guardian = try ChildProcess(URL(filePath: "/bin/sh"), ["-c", "read -r _; kill -9 \(process.processID)"])
        greeting = try await eventually("the server prints its link") {
            guard process.isRunning else { throw TestFailure("serve ended: \(process.errors)") }
            let text = process.output
            return text.contains("Press Ctrl-C") ? text : nil
        }
        let link = greeting.split(whereSeparator: \.isWhitespace).first { $0.contains("?token=") } ?? ""
        let parts = link.split(separator: "/copilot-analytics?token=", maxSplits: 1)
        guard parts.count == 2 else { throw TestFailure("serve printed no link: \(greeting)") }
        base = String(parts[0])
        token = String(parts[1])
        transport = try CurlTransport()
    }

    func stop() async throws -> Execution.Outcome {
        process.send(SIGTERM)
        let outcome = try await process.outcome()
        // It must not look for a process whose number may be somebody else's by now.
        guardian.kill()
        return outcome
    }

    /// Ends the server as a power cut does.
    func kill() async throws {
        process.send(SIGKILL)
        _ = try await process.outcome()
        guardian.kill()
    }

    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) async throws -> HTTPResponse {
        try await transport.send(
            HTTPRequest(method: method, url: base + path, headers: headers, body: body, timeout: .seconds(60))
        )
    }

    func get(_ path: String) async throws -> HTTPResponse {
        try await send(.GET, path, headers: [authorization])
    }

    func post(_ path: String, _ body: String) async throws -> HTTPResponse {
        let type = (name: "Content-Type", value: "application/json")
        return try await send(.POST, path, headers: [authorization, type], body: Array(body.utf8))
    }

    var authorization: (name: String, value: String) { ("Authorization", "Bearer \(token)") }
}

extension HTTPResponse {
    var json: JSON { get throws { try JSON.parse(body) } }
    var text: String { String(decoding: body, as: UTF8.self) }
}

import Foundation
import SigV4
import TestServers

/// The AWS command line and what comes with it, from the tests' Python environment.
enum AWSCommandLine {
    static let folder = Program.python.deletingLastPathComponent()

    static func tool(_ name: String) -> URL { folder.appending(path: name) }

    /// What `aws` needs to find a server of ours and nothing else.
    static func environment(of server: Ministack) -> [String: String] {
        [
            "AWS_ENDPOINT_URL": server.endpoint,
            "AWS_DEFAULT_REGION": server.region,
            "AWS_ACCESS_KEY_ID": server.credentials.accessKeyId,
            "AWS_SECRET_ACCESS_KEY": server.credentials.secretAccessKey,
        ]
    }

    /// Runs a command that has to succeed.
    ///
    /// - Returns: What it prints as JSON; `null` when that is nothing.
    static func run(_ arguments: [String], environment: [String: String]) async throws -> JSON {
        let outcome = try await Program.run(
            executable: tool("aws"), arguments + ["--output", "json"], environment: environment)
        guard outcome.isSuccess else {
            throw TestFailure("aws \(arguments.joined(separator: " ")): \(outcome.errors)")
        }
        return outcome.output.isEmpty ? .null : try JSON.parse(outcome.output)
    }

    /// Asks DynamoDB something about the table of a store.
    @discardableResult
    static func run(table store: TestStore, _ operation: String, _ options: [String] = []) async throws -> JSON {
        let name = String(store.url.dropFirst("dynamodb:".count))
        let environment = environment(of: try await Ministack.shared)
        return try await run(["dynamodb", operation, "--table-name", name] + options, environment: environment)
    }
}

import Foundation
import TestServers

/// The whole deployment on this machine: `localstack/local_aws.py`, which deploys the template to ministack. It ends with
/// the last reference to it.
struct LocalAWS: Sendable {
    /// What a user exports to work with it.
    let environment: [String: String]
    /// Where `infra/deploy.sh` finds the functions' code.
    let code: [String: String]
    /// Of the stack, by name.
    let outputs: [String: String]
    /// An administrator's.
    let key: String
    private let process: ChildProcess

    private static let executables = [
        ("program", Program.name), ("bootstrap", "bootstrap"), ("copilot", "example-copilot"),
    ]

    private struct Ready: Decodable {
        var environment: [String: String]
        var code: [String: String]
        var outputs: [String: String]
        var key: String
    }

    /// - Parameter parameters: Of the template, as `Name=Value`.
    static func start(_ parameters: String...) async throws -> LocalAWS {
        let script = Program.package.appending(path: "localstack/local_aws.py").path
        let built = try Program.folder()
        let files = executables.flatMap { ["--\($0)", built.appending(path: $1).path] }
        let process = try ChildProcess(Program.python, [script, "--port", "0", "--json"] + files + parameters)
        guard let line = try await process.readLine() else {
            throw TestFailure("the local AWS did not come up; it says why on standard error")
        }
        let ready = try JSONDecoder().decode(Ready.self, from: Data(line.utf8))
        return LocalAWS(
            environment: ready.environment, code: ready.code, outputs: ready.outputs, key: ready.key, process: process)
    }

    /// Deploys again; parameters that are left out keep their values.
    func deploy(_ parameters: String...) async throws {
        let path = [AWSCommandLine.folder.path, ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
        let outcome = try await Program.run(
            executable: Program.package.appending(path: "infra/deploy.sh"), ["copilot"] + parameters,
            environment: environment.merging(code) { $1 }.merging(["PATH": path.joined(separator: ":")]) { $1 })
        guard outcome.isSuccess else { throw TestFailure("infra/deploy.sh: \(outcome.errors)") }
    }

    /// Runs `aws`, which has to succeed.
    func aws(_ arguments: [String]) async throws -> JSON {
        try await AWSCommandLine.run(arguments, environment: environment)
    }

    func aws(_ arguments: String...) async throws -> JSON { try await aws(arguments) }

    func output(_ name: String) throws -> String {
        guard let value = outputs[name] else { throw TestFailure("the stack has no output \(name)") }
        return value
    }
}

import Foundation
import TestServers

/// `copilot-analytics` as a user runs it: the built program, its arguments, its environment.
enum Program {
    /// Folders up from this file: `Running`, `EndToEndTests`, `Tests`, the package.
    static let package = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }

    static let name = "copilot-analytics"

    /// The folder of the built program: that of the running tests, else what was built last.
    static func folder() throws -> URL {
        let tests = Bundle.main.executableURL?.deletingLastPathComponent()
        let build = package.appending(path: ".build")
        let candidates = [tests, build.appending(path: "debug"), build.appending(path: "release")].compactMap { $0 }
        guard
            let found = candidates.first(where: {
                FileManager.default.isExecutableFile(atPath: $0.appending(path: name).path)
            })
        else { throw TestFailure("the program is not built: run `swift build --build-tests` or `make test`") }
        return found
    }

    /// Ours without what would change the outcome: other stores, credentials, proxies. Nor may the program find any of
    /// somebody who works on this machine, or ask a cloud's for them.
    static func environment(adding variables: [String: String] = [:]) -> [String: String] {
        let prefixes = ["AWS_", "COPILOT_ANALYTICS_", "ANALYTICS_"]
        let none = "/nonexistent/aws"
        let alone = [
            "AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none, "AWS_EC2_METADATA_DISABLED": "true",
        ]
        return ProcessInfo.processInfo.environment.filter { name, _ in
            !prefixes.contains(where: name.hasPrefix) && !name.lowercased().hasSuffix("_proxy")
        }
        .merging(alone) { $1 }.merging(variables) { $1 }
    }

    static func start(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: URL? = nil,
        folder: URL? = nil,
        limit: Duration? = .seconds(180)
    ) throws -> Execution {
        try Execution(
            [try Program.folder().appending(path: name).path] + arguments,
            environment: Program.environment(adding: environment),
            input: input,
            folder: try folder ?? Scratch.folder(),
            limit: limit
        )
    }

    /// Runs it to its end. A few at a time: more would only wait for each other.
    static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: URL? = nil,
        folder: URL? = nil
    ) async throws -> Execution.Outcome {
        try await Turns.shared.taking {
            try await start(arguments, environment: environment, input: input, folder: folder).outcome()
        }
    }

    /// Runs another program, such as a script that looks at a server.
    static func run(
        executable: URL,
        _ arguments: [String],
        environment: [String: String] = [:],
        folder: URL? = nil,
        limit: Duration = .seconds(180)
    ) async throws -> Execution.Outcome {
        try await Execution(
            [executable.path] + arguments,
            environment: Program.environment(adding: environment),
            folder: try folder ?? Scratch.folder(),
            limit: limit
        )
        .outcome()
    }

    static let python = package.appending(path: ".venv/bin/python")

    static func support(_ script: String) -> String { package.appending(path: "Tests/Support/\(script)").path }
}

/// Lets a few at a time pass, in the order of their coming.
actor Turns {
    static let shared = Turns(free: 4)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(free: Int) { self.free = free }

    func taking<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value {
        if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
        defer { if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() } }
        return try await work()
    }
}

/// Asks until a condition holds.
///
/// - Throws: ``TestFailure`` when it does not within the limit.
func eventually<Value>(
    _ what: String,
    within limit: Duration = .seconds(120),
    isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while true {
        if let value = try await condition() { return value }
        guard clock.now < deadline else { throw TestFailure("waited \(limit) in vain: \(what)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

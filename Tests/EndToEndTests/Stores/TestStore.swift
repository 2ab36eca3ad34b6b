import Foundation
import SigV4
import Synchronization
import TestServers

enum StoreKind: String, Sendable, CaseIterable, CustomStringConvertible {
    case sqlite, dynamodb

    var description: String { rawValue }
    var other: StoreKind { self == .sqlite ? .dynamodb : .sqlite }
}

/// A store of its own, and the program on it.
struct TestStore: Sendable {
    let kind: StoreKind
    let url: String
    var environment: [String: String]
    /// What `raw_items.py` needs to open it.
    let access: [String]

    /// - Parameter endpoint: Instead of the server's own, for a proxy before it.
    static func make(_ kind: StoreKind, endpoint: String? = nil) async throws -> TestStore {
        switch kind {
        case .sqlite:
            let path = try Scratch.folder().appending(path: "events.db").path
            return TestStore(kind: kind, url: "sqlite:\(path)", environment: [:], access: ["sqlite", path])
        case .dynamodb:
            let server = try await Ministack.shared
            let table = "test-\(UUID().uuidString.lowercased())"
            let credentials = server.credentials
            let store = TestStore(
                kind: kind,
                url: "dynamodb:\(table)",
                environment: [
                    "AWS_ENDPOINT_URL_DYNAMODB": endpoint ?? server.endpoint,
                    "AWS_ACCESS_KEY_ID": credentials.accessKeyId,
                    "AWS_SECRET_ACCESS_KEY": credentials.secretAccessKey,
                    "AWS_REGION": server.region,
                    // The data must not become too old for its tests.
                    "COPILOT_ANALYTICS_RETENTION_DAYS": "forever",
                ],
                access: [
                    "dynamodb", table, server.endpoint, server.region, credentials.accessKeyId,
                    credentials.secretAccessKey,
                ]
            )
            let outcome = try await store.run("table", "create")
            guard outcome.isSuccess else { throw TestFailure("table create failed: \(outcome.errors)") }
            return store
        }
    }

    func run(_ arguments: String..., input: URL? = nil) async throws -> Execution.Outcome {
        try await run(arguments, input: input)
    }

    func run(_ arguments: [String], input: URL? = nil) async throws -> Execution.Outcome {
        try await Program.run(arguments + ["--store", url], environment: environment, input: input)
    }

    /// The standard output of a run that has to succeed without a word on standard error.
    func output(_ arguments: [String]) async throws -> Data {
        let outcome = try await run(arguments)
        guard outcome.isSuccess, outcome.errors.isEmpty else {
            throw TestFailure("\(arguments.joined(separator: " ")) on \(url): \(outcome.end), \(outcome.errors)")
        }
        return outcome.output
    }

    /// The dashboard's JSON with every command and pattern.
    func dashboard(_ view: View = .whole) async throws -> Data {
        try await output(["dashboard", "--json", "--limit", "1000"] + view.options)
    }

    func importFile(_ file: URL) async throws -> ImportCounts {
        try ImportCounts.parse(try await output(["import", "--json", file.path]))
    }

    /// Somebody who changes items behind the program's back.
    func rawItems() throws -> RawItems { try RawItems(access) }
}

/// What `import --json` prints.
struct ImportCounts: Sendable, Hashable, Decodable {
    var read: Int
    var accepted: Int
    var duplicates: Int
    var rejected: Int

    static func parse(_ data: Data) throws -> ImportCounts { try JSONDecoder().decode(ImportCounts.self, from: data) }
}

/// A store that a data set was imported into once. Shared: tests only read it.
struct FilledStore: Sendable {
    let store: TestStore
    let firstImport: ImportCounts
    /// How long that took: a hint for whoever wants to disturb an import.
    let importTime: Duration

    private struct Key: Hashable {
        var data: DataSet
        var kind: StoreKind
    }

    private static let all = Mutex<[Key: Task<FilledStore, any Error>]>([:])

    static func with(_ data: DataSet, _ kind: StoreKind) async throws -> FilledStore {
        let task = all.withLock { all in
            let key = Key(data: data, kind: kind)
            if let task = all[key] { return task }
            let task = Task { try await fill(data, kind) }
            all[key] = task
            return task
        }
        return try await task.value
    }

    private static func fill(_ data: DataSet, _ kind: StoreKind) async throws -> FilledStore {
        let store = try await TestStore.make(kind)
        let file = try await data.file()
        let clock = ContinuousClock()
        let start = clock.now
        let counts = try await store.importFile(file)
        return FilledStore(store: store, firstImport: counts, importTime: clock.now - start)
    }
}

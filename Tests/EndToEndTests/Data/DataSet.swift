import Foundation
import Synchronization

/// What is imported: recorded events where they are at hand, and generated ones always.
enum DataSet: String, Sendable, CaseIterable, CustomStringConvertible {
    case airline, generated

    static let available = allCases.filter { $0 == .generated || airlineFile != nil }

    var description: String { rawValue }

    /// All of its events lie in these days, in UTC.
    static let days = (from: "2026-10-01", to: "2026-10-28")

    private static let airlineFile: URL? = {
        let shared = ProcessInfo.processInfo.environment["COPILOT_ANALYTICS_SHARED"].map { URL(filePath: $0) }
        let folder = shared ?? Program.package.deletingLastPathComponent().appending(path: "shared")
        let file = folder.appending(path: "data/tau-airline.ndjson")
        return FileManager.default.isReadableFile(atPath: file.path) ? file : nil
    }()

    private static let generatedFile = Task {
        let arguments = ["--events", "6000", "--days", "28", "--seed", "7", "--end", "2026-10-29"]
        let outcome = try await Program.run(["generate"] + arguments)
        guard outcome.isSuccess else { throw TestFailure("generate failed: \(outcome.errors)") }
        return try Scratch.file("generated.ndjson", outcome.output)
    }

    private static let decoded = Mutex<[DataSet: Task<[RecordedEvent], any Error>]>([:])

    func file() async throws -> URL {
        if self == .airline, let file = DataSet.airlineFile { return file }
        return try await DataSet.generatedFile.value
    }

    /// Its lines, without line feeds.
    func lines() async throws -> [String] {
        try String(contentsOf: try await file(), encoding: .utf8).split(separator: "\n").map(String.init)
    }

    func events() async throws -> [RecordedEvent] {
        let task = DataSet.decoded.withLock { decoded in
            if let task = decoded[self] { return task }
            let task = Task {
                let decoder = JSONDecoder()
                return try await lines().map { try decoder.decode(RecordedEvent.self, from: Data($0.utf8)) }
            }
            decoded[self] = task
            return task
        }
        return try await task.value
    }
}

/// An event as a line of a file says it.
struct RecordedEvent: Sendable, Decodable {
    struct Metadata: Sendable, Decodable {
        var commandName: String?
        var executionTime: Double?
        var errorType: String?
        var errorMessage: String?
    }

    var id: String
    var type: String
    var userId: String
    /// Milliseconds since 1970.
    var timestamp: Int
    var metadata: Metadata

    /// Whether it is an execution, and if so whether a successful one.
    var succeeded: Bool? {
        guard metadata.commandName != nil else { return nil }
        return type == "ACTION_EXECUTED" ? true : type == "ACTION_FAILED" ? false : nil
    }
}

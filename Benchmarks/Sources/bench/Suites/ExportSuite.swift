import Foundation

/// What an export of raw events from the embedded table costs, beside SQLite's own of the same rows.
struct ExportSuite: Suite {
    let name = "export"
    let summary = "300,000 raw events as CSV, from an SQLite file"

    private static let events = 300_000
    /// Thirty days that are over on any machine.
    private static let (start, last, end) = ("2025-01-01", "2025-01-30", "2025-01-31")
    /// What the program takes with next to nothing to do.
    private static let fewEvents = 100
    /// An odd number: the median is one of them.
    private static let rounds = 5

    func run(_ installation: Installation) throws -> [Entry] {
        try Installation.withTemporaryFolder { folder in
            let table = try fill(folder.appending(path: "events"), ExportSuite.events, installation)
            let small = try fill(folder.appending(path: "few"), ExportSuite.fewEvents, installation)
            var ours: [Execution] = []
            var peers: [Execution] = []
            var bases: [Execution] = []
            for _ in 0..<ExportSuite.rounds {
                ours.append(try execute(export(table, installation), installation))
                peers.append(try execute(ExportSuite.peer(table), installation))
                bases.append(try execute(export(small, installation), installation))
            }
            guard ours.allSatisfy({ $0.lines == ExportSuite.events + 1 }),
                bases.allSatisfy({ $0.lines == ExportSuite.fewEvents + 1 }),
                peers.allSatisfy({ $0.lines == ExportSuite.events })
            else { throw BenchError("an export does not hold a line for each event") }
            let rate = Double(ExportSuite.events) / median(ours.map(\.seconds))
            let resident = median(ours.map { Double($0.residentBytes) })
            let base = median(bases.map { Double($0.residentBytes) })
            return [
                Entry("export.raw_rows_per_s", rate, "rows/s", bar: .atLeast(200_000)),
                Entry(
                    "export.raw_rows_per_s_vs_sqlite",
                    rate,
                    "rows/s",
                    peer: "sqlite3 -csv",
                    Double(ExportSuite.events) / median(peers.map(\.seconds)),
                    .share
                ),
                Entry("export.rss", (resident - base) / 1_048_576, "MiB", bar: .atMost(64)),
                Entry("export.rss_base", base / 1_048_576, "MiB"),
            ]
        }
    }

    private struct Execution: Decodable {
        let seconds: Double
        let residentBytes: Int
        let lines: Int
    }

    /// - Returns: A table with as many events.
    private func fill(_ name: URL, _ events: Int, _ installation: Installation) throws -> URL {
        let lines = name.appendingPathExtension("ndjson")
        let table = name.appendingPathExtension("db")
        let program = installation.product("copilot-analytics")
        let text = try Command.output(
            program + ["generate", "--events", String(events), "--days", "30", "--seed", "1", "--end", ExportSuite.end])
        try text.write(to: lines)
        _ = try Command.output(program + ["import", lines.path, "--store", "sqlite:\(table.path)"])
        return table
    }

    private func export(_ table: URL, _ installation: Installation) -> [String] {
        installation.product("copilot-analytics")
            + [
                "export", "--what", "events", "--format", "csv", "--from", ExportSuite.start, "--to", ExportSuite.last,
                "--store", "sqlite:\(table.path)",
            ]
    }

    /// The rows as they are, in the same order.
    private static func peer(_ table: URL) -> [String] {
        [
            "/usr/bin/env", "sqlite3", "-csv", table.path,
            "SELECT sk, gsi1sk, item FROM items WHERE gsi1pk IS NOT NULL ORDER BY gsi1pk, gsi1sk",
        ]
    }

    private func execute(_ command: [String], _ installation: Installation) throws -> Execution {
        try JSONDecoder().decode(Execution.self, from: Command.output(installation.peer("run") + command))
    }
}

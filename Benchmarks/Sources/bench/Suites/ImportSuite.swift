import Foundation

/// What an import into the embedded table costs, beside SQLite's own bulk insert of the rows that it makes.
struct ImportSuite: Suite {
    let name = "import"
    let summary = "300,000 events into a new SQLite file, exactly once and with all statistics"

    private static let events = 300_000
    /// An odd number: the median is one of them.
    private static let rounds = 5
    /// Rows of a transaction: the most that ours has.
    private static let commit = 30_000

    func run(_ installation: Installation) throws -> [Entry] {
        try Installation.withTemporaryFolder { folder in
            let inOrder = folder.appending(path: "in-order.ndjson")
            let shuffled = folder.appending(path: "shuffled.ndjson")
            try generate(inOrder, shuffled, installation)
            let table = folder.appending(path: "ours.db")
            let copy = folder.appending(path: "peer.db")
            // Warms up, and makes the rows.
            _ = try load(inOrder, into: table, installation)
            var ours: [Double] = []
            var random: [Double] = []
            var peers: [Insertion] = []
            for _ in 0..<ImportSuite.rounds {
                ImportSuite.remove(copy)
                peers.append(try insert(table, into: copy, installation))
                random.append(try load(shuffled, into: copy, installation))
                ours.append(try load(inOrder, into: table, installation))
            }
            guard let peer = peers.first, peer.events == ImportSuite.events else {
                throw BenchError("the import did not make a row for each event")
            }
            let rate = Double(ImportSuite.events) / median(ours)
            return [
                Entry(
                    "import.sqlite.vs_bulk_insert",
                    rate,
                    "events/s",
                    peer: "SQLite \(peer.version)",
                    Double(ImportSuite.events) / median(peers.map(\.seconds)),
                    .share,
                    bar: .atLeast(0.5)
                ),
                Entry("import.sqlite.events_per_s", rate, "events/s"),
                Entry(
                    "import.sqlite.random.events_per_s", Double(ImportSuite.events) / median(random), "events/s"),
            ]
        }
    }

    private struct Insertion: Decodable {
        let events: Int
        let seconds: Double
        let version: String
    }

    /// The same events by time, and as if they came from everywhere at once.
    private func generate(_ inOrder: URL, _ shuffled: URL, _ installation: Installation) throws {
        let text = try Command.output(
            installation.product("copilot-analytics")
                + ["generate", "--events", String(ImportSuite.events), "--days", "30", "--seed", "1"])
        try text.write(to: inOrder)
        var lines = text.split(separator: UInt8(ascii: "\n"))
        var state: UInt64 = 1
        for index in lines.indices.dropFirst().reversed() {
            // Knuth's MMIX generator: the same order on every machine.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            lines.swapAt(index, Int((state >> 33) % UInt64(index + 1)))
        }
        try Data(lines.joined(separator: [UInt8(ascii: "\n")])).write(to: shuffled)
    }

    /// - Returns: Seconds from the start of the program to its end.
    private func load(_ file: URL, into table: URL, _ installation: Installation) throws -> Double {
        ImportSuite.remove(table)
        let start = ContinuousClock.now
        _ = try Command.output(
            installation.product("copilot-analytics") + ["import", file.path, "--store", "sqlite:\(table.path)"])
        return (ContinuousClock.now - start) / .seconds(1)
    }

    private func insert(_ table: URL, into copy: URL, _ installation: Installation) throws -> Insertion {
        let answer = try Command.output(
            installation.peer("bulk_insert") + [table.path, copy.path, "--commit", String(ImportSuite.commit)])
        return try JSONDecoder().decode(Insertion.self, from: answer)
    }

    private static func remove(_ table: URL) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: table.path + suffix) }
    }
}

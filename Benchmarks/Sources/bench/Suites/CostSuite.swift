import Foundation

/// What a million events a day cost in write units of DynamoDB, beside the design that the project began with.
struct CostSuite: Suite {
    let name = "cost"
    let summary = "write units of an event at a million events a day, as a DynamoDB server bills them"

    private static let eventsOfTheDay = 1_000_000
    /// From the busy middle of the day.
    private static let slice = 500_000..<530_000
    /// Every event costs this peer the same.
    private static let peerEvents = 3000
    private static let columns = ["kind", "writes/event", "units/event", "bytes"]

    func run(_ installation: Installation) throws -> [Entry] {
        try Installation.withTemporaryFolder { folder in
            let events = folder.appending(path: "events.ndjson")
            let some = folder.appending(path: "some.ndjson")
            try generate(events, some, installation)
            let server = try CapacityServer(installation)
            let one = try write(events, writers: 1, server, installation)
            let four = try write(events, writers: 4, server, installation)
            let peer = try writeLiterally(some, server, installation)
            try server.stop()
            return try entries("", one, peer) + entries(".four_writers", four, peer) + [
                Entry("cost.seed001.write_units_per_event", peer.perEvent(\.billed), "units/event")
            ]
        }
    }

    /// What some events came to.
    private struct Bill {
        let title: String
        let events: Int
        let totals: CapacityServer.Totals

        func perEvent(_ value: (CapacityServer.Totals) -> Double) -> Double { value(totals) / Double(events) }

        /// Units of the events and of the statistics that seed 001 has, names and checks included.
        var ofTheSeed: Double {
            let others = ["COMMAND QUARTER", "ERROR QUARTER", "ERROR STATS", "SUMMARY ", "UNIQUES "]
            return totals.kinds.filter { kind, _ in !others.contains { kind.hasPrefix($0) } }
                .values.reduce(0) { $0 + $1.units } / Double(events)
        }

        var breakdown: [String] {
            let rows = totals.kinds.sorted { $0.value.units > $1.value.units }.map { kind, total in
                [
                    kind, String(format: "%.3f", Double(total.writes) / Double(events)),
                    String(format: "%.3f", total.units / Double(events)),
                    String(format: "%.0f", total.bytes / Double(max(1, total.writes))),
                ]
            }
            let columns = CostSuite.columns.enumerated().map { index, name in
                (name: name, alignment: index == 0 ? TextTable.Alignment.left : .right)
            }
            return TextTable(columns: columns, rows: rows).lines
        }
    }

    private func entries(_ suffix: String, _ bill: Bill, _ peer: Bill) throws -> [Entry] {
        note("\(bill.title): \(bill.events) events, \(bill.totals.transactions) transactions")
        for line in bill.breakdown { note(line) }
        // A server that bills otherwise than the service would make every number here worthless.
        guard abs(bill.totals.billed - bill.totals.computed) <= 0.005 * bill.totals.computed else {
            throw BenchError("the server bills \(bill.totals.billed) units; by the rules it is \(bill.totals.computed)")
        }
        func entry(_ name: String, _ value: Double, bar: Double) -> Entry {
            Entry("cost.\(name)\(suffix)", value, "units/event", bar: .atMost(bar))
        }
        return [
            entry("write_units_per_event", bill.perEvent(\.billed), bar: 6),
            entry("write_units_per_event_of_seed001_statistics", bill.ofTheSeed, bar: 4),
            Entry("cost.cancelled_units_per_event\(suffix)", bill.perEvent(\.cancelled), "units/event"),
            Entry("cost.read_units_per_event\(suffix)", bill.perEvent(\.read), "units/event"),
            Entry(
                "cost.write_units_vs_seed001\(suffix)", bill.perEvent(\.billed), "units/event", peer: peer.title,
                peer.perEvent(\.billed), .share),
        ]
    }

    private func generate(_ events: URL, _ some: URL, _ installation: Installation) throws {
        let text = try Command.output(
            installation.product("copilot-analytics") + [
                "generate", "--events", String(CostSuite.eventsOfTheDay), "--days", "1", "--seed", "1",
            ])
        let lines = text.split(separator: UInt8(ascii: "\n"))[CostSuite.slice]
        try Data(lines.joined(separator: [UInt8(ascii: "\n")])).write(to: events)
        try Data(lines.prefix(CostSuite.peerEvents).joined(separator: [UInt8(ascii: "\n")])).write(to: some)
    }

    private struct Written: Decodable {
        let events: Int
        let accepted: Int
    }

    private func write(
        _ file: URL,
        writers: Int,
        _ server: CapacityServer,
        _ installation: Installation
    ) throws -> Bill {
        let table = "cost-\(writers)"
        _ = try Command.output(
            installation.product("copilot-analytics") + ["table", "create", "--store", "dynamodb:\(table)"],
            environment: server.environment
        )
        _ = try server.totals()
        let answer = try Command.output(
            installation.program("write-events") + [table, String(writers), file.path],
            environment: server.environment
        )
        let written = try JSONDecoder().decode(Written.self, from: answer)
        guard written.accepted == CostSuite.slice.count else { throw BenchError("not every event was stored") }
        let title = writers == 1 ? "one writer" : "\(writers) writers"
        return Bill(title: title, events: written.events, totals: try server.totals())
    }

    private struct Peer: Decodable {
        let events: Int
        let name: String
        let version: String
    }

    private func writeLiterally(
        _ file: URL,
        _ server: CapacityServer,
        _ installation: Installation
    ) throws -> Bill {
        _ = try server.totals()
        let answer = try Command.output(
            installation.peer("seed_writes") + ["--endpoint", server.endpoint, "--table", "literal", file.path])
        let peer = try JSONDecoder().decode(Peer.self, from: answer)
        return Bill(
            title: "seed 001, literally (\(peer.name) \(peer.version))",
            events: peer.events,
            totals: try server.totals()
        )
    }
}

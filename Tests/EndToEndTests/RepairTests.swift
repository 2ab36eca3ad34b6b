import Foundation
import TestServers
import Testing

@Suite struct RepairTests {
    private static let days = (from: "2026-10-20", to: "2026-10-22")

    private func start(_ arguments: [String], _ store: TestStore) throws -> Execution {
        try Program.start(arguments, environment: store.environment)
    }

    /// Runs a command again and again, killing it each time a little later, until it comes to its end.
    private func untilItEnds(_ arguments: [String], _ store: TestStore, kills: Int) async throws -> Execution.Outcome {
        var wait = Duration.milliseconds(40)
        for _ in 0..<kills {
            let running = try start(arguments, store)
            // Not a wait for anything: the moment at which the blow falls.
            try await Task.sleep(for: wait)
            running.send(SIGKILL)
            let outcome = try await running.outcome()
            guard outcome.end == .killed(signal: SIGKILL) else { return outcome }
            wait = wait * 3 / 2
        }
        return try await start(arguments, store).outcome()
    }

    @Test(arguments: StoreKind.allCases) func killedRebuildsPutEverythingRight(kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        _ = try await store.importFile(try await DataSet.generated.file())
        let raw = try store.rawItems()
        var spoilt = 0
        for item in try await raw.query("SUMMARY") where item.key.sk.contains("2026-10-2") {
            guard ["2026-10-20", "2026-10-21", "2026-10-22"].contains(where: item.key.sk.contains) else { continue }
            spoilt += 1
            if spoilt % 3 == 0 {
                try await raw.delete(item.key)
            } else {
                try await raw.put(item.raising("totalEvents"))
            }
        }
        for item in try await raw.query("UNIQUES#users") where item.key.sk == "STATS#2026-10-21" {
            var other = item
            other["u"] = .object(["S": .string("no set")])
            try await raw.put(other)
        }
        #expect(spoilt > 10)
        #expect(try await store.run("verify").end == .exited(1))
        let rebuild = ["rebuild", "--from", Self.days.from, "--to", Self.days.to, "--store", store.url]
        let outcome = try await untilItEnds(rebuild, store, kills: 5)
        #expect(outcome.isSuccess, "\(outcome.errors)")
        let verified = try await store.run("verify")
        #expect(verified.isSuccess, "\(verified.text)")
        let expected = try await FilledStore.with(.generated, kind).store.dashboard()
        #expect(try await store.dashboard() == expected)
    }

    /// From one table into the other, killed on the way.
    @Test(arguments: StoreKind.allCases) func killedCopiesGoOn(kind: StoreKind) async throws {
        let source = try await FilledStore.with(.generated, kind.other).store
        let target = try await TestStore.make(kind)
        let dynamoDB = kind == .dynamodb ? target : source
        let copy = ["copy", "--from", source.url, "--to", target.url, "--json"]
        let outcome = try await untilItEnds(copy, dynamoDB, kills: 6)
        #expect(outcome.isSuccess, "\(outcome.errors)")
        let result = try JSON.parse(outcome.output)
        #expect(result["events"]?.number == 6000 && result["differences"]?.number == 0)
        #expect(try await target.dashboard() == source.dashboard())
        // A table that holds something is never copied into.
        let again = try await start(copy, dynamoDB).outcome()
        #expect(again.end == .exited(1))
        expectOneLine(again, saying: "is not empty")
    }

    /// Rows that are no items any more: named by `verify`, made anew by `rebuild`.
    @Test func unreadableRows() async throws {
        let store = try await TestStore.make(.sqlite)
        _ = try await store.importFile(try await DataSet.generated.file())
        let script = """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1])
            connection.execute("UPDATE items SET item = 'no JSON' WHERE pk = 'SUMMARY' AND sk = 'STATS#2026-10-21'")
            connection.commit()
            """
        let path = String(store.url.dropFirst("sqlite:".count))
        let spoilt = try await Program.run(executable: Program.python, ["-c", script, path])
        #expect(spoilt.isSuccess, "\(spoilt.errors)")
        let verified = try await store.run("verify")
        #expect(verified.end == .exited(1))
        #expect(verified.text.contains("SUMMARY / STATS#2026-10-21: the row is not in DynamoDB's JSON form"))
        let rebuilt = try await store.run("rebuild", "--date", "2026-10-21")
        #expect(rebuilt.isSuccess, "\(rebuilt.errors)")
        #expect(try await store.run("verify").isSuccess)
        #expect(try await store.dashboard() == FilledStore.with(.generated, .sqlite).store.dashboard())
    }

    @Test func usage() async throws {
        for arguments in [
            ["rebuild"], ["rebuild", "--date", "2026-13-01"],
            ["rebuild", "--from", "2026-10-02", "--to", "2026-10-01"],
            ["table", "lanes", "0"], ["table", "lanes", "33"],
        ] {
            let outcome = try await Program.run(arguments)
            #expect(outcome.end == .exited(2), "\(arguments): \(outcome.errors)")
        }
        let same = try await Program.run(["copy", "--from", "sqlite:a.db", "--to", "sqlite:./a.db"])
        #expect(same.end == .exited(2))
    }
}

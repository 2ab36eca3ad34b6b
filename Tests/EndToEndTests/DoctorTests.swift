import Foundation
import TestServers
import Testing

/// `doctor` says what is wrong with a store and what to do, and changes nothing.
@Suite struct DoctorTests {
    private struct Report {
        let outcome: Execution.Outcome
        let checks: [String: JSON]

        init(_ outcome: Execution.Outcome) throws {
            self.outcome = outcome
            let found = try JSON.parse(outcome.text)["checks"]?.elements ?? []
            checks = Dictionary(found.map { ($0["check"]?.string ?? "", $0) }) { first, _ in first }
        }

        func result(_ check: String) -> String? { checks[check]?["result"]?.string }
        func advice(_ check: String) -> String { checks[check]?["advice"]?.string ?? "" }
    }

    private func examine(_ store: TestStore) async throws -> Report {
        try Report(try await store.run("doctor", "--json"))
    }

    @Test(arguments: StoreKind.allCases) func whatIsInOrderPassesAndStaysAsItIs(kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        let lines = try await DataSet.generated.lines().prefix(40)
        _ = try await store.importFile(try Scratch.file("events.ndjson", lines.joined(separator: "\n") + "\n"))
        func items() async throws -> Set<JSON> { Set(try JSON.parse(try await store.rawItems().scanText()).elements) }
        let before = try await items()
        let report = try await examine(store)
        #expect(report.outcome.isSuccess, "\(report.outcome.text)")
        // The machine's disk is what it is.
        let others = report.checks.filter { $0.key != "disk" }
        #expect(others.allSatisfy { $0.value["result"] == .string("ok") }, "\(report.outcome.text)")
        let names: Set<String> =
            kind == .sqlite
            ? ["store", "file", "log", "writing", "settings"]
            : ["store", "credentials", "clock", "table", "index", "expiry", "permissions", "settings"]
        #expect(names.isSubset(of: report.checks.keys))
        #expect(try await items() == before)
        let text = try await store.run("doctor")
        #expect(text.isSuccess && text.text.hasPrefix("ok"), "\(text.text)")
    }

    @Test func storesThatCannotBeUsedFail() async throws {
        let none = try await TestStore.make(.sqlite)
        let missing = try await examine(none)
        #expect(missing.outcome.end == .exited(1) && missing.result("store") == "fail")
        let noTable = try await examine(try await TestStore.make(.dynamodb).at("dynamodb:no-such-table"))
        #expect(noTable.outcome.end == .exited(1) && noTable.advice("table").contains("table create"))
        var wrong = try await TestStore.make(.dynamodb)
        wrong.environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
        #expect(try await examine(wrong).result("table") == "fail")
        wrong.environment["AWS_SECRET_ACCESS_KEY"] = nil
        #expect(try await examine(wrong).result("credentials") == "fail")
        wrong = try await TestStore.make(.dynamodb)
        wrong.environment["AWS_ENDPOINT_URL_DYNAMODB"] = "http://127.0.0.1:1"
        #expect(try await examine(wrong).result("network") == "fail")
    }

    /// A page of the file overwritten with something else.
    @Test func damagedFilesFail() async throws {
        let store = try await TestStore.make(.sqlite)
        let lines = try await DataSet.generated.lines().prefix(500)
        _ = try await store.importFile(
            try Scratch.file("events.ndjson", lines.joined(separator: "\n") + "\n"))
        let path = String(store.url.dropFirst("sqlite:".count))
        let script = "import sqlite3,sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA wal_checkpoint(TRUNCATE)')"
        _ = try await Program.run(executable: Program.python, ["-c", script, path])
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        // The first page is the header: the file has to open.
        let size = try handle.seekToEnd()
        for offset in stride(from: size / 2 / 4096 * 4096, to: size - 4096, by: 4096 * 3) {
            try handle.seek(toOffset: offset)
            try handle.write(contentsOf: Data(repeating: 0x5A, count: 4096))
        }
        try handle.close()
        let report = try await examine(store)
        #expect(report.outcome.end == .exited(1) && report.result("file") == "fail", "\(report.outcome.text)")
    }

    @Test func missingPermissionsAreNamed() async throws {
        let proxy = try await FaultProxy(target: try await Ministack.shared.endpoint)
        let store = try await TestStore.make(.dynamodb, endpoint: proxy.endpoint)
        try await proxy.setRules(FaultRule(.accessDenied, on: "Scan"))
        let warned = try await examine(store)
        #expect(warned.outcome.isSuccess && warned.result("permissions") == "warn")
        #expect(warned.advice("permissions").contains("dynamodb:Scan"))
        try await proxy.setRules(FaultRule(.accessDenied, on: "BatchGetItem"))
        let failed = try await examine(store)
        #expect(failed.outcome.end == .exited(1) && failed.result("permissions") == "fail")
        #expect(failed.advice("permissions").contains("dynamodb:BatchGetItem"))
        #expect(try await proxy.stats().count(of: .accessDenied, in: "BatchGetItem") > 0)
    }

    @Test func tablesOfAnotherShapeAreNamed() async throws {
        let store = try await TestStore.make(.dynamodb)
        let table = "bare-\(UUID().uuidString.prefix(8).lowercased())"
        var access = store.access
        access[1] = table
        let bare = TestStore(
            kind: .dynamodb, url: "dynamodb:\(table)", environment: store.environment, access: access)
        let made = try await Program.run(
            executable: Program.python, [Program.support("legacy_table.py"), "1", "20"] + access)
        #expect(made.isSuccess, "\(made.errors)")
        let report = try await examine(bare)
        #expect(report.outcome.end == .exited(1))
        #expect(report.result("index") == "fail" && report.advice("index").contains("update-table"))
        #expect(report.result("expiry") == "warn" && report.advice("expiry").contains("update-time-to-live"))
    }

    /// What was begun and not ended.
    @Test(arguments: StoreKind.allCases) func unfinishedWorkIsNamed(kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        if kind == .sqlite { _ = try await store.run("table", "create") }
        let raw = try store.rawItems()
        func item(_ pk: String, _ sk: String, _ attributes: [String: JSON]) -> JSON {
            .object(
                attributes.merging([
                    "PK": .object(["S": .string(pk)]), "SK": .object(["S": .string(sk)]),
                ]) { $1 })
        }
        func number(_ value: Int) -> JSON { .object(["N": .string("\(value)")]) }
        try await raw.put(item("TABLE", "COPY", ["items": number(3)]))
        try await raw.put(
            item(
                "FORGOTTEN", "USER#abc",
                ["until": number(1_790_000_000_000), "state": .object(["S": .string("forgetting")])]))
        try await raw.put(
            item("EVENT#MESSAGE_SENT", "u#1790000000000#x", ["timestamp": number(1_790_000_000_000)]))
        try await raw.put(item("TABLE", "SETTINGS", ["lanes": number(2), "repairs": .object(["BOOL": .bool(true)])]))
        try await raw.put(
            item("SUMMARY#L#REPAIR", "STATS#2026-10-01", ["n": number(1), "v": number(1), "totalEvents": number(4)]))
        let report = try await examine(store)
        #expect(report.outcome.isSuccess, "\(report.outcome.text)")
        for check in ["copy", "forgetting", "adoption", "repairs"] {
            #expect(report.result(check) == "warn", "\(check)")
        }
        #expect(report.checks["settings"]?["message"]?.string?.contains("2 lanes") == true)
    }
}

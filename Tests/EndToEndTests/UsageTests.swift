import Foundation
import TestServers
import Testing

@Suite struct UsageTests {
    @Test(arguments: [
        (["frobnicate"], "frobnicate"),
        (["dashboard", "--bogus"], "--bogus"),
        (["dashboard", "extra"], "extra"),
        (["dashboard", "--from", "nonsense"], "nonsense"),
        (["dashboard", "--from", "2026-02-30"], "YYYY-MM-DD"),
        (["dashboard", "--to", "01.10.2026"], "01.10.2026"),
        (["dashboard", "--from", "2026-10-10", "--to", "2026-10-01"], "before it starts"),
        (["dashboard", "--from", "1990-01-01", "--to", "2026-10-01"], "longer than"),
        (["dashboard", "--from", "1969-12-31", "--to", "2026-10-01"], "before 1970"),
        (["dashboard", "--time-zone", "Mars/Olympus"], "Mars/Olympus"),
        (["dashboard", "--time-zone", "IST"], "IST"),
        (["dashboard", "--limit", "0"], "--limit must be 1 to 1000"),
        (["commands", "--limit", "1001"], "--limit must be 1 to 1000"),
        (["errors", "--limit", "many"], "many"),
        (["verify", "--from", "x"], "YYYY-MM-DD"),
        (["export", "--format", "xml"], "json, csv, ndjson"),
        (["export", "--what", "everything"], "all, summary, commands, errors, events"),
        (["import"], "<file>"),
        (["generate", "--events", "many"], "many"),
        (["generate", "--end", "tomorrow"], "--end"),
        (["serve", "--port", "70000"], "--port must be 0 to 65535"),
        (["table", "create", "--time-zone", "Nowhere"], "Nowhere"),
        (["table", "delete"], "--yes"),
        (["dashboard", "--store", "postgres://x"], "postgres://x"),
        (["dashboard", "--store", "sqlite:"], "sqlite:"),
        (["dashboard", "--store", "dynamodb:a b"], "dynamodb:a b"),
    ])
    func mistakesAreExplained(arguments: [String], text: String) async throws {
        let folder = try Scratch.folder()
        let outcome = try await Program.run(arguments, folder: folder)
        expectUsageError(outcome, saying: text)
        // Nor does a mistake leave anything behind.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test(arguments: [["--help"], ["help", "import"], ["import", "--help"], ["--version"]])
    func helpIsNoFailure(arguments: [String]) async throws {
        let outcome = try await Program.run(arguments)
        #expect(outcome.isSuccess && outcome.errors.isEmpty && !outcome.output.isEmpty)
    }

    /// Without `--store` it is the environment that says where, and else a file in the current folder.
    @Test func whereEventsGo() async throws {
        let folder = try Scratch.folder()
        let file = try Scratch.file("one.ndjson", #"{"id":"1","type":"X","userId":"u","timestamp":1791000000000}"#)
        func run(_ environment: [String: String]) async throws -> ImportCounts {
            let arguments = ["import", "--json", file.path]
            let outcome = try await Program.run(arguments, environment: environment, folder: folder)
            #expect(outcome.isSuccess, "\(outcome.errors)")
            return try ImportCounts.parse(outcome.output)
        }
        #expect(try await run([:]).accepted == 1)
        #expect(try await run([:]).duplicates == 1)
        #expect(try await run(["COPILOT_ANALYTICS_STORE": "sqlite:other.db"]).accepted == 1)
        let dynamodb = try await TestStore.make(.dynamodb)
        let table = ["ANALYTICS_TABLE_NAME": String(dynamodb.url.dropFirst("dynamodb:".count))]
        #expect(try await run(dynamodb.environment.merging(table) { $1 }).accepted == 1)
        #expect(try await dynamodb.importFile(file).duplicates == 1)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".db") }
        #expect(files.sorted() == ["copilot-analytics.db", "other.db"])
    }

    /// Nothing of a progress bar where nobody looks at a terminal.
    @Test(arguments: DataSet.available, StoreKind.allCases)
    func noProgressInPipes(data: DataSet, kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        let part = try Scratch.file("part.ndjson", try await data.lines().prefix(1500).joined(separator: "\n"))
        let outcome = try await store.run("import", part.path)
        #expect(outcome.text == "read 1500, accepted 1500, duplicates 0, rejected 0\n")
        #expect(outcome.errors.isEmpty)
        let verified = try await store.run("verify")
        #expect(verified.isSuccess && verified.errors.isEmpty)
    }

    @Test func aReaderThatHasEnough() async throws {
        let program = try Program.folder().appending(path: Program.name).path
        let script = "\"$0\" generate --events 200000 | head -n 1 | wc -l; echo ${PIPESTATUS[0]}"
        let outcome = try await Program.run(executable: URL(filePath: "/bin/bash"), ["-c", script, program])
        #expect(outcome.text.split(whereSeparator: \.isWhitespace) == ["1", "1"])
        #expect(outcome.errors.isEmpty)
    }
}

import Foundation
import TestServers
import Testing

@Suite struct BadInputTests {
    /// A file that is something else, and what is said of it.
    struct Stranger: Sendable, CustomStringConvertible {
        var name: String
        var content: [UInt8]
        var message: String
        var counts: ImportCounts?

        var description: String { name }
    }

    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private static let strangers = [
        // A picture: line feeds, NULs and broken UTF-8 wherever they fall.
        Stranger(
            name: "picture.png",
            content: png + (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0 / 7) },
            message: "picture.png is not NDJSON: expected one JSON object a line"
        ),
        Stranger(
            name: "table.csv",
            content: Array("id,type,userId\n1,ACTION_EXECUTED,u\n".utf8),
            message: "table.csv is not NDJSON",
            counts: ImportCounts(read: 2, accepted: 0, duplicates: 0, rejected: 2)
        ),
        Stranger(
            name: "array.json",
            content: Array(#"[{"type":"ACTION_EXECUTED","userId":"u"}]"#.utf8),
            message: "array.json is not NDJSON",
            counts: ImportCounts(read: 1, accepted: 0, duplicates: 0, rejected: 1)
        ),
        Stranger(
            name: "pretty.json",
            content: Array("{\n  \"type\": \"ACTION_EXECUTED\",\n  \"userId\": \"u\"\n}\n".utf8),
            message: "pretty.json is not NDJSON",
            counts: ImportCounts(read: 4, accepted: 0, duplicates: 0, rejected: 4)
        ),
        Stranger(
            name: "one-line.bin",
            content: [UInt8](repeating: 0xFF, count: 300_000),
            message: "one-line.bin line 1: longer than 32 KB",
            counts: ImportCounts(read: 1, accepted: 0, duplicates: 0, rejected: 1)
        ),
        Stranger(
            name: "text.gz", content: Array("no gzip at all\n".utf8), message: "text.gz: the gzip data is damaged"),
    ]

    @Test(arguments: strangers, StoreKind.allCases)
    func strangersAreRefused(stranger: Stranger, kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        let file = try Scratch.file(stranger.name, Data(stranger.content))
        let outcome = try await store.run("import", "--json", file.path)
        expectFailure(outcome, saying: stranger.message)
        if let counts = stranger.counts { #expect(try ImportCounts.parse(outcome.output) == counts) }
        let verified = try await store.run("verify")
        #expect(verified.text == "0 events and 0 statistics agree\n", "\(verified.errors)")
    }

    @Test(arguments: StoreKind.allCases) func anEmptyFileIsNoFailure(kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        let file = try Scratch.file("empty.ndjson", "")
        let outcome = try await store.run("import", "--json", file.path)
        #expect(outcome.isSuccess)
        #expect(try ImportCounts.parse(outcome.output).read == 0)
        // But nobody should take it for a file with events.
        #expect(outcome.errorLines == ["note: \(file.path) holds no events"])
    }

    /// A line between good ones, and why it is rejected.
    private static let badLines: [(line: [UInt8], code: String, reason: String)] = [
        (Array(#"{"type":"ACTION_EXECUTED","id":"x1","timestamp":1791000000000}"#.utf8), "missingField", "userId"),
        (Array(#"{"userId":"u","id":"x2","timestamp":1791000000000}"#.utf8), "missingField", "type is missing"),
        (event(#""timestamp":1791000000"#), "invalidField", "looks like seconds"),
        (event(#""timestamp":1791000000000000"#), "invalidField", "looks like microseconds"),
        (event(#""timestamp":"yesterday""#), "invalidField", "RFC 3339"),
        (event(#""timestamp":1791000000000.5"#), "invalidField", "whole number"),
        (event(#""metadata":[]"#), "invalidField", "metadata must be an object"),
        (event(#""metadata":{"commandName":"c","executionTime":-1}"#), "invalidField", "executionTime is negative"),
        (event(#""metadata":{"commandName":"c","executionTime":"fast"}"#), "invalidField", "must be a number"),
        (event(#""metadata":{"commandName":"c","executionTime":NaN}"#), "invalidJSON", "not valid JSON"),
        (event(#""conversationId":"a\u0000b""#), "invalidField", "control character"),
        (event(#""metadata":{"errorMessage":"a\u0000b"}"#), "invalidField", "NUL"),
        (Array(#"{"type":"X","userId":"a"#.utf8) + [0] + Array(#"b"}"#.utf8), "invalidJSON", "not valid JSON"),
        (Array(#"{"type":"X","userId":"a"#.utf8) + [0xC3, 0x28] + Array(#"b"}"#.utf8), "invalidJSON", "UTF-8"),
        (Array(#"{"type":"X","userId":"\ud800"}"#.utf8), "invalidJSON", "not valid JSON"),
        (Array(#"{"type":"X","userId":"u""#.utf8), "invalidJSON", "not valid JSON"),
        (Array("[1,2]".utf8), "notAnObject", "an array"),
        (Array("null".utf8), "notAnObject", "object"),
        (Array(String(repeating: "[", count: 30_000).utf8), "invalidJSON", "levels deep"),
        (event(#""metadata":{"note":"\#(String(repeating: "x", count: 33_000))"}"#), "tooLarge", "32 KB"),
        (event(#""metadata":{"note":"\#(String(repeating: "x", count: 700_000))"}"#), "tooLarge", "32 KB"),
    ]

    private static func event(_ members: String) -> [UInt8] {
        Array(#"{"type":"ACTION_EXECUTED","userId":"u","id":"bad",\#(members)}"#.utf8)
    }

    @Test(arguments: DataSet.available, StoreKind.allCases)
    func goodLinesAreStoredAllTheSame(data: DataSet, kind: StoreKind) async throws {
        let good = try await data.lines().prefix(400).map { Array($0.utf8) }
        var content: [UInt8] = []
        for (index, line) in good.enumerated() {
            content += line + [0x0A]
            if index < BadInputTests.badLines.count { content += BadInputTests.badLines[index].line + [0x0A] }
        }
        let file = try Scratch.file("mixed.ndjson", Data(content))
        let rejects = try Scratch.folder().appending(path: "rejects.ndjson")
        let store = try await TestStore.make(kind)
        let outcome = try await store.run("import", "--json", "--rejects", rejects.path, file.path)
        let bad = BadInputTests.badLines.count
        expectFailure(outcome, saying: "rejected \(bad) of \(400 + bad) lines")
        let counts = ImportCounts(read: 400 + bad, accepted: 400, duplicates: 0, rejected: bad)
        #expect(try ImportCounts.parse(outcome.output) == counts)

        let reasons = try String(contentsOf: rejects, encoding: .utf8).split(separator: "\n")
            .map { try JSON.parse(String($0)) }
            .sorted { ($0["line"]?.number ?? 0) < ($1["line"]?.number ?? 0) }
        #expect(reasons.count == bad)
        for (index, (reject, expected)) in zip(reasons, BadInputTests.badLines).enumerated() {
            #expect(reject["line"] == .number(Double(2 * index + 2)))
            #expect(reject["code"] == .string(expected.code), "\(expected.reason)")
            #expect(reject["reason"]?.string?.contains(expected.reason) == true, "\(reject["reason"] ?? .null)")
        }

        let decoder = JSONDecoder()
        let events = try good.map { try decoder.decode(RecordedEvent.self, from: Data($0)) }
        let answer = try DashboardAnswer.parse(try await store.dashboard())
        #expect(Comparison(answer, try Recount(events, .whole), .whole).problems.isEmpty)
        let verified = try await store.run("verify")
        #expect(verified.text.hasPrefix("400 events"), "\(verified.text) \(verified.errors)")
    }

    @Test(arguments: StoreKind.allCases) func unknownFieldsAreDroppedAndCounted(kind: StoreKind) async throws {
        let lines = (0..<3).map { index in
            #"{"id":"\#(index)","type":"ACTION_EXECUTED","userId":"u","timestamp":1791000000000,"colour":"red","#
                + #""metadata":{"commandName":"paint","executionTime":5,"shade":"dark"}}"#
        }
        let store = try await TestStore.make(kind)
        let file = try Scratch.file("fields.ndjson", lines.joined(separator: "\r\n") + "\r\n")
        let outcome = try await store.run("import", "--json", file.path)
        #expect(outcome.isSuccess)
        #expect(outcome.errorLines == ["note: dropped the unknown field colour of 3 events"])
        #expect(try ImportCounts.parse(outcome.output).accepted == 3)
        let options = ["export", "--what", "events", "--format", "ndjson"] + View.whole.options
        for line in String(decoding: try await store.output(options), as: UTF8.self).split(separator: "\n") {
            let event = try JSON.parse(String(line))
            #expect(event["colour"] == nil)
            #expect(event["metadata"]?["shade"] == .string("dark"))
        }
    }

    /// First stored wins, and the other is reported.
    @Test(arguments: StoreKind.allCases) func contradictionsAreRejected(kind: StoreKind) async throws {
        func line(_ time: Int) -> String {
            #"{"id":"same","type":"ACTION_EXECUTED","userId":"u","timestamp":1791000000000,"#
                + #""metadata":{"commandName":"c","executionTime":\#(time)}}"#
        }
        let store = try await TestStore.make(kind)
        let file = try Scratch.file("conflicts.ndjson", [line(5), line(6), line(5)].joined(separator: "\n"))
        for accepted in [1, 0] {
            let outcome = try await store.run("import", "--json", file.path)
            expectFailure(outcome, saying: "other content is stored already")
            let counts = ImportCounts(read: 3, accepted: accepted, duplicates: 2 - accepted, rejected: 1)
            #expect(try ImportCounts.parse(outcome.output) == counts)
        }
        let answer = try DashboardAnswer.parse(try await store.dashboard())
        #expect(answer.summary.totalExecutions == 1 && answer.summary.avgExecutionTime == 5)
    }

    @Test(arguments: StoreKind.allCases) func truncatedGzipKeepsWhatCame(kind: StoreKind) async throws {
        let file = try await DataSet.generated.file()
        let cut = try Scratch.folder().appending(path: "cut.ndjson.gz")
        let script = """
            import gzip, sys
            data = gzip.compress(open(sys.argv[1], 'rb').read())
            open(sys.argv[2], 'wb').write(data[:len(data) // 2])
            """
        let gzip = try await Program.run(executable: Program.python, ["-c", script, file.path, cut.path])
        #expect(gzip.isSuccess, "\(gzip.errors)")
        let store = try await TestStore.make(kind)
        let outcome = try await store.run("import", "--json", cut.path)
        expectFailure(outcome, saying: "ends too early")
        let line = try #require(outcome.errorLines.first)
        let stored = try #require(line.firstMatch(of: /; (\d+) events of it were stored/).flatMap { Int($0.output.1) })
        #expect(stored > 1000 && stored < 6000)
        let verified = try await store.run("verify")
        #expect(verified.isSuccess && verified.text.hasPrefix("\(stored) events"), "\(verified.text)")
    }

    @Test(arguments: StoreKind.allCases) func missingFilesStoreNothing(kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        let good = try Scratch.file(
            "good.ndjson", try await DataSet.generated.lines().prefix(3).joined(separator: "\n"))
        let folder = try Scratch.folder()
        let missing = folder.appending(path: "missing.ndjson").path
        expectFailure(try await store.run("import", "--json", good.path, missing), saying: "\(missing) does not exist")
        expectFailure(try await store.run("import", "--json", good.path, folder.path), saying: "is a folder")
        let rejects = folder.appending(path: "no/rejects").path
        let outcome = try await store.run("import", "--json", "--rejects", rejects, good.path)
        expectFailure(outcome, saying: "cannot be written")
        // The good file was named, too, but an import that cannot be whole does not begin.
        #expect(try await store.importFile(good).accepted == 3)
    }
}

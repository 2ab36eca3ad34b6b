import Foundation
import TestServers
import Testing

@Suite struct ExportTests {
    /// What holds which part of the dashboard: names of the list in an export, of the list in the dashboard, of a record.
    private static let lists = [
        (what: "commands", dashboard: "popularCommands", record: "command"),
        (what: "errors", dashboard: "errorPatterns", record: "error"),
    ]

    private func export(_ store: TestStore, _ what: String, _ format: String) async throws -> String {
        let options = ["export", "--what", what, "--format", format] + View.whole.options
        return String(decoding: try await store.output(options), as: UTF8.self)
    }

    @Test(arguments: DataSet.available, StoreKind.allCases)
    func jsonCarriesTheDashboard(data: DataSet, kind: StoreKind) async throws {
        let store = try await FilledStore.with(data, kind).store
        let dashboard = try JSON.parse(try await store.dashboard())
        for what in ["all", "summary", "commands", "errors"] {
            let json = try JSON.parse(try await export(store, what, "json"))
            #expect(json["range"] == dashboard["range"])
            #expect(json["summary"] == (what == "all" || what == "summary" ? dashboard["summary"] : nil))
            for list in ExportTests.lists {
                let isWanted = what == "all" || what == list.what
                #expect(json[list.what] == (isWanted ? dashboard[list.dashboard] : nil), "\(what): \(list.what)")
            }
        }
    }

    @Test(arguments: DataSet.available, StoreKind.allCases)
    func ndjsonCarriesTheDashboard(data: DataSet, kind: StoreKind) async throws {
        let store = try await FilledStore.with(data, kind).store
        let dashboard = try JSON.parse(try await store.dashboard())
        for what in ["all", "summary", "commands", "errors"] {
            let text = try await export(store, what, "ndjson")
            #expect(text.hasSuffix("\n"))
            let records = try text.split(separator: "\n").map { try JSON.parse(String($0)) }
            let summaries = records.filter { $0["record"] == .string("summary") }
            #expect(
                summaries.compactMap { $0["summary"] }
                    == (what == "all" || what == "summary" ? [dashboard["summary"]] : []))
            for list in ExportTests.lists {
                let found = records.filter { $0["record"] == .string(list.record) }.map { record in
                    JSON.object(record.members.filter { $0.key != "record" })
                }
                let isWanted = what == "all" || what == list.what
                #expect(found == (isWanted ? dashboard[list.dashboard]?.elements : []), "\(what): \(list.what)")
            }
        }
    }

    @Test(arguments: DataSet.available, StoreKind.allCases)
    func csvCarriesTheDashboard(data: DataSet, kind: StoreKind) async throws {
        let store = try await FilledStore.with(data, kind).store
        let dashboard = try JSON.parse(try await store.dashboard())
        let summary = [try #require(dashboard["summary"])]
        let commands = try #require(dashboard["popularCommands"]).elements
        let errors = try #require(dashboard["errorPatterns"]).elements
        for (what, expected) in [
            ("all", summary + commands + errors), ("summary", summary), ("commands", commands), ("errors", errors),
        ] {
            let records = try CSV.records(try await export(store, what, "csv"))
            #expect(records.count == expected.count, "\(what)")
            for (record, json) in zip(records, expected) {
                #expect(problems(record, json) == [], "\(what)")
            }
            guard what == "all" else { continue }
            let kinds = ["summary"] + commands.map { _ in "command" } + errors.map { _ in "error" }
            #expect(records.map { $0["record"] } == kinds)
        }
    }

    /// Every member of the answer has to be in the row, and nothing else.
    private func problems(_ record: [String: String], _ json: JSON) -> [String] {
        var problems: [String] = []
        for (name, value) in json.members {
            let cell = record[name]
            let isSame =
                switch value {
                case .number(let number): cell.flatMap(Double.init) == number
                case .string(let text): cell == text
                default: cell == ""
                }
            if !isSame { problems.append("\(name) is \(cell ?? "absent"), not \(value)") }
        }
        for (name, cell) in record where json[name] == nil && name != "record" && !cell.isEmpty {
            problems.append("\(name) should be empty, not \(cell)")
        }
        return problems
    }

    @Test(arguments: DataSet.available, StoreKind.allCases)
    func exportedEventsMakeTheSameDashboard(data: DataSet, kind: StoreKind) async throws {
        let store = try await FilledStore.with(data, kind).store
        let count = try await data.lines().count
        let file = try Scratch.folder().appending(path: "events.ndjson")
        let options = ["export", "--what", "events", "--format", "ndjson", "-o", file.path]
        #expect(try await store.output(options + View.whole.options).isEmpty)
        let other = try await TestStore.make(kind.other)
        #expect(
            try await other.importFile(file) == ImportCounts(read: count, accepted: count, duplicates: 0, rejected: 0))
        for view in [View.whole, View(from: "2026-10-08", to: "2026-10-13", zone: "America/St_Johns")] {
            #expect(try await other.dashboard(view) == store.dashboard(view), "\(view)")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: file.deletingLastPathComponent().path)
        #expect(names == ["events.ndjson"])
    }

    @Test(arguments: DataSet.available, StoreKind.allCases)
    func eventsInEveryFormat(data: DataSet, kind: StoreKind) async throws {
        let store = try await FilledStore.with(data, kind).store
        let view = View(from: "2026-10-22", to: "2026-10-22", zone: "Asia/Kolkata")
        let bounds = try view.bounds()
        let events = try await data.events().filter { bounds.contains($0.timestamp) }
        let expected = Set(events.map(\.id))
        let options = ["export", "--what", "events"] + view.options + ["--format"]
        let json = try JSON.parse(try await store.output(options + ["json"])).elements
        #expect(Set(json.compactMap { $0["id"]?.string }) == expected && json.count == events.count)
        let times = json.compactMap { $0["timestamp"]?.number }
        #expect(times == times.sorted() && times.count == events.count)
        let csv = try CSV.records(String(decoding: try await store.output(options + ["csv"]), as: UTF8.self))
        #expect(csv.map { $0["id"] } == json.map { $0["id"]?.string })
        #expect(csv.map { $0["userId"] } == json.map { $0["userId"]?.string })
        #expect(try csv.map { try JSON.parse($0["metadata"] ?? "") } == json.map { $0["metadata"] ?? .null })
    }

    /// A spreadsheet must not run what a copilot's user typed.
    @Test(arguments: StoreKind.allCases) func formulasAreHarmless(kind: StoreKind) async throws {
        let names = ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://x\",\"y\")", "a,b", "plain"]
        var lines = names.enumerated().map { index, name in
            let command = name.replacing("\"", with: "\\\"")
            return """
                {"id":"c\(index)","type":"ACTION_EXECUTED","userId":"=u","timestamp":1791000000000,\
                "metadata":{"commandName":"\(command)","executionTime":5}}
                """
        }
        lines.append(
            #"{"id":"e","type":"ERROR_OCCURRED","userId":"u","timestamp":1791000000000,"#
                + #""metadata":{"errorType":"=E","errorMessage":"\t=cmd|' /C calc'!A, \"quoted\"\nnext line"}}"#
        )
        let store = try await TestStore.make(kind)
        let file = try Scratch.file("formulas.ndjson", lines.joined(separator: "\n"))
        #expect(try await store.importFile(file).accepted == lines.count)
        let commands = try CSV.records(try await export(store, "commands", "csv")).compactMap { $0["commandName"] }
        #expect(Set(commands) == Set(names.map { "=+-@".contains($0.prefix(1)) ? "'" + $0 : $0 }))
        let errors = try CSV.records(try await export(store, "errors", "csv"))
        #expect(errors.map { $0["errorType"] } == ["'=E"])
        for format in ["all", "events"] {
            for record in try CSV.records(try await export(store, format, "csv")) {
                for (name, cell) in record where !cell.isEmpty && Double(cell) == nil {
                    #expect(!"=+-@\t\r\n".contains(cell.prefix(1)), "\(format): \(name) is \(cell)")
                }
            }
        }
        // Programs read the rest: nothing may be changed there.
        let json = try JSON.parse(try await export(store, "commands", "json"))
        #expect(Set(json["commands"]?.elements.compactMap { $0["commandName"]?.string } ?? []) == Set(names))
    }

    @Test(arguments: StoreKind.allCases) func unwritableOutput(kind: StoreKind) async throws {
        let store = try await FilledStore.with(.generated, kind).store
        let folder = try Scratch.folder()
        for path in [folder.appending(path: "missing/out.csv").path, folder.path] {
            let outcome = try await store.run(["export", "-o", path] + View.whole.options)
            expectFailure(outcome, saying: "cannot be written", path)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}

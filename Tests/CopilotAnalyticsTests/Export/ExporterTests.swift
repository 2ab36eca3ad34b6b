import LosslessJSON
import PropertyTesting
import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct ExporterTests {
    private static let now: @Sendable () -> Timestamp = { Timestamp(milliseconds: 1_800_000_000_000) }

    private func filled(_ generator: inout FactGenerator) async throws -> (any Table, TableLayout, [Fact]) {
        let layout = try TableLayout(retention: .forever)
        let table = try SQLiteTable(.memory)
        let facts = generator.facts(150)
        _ = try await EventWriter(table: table, layout: layout).write(facts.map(\.event))
        return (table, layout, facts)
    }

    private func export(
        _ table: any Table,
        _ layout: TableLayout,
        _ generator: FactGenerator,
        _ content: ExportContent,
        _ format: ExportFormat
    ) async throws -> [UInt8] {
        let range = try DateRange(
            start: CivilDate(daysSinceEpoch: generator.firstDay),
            end: CivilDate(daysSinceEpoch: generator.lastDay),
            zone: .utc
        )
        let queries = AnalyticsQueries(table: table, layout: layout, clock: ExporterTests.now)
        var bytes: [UInt8] = []
        try await Exporter(queries, range, content: content, format: format).run { bytes += $0 }
        return bytes
    }

    @Test(arguments: ExportContent.allCases)
    func rowsOfCSVHaveTheColumnsOfItsHeader(content: ExportContent) async throws {
        var generator = FactGenerator(seed: 11)
        let (table, layout, facts) = try await filled(&generator)
        let rows = try #require(CSVParser.rows(try await export(table, layout, generator, content, .csv)))
        let header = try #require(rows.first)
        #expect(Set(header).count == header.count)
        #expect(rows.allSatisfy { $0.count == header.count })
        let recount = try recount(facts)
        let expected =
            switch content {
            case .all: 1 + recount.commands.count + recount.errors.count
            case .summary: 1
            case .commands: recount.commands.count
            case .errors: recount.errors.count
            case .events: facts.count
            }
        #expect(rows.count == 1 + expected)
        guard let column = header.firstIndex(of: "totalExecutions") else { return }
        let commandColumn = header.firstIndex(of: "commandName")
        for row in rows.dropFirst() {
            let name = commandColumn.map { row[$0] } ?? ""
            let isError = header.firstIndex(of: "record").map { row[$0] == "error" } ?? false
            let total = name.isEmpty ? recount.all.total : recount.commands[name]?.total
            #expect(row[column] == (isError ? "" : total.map(String.init)))
        }
    }

    @Test(arguments: ExportContent.allCases)
    func jsonAndItsLinesAreJSON(content: ExportContent) async throws {
        var generator = FactGenerator(seed: 12)
        let (table, layout, facts) = try await filled(&generator)
        let recount = try recount(facts)
        let json = try JSONValue.parse(try await export(table, layout, generator, content, .json))
        let lines = try await export(table, layout, generator, content, .ndjson).split(separator: UInt8(ascii: "\n"))
        let values = try lines.map { try JSONValue.parse($0) }
        switch content {
        case .events:
            #expect(json.arrayValue?.count == facts.count)
            #expect(json.arrayValue == values)
        case .all:
            #expect(json["summary"]?["totalExecutions"] == .number(String(recount.all.total)))
            #expect(json["commands"]?.arrayValue?.count == recount.commands.count)
            #expect(json["errors"]?.arrayValue?.count == recount.errors.count)
            #expect(values.count == 1 + recount.commands.count + recount.errors.count)
        case .summary: #expect(values.count == 1)
        case .commands: #expect(values.count == recount.commands.count)
        case .errors: #expect(values.count == recount.errors.count)
        }
    }

    /// What was exported and imported elsewhere is the same table.
    @Test func exportedEventsCanBeImported() async throws {
        var generator = FactGenerator(seed: 13)
        let (table, layout, facts) = try await filled(&generator)
        let lines = try await export(table, layout, generator, .events, .ndjson)
        let copy = try SQLiteTable(.memory)
        var importer = Importer(writer: EventWriter(table: copy, layout: layout)) { Issue.record("\($0)") }
        var reader = LineReader(PieceSource([lines]))
        try await importer.run(&reader)
        #expect(importer.report.accepted == facts.count)
        #expect(importer.report.unknownFields.isEmpty)
        let one = try await TableState.read(table)
        let other = try await TableState.read(copy)
        #expect(TableState.differences(one, other) == [])
    }

    /// In the order of time, each once, however the range is cut.
    @Test func eventsComeInOrder() async throws {
        var generator = FactGenerator(seed: 14)
        let (table, layout, facts) = try await filled(&generator)
        let queries = AnalyticsQueries(table: table, layout: layout, clock: ExporterTests.now)
        var found: [Event] = []
        for day in generator.firstDay...generator.lastDay {
            let date = CivilDate(daysSinceEpoch: day)
            let range = try DateRange(start: date, end: date, zone: try Zone("America/St_Johns"))
            for try await event in queries.events(in: range) { found.append(event) }
        }
        #expect(found.count == facts.count)
        #expect(Set(found) == Set(facts.map(\.event)))
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.occurredAt <= $1.occurredAt })
    }

    private func recount(_ facts: [Fact]) throws -> Recount {
        let calendar = try LocalCalendar("UTC")
        return Recount(facts, from: "0000-00-00", to: "9999-99-99", calendar: calendar, reporting: calendar)
    }
}

import PropertyTesting
import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct TableCopierTests {
    private func filled() async throws -> (any Table, TableLayout, FactGenerator, [Fact]) {
        var generator = FactGenerator(seed: 5)
        let table = try SQLiteTable(.memory)
        let zone = try Zone("Europe/Berlin")
        try await TableSettings(reportingZone: zone, lanes: Lanes(count: 2)).store(in: table)
        let layout = try TableLayout(zone: zone, retention: .forever, lanes: Lanes(count: 2))
        let facts = generator.facts(100)
        _ = try await EventWriter(table: table, layout: layout).write(facts.map(\.event))
        return (table, layout, generator, facts)
    }

    @Test func theCopyIsTheSameTable() async throws {
        let (source, _, _, _) = try await filled()
        let target = try SQLiteTable(.memory)
        let copier = TableCopier(from: source, named: "sqlite:a", to: target)
        let report = try await copier.run()
        try await copier.finish()
        let items = Set(try await TableState.items(source))
        #expect(Set(try await TableState.items(target)) == items)
        #expect(report == TableCopier.Report(items: items.count, itemsBefore: 0))
        await #expect(throws: AnalyticsError.self) { try await copier.run() }
    }

    @Test func anotherTablesCopyIsNotGoneOnWith() async throws {
        let (source, _, _, _) = try await filled()
        let target = try SQLiteTable(.memory)
        _ = try await TableCopier(from: source, named: "sqlite:a", to: target).run()
        await #expect(throws: AnalyticsError.self) {
            try await TableCopier(from: source, named: "sqlite:b", to: target).run()
        }
        await #expect(throws: AnalyticsError.self) {
            try await TableCopier(from: target, named: "sqlite:t", to: try SQLiteTable(.memory)).run()
        }
    }
}

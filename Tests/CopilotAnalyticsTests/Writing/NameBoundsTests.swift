import PropertyTesting
import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

/// Names beyond a directory's bound count as `_other`; nothing is lost, and the bound holds.
@Suite struct NameBoundsTests {
    private static let time: Int64 = 1_790_846_100_000
    private static let day = CivilDate(daysSinceEpoch: Int(time / 86_400_000))

    private func fact(_ index: Int, _ what: Fact.What) -> Fact {
        Fact(id: "i\(index)", user: "u", timestamp: NameBoundsTests.time, received: NameBoundsTests.time, what: what)
    }

    /// Words, since numbers in a message make no difference.
    private func word(_ index: Int) -> String {
        String(String(index, radix: 10).map { Array("qrstuvwxyz")[$0.wholeNumberValue ?? 0] })
    }

    private func queries(_ table: any Table, _ layout: TableLayout) throws -> (AnalyticsQueries, DateRange) {
        let range = try DateRange(start: NameBoundsTests.day, end: NameBoundsTests.day, zone: .utc)
        return (AnalyticsQueries(table: table, layout: layout) { Timestamp(milliseconds: 1_800_000_000_000) }, range)
    }

    enum Kind: CaseIterable {
        case commands, errorTypes, patterns, eventTypes

        var names: Int {
            switch self {
            case .commands: 1020
            case .errorTypes, .eventTypes: 230
            case .patterns: 530
            }
        }

        var bound: Int {
            switch self {
            case .commands: 1000
            case .errorTypes, .eventTypes: 200
            case .patterns: 500
            }
        }
    }

    private func what(_ kind: Kind, _ index: Int) -> Fact.What {
        switch kind {
        case .commands: .execution(command: word(index), succeeded: true, time: 1_000_000)
        case .errorTypes: .error(type: word(index), message: "failed", pattern: "failed")
        case .patterns: .error(type: "E", message: "failed \(word(index))", pattern: "failed \(word(index))")
        case .eventTypes: .other(type: "T_\(index)", tokens: 1)
        }
    }

    /// Counts by name as the answers give them.
    private func counts(_ kind: Kind, _ table: any Table, _ layout: TableLayout) async throws -> [String: Int] {
        let (queries, range) = try queries(table, layout)
        switch kind {
        case .commands:
            let commands = try await queries.commands(range)
            let total = try await queries.dashboard(range).totalExecutions
            #expect(total == commands.reduce(0) { $0 + $1.totalExecutions })
            return Dictionary(uniqueKeysWithValues: commands.map { ($0.commandName, $0.totalExecutions) })
        case .errorTypes:
            let errors = try await queries.errors(range)
            return Dictionary(uniqueKeysWithValues: errors.map { ($0.errorType, $0.count) })
        case .patterns:
            let errors = try await queries.errors(range)
            return Dictionary(uniqueKeysWithValues: errors.map { ($0.errorMessage, $0.count) })
        case .eventTypes:
            let item = try await table.get(Key("SUMMARY", "STATS#\(NameBoundsTests.day)"))
            var counts: [String: Int] = [:]
            for (name, value) in item?.attributes ?? [:] where name.hasPrefix("type:") {
                counts[String(name.dropFirst(5))] = value.intValue
            }
            return counts
        }
    }

    @Test(arguments: Kind.allCases)
    func namesBeyondTheBoundAreOther(kind: Kind) async throws {
        var generator = FactGenerator(seed: 7)
        let layout = try TableLayout(retention: .forever)
        let table = try SQLiteTable(.memory)
        let writers = (0..<2).map { _ in EventWriter(table: table, layout: layout) }
        // Every fifth name comes twice, some of them long after the bound was reached.
        let indexes = (Array(0..<kind.names) + stride(from: 0, to: kind.names, by: 5)).shuffled(
            using: &generator.random)
        let facts = indexes.enumerated().map { fact($0, what(kind, $1)) }
        for batch in generator.batches(facts, most: 300) {
            let outcomes = try await generator.random.element(writers).write(batch.map(\.event))
            #expect(outcomes.allSatisfy { $0 == .accepted })
        }
        let counts = try await counts(kind, table, layout)
        #expect(counts.values.reduce(0, +) == facts.count)
        #expect(counts.count == kind.bound)
        let other = try #require(counts["_other"])
        #expect(other > 0)
        for (name, count) in counts where name != "_other" {
            let index = name.hasPrefix("T_") ? Int(name.dropFirst(2)) : nil
            let expected = facts.filter { fact in
                switch fact.what {
                case .execution(let command, _, _): command == name
                case .error(let type, let message, _): type == name || message == name
                case .other(let type, _): type == "T_\(index ?? -1)"
                }
            }
            #expect(count == expected.count, "\(name)")
        }
    }

    /// A writer that knows of few names must not take the place that is kept for `_other`: its count would be there,
    /// but no reader would find it.
    @Test(arguments: [Kind.errorTypes, .patterns])
    func staleWritersLeaveRoomForOther(kind: Kind) async throws {
        let layout = try TableLayout(retention: .forever)
        let table = try SQLiteTable(.memory)
        let stale = EventWriter(table: table, layout: layout)
        let busy = EventWriter(table: table, layout: layout)
        _ = try await stale.write([fact(0, what(kind, 0)).event])
        _ = try await busy.write((1..<kind.bound - 1).map { fact($0, what(kind, $0)).event })
        // The directory has room for `_other` only; the first writer knows of one name.
        _ = try await stale.write([fact(kind.bound, what(kind, kind.bound)).event])
        _ = try await busy.write([fact(kind.bound + 1, what(kind, kind.bound + 1)).event])
        let counts = try await counts(kind, table, layout)
        #expect(counts.values.reduce(0, +) == kind.bound + 1)
        #expect(counts["_other"] == 2)
    }

    /// `_other` is a name like any other when a sender uses it.
    @Test func otherMayBeAName() async throws {
        let layout = try TableLayout(retention: .forever)
        let table = try SQLiteTable(.memory)
        let writer = EventWriter(table: table, layout: layout)
        let what = Fact.What.execution(command: "_other", succeeded: true, time: nil)
        _ = try await writer.write([fact(0, what).event, fact(1, what).event])
        #expect(try await counts(.commands, table, layout) == ["_other": 2])
    }
}

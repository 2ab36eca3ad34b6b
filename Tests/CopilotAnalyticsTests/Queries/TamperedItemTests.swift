import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

/// Whatever somebody writes into a table: readers answer or say what is damaged, and never trap.
@Suite struct TamperedItemTests {
    private static let values: [AttributeValue] = [
        .number(Int64.max), .number(Int64.min), .number(-1), .number(Number("1e23")!), .number(Number("-1e22")!),
        .number(Number("1e125")!), .number(Number("0.5")!), .string("x"), .null, .stringSet(["a"]), .bool(true),
    ]

    @Test(arguments: values)
    func readersSurvive(value: AttributeValue) async throws {
        let layout = try TableLayout(retention: .forever)
        let table = try SQLiteTable(.memory)
        let time = Timestamp(milliseconds: 1_790_844_967_490)
        func event(_ id: String, _ type: EventType, _ metadata: [String: AttributeValue]) -> Event {
            Event(id: id, type: type, userID: "u", timestamp: time, receivedAt: time, metadata: metadata)
        }
        let events = [
            event("1", .actionExecuted, ["commandName": "c", "executionTime": 5]),
            event("2", .errorOccurred, ["errorType": "E", "errorMessage": "m"]),
        ]
        _ = try await EventWriter(table: table, layout: layout).write(events)
        let originals = try await table.scan(start: nil).items
        let zone = try Zone("Asia/Kolkata")
        let range = try DateRange(start: "2026-10-01", end: "2026-10-02", zone: zone, now: time)
        let queries = AnalyticsQueries(table: table, layout: layout) { time }
        var damaged = 0
        for original in originals {
            for name in original.attributes.keys.sorted() where name != "PK" && name != "SK" {
                var item = original
                item[name] = value
                // The table itself refuses some, as index keys that are no strings.
                guard (try? await table.put(item, condition: nil)) != nil else { continue }
                do {
                    _ = try await queries.dashboard(range)
                    _ = try await queries.commands(range)
                    for try await _ in queries.events(in: range) {}
                } catch let error as AnalyticsError {
                    #expect(error.code == .damaged)
                    damaged += 1
                }
                _ = try await Verifier(table: table, layout: layout, clock: { time }).run()
                _ = try await table.put(original, condition: nil)
            }
        }
        if case .string = value { #expect(damaged > 0) }
        #expect(try await Verifier(table: table, layout: layout, clock: { time }).run().differences.isEmpty)
    }
}

import CopilotAnalytics
import DynamoDB
import InMemoryLogging
import Locking
import Logging
import LosslessJSON
import SingleTable
import TestServers
import Testing

@testable import EventQueue

/// From a real queue into a real table.
@Suite struct QueueConsumerTests {
    @Test func deliveredTwiceCountedOnce() async throws {
        try await withTableAndQueue { table, queue, _ in
            let sink = QueueSink(queue.queue, retention: .forever)
            for number in 0..<12 { _ = try await sink.take(invocationEvents(number)) }
            // A sender whose answer was lost sends again: another message with the same events.
            _ = try await sink.take(invocationEvents(3))
            let messages = try await queue.queue.drain()
            #expect(messages.count == 13)
            let first = await QueueConsumer(table: table, retention: .forever).consume(event: messages.lambdaEvent)
            #expect(first?.stored == 36 && first?.duplicates == 3 && first?.failures == [])
            // The queue delivers again, to another consumer.
            let second = await QueueConsumer(table: table, retention: .forever).consume(event: messages.lambdaEvent)
            #expect(second?.stored == 0 && second?.duplicates == 39 && second?.failures == [])
            #expect(try await InvocationRecount(table) == InvocationRecount(0..<12))
        }
    }

    @Test func poisonIsReportedAloneAndEndsAmongTheDeadLetters() async throws {
        try await withTableAndQueue(deliveries: 2, visibilitySeconds: 0) { table, queue, _ in
            let sink = QueueSink(queue.queue, retention: .forever)
            _ = try await sink.take(invocationEvents(1))
            #expect(try await queue.queue.send(["geheim {"]) == [])
            // One event that can never be stored, beside one that can.
            #expect(
                try await queue.queue.send([
                    #"{"v":1,"events":[{"type":"USER_ACTION","userId":"u2","id":"a","timestamp":1790856000000},"#
                        + #"{"type":"geheim!","userId":"u2"}]}"#
                ]) == [])
            let log = InMemoryLogHandler()
            let consumer = QueueConsumer(
                table: table, retention: .forever, logger: Logger(label: "test") { _ in log })
            for _ in 1...2 {
                var messages: [QueueMessage] = []
                while messages.count < 3, let more = try? await queue.queue.receive(), !more.isEmpty {
                    for message in more where !messages.contains(where: { $0.id == message.id }) {
                        messages.append(message)
                    }
                }
                guard !messages.isEmpty else { break }
                let result = try #require(await consumer.consume(event: messages.lambdaEvent))
                let failed = messages.filter { $0.body.contains("geheim") }
                #expect(Set(result.failures) == Set(failed.map(\.id)))
                #expect(result.answer["batchItemFailures"]?.arrayValue?.count == failed.count)
                // What Lambda does with the others.
                try await queue.queue.delete(messages.filter { !result.failures.contains($0.id) })
            }
            while !(try await queue.queue.receive()).isEmpty {}
            #expect(try await queue.deadLetters.drain().filter { $0.body.contains("geheim") }.isEmpty == false)
            let lines = log.entries.map { "\($0.message) \($0.metadata)" }
            #expect(lines.contains { $0.contains("not JSON") } && lines.contains { $0.contains("invalidField") })
            #expect(!lines.contains { $0.contains("geheim") })
            let report = try await Verifier(table: table, layout: try TableLayout(retention: .forever)) { noon }.run()
            #expect(report.events == 4 && report.differences.isEmpty)
        }
    }

    @Test func tenantsAreKeptApart() async throws {
        try await withTableAndQueue { table, queue, _ in
            for (tenant, numbers) in [("acme", 0..<4), ("zeta", 0..<7)] {
                let sink = QueueSink(queue.queue, tenant: tenant, retention: .forever)
                for number in numbers { _ = try await sink.take(invocationEvents(number)) }
            }
            let messages = try await queue.queue.drain()
            let result = await QueueConsumer(table: table, retention: .forever).consume(messages)
            #expect(result.stored == 33 && result.failures.isEmpty)
            for (tenant, count) in [("acme", 12), ("zeta", 21)] {
                let layout = try TableLayout(tenant: tenant, retention: .forever)
                let report = try await Verifier(table: table, layout: layout) { noon }.run()
                #expect(report.events == count && report.differences.isEmpty)
            }
        }
    }

    @Test func aTableThatIsAwayLeavesEveryMessageInTheQueue() async throws {
        try await withTableAndQueue(throughProxy: true) { table, queue, proxy in
            let sink = QueueSink(queue.queue, retention: .forever)
            for number in 0..<5 { _ = try await sink.take(invocationEvents(number)) }
            let messages = try await queue.queue.drain()
            let consumer = QueueConsumer(table: table, retention: .forever)
            try await proxy?.setRules(FaultRule(.lostRequest, on: "TransactWriteItems"))
            let away = await consumer.consume(messages)
            #expect(away.failures == messages.map(\.id) && away.stored == 0)
            try await proxy?.setRules()
            let back = await consumer.consume(messages)
            #expect(back.failures.isEmpty && back.stored + back.duplicates == 15)
            #expect(try await InvocationRecount(table) == InvocationRecount(0..<5))
        }
    }

    @Test func nothingIsBegunWhenTheTimeIsOver() async throws {
        try await withTableAndQueue { table, queue, _ in
            _ = try await QueueSink(queue.queue, retention: .forever).take(invocationEvents(1))
            let messages = try await queue.queue.drain()
            let result = await QueueConsumer(table: table, retention: .forever)
                .consume(messages, until: ContinuousClock.now)
            #expect(result.failures == messages.map(\.id) && result.stored == 0)
        }
    }

    @Test func otherEventsAreNotForIt() async {
        let consumer = QueueConsumer { _ in throw CancellationError() }
        for event: JSONValue in [.null, ["Records": []], ["Records": [["eventSource": "aws:s3"]]]] {
            #expect(await consumer.consume(event: event) == nil)
        }
    }

    /// What functions that track three events each cost, through the queue, at a million events a day: the bar is 6.0
    /// write units an event, every statistic included.
    @Test func writeUnitsOfSmallWriters() async throws {
        let units = Locked(0.0)
        let observe: @Sendable (String, Double) -> Void = { operation, more in
            if operation == "TransactWriteItems" || operation == "PutItem" { units.withLock { $0 += more } }
        }
        try await withTableAndQueue(onConsumedCapacity: observe) { table, queue, _ in
            let end = noon.adding(milliseconds: 12 * 3_600_000)
            let decoder = EventDecoder(receipt: .history, clock: { end })
            let samples = SampleEvents(events: 1_000_000, days: 1, seed: 5, endMilliseconds: end.milliseconds)
            let events = try samples.prefix(1200).map { try decoder.decode(line: $0).event }
            let sink = QueueSink(queue.queue, retention: .forever)
            for start in stride(from: 0, to: events.count, by: 3) {
                _ = try await sink.take(Array(events[start..<start + 3]))
            }
            let messages = try await queue.queue.drain()
            #expect(messages.count == 400)
            // Batches as a mapping with a window of ten seconds makes them.
            let position = Dictionary(uniqueKeysWithValues: events.enumerated().map { ($0.element.id, $0.offset) })
            let windows = Dictionary(grouping: messages) { message in
                let ids = (try? EventMessage(message.body).events.compactMap { $0["id"]?.stringValue }) ?? []
                let last = ids.compactMap { position[$0] }.max() ?? 0
                return events[last].timestamp.milliseconds / 10_000
            }
            let consumer = QueueConsumer(table: table, retention: .forever, clock: { end })
            var stored = 0
            for (_, batch) in windows.sorted(by: { $0.key < $1.key }) {
                stored += await consumer.consume(batch).stored
            }
            #expect(stored == 1200)
            let report = try await Verifier(table: table, layout: try TableLayout(retention: .forever)) { end }.run()
            #expect(report.events == 1200 && report.differences.isEmpty)
            let perEvent = units.withLock { $0 } / 1200
            let straight = try await unitsOfStraightWriters(events.suffix(180), table, units)
            print("cost.straight.write_units_per_event \(straight)")
            print("cost.sqs.write_units_per_event \(perEvent) (\(windows.count) batches)")
            #expect(perEvent <= 6.0 && perEvent < straight)
        }
    }

    /// The same without a queue: each function has a writer that knows nothing yet, and a transaction for three events.
    private func unitsOfStraightWriters(
        _ events: ArraySlice<Event>,
        _ table: DynamoDBTable,
        _ units: borrowing Locked<Double>
    ) async throws -> Double {
        units.withLock { $0 = 0 }
        for start in stride(from: events.startIndex, to: events.endIndex, by: 3) {
            let sink = try await TableSink.open(table, tenant: "straight", retention: .forever)
            _ = try await sink.take(Array(events[start..<min(start + 3, events.endIndex)]))
        }
        return units.withLock { $0 } / Double(events.count)
    }
}

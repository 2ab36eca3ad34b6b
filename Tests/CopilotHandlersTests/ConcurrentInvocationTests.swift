import CopilotAnalytics
import CopilotHandlers
import DynamoDB
import EventQueue
import Foundation
import LambdaRuntime
import Logging
import SingleTable
import TestServers
import Testing

/// Two hundred functions at a time, as Lambda runs them: each with a writer of its own, none knowing of the others.
@Suite struct ConcurrentInvocationTests {
    private struct Refused: LambdaFailure {
        let errorType = "OrderRefused"
        let errorMessage = "the order was refused"
    }

    private static let invocations = 200

    /// Every fifth invocation is repeated by Lambda, at the same time as others run.
    private static let runs = Array(0..<invocations) + stride(from: 0, to: invocations, by: 5)

    private static func fails(_ number: Int) -> Bool { number % 4 == 0 }

    private func invoke(_ number: Int, _ sink: some EventSink) async throws -> Int {
        let handler = CopilotHandler(
            TestCopilot(body: { _, turn in
                try await turn.command("order \(number % 6)") { if Self.fails(number) { throw Refused() } }
            }),
            sink: sink,
            connections: try unreachableConnections(),
            configuration: .init(failureMessage: { _ in nil }),
            logger: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() },
            clock: { noon }
        )
        let event = webSocketEvent(
            request: "request-\(number)", user: "user \(number % 23)", body: "order \(number)",
            milliseconds: Int64(number) * 40)
        return await handler.handle(try request(event), until: ContinuousClock.now + .seconds(300))
    }

    private func check(_ table: any SingleTable.Table) async throws {
        let layout = try TableLayout(retention: .forever)
        let queries = AnalyticsQueries(table: table, layout: layout) { noon }
        let day = Zone.utc.day(of: noon)
        let range = try DateRange(start: day.adding(days: -1), end: day.adding(days: 1), zone: .utc)
        let dashboard = try await queries.dashboard(range)
        let failed = (0..<Self.invocations).filter(Self.fails).count
        #expect(dashboard.totalExecutions == Self.invocations)
        #expect(dashboard.failedExecutions == failed)
        #expect(dashboard.totalErrors == failed)
        #expect(dashboard.activeUsers == 23)
        for command in try await queries.commands(range) {
            let number = try #require(Int(command.commandName.dropFirst("order ".count)))
            #expect(command.totalExecutions == (0..<Self.invocations).filter { $0 % 6 == number }.count)
        }
        let report = try await Verifier(table: table, layout: layout) { noon }.run()
        #expect(report.differences.isEmpty)
        #expect(report.events == 2 * Self.invocations + failed)
    }

    private func withTable(_ body: (DynamoDBTable, FaultProxy) async throws -> Void) async throws {
        let server = try await Ministack.shared
        let direct = try await makeTable(on: try makeClient(endpoint: server.endpoint, credentials: server.credentials))
        let proxy = try await FaultProxy(target: server.endpoint)
        let client = try makeClient(endpoint: proxy.endpoint, credentials: server.credentials)
        do {
            try await body(DynamoDBTable(name: direct.name, client: client), proxy)
            try await direct.destroy()
        } catch {
            try? await direct.destroy()
            throw error
        }
    }

    @Test func straightIntoTheTable() async throws {
        try await withTable { table, proxy in
            try await proxy.setRules(
                FaultRule(.lostAnswer, on: "TransactWriteItems", .every(9)),
                FaultRule(.conflict, on: "TransactWriteItems", .probability(0.3))
            )
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in Self.runs {
                    group.addTask {
                        let sink = try await TableSink.open(table, retention: .forever)
                        return try await self.invoke(number, sink)
                    }
                }
                for try await status in group { #expect(status == 200 || status == 500) }
            }
            let stats = try await proxy.stats()
            #expect(stats.count(of: .conflict, in: "TransactWriteItems") > 20)
            #expect(stats.count(of: .lostAnswer, in: "TransactWriteItems") > 10)
            try await proxy.setRules()
            try await check(table)
        }
    }

    @Test func throughTheQueue() async throws {
        try await withTable { table, proxy in
            let queue = try await TestQueue.make(sharing: table.client)
            try await proxy.setRules(
                FaultRule(.lostAnswer, on: "SendMessageBatch", .every(7)),
                FaultRule(.lostAnswer, on: "TransactWriteItems", .every(5)),
                FaultRule(.conflict, on: "TransactWriteItems", .probability(0.3))
            )
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in Self.runs {
                    group.addTask {
                        try await self.invoke(number, QueueSink(queue.queue, retention: .forever))
                    }
                }
                for try await status in group { #expect(status == 200 || status == 500) }
            }
            var batches: [[QueueMessage]] = []
            while true {
                let next = try await queue.queue.receive()
                if next.isEmpty { break }
                batches.append(next)
            }
            // Answers of the queue were lost: more messages than invocations, repeated ones included.
            #expect(batches.joined().count > Self.runs.count)
            // Several consumers at a time, and every third batch is delivered twice.
            try await withThrowingTaskGroup(of: QueueResult.self) { group in
                for (index, batch) in batches.enumerated() {
                    for _ in 0...(index % 3 == 0 ? 1 : 0) {
                        group.addTask { await QueueConsumer(table: table, retention: .forever).consume(batch) }
                    }
                }
                for try await result in group { #expect(result.failures.isEmpty) }
            }
            let stats = try await proxy.stats()
            #expect(stats.count(of: .lostAnswer, in: "SendMessageBatch") > 10)
            #expect(stats.count(of: .conflict, in: "TransactWriteItems") > 0)
            try await proxy.setRules()
            try await check(table)
        }
    }
}

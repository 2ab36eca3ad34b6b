import CopilotAnalytics
import DynamoDB
import EventQueue
import Foundation
import LosslessJSON
import SingleTable
import TestServers
import Testing

/// A noon that all events are near.
let noon = Timestamp(milliseconds: 1_790_856_000_000)

/// Three events of one invocation, made from its number: a message, what a command did, and the answer.
func invocationEvents(_ number: Int) -> [Event] {
    let (user, command) = ("user \(number % 17)", "command \(number % 5)")
    let succeeded = number % 4 != 0
    func event(_ type: EventType, _ metadata: [String: AttributeValue]) -> Event {
        Event(
            id: "request-\(number)-1",
            type: type,
            userID: user,
            timestamp: noon.adding(milliseconds: Int64(number) * 250),
            receivedAt: noon,
            metadata: metadata
        )
    }
    return [
        event(.messageSent, ["messageLength": .number(10 + number % 90)]),
        event(
            succeeded ? .actionExecuted : .actionFailed,
            ["commandName": .string(command), "executionTime": .number(5 + number % 300), "success": .bool(succeeded)]
        ),
        event(.messageReceived, ["messageLength": .number(40), "responseTime": .number(120)]),
    ]
}

/// What a table has to say of these invocations, counted without it.
struct InvocationRecount: Hashable {
    var executions = 0
    var failed = 0
    var events = 0
    var users = 0
    var commands: [String: Int] = [:]

    init(_ numbers: Range<Int>) {
        let all = numbers.flatMap(invocationEvents)
        let runs = all.filter { $0.type == .actionExecuted || $0.type == .actionFailed }
        executions = runs.count
        failed = runs.filter { $0.type == .actionFailed }.count
        events = all.count
        users = Set(all.map(\.userID)).count
        for run in runs { commands[run.metadata["commandName"]?.stringValue ?? "", default: 0] += 1 }
    }

    /// What the table says.
    init(_ table: any SingleTable.Table) async throws {
        let layout = try TableLayout(retention: .forever)
        let queries = AnalyticsQueries(table: table, layout: layout) { noon }
        let day = Zone.utc.day(of: noon)
        let range = try DateRange(start: day.adding(days: -1), end: day.adding(days: 1), zone: .utc)
        let dashboard = try await queries.dashboard(range)
        executions = dashboard.totalExecutions
        failed = dashboard.failedExecutions
        users = dashboard.activeUsers
        for command in try await queries.commands(range) { commands[command.commandName] = command.totalExecutions }
        let report = try await Verifier(table: table, layout: layout) { noon }.run()
        #expect(report.differences.isEmpty)
        events = report.events
    }
}

/// A table and a queue on a real server, removed afterwards.
func withTableAndQueue(
    deliveries: Int = 3,
    visibilitySeconds: Int = 30,
    throughProxy: Bool = false,
    onConsumedCapacity: (@Sendable (String, Double) -> Void)? = nil,
    _ body: (DynamoDBTable, TestQueue, FaultProxy?) async throws -> Void
) async throws {
    let server = try await Ministack.shared
    let client = try makeClient(endpoint: server.endpoint, credentials: server.credentials)
    let direct = try await makeTable(on: client)
    let proxy = throughProxy ? try await FaultProxy(target: server.endpoint) : nil
    let observed = try makeClient(
        endpoint: proxy?.endpoint ?? server.endpoint,
        credentials: server.credentials,
        onConsumedCapacity: onConsumedCapacity
    )
    let queue = try await TestQueue.make(
        sharing: client, deliveries: deliveries, visibilitySeconds: visibilitySeconds, endpoint: proxy?.endpoint)
    do {
        try await body(DynamoDBTable(name: direct.name, client: observed), queue, proxy)
        try await direct.destroy()
    } catch {
        try? await direct.destroy()
        throw error
    }
}

extension SQSClient {
    /// Everything that is in the queue, taken as a consumer of Lambda gets it: received, but not deleted.
    func drain() async throws -> [QueueMessage] {
        var messages: [QueueMessage] = []
        while true {
            let next = try await receive()
            if next.isEmpty { return messages }
            messages += next
        }
    }
}

extension [QueueMessage] {
    /// As Lambda hands them to a function.
    var lambdaEvent: JSONValue {
        [
            "Records": .array(
                map { message in
                    [
                        "messageId": .string(message.id), "receiptHandle": .string(message.receiptHandle),
                        "body": .string(message.body), "eventSource": "aws:sqs",
                        "attributes": ["ApproximateReceiveCount": .string(String(message.receiveCount))],
                    ]
                }
            )
        ]
    }
}

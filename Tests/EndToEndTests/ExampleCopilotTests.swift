import CopilotAnalytics
import DynamoDB
import EventQueue
import Foundation
import SingleTable
import TestServers
import Testing

/// The example as it is deployed: its program behind a WebSocket API, with clients that speak WebSocket.
@Suite struct ExampleCopilotTests {
    enum Way: String, CaseIterable, Sendable {
        case straight, queue
    }

    @Test(arguments: Way.allCases)
    func conversations(way: Way) async throws {
        let server = try await Ministack.shared
        let client = try makeClient(endpoint: server.endpoint, credentials: server.credentials)
        let table = try await makeTable(on: client)
        let queue = try await TestQueue.make(sharing: client)
        let program = try Program.folder().appending(path: "example-copilot")
        var variables = [
            "AWS_ENDPOINT_URL": server.endpoint,
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": server.endpoint + "/_aws/execute-api/{apiId}/{stage}",
        ]
        switch way {
        case .straight: variables["ANALYTICS_TABLE_NAME"] = table.name
        case .queue: variables["COPILOT_ANALYTICS_QUEUE_URL"] = queue.queue.queueURL
        }
        let api = try await WebSocketAPI(server, bootstrap: program.path, variables: variables)

        // Whom the authorizer does not know is not let in, and is nobody's event.
        #expect(try await !api.talk(as: "", [], answers: 0).accepted)
        let ada = try await api.talk(as: "ada", ["menu", "book a table for 3", "hello"], answers: 10)
        #expect(
            ada.received.joined()
                == "Today: soup, pasta, tart. Your table is number 13. I can book a table or show the menu.")
        let bob = try await api.talk(as: "bob", ["book a table for 30"], answers: 1)
        #expect(bob.received.count == 1 && bob.received[0].contains(#""type":"error""#))
        // Gone before the answer: no error of the copilot's.
        #expect(try await api.talk(as: "eve", ["menu"], answers: 0, leave: true).accepted)

        let expected: Set<String> = [
            "ada WEBSOCKET_CONNECTED 1", "ada MESSAGE_SENT 3", "ada ACTION_EXECUTED 2", "ada STREAMING_STARTED 2",
            "ada STREAMING_COMPLETED 2", "ada TOKEN_USAGE 2", "ada CLARIFICATION_REQUESTED 1",
            "ada MESSAGE_RECEIVED 1", "ada WEBSOCKET_DISCONNECTED 1",
            "bob WEBSOCKET_CONNECTED 1", "bob MESSAGE_SENT 1", "bob ACTION_FAILED 1", "bob ERROR_OCCURRED 1",
            "bob WEBSOCKET_DISCONNECTED 1",
            "eve WEBSOCKET_CONNECTED 1", "eve MESSAGE_SENT 1", "eve ACTION_EXECUTED 1", "eve STREAMING_STARTED 1",
            "eve WEBSOCKET_DISCONNECTED 1",
        ]
        let consumer = QueueConsumer(table: table, retention: .dynamoDB)
        let layout = try TableLayout(retention: .dynamoDB)
        var found: Set<String> = []
        let deadline = ContinuousClock.now + .seconds(60)
        // The last ones disconnect after their client has gone.
        repeat {
            let messages = try await queue.queue.receive()
            #expect(await consumer.consume(messages).failures.isEmpty)
            try await queue.queue.delete(messages)
            found = try await counts(table, layout)
            #expect(ContinuousClock.now < deadline, "\(found.symmetricDifference(expected))")
        } while !found.isSuperset(of: expected) && ContinuousClock.now < deadline
        // Whether Eve's stream was complete or interrupted is a race between her and the copilot.
        let rest = found.subtracting(expected)
        #expect(
            rest == ["eve STREAMING_COMPLETED 1", "eve TOKEN_USAGE 1"] || rest == ["eve STREAMING_INTERRUPTED 1"],
            "\(rest)")
        let report = try await Verifier(table: table, layout: layout).run()
        #expect(report.differences.isEmpty)
        #expect(report.events >= 27)
        try await table.destroy()
    }

    /// As `user TYPE count`, from the raw events.
    private func counts(_ table: DynamoDBTable, _ layout: TableLayout) async throws -> Set<String> {
        let day = Zone.utc.day(of: .now)
        let range = try DateRange(start: day.adding(days: -1), end: day.adding(days: 1), zone: .utc)
        var counts: [String: Int] = [:]
        for try await event in AnalyticsQueries(table: table, layout: layout).events(in: range) {
            #expect(event.userID == event.userID.lowercased() && event.connectionID != nil)
            counts["\(event.userID) \(event.type)", default: 0] += 1
        }
        return Set(counts.map { "\($0.key) \($0.value)" })
    }
}

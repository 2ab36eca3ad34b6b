import CopilotAnalytics
import DynamoDB
import Foundation
import LosslessJSON
import SigV4
import SingleTable
import TestServers
import Testing

@testable import EventQueue

@Suite struct MessagePackerTests {
    private func event(_ id: String, bytes: Int) -> Event {
        Event(
            id: id, type: .userAction, userID: "u", timestamp: noon, receivedAt: noon,
            metadata: ["actionName": .string(String(repeating: "x", count: bytes))])
    }

    @Test(arguments: [1, 3, 40, 500])
    func everyEventIsInOneMessageAndNoneIsTooLong(count: Int) throws {
        let events = (0..<count).map { event("\($0)", bytes: ($0 * 7919) % 3000) }
        let bodies = try #require(MessagePacker(tenant: "acme", maximumBytes: 8000).pack(events))
        var ids: [String] = []
        for body in bodies {
            #expect(body.utf8.count <= 8000)
            let message = try EventMessage(body)
            #expect(message.tenant == "acme")
            ids += message.events.compactMap { $0["id"]?.stringValue }
        }
        #expect(ids == events.map(\.id))
        // Filled, not one by one.
        #expect(count < 500 || bodies.count < 150)
    }

    @Test func anEventBeyondTheLimitIsRefused() {
        let packer = MessagePacker(tenant: nil, maximumBytes: 1000)
        #expect(packer.pack([event("1", bytes: 900)]) == nil)
        #expect(packer.pack([event("1", bytes: 500)])?.count == 1)
    }

    @Test func batchesKeepToTheServicesLimits() {
        let bodies = (0..<57).map { String(repeating: "b", count: ($0 % 9) * 60_000 + 1) }
        let batches = MessagePacker.batches(bodies)
        #expect(batches.flatMap { $0 } == bodies)
        for batch in batches {
            #expect(batch.count <= 10)
            #expect(batch.reduce(0) { $0 + $1.utf8.count } <= 1_048_576)
        }
        #expect(MessagePacker.batches([]).isEmpty)
    }

    @Test func whatIsNoMessageSaysWhyWithoutQuotingIt() throws {
        let bodies = [
            "secret-text", "{}", #"{"v":1,"events":[]}"#, #"{"v":2,"events":["secret-text"]}"#,
            #"{"v":1,"tenant":7,"events":["secret-text"]}"#,
        ]
        for body in bodies {
            let error = #expect(throws: EventMessage.Unreadable.self) { try EventMessage(body) }
            #expect(error?.reason.contains("secret") == false && error?.reason.isEmpty == false)
        }
    }
}

/// Against a real queue.
@Suite struct QueueSinkTests {
    @Test func charactersThatTheServiceRefusesArriveAllTheSame() async throws {
        try await withTableAndQueue { table, queue, _ in
            var event = invocationEvents(1)[1]
            event.metadata["plan"] = .string("tab\tquote\" \u{1F600} \u{FFFE}\u{FFFF} \u{1}")
            event.userID = "ünï"
            let receipt = try await QueueSink(queue.queue, retention: .forever).take([event])
            #expect(receipt == .queued)
            let messages = try await queue.queue.drain()
            let result = await QueueConsumer(table: table, retention: .forever).consume(messages)
            #expect(result.stored == 1 && result.failures.isEmpty)
            try await queue.queue.delete(messages)
            let stored = try await TableSink.open(table, retention: .forever).take([event])
            // The same content: nothing of it was lost on the way.
            #expect(stored == .written([.duplicate]))
        }
    }

    @Test func moreThanOneRequestHolds() async throws {
        try await withTableAndQueue { table, queue, _ in
            let events = (0..<60).map { number in
                var event = invocationEvents(number)[0]
                event.metadata["note"] = .string(String(repeating: "n", count: 25_000))
                return event
            }
            let sink = QueueSink(queue.queue, retention: .forever, messageBytes: 120_000)
            _ = try await sink.take(events)
            let messages = try await queue.queue.drain()
            #expect(messages.count == 15)
            let result = await QueueConsumer(table: table, retention: .forever).consume(messages)
            #expect(result.stored == 60)
        }
    }

    @Test func aQueueThatIsNotThereKeepsEventsWithTheSender() async throws {
        try await withTableAndQueue { table, queue, _ in
            let gone = try SQSClient(
                queueURL: queue.queue.queueURL + "-gone", sharing: table.client,
                endpoint: table.client.configuration.endpoint)
            let error = await #expect(throws: SinkError.self) {
                try await QueueSink(gone, retention: .forever).take(invocationEvents(1))
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("no such queue") == true, "\(error?.message ?? "")")
        }
    }

    @Test func addressesThatAreNoStandardQueue() async throws {
        let client = try makeClient(
            endpoint: "http://127.0.0.1:1", credentials: .init(accessKeyId: "k", secretAccessKey: "s"))
        for url in ["", "events", "https://sqs.eu-central-1.amazonaws.com", "https://h/1/events.fifo"] {
            #expect(throws: DynamoDBError.self) {
                try SQSClient(queueURL: url, sharing: client, endpoint: client.configuration.endpoint)
            }
        }
    }
}

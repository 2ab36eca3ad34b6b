public import CopilotAnalytics
internal import CurlTransport
internal import DynamoDB

/// Puts events into a queue, from which a ``QueueConsumer`` writes them into the table in large batches.
///
/// For many small writers, Lambda functions above all: each of them would update the same statistics for a few events.
/// The queue may deliver a message twice, and a sender that got no answer sends twice: the table counts once.
public struct QueueSink: EventSink {
    public let retention: Retention
    public let userIDKey: UserIDKey?
    private let queue: SQSClient
    private let packer: MessagePacker

    /// Bytes of a message. Queues that were made before August 2025 take no more; nothing is gained by larger ones.
    public static let defaultMessageBytes = 262_144

    /// Rounds for the messages of a batch that the queue did not take while it took others.
    private static let maximumRounds = 4
    private static let firstPause = Duration.milliseconds(50)

    /// - Parameters:
    ///   - tenant: Whose events they are, where several share a table.
    ///   - retention: As the table's other writers have it.
    ///   - userIDKey: Makes pseudonyms of user ids before anything is queued; the consumer has the same.
    ///   - messageBytes: At most the queue's `MaximumMessageSize`.
    public init(
        _ queue: SQSClient,
        tenant: String? = nil,
        retention: Retention,
        userIDKey: UserIDKey? = nil,
        messageBytes: Int = QueueSink.defaultMessageBytes
    ) {
        self.queue = queue
        self.retention = retention
        self.userIDKey = userIDKey
        packer = MessagePacker(tenant: tenant, maximumBytes: min(messageBytes, SQSClient.maximumBytes))
    }

    public func take(_ events: [Event]) async throws(SinkError) -> EventReceipt {
        guard let bodies = packer.pack(events) else {
            throw SinkError(.refused, "the event is too large for a message of the queue")
        }
        for batch in MessagePacker.batches(bodies) { try await send(Array(batch)) }
        return .queued
    }

    private func send(_ bodies: [String]) async throws(SinkError) {
        var rest = bodies
        var pause = QueueSink.firstPause
        for round in 1... {
            let failures: [SQSClient.Failure]
            do throws(DynamoDBError) {
                failures = try await queue.send(rest)
            } catch {
                throw QueueSink.error(error)
            }
            if let refused = failures.first(where: \.isSenderFault) {
                throw SinkError(.refused, "the queue refused a message: \(refused.code)")
            }
            if failures.isEmpty { return }
            guard round < QueueSink.maximumRounds else {
                throw SinkError(.unavailable, "the queue did not take all messages: \(failures[0].code)")
            }
            rest = failures.map { rest[$0.index] }
            do {
                try await Task.sleep(for: pause * Double.random(in: 0..<1))
            } catch {
                throw SinkError(.cancelled, "cancelled")
            }
            pause *= 2
        }
    }

    private static func error(_ error: DynamoDBError) -> SinkError {
        switch error.code.rawValue {
        case "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue":
            return SinkError(
                .unavailable, "there is no such queue: check its URL and region", underlying: error)
        case "InvalidMessageContents", "BatchRequestTooLong":
            return SinkError(.refused, "the queue refused the messages: \(error.code.rawValue)", underlying: error)
        default:
            if error.transportError?.code == .cancelled {
                return SinkError(.cancelled, "cancelled", underlying: error)
            }
            return SinkError(.unavailable, "the queue does not take events: \(error.description)", underlying: error)
        }
    }
}

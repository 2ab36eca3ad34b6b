public import CopilotAnalytics
internal import Locking
public import Tracker

/// One message and what the copilot does about it: posts answers, and tracks what happens on the way.
///
/// The events of a turn carry the time and the id of the request, and a number that counts those of their type. So an
/// invocation that Lambda repeats makes the same events again, and each of them counts once. What differs between the
/// two, such as an execution time, is as the first one had it.
public final class CopilotTurn: Sendable {
    public let message: CopilotMessage
    private let connections: Connections
    private let events: TurnEvents
    private let start = ContinuousClock.now

    init(_ message: CopilotMessage, connections: Connections, events: TurnEvents) {
        self.message = message
        self.connections = connections
        self.events = events
    }

    // MARK: Answers

    /// Posts a whole answer. Tracks `MESSAGE_RECEIVED` with its length and the time since the message came.
    public func send(_ text: String) async throws(ConnectionError) {
        try await post(text)
        events.track(
            .messageReceived,
            ["messageLength": .integer(text.count), "responseTime": .milliseconds(ContinuousClock.now - start)]
        )
    }

    /// Posts an answer in pieces. Tracks that it has begun, and how it ended: complete, or interrupted by an error, a
    /// client that has gone or the end of the time.
    public func stream<Value>(_ body: (CopilotStream) async throws -> Value) async throws -> Value {
        let stream = CopilotStream { text throws(ConnectionError) in try await self.post(text) }
        let began = ContinuousClock.now
        events.track(.streamingStarted, ["responseTime": .milliseconds(began - start)])
        func end(_ type: EventType) {
            let (pieces, length) = stream.sent
            events.track(
                type,
                [
                    "chunks": .integer(pieces), "messageLength": .integer(length),
                    "duration": .milliseconds(ContinuousClock.now - began),
                ]
            )
        }
        do {
            let value = try await body(stream)
            end(.streamingCompleted)
            return value
        } catch {
            end(.streamingInterrupted)
            throw error
        }
    }

    private func post(_ text: String) async throws(ConnectionError) {
        try await connections.post(Array(text.utf8), to: message.event)
    }

    // MARK: What happens

    /// Runs a command. Tracks `ACTION_EXECUTED` or `ACTION_FAILED` with the time it took; one that throws is an error as
    /// well.
    ///
    /// - Parameter parameters: Names only; values are content.
    public func command<Value>(
        _ name: String,
        parameters: [String] = [],
        _ body: () async throws -> Value
    ) async throws -> Value {
        let began = ContinuousClock.now
        func track(_ type: EventType, succeeded: Bool) {
            var metadata: [String: TrackedValue] = [
                "commandName": .string(name), "success": .bool(succeeded),
                "executionTime": .milliseconds(ContinuousClock.now - began),
            ]
            if !parameters.isEmpty { metadata["parameters"] = .list(parameters.map { .string($0) }) }
            events.track(type, metadata)
        }
        do {
            let value = try await body()
            track(.actionExecuted, succeeded: true)
            return value
        } catch {
            track(.actionFailed, succeeded: false)
            events.track(error, operation: name)
            throw error
        }
    }

    /// Something went wrong that the copilot got over.
    ///
    /// - Parameters:
    ///   - type: As `ValidationError`: errors are grouped by type and message.
    ///   - text: Without content; addresses, keys and tokens are taken out.
    public func error(type: String, message text: String, level: TrackedLevel = .error) {
        events.track(
            .errorOccurred, ["errorType": .string(type), "errorMessage": .string(text)], level: level)
    }

    /// A model was asked.
    public func tokens(input: Int, output: Int, model: String? = nil, cost: Double? = nil) {
        var metadata: [String: TrackedValue] = ["inputTokens": .integer(input), "outputTokens": .integer(output)]
        if let model { metadata["model"] = .string(model) }
        if let cost { metadata["cost"] = .number(cost) }
        events.track(.tokenUsage, metadata)
    }

    /// Anything else.
    public func track(_ type: EventType, _ metadata: [String: TrackedValue] = [:]) { events.track(type, metadata) }
}

/// Posts the pieces of an answer.
public final class CopilotStream: Sendable {
    private let post: @Sendable (String) async throws(ConnectionError) -> Void
    private let counts = Locked((pieces: 0, length: 0))

    init(_ post: @escaping @Sendable (String) async throws(ConnectionError) -> Void) { self.post = post }

    /// Returns when API Gateway has the piece.
    public func send(_ text: String) async throws {
        try Task.checkCancellation()
        try await post(text)
        counts.withLock { counts in
            counts.pieces += 1
            counts.length += text.count
        }
    }

    var sent: (pieces: Int, length: Int) { counts.withLock { $0 } }
}

public import CopilotAnalytics
internal import DynamoDB
internal import EventQueue
public import LambdaRuntime
public import Logging
internal import LosslessJSON
public import Tracker

/// Serves the events of an API Gateway WebSocket API with a copilot, and tracks what happens: connections, messages (how
/// long they are, never what they say), commands, streams and errors.
///
/// What an invocation tracks is stored, or in the queue, before its answer: Lambda may end the process after that. An
/// invocation that Lambda repeats counts once, since its events have the time and id of the request.
public final class CopilotHandler: Sendable {
    public struct Configuration: Sendable {
        /// Of the time of an invocation, what is kept for storing events: the copilot's task is cancelled then. At most
        /// half of the time there is.
        public var reserve: Duration
        /// What the copilot may take for a message, whatever time there is. `nil`: all but the reserve.
        public var timeLimit: Duration?
        /// How often storing is tried, with pauses that double up to a second: whoever may not write need not be asked
        /// all the time there is.
        public var attempts: Int
        /// Between the last attempt to store events and Lambda's deadline.
        public var margin: Duration
        /// What a client is sent when the copilot failed. `nil`: nothing.
        public var failureMessage: @Sendable (_ requestID: String) -> String?

        public init(
            reserve: Duration = .seconds(3),
            timeLimit: Duration? = nil,
            attempts: Int = 8,
            margin: Duration = .milliseconds(200),
            failureMessage: @escaping @Sendable (_ requestID: String) -> String? = Configuration.failureMessage
        ) {
            self.reserve = reserve
            self.timeLimit = timeLimit
            self.attempts = attempts
            self.margin = margin
            self.failureMessage = failureMessage
        }

        /// `{"type":"error","requestId":"…"}`
        @Sendable public static func failureMessage(_ requestID: String) -> String? {
            let message: JSONValue = ["type": "error", "requestId": .string(requestID)]
            return message.jsonText
        }
    }

    /// What is tracked, until it is stored. Its counts say what became of it.
    public let tracker: Tracker
    private let copilot: any Copilot
    private let connections: Connections
    private let configuration: Configuration
    private let logger: Logger
    private let metrics = AnalyticsMetrics()
    private let clock: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - sink: Straight into the table (`TableSink`), or into a queue (`QueueSink`).
    ///   - connections: Posts what the copilot says.
    public init(
        _ copilot: some Copilot,
        sink: some EventSink,
        connections: Connections,
        configuration: Configuration = Configuration(),
        logger: Logger = Logger(label: "copilot-analytics.copilot"),
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now }
    ) {
        self.copilot = copilot
        self.connections = connections
        self.configuration = configuration
        self.logger = logger
        self.clock = clock
        tracker = Tracker(sink: sink, time: clock, logger: logger)
    }

    /// As one of a function's routes.
    public var route: LambdaRoute {
        LambdaRoute("a WebSocket event", accepts: WebSocketEvent.isEvent) { event, context in
            try await self.answer(event, context)
        }
    }

    func answer(_ event: JSONValue, _ context: LambdaContext) async throws -> LambdaAnswer {
        guard let request = WebSocketEvent(event, requestID: context.requestID) else {
            throw LambdaError(.malformedEvent, "the event of the WebSocket API has no connection")
        }
        return .json(["statusCode": .number(String(await handle(request, until: context.deadline)))])
    }

    /// - Parameter deadline: When Lambda ends the invocation.
    /// - Returns: The status for API Gateway, which refuses a connection unless it is 200.
    public func handle(_ request: WebSocketEvent, until deadline: ContinuousClock.Instant) async -> Int {
        let now = ContinuousClock.now
        let end = deadline - configuration.margin
        let reserve = min(configuration.reserve, now.duration(to: end) / 2)
        let message = CopilotMessage(request, userID: request.userID)
        let events = TurnEvents(
            request,
            userID: message.userID,
            conversationID: message.conversationID,
            tracker: tracker,
            time: clock()
        )
        let last = configuration.timeLimit.map { min(now + $0, end - reserve) } ?? end - reserve
        let status = await DynamoDBClient.withDeadline(end) {
            await serve(message, events, until: last, flushUntil: end)
        }
        await DynamoDBClient.withDeadline(end) { await flush(until: end) }
        return status
    }

    // MARK: Kinds of events

    private func serve(
        _ message: CopilotMessage,
        _ events: TurnEvents,
        until deadline: ContinuousClock.Instant,
        flushUntil end: ContinuousClock.Instant
    ) async -> Int {
        let request = message.event
        switch request.kind {
        case .connect:
            return await connect(request, events)
        case .disconnect:
            var metadata: [String: TrackedValue] = [:]
            if let code = request.closeCode { metadata["closeCode"] = .integer(code) }
            if let began = request.connectedAt, let time = request.time, began <= time {
                metadata["duration"] = .integer(Int(time.milliseconds - began.milliseconds))
            }
            events.track(.webSocketDisconnected, metadata)
            return 200
        case .message:
            events.track(.messageSent, ["messageLength": .integer(message.text.count)])
            return await answer(message, events, until: deadline, flushUntil: end)
        }
    }

    private func connect(_ request: WebSocketEvent, _ events: TurnEvents) async -> Int {
        do {
            guard try await copilot.accepts(request) else { return 403 }
            events.track(.webSocketConnected)
            return 200
        } catch {
            events.track(error, operation: "connect")
            return 500
        }
    }

    private func answer(
        _ message: CopilotMessage,
        _ events: TurnEvents,
        until deadline: ContinuousClock.Instant,
        flushUntil end: ContinuousClock.Instant
    ) async -> Int {
        let turn = CopilotTurn(message, connections: connections, events: events)
        let outcome = await withTaskGroup(of: Ended.self) { group in
            group.addTask {
                do {
                    try await self.copilot.answer(message, turn)
                    return .answered
                } catch {
                    return .failed(error)
                }
            }
            group.addTask {
                do {
                    try await Task.sleep(until: deadline)
                } catch {
                    return .inTime
                }
                events.track(CopilotTimeout())
                return .late
            }
            var outcome = Ended.inTime
            for await ended in group {
                switch ended {
                case .inTime: break
                case .answered, .failed:
                    if case .late = outcome { break }
                    outcome = ended
                    group.cancelAll()
                case .late:
                    group.cancelAll()
                    if case .inTime = outcome { outcome = .late }
                    // A copilot that does not heed its cancellation costs its own answer, not what was tracked.
                    await flush(until: end)
                }
            }
            return outcome
        }
        switch outcome {
        case .answered, .inTime: return 200
        case .failed(let error as ConnectionError) where error.code == .gone:
            // Who closes a window is no error; a stream that it interrupts has been tracked.
            return 200
        case .failed(let error):
            events.track(error)
            logger.error(
                "the copilot failed",
                metadata: ["error": "\(type(of: error))", "request": "\(message.event.requestID)"]
            )
            await tellFailure(message.event)
            return 500
        case .late:
            await tellFailure(message.event)
            return 504
        }
    }

    private enum Ended: Sendable {
        case answered
        case failed(any Error)
        /// The time was over before the copilot had done.
        case late
        /// It was not.
        case inTime
    }

    private func tellFailure(_ request: WebSocketEvent) async {
        guard let text = configuration.failureMessage(request.requestID) else { return }
        do throws(ConnectionError) {
            try await connections.post(Array(text.utf8), to: request)
        } catch {
            logger.debug("the client could not be told of a failure: \(error.errorMessage)")
        }
    }

    // MARK: Storing

    /// Tries until everything is stored, for so many times and while there is time. What is left then goes with the next invocation of this
    /// process, if there is one.
    private func flush(until end: ContinuousClock.Instant) async {
        let late = TrackerError(.unavailable, "the time for it was over")
        var pause = Duration.milliseconds(50)
        for attempt in 1... {
            do throws(TrackerError) {
                try await withDeadline(end, orElse: late) { [tracker] () async throws(TrackerError) in
                    try await tracker.flush()
                }
                return
            } catch {
                guard attempt < configuration.attempts, ContinuousClock.now + pause < end else {
                    metrics.failed()
                    let pending = await tracker.counts.pending
                    logger.error(
                        "tracked events could not be stored in time: \(error.message)",
                        metadata: ["count": "\(pending)"]
                    )
                    return
                }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            }
        }
    }
}

internal import CopilotAnalytics
internal import LambdaRuntime
internal import Locking
internal import Tracker

/// The events of one request, with identities that a repetition of it makes again.
final class TurnEvents: Sendable {
    private let tracker: Tracker
    private let request: WebSocketEvent
    private let userID: String
    private let conversationID: String?
    private let time: Timestamp
    private let numbers = Locked<[EventType: Int]>([:])
    private let lastError = Locked<String?>(nil)

    /// - Parameter time: Where the request has none.
    init(_ request: WebSocketEvent, userID: String, conversationID: String?, tracker: Tracker, time: Timestamp) {
        self.tracker = tracker
        self.request = request
        self.userID = userID
        self.conversationID = conversationID
        self.time = request.time ?? time
    }

    func track(_ type: EventType, _ metadata: [String: TrackedValue] = [:], level: TrackedLevel? = nil) {
        let number = numbers.withLock { numbers in
            numbers[type, default: 0] += 1
            return numbers[type, default: 0]
        }
        tracker.track(
            TrackedEvent(
                type,
                user: userID,
                conversation: conversationID,
                connection: request.connectionID,
                level: level,
                metadata: metadata,
                id: "\(request.requestID)-\(number)",
                timestamp: time
            )
        )
    }

    /// Tracks an error once, however far it comes on its way out. Of what is not made to be shown, the type only.
    func track(_ error: any Error, operation: String? = nil) {
        let kind = "\(type(of: error))"
        let isKnown = lastError.withLock { last in
            // Compared, never kept anywhere else: it may quote the user.
            let text = "\(kind) \(error)"
            defer { last = text }
            return last == text
        }
        if isKnown { return }
        var metadata: [String: TrackedValue] = [:]
        if let failure = error as? any LambdaFailure {
            metadata["errorType"] = .string(failure.errorType)
            metadata["errorMessage"] = .string(failure.errorMessage)
        } else {
            metadata["errorType"] = .string(kind)
            metadata["errorMessage"] = .string("the copilot failed with \(kind)")
        }
        if let operation { metadata["operation"] = .string(operation) }
        track(.errorOccurred, metadata, level: .error)
    }
}

/// The copilot took longer than the invocation may.
struct CopilotTimeout: LambdaFailure {
    let errorType = "CopilotTimeout"
    let errorMessage = "the copilot had not answered when the time of the invocation was over"
}

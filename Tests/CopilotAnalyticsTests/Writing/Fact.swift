import SingleTable

@testable import CopilotAnalytics

/// What happened, in the plainest form: events are made from it, and a recount adds it up without the code under test.
struct Fact: Sendable, Hashable {
    enum What: Sendable, Hashable {
        /// Time in millionths of a millisecond.
        case execution(command: String, succeeded: Bool, time: Int?)
        /// A message and the pattern that it belongs to.
        case error(type: String?, message: String, pattern: String)
        case other(type: String, tokens: Int)
    }

    struct Identity: Sendable, Hashable {
        var type: String
        var user: String
        var timestamp: Int64
        var id: String
    }

    var id: String
    var user: String
    var timestamp: Int64
    /// Where the sender's clock was wrong.
    var corrected: Int64?
    var received: Int64
    var what: What

    var occurred: Int64 { corrected ?? timestamp }
    var identity: Identity { Identity(type: type, user: user, timestamp: timestamp, id: id) }

    var type: String {
        switch what {
        case .execution(_, let succeeded, _): succeeded ? "ACTION_EXECUTED" : "ACTION_FAILED"
        case .error: "ERROR_OCCURRED"
        case .other(let type, _): type
        }
    }

    var event: Event {
        var metadata: [String: AttributeValue] = [:]
        switch what {
        case .execution(let command, _, let time):
            metadata["commandName"] = .string(command)
            metadata["executionTime"] = time.map { .number(Number("\($0)e-6")!) }
        case .error(let type, let message, _):
            metadata["errorType"] = type.map { .string($0) }
            metadata["errorMessage"] = .string(message)
        case .other(_, let tokens):
            metadata["inputTokens"] = .number(tokens)
        }
        return Event(
            id: id,
            type: EventType(rawValue: type),
            userID: user,
            timestamp: Timestamp(milliseconds: timestamp),
            correctedTimestamp: corrected.map { Timestamp(milliseconds: $0) },
            receivedAt: Timestamp(milliseconds: received),
            metadata: metadata
        )
    }

    /// Whether a second fact of the same identity says the same, whoever received it.
    func sameContent(as other: Fact) -> Bool { what == other.what }
}

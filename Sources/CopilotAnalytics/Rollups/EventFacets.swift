internal import SingleTable

/// What the rollups see of an event.
struct EventFacets: Sendable {
    struct Execution: Sendable {
        var command: String
        var succeeded: Bool
        var milliseconds: FixedPoint?
    }

    struct ErrorPattern: Sendable, Hashable {
        var type: String
        var hash: String
        /// Normalized.
        var message: String
    }

    var userHash: UserHash
    var typeName: String
    /// `ACTION_EXECUTED` and `ACTION_FAILED` with a `commandName`.
    var execution: Execution?
    /// `ERROR_OCCURRED` only: a command that fails and reports its error is one failed execution and one error.
    var error: ErrorPattern?

    /// The type of errors that come without one.
    static let unknownErrorType = "UnknownError"

    init(_ event: Event, overflow: Set<Overflow> = []) {
        userHash = UserHash(userID: event.userID)
        typeName = overflow.contains(.type) ? RollupSubject.other : event.type.rawValue
        if event.type == .actionExecuted || event.type == .actionFailed,
            let name = event.metadata["commandName"]?.stringValue
        {
            execution = Execution(
                command: overflow.contains(.command) ? RollupSubject.other : name,
                succeeded: event.type == .actionExecuted,
                milliseconds: event.amount("executionTime")
            )
        }
        if event.type == .errorOccurred {
            error = EventFacets.pattern(of: event, overflow: overflow)
        }
    }

    private static func pattern(of event: Event, overflow: Set<Overflow>) -> ErrorPattern {
        let type = event.metadata["errorType"]?.stringValue ?? unknownErrorType
        let message = ErrorNormalizer.normalize(event.metadata["errorMessage"]?.stringValue ?? "")
        let other = RollupSubject.other
        if overflow.contains(.errorType) { return ErrorPattern(type: other, hash: other, message: other) }
        if overflow.contains(.errorPattern) { return ErrorPattern(type: type, hash: other, message: other) }
        return ErrorPattern(type: type, hash: ErrorNormalizer.hash(type: type, normalized: message), message: message)
    }
}

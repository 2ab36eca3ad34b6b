public import CopilotAnalytics

/// Where a tracker's events go in the end.
public protocol EventSink: Sendable {
    /// How long events are kept there. Older ones are rejected.
    var retention: Retention { get }
    /// Makes pseudonyms of user ids before an event is spooled; `nil`: ids go as they are.
    var userIDKey: UserIDKey? { get }

    /// Stores events that are not there yet. Storing an event twice has to be the same as storing it once: after an
    /// error, all of the batch is sent again.
    ///
    /// - Parameter events: In the order in which they were tracked; never empty.
    /// - Returns: What became of each, in their order.
    func store(_ events: [Event]) async throws(SinkError) -> [EventOutcome]
}

extension EventSink {
    public var userIDKey: UserIDKey? { nil }
}

/// Why a batch was not stored, or not all of it.
public struct SinkError: Error, Sendable, CustomStringConvertible {
    /// A closed set: it decides what the tracker does.
    public struct Code: Sendable, Hashable {
        enum Kind: Sendable { case unavailable, refused, cancelled }
        let kind: Kind

        /// Nothing can be stored at present, whatever it is. Everything is kept and sent again later.
        public static let unavailable = Code(kind: .unavailable)
        /// Something in this batch can never be stored. The tracker finds out which event it is, rejects that one, and
        /// stores the others.
        public static let refused = Code(kind: .refused)
        public static let cancelled = Code(kind: .cancelled)
    }

    public let code: Code
    /// One line for people, with nothing of any event.
    public let message: String
    public let underlying: (any Error)?

    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    public var description: String { message }
}

/// Where events go once they were checked: into the table, or into a queue that ends there.
///
/// The API, a tracker and a queue's consumer know nothing else of it.
public protocol EventSink: Sendable {
    /// How long events are kept in the table. Older ones are rejected.
    var retention: Retention { get }
    /// Makes pseudonyms of user ids before an event is kept anywhere; `nil`: ids go as they are.
    var userIDKey: UserIDKey? { get }

    /// Takes events, each at most once however often it is given: after an error, all of the batch is given again.
    ///
    /// - Parameter events: Never empty.
    func take(_ events: [Event]) async throws(SinkError) -> EventReceipt
}

extension EventSink {
    public var userIDKey: UserIDKey? { nil }
}

/// What a sink says of the events that it took.
public enum EventReceipt: Sendable, Hashable {
    /// They are in the table; one outcome an event, in their order.
    case written([EventOutcome])
    /// They are kept and will be written; what becomes of each is not known yet.
    case queued
}

/// Why a batch was not taken, or not all of it.
public struct SinkError: Error, Sendable, CustomStringConvertible {
    /// A closed set: it decides what whoever has the events does.
    public struct Code: Sendable, Hashable {
        package enum Kind: Sendable { case unavailable, refused, cancelled }
        package let kind: Kind

        /// Nothing can be taken at present, whatever it is. To be sent again later.
        public static let unavailable = Code(kind: .unavailable)
        /// Something in this batch can never be stored. A tracker finds out which event it is, rejects that one, and
        /// sends the others.
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

/// Where events go once they were checked: into the table, or into a queue that ends there.
public protocol EventSink: Sendable {
    /// Takes events, each at most once however often it is given.
    ///
    /// - Throws: When nothing of it is certain; giving all of them again is safe.
    func take(_ events: [Event]) async throws -> EventReceipt
}

/// What a sink says of the events that it took.
public enum EventReceipt: Sendable, Hashable {
    /// They are in the table; one outcome an event, in their order.
    case written([EventOutcome])
    /// They are kept and will be written; what becomes of each is not known yet.
    case queued
}

extension EventWriter: EventSink {
    public func take(_ events: [Event]) async throws -> EventReceipt { .written(try await write(events)) }
}

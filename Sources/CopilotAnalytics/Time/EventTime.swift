/// Which time an event counts at, and whether that time can be counted at all.
struct EventTime: Sendable {
    /// A sender's clock that is off by more than this is corrected, in milliseconds. Below it the way of a request and
    /// the clock's error cannot be told apart.
    static let toleratedSkew: Int64 = 60_000
    /// Events may lie this far ahead of the receiver's clock, in milliseconds.
    static let toleratedFuture: Int64 = 3_600_000

    let now: Timestamp
    let retention: Retention

    /// `receivedAt − (sentAt − timestamp)`: when it happened by the receiver's clock.
    ///
    /// - Returns: `nil` when the sender's clock was right.
    static func corrected(
        _ timestamp: Timestamp,
        sentAt: Timestamp?,
        receivedAt: Timestamp
    ) throws(EventRejection) -> Timestamp? {
        guard let sentAt else { return nil }
        let skew = receivedAt.milliseconds - sentAt.milliseconds
        guard skew.magnitude > UInt64(toleratedSkew) else { return nil }
        let corrected = timestamp.adding(milliseconds: skew)
        guard corrected.isPlausible else {
            throw EventRejection(
                .invalidField,
                field: "sentAt",
                "sentAt and timestamp are too far apart: corrected by them, the event happened outside of all time"
            )
        }
        return corrected
    }

    /// - Parameter occurredAt: As corrected.
    func check(_ occurredAt: Timestamp) throws(EventRejection) {
        guard occurredAt <= now.adding(milliseconds: EventTime.toleratedFuture) else {
            throw EventRejection(
                .inFuture,
                field: "timestamp",
                "the event lies more than an hour in the future: check the sender's clock, or send sentAt along"
            )
        }
        // An identity has to be in the table for as long as its event may still arrive: once it has expired, nobody
        // can tell whether the event was counted.
        guard let days = retention.eventDays else { return }
        let oldest = now.adding(milliseconds: -Int64(days - 1) * Timestamp.millisecondsPerDay)
        guard occurredAt < oldest else { return }
        throw EventRejection(
            .tooOld,
            field: "timestamp",
            "the event is older than \(days - 1) days, and raw events are kept for \(days): keep them longer with "
                + "COPILOT_ANALYTICS_RETENTION_DAYS"
        )
    }
}

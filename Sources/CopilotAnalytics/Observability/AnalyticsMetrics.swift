public import CoreMetrics

/// What the system counts of itself:
///
/// | label | kind | dimensions |
/// |---|---|---|
/// | `AnalyticsEventsTracked` | counter: events that are in the table through this process | |
/// | `AnalyticsEventsDuplicate`, `AnalyticsEventsConflict`, `AnalyticsEventsForgotten` | counters | |
/// | `AnalyticsEventsRejected` | counter: what was sent and is no event | |
/// | `AnalyticsQueryLatency` | timer: from a request to its answer | `route` |
/// | `AnalyticsErrors` | counter: requests and batches that failed through no fault of the caller | |
///
/// None of them ever has a user, a name that a sender chose or a secret in a dimension. A tracker has its own, see
/// there: dropped events and the depth of the spool among them.
public struct AnalyticsMetrics: Sendable {
    private let factory: any MetricsFactory
    private let tracked: Counter
    private let duplicates: Counter
    private let conflicts: Counter
    private let forgotten: Counter
    private let rejected: Counter
    private let errors: Counter

    /// - Parameter factory: By default the one that is in place now.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        tracked = Counter(label: "AnalyticsEventsTracked", factory: factory)
        duplicates = Counter(label: "AnalyticsEventsDuplicate", factory: factory)
        conflicts = Counter(label: "AnalyticsEventsConflict", factory: factory)
        forgotten = Counter(label: "AnalyticsEventsForgotten", factory: factory)
        rejected = Counter(label: "AnalyticsEventsRejected", factory: factory)
        errors = Counter(label: "AnalyticsErrors", factory: factory)
    }

    public func wrote(_ outcomes: some Sequence<EventOutcome>) {
        var counts: [EventOutcome: Int] = [:]
        for outcome in outcomes { counts[outcome, default: 0] += 1 }
        for (outcome, count) in counts {
            switch outcome {
            case .accepted: tracked.increment(by: count)
            case .duplicate: duplicates.increment(by: count)
            case .conflict: conflicts.increment(by: count)
            case .forgotten: forgotten.increment(by: count)
            }
        }
    }

    public func rejected(_ count: Int) { if count > 0 { rejected.increment(by: count) } }

    public func failed() { errors.increment() }

    /// - Parameter route: A pattern out of a fixed list, such as `commands/{}`.
    public func answered(_ route: String, after duration: Duration) {
        let (seconds, attoseconds) = duration.components
        Timer(label: "AnalyticsQueryLatency", dimensions: [("route", route)], factory: factory)
            .recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}

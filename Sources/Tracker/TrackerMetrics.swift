internal import CoreMetrics
internal import Locking

/// What has become of events, added up here and reported to the metrics system:
///
/// | label | kind | dimensions |
/// |---|---|---|
/// | `copilot_analytics.tracker.events` | counter | `outcome`: `tracked`, `dropped`, `stored`, `queued`, `duplicate`, `conflict`, `rejected`, `expired`, `forgotten`, `damaged` |
/// | `copilot_analytics.tracker.pending` | gauge | |
/// | `copilot_analytics.tracker.spool.depth`, `….spool.bytes` | gauge | |
///
/// Reported once a pass, never on the caller's path.
final class TrackerMetrics: Sendable {
    private static let outcomes: [(name: String, count: any KeyPath<TrackerCounts, Int> & Sendable)] = [
        ("tracked", \.tracked), ("dropped", \.dropped), ("stored", \.stored), ("queued", \.queued),
        ("duplicate", \.duplicates),
        ("conflict", \.conflicts), ("rejected", \.rejected), ("expired", \.expired), ("forgotten", \.forgotten),
        ("damaged", \.damaged),
    ]

    private let counters: [Counter]
    private let pending: Gauge
    private let spoolDepth: Gauge
    private let spoolBytes: Gauge
    private let reported = Locked(TrackerCounts())

    init(factory: any MetricsFactory) {
        let name = "copilot_analytics.tracker"
        counters = TrackerMetrics.outcomes.map {
            Counter(label: "\(name).events", dimensions: [("outcome", $0.name)], factory: factory)
        }
        pending = Gauge(label: "\(name).pending", factory: factory)
        spoolDepth = Gauge(label: "\(name).spool.depth", factory: factory)
        spoolBytes = Gauge(label: "\(name).spool.bytes", factory: factory)
    }

    func report(_ counts: TrackerCounts) {
        let before = reported.withLock { reported in
            defer { reported = counts }
            return reported
        }
        for (counter, outcome) in zip(counters, TrackerMetrics.outcomes) {
            let more = counts[keyPath: outcome.count] - before[keyPath: outcome.count]
            if more > 0 { counter.increment(by: more) }
        }
        pending.record(counts.pending)
        spoolDepth.record(counts.spoolDepth)
        spoolBytes.record(counts.spoolBytes)
    }
}

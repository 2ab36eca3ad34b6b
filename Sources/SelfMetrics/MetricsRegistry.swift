public import CoreMetrics
internal import Locking

/// Keeps what a process measures of itself, and hands it on: as text for Prometheus, or in CloudWatch's embedded metric
/// format.
///
/// Put in place once, at the start of a program: `MetricsSystem.bootstrap(registry)`.
///
/// Bounded: so many series, names and label values of so many bytes. What is beyond is not kept, and counted in
/// `copilot_analytics.metrics.overflow`.
public final class MetricsRegistry: MetricsFactory, Sendable {
    /// A name with its dimensions.
    struct Key: Hashable, Sendable {
        let name: String
        let dimensions: [Dimension]
    }

    struct Dimension: Hashable, Sendable, Comparable {
        let name: String
        let value: String

        static func < (left: Dimension, right: Dimension) -> Bool { left.name < right.name }
    }

    /// Series that are kept. Those of this package are fewer than two hundred.
    public static let maximumSeries = 1000
    /// Characters of a name or a value; the rest is cut off.
    static let maximumLength = 128
    static let overflowName = "copilot_analytics.metrics.overflow"

    private struct State {
        var series: [Key: Series] = [:]
        var overflow = 0
    }

    private let state = Locked(State())

    public init() {}

    /// All series, in the order of their names.
    var series: [(key: Key, series: Series)] {
        let (all, overflow) = state.withLock { state in
            (state.series.map { (key: $0.key, series: $0.value) }, state.overflow)
        }
        var sorted = all.sorted { ($0.key.name, $0.key.dimensions) < ($1.key.name, $1.key.dimensions) }
        if overflow > 0 {
            let series = Series(.counter)
            series.add(Double(overflow))
            sorted.append((Key(name: MetricsRegistry.overflowName, dimensions: []), series))
        }
        return sorted
    }

    private func series(_ kind: Series.Kind, _ label: String, _ dimensions: [(String, String)]) -> Series {
        let key = Key(
            name: String(label.prefix(MetricsRegistry.maximumLength)),
            dimensions: dimensions.map { name, value in
                Dimension(
                    name: String(name.prefix(MetricsRegistry.maximumLength)),
                    value: String(value.prefix(MetricsRegistry.maximumLength))
                )
            }.sorted()
        )
        return state.withLock { state in
            if let known = state.series[key], known.kind == kind { return known }
            guard state.series.count < MetricsRegistry.maximumSeries, state.series[key] == nil else {
                state.overflow += 1
                return Series(kind)
            }
            let new = Series(kind)
            state.series[key] = new
            return new
        }
    }

    // MARK: As a factory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(.counter, label, dimensions)
    }

    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(.counter, label, dimensions)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(.gauge, label, dimensions)
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(aggregate ? .distribution : .gauge, label, dimensions)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(.timer, label, dimensions)
    }

    // Series stay: their number is bounded, and what was counted was counted.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}
}

private func < (
    left: (String, [MetricsRegistry.Dimension]),
    right: (String, [MetricsRegistry.Dimension])
) -> Bool {
    if left.0 != right.0 { return left.0 < right.0 }
    return left.1.lexicographicallyPrecedes(right.1) { ($0.name, $0.value) < ($1.name, $1.value) }
}

internal import CoreMetrics
internal import Locking

/// One series of values.
final class Series: Sendable {
    enum Kind: Sendable { case counter, gauge, distribution, timer }

    /// Upper bounds of a timer's buckets, in milliseconds.
    static let bounds: [Double] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]
    /// Values that are kept until they are taken. Further ones take the place of others at random.
    static let maximumValues = 100

    struct State: Sendable {
        /// Of a counter, all that was ever counted; of a gauge, its value.
        var value = 0.0
        /// Of a distribution or timer (milliseconds): everything ever recorded.
        var count = 0
        var sum = 0.0
        var buckets = [Int](repeating: 0, count: Series.bounds.count)
        /// Since values were taken.
        var fresh: [Double] = []
        var freshCount = 0
        var reported = 0.0
        var isTouched = false
    }

    let kind: Kind
    private let state = Locked(State())

    init(_ kind: Kind) { self.kind = kind }

    var current: State { state.withLock { $0 } }

    func add(_ amount: Double) {
        guard amount.isFinite else { return }
        state.withLock { state in
            state.value += amount
            state.isTouched = true
        }
    }

    func set(_ value: Double) {
        guard value.isFinite else { return }
        state.withLock { state in
            state.value = value
            state.isTouched = true
        }
    }

    func observe(_ value: Double) {
        guard value.isFinite else { return }
        state.withLock { state in
            state.count += 1
            state.sum += value
            if let bucket = Series.bounds.firstIndex(where: { value <= $0 }) { state.buckets[bucket] += 1 }
            state.freshCount += 1
            if state.fresh.count < Series.maximumValues {
                state.fresh.append(value)
            } else {
                // Each value has the same chance to be among those that are kept.
                let place = Int.random(in: 0..<state.freshCount)
                if place < Series.maximumValues { state.fresh[place] = value }
            }
            state.isTouched = true
        }
    }

    /// What is new since the last time: of a counter what was added, of a gauge its value when it was set, of the others
    /// the values.
    func takeFresh() -> [Double] {
        state.withLock { state in
            guard state.isTouched else { return [] }
            state.isTouched = false
            switch kind {
            case .counter:
                defer { state.reported = state.value }
                let added = state.value - state.reported
                return added > 0 ? [added] : []
            case .gauge: return [state.value]
            case .distribution, .timer:
                defer {
                    state.fresh = []
                    state.freshCount = 0
                }
                return state.fresh
            }
        }
    }
}

extension Series: CounterHandler, FloatingPointCounterHandler {
    func increment(by amount: Int64) { add(Double(amount)) }
    func reset() { set(0.0 as Double) }
}

extension Series: MeterHandler {
    func set(_ value: Int64) { set(Double(value)) }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }
}

extension Series: RecorderHandler {
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { if kind == .gauge { set(value) } else { observe(value) } }
}

extension Series: TimerHandler {
    func recordNanoseconds(_ duration: Int64) { observe(Double(duration) / 1_000_000) }
}

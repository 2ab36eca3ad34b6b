/// The value of a statistic: a commutative monoid under ``merge(_:)``, with the empty rollup as its identity.
///
/// Deltas of a batch, items of the table, days of a range and lanes all merge by the same operation, in any order.
struct Rollup: Sendable, Hashable {
    /// Counts and sums by attribute name.
    var sums: [String: FixedPoint] = [:]
    var maxima: [String: FixedPoint] = [:]
    var minima: [String: FixedPoint] = [:]
    var histogram = ExponentialHistogram()
    /// Users by hash, each once.
    var users: Set<UserHash> = []
    /// A few user ids, at most ``sampleLimit``.
    var sample: Set<String> = []
    /// Texts that are the same in all rollups of one key.
    var labels: [String: String] = [:]

    static let sampleLimit = 20

    mutating func add(_ name: String, _ value: FixedPoint = .one) {
        sums[name, default: .zero] += value
    }

    mutating func raise(_ name: String, to value: FixedPoint) {
        maxima[name] = maxima[name].map { max($0, value) } ?? value
    }

    mutating func lower(_ name: String, to value: FixedPoint) {
        minima[name] = minima[name].map { min($0, value) } ?? value
    }

    mutating func merge(_ other: Rollup) {
        sums.merge(other.sums, uniquingKeysWith: +)
        maxima.merge(other.maxima, uniquingKeysWith: max)
        minima.merge(other.minima, uniquingKeysWith: min)
        histogram.merge(other.histogram)
        users.formUnion(other.users)
        mergeSample(other.sample)
        labels.merge(other.labels) { own, _ in own }
    }

    mutating func mergeSample(_ users: Set<String>) {
        sample.formUnion(users)
        guard sample.count > Rollup.sampleLimit else { return }
        // Any choice would do; the smallest by bytes are the same in whatever order samples are merged.
        let chosen = sample.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(Rollup.sampleLimit)
        sample = Set(chosen)
    }
}

/// Names of the attributes that hold statistics, seed 001's where it has one.
enum Measure {
    static let executions = "totalExecutions"
    static let successes = "successfulExecutions"
    static let failures = "failedExecutions"
    /// Milliseconds, summed.
    static let executionTime = "totalExecutionTime"
    /// Executions that came with an execution time.
    static let timedExecutions = "timedExecutions"
    static let lastExecuted = "lastExecuted"
    static let minimumTime = "minExecutionTime"
    static let maximumTime = "maxExecutionTime"
    static let count = "count"
    static let firstOccurrence = "firstOccurrence"
    static let lastOccurrence = "lastOccurrence"
    static let events = "totalEvents"
    static let lastReceived = "lastReceived"
    /// Counts of one event type: `type:MESSAGE_SENT`.
    static let typePrefix = "type:"
    static let inputTokens = "inputTokens"
    static let outputTokens = "outputTokens"
    static let cachedInputTokens = "cachedInputTokens"
    static let reasoningTokens = "reasoningTokens"
    static let cost = "cost"
    static let responses = "responses"
    /// Milliseconds, summed.
    static let responseTime = "totalResponseTime"
    static let thumbsUp = "thumbsUp"
    static let thumbsDown = "thumbsDown"

    static let maxima: Set<String> = [lastExecuted, maximumTime, lastOccurrence, lastReceived]
    static let minima: Set<String> = [minimumTime, firstOccurrence]
    static let labels: Set<String> = ["commandName", "errorType", "errorMessage"]
}

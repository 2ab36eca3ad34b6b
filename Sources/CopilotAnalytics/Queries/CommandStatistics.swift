/// How one command did in a range.
public struct CommandStatistics: Sendable, Hashable {
    public var commandName: String
    public var totalExecutions: Int
    public var successfulExecutions: Int
    public var failedExecutions: Int
    public var execution: ExecutionTimes
    /// Milliseconds since 1970; `nil` when it was not executed.
    public var lastExecuted: Int?

    /// Percent of the executions, two decimals; `nil` without executions.
    public var successRate: Double? { percentage(successfulExecutions, of: totalExecutions) }

    init(commandName: String, _ rollup: Rollup) {
        self.commandName = commandName
        totalExecutions = rollup.sums[Measure.executions]?.integer ?? 0
        successfulExecutions = rollup.sums[Measure.successes]?.integer ?? 0
        failedExecutions = rollup.sums[Measure.failures]?.integer ?? 0
        execution = ExecutionTimes(rollup)
        lastExecuted = rollup.maxima[Measure.lastExecuted]?.integer
    }

    /// Most executions first, then by name in byte order.
    static func ranksBefore(_ left: CommandStatistics, _ right: CommandStatistics) -> Bool {
        if left.totalExecutions != right.totalExecutions { return left.totalExecutions > right.totalExecutions }
        return left.commandName.utf8.lexicographicallyPrecedes(right.commandName.utf8)
    }
}

/// Times in milliseconds; `nil` when no execution came with a time.
public struct ExecutionTimes: Sendable, Hashable {
    /// Of the executions that came with a time; the sum is exact.
    public var average: Double?
    /// Nearest rank, relative error at most 2.2 % (see ``ExponentialHistogram``).
    public var p50: Double?
    public var p95: Double?
    public var p99: Double?
    public var minimum: Double?
    public var maximum: Double?

    init(_ rollup: Rollup) {
        let count = rollup.sums[Measure.timedExecutions]?.integer ?? 0
        let total = rollup.sums[Measure.executionTime] ?? .zero
        average = count > 0 ? rounded(total.double / Double(count)) : nil
        let least = rollup.minima[Measure.minimumTime]
        let most = rollup.maxima[Measure.maximumTime]
        func quantile(_ part: Double) -> Double? {
            rollup.histogram.quantile(part, minimum: least, maximum: most).map(rounded)
        }
        p50 = quantile(0.50)
        p95 = quantile(0.95)
        p99 = quantile(0.99)
        minimum = least?.double
        maximum = most?.double
    }
}

/// Two decimals, computed in integers: 1091 of 1164 is 93.73.
func percentage(_ part: Int, of whole: Int) -> Double? {
    guard whole > 0 else { return nil }
    // Wide enough for any count, a tampered one included.
    let hundredths = (Int128(part) * 20_000 / Int128(whole) + 1) / 2
    return Double(hundredths) / 100
}

/// Two decimals from 100 on and more below: far finer than the error of a percentile at any magnitude.
func rounded(_ value: Double) -> Double {
    let scale = value >= 100 ? 100.0 : value >= 1 ? 10_000.0 : 1_000_000.0
    return (value * scale).rounded() / scale
}

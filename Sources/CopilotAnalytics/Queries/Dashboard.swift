/// What happened in a range, in all and by the most frequent commands and errors.
public struct Dashboard: Sendable, Hashable {
    public var range: DateRange
    public var totalExecutions: Int
    public var successfulExecutions: Int
    public var failedExecutions: Int
    public var execution: ExecutionTimes
    public var totalErrors: Int
    public var uniqueErrorTypes: Int
    /// Distinct users of all events.
    public var activeUsers: Int
    public var popularCommands: [CommandStatistics]
    public var errorPatterns: [ErrorStatistics]
    /// When the newest event was received, in milliseconds since 1970: of the range, or of the newest day that has any;
    /// `nil` when there are none at all.
    public var asOf: Int?

    /// Percent of the executions, two decimals; `nil` without executions.
    public var successRate: Double? { percentage(successfulExecutions, of: totalExecutions) }
}

/// The columns of an export of statistics. Several kinds of rows share one table: what a row does not have is empty.
struct StatisticsTable {
    struct Column: Sendable {
        let name: String
        var summary: @Sendable (Dashboard) -> CSVWriter.Cell = { _ in .empty }
        var command: @Sendable (CommandStatistics) -> CSVWriter.Cell = { _ in .empty }
        var error: @Sendable (ErrorStatistics) -> CSVWriter.Cell = { _ in .empty }
    }

    let columns: [Column]

    init(_ content: ExportContent) {
        var columns: [Column] = []
        if content == .all { columns.append(StatisticsTable.record) }
        if content == .commands || content == .all { columns.append(StatisticsTable.commandName) }
        if content != .errors { columns += StatisticsTable.executions }
        if content == .commands || content == .all { columns.append(StatisticsTable.lastExecuted) }
        if content == .summary || content == .all { columns += StatisticsTable.totals }
        if content == .errors || content == .all { columns += StatisticsTable.errors }
        self.columns = columns
    }

    private static let record = Column(
        name: "record",
        summary: { _ in .text("summary") },
        command: { _ in .text("command") },
        error: { _ in .text("error") }
    )

    private static let commandName = Column(name: "commandName", command: { .text($0.commandName) })

    private static let lastExecuted = Column(name: "lastExecuted", command: { cell($0.lastExecuted) })

    private static let executions: [Column] = [
        Column(
            name: "totalExecutions",
            summary: { cell($0.totalExecutions) },
            command: { cell($0.totalExecutions) }
        ),
        Column(
            name: "successfulExecutions",
            summary: { cell($0.successfulExecutions) },
            command: { cell($0.successfulExecutions) }
        ),
        Column(
            name: "failedExecutions",
            summary: { cell($0.failedExecutions) },
            command: { cell($0.failedExecutions) }
        ),
        Column(name: "successRate", summary: { cell($0.successRate) }, command: { cell($0.successRate) }),
        time("avgExecutionTime") { $0.average },
        time("p50ExecutionTime") { $0.p50 },
        time("p95ExecutionTime") { $0.p95 },
        time("p99ExecutionTime") { $0.p99 },
        time("minExecutionTime") { $0.minimum },
        time("maxExecutionTime") { $0.maximum },
    ]

    private static let totals: [Column] = [
        Column(name: "totalErrors", summary: { cell($0.totalErrors) }),
        Column(name: "uniqueErrorTypes", summary: { cell($0.uniqueErrorTypes) }),
        Column(name: "activeUsers", summary: { cell($0.activeUsers) }),
    ]

    private static let errors: [Column] = [
        Column(name: "errorType", error: { .text($0.errorType) }),
        Column(name: "errorHash", error: { .text($0.errorHash) }),
        Column(name: "errorMessage", error: { .text($0.errorMessage) }),
        Column(name: "count", error: { cell($0.count) }),
        Column(name: "firstOccurrence", error: { cell($0.firstOccurrence) }),
        Column(name: "lastOccurrence", error: { cell($0.lastOccurrence) }),
        Column(name: "affectedUsers", error: { cell($0.affectedUsers) }),
    ]

    private static func time(_ name: String, _ value: @escaping @Sendable (ExecutionTimes) -> Double?) -> Column {
        Column(name: name, summary: { cell(value($0.execution)) }, command: { cell(value($0.execution)) })
    }

    private static func cell(_ value: Int?) -> CSVWriter.Cell { value.map { .number(String($0)) } ?? .empty }
    private static func cell(_ value: Double?) -> CSVWriter.Cell { value.map { .number(plainText(of: $0)) } ?? .empty }
}

internal import ArgumentParser
internal import CopilotAnalytics
internal import LosslessJSON

struct ShowDashboard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard",
        abstract: "Show the summary, popular commands and frequent errors of some days."
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var days: RangeOptions
    @OptionGroup var limit: LimitOption
    @Flag(help: "The answer of the API, as JSON.") var json = false

    func run() async throws {
        let store = try await store.open(creating: false)
        let range = try days.range(in: store.layout.zone)
        let limit = limit.limit ?? AnalyticsQueries.defaultLimit
        let dashboard = try await store.queries.dashboard(range, limit: limit)
        if json {
            var writer = JSONWriter()
            dashboard.write(to: &writer)
            writer.endLine()
            try Terminal.write(writer.bytes)
        } else {
            try Terminal.print(Self.text(dashboard))
        }
    }

    private static func text(_ dashboard: Dashboard) -> String {
        let times = dashboard.execution
        var lines = [
            "\(dashboard.range.start) to \(dashboard.range.end), \(dashboard.range.zone.identifier)",
            "",
            "Executions    \(dashboard.totalExecutions) (\(dashboard.successfulExecutions) successful, "
                + "\(dashboard.failedExecutions) failed)",
            "Success rate  \(NumberText.percent(dashboard.successRate))",
            "Time          \(NumberText.milliseconds(times.average)) on average, p50 "
                + "\(NumberText.milliseconds(times.p50)), p95 \(NumberText.milliseconds(times.p95)), p99 "
                + "\(NumberText.milliseconds(times.p99)) (percentiles within 2.2 %)",
            "Errors        \(dashboard.totalErrors) of \(dashboard.uniqueErrorTypes) "
                + (dashboard.uniqueErrorTypes == 1 ? "type" : "types"),
            "Active users  \(dashboard.activeUsers)",
        ]
        if !dashboard.popularCommands.isEmpty {
            lines += ["", Commands.table(dashboard.popularCommands).text]
        }
        if !dashboard.errorPatterns.isEmpty {
            lines += ["", Errors.table(dashboard.errorPatterns).text]
        }
        if dashboard.activeUsers == 0, dashboard.totalExecutions == 0, dashboard.totalErrors == 0 {
            lines += ["", dashboard.asOf == nil ? "No event is stored yet." : "There are no events in these days."]
        }
        return lines.joined(separator: "\n")
    }
}

internal import CopilotAnalytics
internal import CoreMetrics
internal import LambdaRuntime
internal import Logging
internal import LosslessJSON
internal import SingleTable

/// Work that a schedule starts, with `{"job":"<name>"}` as the event.
struct ScheduledJob: Sendable {
    let name: String
    /// Throws when somebody has to look: the function's alarm on errors is how they hear of it.
    let run: @Sendable (_ event: JSONValue, LambdaContext) async throws -> JSONValue
}

/// The jobs that there are.
struct ScheduledJobs: Sendable {
    private let jobs: [ScheduledJob]

    init(_ jobs: [ScheduledJob]) { self.jobs = jobs }

    var route: LambdaRoute {
        LambdaRoute(
            "scheduled jobs", accepts: { $0["job"]?.stringValue != nil },
            handle: { event, context in
                let name = event["job"]?.stringValue ?? ""
                guard let job = jobs.first(where: { $0.name == name }) else {
                    let names = jobs.map(\.name).joined(separator: ", ")
                    throw LambdaError(.malformedEvent, "there is no job \"\(name.prefix(40))\": use one of \(names)")
                }
                return .json(try await job.run(event, context))
            })
    }
}

extension ScheduledJob {
    /// Recounts the raw events; `from` and `to` in the event choose days, as for the command.
    static func verify(_ table: any Table, _ layout: TableLayout) -> ScheduledJob {
        ScheduledJob(name: "verify") { event, context in
            var range: DateRange?
            let (start, end) = (event["from"]?.stringValue, event["to"]?.stringValue)
            if start != nil || end != nil {
                range = try DateRange(start: start, end: end, zone: layout.zone, now: .now)
            }
            let report = try await Verifier(table: table, layout: layout).run(range)
            guard report.differences.isEmpty else {
                for difference in report.differences.prefix(longestList) { context.logger.error("\(difference)") }
                throw VerificationFailure(items: Set(report.differences.map(\.key)).count, events: report.events)
            }
            var json = JSONWriter()
            report.write(to: &json)
            return try JSONValue.parse(json.take())
        }
    }

    /// The size of the table as `AnalyticsStorageBytes`: CloudWatch has no metric of it, and an alarm on its growth
    /// needs one. DynamoDB counts about every six hours.
    static func measure(_ table: any Table) -> ScheduledJob {
        ScheduledJob(name: "measure") { _, _ in
            let description = try await table.describe()
            Gauge(label: "AnalyticsStorageBytes").record(description.sizeBytes)
            return [
                "sizeBytes": .number(String(description.sizeBytes)), "items": .number(String(description.itemCount)),
            ]
        }
    }

    /// Differences that are logged.
    private static let longestList = 100
}

/// Statistics that differ from a recount.
struct VerificationFailure: LambdaFailure {
    let items: Int
    let events: Int

    var errorType: String { "Verify.Differences" }
    var errorMessage: String {
        "\(items) \(items == 1 ? "item differs" : "items differ") from the recount of \(events) events: the log has a "
            + "list, and `rebuild` puts it right"
    }
}

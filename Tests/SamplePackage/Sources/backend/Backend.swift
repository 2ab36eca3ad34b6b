import CopilotAnalytics
import DynamoDB
import Tracker

@main
struct Backend {
    static func main() async throws {
        let table = DynamoDBTable(name: "analytics", client: try DynamoDBClient.fromEnvironment())
        try await table.create()
        try await serve(table, spoolFolder: CommandLine.arguments[1])
        let layout = try TableLayout(retention: .dynamoDB)
        let today = Zone.utc.day(of: .now)
        let range = try DateRange(start: today.adding(days: -1), end: today, zone: .utc)
        let dashboard = try await AnalyticsQueries(table: table, layout: layout).dashboard(range)
        print("executions:", dashboard.totalExecutions)
        print("errors:", dashboard.totalErrors)
    }
}

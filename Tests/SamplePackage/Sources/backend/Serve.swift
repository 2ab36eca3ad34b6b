import CopilotAnalytics
import DynamoDB
import Tracker

func serve(_ table: DynamoDBTable, spoolFolder: String) async throws {
    let sink = try await TableSink.open(table, retention: .dynamoDB)
    let spool = try await Spool(folder: spoolFolder)
    try await Tracker.withTracker(sink, spool: spool) { tracker in
        answer("A table for two, please", of: "ada", tracker)
    }
}

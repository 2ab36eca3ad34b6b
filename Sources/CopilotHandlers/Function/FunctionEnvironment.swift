internal import CopilotAnalytics
internal import DynamoDB
internal import EventQueue

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What the environment of a function says:
///
/// | variable | |
/// |---|---|
/// | `COPILOT_ANALYTICS_QUEUE_URL` | events go into this queue of SQS, and a consumer writes them; else |
/// | `ANALYTICS_TABLE_NAME` | straight into this table |
/// | `COPILOT_ANALYTICS_TENANT` | whose events they are, where several share a table |
/// | `COPILOT_ANALYTICS_RETENTION_DAYS` | a number of days, or `forever`; 90 by default |
/// | `COPILOT_ANALYTICS_USER_ID_KEY` | makes pseudonyms of user ids |
/// | `COPILOT_ANALYTICS_METRICS_NAMESPACE` | of the metrics in CloudWatch; `CopilotAnalytics` by default |
struct FunctionEnvironment {
    private let variables: [String: String]

    init(_ variables: [String: String]) { self.variables = variables.filter { !$0.value.isEmpty } }

    /// A variable that makes no sense, or none at all.
    private static func invalid(_ message: String) -> AnalyticsError { AnalyticsError(.invalidArgument, message) }

    var metricsNamespace: String? { variables["COPILOT_ANALYTICS_METRICS_NAMESPACE"] }

    private var userIDKey: UserIDKey? {
        get throws(AnalyticsError) {
            guard let text = variables["COPILOT_ANALYTICS_USER_ID_KEY"] else { return nil }
            return try UserIDKey(text)
        }
    }

    private var retention: Retention {
        get throws(AnalyticsError) {
            guard let text = variables["COPILOT_ANALYTICS_RETENTION_DAYS"] else { return .dynamoDB }
            guard let retention = Retention.dynamoDB.with(eventDays: text) else {
                throw FunctionEnvironment.invalid(
                    "COPILOT_ANALYTICS_RETENTION_DAYS must be a number of days or `forever`")
            }
            return retention
        }
    }

    /// Where tracked events go.
    func sink(_ client: DynamoDBClient) async throws -> any EventSink {
        let tenant = variables["COPILOT_ANALYTICS_TENANT"]
        if let url = variables["COPILOT_ANALYTICS_QUEUE_URL"] {
            let settings = try AWSConfiguration.load(environment: variables)
            return QueueSink(
                try SQSClient.fromEnvironment(queueURL: url, sharing: client, settings),
                tenant: tenant,
                retention: try retention,
                userIDKey: try userIDKey
            )
        }
        return try await TableSink.open(
            try table(client), tenant: tenant, retention: try retention, userIDKey: try userIDKey)
    }

    private func table(_ client: DynamoDBClient) throws(AnalyticsError) -> DynamoDBTable {
        guard let name = variables["ANALYTICS_TABLE_NAME"] else {
            throw FunctionEnvironment.invalid(
                "nowhere to write to: set COPILOT_ANALYTICS_QUEUE_URL or ANALYTICS_TABLE_NAME")
        }
        return DynamoDBTable(name: name, client: client)
    }

    func connections(_ client: DynamoDBClient) -> Connections {
        Connections.fromEnvironment(sharing: client, variables)
    }
}

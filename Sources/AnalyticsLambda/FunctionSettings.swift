internal import AnalyticsHandlers
internal import CopilotAnalytics

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension DeploymentSettings {
    static let process = DeploymentSettings { name in getenv(name).map { String(cString: $0) } }
}

/// What the function's environment decides.
///
/// | variable | decides |
/// |---|---|
/// | `ANALYTICS_TABLE_NAME` | the table; required |
/// | `COPILOT_ANALYTICS_TENANT` | whose data, where several share the table |
/// | `COPILOT_ANALYTICS_RETENTION_DAYS`, `COPILOT_ANALYTICS_USER_ID_KEY` | as for the server |
/// | `COPILOT_ANALYTICS_METRICS_NAMESPACE` | of the metrics in CloudWatch; `CopilotAnalytics` by default |
/// | `COPILOT_ANALYTICS_TOKEN` | a secret that opens everything; none by default |
/// | `COPILOT_ANALYTICS_JWT_ADMIN`, `COPILOT_ANALYTICS_JWT_USER_CLAIM` | what the claims that the API's authorizer has verified allow |
/// | `COPILOT_ANALYTICS_STREAMING` | sources whose answers are streamed: `function-url`, `rest-api`, separated by commas |
struct FunctionSettings: Sendable {
    let tableName: String
    let tenant: String?
    let metricsNamespace: String?
    let retention: Retention
    let userIDKey: UserIDKey?
    let token: String?
    let claims: VerifiedClaims
    /// AWS says nowhere in an event whether whoever sent it takes a stream.
    let streamed: Set<HTTPEvent.Source>

    init(_ settings: DeploymentSettings) throws(AnalyticsError) {
        guard let tableName = settings.value("ANALYTICS_TABLE_NAME") else {
            throw AnalyticsError(.invalidArgument, "ANALYTICS_TABLE_NAME is not set: name the table there")
        }
        self.tableName = tableName
        tenant = settings.value("COPILOT_ANALYTICS_TENANT")
        metricsNamespace = settings.value("COPILOT_ANALYTICS_METRICS_NAMESPACE")
        retention = try settings.retention(usual: .dynamoDB)
        userIDKey = try settings.userIDKey()
        token = settings.value("COPILOT_ANALYTICS_TOKEN")
        if let token, !AdminToken.isUsable(token) {
            throw AnalyticsError(
                .invalidArgument, "COPILOT_ANALYTICS_TOKEN must have at least 16 characters out of A-Z a-z 0-9 - _ . ~")
        }
        var admin: (claim: String, value: String)?
        if let rule = settings.value("COPILOT_ANALYTICS_JWT_ADMIN") {
            let parts = rule.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else {
                throw AnalyticsError(
                    .invalidArgument,
                    "COPILOT_ANALYTICS_JWT_ADMIN is written as claim=value, for example groups=analytics-admins")
            }
            admin = (String(parts[0]), String(parts[1]))
        }
        claims = VerifiedClaims(userClaim: settings.value("COPILOT_ANALYTICS_JWT_USER_CLAIM") ?? "sub", admin: admin)
        var streamed: Set<HTTPEvent.Source> = []
        for name in settings.value("COPILOT_ANALYTICS_STREAMING")?.split(separator: ",") ?? [] {
            guard let source = HTTPEvent.Source(rawValue: String(name)), FunctionSettings.streams.contains(source)
            else {
                throw AnalyticsError(
                    .invalidArgument, "COPILOT_ANALYTICS_STREAMING takes function-url and rest-api, not \(name)")
            }
            streamed.insert(source)
        }
        self.streamed = streamed
    }

    /// What AWS can stream for.
    private static let streams: Set<HTTPEvent.Source> = [.functionURL, .restAPI]
}

internal import AnalyticsHandlers
internal import CopilotAnalytics
internal import CopilotHandlers
internal import CoreMetrics
internal import DynamoDB
internal import EventQueue
internal import LambdaRuntime
internal import Logging
internal import SelfMetrics
internal import SingleTable

/// The function, its table opened: what is done with each kind of event.
struct AnalyticsFunction: Sendable {
    private let client: DynamoDBClient
    private let api: AnalyticsAPI
    private let jobs: ScheduledJobs
    private let consumer: QueueConsumer
    private let registry = MetricsRegistry()
    private let format: EmbeddedMetricFormat
    private let streamed: Set<HTTPEvent.Source>

    /// What is left for telling the caller when the table has not answered in time.
    private static let margin = Duration.milliseconds(300)

    init(_ settings: FunctionSettings, _ logger: Logger) async throws {
        // Before the clients that measure themselves are made.
        MetricsSystem.bootstrap(registry)
        format = EmbeddedMetricFormat(
            namespace: settings.metricsNamespace ?? EmbeddedMetricFormat.defaultNamespace)
        client = try .fromEnvironment(logger: logger)
        let table = DynamoDBTable(name: settings.tableName, client: client)
        let stored = try await TableSettings.adopt(settings.userIDKey, in: table)
        let layout = try TableLayout(
            tenant: settings.tenant,
            zone: stored.reportingZone,
            retention: settings.retention,
            lanes: stored.lanes,
            userIDKey: settings.userIDKey
        )
        let keys = APIKeyAuthorizer(store: APIKeyStore(table: table, keys: layout.keys))
        let token = settings.token.map { [AdminToken($0) as any Authorizer] } ?? []
        api = AnalyticsAPI(
            table: table,
            layout: layout,
            authorizer: AuthorizerChain(token + [settings.claims, keys]),
            onFailure: { error in (LambdaContext.current?.logger ?? logger).error("\(error)") }
        )
        jobs = ScheduledJobs([.verify(table, layout), .measure(table)])
        consumer = QueueConsumer(
            table: table, retention: settings.retention, userIDKey: settings.userIDKey, logger: logger)
        streamed = settings.streamed
    }

    var function: LambdaRuntime.Function {
        let handler = LambdaHandler(routes: routes)
        return .init(
            LambdaHandler(bytes: { event, context in
                defer { format.flush(registry) }
                return try await AnalyticsFunction.scoped(context) { try await handler.handle(event, context) }
            }),
            shutdown: client.shutdown
        )
    }

    /// Every kind of event that the function takes; told by their shapes, which exclude one another.
    private var routes: [LambdaRoute] { [http, consumer.route, jobs.route] }

    private var http: LambdaRoute {
        LambdaRoute(
            "HTTP requests", accepts: { HTTPEvent.source(of: $0) != nil },
            handle: { event, context in
                guard let source = HTTPEvent.source(of: event), streamed.contains(source), let http = HTTPEvent(event)
                else {
                    return .json(await api.handle(httpEvent: event))
                }
                return .stream(
                    stream(await api.handle(http.request), withoutBody: http.request.method == "HEAD", context))
            })
    }

    private func stream(_ response: Response, withoutBody: Bool, _ context: LambdaContext) -> LambdaStream {
        .http(status: response.status, headers: response.headers) { write in
            guard !withoutBody else { return }
            switch response.body {
            case .bytes(let bytes): try await write(bytes)
            case .stream(let run): try await AnalyticsFunction.scoped(context) { try await run { try await write($0) } }
            }
        }
    }

    /// Calls of the table end in time for an answer, and belong to the invocation's trace.
    private static func scoped<Value: Sendable>(
        _ context: LambdaContext, _ body: () async throws -> Value
    ) async throws -> Value {
        try await DynamoDBClient.withDeadline(context.deadline - margin) {
            try await DynamoDBClient.$traceID.withValue(context.traceID) { try await body() }
        }
    }
}

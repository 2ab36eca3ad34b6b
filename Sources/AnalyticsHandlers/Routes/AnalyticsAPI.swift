public import CopilotAnalytics
internal import LosslessJSON
public import SingleTable

/// The API: every operation as a function from request to answer, with no server and no runtime around it.
public struct AnalyticsAPI: Sendable {
    let queries: AnalyticsQueries
    let ingestion: Ingestion
    let authorizer: any Authorizer
    let clock: @Sendable () -> Timestamp
    let metrics: AnalyticsMetrics
    let metricsText: (@Sendable () -> String)?
    /// Told of every failure that is not the caller's own.
    let onFailure: @Sendable (any Error) -> Void

    /// `/api/v1/analytics` is the canonical prefix; the others are those of the first copilots.
    static let prefixes = [["api", "v1", "analytics"], ["analytics"], ["api", "copilot", "analytics"]]

    /// Requests whose events are read and written at a time; one more is answered with 429.
    public static let maximumWrites = 32

    /// - Parameters:
    ///   - sink: Where events go; by default straight into the table.
    ///   - metrics: What the API measures of itself; by default those of the metrics system that is in place now.
    ///   - metricsText: The process's metrics in Prometheus' text format, for `GET /metrics`; `nil`: there are none.
    public init(
        table: any Table,
        layout: TableLayout,
        authorizer: any Authorizer,
        sink: (any EventSink)? = nil,
        maximumWrites: Int = AnalyticsAPI.maximumWrites,
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now },
        metrics: AnalyticsMetrics = AnalyticsMetrics(),
        metricsText: (@Sendable () -> String)? = nil,
        onFailure: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        queries = AnalyticsQueries(table: table, layout: layout, clock: clock)
        let onFailure: @Sendable (any Error) -> Void = { error in
            metrics.failed()
            onFailure(error)
        }
        let direct = EventWriter(table: table, layout: layout) { key in
            onFailure(
                TableError(.validation, "\(key) cannot be updated and is counted in the repair lane: `rebuild` its day")
            )
        }
        ingestion = Ingestion(
            sink: sink ?? TableSink(direct, metrics: metrics),
            decoder: EventDecoder(
                receipt: .now,
                retention: layout.retention,
                userIDKey: layout.userIDKey,
                clock: clock
            ),
            gate: Gate(limit: maximumWrites),
            metrics: metrics
        )
        self.authorizer = authorizer
        self.clock = clock
        self.metrics = metrics
        self.metricsText = metricsText
        self.onFailure = onFailure
    }

    /// Answers a request; every error becomes an answer.
    public func handle(_ request: Request) async -> Response {
        do {
            switch try await target(of: request) {
            case .route(let route, let parameters):
                let start = ContinuousClock.now
                defer { if route.isQuery { metrics.answered(route.name, after: ContinuousClock.now - start) } }
                return try await route.handler(request, parameters)
            case .notAllowed(let methods):
                var response = Problem(405, "use \(methods.joined(separator: " or ")) here").response
                response.headers.append((name: "allow", value: methods.joined(separator: ", ")))
                return response
            }
        } catch {
            return answer(to: error)
        }
    }

    /// The answer to a request that may not even send its body; `nil` when it may.
    ///
    /// - Parameter request: Without its body.
    public func refusal(of request: Request) async -> Response? {
        do {
            _ = try await target(of: request)
            return nil
        } catch {
            return answer(to: error)
        }
    }

    private func answer(to error: any Error) -> Response {
        let problem = Problem(error)
        if problem.status >= 500 { onFailure(error) }
        return problem.response
    }

    // MARK: Routing

    private enum Target {
        case route(Route, parameters: [String])
        /// There is something at the path, for these methods.
        case notAllowed([String])
    }

    /// What a request is for, once it is known that whoever sent it may ask for that.
    private func target(of request: Request) async throws -> Target {
        let segments = request.segments
        let isSegments = segments.first == "v1"
        guard let (routes, path) = candidates(segments) else {
            _ = try await authenticate(request)
            throw Problem(404, "there is nothing at this path")
        }
        // HEAD is answered like GET; whoever sends the answer leaves the body out.
        let method = request.method == "HEAD" ? "GET" : request.method
        var methods: [String] = []
        for route in routes {
            guard let parameters = route.match(path) else { continue }
            guard route.method == method else {
                let others = route.method == "GET" ? ["GET", "HEAD"] : [route.method]
                methods += others.filter { !methods.contains($0) }
                continue
            }
            try await authorize(request, route, parameters, isSegments: isSegments)
            return .route(route, parameters: parameters)
        }
        _ = try await authenticate(request, isSegments: isSegments)
        guard !methods.isEmpty else { throw Problem(404, "there is nothing at this path") }
        return .notAllowed(methods)
    }

    private func candidates(_ segments: [String]) -> (routes: [Route], path: [String])? {
        if segments.first == "v1" { return (segmentRoutes, Array(segments.dropFirst())) }
        if [["health"], ["metrics"], ["openapi.json"]].contains(segments) { return (routes, segments) }
        guard let prefix = AnalyticsAPI.prefixes.first(where: { segments.starts(with: $0) }) else { return nil }
        return (routes, Array(segments.dropFirst(prefix.count)))
    }

    private func authorize(
        _ request: Request,
        _ route: Route,
        _ parameters: [String],
        isSegments: Bool
    ) async throws {
        if route.access == .open { return }
        let principal = try await authenticate(request, isSegments: isSegments)
        guard route.access.allows(principal, parameters) else {
            throw Problem(403, "this key or token may not do that: use one that may")
        }
    }

    /// One answer to all that is missing, malformed, unknown, revoked or expired: nobody learns which.
    private func authenticate(_ request: Request, isSegments: Bool = false) async throws -> Principal {
        if let principal = try await authorizer.principal(of: request) { return principal }
        var problem = Problem(
            401, "send a valid key, or the token that the server printed at its start, as `Authorization: Bearer <key>`"
        )
        // What Segment's SDKs send.
        if isSegments { problem.challenge = "Basic realm=\"copilot-analytics\"" }
        throw problem
    }

    /// The first match counts: fixed names stand before parameters.
    private var routes: [Route] {
        [
            Route("GET", "health", access: .open) { _, _ in try await health() },
            Route("GET", "metrics") { _, _ in try ownMetrics() },
            Route("GET", "openapi.json") { _, _ in openAPI() },
            Route("GET", "dashboard") { request, _ in try await dashboard(request) },
            Route("GET", "commands") { request, _ in try await commands(request, defaultLimit: nil) },
            Route("GET", "commands/popular") { request, _ in try await commands(request, defaultLimit: 10) },
            Route("GET", "commands/by-name") { request, _ in
                guard let name = request.parameter("name") else { throw Problem(400, "name is missing") }
                return try await command(name, request)
            },
            Route("GET", "commands/{}") { request, parameters in try await command(parameters[0], request) },
            Route("GET", "errors") { request, _ in try await errors(request) },
            Route("GET", "users/{}", access: .user(parameter: 0)) { request, parameters in
                try await user(parameters[0], request)
            },
            Route("GET", "export") { request, _ in try await export(request) },
            Route("GET", "ingestion") { _, _ in ingestionCounts() },
            Route("POST", "track", access: .events) { request, _ in try await track(request) },
        ]
            + ServiceRecord.allCases.map { record in
                Route("POST", "track/\(record.rawValue)-public", access: .events) { request, _ in
                    try await track(record, request)
                }
            }
    }

    /// Below `/v1`, where Segment's SDKs look for them.
    private var segmentRoutes: [Route] {
        [Route("POST", "batch", access: .events) { request, _ in try await segmentBatch(request) }]
            + SegmentMessage.Kind.allCases.map { kind in
                Route("POST", kind.rawValue, access: .events) { request, _ in try await segment(kind, request) }
            }
    }
}

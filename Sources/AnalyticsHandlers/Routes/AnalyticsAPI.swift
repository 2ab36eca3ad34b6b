public import CopilotAnalytics
internal import LosslessJSON
public import SingleTable

/// The API: every operation as a function from request to answer, with no server and no runtime around it.
public struct AnalyticsAPI: Sendable {
    let queries: AnalyticsQueries
    let writer: EventWriter
    let authorizer: any Authorizer
    let clock: @Sendable () -> Timestamp
    /// Told of every failure that is not the caller's own.
    let onFailure: @Sendable (any Error) -> Void

    /// `/api/v1/analytics` is the canonical prefix; the others are those of the first copilots.
    static let prefixes = [["api", "v1", "analytics"], ["analytics"], ["api", "copilot", "analytics"]]

    public init(
        table: any Table,
        layout: TableLayout,
        authorizer: any Authorizer,
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now },
        onFailure: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        queries = AnalyticsQueries(table: table, layout: layout, clock: clock)
        writer = EventWriter(table: table, layout: layout)
        self.authorizer = authorizer
        self.clock = clock
        self.onFailure = onFailure
    }

    /// Answers a request; every error becomes an answer.
    public func handle(_ request: Request) async -> Response {
        do {
            return try await route(request)
        } catch {
            let problem = Problem(error)
            if problem.status >= 500 { onFailure(error) }
            return problem.response
        }
    }

    /// The answer to a request that may not even send its body; `nil` when it may.
    ///
    /// - Parameter request: Without its body.
    public func refusal(of request: Request) async -> Response? {
        do {
            try await requireAdmin(request)
            return nil
        } catch {
            return Problem(error).response
        }
    }

    private func route(_ request: Request) async throws -> Response {
        guard let path = relativePath(request) else { throw Problem(404, "there is nothing at this path") }
        // HEAD is answered like GET; whoever sends the answer leaves the body out.
        let method = request.method == "HEAD" ? "GET" : request.method
        var allowed: [String] = []
        for route in routes {
            guard let parameters = route.match(path) else { continue }
            guard route.method == method else {
                let methods = route.method == "GET" ? ["GET", "HEAD"] : [route.method]
                allowed += methods.filter { !allowed.contains($0) }
                continue
            }
            if route.needsKey { try await requireAdmin(request) }
            return try await route.handler(request, parameters)
        }
        try await requireAdmin(request)
        guard !allowed.isEmpty else { throw Problem(404, "there is nothing at this path") }
        var response = Problem(405, "use \(allowed.joined(separator: " or ")) here").response
        response.headers.append((name: "allow", value: allowed.joined(separator: ", ")))
        return response
    }

    private func relativePath(_ request: Request) -> [String]? {
        let segments = request.segments
        if segments == ["health"] || segments == ["openapi.json"] { return segments }
        guard let prefix = AnalyticsAPI.prefixes.first(where: { segments.starts(with: $0) }) else { return nil }
        return Array(segments.dropFirst(prefix.count))
    }

    private func requireAdmin(_ request: Request) async throws {
        guard let principal = try await authorizer.principal(of: request) else {
            throw Problem(401, "send the token that the server printed at its start as `Authorization: Bearer <token>`")
        }
        switch principal.role {
        case .admin: return
        }
    }

    /// The first match counts: fixed names stand before parameters.
    private var routes: [Route] {
        [
            Route("GET", "health", needsKey: false) { _, _ in try await health() },
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
            Route("GET", "export") { request, _ in try await export(request) },
            Route("POST", "track") { request, _ in try await track(request) },
        ]
    }
}

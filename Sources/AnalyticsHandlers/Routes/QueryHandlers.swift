internal import CopilotAnalytics
internal import LosslessJSON

extension AnalyticsAPI {
    func health() async throws -> Response {
        do {
            try await queries.probe()
        } catch {
            // Anybody may ask this: where the store is, and what is wrong with it, is for the log.
            onFailure(error)
            throw Problem(503, "the store does not answer; the server's log says why", retryAfter: 1)
        }
        return .json { json in
            json.beginObject()
            json.name("status")
            json.string("ok")
            json.endObject()
        }
    }

    func ownMetrics() throws -> Response {
        guard let metricsText else { throw Problem(404, "this process keeps no metrics") }
        return Response(
            status: 200,
            headers: [
                (name: "content-type", value: "text/plain; version=0.0.4; charset=utf-8"),
                (name: "cache-control", value: "no-store"),
            ],
            body: .bytes(Array(metricsText().utf8))
        )
    }

    func openAPI() -> Response {
        Response(
            status: 200,
            headers: [(name: "content-type", value: "application/json")],
            body: .bytes(PackageResources.openapi_json)
        )
    }

    func dashboard(_ request: Request) async throws -> Response {
        let limit = try limit(request) ?? AnalyticsQueries.defaultLimit
        let dashboard = try await queries.dashboard(try range(request), limit: limit)
        return .json { dashboard.write(to: &$0) }
    }

    func commands(_ request: Request, defaultLimit: Int?) async throws -> Response {
        let range = try range(request)
        let commands = try await queries.commands(range, limit: try limit(request) ?? defaultLimit)
        return .json { json in
            json.beginObject()
            json.name("range")
            range.write(to: &json)
            json.name("commands")
            json.array(commands) { $1.write(to: &$0) }
            json.endObject()
        }
    }

    func command(_ name: String, _ request: Request) async throws -> Response {
        let range = try range(request)
        let command = try await queries.command(name, range)
        return .json { json in
            json.beginObject()
            json.name("range")
            range.write(to: &json)
            json.name("command")
            command.write(to: &json)
            json.endObject()
        }
    }

    func errors(_ request: Request) async throws -> Response {
        let range = try range(request)
        let errors = try await queries.errors(
            range,
            type: request.parameter("errorType"),
            limit: try limit(request) ?? 20
        )
        return .json { json in
            json.beginObject()
            json.name("range")
            range.write(to: &json)
            json.name("errors")
            json.array(errors) { $1.write(to: &$0) }
            json.endObject()
        }
    }

    func user(_ id: String, _ request: Request) async throws -> Response {
        let activity = try await queries.user(id, try range(request))
        return .json { activity.write(to: &$0) }
    }

    func export(_ request: Request) async throws -> Response {
        let format: ExportFormat = try choice(request, "format") ?? .json
        let content: ExportContent = try choice(request, "what") ?? .all
        let exporter = Exporter(queries, try range(request), content: content, format: format)
        return Response(
            status: 200,
            headers: [
                (name: "content-type", value: format.mediaType),
                (name: "content-disposition", value: "attachment; filename=\"\(exporter.fileName)\""),
                (name: "cache-control", value: "no-store"),
            ],
            body: try await body(of: exporter)
        )
    }

    /// Statistics are bounded: they are read before the status is sent, so that a failure has a status of its own. Raw
    /// events are streamed; what fails on the way ends the answer before its end, and is reported here.
    private func body(of exporter: Exporter) async throws -> Response.Body {
        guard exporter.content == .events else {
            var bytes: [UInt8] = []
            try await exporter.run { bytes += $0 }
            return .bytes(bytes)
        }
        try await queries.probe()
        return .stream { write in
            do {
                try await exporter.run(write)
            } catch {
                onFailure(error)
                throw error
            }
        }
    }

    // MARK: Parameters

    private func range(_ request: Request) throws -> DateRange {
        try DateRange(
            start: request.parameter("startDate"),
            end: request.parameter("endDate"),
            zone: try request.parameter("timeZone").map(Zone.init) ?? queries.reportingZone,
            now: clock()
        )
    }

    private func limit(_ request: Request) throws -> Int? {
        guard let text = request.parameter("limit") else { return nil }
        guard let limit = Int(text), (1...AnalyticsQueries.maximumLimit).contains(limit) else {
            throw Problem(400, "limit must be a number from 1 to \(AnalyticsQueries.maximumLimit)")
        }
        return limit
    }

    private func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ request: Request,
        _ name: String
    ) throws -> Choice? {
        guard let text = request.parameter(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw Problem(400, "\(name) must be \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }
}

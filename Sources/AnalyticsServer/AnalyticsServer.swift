public import AnalyticsHandlers
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import UnixSignals

/// The API and the dashboard on a port of this machine.
public struct AnalyticsServer: Sendable {
    public struct Configuration: Sendable {
        public var host: String
        /// Zero: any free one.
        public var port: Int

        public init(host: String = "127.0.0.1", port: Int = 8080) {
            self.host = host
            self.port = port
        }
    }

    private let api: AnalyticsAPI
    private let pages: DashboardPages
    private let configuration: Configuration

    /// How long a connection may be silent, within a request or between two.
    private static let idleTimeout = TimeAmount.seconds(30)
    /// How long requests under way may take once the server is told to end.
    private static let gracefulShutdown = Duration.seconds(5)

    public init(api: AnalyticsAPI, token: AdminToken, configuration: Configuration) {
        self.api = api
        pages = DashboardPages(token: token)
        self.configuration = configuration
    }

    /// Serves until the process is told to end (SIGINT, SIGTERM); requests under way are finished first.
    ///
    /// - Parameter onRunning: Is told the port, once connections are accepted.
    public func run(onRunning: @escaping @Sendable (Int) async -> Void) async throws {
        var logger = Logger(label: "copilot-analytics")
        logger.logLevel = .warning
        let application = Application(
            responder: Responder(api: api, pages: pages),
            server: .http1(configuration: .init(idleTimeout: AnalyticsServer.idleTimeout)),
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "copilot-analytics"
            ),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? configuration.port) },
            logger: logger
        )
        do {
            var group = ServiceGroupConfiguration(
                services: [.init(service: application)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
            // Whoever holds a request half sent does not hold the server.
            group.maximumGracefulShutdownDuration = AnalyticsServer.gracefulShutdown
            try await ServiceGroup(configuration: group).run()
        } catch let error as IOError {
            throw ServerError(error, configuration)
        }
    }
}

/// Between Hummingbird's requests and answers and ours.
private struct Responder: HTTPResponder {
    typealias Context = BasicRequestContext

    let api: AnalyticsAPI
    let pages: DashboardPages
    /// Bodies that are being received or worked on: what they take of the memory is bounded.
    let bodies = Gate(limit: 4 * AnalyticsAPI.maximumWrites)

    func respond(
        to request: Hummingbird.Request,
        context: BasicRequestContext
    ) async throws -> Hummingbird.Response {
        let answer: AnalyticsHandlers.Response
        do {
            let head = translate(request)
            if request.method == .get || request.method == .head {
                answer = if let page = await pages.respond(to: head) { page } else { await api.handle(head) }
            } else if let refusal = await api.refusal(of: head) {
                // Nobody's body is read before it is known whose it is.
                answer = refusal
            } else {
                answer = try await bodies.pass { await api.handle(try await read(request, head)) }
            }
        } catch let problem as Problem {
            answer = problem.response
        }
        return translate(answer, withoutBody: request.method == .head)
    }

    private func translate(_ request: Hummingbird.Request) -> AnalyticsHandlers.Request {
        var headers: [String: String] = [:]
        for field in request.headers {
            // Repeated fields are one list (RFC 9110, 5.3); cookies are separated by semicolons.
            let name = field.name.canonicalName
            let separator = name == "cookie" ? "; " : ", "
            headers[name] = headers[name].map { $0 + separator + field.value } ?? field.value
        }
        return AnalyticsHandlers.Request(
            method: request.method.rawValue,
            path: request.uri.path,
            rawQuery: request.uri.query ?? "",
            headers: headers
        )
    }

    private func read(
        _ request: Hummingbird.Request,
        _ head: AnalyticsHandlers.Request
    ) async throws -> AnalyticsHandlers.Request {
        var result = head
        do {
            result.body = Array(buffer: try await request.body.collect(upTo: AnalyticsAPI.maximumBodyBytes))
        } catch is NIOTooManyBytesError {
            throw AnalyticsAPI.bodyTooLarge
        }
        return result
    }

    private func translate(_ answer: AnalyticsHandlers.Response, withoutBody: Bool) -> Hummingbird.Response {
        var headers = HTTPFields()
        for (name, value) in answer.headers {
            guard let name = HTTPField.Name(name) else { continue }
            headers.append(HTTPField(name: name, value: value))
        }
        let body: ResponseBody
        switch answer.body {
        case .bytes(let bytes) where withoutBody:
            body = ResponseBody(contentLength: bytes.count) { writer in try await writer.finish(nil) }
        case .stream where withoutBody:
            body = ResponseBody { writer in try await writer.finish(nil) }
        case .bytes(let bytes):
            body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        case .stream(let run):
            body = ResponseBody { writer in
                // Kept in a box: the closure that takes pieces cannot capture an inout writer.
                var writer = writer
                try await run { piece in try await writer.write(ByteBuffer(bytes: piece)) }
                try await writer.finish(nil)
            }
        }
        return Hummingbird.Response(status: .init(code: answer.status), headers: headers, body: body)
    }
}

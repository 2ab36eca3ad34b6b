public import AnalyticsHandlers
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
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
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "copilot-analytics"
            ),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? configuration.port) },
            logger: logger
        )
        do {
            try await application.runService(gracefulShutdownSignals: [.sigterm, .sigint])
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

    func respond(
        to request: Hummingbird.Request,
        context: BasicRequestContext
    ) async throws -> Hummingbird.Response {
        let answer: AnalyticsHandlers.Response
        do {
            let request = try await translate(request)
            answer = if let page = await pages.respond(to: request) { page } else { await api.handle(request) }
        } catch let problem as Problem {
            answer = problem.response
        }
        return translate(answer, withoutBody: request.method == .head)
    }

    private func translate(_ request: Hummingbird.Request) async throws -> AnalyticsHandlers.Request {
        var headers: [String: String] = [:]
        for field in request.headers {
            // Repeated fields are one list (RFC 9110, 5.3); cookies are separated by semicolons.
            let name = field.name.canonicalName
            let separator = name == "cookie" ? "; " : ", "
            headers[name] = headers[name].map { $0 + separator + field.value } ?? field.value
        }
        var body: [UInt8] = []
        if request.method != .get, request.method != .head {
            do {
                let limit = AnalyticsAPI.maximumBodyBytes
                body = Array(buffer: try await request.body.collect(upTo: limit))
            } catch is NIOTooManyBytesError {
                throw AnalyticsAPI.bodyTooLarge
            }
        }
        return AnalyticsHandlers.Request(
            method: request.method.rawValue,
            path: request.uri.path,
            rawQuery: request.uri.query ?? "",
            headers: headers,
            body: body
        )
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

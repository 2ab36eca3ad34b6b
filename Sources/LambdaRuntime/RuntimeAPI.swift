internal import CurlTransport

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The HTTP interface that Lambda has for what runs a function.
struct RuntimeAPI: Sendable {
    /// Bytes of an answer in one piece: what Lambda takes.
    static let maximumAnswerBytes = 6 * 1024 * 1024 + 100
    private static let maximumEventBytes = 32 * 1024 * 1024
    private static let errorTypeHeader = "Lambda-Runtime-Function-Error-Type"
    private static let errorBodyHeader = "Lambda-Runtime-Function-Error-Body"

    private let transport: CurlTransport
    private let base: String

    /// - Parameter address: Host and port, as `AWS_LAMBDA_RUNTIME_API` has them.
    init(address: String, transport: CurlTransport) {
        self.transport = transport
        base = "http://\(address)/2018-06-01/runtime/"
    }

    /// Waits for the next invocation, which may take hours: the process is frozen meanwhile.
    func next() async throws(TransportError) -> HTTPResponse {
        try await transport.send(
            HTTPRequest(
                method: .GET, url: base + "invocation/next", headers: [RuntimeAPI.userAgent], timeout: .zero,
                maximumResponseBytes: RuntimeAPI.maximumEventBytes, usesProxy: false))
    }

    func answer(_ invocation: Invocation, _ body: [UInt8]) async throws(TransportError) -> HTTPResponse {
        try await post(path(invocation, "response"), headers(invocation, type: "application/json"), body)
    }

    /// What became of a stream.
    enum StreamOutcome: Sendable {
        /// It failed before its first piece, and nothing has been sent.
        case failedAtOnce(ErrorReport)
        /// What the Runtime API says; and why the stream ended early, where it did. The caller has been told.
        case sent(HTTPResponse, ErrorReport?)
    }

    /// Answers piece by piece; what goes wrong after the first one is told in trailers.
    func answer(_ invocation: Invocation, _ stream: LambdaStream) async throws(TransportError) -> StreamOutcome {
        let body = HTTPBodyStream()
        let (beginning, begin) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        async let making: ErrorReport? = {
            defer { begin.finish() }
            do {
                try await stream.body { piece in
                    begin.yield()
                    try await body.write(piece)
                }
                body.finish()
                return nil
            } catch {
                let failure = ErrorReport(error, requestID: invocation.requestID)
                body.finish(trailers: RuntimeAPI.trailers(failure))
                return failure
            }
        }()
        let hasBegun = await beginning.first { true } != nil
        if !hasBegun, let failure = await making { return .failedAtOnce(failure) }
        return .sent(try await send(body, as: stream.contentType, for: invocation), await making)
    }
    private func send(
        _ body: HTTPBodyStream, as contentType: String, for invocation: Invocation
    ) async throws(TransportError) -> HTTPResponse {
        let headers = [
            (name: "Lambda-Runtime-Function-Response-Mode", value: "streaming"),
            (name: "Trailer", value: "\(RuntimeAPI.errorTypeHeader), \(RuntimeAPI.errorBodyHeader)"),
        ]
        let request = HTTPRequest(
            method: .POST, url: path(invocation, "response"),
            headers: self.headers(invocation, type: contentType) + headers, timeout: .zero, usesProxy: false)
        return try await transport.send(request, streaming: body)
    }

    private static func trailers(_ report: ErrorReport) -> [(name: String, value: String)] {
        [(errorTypeHeader, report.type), (errorBodyHeader, Data(report.json).base64EncodedString())]
    }

    func fail(_ invocation: Invocation, _ report: ErrorReport) async throws(TransportError) -> HTTPResponse {
        try await post(
            path(invocation, "error"), headers(invocation, type: "application/json") + RuntimeAPI.headers(report),
            report.json)
    }

    func failInitialization(_ report: ErrorReport) async throws(TransportError) -> HTTPResponse {
        try await post(
            base + "init/error",
            [("Content-Type", "application/json"), RuntimeAPI.userAgent] + RuntimeAPI.headers(report),
            report.json)
    }

    private func post(
        _ url: String, _ headers: [(name: String, value: String)], _ body: [UInt8]
    ) async throws(TransportError) -> HTTPResponse {
        try await transport.send(
            HTTPRequest(method: .POST, url: url, headers: headers, body: body, usesProxy: false))
    }

    private func path(_ invocation: Invocation, _ what: String) -> String {
        "\(base)invocation/\(invocation.requestID)/\(what)"
    }

    private func headers(_ invocation: Invocation, type: String) -> [(name: String, value: String)] {
        var headers = [("Content-Type", type), RuntimeAPI.userAgent]
        if let id = invocation.invocationID { headers.append(("Lambda-Runtime-Invocation-Id", id)) }
        return headers
    }

    private static func headers(_ report: ErrorReport) -> [(name: String, value: String)] {
        [
            (errorTypeHeader, report.type),
            ("Lambda-Runtime-Function-XRay-Error-Cause", String(decoding: report.traceCause, as: UTF8.self)),
        ]
    }

    private static let userAgent = (name: "User-Agent", value: "copilot-analytics-lambda")
}

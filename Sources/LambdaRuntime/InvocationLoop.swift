internal import CurlTransport
internal import Logging

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Takes one invocation after the other, and answers it.
struct InvocationLoop: Sendable {
    private let api: RuntimeAPI
    private let handler: LambdaHandler
    private let logger: Logger

    init(api: RuntimeAPI, handler: LambdaHandler, logger: Logger) {
        self.api = api
        self.handler = handler
        self.logger = logger
    }

    /// Returns when the process is to end.
    ///
    /// - Throws: When the Runtime API is not there or says that it cannot go on: the process has to end then, too.
    func run(until termination: Termination) async throws(LambdaError) {
        var traceVariable = TraceVariable()
        while !termination.isRequested {
            guard let invocation = try await next(termination) else { return }
            traceVariable.set(invocation.traceID)
            try await serve(invocation)
        }
    }

    private func next(_ termination: Termination) async throws(LambdaError) -> Invocation? {
        let response: HTTPResponse
        do {
            response = try await termination.waiting { [api] in try await api.next() }
        } catch {
            if termination.isRequested { return nil }
            throw LambdaError(.runtimeAPI, "the Runtime API gave no invocation: \(error)")
        }
        guard response.status == 200 else {
            throw LambdaError(.runtimeAPI, "the Runtime API gave no invocation, but status \(response.status)")
        }
        return try Invocation(response, now: InvocationLoop.now)
    }

    private func serve(_ invocation: Invocation) async throws(LambdaError) {
        var logger = logger
        logger[metadataKey: "requestId"] = "\(invocation.requestID)"
        let context = LambdaContext(
            requestID: invocation.requestID,
            deadline: invocation.deadline,
            invokedFunctionARN: invocation.invokedFunctionARN,
            traceID: invocation.traceID,
            tenantID: invocation.tenantID,
            logger: logger
        )
        // `withValue` does not pass on the type of an error.
        let outcome: Result<Void, LambdaError> = await LambdaContext.$current.withValue(context) {
            do throws(LambdaError) {
                return .success(try await answer(invocation, context))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    private func answer(_ invocation: Invocation, _ context: LambdaContext) async throws(LambdaError) {
        let answer: LambdaAnswer
        do {
            answer = try await handler.handle(invocation.event, context)
        } catch {
            return try await fail(invocation, ErrorReport(error, requestID: invocation.requestID), context.logger)
        }
        switch answer {
        case .bytes(let bytes): try await send(bytes, for: invocation, context.logger)
        case .stream(let stream): try await send(stream, for: invocation, context.logger)
        }
    }

    private func send(_ bytes: [UInt8], for invocation: Invocation, _ logger: Logger) async throws(LambdaError) {
        guard bytes.count <= RuntimeAPI.maximumAnswerBytes else {
            return try await fail(invocation, .answerTooLarge(bytes.count, invocation), logger)
        }
        let response = try await reached { () throws(TransportError) in try await api.answer(invocation, bytes) }
        // Whoever invoked the function has to hear of it, where the limit is another than the one that we know.
        guard response.status != 413 else {
            return try await fail(invocation, .answerTooLarge(bytes.count, invocation), logger)
        }
        try check(response, logger)
    }

    private func send(_ stream: LambdaStream, for invocation: Invocation, _ logger: Logger) async throws(LambdaError) {
        switch try await reached({ () throws(TransportError) in try await api.answer(invocation, stream) }) {
        case .failedAtOnce(let report): try await fail(invocation, report, logger)
        case .sent(let response, let failure):
            if let failure {
                logger.error("the answer ended early: \(failure.message)", metadata: ["errorType": "\(failure.type)"])
            }
            try check(response, logger)
        }
    }

    private func fail(_ invocation: Invocation, _ report: ErrorReport, _ logger: Logger) async throws(LambdaError) {
        logger.error("the invocation failed: \(report.message)", metadata: ["errorType": "\(report.type)"])
        try check(try await reached { () throws(TransportError) in try await api.fail(invocation, report) }, logger)
    }

    private func reached<Value>(
        _ request: () async throws(TransportError) -> Value
    ) async throws(LambdaError) -> Value {
        do {
            return try await request()
        } catch {
            throw LambdaError(.runtimeAPI, "the Runtime API took no answer: \(error)")
        }
    }

    /// An answer that is refused, for example because it is late, concerns this invocation only; a failure of the Runtime
    /// API is the end.
    private func check(_ response: HTTPResponse, _ logger: Logger) throws(LambdaError) {
        switch response.status {
        case 200..<300: return
        case 400..<500:
            logger.error("the Runtime API refused an answer", metadata: ["status": "\(response.status)"])
        default: throw LambdaError(.runtimeAPI, "the Runtime API failed with status \(response.status)")
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

extension ErrorReport {
    /// As Lambda itself says it.
    fileprivate static func answerTooLarge(_ count: Int, _ invocation: Invocation) -> ErrorReport {
        ErrorReport(
            LambdaError(
                .answerTooLarge,
                "Response payload size (\(count) bytes) exceeded maximum allowed payload size "
                    + "(\(RuntimeAPI.maximumAnswerBytes) bytes)."),
            requestID: invocation.requestID)
    }
}

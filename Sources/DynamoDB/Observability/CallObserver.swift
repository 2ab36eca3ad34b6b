internal import CurlTransport
internal import Logging
internal import Tracing

/// Tells the outside of a client's calls: a span and metrics of each, and a log line of what went wrong on the way.
///
/// None of it ever holds a credential, a signature, a key or an attribute of an item: of the service's errors it takes
/// the code, never the message, which may quote the request.
struct CallObserver: Sendable {
    private let service: AWSService
    private let logger: Logger?
    private let metrics: CallMetrics?

    /// - Parameter logger: `nil`: no lines.
    init(service: AWSService, logger: Logger?) {
        self.service = service
        self.logger = logger
        metrics = CallMetrics(service: service)
    }

    /// A call from its beginning to its outcome.
    struct Observation: Sendable {
        fileprivate let start: ContinuousClock.Instant?
        fileprivate let span: (any Tracing.Span)?
    }

    // MARK: The call

    func begin(_ call: Call, endpoint: Endpoint) -> Observation {
        Observation(start: metrics.map { _ in ContinuousClock.now }, span: span(of: call, endpoint: endpoint))
    }

    func end(_ observation: Observation, _ call: Call, _ error: DynamoDBError?) {
        if let metrics, let start = observation.start {
            metrics.ended(
                call.operation,
                after: ContinuousClock.now - start,
                attempts: call.retries.attempt,
                error: error?.code
            )
        }
        guard let span = observation.span else { return }
        span.updateAttributes { attributes in
            if call.retries.attempt > 1 { attributes["http.request.resend_count"] = call.retries.attempt - 1 }
            guard let error else { return }
            attributes["error.type"] = error.code.rawValue
            if let status = error.status { attributes["http.response.status_code"] = status }
            if let requestID = error.requestID { attributes["aws.request_id"] = requestID }
        }
        // A condition that does not hold is an answer, not a failure.
        if let error, error.code != .conditionalCheckFailed { span.setStatus(SpanStatus(code: .error)) }
        span.end()
    }

    /// As the OpenTelemetry conventions for DynamoDB clients have it.
    private func span(of call: Call, endpoint: Endpoint) -> (any Tracing.Span)? {
        let tracer = InstrumentationSystem.tracer
        guard !(tracer is NoOpTracer) else { return nil }
        let span = tracer.startSpan("\(service.name).\(call.operation)", ofKind: .client)
        span.updateAttributes { attributes in
            attributes["rpc.system"] = "aws-api"
            attributes["rpc.service"] = service.name
            attributes["rpc.method"] = call.operation
            if service == .dynamoDB {
                attributes["db.system.name"] = "aws.dynamodb"
                attributes["db.operation.name"] = call.operation
            }
            if let table = call.table { attributes["db.collection.name"] = table }
            attributes["server.address"] = endpoint.host
            attributes["cloud.region"] = endpoint.region
        }
        return span
    }

    // MARK: On the way

    func willRetry(_ call: Call, after error: DynamoDBError, delay: Duration) {
        logger?.debug(
            "A request failed and will be sent again",
            metadata: metadata(
                of: call,
                error,
                ["attempt": "\(call.retries.attempt - 1)", "delay-ms": "\(Int(delay / .milliseconds(1)))"]
            )
        )
    }

    func gaveUp(_ call: Call, after error: DynamoDBError, _ stop: RetryState.Stop) {
        switch stop {
        // What the service says about the request's content is the caller's to judge.
        case .notRetryable: return
        case .attemptsExhausted, .quotaExhausted: break
        }
        logger?.debug(
            stop == .quotaExhausted
                ? "A request failed, and so many others did that it is not sent again" : "A request failed for good",
            metadata: metadata(of: call, error, ["attempt": "\(call.retries.attempt)"])
        )
    }

    func correctedClock(by seconds: Int) {
        logger?.warning(
            "This machine's clock is wrong: requests are signed with the service's time",
            metadata: ["offset-s": "\(seconds)"]
        )
    }

    private func metadata(of call: Call, _ error: DynamoDBError, _ more: Logger.Metadata) -> Logger.Metadata {
        var metadata = more
        metadata["operation"] = "\(call.operation)"
        metadata["error"] = "\(error.code.rawValue)"
        metadata["invocation"] = "\(call.invocation)"
        if let status = error.status { metadata["status"] = "\(status)" }
        if let requestID = error.requestID { metadata["request-id"] = "\(requestID)" }
        if let transport = error.transportError { metadata["transport"] = "\(transport.code)" }
        return metadata
    }
}

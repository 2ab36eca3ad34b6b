package import CurlTransport
package import LosslessJSON
internal import SigV4
internal import SingleTable

/// A service of AWS, as signatures, requests and metrics name it.
package struct AWSService: Sendable, Hashable {
    /// In metrics and spans.
    package var name: String
    /// In the scope of signatures.
    package var signingName: String
    /// What stands before the operation in `X-Amz-Target`; `nil` where the operation is a path.
    package var targetPrefix: String?

    package init(name: String, signingName: String, targetPrefix: String?) {
        self.name = name
        self.signingName = signingName
        self.targetPrefix = targetPrefix
    }

    static let dynamoDB = AWSService(
        name: "DynamoDB", signingName: "dynamodb", targetPrefix: "DynamoDB_20120810.")
}

/// Calls of one service: signed, tried again, measured. What an operation says is for the clients of each service.
package final class ServiceClient: Sendable {
    package let configuration: DynamoDBClient.Configuration
    private let service: AWSService
    let transport: any HTTPTransport
    let surroundings: Surroundings
    private let signer: SigV4Signer
    private let endpoints: EndpointCache
    private let traceHeader: TraceHeader
    private let observer: CallObserver
    // What calls learn from one another.
    let quota: RetryQuota
    let clockSkew = ClockSkew()
    private let started: ContinuousClock.Instant
    private let limiter: SendRateLimiter?

    package convenience init(
        _ service: AWSService,
        _ configuration: DynamoDBClient.Configuration,
        transport: CurlTransport
    ) {
        self.init(service, configuration, transport: transport, surroundings: .process)
    }

    init(
        _ service: AWSService,
        _ configuration: DynamoDBClient.Configuration,
        transport: any HTTPTransport,
        surroundings: Surroundings
    ) {
        self.service = service
        self.configuration = configuration
        self.transport = transport
        self.surroundings = surroundings
        signer = SigV4Signer(service: service.signingName, region: configuration.endpoint.signingRegion)
        endpoints = EndpointCache(configuration.endpoint)
        traceHeader = TraceHeader(surroundings.environmentVariable)
        observer = CallObserver(service: service, logger: configuration.logger)
        quota = RetryQuota(capacity: configuration.retryPolicy.costs.capacity)
        started = surroundings.now()
        limiter = configuration.retryPolicy.mode == .adaptive ? SendRateLimiter(now: 0) : nil
    }

    /// A client of another service, over the same transport.
    func sibling(_ service: AWSService, _ configuration: DynamoDBClient.Configuration) -> ServiceClient {
        ServiceClient(service, configuration, transport: transport, surroundings: surroundings)
    }

    /// Sends one operation and reads its answer.
    ///
    /// - Parameters:
    ///   - operation: The service's name of it, as `PutItem`.
    ///   - body: The request; the same bytes for every attempt.
    ///   - path: Where the service has paths: what follows the endpoint's, without a slash before it, percent-encoded.
    ///   - table: The table that it is about: one named by its ARN may be another account's.
    ///   - answerIsShort: The service confirms, and returns no items as a rule.
    /// - Returns: The answer; `null` where it has no body.
    package func send(
        _ operation: String,
        _ body: [UInt8],
        path: String = "",
        table: String? = nil,
        answerIsShort: Bool = false
    ) async throws(DynamoDBError) -> JSONValue {
        var call = Call(
            operation: operation,
            path: path,
            body: body,
            table: table,
            answerIsShort: answerIsShort,
            deadline: deadlineOfCall(),
            retries: RetryState(policy: configuration.retryPolicy, quota: quota)
        )
        let observation = observer.begin(call, endpoint: configuration.endpoint)
        do throws(DynamoDBError) {
            let answer = try await answer(&call)
            observer.end(observation, call, nil)
            return answer
        } catch {
            observer.end(observation, call, error)
            throw error
        }
    }

    private func answer(_ call: inout Call) async throws(DynamoDBError) -> JSONValue {
        var last: DynamoDBError?
        while true {
            do throws(DynamoDBError) {
                let answer = try await attempt(&call)
                limiter?.received(isThrottled: false, at: elapsed)
                call.retries.succeeded()
                return answer
            } catch {
                if error.code == .deadlineExceeded, let last {
                    // What kept the call from ending in time says more.
                    call.retries.withdraw()
                    throw last
                }
                try await wait(after: error, &call)
                last = error
            }
        }
    }

    // MARK: Between attempts

    /// Returns when the call is to be tried again, and throws `error` when it is not.
    private func wait(after error: DynamoDBError, _ call: inout Call) async throws(DynamoDBError) {
        var reason = error.retryReason
        if let serverDate = error.serverDate {
            let now = wholeSeconds
            call.serverOffset = serverDate - now
            if error.code.mayBeClockSkew,
                clockSkew.correct(serverDate: serverDate, signingDate: call.signingDate, now: now)
            {
                observer.correctedClock(by: clockSkew.offset)
                reason = .transient
            }
        }
        limiter?.received(isThrottled: reason == .throttling, at: elapsed)
        let decision = call.retries.failed(
            reason,
            retryAfterMilliseconds: error.retryAfterMilliseconds,
            random: surroundings.random()
        )
        switch decision {
        case .retry(let delay):
            if let remaining = call.remaining(at: surroundings.now()), remaining <= delay {
                call.retries.withdraw()
                throw error
            }
            observer.willRetry(call, after: error, delay: delay)
            do throws(DynamoDBError) {
                try await sleep(delay)
            } catch {
                call.retries.withdraw()
                throw error
            }
        case .stop(let stop, let pause):
            observer.gaveUp(call, after: error, stop)
            if let pause { try await sleep(pause) }
            throw error
        }
    }

    /// Waits between the calls of a batch, as long as a call would between its attempts.
    func waitForCapacity(after reason: RetryReason, attempt: Int) async throws(DynamoDBError) {
        let delay = configuration.retryPolicy.delay(
            after: reason,
            attempt: attempt,
            retryAfterMilliseconds: nil,
            random: surroundings.random()
        )
        if let deadline = DynamoDBClient.deadline, surroundings.now().duration(to: deadline) <= delay {
            throw ServiceClient.deadlineExceeded
        }
        try await sleep(delay)
    }

    /// Waits until the rate that the service can take has room for another request.
    private func waitForRate(_ call: Call) async throws(DynamoDBError) {
        guard let limiter else { return }
        while let seconds = limiter.acquire(at: elapsed) {
            let delay = Duration.seconds(seconds)
            if let remaining = call.remaining(at: surroundings.now()), remaining <= delay {
                throw ServiceClient.deadlineExceeded
            }
            try await sleep(delay)
        }
    }

    private func sleep(_ duration: Duration) async throws(DynamoDBError) {
        do {
            try await surroundings.sleep(duration)
        } catch {
            throw DynamoDBError.cancelled
        }
    }

    private func deadlineOfCall() -> ContinuousClock.Instant? {
        guard let limit = configuration.callTimeout else { return DynamoDBClient.deadline }
        let own = surroundings.now() + limit
        return DynamoDBClient.deadline.map { min($0, own) } ?? own
    }

    /// Seconds on a steady clock.
    private var elapsed: Double { started.duration(to: surroundings.now()) / .seconds(1) }

    /// This machine's time. Seconds since 1970-01-01T00:00:00Z.
    private var wholeSeconds: Int { SigningDate(secondsSinceEpoch: surroundings.date()).secondsSinceEpoch }

    private static let deadlineExceeded = DynamoDBError(
        .deadlineExceeded,
        "the deadline came before the request could be sent"
    )

    // MARK: One attempt

    private func attempt(_ call: inout Call) async throws(DynamoDBError) -> JSONValue {
        try await waitForRate(call)
        let credentials = try await credentials(for: call)
        let endpoint = try endpoints.endpoint(account: credentials.accountId, table: call.table)

        var timeout = configuration.timeout
        if let remaining = call.remaining(at: surroundings.now()) {
            // The transport counts milliseconds, and takes none for no limit.
            guard remaining >= .milliseconds(1) else { throw ServiceClient.deadlineExceeded }
            timeout = timeout == .zero ? remaining : min(timeout, remaining)
        }
        let date = wholeSeconds
        call.signingDate = date + clockSkew.offset
        var headers = signedHeaders(of: call, at: endpoint, credentials)
        headers.append(("amz-sdk-invocation-id", call.invocation))
        headers.append(("amz-sdk-request", call.requestHeader(date: date, timeout: timeout)))
        headers.append(("User-Agent", "copilot-analytics"))
        if let trace = traceHeader.value { headers.append(("X-Amzn-Trace-Id", trace)) }
        let request = HTTPRequest(
            method: .POST,
            url: endpoint.url + call.path,
            headers: headers,
            body: call.body,
            connectTimeout: timeout == .zero
                ? configuration.connectTimeout : min(configuration.connectTimeout, timeout),
            timeout: timeout,
            expectsShortAnswer: call.answerIsShort
        )
        let answer: HTTPResponse
        do throws(TransportError) {
            answer = try await transport.send(request)
        } catch {
            throw DynamoDBError(.transport, error.description, transportError: error)
        }
        return try ServiceClient.read(answer, to: credentials, mayBeEmpty: service.targetPrefix == nil)
    }

    private func credentials(for call: Call) async throws(DynamoDBError) -> AWSCredentials {
        guard configuration.callTimeout != nil, let deadline = call.deadline else {
            return try await configuration.credentials.credentials()
        }
        return try await DynamoDBClient.withDeadline(deadline) { () async throws(DynamoDBError) in
            try await configuration.credentials.credentials()
        }
    }

    private func signedHeaders(
        of call: Call,
        at endpoint: Endpoint,
        _ credentials: AWSCredentials
    ) -> [(name: String, value: String)] {
        let target = service.targetPrefix.map { $0 + call.operation }
        let contentType = target == nil ? "application/json" : "application/x-amz-json-1.0"
        let date = SigningDate(secondsSinceEpoch: call.signingDate)
        var headers: [(name: String, value: String)] = []
        // As many as there can be: growing step by step would take as long as signing.
        headers.reserveCapacity(12)
        headers.append(("Host", endpoint.host))
        headers.append(("Content-Type", contentType))
        if let target { headers.append(("X-Amz-Target", target)) }
        if endpoint.path == "/", let target {
            let signed = signer.authorize(
                host: endpoint.host,
                target: target,
                contentType: contentType,
                body: call.body,
                credentials: credentials,
                date: date
            )
            headers.append(("X-Amz-Date", signed.date))
            if let token = signed.securityToken { headers.append(("X-Amz-Security-Token", token)) }
            headers.append(("Authorization", signed.authorization))
        } else {
            let signed = signer.sign(
                method: "POST",
                path: endpoint.path + call.path,
                headers: headers,
                body: call.body,
                credentials: credentials,
                date: date
            )
            headers += signed.headers
        }
        headers.append(("Accept-Encoding", "identity"))
        return headers
    }

    private static func read(
        _ answer: HTTPResponse,
        to credentials: AWSCredentials,
        mayBeEmpty: Bool
    ) throws(DynamoDBError) -> JSONValue {
        if let expected = answer.header("x-amz-crc32").flatMap({ UInt32($0) }), expected != CRC32.checksum(answer.body)
        {
            throw DynamoDBError(.checksumMismatch, "the answer was damaged on its way", status: answer.status)
        }
        guard (200..<300).contains(answer.status) else {
            throw DynamoDBError(answer: answer, sessionToken: credentials.sessionToken)
        }
        if answer.body.isEmpty, mayBeEmpty { return .null }
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(answer.body, maximumDepth: AttributeValue.maximumJSONDepth)
        } catch {
            throw DynamoDBError(.malformedResponse, "the answer is not JSON: \(error)", status: answer.status)
        }
        // No operation has such a member. Taken for a success, it would read as an item that is not there.
        if json["__type"]?.stringValue != nil {
            throw DynamoDBError(answer: answer, sessionToken: credentials.sessionToken)
        }
        return json
    }
}

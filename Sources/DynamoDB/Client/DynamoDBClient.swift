public import CurlTransport
internal import Foundation
public import Logging
internal import LosslessJSON
internal import SigV4
public import SingleTable

/// The attributes of an item by name.
public typealias Attributes = [String: AttributeValue]

/// A client of Amazon DynamoDB, DynamoDB Local and compatible services.
///
/// Every attempt of a request is signed anew; failures that another attempt may cure are tried again as
/// ``RetryPolicy`` says, until the call's ``deadline``. What the calls learn from one another, such as how much the
/// service can take, is the client's: make one and share it.
///
/// Each call is a span of the tracer in place, and where a metrics system is bootstrapped before the client is made it
/// gets the duration, attempts and errors of every operation. Neither these nor the log lines hold credentials, keys or
/// contents of items.
public final class DynamoDBClient: Sendable {
    public struct Configuration: Sendable {
        public var endpoint: Endpoint
        public var credentials: any CredentialsProvider
        public var retryPolicy: RetryPolicy
        public var connectTimeout: Duration
        /// For one attempt.
        public var timeout: Duration
        /// For a call with all its attempts and waits. `nil`: as long as they take. See also ``DynamoDBClient/deadline``.
        public var callTimeout: Duration?
        /// Gets a line of each retry (`debug`) and of a clock that is wrong (`warning`). `nil`: none.
        public var logger: Logger?

        public init(
            endpoint: Endpoint,
            credentials: any CredentialsProvider,
            retryPolicy: RetryPolicy = RetryPolicy(),
            connectTimeout: Duration = .seconds(2),
            timeout: Duration = .seconds(30),
            callTimeout: Duration? = nil,
            logger: Logger? = nil
        ) {
            self.endpoint = endpoint
            self.credentials = credentials
            self.retryPolicy = retryPolicy
            self.connectTimeout = connectTimeout
            self.timeout = timeout
            self.callTimeout = callTimeout
            self.logger = logger
        }
    }

    public let configuration: Configuration
    private let transport: any HTTPTransport
    /// The transport, when nobody else has it.
    let ownTransport: CurlTransport?
    private let surroundings: Surroundings
    private let signer: SigV4Signer
    private let endpoints: EndpointCache
    private let traceHeader: TraceHeader
    private let observer: CallObserver
    // What calls learn from one another.
    let quota: RetryQuota
    let clockSkew = ClockSkew()
    private let started: ContinuousClock.Instant
    private let limiter: SendRateLimiter?

    public convenience init(_ configuration: Configuration, transport: CurlTransport) {
        self.init(configuration, transport: transport, surroundings: .process)
    }

    /// A client that ends its transport, too: see ``shutdown()``.
    convenience init(_ configuration: Configuration, ownTransport: CurlTransport) {
        self.init(configuration, transport: ownTransport, surroundings: .process, ownTransport: ownTransport)
    }

    init(
        _ configuration: Configuration,
        transport: any HTTPTransport,
        surroundings: Surroundings,
        ownTransport: CurlTransport? = nil
    ) {
        self.configuration = configuration
        self.transport = transport
        self.ownTransport = ownTransport
        self.surroundings = surroundings
        signer = SigV4Signer(service: "dynamodb", region: configuration.endpoint.signingRegion)
        endpoints = EndpointCache(configuration.endpoint)
        traceHeader = TraceHeader(surroundings.environmentVariable)
        observer = CallObserver(logger: configuration.logger)
        quota = RetryQuota(capacity: configuration.retryPolicy.costs.capacity)
        started = surroundings.now()
        limiter = configuration.retryPolicy.mode == .adaptive ? SendRateLimiter(now: 0) : nil
    }

    /// Sends one operation and reads its answer.
    ///
    /// - Parameters:
    ///   - operation: The service's name of it, as `PutItem`.
    ///   - body: The request as JSON; the same bytes for every attempt.
    ///   - table: The table that it is about: one named by its ARN may be another account's.
    ///   - answerIsShort: The service confirms, and returns no items as a rule.
    func send(
        _ operation: String,
        _ body: [UInt8],
        table: String? = nil,
        answerIsShort: Bool = false
    ) async throws(DynamoDBError) -> JSONValue {
        var call = Call(
            operation: operation,
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
            throw DynamoDBClient.deadlineExceeded
        }
        try await sleep(delay)
    }

    /// Waits until the rate that the service can take has room for another request.
    private func waitForRate(_ call: Call) async throws(DynamoDBError) {
        guard let limiter else { return }
        while let seconds = limiter.acquire(at: elapsed) {
            let delay = Duration.seconds(seconds)
            if let remaining = call.remaining(at: surroundings.now()), remaining <= delay {
                throw DynamoDBClient.deadlineExceeded
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
            guard remaining >= .milliseconds(1) else { throw DynamoDBClient.deadlineExceeded }
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
            url: endpoint.url,
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
        return try DynamoDBClient.read(answer, to: credentials)
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
        let target = "DynamoDB_20120810." + call.operation
        let contentType = "application/x-amz-json-1.0"
        let date = SigningDate(secondsSinceEpoch: call.signingDate)
        var headers: [(name: String, value: String)] = []
        // As many as there can be: growing step by step would take as long as signing.
        headers.reserveCapacity(12)
        headers.append(("Host", endpoint.host))
        headers.append(("Content-Type", contentType))
        headers.append(("X-Amz-Target", target))
        if endpoint.path == "/" {
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
                path: endpoint.path,
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
        to credentials: AWSCredentials
    ) throws(DynamoDBError) -> JSONValue {
        if let expected = answer.header("x-amz-crc32").flatMap({ UInt32($0) }), expected != CRC32.checksum(answer.body)
        {
            throw DynamoDBError(.checksumMismatch, "the answer was damaged on its way", status: answer.status)
        }
        guard (200..<300).contains(answer.status) else {
            throw DynamoDBError(answer: answer, sessionToken: credentials.sessionToken)
        }
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

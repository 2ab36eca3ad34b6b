public import CurlTransport
public import Logging
internal import LosslessJSON
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
        /// Is told what each call consumed, in capacity units, as the service counts them. `nil`: the service is not
        /// asked. Calls that fail, and transactions that are cancelled, say nothing.
        public var onConsumedCapacity: (@Sendable (_ operation: String, _ units: Double) -> Void)?

        public init(
            endpoint: Endpoint,
            credentials: any CredentialsProvider,
            retryPolicy: RetryPolicy = RetryPolicy(),
            connectTimeout: Duration = .seconds(2),
            timeout: Duration = .seconds(30),
            callTimeout: Duration? = nil,
            logger: Logger? = nil,
            onConsumedCapacity: (@Sendable (_ operation: String, _ units: Double) -> Void)? = nil
        ) {
            self.endpoint = endpoint
            self.credentials = credentials
            self.retryPolicy = retryPolicy
            self.connectTimeout = connectTimeout
            self.timeout = timeout
            self.callTimeout = callTimeout
            self.logger = logger
            self.onConsumedCapacity = onConsumedCapacity
        }
    }

    public var configuration: Configuration { service.configuration }
    let service: ServiceClient
    /// The transport, when nobody else has it.
    let ownTransport: CurlTransport?
    // What calls learn from one another.
    var quota: RetryQuota { service.quota }
    var clockSkew: ClockSkew { service.clockSkew }

    public convenience init(_ configuration: Configuration, transport: CurlTransport) {
        self.init(configuration, transport: transport, surroundings: .process)
    }

    init(
        _ configuration: Configuration,
        transport: any HTTPTransport,
        surroundings: Surroundings,
        ownTransport: CurlTransport? = nil
    ) {
        service = ServiceClient(.dynamoDB, configuration, transport: transport, surroundings: surroundings)
        self.ownTransport = ownTransport
    }

    /// A client that ends its transport, too: see ``shutdown()``.
    convenience init(_ configuration: Configuration, ownTransport: CurlTransport) {
        self.init(configuration, transport: ownTransport, surroundings: .process, ownTransport: ownTransport)
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
        guard let observe = configuration.onConsumedCapacity, ConsumedCapacity.operations.contains(operation) else {
            return try await service.send(operation, body, table: table, answerIsShort: answerIsShort)
        }
        let answer = try await service.send(operation, ConsumedCapacity.asked(in: body), table: table)
        if let units = ConsumedCapacity.units(of: answer) { observe(operation, units) }
        return answer
    }

    /// Waits between the calls of a batch, as long as a call would between its attempts.
    func waitForCapacity(after reason: RetryReason, attempt: Int) async throws(DynamoDBError) {
        try await service.waitForCapacity(after: reason, attempt: attempt)
    }
}

public import CurlTransport

/// Why a request to DynamoDB failed: the service's own error, or what kept the request from getting an answer.
///
/// `description` is one line for people. It holds no credentials; what the service says of a request that it does not
/// understand may quote a value of it.
public struct DynamoDBError: Error, Sendable, CustomStringConvertible {
    public let code: Code
    /// The service's message as one line of at most 2000 characters, or what went wrong on the way.
    public let message: String
    /// HTTP status, when there was an answer.
    public let status: Int?
    /// The request id that AWS support asks for.
    public let requestID: String?
    /// One reason a write, when a transaction was cancelled.
    public let cancellationReasons: [CancellationDetail]
    /// What is stored, when a conditional write asked for it and its condition failed.
    public let item: Attributes?
    /// The milliseconds after which the service would like to see the next attempt (`x-amz-retry-after`).
    public let retryAfterMilliseconds: Int?
    public let transportError: TransportError?
    /// When the server sent its answer, by its own clock (`Date`). Seconds since 1970-01-01T00:00:00Z.
    let serverDate: Int?

    init(
        _ code: Code,
        _ message: String,
        status: Int? = nil,
        requestID: String? = nil,
        cancellationReasons: [CancellationDetail] = [],
        item: Attributes? = nil,
        retryAfterMilliseconds: Int? = nil,
        transportError: TransportError? = nil,
        serverDate: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.requestID = requestID
        self.cancellationReasons = cancellationReasons
        self.item = item
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.transportError = transportError
        self.serverDate = serverDate
    }

    /// A setting that makes no sense.
    package static func configuration(_ message: String) -> DynamoDBError { DynamoDBError(.configuration, message) }

    static let cancelled = DynamoDBError(
        .transport,
        "cancelled while waiting to try again",
        transportError: TransportError(code: .cancelled, message: "cancelled", requestMayHaveBeenSent: false)
    )

    public var description: String {
        // What this client found by itself needs no name of an error in front.
        let isOwn = code == .credentials || code == .configuration || code == .deadlineExceeded
        return isOwn ? message : message.isEmpty ? code.rawValue : "\(code.rawValue): \(message)"
    }
}

extension DynamoDBError {
    /// The name of an error, as the service spells it. Compare with the constants; names that this client does not
    /// know are kept as they came.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        private init(_ name: StaticString) { rawValue = "\(name)" }

        // What the service says about the request's content.
        public static let conditionalCheckFailed = Code("ConditionalCheckFailedException")
        public static let transactionCanceled = Code("TransactionCanceledException")
        public static let transactionConflict = Code("TransactionConflictException")
        public static let transactionInProgress = Code("TransactionInProgressException")
        public static let idempotentParameterMismatch = Code("IdempotentParameterMismatchException")
        public static let resourceNotFound = Code("ResourceNotFoundException")
        public static let resourceInUse = Code("ResourceInUseException")
        public static let itemCollectionSizeLimitExceeded = Code("ItemCollectionSizeLimitExceededException")
        public static let duplicateItem = Code("DuplicateItemException")
        public static let validation = Code("ValidationException")
        public static let serialization = Code("SerializationException")
        public static let unknownOperation = Code("UnknownOperationException")

        // Capacity.
        public static let provisionedThroughputExceeded = Code("ProvisionedThroughputExceededException")
        public static let requestLimitExceeded = Code("RequestLimitExceeded")
        public static let limitExceeded = Code("LimitExceededException")
        public static let throttling = Code("ThrottlingException")

        // Who is asking.
        public static let accessDenied = Code("AccessDeniedException")
        public static let unrecognizedClient = Code("UnrecognizedClientException")
        public static let invalidClientTokenID = Code("InvalidClientTokenId")
        public static let missingAuthenticationToken = Code("MissingAuthenticationTokenException")
        public static let incompleteSignature = Code("IncompleteSignatureException")
        public static let invalidSignature = Code("InvalidSignatureException")
        public static let signatureDoesNotMatch = Code("SignatureDoesNotMatch")
        public static let expiredToken = Code("ExpiredTokenException")
        public static let requestExpired = Code("RequestExpired")

        // The service itself.
        public static let internalServerError = Code("InternalServerError")
        public static let internalFailure = Code("InternalFailure")
        public static let serviceUnavailable = Code("ServiceUnavailable")
        public static let replicatedWriteConflict = Code("ReplicatedWriteConflictException")

        // Found by this client, before or after the service spoke.
        /// No answer came: see ``DynamoDBError/transportError``.
        public static let transport = Code("TransportError")
        /// The answer is not what the protocol says.
        public static let malformedResponse = Code("MalformedResponse")
        /// The answer's CRC-32 does not fit its bytes.
        public static let checksumMismatch = Code("ChecksumMismatch")
        /// The service answered, again and again, that it had no capacity for any item of a batch.
        public static let unprocessedItems = Code("UnprocessedItems")
        /// No usable credentials.
        public static let credentials = Code("CredentialsError")
        /// Region or endpoint are missing or make no sense.
        public static let configuration = Code("ConfigurationError")
        /// The call's deadline came before there was an attempt to make: see ``DynamoDBClient/deadline``.
        public static let deadlineExceeded = Code("DeadlineExceeded")
    }

    /// Why one write of a transaction was refused; `None` where it was fine.
    public struct CancellationDetail: Sendable, Hashable {
        public let code: String
        public let message: String?
        public let item: Attributes?
    }
}

extension DynamoDBError.Code {
    /// The credentials are missing, wrong, expired or do not allow the operation.
    public var isAuthorization: Bool {
        switch self {
        case .accessDenied, .unrecognizedClient, .invalidClientTokenID, .missingAuthenticationToken,
            .incompleteSignature, .invalidSignature, .signatureDoesNotMatch, .expiredToken, .requestExpired,
            .credentials:
            true
        default: false
        }
    }
}

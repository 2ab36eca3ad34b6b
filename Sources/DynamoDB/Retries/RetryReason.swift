internal import CurlTransport

/// Why another attempt makes sense.
enum RetryReason: Sendable, Hashable {
    /// The service asks for a slower pace.
    case throttling
    /// A failure of the moment.
    case transient
    /// No answer in time: transient as well, but the first request may still keep the server busy.
    case timeout
}

extension DynamoDBError {
    /// `nil` when another attempt would fail the same way.
    ///
    /// The lists are those of botocore (`retries/standard.py`, `retries/special.py`, and what DynamoDB's model marks as
    /// retryable), and `TransactionConflictException`. Other than there, a certificate that is refused is final.
    var retryReason: RetryReason? {
        // Status and transport are those of another server, and whoever fetches credentials tries several times itself.
        if code == .credentials { return nil }
        if let transportError { return transportError.retryReason }
        if code.isThrottling { return .throttling }
        if code.isTransient { return .transient }
        switch status {
        // A gateway's answer: it does not know the service's names.
        case 429?: return .throttling
        case 500?, 502?, 503?, 504?: return .transient
        default: return nil
        }
    }
}

extension TransportError {
    var retryReason: RetryReason? {
        switch code {
        case .timedOut, .connectTimedOut: .timeout
        // The caller's wish, the caller's mistake, or more than this process is set up for.
        case .cancelled, .shutDown, .queueFull, .invalidRequest, .responseTooLarge: nil
        case .tlsFailed: certificateWasRejected ? nil : .transient
        // Name, connection and answers that are not HTTP.
        default: .transient
        }
    }
}

extension DynamoDBError.Code {
    /// The service asks for a slower pace. The list is the AWS SDKs' own.
    public var isThrottling: Bool { DynamoDBError.Code.throttlingNames.contains(rawValue) }

    /// Another attempt may well succeed.
    public var isTransient: Bool { DynamoDBError.Code.transientNames.contains(rawValue) }

    /// The service may have refused the date of the signature.
    var mayBeClockSkew: Bool { DynamoDBError.Code.clockSkewNames.contains(rawValue) }

    private static let throttlingNames: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
        "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown",
        "PriorRequestNotComplete", "EC2ThrottledException",
    ]

    private static let transientNames: Set<String> = [
        "RequestTimeout", "RequestTimeoutException", "InternalError", "InternalServerError", "InternalFailure",
        "ServiceUnavailable", "ReplicatedWriteConflictException", "TransportError", "ChecksumMismatch",
        // Another writer was faster, and nothing is written.
        "TransactionConflictException",
    ]

    private static let clockSkewNames: Set<String> = [
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException",
        "SignatureDoesNotMatch",
    ]
}

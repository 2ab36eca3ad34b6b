internal import CurlTransport
public import DynamoDB
public import SingleTable

/// What a ``FaultServer`` answers to the attempts of one call, and what has to become of the call.
///
/// The expectations are written down from what the AWS SDKs do, not taken from the client: this is the other opinion.
public struct FaultScript: Sendable, Hashable, CustomStringConvertible {
    /// One answer, as the server's script spells it.
    public struct Step: Sendable, Hashable, CustomStringConvertible {
        public let description: String
        public let effect: Effect

        public init(_ name: String, _ effect: Effect) {
            description = name
            self.effect = effect
        }
    }

    public enum Effect: Sendable, Hashable {
        case success
        /// The error, as ``FaultScript/name(of:)`` spells it, that another attempt may cure.
        case retried(String)
        /// The error that another attempt would not cure.
        case final(String)
    }

    public enum Outcome: Sendable, Hashable {
        case success(attempts: Int)
        case failure(String, attempts: Int)

        public var attempts: Int {
            switch self {
            case .success(let attempts), .failure(_, let attempts): attempts
            }
        }
    }

    public var steps: [Step]

    public init(_ steps: [Step]) { self.steps = steps }

    public var description: String { steps.map(\.description).joined(separator: ",") }

    /// The key of an item for which the server plays the script.
    ///
    /// - Parameter name: Comes back with the success.
    public func key(_ name: String) -> Key { Key("script:\(self)", name) }

    /// All that a retry policy decides, when its quota never runs out.
    public func outcome(maximumAttempts: Int = 4) -> Outcome {
        for (index, step) in steps.enumerated() {
            let attempts = index + 1
            switch step.effect {
            case .success: return .success(attempts: attempts)
            case .final(let error): return .failure(error, attempts: attempts)
            case .retried(let error) where attempts == maximumAttempts: return .failure(error, attempts: attempts)
            case .retried: break
            }
        }
        return .success(attempts: steps.count + 1)
    }

    /// An error's code, and for those of the transport that of what is below.
    public static func name(of error: DynamoDBError) -> String {
        error.transportError.map { "\(error.code.rawValue) \($0.code)" } ?? error.code.rawValue
    }
}

extension FaultScript.Step {
    public static let successes = ["ok", "text", "chunked", "close", "leave", "slow"].map { Self($0, .success) }

    /// The service's own list.
    public static let throttled =
        [
            "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
            "RequestThrottledException", "TooManyRequestsException", "ProvisionedThroughputExceededException",
            "TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded",
            "LimitExceededException", "SlowDown", "PriorRequestNotComplete", "EC2ThrottledException",
        ].map { Self("400\($0)", .retried($0)) } + [Self("429html", .retried("HTTP429"))]

    public static let transient: [Self] =
        [500, 502, 503, 504].flatMap { status in
            let name = status == 503 ? "ServiceUnavailable" : "InternalServerError"
            return ["", "html", "empty"].map { Self("\(status)\($0)", .retried(name)) }
        } + [
            Self("500InternalServerError", .retried("InternalServerError")),
            Self("500InternalFailure", .retried("InternalFailure")),
            Self("503ServiceUnavailable", .retried("ServiceUnavailable")),
            Self("400RequestTimeoutException", .retried("RequestTimeoutException")),
            Self("400ReplicatedWriteConflictException", .retried("ReplicatedWriteConflictException")),
            Self("400TransactionConflictException", .retried("TransactionConflictException")),
            // Whoever spells it, a gateway or the service: the status says that it was no fault of the request.
            Self("503SomethingNew", .retried("SomethingNew")),
            Self("200InternalServerError", .retried("InternalServerError")),
            Self("badcrc", .retried("ChecksumMismatch")),
        ]

    public static let disconnected: [Self] =
        ["half", "cutheaders", "cutstatus", "resetmid", "reset", "nobyte"].map {
            Self($0, .retried("TransportError connectionClosed"))
        } + [
            // libcurl's CURLE_UNSUPPORTED_PROTOCOL and CURLE_WEIRD_SERVER_REPLY.
            Self("garbage", .retried("TransportError curl error 1")),
            Self("badlength", .retried("TransportError curl error 8")),
        ]

    /// Each of them takes a client all the time that it gives to an attempt.
    public static let endless = ["hang", "drip"].map { Self($0, .retried("TransportError timedOut")) }

    public static let final: [Self] =
        [
            "ValidationException", "ConditionalCheckFailedException", "TransactionCanceledException",
            "AccessDeniedException", "ResourceNotFoundException", "SerializationException", "ExpiredTokenException",
            "UnrecognizedClientException", "ItemCollectionSizeLimitExceededException",
        ].map { Self("400\($0)", .final($0)) } + [
            Self("400", .final("HTTP400")),
            Self("403empty", .final("HTTP403")),
            Self("413html", .final("HTTP413")),
            Self("501html", .final("HTTP501")),
            Self("200html", .final("MalformedResponse")),
            Self("200empty", .final("MalformedResponse")),
            Self("200ValidationException", .final("ValidationException")),
            Self("huge", .final("TransportError responseTooLarge")),
        ]

    /// The same by another way, which takes 32 MiB each time.
    public static let hugeUnannounced = Self("hugechunked", .final("TransportError responseTooLarge"))

    public static let groups = [
        "successes": successes, "throttled": throttled, "transient": transient, "disconnected": disconnected,
        "endless": endless, "final": final, "hugeUnannounced": [hugeUnannounced],
    ]
}

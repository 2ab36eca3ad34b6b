public import Logging

/// What a function is told of the invocation that it serves.
public struct LambdaContext: Sendable {
    /// The invocation's id, as in the function's log.
    public let requestID: String
    /// When Lambda stops waiting for the answer. What has to be over by then has to begin to end earlier.
    public let deadline: ContinuousClock.Instant
    /// The function, version or alias that was invoked.
    public let invokedFunctionARN: String
    /// The trace that the invocation belongs to, as `X-Amzn-Trace-Id` has it.
    public let traceID: String?
    /// Has the request id in its metadata.
    public let logger: Logger
    /// Of functions with tenant isolation: whose invocation it is.
    public let tenantID: String?

    public init(
        requestID: String,
        deadline: ContinuousClock.Instant,
        invokedFunctionARN: String = "",
        traceID: String? = nil,
        tenantID: String? = nil,
        logger: Logger
    ) {
        self.requestID = requestID
        self.deadline = deadline
        self.invokedFunctionARN = invokedFunctionARN
        self.traceID = traceID
        self.tenantID = tenantID
        self.logger = logger
    }

    /// What is left until the deadline; negative when it has passed.
    public var remainingTime: Duration { ContinuousClock.now.duration(to: deadline) }

    /// The invocation that the calling task works for.
    @TaskLocal public static var current: LambdaContext?
}

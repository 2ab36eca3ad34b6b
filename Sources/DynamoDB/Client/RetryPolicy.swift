internal import CurlTransport

/// When a failed attempt is made again, and after how long: the AWS SDKs' "standard" mode.
///
/// Pure: the caller brings the random number and does the waiting.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts in all, the first included.
    public var maximumAttempts: Int
    /// Delay before the first retry, before jitter; doubles with every further one.
    public var base: Duration
    /// The same after the service asked for a slower pace.
    public var throttlingBase: Duration
    public var maximumDelay: Duration

    public init(
        maximumAttempts: Int = 4,
        base: Duration = .milliseconds(25),
        throttlingBase: Duration = .seconds(1),
        maximumDelay: Duration = .seconds(20)
    ) {
        self.maximumAttempts = maximumAttempts
        self.base = base
        self.throttlingBase = throttlingBase
        self.maximumDelay = maximumDelay
    }

    /// - Parameters:
    ///   - attempt: The attempt that failed, from 1.
    ///   - random: In 0 ..< 1, drawn anew for every call.
    /// - Returns: `nil` when the error is final.
    public func delay(after error: DynamoDBError, attempt: Int, random: Double) -> Duration? {
        guard attempt < maximumAttempts, isRetryable(error) else { return nil }
        let base = error.code.isThrottling ? throttlingBase : self.base
        let exponent = min(attempt - 1, 30)
        let delay = min(maximumDelay, base * (1 << exponent)) * random
        guard let wish = error.retryAfterMilliseconds else { return delay }
        return min(max(.milliseconds(wish), delay), delay + .seconds(5))
    }

    /// Failures of a connection that a new connection may cure.
    private static let transientFailures: Set<TransportError.Code> = [
        .couldNotResolveHost, .connectionRefused, .couldNotConnect, .connectTimedOut, .timedOut, .connectionClosed,
    ]

    public func isRetryable(_ error: DynamoDBError) -> Bool {
        if let transport = error.transportError { return RetryPolicy.transientFailures.contains(transport.code) }
        if error.code.isThrottling || error.code.isTransient { return true }
        return error.status.map { [500, 502, 503, 504].contains($0) } ?? false
    }
}

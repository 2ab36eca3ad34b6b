internal import SigV4

/// One call of an operation, over all its attempts.
struct Call: Sendable {
    /// The service's name of the operation, as `PutItem`.
    let operation: String
    /// What follows the endpoint's path, percent-encoded.
    let path: String
    /// The same bytes for every attempt.
    let body: [UInt8]
    /// The table that it is about, by name or by ARN.
    let table: String?
    /// The service confirms, and returns no items as a rule.
    let answerIsShort: Bool
    /// When it has to be over.
    let deadline: ContinuousClock.Instant?
    var retries: RetryState
    /// By which the service can tell attempts of one call from calls of their own.
    let invocation = InvocationID.next()
    /// The date in the signature of the last attempt. Seconds since 1970-01-01T00:00:00Z.
    var signingDate = 0
    /// The service's time less this machine's, as the last answer's `Date` has it. Seconds.
    var serverOffset: Int?

    /// What the rest of the call may take; `nil`: as long as it likes.
    func remaining(at now: ContinuousClock.Instant) -> Duration? { deadline.map { now.duration(to: $0) } }

    /// The value of `amz-sdk-request`: `attempt=1; max=4`, and from the second attempt on before that the service's time
    /// at which the client will have given up on it, as in `ttl=20260101T000000Z; attempt=2; max=4`.
    ///
    /// - Parameters:
    ///   - date: This machine's time. Seconds since 1970-01-01T00:00:00Z.
    ///   - timeout: Of this attempt; zero: none.
    func requestHeader(date: Int, timeout: Duration) -> String {
        // Nearly every request has this one, which costs nothing to make.
        if retries.attempt == 1, retries.policy.maximumAttempts == 4 { return "attempt=1; max=4" }
        let attempts = "attempt=\(retries.attempt); max=\(retries.policy.maximumAttempts)"
        guard retries.attempt > 1, timeout > .zero, let serverOffset else { return attempts }
        // Whoever waits longer than a day waits for ever.
        let seconds = Int(min(timeout, .seconds(86_400)).components.seconds)
        let end = SigningDate(secondsSinceEpoch: date + serverOffset + seconds)
        return "ttl=\(end.timestamp); \(attempts)"
    }
}

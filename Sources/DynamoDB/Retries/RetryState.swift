/// Where one call stands between its attempts. Pure but for the quota that it shares with other calls: the client does
/// the sending and the waiting.
struct RetryState: Sendable {
    enum Decision: Sendable, Hashable {
        case retry(after: Duration)
        /// The error is the call's outcome. `pause`: the wait before the caller may see it.
        case stop(Stop, pause: Duration? = nil)
    }

    enum Stop: Sendable, Hashable {
        case notRetryable
        case attemptsExhausted
        case quotaExhausted
    }

    let policy: RetryPolicy
    private let quota: RetryQuota
    /// The number of the attempt under way or just failed, from 1.
    private(set) var attempt = 1
    /// What the last retry took from the quota; `nil`: there was none yet.
    private var lastCost: Int?

    init(policy: RetryPolicy, quota: RetryQuota) {
        self.policy = policy
        self.quota = quota
    }

    /// The order of the questions is the SDKs': is it worth it, are there attempts left, is there quota, how long.
    ///
    /// - Parameters:
    ///   - reason: `nil`: the error is final.
    ///   - retryAfterMilliseconds: The server's wish.
    ///   - random: In 0 ..< 1.
    mutating func failed(
        _ reason: RetryReason?,
        retryAfterMilliseconds: Int? = nil,
        random: Double
    ) -> Decision {
        guard let reason else { return .stop(.notRetryable) }
        guard attempt < policy.maximumAttempts else { return .stop(.attemptsExhausted) }
        let delay = policy.delay(
            after: reason,
            attempt: attempt,
            retryAfterMilliseconds: retryAfterMilliseconds,
            random: random
        )
        let cost = policy.cost(after: reason)
        guard quota.acquire(cost) else {
            return .stop(.quotaExhausted, pause: policy.isLongPolling ? delay : nil)
        }
        lastCost = cost
        attempt += 1
        return .retry(after: delay)
    }

    /// A success brings back what its last retry took; the retries before that one have cost the service something.
    func succeeded() {
        quota.release(lastCost ?? policy.costs.reward)
    }

    /// Takes back the last decision to try again, when there is no time for it: what is not sent costs nothing.
    mutating func withdraw() {
        guard let cost = lastCost else { return }
        quota.release(cost)
        lastCost = nil
        attempt -= 1
    }
}

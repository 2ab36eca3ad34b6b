#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// How often a failed call is tried again, and how long it waits: the retry behaviour of the AWS SDKs.
///
/// A value of plain settings. ``RetryState`` follows one call through them, ``RetryQuota`` holds what all calls of a
/// client share.
public struct RetryPolicy: Sendable, Hashable {
    /// The modes of `AWS_RETRY_MODE`.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// What the SDKs do by default since November 2026: retries cost more of the quota, waits are shorter.
        case standard
        /// ``standard``, and after the first throttling answer the client holds its own rate of requests down.
        case adaptive
        /// The numbers that `standard` had before.
        case legacy
    }

    public var mode: Mode
    /// Attempts in all, the first included; below 1 counts as 1.
    public var maximumAttempts: Int
    /// Delay before the first retry, before jitter; doubles with every further one.
    public var base: Duration
    /// The same after the service asked for a slower pace.
    public var throttlingBase: Duration
    public var maximumDelay: Duration
    /// Whether a call waits for the server to have something. Such a call is repeated by its caller at once, so that it
    /// is held back even when it is not tried again. No operation of DynamoDB is one.
    var isLongPolling = false
    package var costs: Costs

    /// What retries take from the quota that all calls of a client share. In tokens.
    package struct Costs: Sendable, Hashable {
        /// What the quota holds at first and at most.
        package var capacity = 500
        var retry = 14
        var throttledRetry = 5
        /// After a time-out, when the first request may still keep the server busy.
        var timedOutRetry = 14
        /// What a call brings back that succeeds at its first attempt.
        let reward = 1

        static let standard = Costs()
        static let legacy = Costs(retry: 5, throttledRetry: 5, timedOutRetry: 10)
    }

    /// The numbers of ``Mode/standard`` for DynamoDB.
    public init(
        mode: Mode = .standard,
        maximumAttempts: Int = 4,
        base: Duration = .milliseconds(25),
        throttlingBase: Duration = .seconds(1),
        maximumDelay: Duration = .seconds(20)
    ) {
        self.mode = mode
        self.maximumAttempts = maximumAttempts
        self.base = base
        self.throttlingBase = throttlingBase
        self.maximumDelay = maximumDelay
        costs = mode == .legacy ? .legacy : .standard
    }

    /// The numbers of a mode for DynamoDB.
    public static func dynamoDB(_ mode: Mode) -> RetryPolicy {
        switch mode {
        case .standard, .adaptive: RetryPolicy(mode: mode)
        case .legacy: RetryPolicy(mode: .legacy, maximumAttempts: 3, base: .seconds(1))
        }
    }

    /// What the standard mode is for services other than DynamoDB, such as the one that hands out credentials.
    public static let otherServices = RetryPolicy(maximumAttempts: 3, base: .milliseconds(50))

    /// `AWS_RETRY_MODE` and `AWS_MAX_ATTEMPTS`, else `retry_mode` and `max_attempts` of the profile.
    ///
    /// - Throws: `configuration` for an unknown mode, and for a number of attempts that is no positive number.
    public static func fromEnvironment(
        _ environment: [String: String] = ProcessInfo.processInfo.environment,
        profile: ProfileSettings = .none
    ) throws(DynamoDBError) -> RetryPolicy {
        let lookup = SettingLookup(environment: environment, profile: profile)
        var policy = RetryPolicy()
        if let name = lookup.text(variable: "AWS_RETRY_MODE", setting: "retry_mode") {
            guard let mode = Mode(rawValue: name.lowercased()) else {
                throw DynamoDBError(
                    .configuration,
                    "AWS_RETRY_MODE (retry_mode in a profile) must be standard, adaptive or legacy"
                )
            }
            policy = .dynamoDB(mode)
        }
        if let text = lookup.text(variable: "AWS_MAX_ATTEMPTS", setting: "max_attempts") {
            guard let attempts = Int(text), attempts > 0 else {
                throw DynamoDBError(
                    .configuration,
                    "AWS_MAX_ATTEMPTS (max_attempts in a profile) must be a positive number"
                )
            }
            policy.maximumAttempts = attempts
        }
        return policy
    }

    public func isRetryable(_ error: DynamoDBError) -> Bool { error.retryReason != nil }
}

extension RetryPolicy {
    func cost(after reason: RetryReason) -> Int {
        switch reason {
        case .throttling: costs.throttledRetry
        case .transient: costs.retry
        case .timeout: costs.timedOutRetry
        }
    }

    /// `random · min(maximumDelay, base · 2^(attempt - 1))`, and what the server wishes within that and 5 s more.
    ///
    /// - Parameters:
    ///   - attempt: The attempt that failed, from 1.
    ///   - retryAfterMilliseconds: The server's wish, `x-amz-retry-after`.
    ///   - random: In 0 ..< 1, drawn anew for every delay, so that clients that failed together do not return together.
    func delay(
        after reason: RetryReason,
        attempt: Int,
        retryAfterMilliseconds: Int?,
        random: Double
    ) -> Duration {
        let base = reason == .throttling ? throttlingBase : self.base
        // 2^30 times any sensible base is beyond any sensible maximum; more would overflow.
        let factor = 1 << min(max(attempt - 1, 0), 30)
        let delay = min(maximumDelay, base * factor) * random
        guard let wish = retryAfterMilliseconds, wish >= 0 else { return delay }
        return min(max(.milliseconds(wish), delay), delay + .seconds(5))
    }
}

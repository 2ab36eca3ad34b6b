internal import Locking

/// Holds a client's rate of requests down once the service has throttled it: what the adaptive retry mode adds to the
/// standard one. Pure: times are handed in, and the client does the waiting.
struct SendRate: Sendable {
    /// Requests a second. Never less, or a client would never find out that the trouble is over.
    private static let minimumRate = 0.5
    /// The share of the newest half second in the measured rate.
    private static let smoothing = 0.8

    private var cubic: CubicRate
    /// No request waits before the first throttled answer.
    private var isLimiting = false

    // The tokens that requests take, one each.
    private(set) var fillRate = 0.0
    private var capacity = 0.0
    private var tokens = 0.0
    private var lastRefill: Double?

    // What is really sent.
    private(set) var measuredRate = 0.0
    private var lastBucket: Double
    private var requestsInBucket = 0.0

    /// - Parameter now: Seconds of any steady clock, here and below.
    init(now: Double) {
        cubic = CubicRate(lastMaximum: 0, lastThrottled: now)
        lastBucket = now.rounded(.down)
    }

    /// Takes the token for one request.
    ///
    /// - Returns: `nil` when it may be sent now, else the seconds after which to ask again.
    mutating func acquire(at now: Double) -> Double? {
        guard isLimiting else { return nil }
        refill(at: now)
        if tokens >= 1 {
            tokens -= 1
            return nil
        }
        // Rounding may leave next to nothing to wait for, again and again.
        return max((1 - tokens) / fillRate, 0.001)
    }

    mutating func received(isThrottled: Bool, at now: Double) {
        measure(at: now)
        let allowed: Double
        if isThrottled {
            let rate = isLimiting ? min(measuredRate, fillRate) : measuredRate
            allowed = cubic.throttled(rate: rate, at: now)
            isLimiting = true
        } else {
            allowed = cubic.rate(at: now)
        }
        // A client that sends little must not save up the right to send at any rate.
        setRate(min(allowed, 2 * measuredRate), at: now)
    }

    /// Counts by half seconds, and smooths what it counts.
    private mutating func measure(at now: Double) {
        let bucket = (now * 2).rounded(.down) / 2
        requestsInBucket += 1
        guard bucket > lastBucket else { return }
        let rate = requestsInBucket / (bucket - lastBucket)
        measuredRate = rate * SendRate.smoothing + measuredRate * (1 - SendRate.smoothing)
        requestsInBucket = 0
        lastBucket = bucket
    }

    private mutating func setRate(_ rate: Double, at now: Double) {
        // At the old rate up to now.
        refill(at: now)
        fillRate = max(rate, SendRate.minimumRate)
        capacity = max(rate, 1)
        tokens = min(tokens, capacity)
    }

    private mutating func refill(at now: Double) {
        if let lastRefill { tokens = min(capacity, tokens + (now - lastRefill) * fillRate) }
        lastRefill = now
    }
}

/// One ``SendRate`` for all calls of a client.
final class SendRateLimiter: Sendable {
    private let rate: Locked<SendRate>

    init(now: Double) { rate = Locked(SendRate(now: now)) }

    func acquire(at now: Double) -> Double? { rate.withLock { $0.acquire(at: now) } }

    func received(isThrottled: Bool, at now: Double) {
        rate.withLock { $0.received(isThrottled: isThrottled, at: now) }
    }
}

internal import Locking

/// How many retries a client may still make: tokens that all its calls share.
///
/// When a service is down, every call fails; with retries each of them would fail several times over and keep the
/// service down. The quota is empty after a few dozen failed retries, and from then on calls fail at once until some
/// succeed.
final class RetryQuota: Sendable {
    private let capacity: Int
    private let tokens: Locked<Int>

    /// - Parameter initial: What the quota holds at first; `nil`: all that it can.
    init(capacity: Int, initial: Int? = nil) {
        self.capacity = capacity
        tokens = Locked(min(capacity, initial ?? capacity))
    }

    var available: Int { tokens.withLock { $0 } }

    /// - Returns: Whether there were that many; if not, none are taken.
    func acquire(_ cost: Int) -> Bool {
        tokens.withLock { tokens in
            guard cost <= tokens else { return false }
            tokens -= cost
            return true
        }
    }

    func release(_ amount: Int) {
        tokens.withLock { $0 = min(capacity, $0 + amount) }
    }
}

internal import Locking

/// Lets a bounded number in. Who finds it full is turned away at once: there is no queue before it.
package final class Gate: Sendable {
    private let limit: Int
    private let inside = Locked(0)

    package init(limit: Int) { self.limit = limit }

    /// - Throws: ``Problem`` with status 429 when all places are taken.
    package func pass<Value>(_ work: () async throws -> Value) async throws -> Value {
        let isIn = inside.withLock { inside in
            guard inside < limit else { return false }
            inside += 1
            return true
        }
        guard isIn else {
            throw Problem(
                429, "more events are on their way in than can be taken at a time: send again", retryAfter: 1)
        }
        defer { inside.withLock { $0 -= 1 } }
        return try await work()
    }
}

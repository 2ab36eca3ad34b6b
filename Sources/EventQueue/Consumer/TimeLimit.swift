/// Runs `body` until a deadline and cancels it then. It returns when `body` has returned: what was cancelled ends by
/// itself, and leaves nothing behind that goes on.
///
/// - Parameters:
///   - deadline: `nil`: none.
///   - late: Thrown when the deadline came first.
package func withDeadline<Value: Sendable, Failure: Error>(
    _ deadline: ContinuousClock.Instant?,
    orElse late: Failure,
    _ body: @escaping @Sendable () async throws(Failure) -> Value
) async throws(Failure) -> Value {
    guard let deadline else { return try await body() }
    guard ContinuousClock.now < deadline else { throw late }
    let outcome = await withTaskGroup(of: Result<Value, Failure>?.self) { group in
        group.addTask {
            do throws(Failure) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        group.addTask {
            try? await Task.sleep(until: deadline)
            return nil
        }
        var outcome: Result<Value, Failure>?
        var isLate = false
        for await ended in group {
            group.cancelAll()
            if let ended { outcome = ended } else if outcome == nil { isLate = true }
        }
        // Cancelled, it may have been done all the same.
        if isLate, case .failure = outcome { return Result<Value, Failure>.failure(late) }
        return outcome ?? .failure(late)
    }
    return try outcome.get()
}

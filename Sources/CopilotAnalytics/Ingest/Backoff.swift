internal import SingleTable

/// Waits between the rounds of one transaction, with full jitter, so that writers of the same items fall out of step.
struct Backoff {
    private var round = 0

    /// Rounds before giving up: with at most two seconds each, about a minute and a half.
    static let maximumRounds = 100
    private static let base = Duration.milliseconds(25)
    private static let longest = Duration.seconds(2)

    /// - Parameter isContended: Whether another writer is known to be at the same items.
    /// - Throws: ``AnalyticsError`` with `contention` when there were too many rounds, or `CancellationError`.
    mutating func next(isContended: Bool) async throws {
        round += 1
        guard round <= Backoff.maximumRounds else {
            throw AnalyticsError(
                .contention,
                "other writers kept the same items busy; nothing of this batch was written, send it again"
            )
        }
        // The first rounds only bring knowledge of what is stored: no one else has to be waited for.
        guard isContended || round > 4 else { return }
        let most = min(Backoff.base * (1 << min(round, 7)), Backoff.longest)
        try await Task.sleep(for: most * Double.random(in: 0..<1))
    }
}

extension CancellationReason {
    /// Another writer was at the item, or the table asks for a slower pace: the same writes may succeed later.
    var isContention: Bool { self == .conflict || self == .throttled }
}

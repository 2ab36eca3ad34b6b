/// One error pattern in a range.
public struct ErrorStatistics: Sendable, Hashable {
    public var errorType: String
    public var errorHash: String
    /// Normalized: what varies from one occurrence to the next stands as `<number>`, `<id>` and the like.
    public var errorMessage: String
    public var count: Int
    /// Milliseconds since 1970, within the range.
    public var firstOccurrence: Int
    public var lastOccurrence: Int
    /// Distinct users within the range.
    public var affectedUsers: Int

    init(type: String, hash: String, _ rollup: Rollup, users: DistinctUsers) {
        self.init(type: type, hash: hash, rollup, users: users.count)
    }

    init(type: String, hash: String, _ rollup: Rollup, users: Int) {
        errorType = type
        errorHash = hash
        errorMessage = rollup.labels["errorMessage"] ?? ""
        count = rollup.sums[Measure.count]?.integer ?? 0
        firstOccurrence = rollup.minima[Measure.firstOccurrence]?.integer ?? 0
        lastOccurrence = rollup.maxima[Measure.lastOccurrence]?.integer ?? 0
        affectedUsers = users
    }

    /// Most occurrences first, then by type and message in byte order.
    static func ranksBefore(_ left: ErrorStatistics, _ right: ErrorStatistics) -> Bool {
        if left.count != right.count { return left.count > right.count }
        for (one, other) in [
            (left.errorType, right.errorType), (left.errorMessage, right.errorMessage),
            (left.errorHash, right.errorHash),
        ] where one != other {
            return one.utf8.lexicographicallyPrecedes(other.utf8)
        }
        return false
    }
}

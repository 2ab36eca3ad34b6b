/// What has become of everything that was tracked since the tracker was made.
///
/// Without a spool that held events before, `tracked` is always the sum of `stored`, `queued`, `duplicates`,
/// `conflicts`, `rejected`, `expired`, `forgotten` and `pending`.
public struct TrackerCounts: Sendable, Hashable {
    /// Events that were taken.
    public internal(set) var tracked = 0
    /// Events that were not taken: there was no room, or the tracker had been shut down. They are lost.
    public internal(set) var dropped = 0
    /// Events that were not taken because the tracker was switched off.
    public internal(set) var ignored = 0
    /// Events that are in the table through this tracker.
    public internal(set) var stored = 0
    /// Events that a queue has taken, which ends in the table. What becomes of them there is not known here.
    public internal(set) var queued = 0
    /// Events that were in the table already, for one because the answer to an earlier attempt was lost.
    public internal(set) var duplicates = 0
    /// Events whose identity is in the table with other content. The first stays.
    public internal(set) var conflicts = 0
    /// What was no event, or was refused by the table for good.
    public internal(set) var rejected = 0
    /// Events that were in the spool for longer than it keeps them.
    public internal(set) var expired = 0
    /// Events that were removed because their user is to be forgotten, or refused because the user was.
    public internal(set) var forgotten = 0
    /// Records of the spool that were damaged and passed over.
    public internal(set) var damaged = 0
    /// Events that are on their way: in memory or in the spool.
    public internal(set) var pending = 0
    /// Those of them that are in the spool.
    public internal(set) var spoolDepth = 0
    /// Bytes that the spool has on disk.
    public internal(set) var spoolBytes = 0

    public init() {}
}

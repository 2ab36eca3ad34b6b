public import LosslessJSON

/// What became of a batch of messages.
public struct QueueResult: Sendable, Hashable {
    /// Events that are in the table through this batch, that were there before, or whose identity is there with other
    /// content.
    public internal(set) var stored = 0
    public internal(set) var duplicates = 0
    public internal(set) var conflicts = 0
    /// Events of users who have been forgotten.
    public internal(set) var forgotten = 0
    /// Ids of messages that were not written, or not all of them: the queue delivers them again, and after some times
    /// puts them among the dead letters.
    public internal(set) var failures: [String] = []

    public init() {}

    /// What Lambda is answered, with `ReportBatchItemFailures` switched on in the event source mapping.
    public var answer: JSONValue {
        [
            "batchItemFailures": .array(failures.map { ["itemIdentifier": .string($0)] })
        ]
    }
}

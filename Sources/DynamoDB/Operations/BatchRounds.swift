extension DynamoDBClient {
    /// Rounds in a row in which nothing at all was processed, after which ``writeItems(_:table:)`` and
    /// ``getItems(_:table:consistent:)`` give up.
    public static let maximumBatchRoundsWithoutProgress = 8

    /// Writes any number of items of one table, each on its own, and sends again what the service had no capacity for.
    ///
    /// Up to 25 writes are sent at a time. A round that leaves some of them is followed by a wait, up to
    /// ``RetryPolicy/base``; one that leaves all, by a wait as after throttling, see ``RetryPolicy/throttlingBase``, which
    /// doubles with every further one. The deadline of the calling task holds for all rounds together.
    ///
    /// - Parameter writes: At most one of each key.
    /// - Throws: The writes that are not done, and why; `unprocessedItems` after
    ///   ``maximumBatchRoundsWithoutProgress`` rounds without progress.
    public func writeItems(_ writes: [BatchWrite], table: String) async throws(BatchWriteError) {
        var rounds = BatchRounds(writes, size: DynamoDBClient.maximumBatchWrites)
        do throws(DynamoDBError) {
            while let batch = rounds.next() {
                let left = try await batchWriteItem(batch, table: table)
                try await wait(after: rounds.answered(left: left))
            }
        } catch {
            throw BatchWriteError(unprocessed: rounds.unprocessed, underlying: error)
        }
    }

    /// Reads any number of keys of one table, and asks again for those that the service had no capacity for: as
    /// ``writeItems(_:table:)``, 100 at a time.
    ///
    /// - Parameter keys: Each of them once.
    /// - Returns: The items found, in no order.
    /// - Throws: What was found, the keys that were not looked up, and why.
    public func getItems(
        _ keys: [Attributes],
        table: String,
        consistent: Bool = true
    ) async throws(BatchGetError) -> [Attributes] {
        var rounds = BatchRounds(keys, size: DynamoDBClient.maximumBatchGetKeys)
        var items: [Attributes] = []
        do throws(DynamoDBError) {
            while let batch = rounds.next() {
                let (found, left) = try await batchGetItem(batch, table: table, consistent: consistent)
                items += found
                try await wait(after: rounds.answered(left: left))
            }
        } catch {
            throw BatchGetError(items: items, unprocessed: rounds.unprocessed, underlying: error)
        }
        return items
    }

    private func wait(after pace: BatchPace) async throws(DynamoDBError) {
        switch pace {
        case .atOnce: break
        case .giveUp:
            throw DynamoDBError(
                .unprocessedItems,
                "nothing was processed \(DynamoDBClient.maximumBatchRoundsWithoutProgress) times in a row: too many "
                    + "requests for the table's capacity"
            )
        case .afterWait(let reason, let attempt):
            try await waitForCapacity(after: reason, attempt: attempt)
        }
    }
}

/// Why some writes of a batch are not done.
public struct BatchWriteError: Error, Sendable, CustomStringConvertible {
    /// Those that are not known to be done: after a lost answer, some of them may be.
    public let unprocessed: [DynamoDBClient.BatchWrite]
    public let underlying: DynamoDBError

    public var description: String { "\(unprocessed.count) writes are not done: \(underlying)" }
}

/// Why some keys of a batch were not read.
public struct BatchGetError: Error, Sendable, CustomStringConvertible {
    /// What was found before.
    public let items: [Attributes]
    public let unprocessed: [Attributes]
    public let underlying: DynamoDBError

    public var description: String { "\(unprocessed.count) keys were not read: \(underlying)" }
}

/// What to do before the next round of a batch.
enum BatchPace: Sendable, Hashable {
    case atOnce
    /// As long as a call waits after its attempt of this number, from 1.
    case afterWait(RetryReason, attempt: Int)
    case giveUp
}

/// Which elements of a batch are sent when. Pure: the client does the sending and the waiting.
struct BatchRounds<Element: Sendable>: Sendable {
    private let size: Int
    /// Those sent next are last.
    private var rest: [Element]
    private var underWay: [Element] = []
    private var roundsWithoutProgress = 0

    init(_ elements: [Element], size: Int) {
        self.size = size
        rest = elements.reversed()
    }

    /// In the order given, but those first that were left.
    var unprocessed: [Element] { underWay + rest.reversed() }

    /// The elements of the next call; `nil`: all are done.
    mutating func next() -> [Element]? {
        if rest.isEmpty { return nil }
        underWay = rest.suffix(size).reversed()
        rest.removeLast(underWay.count)
        return underWay
    }

    /// Takes note of what the last call left.
    mutating func answered(left: [Element]) -> BatchPace {
        let isProgress = left.count < underWay.count
        underWay = []
        rest += left.reversed()
        if left.isEmpty {
            roundsWithoutProgress = 0
            return .atOnce
        }
        // Some left may be a matter of the answer's size, which the service limits.
        guard !isProgress else {
            roundsWithoutProgress = 0
            return .afterWait(.transient, attempt: 1)
        }
        roundsWithoutProgress += 1
        if roundsWithoutProgress >= DynamoDBClient.maximumBatchRoundsWithoutProgress { return .giveUp }
        return .afterWait(.throttling, attempt: roundsWithoutProgress)
    }
}

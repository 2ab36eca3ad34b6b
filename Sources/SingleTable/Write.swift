/// One write of a transaction. Indirect: transactions of many are handed on and filled as they grow, one reference each.
public indirect enum Write: Sendable, Hashable {
    /// Stores the item, replacing one of the same key.
    case put(Item, condition: Condition? = nil)
    /// Stores an item that must be new: a put under ``Condition/itemIsNew``.
    case insert(EncodedItem)
    case update(Key, Update, condition: Condition? = nil)
    case delete(Key, condition: Condition? = nil)
    /// Changes nothing, but stops the transaction when the condition does not hold.
    case check(Key, condition: Condition)

    public var key: Key? {
        switch self {
        case .put(let item, _): item.key
        case .insert(let item): item.key
        case .update(let key, _, _), .delete(let key, _), .check(let key, _): key
        }
    }

    public var condition: Condition? {
        switch self {
        case .put(_, let condition), .update(_, _, let condition), .delete(_, let condition): condition
        case .insert: .itemIsNew
        case .check(_, let condition): condition
        }
    }
}

/// What became of a write that could be carried out: a condition that does not hold is an answer, not an error.
public enum WriteOutcome: Sendable, Hashable {
    case written
    /// The condition did not hold; the item as it is stored, when there is one.
    case conditionFailed(Item?)
}

/// What became of a transaction: all of its writes, or none.
public enum TransactionOutcome: Sendable, Hashable {
    case committed
    /// Nothing was written. One reason a write, in the order of the writes.
    case cancelled([CancellationReason])
}

/// Why one write stopped its transaction.
public enum CancellationReason: Sendable, Hashable {
    /// This write was fine.
    case none
    /// The condition did not hold; the item as it is stored, when there is one.
    case conditionFailed(Item?)
    /// Another writer was at the same item: back off and send again.
    case conflict
    /// The table asks for fewer writes: back off and send again.
    case throttled
    /// The write can never succeed as it is: wrong type, item too large.
    case invalid(String)
}

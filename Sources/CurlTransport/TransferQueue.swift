/// Requests that wait for a place: first in, first out. Taking from the front costs nothing for what stays.
struct TransferQueue: Sendable {
    /// `nil`: taken already, and not to be kept alive until the array is compacted.
    private var transfers: [Transfer?] = []
    private var head = 0
    private var lastExpiry: ContinuousClock.Instant?

    var isEmpty: Bool { head == transfers.count }

    mutating func append(_ transfer: Transfer) {
        transfers.append(transfer)
    }

    mutating func popFirst(_ count: Int) -> [Transfer] {
        let end = min(head + max(count, 0), transfers.count)
        if head == end { return [] }
        var popped: [Transfer] = []
        popped.reserveCapacity(end - head)
        for index in head..<end {
            if let transfer = transfers[index] { popped.append(transfer) }
            transfers[index] = nil
        }
        head = end
        if head == transfers.count {
            transfers.removeAll(keepingCapacity: head <= 256)
            head = 0
        } else if head > 256 && head > transfers.count / 2 {
            // Fewer elements are moved than were taken since the last time.
            transfers.removeFirst(head)
            head = 0
        }
        return popped
    }

    mutating func removeAll(where isRemoved: (Transfer) -> Bool) -> [Transfer] {
        if isEmpty { return [] }
        var removed: [Transfer] = []
        var kept: [Transfer?] = []
        for case .some(let transfer) in transfers[head...] {
            if isRemoved(transfer) { removed.append(transfer) } else { kept.append(transfer) }
        }
        transfers = kept
        head = 0
        return removed
    }

    /// Removes what is past its deadline, unless that was done less than `interval` milliseconds ago.
    mutating func removeExpired(interval: Int32) -> [Transfer] {
        let now = ContinuousClock.now
        if let lastExpiry, now - lastExpiry < .milliseconds(interval) { return [] }
        lastExpiry = now
        return removeAll { transfer in
            guard let deadline = transfer.deadline else { return false }
            return deadline <= now
        }
    }
}

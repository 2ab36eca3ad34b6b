internal import Locking

/// What has been tracked and is neither in the spool nor in the table yet: bounded in number and bytes.
final class EventBuffer: Sendable {
    enum Admission: Sendable {
        case accepted
        case full
        case closed
    }

    /// What has come together since it was last taken, in order.
    struct Contents: Sendable {
        var events: [Occurrence]
        var isUrgent: Bool
    }

    private struct State {
        var events: [Occurrence] = []
        var hasUrgent = false
        /// In `events`, or taken and not settled yet.
        var outstanding = 0
        var outstandingBytes = 0
        var accepted = 0
        var dropped = 0
        var isOpen = true
        var waitingForRoom: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())
    private let capacity: Int
    private let capacityBytes: Int
    private let batchSize: Int
    /// Rings when a batch has come together, and at once for what is urgent.
    let bell = Doorbell()

    init(capacity: Int, capacityBytes: Int, batchSize: Int) {
        self.capacity = capacity
        self.capacityBytes = capacityBytes
        self.batchSize = batchSize
    }

    /// - Parameter countsDrops: Whether an event that finds no room is lost with this call.
    func append(_ event: Occurrence, isUrgent: Bool, countsDrops: Bool) -> Admission {
        let (admission, rings) = state.withLock { state -> (Admission, Bool) in
            guard state.isOpen else {
                state.dropped += 1
                return (.closed, false)
            }
            guard state.outstanding < capacity, state.outstandingBytes + event.bytes <= capacityBytes else {
                if countsDrops { state.dropped += 1 }
                return (.full, false)
            }
            state.events.append(event)
            state.outstanding += 1
            state.outstandingBytes += event.bytes
            state.accepted += 1
            let isFirstUrgent = isUrgent && !state.hasUrgent
            if isUrgent { state.hasUrgent = true }
            return (.accepted, isFirstUrgent || state.events.count == batchSize)
        }
        if rings { bell.ring() }
        return admission
    }

    func takeAll() -> Contents {
        var next: [Occurrence] = []
        next.reserveCapacity(batchSize)
        return state.withLock { [next] state in
            defer {
                state.events = next
                state.hasUrgent = false
            }
            return Contents(events: state.events, isUrgent: state.hasUrgent)
        }
    }

    /// Makes room: so many of the events that were taken are elsewhere now, or nowhere.
    func settle(_ count: Int, bytes: Int) {
        let waiting = state.withLock { state in
            state.outstanding -= count
            state.outstandingBytes -= bytes
            defer { state.waitingForRoom = [] }
            return state.waitingForRoom
        }
        for waiter in waiting { waiter.resume() }
    }

    /// Returns when there may be room, when the buffer is closed, or when the task is cancelled.
    func waitForRoom(_ bytes: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let goesOn = state.withLock { state in
                    let hasRoom = state.outstanding < capacity && state.outstandingBytes + bytes <= capacityBytes
                    if hasRoom || !state.isOpen || Task.isCancelled { return true }
                    state.waitingForRoom.append(waiter)
                    return false
                }
                if goesOn { waiter.resume() }
            }
        } onCancel: {
            // Who is not cancelled looks again and waits on: rare, and simpler than knowing who is who.
            settle(0, bytes: 0)
        }
    }

    /// From now on nothing is accepted.
    func close() {
        state.withLock { $0.isOpen = false }
        settle(0, bytes: 0)
    }

    var counts: (accepted: Int, dropped: Int, outstanding: Int) {
        state.withLock { ($0.accepted, $0.dropped, $0.outstanding) }
    }

    /// Whether a whole batch waits to be taken.
    var holdsBatch: Bool { state.withLock { $0.events.count >= batchSize || $0.hasUrgent } }
}

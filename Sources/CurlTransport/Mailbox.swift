import CLibcurl
import Locking

/// A request under way, from the task that sends it to the worker that does. It passes through several hands, and one
/// reference is cheaper to pass on than all that a request consists of.
final class Transfer: Sendable {
    typealias Outcome = Result<HTTPResponse, TransportError>

    let id: UInt64
    let request: HTTPRequest
    /// The body, where it is not the request's own.
    let stream: HTTPBodyStream?
    let continuation: CheckedContinuation<Outcome, Never>
    /// `nil`: none.
    let deadline: ContinuousClock.Instant?

    init(
        id: UInt64, request: HTTPRequest, stream: HTTPBodyStream? = nil,
        continuation: CheckedContinuation<Outcome, Never>, deadline: ContinuousClock.Instant?
    ) {
        self.id = id
        self.request = request
        self.stream = stream
        self.continuation = continuation
        self.deadline = deadline
    }

    /// Ends the transfer before it was handed to libcurl.
    func failUnsent(_ code: TransportError.Code, _ message: String) -> Completion {
        stream?.close()
        return Completion(
            continuation: continuation,
            outcome: .failure(
                TransportError(code: code, message: message, host: request.host, requestMayHaveBeenSent: false)))
    }
}

/// The end of a transfer, to be told to the task that waits.
struct Completion: Sendable {
    let continuation: CheckedContinuation<Transfer.Outcome, Never>
    let outcome: Transfer.Outcome

    func deliver() {
        continuation.resume(returning: outcome)
    }

    /// From the worker thread, where each task that is resumed may cost two switches of threads: the pool's thread wakes
    /// up, takes the worker's place on the core, finds nothing more to do after that one task, and sleeps again. So the
    /// pool gets one job that resumes them all. With 32 requests in flight that is one switch for ten requests, not five.
    static func deliver(_ completions: [Completion]) {
        guard completions.count > 1 else {
            completions.first?.deliver()
            return
        }
        Task.detached { for completion in completions { completion.deliver() } }
    }
}

/// What passes between the tasks that send requests and the one worker thread.
///
/// The worker holds a lock only to exchange lists, never while libcurl works. It is woken once a batch: a sender wakes
/// it only when it is about to wait or waiting, and the first one who does so clears the flag.
final class Mailbox: Sendable {
    /// What the worker has to do next.
    struct Work: Sendable {
        var started: [Transfer] = []
        /// Ids of transfers that the worker has under way; others are to be ignored.
        var cancelled: [UInt64] = []
        /// Ids of transfers whose body has gone on after libcurl had found nothing to send.
        var resumed: [UInt64] = []
        /// Waiting transfers that ended without having been started.
        var dropped: [Completion] = []
        var isShutDown = false
        /// Milliseconds the worker may wait for its sockets; `nil`: there is something to do.
        var wait: Int32?
    }

    private struct State: Sendable {
        var waiting = TransferQueue()
        var cancelled: [UInt64] = []
        var resumed: [UInt64] = []
        /// Waiting and under way together.
        var outstanding = 0
        var isShutDown = false
        var isFinished = false
        var shutdownWaiters: [CheckedContinuation<Void, Never>] = []
        /// The worker waits or is about to: it has to be woken for whatever it shall notice.
        var workerWaits = false
        /// A new request would be started at once, so that it is worth waking the worker for.
        var workerHasPlace = false

        /// The worker has to be woken, by whoever is told so.
        mutating func shouldWakeWorker() -> Bool {
            defer { workerWaits = false }
            return workerWaits
        }
    }

    /// What to wake. `nil` once the worker is about to free it.
    private struct Waking: Sendable {
        /// Unsafe to the compiler only: curl_multi_wakeup is the one function of libcurl that may be called from other
        /// threads, and no other is called on it here.
        nonisolated(unsafe) var multi: UnsafeMutableRawPointer?

        func wake() {
            if let multi { curl_multi_wakeup(multi) }
        }
    }

    /// The longest wait in milliseconds. It bounds the harm done by a libcurl that loses a wake-up sent right before it
    /// starts to wait, which some versions do.
    private static let longestWait: Int32 = 1000
    /// How often the deadlines of waiting requests are looked at, in milliseconds.
    private static let expiryInterval: Int32 = 100

    private let limit: Int
    private let state = Locked(State())
    /// Apart from the state: a system call under its lock would keep the worker that it wakes waiting for it.
    private let waking: Locked<Waking>

    /// - Parameters:
    ///   - limit: requests waiting and under way together.
    ///   - multi: what `curl_multi_wakeup` is to be called on.
    init(limit: Int, multi: sending UnsafeMutableRawPointer) {
        self.limit = limit
        waking = Locked(Waking(multi: multi))
    }

    /// Hands a request to the worker, or ends it here and now.
    func submit(_ transfer: Transfer) {
        let (refusal, wakes): (Completion?, Bool) = state.withLock { state in
            if state.isShutDown {
                return (transfer.failUnsent(.shutDown, "The transport is shut down."), false)
            }
            if state.outstanding >= limit {
                return (
                    transfer.failUnsent(.queueFull, "\(limit) requests are under way and waiting already."), false
                )
            }
            state.outstanding += 1
            state.waiting.append(transfer)
            return (nil, state.workerHasPlace && state.shouldWakeWorker())
        }
        if wakes { wakeWorker() }
        refusal?.deliver()
    }

    /// Asks the worker to end a transfer. Nothing happens when it has ended already.
    func cancel(_ id: UInt64) {
        let wakes = state.withLock { state in
            guard !state.isFinished else { return false }
            state.cancelled.append(id)
            return state.shouldWakeWorker()
        }
        if wakes { wakeWorker() }
    }

    /// Asks the worker to send what has been added to a transfer's body. Nothing happens when the transfer has ended.
    func resume(_ id: UInt64) {
        let wakes = state.withLock { state in
            guard !state.isFinished else { return false }
            state.resumed.append(id)
            return state.shouldWakeWorker()
        }
        if wakes { wakeWorker() }
    }

    /// Asks the worker to end everything, itself last.
    func requestShutdown() {
        let wakes = state.withLock { state in
            state.isShutDown = true
            return state.shouldWakeWorker()
        }
        if wakes { wakeWorker() }
    }

    private func wakeWorker() {
        waking.withLock { $0.wake() }
    }

    /// Returns when the worker has freed all it had.
    func waitUntilFinished() async {
        await withCheckedContinuation { continuation in
            let isFinished = state.withLock { state in
                if !state.isFinished { state.shutdownWaiters.append(continuation) }
                return state.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }

    /// The worker's one call a round.
    ///
    /// - Parameters:
    ///   - finished: transfers that ended since the last call; their places count as free from here on.
    ///   - places: how many transfers the worker could start.
    ///   - mayWait: whether the worker will wait for its sockets when there is nothing to do.
    func exchange(finished: Int, places: Int, mayWait: Bool) -> Work {
        state.withLock { state in
            var work = Work()
            state.workerWaits = false
            state.outstanding -= finished
            work.isShutDown = state.isShutDown
            if state.isShutDown {
                work.dropped = state.waiting.removeAll { _ in true }.map {
                    $0.failUnsent(.shutDown, "The transport was shut down before the request was sent.")
                }
                state.outstanding -= work.dropped.count
                return work
            }
            if !state.cancelled.isEmpty {
                swap(&work.cancelled, &state.cancelled)
                let ids = Set(work.cancelled)
                work.dropped = state.waiting.removeAll { ids.contains($0.id) }.map {
                    $0.failUnsent(.cancelled, "The task was cancelled before the request was sent.")
                }
            }
            swap(&work.resumed, &state.resumed)
            work.started = state.waiting.popFirst(places)
            if !state.waiting.isEmpty {
                work.dropped += state.waiting.removeExpired(interval: Mailbox.expiryInterval).map {
                    $0.failUnsent(.timedOut, "The time was up before a place for the transfer became free.")
                }
            }
            state.outstanding -= work.dropped.count
            let isIdle =
                work.started.isEmpty && work.cancelled.isEmpty && work.resumed.isEmpty && work.dropped.isEmpty
            if mayWait && isIdle {
                state.workerHasPlace = places > 0
                // Whoever comes to wait for a place does not wake the worker.
                work.wait = state.workerHasPlace ? Mailbox.longestWait : Mailbox.expiryInterval
                state.workerWaits = true
            }
            return work
        }
    }

    /// The worker is about to free its handles: no more wake-ups.
    func close() {
        state.withLock { $0.isShutDown = true }
        waking.withLock { $0.multi = nil }
    }

    /// The worker has freed its handles.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            state.cancelled = []
            state.resumed = []
            defer { state.shutdownWaiters = [] }
            return state.shutdownWaiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

internal import CurlTransport
internal import Locking
public import SigV4

/// Keeps the credentials of another provider and fetches new ones before they end.
///
/// With less than 15 minutes left one task fetches new ones while requests go on with the old; with less than 10 all
/// requests wait for it. (Where the whole life is shorter than half an hour: less than half, less than a third of it.)
/// However many callers there are, one fetch is under way at a time; a caller that is cancelled, or whose
/// ``DynamoDBClient/deadline`` comes, stops waiting, and the fetch goes on for the others.
///
/// A failure is never kept: while the old credentials are valid they are handed out, and the next try comes some
/// seconds later; without valid ones those who wait get the error, and the next call tries again.
public final class CachingCredentials: CredentialsProvider {
    typealias Load = @Sendable () async throws(DynamoDBError) -> AWSCredentials
    private typealias Outcome = Result<AWSCredentials, DynamoDBError>
    private typealias Waiter = CheckedContinuation<Outcome, Never>

    private struct State {
        var schedule = RefreshSchedule()
        var waiters: [UInt64: Waiter] = [:]
        var lastID: UInt64 = 0
        var refresh: Task<Void, Never>?
        var isShutDown = false
    }

    private let load: Load
    private let clock: CredentialsClock
    private let onRefreshFailure: (@Sendable (DynamoDBError) -> Void)?
    private let state = Locked(State())

    /// - Parameter onRefreshFailure: called with the error of each refresh that failed, those included of which no
    ///   caller hears because the old credentials are still valid. The error holds no secrets.
    public convenience init(
        _ provider: any CredentialsProvider, onRefreshFailure: (@Sendable (DynamoDBError) -> Void)? = nil
    ) {
        self.init(clock: .system, onRefreshFailure: onRefreshFailure) { () async throws(DynamoDBError) in
            try await provider.credentials()
        }
    }

    init(clock: CredentialsClock, onRefreshFailure: (@Sendable (DynamoDBError) -> Void)? = nil, load: @escaping Load) {
        self.load = load
        self.clock = clock
        self.onRefreshFailure = onRefreshFailure
    }

    public func credentials() async throws(DynamoDBError) -> AWSCredentials {
        let now = clock.now()
        if let ready = try state.withLock({ (state) throws(DynamoDBError) in try answer(&state, now: now) }) {
            return ready
        }
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let deadline = DynamoDBClient.deadline
        let timer = deadline.map { deadline in
            Task {
                try? await Task.sleep(until: deadline)
                if !Task.isCancelled { end(id, CachingCredentials.deadlineExceeded) }
            }
        }
        defer { timer?.cancel() }
        let outcome: Outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                enqueue(waiter, id: id)
                // The handler below, or the timer, may have run before there was anything to end.
                if Task.isCancelled { end(id, CachingCredentials.cancelled) }
                if let deadline, deadline <= .now { end(id, CachingCredentials.deadlineExceeded) }
            }
        } onCancel: {
            end(id, CachingCredentials.cancelled)
        }
        return try outcome.get()
    }

    /// Cancels a refresh that is under way, waits for its end and refuses all later calls.
    public func shutdown() async {
        let refresh = state.withLock { state in
            state.isShutDown = true
            return state.refresh
        }
        refresh?.cancel()
        await refresh?.value
    }

    /// How many callers wait for a refresh now.
    var waitingCallers: Int { state.withLock { $0.waiters.count } }

    private func answer(_ state: inout State, now: Double) throws(DynamoDBError) -> AWSCredentials? {
        if state.isShutDown { throw DynamoDBError(.credentials, "the provider of credentials was shut down") }
        guard let answer = state.schedule.answer(now: now) else { return nil }
        if answer.startsRefresh { startRefresh(&state) }
        return answer.credentials
    }

    private func enqueue(_ waiter: Waiter, id: UInt64) {
        let now = clock.now()
        // Things may have changed since the first look.
        let outcome: Outcome? = state.withLock { state in
            do throws(DynamoDBError) {
                if let ready = try answer(&state, now: now) { return .success(ready) }
            } catch {
                return .failure(error)
            }
            state.waiters[id] = waiter
            if state.schedule.beginRefresh() { startRefresh(&state) }
            return nil
        }
        if let outcome { waiter.resume(returning: outcome) }
    }

    /// Has one caller wait no longer.
    private func end(_ id: UInt64, _ error: DynamoDBError) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
        waiter?.resume(returning: .failure(error))
    }

    private func startRefresh(_ state: inout State) {
        // Detached: neither the cancellation nor the task-local values of the one who happens to start it are its own.
        // It ends by itself, every source has its time-outs, and `shutdown()` cancels it.
        state.refresh = Task.detached { await self.refresh() }
    }

    private func refresh() async {
        let result: Outcome
        do throws(DynamoDBError) {
            result = .success(try await load())
        } catch {
            result = .failure(error)
            onRefreshFailure?(error)
        }
        let now = clock.now()
        let (final, waiters): (Outcome, [Waiter]) = state.withLock { state in
            state.refresh = nil
            let waiters = Array(state.waiters.values)
            state.waiters = [:]
            switch result {
            case .success(let credentials):
                state.schedule.succeeded(credentials, now: now)
                return (result, waiters)
            case .failure:
                return (state.schedule.failed(now: now).map { .success($0) } ?? result, waiters)
            }
        }
        for waiter in waiters { waiter.resume(returning: final) }
    }

    private static let cancelled = DynamoDBError(
        .transport, "cancelled while waiting for credentials",
        transportError: TransportError(code: .cancelled, message: "cancelled", requestMayHaveBeenSent: false))

    private static let deadlineExceeded = DynamoDBError(
        .deadlineExceeded, "the deadline came while credentials were being fetched")
}

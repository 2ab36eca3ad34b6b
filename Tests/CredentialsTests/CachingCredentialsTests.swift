import CurlTransport
import Locking
import SigV4
import Testing

@testable import DynamoDB

/// One refresh at a time, ahead of the end, and no failure that stays.
@Suite(.timeLimit(.minutes(1))) struct CachingCredentialsTests {
    private let clock = ManualClock()
    private let source = Source()

    private func cache(onRefreshFailure: (@Sendable (DynamoDBError) -> Void)? = nil) -> CachingCredentials {
        let source = source
        return CachingCredentials(clock: clock.clock, onRefreshFailure: onRefreshFailure) {
            () async throws(DynamoDBError) in try await source.load()
        }
    }

    private func key(_ name: String, lifetime: Double?) -> AWSCredentials {
        AWSCredentials(
            accessKeyId: name, secretAccessKey: "secret", expiration: lifetime.map { clock.now + $0 })
    }

    @Test func hundredsOfCallersMakeOneRefresh() async throws {
        let cache = cache()
        source.holdsBack = true
        let keys = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<500 { group.addTask { try await cache.credentials().accessKeyId } }
            await eventually { cache.waitingCallers == 500 }
            source.answer(.success(key("new", lifetime: 3600)))
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(keys == ["new"])
        #expect(source.loads == 1)
        #expect(try await cache.credentials().accessKeyId == "new")
        #expect(source.loads == 1)
    }

    @Test(arguments: [20, 0, -1000]) func nobodyWaitsBeyondTheDeadlineOfTheCall(milliseconds: Int) async throws {
        let cache = cache()
        source.holdsBack = true
        let error = await DynamoDBClient.withDeadline(.now + .milliseconds(milliseconds)) {
            await failure { () throws(DynamoDBError) in try await cache.credentials() }
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(cache.waitingCallers == 0)
        // The refresh goes on for those who have more time.
        source.answer(.success(key("new", lifetime: 3600)))
        #expect(try await cache.credentials().accessKeyId == "new")
        #expect(source.loads == 1)
    }

    @Test func credentialsWithoutAnEndAreFetchedOnce() async throws {
        let cache = cache()
        source.answer(.success(key("static", lifetime: nil)))
        _ = try await cache.credentials()
        clock.advance(1e9)
        #expect(try await cache.credentials().accessKeyId == "static")
        #expect(source.loads == 1)
    }

    @Test func aFailureWithoutOldCredentialsIsNotKept() async throws {
        let cache = cache()
        source.answer(.failure(.outage))
        source.answer(.success(key("new", lifetime: 3600)))
        #expect(await failure { () throws(DynamoDBError) in try await cache.credentials() }?.message == "outage")
        #expect(try await cache.credentials().accessKeyId == "new")
        #expect(source.loads == 2)
    }

    @Test func underFifteenMinutesOthersGoOnWithTheOldOnes() async throws {
        let cache = cache()
        source.answer(.success(key("old", lifetime: 3600)))
        _ = try await cache.credentials()
        clock.advance(3600 - 900)
        source.holdsBack = true
        // Nobody waits, although the refresh is under way and does not end.
        for _ in 0..<100 { #expect(try await cache.credentials().accessKeyId == "old") }
        await eventually { source.loads == 2 }
        source.answer(.success(key("new", lifetime: 3600)))
        await eventually { (try? await cache.credentials().accessKeyId) == "new" }
        #expect(source.loads == 2)
    }

    @Test func underTenMinutesAllWait() async throws {
        let cache = cache()
        source.answer(.success(key("old", lifetime: 3600)))
        _ = try await cache.credentials()
        clock.advance(3600 - 600)
        source.holdsBack = true
        async let first = cache.credentials()
        async let second = cache.credentials()
        await eventually { cache.waitingCallers == 2 }
        source.answer(.success(key("new", lifetime: 3600)))
        #expect(try await [first, second].map(\.accessKeyId) == ["new", "new"])
        #expect(source.loads == 2)
    }

    @Test func aFailureWithValidCredentialsHandsTheseOutAndPauses() async throws {
        let failures = Locked(0)
        let cache = cache { _ in failures.withLock { $0 += 1 } }
        source.answer(.success(key("old", lifetime: 3600)))
        _ = try await cache.credentials()
        clock.advance(3600 - 300)
        source.answer(.failure(.outage))
        #expect(try await cache.credentials().accessKeyId == "old")
        #expect(failures.withLock { $0 } == 1)
        for _ in 0..<10 { #expect(try await cache.credentials().accessKeyId == "old") }
        #expect(source.loads == 2)

        clock.advance(RefreshSchedule.pause)
        source.answer(.success(key("new", lifetime: 3600)))
        #expect(try await cache.credentials().accessKeyId == "new")
        #expect(source.loads == 3)
    }

    @Test func afterTheEndAFailureReachesTheCallersAndTheNextCallTriesAgain() async throws {
        let cache = cache()
        source.answer(.success(key("old", lifetime: 3600)))
        _ = try await cache.credentials()
        clock.advance(3600 - 2)
        source.answer(.failure(.outage))
        #expect(try await cache.credentials().accessKeyId == "old")
        // The pause after the failure is not over, but the credentials are.
        clock.advance(2)
        source.answer(.failure(.outage))
        #expect(await failure { () throws(DynamoDBError) in try await cache.credentials() }?.message == "outage")
        source.answer(.success(key("new", lifetime: 3600)))
        #expect(try await cache.credentials().accessKeyId == "new")
        #expect(source.loads == 4)
    }

    @Test func cancellingOneCallerLeavesTheRefreshToTheOthers() async throws {
        let cache = cache()
        source.holdsBack = true
        let impatient = Task { await failure { () throws(DynamoDBError) in try await cache.credentials() } }
        await eventually { cache.waitingCallers == 1 }
        let patient = Task { try await cache.credentials().accessKeyId }
        await eventually { cache.waitingCallers == 2 }
        impatient.cancel()
        #expect(await impatient.value?.transportError?.code == .cancelled)
        #expect(cache.waitingCallers == 1)
        source.answer(.success(key("new", lifetime: 3600)))
        #expect(try await patient.value == "new")
        #expect(source.loads == 1)
        #expect(source.cancelledLoads == 0)
    }

    @Test func aCancelledCallerDoesNotWait() async throws {
        let cache = cache()
        source.holdsBack = true
        let caller = Task {
            await eventually { Task.isCancelled }
            return await failure { () throws(DynamoDBError) in try await cache.credentials() }
        }
        caller.cancel()
        #expect(await caller.value?.transportError?.code == .cancelled)
        source.answer(.success(key("new", lifetime: 3600)))
        #expect(try await cache.credentials().accessKeyId == "new")
    }

    @Test func shutdownCancelsTheRefreshAndEndsTheWaiting() async throws {
        let cache = cache()
        source.holdsBack = true
        let caller = Task { await failure { () throws(DynamoDBError) in try await cache.credentials() } }
        await eventually { cache.waitingCallers == 1 && source.loads == 1 }
        await cache.shutdown()
        #expect(source.cancelledLoads == 1)
        #expect(await caller.value?.message == "cancelled")
        #expect(await failure { () throws(DynamoDBError) in try await cache.credentials() }?.code == .credentials)
        #expect(source.loads == 1)
    }

    @Test func manyCallersWhileTheClockGoesAndTheSourceFails() async throws {
        let cache = cache()
        let (clock, source) = (clock, source)
        source.makesUpAnswers { load in
            load % 3 == 1
                ? .failure(.outage)
                : .success(
                    AWSCredentials(
                        accessKeyId: "\(load)", secretAccessKey: "secret", expiration: clock.now + 3600))
        }
        let served = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var served = 0
                    for _ in 0..<500 {
                        clock.advance(1)
                        let now = clock.now
                        if let keys = try? await cache.credentials(), keys.expiration ?? 0 > now { served += 1 }
                    }
                    return served
                }
            }
            return await group.reduce(0, +)
        }
        // 4000 seconds: the first load, its repetition, and one or two refreshes, of which some fail.
        #expect(served >= 3990)
        #expect((2...10).contains(source.loads))
    }
}

/// Waits for what other tasks bring about; the suite's time limit bounds it.
func eventually(_ condition: () async -> Bool) async {
    while !(await condition()) { await Task.yield() }
}

extension DynamoDBError {
    fileprivate static let outage = DynamoDBError(.credentials, "outage")
}

/// Where the cache gets its credentials from. What is answered ahead is kept for the next loads.
private final class Source: Sendable {
    typealias Answer = Result<AWSCredentials, DynamoDBError>
    private struct State {
        var loads = 0
        var cancelledLoads = 0
        var holdsBack = false
        var answers: [Answer] = []
        var waiting: [CheckedContinuation<Answer, Never>] = []
        var make: (@Sendable (Int) -> Answer)?
    }
    private let state = Locked(State())

    var loads: Int { state.withLock { $0.loads } }
    var cancelledLoads: Int { state.withLock { $0.cancelledLoads } }
    /// Whether a load without an answer waits for one.
    var holdsBack: Bool {
        get { state.withLock { $0.holdsBack } }
        set { state.withLock { $0.holdsBack = newValue } }
    }

    func makesUpAnswers(_ make: @escaping @Sendable (Int) -> Answer) { state.withLock { $0.make = make } }

    func answer(_ answer: Answer) {
        let waiting = state.withLock { state in
            if state.waiting.isEmpty {
                state.answers.append(answer)
                return CheckedContinuation<Answer, Never>?.none
            }
            return state.waiting.removeFirst()
        }
        waiting?.resume(returning: answer)
    }

    func load() async throws(DynamoDBError) -> AWSCredentials {
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: Answer? = state.withLock { state in
                    state.loads += 1
                    if let make = state.make { return make(state.loads) }
                    if !state.answers.isEmpty { return state.answers.removeFirst() }
                    if !state.holdsBack { return .failure(DynamoDBError(.credentials, "no load was expected")) }
                    state.waiting.append(continuation)
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.cancelledLoads += 1
                defer { state.waiting = [] }
                return state.waiting
            }
            for load in waiting { load.resume(returning: .failure(DynamoDBError(.credentials, "cancelled"))) }
        }
        return try answer.get()
    }
}

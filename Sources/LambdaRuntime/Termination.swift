internal import Dispatch
internal import Locking

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// SIGTERM: Lambda sends it to functions with an extension before it ends the process; containers always do.
///
/// It ends the wait for an invocation at once, and lets one that is under way be answered.
final class Termination: Sendable {
    private struct State: Sendable {
        var isRequested = false
        var cancelWaiting: (@Sendable () -> Void)?
    }

    private let state = Locked(State())
    /// Unsafe to the compiler only: it may be used from any thread, and is left alone once it runs.
    private nonisolated(unsafe) let source: any DispatchSourceSignal

    init() {
        // Else the process would be gone before the source hears of it.
        signal(SIGTERM, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
        source.setEventHandler { [weak self] in self?.request() }
        source.resume()
    }

    deinit { source.cancel() }

    func request() {
        state.withLock { state in
            state.isRequested = true
            return state.cancelWaiting
        }?()
    }

    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Runs `body` until it ends, or is cancelled by the request to terminate.
    func waiting<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task { try await body() }
        let isRequested = state.withLock { state in
            state.cancelWaiting = { task.cancel() }
            return state.isRequested
        }
        if isRequested { task.cancel() }
        defer { state.withLock { $0.cancelWaiting = nil } }
        return try await task.value
    }
}

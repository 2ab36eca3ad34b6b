package import Synchronization

/// A value behind a lock: `Mutex`, and what lets the thread sanitizer see that it is one.
///
/// On Linux a contended `Mutex` is handed from thread to thread by the kernel, where the sanitizer does not look, so
/// that it reports a race for each hand-over (Swift 6.3; a program of nothing but one `Mutex` shows it). An atomic that
/// is stored on the way out and loaded on the way in tells it the same order once more. It costs two plain moves.
package struct Locked<Value: ~Copyable & Sendable>: ~Copyable, Sendable {
    @usableFromInline let mutex: Mutex<Value>
    @usableFromInline let handover = Atomic<Bool>(false)

    @inlinable
    package init(_ value: consuming sending Value) {
        mutex = Mutex(value)
    }

    /// Runs `body` while no other thread has the value. It must not wait for anything.
    @inlinable
    package borrowing func withLock<R: Sendable, E: Error>(
        _ body: (inout Value) throws(E) -> R
    ) throws(E) -> R {
        try mutex.withLock { (value) throws(E) -> R in
            _ = handover.load(ordering: .acquiring)
            defer { handover.store(true, ordering: .releasing) }
            return try body(&value)
        }
    }

    /// - Returns: `nil` when another thread has the value; `body` is not run then.
    @inlinable
    package borrowing func withLockIfAvailable<R: Sendable, E: Error>(
        _ body: (inout Value) throws(E) -> R
    ) throws(E) -> R? {
        try mutex.withLockIfAvailable { (value) throws(E) -> R in
            _ = handover.load(ordering: .acquiring)
            defer { handover.store(true, ordering: .releasing) }
            return try body(&value)
        }
    }
}

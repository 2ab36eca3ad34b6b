#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A POSIX thread that has to be joined once.
///
/// It blocks all signals but those that report a fault of its own. So SIGPIPE, which TLS writes to a closed connection
/// can raise, does no harm, and the process's handling of signals stays untouched.
struct WorkerThread: Sendable {
    #if canImport(Darwin)
        /// Unsafe to the compiler only, since it is a pointer here: it names a thread, and any thread may use it.
        private nonisolated(unsafe) let thread: pthread_t
    #else
        private let thread: pthread_t
    #endif

    private final class Start: Sendable {
        let body: @Sendable () -> Void
        init(body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// - Returns: `nil` when the system allows no more threads.
    init?(body: @escaping @Sendable () -> Void) {
        var blocked = sigset_t()
        var previous = sigset_t()
        sigfillset(&blocked)
        for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF] { sigdelset(&blocked, fault) }
        // Set here and not in the thread, which inherits it, so that there is no moment without.
        pthread_sigmask(SIG_SETMASK, &blocked, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }

        let start = Unmanaged.passRetained(Start(body: body))
        #if canImport(Darwin)
            var created: pthread_t?
        #else
            var created = pthread_t()
        #endif
        let status = pthread_create(&created, nil, { WorkerThread.main($0) }, start.toOpaque())
        guard status == 0 else {
            start.release()
            return nil
        }
        #if canImport(Darwin)
            guard let created else { return nil }
        #endif
        thread = created
    }

    /// Its argument is optional on some systems and not on others.
    private static func main(_ start: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let start else { return nil }
        Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body()
        return nil
    }

    /// Waits for the thread's end. To be called once.
    func join() {
        if pthread_equal(thread, pthread_self()) != 0 {
            // A thread cannot wait for itself; this way nothing of it is left behind either.
            pthread_detach(thread)
        } else {
            pthread_join(thread, nil)
        }
    }
}

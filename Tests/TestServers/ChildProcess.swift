public import Foundation
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// A process that lives no longer than this one: it has to end when its standard input is closed, and the kernel closes
/// that however this process ends. Its standard error is ours.
///
/// Not `Foundation.Process`: our end of the connection must never be inherited by another child, which would keep it
/// open, and a child must not inherit the signal mask of a pool's thread, which blocks SIGTERM and SIGCHLD.
public final class ChildProcess: Sendable {
    public enum End: Sendable, Hashable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    public let processID: Int32
    /// Our end of a socket pair; the other one is the child's standard input and output.
    private let socket: Int32
    private let pending = Mutex<[UInt8]>([])
    private let hasEnded = Mutex(false)

    public init(_ executable: URL, _ arguments: [String] = []) throws {
        let (ours, theirs) = try ChildProcess.socketPair()
        defer { close(theirs) }
        do {
            processID = try ChildProcess.spawn([executable.path] + arguments, input: theirs, output: theirs)
        } catch {
            close(ours)
            throw error
        }
        socket = ours
    }

    deinit {
        close(socket)
        guard !hasEnded.withLock({ $0 }) else { return }
        let processID = processID
        // It ends now. Somebody has to take note, or the kernel keeps its entry.
        Thread.detachNewThread { _ = waitpid(processID, nil, 0) }
    }

    /// The next line that the process prints, without its line feed; `nil` at the end. One reader at a time.
    public func readLine() async throws -> String? {
        try await ChildProcess.offThePool { try self.pending.withLock { try self.readLine(&$0) } }
    }

    /// Writes a line, which must not hold a line feed, and reads the next one that the process prints. Callers wait for
    /// one another.
    public func exchange(_ line: [UInt8]) async throws -> String? {
        try await ChildProcess.offThePool {
            try self.pending.withLock { pending in
                try self.write(line + [UInt8(ascii: "\n")])
                return try self.readLine(&pending)
            }
        }
    }

    /// Asks the process to end.
    public func closeInput() {
        #if canImport(Glibc)
            let direction = Int32(SHUT_WR)
        #else
            let direction = SHUT_WR
        #endif
        _ = shutdown(socket, direction)
    }

    /// SIGKILL: nothing runs in the process any more, not even what would clean up.
    public func kill() {
        sendSignal(SIGKILL, to: processID)
    }

    /// Waits for the end. Call it once: the process id may belong to another process afterwards.
    public func wait() async throws -> End {
        let processID = processID
        defer { hasEnded.withLock { $0 = true } }
        return try await ChildProcess.offThePool {
            var status: Int32 = 0
            while waitpid(processID, &status, 0) != processID {
                guard errno == EINTR else { throw ChildProcess.failure("cannot wait for process \(processID)") }
            }
            // WIFEXITED and WEXITSTATUS, which are macros that Swift does not import.
            return status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: status & 0x7F)
        }
    }

    // MARK: System calls

    /// Sockets rather than pipes, because these can be made close-on-exec in one step: between two, another thread could
    /// spawn a child that inherits them.
    private static func socketPair() throws -> (ours: Int32, theirs: Int32) {
        var ends: [Int32] = [-1, -1]
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        #elseif canImport(Musl)
            let type = SOCK_STREAM | SOCK_CLOEXEC
        #else
            let type = SOCK_STREAM
        #endif
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw failure("no socket pair") }
        #if canImport(Darwin)
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        #endif
        return (ends[0], ends[1])
    }

    private static func failure(_ what: String) -> TestServerError {
        TestServerError("\(what): \(String(cString: strerror(errno)))")
    }

    private static func spawn(_ command: [String], input: Int32, output: Int32) throws -> Int32 {
        #if os(Linux)
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #else
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var processID: pid_t = 0
        let result = posix_spawn(&processID, command[0], &actions, &attributes, &arguments, environ)
        guard result == 0 else {
            errno = result
            throw failure("cannot start \(command[0])")
        }
        return processID
    }

    private func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            // A process that has ended is an error here, not a signal for this one.
            #if canImport(Darwin)
                let flags: Int32 = 0
            #else
                let flags = Int32(MSG_NOSIGNAL)
            #endif
            let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, flags) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw ChildProcess.failure("cannot write to process \(processID)")
            }
        }
    }

    private func readLine(_ pending: inout [UInt8]) throws -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                return line
            }
            let count = read(socket, &buffer, buffer.count)
            if count > 0 {
                pending += buffer[..<count]
            } else if count == 0 {
                return nil
            } else if errno != EINTR {
                throw ChildProcess.failure("cannot read from process \(processID)")
            }
        }
    }

    /// Blocking calls must not take a thread of the pool that all tests share.
    private static func offThePool<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }
}

/// Outside of the class, where `kill` is the C library's.
private func sendSignal(_ signal: Int32, to processID: Int32) { _ = kill(processID, signal) }

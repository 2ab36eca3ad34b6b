internal import Dispatch
internal import Locking

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Runs a program for what it prints.
protocol ProcessRunner: Sendable {
    func run(_ words: [String], environment: [String: String]) async throws(ProcessFailure) -> [UInt8]
}

/// Why a program gave no output that could be used.
struct ProcessFailure: Error, CustomStringConvertible {
    let description: String
}

/// Runs programs of this system: no shell, no input, errors thrown away, and limits to time and output.
struct ChildProcesses: ProcessRunner {
    /// Enough for a person to answer a question of the program's.
    var timeout: Duration = .seconds(60)
    /// Bytes of output; credentials have about two thousand.
    var maximumOutput = 64 << 10

    func run(_ words: [String], environment: [String: String]) async throws(ProcessFailure) -> [UInt8] {
        let isCancelled = CancellationFlag()
        let (timeout, maximumOutput) = (timeout, maximumOutput)
        let result: Result<[UInt8], ProcessFailure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A thread of its own: waiting for a program must not take one from Swift's pool.
                DispatchQueue(label: "credential-process").async {
                    let deadline = ContinuousClock.now + timeout
                    continuation.resume(
                        returning: Result { () throws(ProcessFailure) in
                            let child = try ChildProcess(words, environment: environment)
                            return try child.output(deadline: deadline, maximum: maximumOutput) { isCancelled.isSet }
                        })
                }
            }
        } onCancel: {
            isCancelled.set()
        }
        return try result.get()
    }
}

private final class CancellationFlag: Sendable {
    private let value = Locked(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}

/// One program under way, for the thread that waits for it.
private struct ChildProcess: ~Copyable {
    private let pid: pid_t
    private let output: Int32

    init(_ words: [String], environment: [String: String]) throws(ProcessFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ProcessFailure(description: "the system has no pipe left") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
            close(ends[1])
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        // Connections and files of this program are none of the other's business.
        for descriptor in ChildProcess.openDescriptors() where descriptor > 2 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        // A server ignores SIGPIPE; a program that it starts should end with its pipe. It stays in the process group,
        // so that it may ask a question at the terminal.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))

        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let status = posix_spawnp(&pid, arguments[0]!, &actions, &attributes, &arguments, &variables)
        guard status == 0 else {
            close(ends[0])
            let reason = status == ENOENT ? "is not found" : "cannot be started"
            throw ProcessFailure(description: "the program \(words[0]) \(reason)")
        }
        self.pid = pid
        output = ends[0]
    }

    deinit { close(output) }

    consuming func output(
        deadline: ContinuousClock.Instant, maximum: Int, isCancelled: () -> Bool
    ) throws(ProcessFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        var status: Int32?
        var isOpen = true
        while isOpen || status == nil {
            if status == nil { status = exitStatus() }
            if ContinuousClock.now >= deadline {
                if status == nil { end() }
                throw ProcessFailure(description: "the program did not end in time")
            }
            if isCancelled() {
                if status == nil { end() }
                throw ProcessFailure(description: "cancelled")
            }
            var descriptor = pollfd(fd: isOpen ? output : -1, events: Int16(POLLIN), revents: 0)
            // In slices, because neither the end of the program nor a cancellation wakes up a poll.
            let ready = poll(&descriptor, 1, isOpen ? 50 : 5)
            if ready == 0, isOpen, status != nil {
                // The program has ended, and somebody whom it started holds the pipe: what there is, is all.
                isOpen = false
            }
            guard ready > 0 else { continue }
            let count = read(output, &buffer, buffer.count)
            if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            if count <= 0 { isOpen = false }
            bytes += buffer.prefix(max(count, 0))
            if bytes.count > maximum {
                if status == nil { end() }
                throw ProcessFailure(description: "the program printed more than \(maximum) bytes")
            }
        }
        // WIFEXITED and WEXITSTATUS are macros that Swift does not see.
        guard let status, status == 0 else {
            let code = status ?? 0
            throw ProcessFailure(
                description: code & 0x7F == 0
                    ? "the program ended with exit status \((code >> 8) & 0xFF)" : "the program was ended by a signal")
        }
        return bytes
    }

    /// As far as the system lists them.
    private static func openDescriptors() -> [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).compactMap { Int32($0) }
    }

    /// - Returns: `nil` while the program runs.
    private borrowing func exitStatus() -> Int32? {
        var status: Int32 = 0
        let result = waitpid(pid, &status, WNOHANG)
        if result == pid { return status }
        // Somebody else in this process has collected it: its output decides.
        return result < 0 && errno == ECHILD ? 0 : nil
    }

    /// Ends the program and collects it. Not for one that has been collected: its number may be another's by now.
    private borrowing func end() {
        kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    }
}

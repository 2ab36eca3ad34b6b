import Foundation
import Synchronization
import TestServers

/// A child process with its output in files: nothing has to be read for it to go on, and nothing is lost when it is
/// killed.
final class Execution: Sendable {
    struct Outcome: Sendable {
        var end: ChildProcess.End
        var output: Data
        var errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
        var isSuccess: Bool { end == .exited(0) }
        /// What it said on standard error, without the last line feed.
        var errorLines: [String] {
            errors.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).dropLast(
                errors.hasSuffix("\n") || errors.isEmpty ? 1 : 0
            )
        }
    }

    private enum Phase {
        case running([CheckedContinuation<ChildProcess.End, Never>])
        case ended(ChildProcess.End)
    }

    private struct State {
        var phase = Phase.running([])
        var isOverdue = false
    }

    let processID: Int32
    private let command: [String]
    private let outputFile: URL
    private let errorFile: URL
    private let limit: Duration?
    private let state = Mutex(State())

    /// - Parameter limit: After this the process is killed and ``outcome()`` throws. `nil`: whoever starts it ends it.
    init(
        _ command: [String],
        environment: [String: String],
        input: URL? = nil,
        folder: URL,
        limit: Duration?
    ) throws {
        self.command = command
        self.limit = limit
        let files = try Scratch.folder()
        outputFile = files.appending(path: "output")
        errorFile = files.appending(path: "errors")
        processID = try Execution.spawn(
            command,
            environment: environment,
            files: (input?.path ?? "/dev/null", outputFile.path, errorFile.path),
            folder: folder
        )
        Thread.detachNewThread { self.reap() }
        guard let seconds = limit.map({ Double($0.components.seconds) }) else { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in self?.giveUp() }
    }

    /// Everything that it has printed so far.
    var output: String { (try? String(contentsOf: outputFile, encoding: .utf8)) ?? "" }
    var errors: String { (try? Data(contentsOf: errorFile)).map { String(decoding: $0, as: UTF8.self) } ?? "" }
    var isRunning: Bool { state.withLock { if case .running = $0.phase { true } else { false } } }

    /// Sends a signal unless the process has ended.
    func send(_ signal: Int32) {
        // Under the lock the process is not reaped yet, so the number is still its own.
        state.withLock { state in
            guard case .running = state.phase else { return }
            kill(processID, signal)
        }
    }

    /// Waits for the end.
    func outcome() async throws -> Outcome {
        let end = await withCheckedContinuation { continuation in
            let ended: ChildProcess.End? = state.withLock { state in
                switch state.phase {
                case .ended(let end): return end
                case .running(let waiting):
                    state.phase = .running(waiting + [continuation])
                    return nil
                }
            }
            if let ended { continuation.resume(returning: ended) }
        }
        let outcome = Outcome(end: end, output: (try? Data(contentsOf: outputFile)) ?? Data(), errors: errors)
        if state.withLock({ $0.isOverdue }) {
            throw TestFailure(
                "\(command.joined(separator: " ")) did not end within \(limit ?? .zero): \(outcome.errors)")
        }
        return outcome
    }

    private func giveUp() {
        state.withLock { state in
            guard case .running = state.phase else { return }
            state.isOverdue = true
            kill(processID, SIGKILL)
        }
    }

    private func reap() {
        var information = siginfo_t()
        // Looks without reaping: between the two nobody else can get the process id.
        while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (end, waiting) = state.withLock {
            state -> (ChildProcess.End, [CheckedContinuation<ChildProcess.End, Never>]) in
            var status: Int32 = 0
            while waitpid(processID, &status, 0) != processID, errno == EINTR {}
            // WIFEXITED and WEXITSTATUS, which are macros that Swift does not import.
            let end: ChildProcess.End =
                status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: status & 0x7F)
            guard case .running(let waiting) = state.phase else { return (end, []) }
            state.phase = .ended(end)
            return (end, waiting)
        }
        for continuation in waiting { continuation.resume(returning: end) }
    }

    private static func spawn(
        _ command: [String],
        environment: [String: String],
        files: (input: String, output: String, errors: String),
        folder: URL
    ) throws -> Int32 {
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
        posix_spawn_file_actions_addopen(&actions, 0, files.input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, files.output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, files.errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        // Threads of a pool block SIGTERM; a child must not inherit that.
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        // To spawn in another folder has no portable name.
        let shell = ["/bin/sh", "-c", #"cd "$0" && exec "$@""#, folder.path]
        var arguments: [UnsafeMutablePointer<CChar>?] = (shell + command).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var processID: pid_t = 0
        let result = posix_spawn(&processID, shell[0], &actions, &attributes, &arguments, &variables)
        guard result == 0 else {
            throw TestFailure("cannot start \(command[0]): \(String(cString: strerror(result)))")
        }
        return processID
    }
}

/// Why a test could not go on. One line.
struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

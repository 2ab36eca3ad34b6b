import CurlTransport
import Foundation
import Locking
import LosslessJSON
import SigV4
import Synchronization
import Testing

@testable import DynamoDB

/// Files in memory.
final class MemoryFiles: FileAccess {
    private let files: Locked<[String: [UInt8]]>
    private let isReadOnly: Bool

    init(_ files: [String: String] = [:], isReadOnly: Bool = false) {
        self.files = Locked(files.mapValues { Array($0.utf8) })
        self.isReadOnly = isReadOnly
    }

    func read(_ path: String) throws(FileAccessError) -> [UInt8]? { files.withLock { $0[path] } }

    func replace(_ path: String, with bytes: [UInt8]) throws(FileAccessError) {
        if isReadOnly { throw FileAccessError(message: "read only") }
        files.withLock { $0[path] = bytes }
    }

    func text(_ path: String) -> String? { files.withLock { $0[path] }.map { String(decoding: $0, as: UTF8.self) } }
}

/// Files below a folder that stands for the root.
struct RootedFiles: FileAccess {
    let root: URL

    func read(_ path: String) throws(FileAccessError) -> [UInt8]? {
        (try? Data(contentsOf: root.appending(path: path))).map { Array($0) }
    }

    func replace(_ path: String, with bytes: [UInt8]) throws(FileAccessError) {
        throw FileAccessError(message: "read only")
    }
}

/// Answers requests one after the other, and remembers them.
final class ScriptedTransport: HTTPTransport {
    typealias Answer = Result<HTTPResponse, TransportError>
    private struct State {
        var answers: [Answer]
        var requests: [HTTPRequest] = []
    }
    private let state: Locked<State>

    init(_ answers: [Answer] = []) { state = Locked(State(answers: answers)) }

    convenience init(status: Int = 200, _ bodies: String...) {
        self.init(bodies.map { .success(HTTPResponse(status: status, body: Array($0.utf8))) })
    }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }
    var unusedAnswers: Int { state.withLock { $0.answers.count } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let answer: Answer? = state.withLock { state in
            state.requests.append(request)
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
        return try (answer ?? .failure(TransportError.refused)).get()
    }
}

extension TransportError {
    static let refused = TransportError(
        code: .connectionRefused, message: "nobody is there", requestMayHaveBeenSent: false)
}

extension HTTPRequest {
    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    var bodyText: String { String(decoding: body, as: UTF8.self) }

    /// The parameters of a form.
    var form: [String: String] { HTTPRequest.parameters(bodyText) }

    static func parameters(_ text: some StringProtocol) -> [String: String] {
        var result: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            result[String(parts[0])] = parts.count > 1 ? String(parts[1]).removingPercentEncoding ?? "" : ""
        }
        return result
    }
}

/// A clock that goes when it is told to; sleeping moves it on.
final class ManualClock: Sendable {
    private let seconds: Locked<Double>
    init(_ seconds: Double = 1_600_000_000) { self.seconds = Locked(seconds) }

    var now: Double { seconds.withLock { $0 } }
    func advance(_ interval: Double) { seconds.withLock { $0 += interval } }

    var clock: CredentialsClock {
        CredentialsClock(
            now: { self.now },
            sleep: { duration in
                self.advance(Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18)
            })
    }
}

/// Prints what it is told to, without a program.
struct ScriptedProcesses: ProcessRunner {
    var output = ""
    func run(_ words: [String], environment: [String: String]) async throws(ProcessFailure) -> [UInt8] {
        Array(output.utf8)
    }
}

extension CredentialsContext {
    static func test(
        environment: [String: String] = [:], files: any FileAccess = MemoryFiles(),
        transport: any HTTPTransport = ScriptedTransport(), clock: ManualClock = ManualClock(),
        processes: any ProcessRunner = ScriptedProcesses()
    ) -> CredentialsContext {
        CredentialsContext(
            environment: environment, files: files, transport: transport, clock: clock.clock, processes: processes)
    }
}

/// The error that a call must end with.
func failure<T>(_ body: () async throws(DynamoDBError) -> T) async -> DynamoDBError? {
    do throws(DynamoDBError) {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}

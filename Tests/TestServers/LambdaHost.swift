internal import Foundation
public import LosslessJSON

/// Lambda's Runtime API, and a function below it: see the head of `Tests/Support/runtime_api.py`.
public final class LambdaHost: Sendable {
    /// What a function sent to the Runtime API.
    public struct Post: Sendable, Decodable {
        /// Below `/2018-06-01/runtime/`.
        public var path: String
        /// Names in lower case.
        public var headers: [String: String]
        public var body: String
        /// Sizes of the chunks of a streamed body.
        public var chunks: [Int]?
        public var trailers: [String: String]
        /// Of a body that is too long to be told: its characters, and how often each is repeated.
        public var runs: [Run]
        /// Of the body, without the prelude of an HTTP answer.
        public var sha256: String
        public var prelude: String

        public struct Run: Sendable, Hashable, Decodable {
            public var character: String
            public var count: Int

            public init(_ character: String, _ count: Int) {
                self.character = character
                self.count = count
            }

            public init(from decoder: any Decoder) throws {
                var values = try decoder.unkeyedContainer()
                self.init(try values.decode(String.self), try values.decode(Int.self))
            }
        }

        public var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
        /// `response` or `error`.
        public var kind: Substring { path.split(separator: "/").last ?? "" }
    }

    public struct End: Sendable, Decodable {
        public var exit: Int
        /// Everything that the function printed.
        public var errors: String
    }

    private struct Ready: Decodable { var address: String }
    private struct Posts: Decodable { var posts: [Post] }
    private struct Failure: Decodable { var failure: String? }
    private struct Answer: Decodable {
        var status: Int
        var body: String
    }

    public let address: String
    private let helper: PythonHelper

    public init() async throws {
        let ready: Ready
        (helper, ready) = try await PythonHelper.start("runtime_api.py")
        address = ready.address
    }

    /// The folder of programs of this package, and the Python environment's.
    public static func program(_ name: String) throws -> String {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let tests = Bundle.main.executableURL?.deletingLastPathComponent()
        let folders = [tests, package.appending(path: ".build/debug"), package.appending(path: ".venv/bin")]
        let paths = folders.compactMap { $0?.appending(path: name).path }
        guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw TestServerError("\(name) is not there: run `make test`")
        }
        return path
    }

    public func start(_ command: [String], environment: [String: String] = [:]) async throws {
        let names = JSONValue.object(
            environment.sorted { $0.key < $1.key }
                .reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
        try await ask(["start": .array(command.map { .string($0) }), "environment": names])
    }

    /// What becomes of an invocation.
    public func invoke(
        _ event: String, headers: [String: String] = [:], deadline: Int? = nil, answer: Int = 202,
        errorAnswer: Int = 202
    ) async throws -> [Post] {
        var request = LambdaHost.invocation(event, headers)
        request["answer"] = .number(String(answer))
        request["errorAnswer"] = .number(String(errorAnswer))
        if let deadline { request["deadline"] = .number(String(deadline)) }
        return try await decode(Posts.self, ["invoke": .object(request)]).posts
    }

    /// Hands out an invocation, and returns when the function has it.
    public func begin(_ event: String) async throws {
        try await ask(["invoke": .object(LambdaHost.invocation(event, [:])), "only": true])
        try await ask(["taken": true])
    }

    private static func invocation(_ event: String, _ headers: [String: String]) -> JSONObject {
        var request = JSONObject()
        request["event"] = .string(event)
        request["headers"] = .object(headers.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
        return request
    }

    /// Waits for this many posts.
    public func posts(_ count: Int) async throws -> [Post] {
        try await decode(Posts.self, ["posts": .number(String(count))]).posts
    }

    public func initError() async throws -> [Post] { try await decode(Posts.self, ["initError": true]).posts }

    /// What the next answer to the function's wish for an invocation is.
    public func answerNext(with status: Int) async throws { try await ask(["next": .number(String(status))]) }

    public func untilWaiting() async throws { try await ask(["waiting": true]) }
    public func send(signal: Int32) async throws { try await ask(["signal": .number(String(signal))]) }
    public func end() async throws -> End { try await decode(End.self, ["end": true]) }

    public func post(_ url: String, _ body: String) async throws -> (status: Int, body: String) {
        let answer = try await decode(Answer.self, ["post": ["url": .string(url), "body": .string(body)]])
        return (answer.status, answer.body)
    }

    private func ask(_ question: JSONValue) async throws {
        _ = try await decode(Failure.self, question)
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ question: JSONValue) async throws -> Value {
        let line = Data(try await helper.ask(Array(question.jsonText.utf8)).utf8)
        if let failure = try JSONDecoder().decode(Failure.self, from: line).failure { throw TestServerError(failure) }
        return try JSONDecoder().decode(type, from: line)
    }
}

internal import Foundation
internal import LosslessJSON
internal import SigV4

/// A function behind a WebSocket API of a running server, and clients of it that speak WebSocket.
public struct WebSocketAPI: Sendable {
    public let apiID: String
    private let helper: PythonHelper

    private struct Ready: Decodable {
        var apiId: String
    }

    /// - Parameters:
    ///   - bootstrap: The function's program.
    ///   - variables: Of the function's environment.
    public init(_ server: Ministack, bootstrap: String, variables: [String: String]) async throws {
        var environment = JSONObject()
        for (name, value) in variables { environment[name] = .string(value) }
        let ready: Ready
        (helper, ready) = try await PythonHelper.start(
            "websocket_api.py",
            [
                "--endpoint", server.endpoint, "--key", server.credentials.accessKeyId, "--secret",
                server.credentials.secretAccessKey, "--bootstrap", bootstrap, "--variables",
                JSONValue.object(environment).jsonText,
            ]
        )
        apiID = ready.apiId
    }

    public struct Answer: Sendable {
        public var accepted: Bool
        public var received: [String]
    }

    /// Connects, sends messages, waits for answers, and leaves.
    ///
    /// - Parameters:
    ///   - answers: How many messages to wait for.
    ///   - leave: Not to wait at all.
    public func talk(
        as user: String,
        _ messages: [String],
        answers: Int,
        leave: Bool = false
    ) async throws -> Answer {
        let question: JSONValue = [
            "user": .string(user), "messages": .array(messages.map { .string($0) }),
            "answers": .number(String(answers)), "leave": .bool(leave),
        ]
        let answer = try JSONValue.parse(try await helper.ask(Array(question.jsonText.utf8)))
        return Answer(
            accepted: answer["accepted"]?.boolValue ?? false,
            received: (answer["received"]?.arrayValue ?? []).compactMap(\.stringValue)
        )
    }
}

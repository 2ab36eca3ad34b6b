import CopilotAnalytics
import CopilotHandlers
import DynamoDB
import EventQueue
import Foundation
import LambdaRuntime
import LosslessJSON
import SigV4
import SingleTable
import TestServers
import Testing

/// A noon that all events are near.
let noon = Timestamp(milliseconds: 1_790_856_000_000)

/// An event as API Gateway makes it.
func webSocketEvent(
    _ kind: String = "MESSAGE",
    request: String,
    connection: String = "JKJaXfHjvHcCGTg=",
    user: String? = nil,
    body: String? = nil,
    milliseconds: Int64 = 0
) -> JSONValue {
    var context = JSONObject()
    context["routeKey"] = kind == "MESSAGE" ? "sendMessage" : .string("$\(kind.lowercased())")
    context["eventType"] = .string(kind)
    context["extendedRequestId"] = "x"
    context["requestTimeEpoch"] = .number(String(noon.milliseconds + milliseconds))
    context["connectedAt"] = .number(String(noon.milliseconds - 5000))
    context["requestId"] = .string(request)
    context["connectionId"] = .string(connection)
    context["domainName"] = "abcdef1234.execute-api.us-east-1.amazonaws.com"
    context["stage"] = "production"
    context["apiId"] = "abcdef1234"
    if let user { context["authorizer"] = ["principalId": .string(user)] }
    if kind == "DISCONNECT" { context["disconnectStatusCode"] = 1001 }
    return [
        "requestContext": .object(context), "body": body.map { .string($0) } ?? .null, "isBase64Encoded": false,
    ]
}

func request(_ event: JSONValue) throws -> WebSocketEvent {
    try #require(WebSocketEvent(event, requestID: "lambda-request"))
}

let soon = Duration.seconds(600)
var later: ContinuousClock.Instant { ContinuousClock.now + soon }

/// A copilot of closures.
struct TestCopilot: Copilot {
    var body: @Sendable (CopilotMessage, CopilotTurn) async throws -> Void = { _, _ in }
    var isOpen = true

    func answer(_ message: CopilotMessage, _ turn: CopilotTurn) async throws { try await body(message, turn) }
    func accepts(_ connection: WebSocketEvent) async throws -> Bool { isOpen }
}

/// Keeps what it is given.
actor KeepingSink: EventSink {
    nonisolated let retention = Retention.forever
    private(set) var events: [Event] = []
    private var failures: Int

    init(failures: Int = 0) { self.failures = failures }

    func open() { failures = 0 }

    func take(_ events: [Event]) async throws(SinkError) -> EventReceipt {
        if failures > 0 {
            failures -= 1
            throw SinkError(.unavailable, "away")
        }
        self.events += events
        return .written(events.map { _ in .accepted })
    }
}

/// Posts to a server that does not listen.
func unreachableConnections() throws -> Connections {
    Connections(
        sharing: try makeClient(
            endpoint: "http://127.0.0.1:1", credentials: .init(accessKeyId: "k", secretAccessKey: "s")),
        endpoint: "http://127.0.0.1:1/{apiId}/{stage}"
    )
}

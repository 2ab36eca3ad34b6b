public import CopilotAnalytics
public import LosslessJSON

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// An event of an API Gateway WebSocket API: somebody connects, sends a message, or is gone.
public struct WebSocketEvent: Sendable {
    public enum Kind: String, Sendable, Hashable {
        case connect = "CONNECT"
        case message = "MESSAGE"
        case disconnect = "DISCONNECT"
    }

    public let kind: Kind
    /// As `$default` or `sendMessage`.
    public let routeKey: String
    public let connectionID: String
    /// The same however often the event is delivered.
    public let requestID: String
    /// When API Gateway got the request. `nil`: it does not say.
    public let time: Timestamp?
    /// When the connection was made.
    public let connectedAt: Timestamp?
    public let apiID: String
    public let stage: String
    /// What the client sent. Of a message only.
    public let body: String
    /// Names in lower case. Of a connection only, as API Gateway has it.
    public let headers: [String: String]
    public let query: [String: String]
    /// What the authorizer of `$connect` said; API Gateway repeats it with each event of the connection.
    public let authorizer: JSONValue?
    /// Why the connection ended (RFC 6455, 7.4). Of a disconnection only.
    public let closeCode: Int?

    /// Whether an event is one of a WebSocket API, told from its shape.
    public static func isEvent(_ event: JSONValue) -> Bool {
        let context = event["requestContext"]
        return context?["connectionId"]?.stringValue != nil
            && context?["eventType"]?.stringValue.flatMap { Kind(rawValue: $0) } != nil
    }

    /// - Parameter requestID: Where the event names none.
    /// - Returns: `nil` when it is no such event.
    public init?(_ event: JSONValue, requestID: String) {
        guard let context = event["requestContext"],
            let kind = context["eventType"]?.stringValue.flatMap({ Kind(rawValue: $0) }),
            let connectionID = context["connectionId"]?.stringValue, !connectionID.isEmpty
        else { return nil }
        func text(_ name: String) -> String? { context[name]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } }
        func time(_ name: String) -> Timestamp? {
            context[name]?.numberText.flatMap { Int64($0) }.map { Timestamp(milliseconds: $0) }
        }
        self.kind = kind
        self.connectionID = connectionID
        routeKey = text("routeKey") ?? "$default"
        self.requestID = text("requestId") ?? requestID
        self.time = time("requestTimeEpoch")
        connectedAt = time("connectedAt")
        apiID = text("apiId") ?? ""
        stage = text("stage") ?? ""
        body = WebSocketEvent.body(of: event)
        headers = WebSocketEvent.texts(event["headers"]) { $0.lowercased() }
        query = WebSocketEvent.texts(event["queryStringParameters"]) { $0 }
        authorizer = context["authorizer"]
        closeCode = context["disconnectStatusCode"]?.numberText.flatMap { Int($0) }
    }

    private static func body(of event: JSONValue) -> String {
        let text = event["body"]?.stringValue ?? ""
        guard event["isBase64Encoded"]?.boolValue == true, let data = Data(base64Encoded: text) else { return text }
        return String(decoding: data, as: UTF8.self)
    }

    private static func texts(_ json: JSONValue?, _ name: (String) -> String) -> [String: String] {
        var result: [String: String] = [:]
        for member in json?.objectValue?.members ?? [] { result[name(member.name)] = member.value.stringValue }
        return result
    }

    /// Who it is, as the authorizer of `$connect` says: `userId` of its context, the claim `sub`, `principalId`. Nobody
    /// else can say it: what a client sends is a claim without proof. Without an authorizer each connection is a user of
    /// its own, `anon:<connection>`.
    public var userID: String {
        let claims = authorizer?["jwt"]?["claims"] ?? authorizer?["claims"]
        let names = [authorizer?["userId"], claims?["sub"], authorizer?["sub"], authorizer?["principalId"]]
        return names.lazy.compactMap { $0?.stringValue }.first { !$0.isEmpty } ?? "anon:\(connectionID)"
    }
}

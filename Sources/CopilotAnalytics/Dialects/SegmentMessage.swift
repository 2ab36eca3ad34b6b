public import LosslessJSON

/// A message as Segment's SDKs send it (HTTP Tracking API, `POST /v1/batch` and `/v1/<kind>`).
public struct SegmentMessage: Sendable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case track, identify, page, screen, group, alias
    }

    public enum Meaning: Sendable {
        /// An event in the form that ``EventDecoder`` reads.
        case event(JSONValue)
        /// About a person or a view, not about something that a copilot did: there is nothing to count.
        case ignored(Kind)
    }

    /// Names of properties that are fields of an event here.
    private static let fields = ["conversationId", "connectionId", "agentId"]

    private let kind: Kind?
    private let batchSentAt: JSONValue?

    /// - Parameters:
    ///   - kind: As the path says; `nil` in a batch, where each message says itself.
    ///   - sentAt: Of the batch, for messages that have none of their own.
    public init(kind: Kind?, sentAt: JSONValue? = nil) {
        self.kind = kind
        batchSentAt = sentAt
    }

    public func read(_ json: JSONValue) throws(EventRejection) -> Meaning {
        guard let message = json.objectValue else {
            throw EventRejection(.notAnObject, "a message is a JSON object, not \(json.kind)")
        }
        let kind = if let kind { kind } else { try SegmentMessage.kind(of: message) }
        guard kind == .track else { return .ignored(kind) }
        guard let name = SegmentMessage.present(message["event"]) else {
            throw EventRejection(.missingField, field: "event", "event is missing")
        }
        guard let text = name.stringValue else {
            throw EventRejection(.invalidField, field: "event", "event must be a string, not \(name.kind)")
        }
        var properties = JSONObject()
        if let json = SegmentMessage.present(message["properties"]) {
            guard let object = json.objectValue else {
                throw EventRejection(
                    .invalidField, field: "properties", "properties must be an object, not \(json.kind)")
            }
            properties = object
        }
        var event = JSONObject()
        event["type"] = .string(try EventType(named: text).rawValue)
        event["userId"] = .string(try SegmentMessage.user(of: message))
        event["id"] = try SegmentMessage.text(message["messageId"], "messageId")
        // What the sender's clock said: an SDK calls it `timestamp`, whoever passes messages on has renamed it.
        event["timestamp"] =
            SegmentMessage.present(message["originalTimestamp"]) ?? SegmentMessage.present(message["timestamp"])
        event["sentAt"] = SegmentMessage.present(message["sentAt"]) ?? SegmentMessage.present(batchSentAt)
        for field in SegmentMessage.fields where properties[field]?.stringValue?.isEmpty == false {
            event[field] = properties[field]
            properties[field] = nil
        }
        event["metadata"] = .object(properties)
        return .event(.object(event))
    }

    private static func kind(of message: JSONObject) throws(EventRejection) -> Kind {
        guard let type = present(message["type"]) else {
            throw EventRejection(.missingField, field: "type", "type is missing")
        }
        guard let kind = type.stringValue.flatMap(Kind.init(rawValue:)) else {
            throw EventRejection(
                .invalidField,
                field: "type",
                "type must be \(Kind.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        return kind
    }

    private static func user(of message: JSONObject) throws(EventRejection) -> String {
        if let user = try text(message["userId"], "userId")?.stringValue { return user }
        if let anonymous = try text(message["anonymousId"], "anonymousId")?.stringValue { return "anon:\(anonymous)" }
        throw EventRejection(.missingField, field: "userId", "userId and anonymousId are missing")
    }

    /// SDKs allow numbers as ids, and send empty texts for what they do not know.
    private static func text(_ json: JSONValue?, _ field: String) throws(EventRejection) -> JSONValue? {
        switch present(json) {
        case nil: return nil
        case .string(let text): return text.isEmpty ? nil : .string(text)
        case .number(let text): return .string(text)
        case .some(let other):
            throw EventRejection(.invalidField, field: field, "\(field) must be a string, not \(other.kind)")
        }
    }

    private static func present(_ json: JSONValue?) -> JSONValue? { json == .null ? nil : json }
}

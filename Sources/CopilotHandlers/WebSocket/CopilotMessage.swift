internal import CopilotAnalytics
public import LosslessJSON

/// What a user says to the copilot.
public struct CopilotMessage: Sendable {
    /// `message` or `text` of a body that is a JSON object, else the body as it is. Content: not for logs or events.
    public let text: String
    /// `conversationId` of the body.
    public let conversationID: String?
    /// The body, when it is JSON.
    public let json: JSONValue?
    /// As events name the user.
    public let userID: String
    public let event: WebSocketEvent

    init(_ event: WebSocketEvent, userID: String) {
        self.event = event
        self.userID = userID
        let json = try? JSONValue.parse(event.body)
        self.json = json
        let fields = json?.objectValue
        text = fields?["message"]?.stringValue ?? fields?["text"]?.stringValue ?? event.body
        // A name that no event can have would cost the events.
        conversationID = fields?["conversationId"]?.stringValue.flatMap {
            (1...EventLimits.nameBytes).contains($0.utf8.count) ? $0 : nil
        }
    }
}

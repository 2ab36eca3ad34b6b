public import SingleTable

/// One thing that happened in a copilot: validated, redacted, with its identity fixed.
///
/// The identity is type, user, the sender's timestamp and the sender's id; everything a receiver adds is not part of
/// it. Strings are in Unicode normalization form C.
public struct Event: Sendable, Hashable {
    public var id: String
    public var type: EventType
    public var userID: String
    public var conversationID: String?
    public var connectionID: String?
    public var agentID: String?
    /// The sender's clock.
    public var timestamp: Timestamp
    /// The sender's time as corrected for its clock's skew, when that is over a minute.
    public var correctedTimestamp: Timestamp?
    /// When the first receiver took it. For history from a file: when it happened.
    public var receivedAt: Timestamp
    public var metadata: [String: AttributeValue]

    public init(
        id: String,
        type: EventType,
        userID: String,
        conversationID: String? = nil,
        connectionID: String? = nil,
        agentID: String? = nil,
        timestamp: Timestamp,
        correctedTimestamp: Timestamp? = nil,
        receivedAt: Timestamp,
        metadata: [String: AttributeValue] = [:]
    ) {
        self.id = id
        self.type = type
        self.userID = userID
        self.conversationID = conversationID
        self.connectionID = connectionID
        self.agentID = agentID
        self.timestamp = timestamp
        self.correctedTimestamp = correctedTimestamp
        self.receivedAt = receivedAt
        self.metadata = metadata
    }

    /// The time that decides which period the event counts in.
    public var occurredAt: Timestamp { correctedTimestamp ?? timestamp }

    /// The user of events without a person; never counted as a user.
    public static let systemUser = "_system"
    public var hasPerson: Bool { userID != Event.systemUser }
}

/// The bounds of an event. What exceeds them is rejected with a reason, never cut.
public enum EventLimits {
    /// Bytes of a line or JSON object.
    public static let eventBytes = 32 * 1024
    /// UTF-8 bytes of an event's id.
    public static let idBytes = 128
    /// UTF-8 bytes of a user id or of any name.
    public static let nameBytes = 256
    /// Bytes of a sort key, as DynamoDB limits it.
    static let keyBytes = 1024
    /// Nesting of metadata; DynamoDB allows 32 levels in an item.
    public static let metadataDepth = 16
}

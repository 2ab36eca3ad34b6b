/// The name of an event's type in SCREAMING_SNAKE_CASE.
public struct EventType: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    /// Trusts the name: for constants and for what was validated before.
    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }

    public static let actionExecuted = EventType(rawValue: "ACTION_EXECUTED")
    public static let actionFailed = EventType(rawValue: "ACTION_FAILED")
    public static let errorOccurred = EventType(rawValue: "ERROR_OCCURRED")
    public static let messageSent = EventType(rawValue: "MESSAGE_SENT")
    public static let messageReceived = EventType(rawValue: "MESSAGE_RECEIVED")
    public static let streamingStarted = EventType(rawValue: "STREAMING_STARTED")
    public static let streamingCompleted = EventType(rawValue: "STREAMING_COMPLETED")
    public static let streamingInterrupted = EventType(rawValue: "STREAMING_INTERRUPTED")
    public static let webSocketConnected = EventType(rawValue: "WEBSOCKET_CONNECTED")
    public static let webSocketDisconnected = EventType(rawValue: "WEBSOCKET_DISCONNECTED")
    public static let userFeedback = EventType(rawValue: "USER_FEEDBACK")
    public static let tokenUsage = EventType(rawValue: "TOKEN_USAGE")
    public static let cacheHit = EventType(rawValue: "CACHE_HIT")
    public static let cacheMiss = EventType(rawValue: "CACHE_MISS")
    public static let userAction = EventType(rawValue: "USER_ACTION")

    public static let maximumLength = 64

    /// Accepts `[A-Z][A-Z0-9_]{0,63}` and the spellings `agent.created` and `tool_usage`, which are stored as
    /// `AGENT_CREATED` and `TOOL_USAGE`.
    ///
    /// - Returns: `nil` when the name is neither.
    public init?(validating name: String) {
        guard (1...EventType.maximumLength).contains(name.utf8.count) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(name.utf8.count)
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes.append(byte)
            case UInt8(ascii: "a")...UInt8(ascii: "z"): bytes.append(byte - 0x20)
            case UInt8(ascii: "."), UInt8(ascii: "_"): bytes.append(UInt8(ascii: "_"))
            case UInt8(ascii: "0")...UInt8(ascii: "9"): bytes.append(byte)
            default: return nil
            }
        }
        guard let first = bytes.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return nil }
        rawValue = String(decoding: bytes, as: UTF8.self)
    }
}

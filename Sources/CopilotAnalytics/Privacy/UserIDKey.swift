internal import SigV4

/// A secret of the deployment that makes pseudonyms of user ids, so that no table, export or answer holds an id.
///
/// A pseudonym is `h:` and the HMAC-SHA-256 of the id in hexadecimal: the same user is the same pseudonym, and nobody
/// without the key can tell which. The key itself is stored nowhere.
public struct UserIDKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let secret: [UInt8]

    /// Characters that a key has at least.
    public static let minimumLength = 32
    /// Bytes that a key has at most.
    public static let maximumLength = 4096

    static let prefix = "h:"

    /// - Parameter text: White space around it does not count.
    /// - Throws: ``AnalyticsError`` with `invalidArgument` when it is too short or too long to be one.
    public init(_ text: String) throws(AnalyticsError) {
        var key = text[...]
        while key.first?.isWhitespace == true { key.removeFirst() }
        while key.last?.isWhitespace == true { key.removeLast() }
        guard key.utf8.count >= UserIDKey.minimumLength, key.utf8.count <= UserIDKey.maximumLength else {
            throw AnalyticsError(
                .invalidArgument,
                "the key for user ids must have at least \(UserIDKey.minimumLength) characters: make one with "
                    + "`openssl rand -hex 32`, and keep it safe"
            )
        }
        secret = Array(key.utf8)
    }

    /// What stands for a user. The id of events without a person, and what is a pseudonym already, stay as they are, so
    /// that an export can be imported again.
    public func pseudonym(of userID: String) -> String {
        if userID == Event.systemUser || UserIDKey.isPseudonym(userID) { return userID }
        return UserIDKey.prefix + HMACSHA256.hexAuthenticate(Array(userID.utf8), key: secret)
    }

    static func isPseudonym(_ userID: String) -> Bool {
        userID.utf8.count == prefix.utf8.count + 64 && userID.hasPrefix(prefix)
            && userID.utf8.dropFirst(prefix.utf8.count).allSatisfy { byte in
                byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 6
            }
    }

    /// Tells one key from another without telling anything else of it. Its domain is no user id's: these hold no
    /// control characters.
    var checkValue: String {
        String(HMACSHA256.hexAuthenticate(Array("\u{0}copilot-analytics key check".utf8), key: secret).prefix(16))
    }

    public var description: String { "UserIDKey(hidden)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

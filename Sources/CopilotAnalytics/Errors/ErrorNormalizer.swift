internal import SigV4

/// Makes one text of error messages that differ only in what varies from one occurrence to the next.
///
/// "flight HAT290 not available on date 2024-05-13" becomes "flight <id> not available on date <date>". Words stay as
/// they are: messages that differ in a word are different errors. The rules are versioned, since a change of them
/// groups anew.
public enum ErrorNormalizer {
    public static let version = 1
    /// UTF-8 bytes of a normalized message; what follows is cut off.
    public static let maximumLength = 512

    /// Sixteen hexadecimal digits of SHA-256 over the version, the type and the normalized message.
    public static func hash(type: String, normalized: String) -> String {
        String(SHA256.hexHash(utf8: "\(version)\u{0}\(type)\u{0}\(normalized)").prefix(16))
    }

    public static func normalize(_ message: String) -> String {
        var result = ""
        var length = 0
        for token in MessageTokens(message) {
            let text = token.normalized
            // White space runs are one space, so that wrapping does not matter.
            if text == " ", result.isEmpty || result.hasSuffix(" ") { continue }
            length += text.utf8.count
            guard length <= maximumLength else {
                // Only runs of punctuation are cut inside.
                let room = maximumLength - (length - text.utf8.count)
                if token.kind == .other, text.utf8.allSatisfy({ $0 < 0x80 }) { result += text.prefix(room) }
                break
            }
            result += text
        }
        while result.hasSuffix(" ") { result.removeLast() }
        return result
    }
}

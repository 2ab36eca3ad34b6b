internal import SingleTable

/// Keeps message content, secrets and personal data out of the table, whatever a sender puts into metadata.
enum Redaction {
    static let mask = "[REDACTED]"

    /// Keys whose text is what people wrote or read: only its length is kept, as `<key>Length`.
    private static let contentKeys: Set<String> = [
        "message", "messages", "prompt", "prompts", "text", "content", "comment", "comments", "body", "query",
        "question", "answer", "response", "completion", "output", "input", "transcript",
    ]

    /// Words of a key that mark its value as a secret or as personal data.
    private static let secretWords: Set<String> = [
        "password", "passwd", "pwd", "secret", "secrets", "authorization", "cookie", "cookies", "credential",
        "credentials", "email", "mail", "phone", "mobile", "ssn", "iban", "cvv", "cvc", "pin", "otp", "passport",
    ]
    /// The same for keys of two words.
    private static let secretPairs: Set<String> = [
        "apikey", "accesskey", "privatekey", "secretkey", "creditcard", "cardnumber", "accesstoken", "refreshtoken",
        "idtoken", "sessiontoken", "authtoken", "bearertoken", "ipaddress", "birthdate", "socialsecurity",
    ]

    /// Stores a metadata value under its name, or what may be kept of it.
    static func store(
        _ value: AttributeValue,
        as name: String,
        in map: inout [String: AttributeValue]
    ) throws(EventRejection) {
        let words = words(of: name)
        let joined = words.joined()
        if words.contains(where: secretWords.contains) || secretPairs.contains(joined)
            || words.contains(where: secretPairs.contains)
            || zip(words, words.dropFirst()).contains(where: { secretPairs.contains($0 + $1) }) || words == ["token"]
        {
            map[name] = .string(mask)
        } else if contentKeys.contains(joined), let length = contentLength(value) {
            // A length that the sender gives itself is not overwritten.
            if map[name + "Length"] == nil { map[name + "Length"] = .number(length) }
        } else {
            map[name] = sanitized(value)
        }
    }

    /// Texts in lists as well; members of maps were stored by ``store(_:as:in:)`` each.
    private static func sanitized(_ value: AttributeValue) -> AttributeValue {
        switch value {
        case .string(let text): .string(sanitized(errorText: text))
        case .list(let elements): .list(elements.map(sanitized))
        default: value
        }
    }

    /// Unicode scalars of all text in a value; `nil` for plain numbers and flags, which are no content.
    private static func contentLength(_ value: AttributeValue) -> Int? {
        switch value {
        case .string(let text): text.unicodeScalars.count
        case .list(let elements): elements.reduce(0) { $0 + (contentLength($1) ?? 0) }
        case .map(let members): members.values.reduce(0) { $0 + (contentLength($1) ?? 0) }
        default: nil
        }
    }

    /// `userEmail`, `user_email` and `USER-EMAIL` are the words "user" and "email".
    static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var previousIsLower = false
        for character in name {
            let separates = !character.isLetter && !character.isNumber
            if separates || (character.isUppercase && previousIsLower) {
                if !word.isEmpty { words.append(word.lowercased()) }
                word = ""
            }
            if !separates { word.append(character) }
            previousIsLower = character.isLowercase || character.isNumber
        }
        if !word.isEmpty { words.append(word.lowercased()) }
        return words
    }

    static func truncated(_ text: String) -> String {
        text.utf8.count <= EventLimits.nameBytes ? text : String(text.prefix(EventLimits.nameBytes / 4))
    }

    /// An error's text, or any other, without e-mail addresses and what looks like a key or token.
    static func sanitized(errorText text: String) -> String {
        // Both have one of these; most texts have none.
        guard text.utf8.contains(UInt8(ascii: "@")) || text.utf8.count >= 16 else { return text }
        var result = ""
        var changed = false
        for token in MessageTokens(text) {
            if let replacement = token.sanitizedText {
                result += replacement
                changed = true
            } else {
                result += token.text
            }
        }
        return changed ? result : text
    }
}

extension MessageTokens.Token {
    private static let secretPrefixes = [
        "sk-", "pk-", "sk_", "rk_", "ghp_", "gho_", "github_pat_", "xoxb-", "xoxp-", "AKIA", "ASIA", "eyJ", "AIza",
        "glpat-", "hf_",
    ]

    /// What stands for a part of a text that must not be kept; `nil` when it may.
    fileprivate var sanitizedText: String? {
        switch kind {
        case .word: return sanitizedWord
        case .quoted:
            let inside = String(text.dropFirst().dropLast())
            let sanitized = Redaction.sanitized(errorText: inside)
            return sanitized == inside ? nil : "\(text.prefix(1))\(sanitized)\(text.suffix(1))"
        case .space, .other: return nil
        }
    }

    private var sanitizedWord: String? {
        if MessageTokens.Token.normalize(word: text) == "<email>" { return "<email>" }
        // `key:sk-…` keeps what stands before the secret.
        var piece = text
        while piece.utf8.count >= 16 {
            if MessageTokens.Token.secretPrefixes.contains(where: { piece.hasPrefix($0) }) {
                return text[..<piece.startIndex] + "<secret>"
            }
            guard let separator = piece.firstIndex(where: { ":/@'".contains($0) }) else { return nil }
            piece = piece[piece.index(after: separator)...]
        }
        return nil
    }
}

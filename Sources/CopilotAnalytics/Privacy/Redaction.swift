internal import SingleTable

/// Keeps message content, secrets and personal data out of the table, whatever a sender puts into metadata.
enum Redaction {
    static let mask = "[REDACTED]"

    /// Keys whose text is what people wrote or read: only its length is kept, as `<key>Length`.
    private static let contentKeys: Set<String> = [
        "message", "messages", "prompt", "prompts", "text", "content", "comment", "comments", "body", "query",
        "question", "answer", "response", "completion", "output", "input", "transcript", "history", "reply",
    ]

    /// Words of a key that mark its value as a secret or as personal data.
    private static let secretWords: Set<String> = [
        "password", "passwd", "pwd", "secret", "secrets", "authorization", "cookie", "cookies", "credential",
        "credentials", "email", "emails", "mail", "phone", "phones", "mobile", "ssn", "iban", "cvv", "cvc", "pin",
        "otp",
        "passport", "passphrase", "pass", "jwt", "bearer", "auth", "dsn", "apikey", "apikeys",
    ]
    /// The same for keys of two words.
    private static let secretPairs: Set<String> = [
        "apikey", "accesskey", "privatekey", "secretkey", "creditcard", "cardnumber", "accesstoken", "refreshtoken",
        "idtoken", "sessiontoken", "authtoken", "bearertoken", "ipaddress", "birthdate", "socialsecurity",
        "connectionstring",
    ]

    /// Words that a secret follows, as in `Bearer …` or `password=…`; so it does after the words "api" and "key".
    static let announcements: Set<String> = ["bearer", "password", "passwd", "pwd", "secret", "apikey", "token"]

    /// With what keys of well-known services begin.
    static let secretPrefixes = [
        "sk-", "pk-", "sk_", "rk_", "ghp_", "gho_", "github_pat_", "xoxb-", "xoxp-", "AKIA", "ASIA", "eyJ", "AIza",
        "glpat-", "hf_", "cak_",
    ]

    /// Stores a metadata value under its name, or what may be kept of it.
    static func store(
        _ value: AttributeValue,
        as name: String,
        in map: inout [String: AttributeValue]
    ) throws(EventRejection) {
        let kind = KeyKinds.kind(of: name)
        if kind == .secret || kind == .token && !value.isCount {
            map[name] = .string(mask)
        } else if kind == .content, let length = contentLength(value) {
            // A length that the sender gives itself is not overwritten.
            if map[name + "Length"] == nil { map[name + "Length"] = .number(length) }
        } else {
            map[name] = sanitized(value)
        }
    }

    /// What the name of a metadata value says of it.
    enum KeyKind: Sendable {
        case secret
        /// A secret when it is a text, a count when it is a number: `github_token: "…"`, `totalTokens: 42`.
        case token
        /// Its text is what people wrote or read.
        case content
        case plain
    }

    static func kind(of name: String) -> KeyKind {
        let words = words(of: name)
        if words.contains(where: { secretWords.contains($0) || secretPairs.contains($0) })
            || secretPairs.contains(words.joined()) || words == ["token"]
            || zip(words, words.dropFirst()).contains(where: { secretPairs.contains($0 + $1) })
        {
            return .secret
        }
        guard let last = words.last else { return .plain }
        if ["token", "tokens"].contains(last) { return .token }
        return contentKeys.contains(last) ? .content : .plain
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

    /// An error's text, or any other, without e-mail addresses and what looks like a key or token.
    static func sanitized(errorText text: String) -> String {
        SecretMarks.mayOccur(in: text) ? sanitizedByWord(text) : text
    }

    static func sanitizedByWord(_ text: String) -> String {
        var result = ""
        var changed = false
        // Whether what comes next is the value of `password=` or follows `Bearer`.
        var precedesSecret = false
        for token in MessageTokens(text) {
            switch token.kind {
            case .space: result += token.text
            case .other:
                result += token.text
                precedesSecret = precedesSecret && "=:".contains(token.text)
            case .word, .quoted:
                if precedesSecret, token.text.utf8.count >= 4 {
                    result += "<secret>"
                    changed = true
                } else if let replacement = token.sanitizedText {
                    result += replacement
                    changed = true
                } else {
                    result += token.text
                }
                precedesSecret = token.announcesSecret
            }
        }
        return changed ? result : text
    }
}

extension AttributeValue {
    fileprivate var isCount: Bool {
        switch self {
        case .number, .bool: true
        default: false
        }
    }
}

extension MessageTokens.Token {
    /// Whether a secret may follow, as after `Bearer`, `password=` or `api_key:`.
    fileprivate var announcesSecret: Bool {
        guard kind == .word else { return false }
        let words = Redaction.words(of: String(text))
        return words.last.map { Redaction.announcements.contains($0) } == true || words.suffix(2) == ["api", "key"]
    }

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

    /// Long, with small and capital letters and digits mixed: keys look so, names and digests do not.
    private var looksRandom: Bool {
        guard text.utf8.count >= 32, text.utf8.allSatisfy({ $0 < 0x80 }), !text.contains("/") || text.utf8.count == 40
        else { return false }
        return text.contains(where: \.isLowercase) && text.contains(where: \.isUppercase)
            && text.contains(where: \.isNumber)
    }

    private var sanitizedWord: String? {
        if MessageTokens.Token.normalize(word: text) == "<email>" { return "<email>" }
        // `https://user:password@host` is all of it an address of a person.
        if text.contains("://"), text.contains("@") { return "<url>" }
        if looksRandom { return "<secret>" }
        // `key:sk-…` keeps what stands before the secret.
        var piece = text
        while piece.utf8.count >= 16 {
            if Redaction.secretPrefixes.contains(where: { piece.hasPrefix($0) }) {
                return text[..<piece.startIndex] + "<secret>"
            }
            guard let separator = piece.firstIndex(where: { ":/@'".contains($0) }) else { return nil }
            piece = piece[piece.index(after: separator)...]
        }
        return nil
    }
}

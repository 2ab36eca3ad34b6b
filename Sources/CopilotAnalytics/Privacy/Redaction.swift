internal import SingleTable

/// Keeps message content, secrets and personal data out of the table, whatever a sender puts into metadata.
enum Redaction {
    static let mask = "[REDACTED]"

    /// Keys whose text is what people wrote or read: only its length is kept, as `<key>Length`.
    private static let contentKeys: Set<String> = [
        "message", "messages", "prompt", "prompts", "text", "content", "comment", "comments", "body", "query",
        "question", "answer", "response", "completion", "output", "input", "transcript", "history", "reply",
        "texts", "contents", "queries", "questions", "answers", "responses", "completions", "outputs", "inputs",
        "transcripts", "replies", "utterance", "utterances", "instruction", "instructions", "dialog", "dialogue",
    ]
    /// Keys of texts that say how a program failed.
    private static let traceKeys: Set<String> = [
        "stack", "stacktrace", "stacktraces", "trace", "traceback", "backtrace", "exception", "error", "errors",
        "cause",
        "reason",
    ]

    /// Words of a key that mark its value as a secret or as personal data.
    private static let secretWords: Set<String> = [
        "password", "passwd", "pwd", "secret", "secrets", "authorization", "cookie", "cookies", "credential",
        "credentials", "email", "emails", "mail", "phone", "phones", "mobile", "ssn", "iban", "cvv", "cvc", "pin",
        "otp",
        "passport", "passphrase", "pass", "jwt", "bearer", "auth", "dsn", "apikey", "apikeys", "telephone", "cellphone",
        "msisdn", "fax", "birthday", "dob", "csrf", "xsrf",
    ]
    /// What marks a word as secret wherever it stands in it, since not everybody separates words: `useremail`.
    private static let secretParts = [
        "password", "passwd", "passphrase", "email", "phonenumber", "telephone", "creditcard", "cardnumber", "apikey",
        "privatekey", "secretkey", "accesskey", "accesstoken", "refreshtoken", "sessiontoken", "authtoken",
        "bearertoken", "authorization", "credential", "cookie", "clientsecret", "socialsecurity",
    ]
    /// The same for keys of two words.
    private static let secretPairs: Set<String> = [
        "apikey", "accesskey", "privatekey", "secretkey", "creditcard", "cardnumber", "accesstoken", "refreshtoken",
        "idtoken", "sessiontoken", "authtoken", "bearertoken", "ipaddress", "birthdate", "socialsecurity",
        "connectionstring", "signingkey", "encryptionkey", "licensekey", "dateofbirth",
    ]

    /// Words that a secret follows, as in `Bearer …` or `password=…`; so it does after the words "api" and "key".
    static let announcements: Set<String> = [
        "bearer", "password", "passwd", "pwd", "secret", "apikey", "token", "authorization", "cookie", "passphrase",
    ]

    /// With what keys of well-known services begin.
    static let secretPrefixes = [
        "sk-", "pk-", "sk_", "rk_", "ghp_", "gho_", "github_pat_", "xoxb-", "xoxp-", "AKIA", "ASIA", "eyJ", "AIza",
        "glpat-", "hf_", "xoxa-", "xoxs-", "xapp-", "ya29.", "npm_", "pypi-", "whsec_", "SG.", "cak_",
    ]

    /// Stores a metadata value under its name, or what may be kept of it.
    static func store(
        _ value: AttributeValue,
        as name: String,
        in map: inout [String: AttributeValue]
    ) throws(EventRejection) {
        let kind = KeyKinds.kind(of: name)
        if kind.isSecret(value) {
            map[name] = .string(mask)
        } else if kind.isContent, let length = contentLength(value) {
            // A length that the sender gives itself is not overwritten.
            if map[name + "Length"] == nil { map[name + "Length"] = .number(length) }
        } else {
            map[name] = sanitized(value, isTrace: kind.isTrace)
        }
    }

    /// `[{"name": "Authorization", "value": "…"}]` says in a value what others say in a key.
    static func maskNamedValues(in map: inout [String: AttributeValue]) {
        let names = ["name", "key", "header", "field"].compactMap { [map] in map[$0]?.stringValue }
        guard let name = names.first else { return }
        for member in ["value", "values"] {
            guard let value = map[member], kind(of: name).isSecret(value) else { continue }
            map[member] = .string(mask)
        }
    }

    /// What the name of a metadata value says of it.
    struct KeyKind: Sendable, Hashable {
        enum Secrecy: Sendable {
            case never
            /// `token_type: "…"` may be a token, a list or a number under such a name is none.
            case text
            /// `totalTokens: 42` is a count, `github_token: "…"` is none.
            case unlessCount
            case always
        }

        var secrecy = Secrecy.never
        /// Its text is what people wrote or read.
        var isContent = false
        /// Its text says how a program failed.
        var isTrace = false

        func isSecret(_ value: AttributeValue) -> Bool {
            switch (secrecy, value) {
            case (.always, _), (.text, .string): true
            case (.unlessCount, .number), (.unlessCount, .bool): false
            case (.unlessCount, _): true
            case (.never, _), (.text, _): false
            }
        }
    }

    static func kind(of name: String) -> KeyKind {
        let words = words(of: name)
        return KeyKind(
            secrecy: secrecy(words),
            isContent: words.last.map { contentKeys.contains(withoutNumber($0)) } ?? false,
            isTrace: words.contains { traceKeys.contains($0) } || words.suffix(2) == ["stack", "trace"]
        )
    }

    private static func secrecy(_ words: [String]) -> KeyKind.Secrecy {
        let isSecret =
            words.contains { secretWords.contains($0) || secretPairs.contains($0) }
            || words.contains { word in secretParts.contains { word.contains($0) } }
            || secretPairs.contains(words.joined()) || words == ["token"]
            || zip(words, words.dropFirst()).contains { secretPairs.contains($0 + $1) }
        if isSecret { return .always }
        if let last = words.last, ["token", "tokens"].contains(last) { return .unlessCount }
        return words.contains("token") ? .text : .never
    }

    /// `prompt2` is a prompt.
    private static func withoutNumber(_ word: String) -> String {
        var word = word[...]
        while word.last?.isNumber == true { word.removeLast() }
        return String(word)
    }

    /// Texts in lists as well; members of maps were stored by ``store(_:as:in:)`` each.
    private static func sanitized(_ value: AttributeValue, isTrace: Bool) -> AttributeValue {
        switch value {
        case .string(let text): .string(isTrace ? sanitized(errorText: text) : sanitized(text: text))
        case .list(let elements): .list(elements.map { sanitized($0, isTrace: isTrace) })
        case .number(let number):
            PersonalData.isCard(number.text.utf8.map { $0 &- UInt8(ascii: "0") }) ? .string(mask) : value
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

    /// A message or stack trace: without what ``sanitized(text:)`` takes out, and without network addresses.
    static func sanitized(errorText text: String) -> String { sanitized(text, addresses: true) }

    /// Any text, without e-mail addresses, numbers of cards and phones, query strings, names of users in paths, and
    /// what looks like a key or token.
    static func sanitized(text: String) -> String { sanitized(text, addresses: false) }

    private static func sanitized(_ text: String, addresses: Bool) -> String {
        SecretMarks.mayOccur(in: text, addresses: addresses) ? sanitizedThoroughly(text, addresses: addresses) : text
    }

    /// What ``sanitized(text:)`` and ``sanitized(errorText:)`` do, without a quick look before.
    static func sanitizedThoroughly(_ text: String, addresses: Bool) -> String {
        // Shorter ones can hold neither an address nor a key; most names are shorter.
        guard
            text.utf8.count >= (addresses ? 7 : 11)
                || text.utf8.contains(where: { "@%".utf8.contains($0) || $0 == 0xEF })
        else { return text }
        if text.contains("PRIVATE KEY-----") { return "<secret>" }
        // The wide form of @ is one to whoever copies it.
        var text = text.contains("\u{FF20}") ? text.replacing("\u{FF20}", with: "@") : text
        text = Traces.withoutQueries(text) ?? text
        text = Traces.withoutUserNames(text) ?? text
        text = PersonalData.withoutNumbers(text) ?? text
        return withoutSecrets(text, addresses: addresses)
    }

    private static func withoutSecrets(_ text: String, addresses: Bool) -> String {
        var result = ""
        var changed = false
        // Whether what comes next is the value of `password=` or follows `Bearer`.
        var announced = Announcement.none
        for token in MessageTokens(text) {
            switch token.kind {
            case .space: result += token.text
            case .other:
                result += token.text
                announced = announced != .none && "=:".contains(token.text) ? .certain : .none
            case .word, .quoted:
                if announced == .certain, token.isScheme {
                    result += token.text
                    continue
                }
                if token.text.utf8.count >= 4, announced == .certain || announced == .likely && token.isNoPlainWord {
                    result += "<secret>"
                    changed = true
                } else if let replacement = token.sanitizedText(addresses: addresses) {
                    result += replacement
                    changed = true
                } else {
                    result += token.text
                }
                announced = token.announcement
            }
        }
        return changed ? result : text
    }

    /// What a word says of the next one.
    fileprivate enum Announcement {
        case none
        /// `token` may stand before a token, or before "expired".
        case likely
        /// `token=` and `Bearer`.
        case certain
    }
}

extension MessageTokens.Token {
    /// Whether a secret may follow, as after `Bearer`, `password=` or `api_key:`.
    fileprivate var announcement: Redaction.Announcement {
        guard kind == .word else { return .none }
        let words = Redaction.words(of: String(text))
        // `api_key:` is one word, its colon included, where no space follows; then what is behind it is in it too.
        let ends = text.last == ":" || text.last == "="
        let last = words.last ?? ""
        if last == "bearer" { return .certain }
        guard
            Redaction.announcements.contains(last) || words.suffix(2) == ["api", "key"]
                || words.suffix(2) == ["access", "key"]
        else {
            return .none
        }
        return ends ? .certain : .likely
    }

    /// `Authorization: Basic …` goes on after its scheme.
    fileprivate var isScheme: Bool { ["basic", "bearer", "digest", "token"].contains(text.lowercased()) }

    fileprivate var isNoPlainWord: Bool { !text.allSatisfy { $0.isLetter || "-.'".contains($0) } }

    /// What stands for a part of a text that must not be kept; `nil` when it may.
    fileprivate func sanitizedText(addresses: Bool) -> String? {
        switch kind {
        case .word: return sanitizedWord ?? (addresses && isAddress ? "<address>" : nil)
        case .quoted:
            let inside = String(text.dropFirst().dropLast())
            let sanitized = Redaction.sanitizedThoroughly(inside, addresses: addresses)
            return sanitized == inside ? nil : "\(text.prefix(1))\(sanitized)\(text.suffix(1))"
        case .space, .other: return nil
        }
    }

    /// An IPv4 or IPv6 address with a port or without; pointers and times of day are none.
    private var isAddress: Bool {
        guard !text.hasPrefix("0x"), MessageTokens.Token.isNetworkAddress(text) else { return false }
        return text.contains(".") || text.contains("::") || text.split(separator: ":").count >= 4
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
        // `password:hunter2` without a space is one word.
        if let colon = text.firstIndex(of: ":"), text[colon...].utf8.count > 4,
            MessageTokens.Token(text: text[...colon], kind: .word).announcement == .certain
        {
            return text[...colon] + "<secret>"
        }
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

/// The parts of an error message: white space, punctuation, quoted strings and words of all kinds.
struct MessageTokens: Sequence, IteratorProtocol {
    struct Token {
        let text: Substring
        let kind: Kind

        var normalized: String {
            switch kind {
            case .space: " "
            case .quoted: "<string>"
            case .word: Token.normalize(word: text)
            case .other: String(text)
            }
        }
    }

    enum Kind { case space, quoted, word, other }

    private var rest: Substring

    init(_ message: String) { rest = message[...] }

    mutating func next() -> Token? {
        guard let first = rest.first else { return nil }
        if first.isWhitespace { return take(.space) { $0.prefix(while: \.isWhitespace) } }
        if first == "\"" || first == "`", let quoted = quotedPrefix(first) { return take(.quoted) { _ in quoted } }
        if first == "'", let quoted = quotedPrefix(first) { return take(.quoted) { _ in quoted } }
        if MessageTokens.isWordCharacter(first) {
            let word = MessageTokens.wordPrefix(rest)
            // A full stop or colon at the end belongs to the sentence, not to the word.
            guard let last = word.lastIndex(where: { !".:-/@+".contains($0) }) else {
                // A line of dashes is one token: it must not be read anew for each of them.
                return take(.other) { _ in word }
            }
            return take(.word) { _ in word[...last] }
        }
        return take(.other) { $0.prefix(1) }
    }

    private mutating func take(_ kind: Kind, _ part: (Substring) -> Substring) -> Token {
        let text = part(rest)
        rest = rest[text.endIndex...]
        return Token(text: text, kind: kind)
    }

    /// A quoted part that ends before the text does; an apostrophe inside a word never starts one, because words are
    /// read as a whole before.
    private func quotedPrefix(_ quote: Character) -> Substring? {
        guard let end = rest.dropFirst().firstIndex(of: quote), rest.distance(from: rest.startIndex, to: end) > 1
        else { return nil }
        let content = rest[rest.index(after: rest.startIndex)..<end]
        guard !content.contains(where: \.isNewline) else { return nil }
        return rest[...end]
    }

    private static func wordPrefix(_ text: Substring) -> Substring {
        var end = text.startIndex
        var previous: Character?
        while end < text.endIndex {
            let character = text[end]
            let next = text.index(after: end)
            // The comma of `1,203` belongs to the number, the comma of a sentence does not.
            let groupsDigits =
                character == "," && previous?.isNumber == true && next < text.endIndex && text[next].isNumber
            guard isWordCharacter(character) || groupsDigits else { break }
            previous = character
            end = next
        }
        return text[..<end]
    }

    private static func isWordCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "_-.:/@+'\\%~".contains(character)
    }
}

extension MessageTokens.Token {
    /// A word without what identifies one occurrence.
    static func normalize(word: Substring) -> String {
        if PersonalData.holdsEmailAddress(word) { return "<email>" }
        if word.contains("://") { return "<url>" }
        if isPath(word) { return "<path>" }
        guard word.contains(where: \.isNumber) else {
            // Long hexadecimal digests may happen to have letters only.
            return word.utf8.count >= 16 && word.allSatisfy({ $0.isHexDigit }) ? "<id>" : String(word)
        }
        if isUUID(word) { return "<id>" }
        if isDate(word) { return "<date>" }
        if isTime(word) { return "<time>" }
        if isNetworkAddress(word) { return "<address>" }
        if isNumber(word) { return "<number>" }
        return segments(word)
    }

    /// Names with numbers in them: `gift_card_5094406` keeps its words, `HAT290` has none to keep.
    private static func segments(_ word: Substring) -> String {
        var result = ""
        var segment = ""
        func flush() {
            if !segment.isEmpty { result += normalize(segment: segment) }
            segment = ""
        }
        for character in word {
            if character.isLetter || character.isNumber {
                segment.append(character)
            } else {
                flush()
                result.append(character)
            }
        }
        flush()
        return result
    }

    private static func normalize(segment: String) -> String {
        guard segment.contains(where: \.isNumber) else { return segment }
        if segment.allSatisfy(\.isNumber) { return "<number>" }
        // `250ms` and `3rd` are a number and its unit.
        let digits = segment.prefix(while: \.isNumber)
        let unit = segment.dropFirst(digits.count)
        if !digits.isEmpty, unit.count <= 3, unit.allSatisfy({ $0.isLetter && $0.isLowercase }),
            units.contains(String(unit))
        {
            return "<number>" + unit
        }
        return "<id>"
    }

    private static let units: Set<String> = [
        "ms", "s", "us", "ns", "min", "m", "h", "d", "kb", "mb", "gb", "b", "px", "st", "nd", "rd", "th", "x",
    ]

    private static func isPath(_ word: Substring) -> Bool {
        if word.hasPrefix("/") || word.hasPrefix("~/") || word.hasPrefix("./") || word.hasPrefix("../") {
            return word.dropFirst().contains { $0.isLetter || $0.isNumber }
        }
        let drive = word.prefix(3)
        return drive.count == 3 && drive.first?.isLetter == true && (drive.hasSuffix(":\\") || drive.hasSuffix(":/"))
    }

    private static func isUUID(_ word: Substring) -> Bool {
        let groups = word.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }

    /// `2024-05-13`, `2024/05/13`, `13.05.2024`, each with a time behind `T` or without.
    private static func isDate(_ word: Substring) -> Bool {
        let date = word.prefix { $0 != "T" && $0 != "t" }
        for separator in ["-", "/", "."] as [Character] {
            let parts = date.split(separator: separator, omittingEmptySubsequences: false)
            guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }) else { continue }
            let counts = parts.map(\.count)
            if counts[0] == 4, counts[1] <= 2, counts[2] <= 2 { return true }
            if counts[2] == 4, counts[0] <= 2, counts[1] <= 2 { return true }
        }
        return false
    }

    private static func isTime(_ word: Substring) -> Bool {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3 else { return false }
        return parts.enumerated().allSatisfy { index, part in
            let digits = index == parts.count - 1 ? part.prefix { $0.isNumber } : part
            return (1...2).contains(digits.count) && digits.allSatisfy(\.isNumber)
                && part.dropFirst(digits.count).allSatisfy { $0.isNumber || ".Zz+-".contains($0) }
        }
    }

    /// IPv4, IPv6 and `0x…` addresses, each with a port or without.
    static func isNetworkAddress(_ word: Substring) -> Bool {
        if word.hasPrefix("0x"), word.dropFirst(2).allSatisfy(\.isHexDigit) { return true }
        let host = word.prefix { $0 != ":" && $0 != "/" }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        if octets.count == 4, octets.allSatisfy({ (1...3).contains($0.count) && $0.allSatisfy(\.isNumber) }) {
            return true
        }
        let groups = word.split(separator: ":", omittingEmptySubsequences: false)
        return groups.count >= 3 && groups.allSatisfy { $0.count <= 4 && $0.allSatisfy(\.isHexDigit) }
    }

    private static func isNumber(_ word: Substring) -> Bool {
        let digits = word.drop { $0 == "-" || $0 == "+" }
        let body = digits.hasSuffix("%") ? digits.dropLast() : digits
        var previous: Character?
        for character in body {
            let isSign = (character == "-" || character == "+") && (previous == "e" || previous == "E")
            guard isSign || character.isNumber || ".,eE".contains(character) else { return false }
            previous = character
        }
        return body.contains(where: \.isNumber)
    }
}

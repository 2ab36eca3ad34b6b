/// Finds what identifies people in texts: addresses, numbers of cards, phones and social security.
enum PersonalData {
    // MARK: E-mail

    /// Whether a word holds an e-mail address, also a percent-encoded one.
    ///
    /// `lodash@4.17.21` is none: the last label of a domain is letters, or all four are an IPv4 address.
    static func holdsEmailAddress(_ word: Substring) -> Bool {
        let text = word.contains("%40") ? word.replacing("%40", with: "@")[...] : word
        for (index, character) in zip(text.indices, text) where character == "@" {
            guard index > text.startIndex, isLocalPart(text[text.index(before: index)]) else { continue }
            if isDomain(text[text.index(after: index)...].prefix { $0.isLetter || $0.isNumber || "-._".contains($0) }) {
                return true
            }
        }
        return false
    }

    private static func isLocalPart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "._%+-'~\\".contains(character)
    }

    private static func isDomain(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".")
        guard labels.count >= 2, !text.hasPrefix("."), let last = labels.last else { return false }
        if last.count >= 2, last.allSatisfy(\.isLetter) { return true }
        if last.lowercased().hasPrefix("xn--") { return true }
        return labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }
    }

    // MARK: Numbers

    /// Numbers that say anything of a person have as many digits.
    static let fewestDigits = 9

    /// A text in which the numbers of cards, phones and social security are replaced; `nil` when there are none.
    static func withoutNumbers(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.lazy.filter(isDigit).count >= fewestDigits else { return nil }
        var result: [UInt8] = []
        var changed = false
        var index = 0
        while index < bytes.count {
            let isStart = isDigit(bytes[index]) || bytes[index] == plus || bytes[index] == UInt8(ascii: "(")
            if isStart, index == 0 || !isWord(bytes[index - 1]),
                let (length, replacement) = number(bytes[index...])
            {
                result += Array(replacement.utf8)
                index += length
                changed = true
                continue
            }
            result.append(bytes[index])
            index += 1
        }
        return changed ? String(decoding: result, as: UTF8.self) : nil
    }

    private static let plus = UInt8(ascii: "+")

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte >= 0x80 || byte == UInt8(ascii: "_")
    }

    /// Digits and what separates them, from the beginning of the bytes; at most as many as the longest number has.
    private static func number(_ bytes: ArraySlice<UInt8>) -> (length: Int, replacement: String)? {
        var digits: [UInt8] = []
        // The shape has `d` for a digit.
        var shape: [UInt8] = []
        var ends: [Int] = []
        for byte in bytes.prefix(40) {
            if isDigit(byte) {
                digits.append(byte - UInt8(ascii: "0"))
                shape.append(UInt8(ascii: "d"))
                ends.append(shape.count)
            } else if " -.()+".utf8.contains(byte), shape.last != byte || byte == UInt8(ascii: " ") {
                shape.append(byte)
            } else {
                break
            }
        }
        // A part of a longer number is no number of its own.
        func endsThere(_ count: Int) -> Bool {
            bytes.dropFirst(ends[count - 1]).first.map { !isDigit($0) } ?? true
        }
        for count in stride(from: min(digits.count, 19), through: fewestDigits, by: -1) where endsThere(count) {
            let found = Array(digits.prefix(count))
            let form = String(decoding: shape.prefix(ends[count - 1]), as: UTF8.self)
            if isCard(found), isCardShape(form) { return (ends[count - 1], "<card>") }
            if count == 9, form == "ddd-dd-dddd", isSocialSecurity(found) { return (ends[count - 1], "<ssn>") }
            if isPhone(found, form) { return (ends[count - 1], "<phone>") }
        }
        return nil
    }

    private static func isCardShape(_ form: String) -> Bool {
        form.allSatisfy { $0 == "d" } || form.allSatisfy { "d ".contains($0) } || form.allSatisfy { "d-".contains($0) }
    }

    /// Whether digits are a payment card's: an issuer's prefix, its length, and the check digit of ISO/IEC 7812-1
    /// (Luhn). A time in milliseconds has no issuer.
    static func isCard(_ digits: [UInt8]) -> Bool {
        guard (13...19).contains(digits.count) else { return false }
        let prefix = digits.prefix(4).reduce(0) { $0 * 10 + Int($1) }
        let lengths: ClosedRange<Int>
        switch prefix {
        case 4000...4999: lengths = 13...19
        case 5100...5599, 2221...2720: lengths = 16...16
        case 3400...3499, 3700...3799: lengths = 15...15
        case 3000...3059, 3600...3699, 3800...3999: lengths = 14...19
        case 3528...3589: lengths = 16...19
        case 5000...5099, 5600...5899, 6000...6999: lengths = 13...19
        default: return false
        }
        guard lengths.contains(digits.count) else { return false }
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let doubled = place % 2 == 1 ? Int(digit) * 2 : Int(digit)
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return sum % 10 == 0
    }

    /// As the Social Security Administration gives them: never area 000, 666 or 9xx, group 00, or serial 0000.
    private static func isSocialSecurity(_ digits: [UInt8]) -> Bool {
        let area = digits.prefix(3).reduce(0) { $0 * 10 + Int($1) }
        return area != 0 && area != 666 && area < 900 && digits[3...4] != [0, 0] && digits[5...8] != [0, 0, 0, 0]
    }

    private static let nationalShapes: Set<String> = [
        "ddd-ddd-dddd", "ddd.ddd.dddd", "(ddd) ddd-dddd", "(ddd)ddd-dddd", "(ddd) ddd dddd", "ddd ddd dddd",
    ]

    /// International numbers (E.164, with a plus) and those of North America, as people write them.
    private static func isPhone(_ digits: [UInt8], _ form: String) -> Bool {
        if form.hasPrefix("+") {
            return digits.count <= 15 && digits[0] != 0 && !form.dropFirst().contains("+")
        }
        return nationalShapes.contains(form) && digits[0] >= 2 && digits[3] >= 2
    }
}

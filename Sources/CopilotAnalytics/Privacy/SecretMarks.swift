/// A quick look for anything that could make a text need redaction, before it is taken apart word by word.
enum SecretMarks {
    private struct Mark {
        /// In small letters.
        let text: [UInt8]
        /// Only means something in a text with a word as long as keys are.
        let needsLongWord: Bool
    }

    /// What may be the prefix of a key needs as many bytes to be taken for one.
    private static let keyBytes = 16
    /// A word of as many may be a key that has no prefix.
    private static let randomBytes = 32

    /// By their first byte.
    private static let marks: [[Mark]] = {
        var marks = [[Mark]](repeating: [], count: 256)
        func add(_ text: String, needsLongWord: Bool) {
            let bytes = Array(text.lowercased().utf8)
            if let first = bytes.first { marks[Int(first)].append(Mark(text: bytes, needsLongWord: needsLongWord)) }
        }
        for word in Redaction.announcements.union(["key"]) { add(word, needsLongWord: false) }
        for home in Traces.homes { add(home, needsLongWord: false) }
        for prefix in Redaction.secretPrefixes { add(prefix, needsLongWord: true) }
        return marks
    }()

    /// - Parameter addresses: Whether network addresses are looked for.
    /// - Returns: `false` only when ``Redaction/sanitizedThoroughly(_:addresses:)`` would leave the text as it is.
    static func mayOccur(in text: String, addresses: Bool) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { holdsMark($0, addresses: addresses) } ?? true
    }

    private static func holdsMark(_ bytes: UnsafeBufferPointer<UInt8>, addresses: Bool) -> Bool {
        let marks = marks
        var wordBytes = 0
        var hasLongWord = false
        var hasPrefix = false
        var count = Punctuation()
        for index in bytes.indices {
            let byte = bytes[index]
            // Other alphabets have letters whose small form is an ASCII one: leave them to those who know. An address
            // may have its @ percent-encoded.
            if byte >= 0x80 || byte == UInt8(ascii: "@") || byte == UInt8(ascii: "%") { return true }
            count.add(byte)
            wordBytes = byte == UInt8(ascii: " ") ? 0 : wordBytes + 1
            if wordBytes >= keyBytes { hasLongWord = true }
            if wordBytes >= randomBytes { return true }
            for mark in marks[Int(small(byte))] where begins(bytes, at: index, with: mark.text) {
                guard mark.needsLongWord else { return true }
                hasPrefix = true
            }
        }
        return hasPrefix && hasLongWord || count.mayBeNumber || count.mayBeQuery || addresses && count.mayBeAddress
    }

    /// What numbers, queries and addresses cannot do without.
    private struct Punctuation {
        private var digits = 0
        private var dots = 0
        private var colons = 0
        private var slashes = 0
        private var equalSigns = 0
        private var questionMarks = 0

        mutating func add(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
            case UInt8(ascii: "."): dots += 1
            case UInt8(ascii: ":"): colons += 1
            case UInt8(ascii: "/"): slashes += 1
            case UInt8(ascii: "="): equalSigns += 1
            case UInt8(ascii: "?"): questionMarks += 1
            default: break
            }
        }

        var mayBeNumber: Bool { digits >= PersonalData.fewestDigits }
        var mayBeQuery: Bool { questionMarks > 0 && slashes > 0 && equalSigns > 0 }
        /// Four numbers with dots between them, or groups with colons.
        var mayBeAddress: Bool { dots >= 3 && digits >= 4 || colons >= 2 }
    }

    private static func begins(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, with text: [UInt8]) -> Bool {
        guard start + text.count <= bytes.count else { return false }
        return text.indices.allSatisfy { small(bytes[start + $0]) == text[$0] }
    }

    private static func small(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}

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
        for prefix in Redaction.secretPrefixes { add(prefix, needsLongWord: true) }
        return marks
    }()

    /// - Returns: `false` only when ``Redaction/sanitized(errorText:)`` would leave the text as it is.
    static func mayOccur(in text: String) -> Bool {
        // Shorter ones can hold neither an address nor a key; most names are shorter.
        guard text.utf8.count >= 12 || text.utf8.contains(UInt8(ascii: "@")) else { return false }
        return text.utf8.withContiguousStorageIfAvailable(holdsMark) ?? true
    }

    private static func holdsMark(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let marks = marks
        var wordBytes = 0
        var hasLongWord = false
        var hasPrefix = false
        for index in bytes.indices {
            let byte = bytes[index]
            // Other alphabets have letters whose small form is an ASCII one: leave them to those who know.
            if byte >= 0x80 || byte == UInt8(ascii: "@") { return true }
            wordBytes = byte == UInt8(ascii: " ") ? 0 : wordBytes + 1
            if wordBytes >= keyBytes { hasLongWord = true }
            if wordBytes >= randomBytes { return true }
            for mark in marks[Int(small(byte))] where begins(bytes, at: index, with: mark.text) {
                guard mark.needsLongWord else { return true }
                hasPrefix = true
            }
        }
        return hasPrefix && hasLongWord
    }

    private static func begins(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, with text: [UInt8]) -> Bool {
        guard start + text.count <= bytes.count else { return false }
        return text.indices.allSatisfy { small(bytes[start + $0]) == text[$0] }
    }

    private static func small(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}

/// A quick look for anything that could make a text need redaction, before it is taken apart word by word.
enum SecretMarks {
    /// What announces a secret, or a part of each word that does, in small letters.
    private static let announcements: [StaticString] = ["bearer", "passw", "pwd", "secret", "key", "token"]
    /// A word shorter than this cannot look random or begin with the prefix of a known kind of key and have the key.
    private static let shortestKey = 16

    /// - Returns: `false` only when ``Redaction/sanitized(errorText:)`` would leave the text as it is.
    static func mayOccur(in text: String) -> Bool {
        // Shorter ones can hold neither an address nor a key; most names are shorter.
        guard text.utf8.count >= 12 || text.utf8.contains(UInt8(ascii: "@")) else { return false }
        return text.utf8.withContiguousStorageIfAvailable(holdsMark) ?? true
    }

    private static func holdsMark(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var wordLength = 0
        for index in bytes.indices {
            let byte = bytes[index]
            // Other alphabets have letters whose small form is an ASCII one: leave them to those who know.
            if byte >= 0x80 || byte == UInt8(ascii: "@") { return true }
            wordLength = byte == UInt8(ascii: " ") ? 0 : wordLength + 1
            if wordLength >= shortestKey { return true }
            switch byte | 0x20 {
            case UInt8(ascii: "b"), UInt8(ascii: "p"), UInt8(ascii: "s"), UInt8(ascii: "k"), UInt8(ascii: "t"):
                if announcements.contains(where: { begins(bytes, at: index, with: $0) }) { return true }
            default: break
            }
        }
        return false
    }

    private static func begins(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, with word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard start + count <= bytes.count else { return false }
        return (0..<count).allSatisfy { bytes[start + $0] | 0x20 == word.utf8Start[$0] }
    }
}

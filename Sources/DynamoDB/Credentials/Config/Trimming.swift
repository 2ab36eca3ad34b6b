extension String {
    /// The text without characters of a kind at its two ends.
    func trimming(where isTrimmed: (Character) -> Bool) -> String {
        let start = drop(while: isTrimmed)
        guard let last = start.lastIndex(where: { !isTrimmed($0) }) else { return "" }
        return String(start[...last])
    }
}

extension Character {
    /// White space within a line.
    var isBlank: Bool { isWhitespace && !isNewline }
}

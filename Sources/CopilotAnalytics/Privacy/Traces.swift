/// What messages and stack traces say of machines and their users: names in paths, what was asked for in URLs, and
/// network addresses.
enum Traces {
    /// Folders below which each user has one.
    static let homes: [String] = ["/home/", "/Users/", "\\Users\\", "/users/", "/Documents and Settings/"]

    /// The text with `~` for the names of users in paths; `nil` when there are none.
    static func withoutUserNames(_ text: String) -> String? {
        var result = text
        var changed = false
        for home in homes {
            var searched = result.startIndex
            while let start = result[searched...].firstRange(of: home)?.upperBound {
                let name = result[start...].prefix { !$0.isWhitespace && !"/\\:\"'`)<>,;".contains($0) }
                let offset = result.utf8.distance(from: result.startIndex, to: start)
                if !name.isEmpty, name != "~" {
                    result.replaceSubrange(name.startIndex..<name.endIndex, with: "~")
                    changed = true
                }
                searched = result.utf8.index(result.startIndex, offsetBy: offset)
            }
        }
        return changed ? result : nil
    }

    /// The text without the query strings of URLs and paths; `nil` when there are none.
    static func withoutQueries(_ text: String) -> String? {
        guard text.utf8.contains(UInt8(ascii: "?")) else { return nil }
        var result = ""
        var changed = false
        var rest = text[...]
        while let mark = rest.firstIndex(of: "?") {
            let before = rest[..<mark]
            result += before
            let after = rest[rest.index(after: mark)...]
            let query = after.prefix { !$0.isWhitespace && !"\"'`)<>]}".contains($0) }
            let path = before.reversed().prefix { !$0.isWhitespace && !"\"'`(<[{".contains($0) }
            result += "?"
            if query.contains("="), path.contains("/") {
                result += "<query>"
                changed = true
            } else {
                result += query
            }
            rest = rest[query.endIndex...]
        }
        return changed ? result + rest : nil
    }
}

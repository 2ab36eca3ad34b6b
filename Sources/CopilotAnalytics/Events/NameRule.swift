/// What an id or name may be.
package enum NameRule {
    /// - Parameter most: UTF-8 bytes.
    /// - Returns: The name in normalization form C.
    static func validate(_ raw: String, _ field: String, most: Int) throws(EventRejection) -> String {
        let name = normalized(raw)
        guard !name.isEmpty else { throw EventRejection(.invalidField, field: field, "\(field) is empty") }
        guard name.utf8.count <= most else {
            throw EventRejection(.invalidField, field: field, "\(field) is longer than \(most) bytes")
        }
        // They would make keys that nobody can type and log lines that lie.
        guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) else {
            throw EventRejection(.invalidField, field: field, "\(field) contains a control character")
        }
        return name
    }

    /// A user's id that somebody asks for.
    static func userID(_ raw: String) throws(AnalyticsError) -> String {
        do throws(EventRejection) {
            return try validate(raw, "the user's id", most: EventLimits.nameBytes)
        } catch {
            throw AnalyticsError(.invalidArgument, error.message)
        }
    }

    /// Normalization form C: the same text is then the same bytes.
    package static func normalized(_ text: String) -> String {
        // Nothing below U+0300 composes or decomposes in form C; nearly all names are below.
        if text.utf8.allSatisfy({ $0 < 0xCC }) { return text }
        return CanonicalForm.composed(text)
    }
}

internal import Locking

/// What names of metadata values say of them, remembered: senders use the same few names again and again, and taking
/// one apart costs more than everything else that is done with its value.
enum KeyKinds {
    /// Names remembered at the most; then all are forgotten. About 1 MB at the worst.
    private static let limit = 2048
    private static let known = Locked<[String: Redaction.KeyKind]>([:])

    static func kind(of name: String) -> Redaction.KeyKind {
        if let kind = known.withLock({ $0[name] }) { return kind }
        let kind = Redaction.kind(of: name)
        known.withLock { known in
            if known.count >= limit { known.removeAll() }
            known[name] = kind
        }
        return kind
    }
}

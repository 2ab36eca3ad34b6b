public import SingleTable

/// An item that does not say what a recount of the raw events says.
public struct Difference: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// The recount has it, the table does not.
        case missing
        /// The table has it, the recount does not.
        case unexpected
        /// Both have it, and one attribute says something else.
        case differs(attribute: String, stored: String, recounted: String)
        /// The item cannot be read.
        case damaged(String)
    }

    public let key: Key
    public let kind: Kind

    public var description: String {
        switch kind {
        case .missing: "\(key): missing, although raw events count in it"
        case .unexpected: "\(key): no raw event counts in it"
        case .differs(let attribute, let stored, let recounted):
            "\(key): \(attribute) is \(stored), the raw events say \(recounted)"
        case .damaged(let message): message
        }
    }
}

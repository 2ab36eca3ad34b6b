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

/// Differences up to a bound; more are only counted.
struct DifferenceList: Sendable {
    static let limit = 10_000

    private(set) var list: Set<Difference> = []
    private(set) var unlisted = 0

    mutating func append(_ difference: Difference) {
        if list.contains(difference) { return }
        if list.count < DifferenceList.limit { list.insert(difference) } else { unlisted += 1 }
    }

    /// Counts differences without naming them.
    mutating func leaveOut(_ count: Int) { unlisted += count }

    mutating func append(_ other: DifferenceList) {
        for difference in other.list { append(difference) }
        unlisted += other.unlisted
    }

    /// In the order of their keys.
    var sorted: [Difference] {
        list.map { ("\($0.key)", $0.description, $0) }
            .sorted { left, right in
                if left.0 != right.0 { return left.0.utf8.lexicographicallyPrecedes(right.0.utf8) }
                return left.1.utf8.lexicographicallyPrecedes(right.1.utf8)
            }
            .map(\.2)
    }
}

/// Items of one partition in the order of their sort keys.
public struct Query: Sendable, Hashable {
    public enum Index: String, Sendable, Hashable {
        /// Raw events by day. Answers hold keys only.
        case gsi1 = "GSI1"

        public var partitionAttribute: String { rawValue + "PK" }
        public var sortAttribute: String { rawValue + "SK" }
    }

    /// Which sort keys; strings compare by their UTF-8 bytes.
    public enum Sort: Sendable, Hashable {
        case any
        case beginsWith(String)
        /// Both ends are part of the range.
        case between(String, String)
    }

    public var partition: String
    public var sort: Sort
    public var index: Index?
    public var ascending: Bool
    /// The most items in a page; the table's own limit (1 MB in DynamoDB) holds besides.
    public var limit: Int?
    /// Whether the answer has to hold every write that was acknowledged before. An index is never that strict.
    public var consistent: Bool
    /// Where the page before this one ended.
    public var start: PageToken?
    /// Whether items that are no items any more are named in ``Page/unreadable``. Otherwise they are an error: who does
    /// not look at them must not take the rest for all there is.
    public var namesUnreadable = false

    public init(
        partition: String,
        sort: Sort = .any,
        index: Index? = nil,
        ascending: Bool = true,
        limit: Int? = nil,
        consistent: Bool = true,
        start: PageToken? = nil
    ) {
        self.partition = partition
        self.sort = sort
        self.index = index
        self.ascending = ascending
        self.limit = limit
        self.consistent = consistent && index == nil
        self.start = start
    }
}

/// Where a page ended: the key attributes of its last item.
public struct PageToken: Sendable, Hashable {
    public var attributes: [String: AttributeValue]

    public init(_ attributes: [String: AttributeValue]) {
        self.attributes = attributes
    }
}

/// A part of an answer. An empty page with a `next` is legal: only the absence of `next` says that all has been read.
public struct Page: Sendable {
    public var items: [Item]
    public var next: PageToken?
    /// Keys of what is stored but cannot be read as an item. Only the embedded table, which others may write to, can
    /// hold such; a write without a condition replaces it.
    public var unreadable: [Key]

    public init(items: [Item], next: PageToken?, unreadable: [Key] = []) {
        self.items = items
        self.next = next
        self.unreadable = unreadable
    }
}

public import SingleTable

/// Which items of a table or of an index, in which order.
///
///     ItemQuery("orders", partition: "customer", equals: "ada", sort: .beginsWith("placed", "2026-11"))
public struct ItemQuery: Sendable, Hashable {
    /// What must hold of the sort key. Numbers compare by value, strings and binaries by their bytes.
    public enum SortCondition: Sendable, Hashable {
        /// The service knows no `notEqual` here.
        case compare(String, Condition.Comparison, AttributeValue)
        case beginsWith(String, AttributeValue)
        /// Both ends are part of the range.
        case between(String, AttributeValue, AttributeValue)
    }

    /// Name or ARN.
    public var table: String
    /// The index to read; `nil`: the table itself.
    public var index: String?
    /// The partition key's attribute, and its value.
    public var partition: String
    public var partitionValue: AttributeValue
    /// `nil`: all of the partition.
    public var sort: SortCondition?
    /// Leaves items out after they were read: they cost as much as the others, and count for ``limit``.
    public var filter: Condition?
    /// Attributes to bring back; empty: all that there are.
    public var attributes: [String]
    public var ascending: Bool
    /// The most items that a page may have read; the service ends a page after 1 MB besides.
    public var limit: Int?
    /// Whether the answer has to hold every write acknowledged before; costs twice as much, and no index can do it.
    public var consistent: Bool
    /// Where to go on: ``DynamoDBClient/ItemPage/lastEvaluatedKey`` of the page before.
    public var start: Attributes?

    public init(
        _ table: String,
        index: String? = nil,
        partition: String,
        equals partitionValue: AttributeValue,
        sort: SortCondition? = nil,
        filter: Condition? = nil,
        attributes: [String] = [],
        ascending: Bool = true,
        limit: Int? = nil,
        consistent: Bool = false,
        start: Attributes? = nil
    ) {
        self.table = table
        self.index = index
        self.partition = partition
        self.partitionValue = partitionValue
        self.sort = sort
        self.filter = filter
        self.attributes = attributes
        self.ascending = ascending
        self.limit = limit
        self.consistent = consistent
        self.start = start
    }
}

/// Which part of a whole table. Reading costs what the table holds: not for the path of a user.
public struct ItemScan: Sendable, Hashable {
    /// Name or ARN.
    public var table: String
    /// The index to read; `nil`: the table itself.
    public var index: String?
    /// Leaves items out after they were read: they cost as much as the others, and count for ``limit``.
    public var filter: Condition?
    /// Attributes to bring back; empty: all that there are.
    public var attributes: [String]
    /// The most items that a page may have read; the service ends a page after 1 MB besides.
    public var limit: Int?
    public var consistent: Bool
    /// Where to go on: ``DynamoDBClient/ItemPage/lastEvaluatedKey`` of the page before.
    public var start: Attributes?

    public init(
        _ table: String,
        index: String? = nil,
        filter: Condition? = nil,
        attributes: [String] = [],
        limit: Int? = nil,
        consistent: Bool = false,
        start: Attributes? = nil
    ) {
        self.table = table
        self.index = index
        self.filter = filter
        self.attributes = attributes
        self.limit = limit
        self.consistent = consistent
        self.start = start
    }
}

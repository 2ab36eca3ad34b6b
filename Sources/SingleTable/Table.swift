/// One key-value table: the waist between what is counted above and where it is kept below.
///
/// Every implementation passes one contract suite; what is said here is what that suite checks.
public protocol Table: Sendable {
    /// What fits one transaction. Callers cut their batches to it.
    var limits: TableLimits { get }

    /// Whether an index shows every write that was acknowledged before, as the table itself does.
    var indexIsConsistent: Bool { get }

    /// Whether ``scan(start:)`` goes by keys in the order of their bytes, from wherever it starts.
    var scansInKeyOrder: Bool { get }

    /// Whether a look at items costs next to nothing beside a transaction that comes to nothing and is sent again.
    /// Writers of such a table look at what they have not seen before; others learn from conditions that fail.
    var readsAreCheap: Bool { get }

    /// Carries out all writes or none. No two writes may have the same key.
    ///
    /// What must happen once only needs a condition: it holds for ever, and on every table.
    ///
    /// - Parameter token: Names the transaction, at most 36 characters; no other transaction of the account may have
    ///   it. A table behind a network, where an answer can be lost, recognizes it for ten minutes: a committed
    ///   transaction sent again with the same writes is answered with `committed` and changes nothing. A table in this
    ///   process loses no answer and does not look at it.
    func transact(_ writes: [Write], token: String) async throws(TableError) -> TransactionOutcome

    /// Reads strongly consistent.
    func get(_ key: Key) async throws(TableError) -> Item?

    /// Reads any number of keys strongly consistent; those that do not exist are missing from the answer, whose
    /// order says nothing.
    func batchGet(_ keys: [Key]) async throws(TableError) -> [Item]

    func query(_ query: Query) async throws(TableError) -> Page

    /// As ``query(_:)``, but with the whole items, whatever an index holds of them. Those that were removed since the
    /// index saw them are missing.
    func queryItems(_ query: Query) async throws(TableError) -> Page

    /// Every item in no particular order: for recounts and copies, never for a reader in a hurry. Names what it cannot
    /// read, see ``Page/unreadable``.
    func scan(start: PageToken?) async throws(TableError) -> Page

    /// A table behind a network may find its own work: when the answer to a write is lost, it is sent again, and a
    /// condition such as ``Condition/itemIsNew`` fails on what the first one stored. Compare with the item in the
    /// outcome where that matters.
    func put(_ item: Item, condition: Condition?) async throws(TableError) -> WriteOutcome
    /// Stores items of different keys, each on its own, replacing those of the same keys. When it throws, some may be
    /// stored; all of them may be sent again.
    func batchPut(_ items: [Item]) async throws(TableError)
    func delete(_ key: Key, condition: Condition?) async throws(TableError) -> WriteOutcome

    /// Makes the table with its index and TTL; fails with `tableExists` when it is there.
    func create() async throws(TableError)
    func describe() async throws(TableError) -> TableDescription
    /// Deletes the table and everything in it.
    func destroy() async throws(TableError)
}

public struct TableLimits: Sendable, Hashable {
    public var transactionItems: Int
    /// Bytes of all items of a transaction, as ``Item/storedBytes`` counts them.
    public var transactionBytes: Int
    public var itemBytes: Int

    public init(transactionItems: Int, transactionBytes: Int, itemBytes: Int) {
        self.transactionItems = transactionItems
        self.transactionBytes = transactionBytes
        self.itemBytes = itemBytes
    }

    /// DynamoDB's published limits.
    public static let dynamoDB = TableLimits(
        transactionItems: 100,
        transactionBytes: 4 * 1024 * 1024,
        itemBytes: 400 * 1024
    )
}

public struct TableDescription: Sendable, Hashable {
    public enum Status: String, Sendable, Hashable {
        case active = "ACTIVE"
        case creating = "CREATING"
        case updating = "UPDATING"
        case deleting = "DELETING"
        case other = "OTHER"
    }

    public var name: String
    public var status: Status
    /// Names of the secondary indexes.
    public var indexes: [String]
    /// The attribute that holds an item's expiry in epoch seconds, when expiry is switched on.
    public var timeToLiveAttribute: String?
    /// The service updates it about every six hours; the embedded table counts.
    public var itemCount: Int
    public var sizeBytes: Int
    /// Names of the table's key attributes, the partition's first.
    public var keys = [Key.partitionAttribute, Key.sortAttribute]
    /// The same of each index.
    public var indexKeys: [String: [String]] = [:]
    /// Regions that hold copies of the table besides this one: transactions are isolated in the region of each only.
    public var replicas: [String] = []

    public init(
        name: String,
        status: Status,
        indexes: [String],
        timeToLiveAttribute: String?,
        itemCount: Int,
        sizeBytes: Int,
        replicas: [String] = []
    ) {
        self.name = name
        self.status = status
        self.indexes = indexes
        self.timeToLiveAttribute = timeToLiveAttribute
        self.itemCount = itemCount
        self.sizeBytes = sizeBytes
        self.replicas = replicas
    }
}

extension Table {
    public var indexIsConsistent: Bool { false }
    public var scansInKeyOrder: Bool { false }
    public var readsAreCheap: Bool { false }

    public func batchPut(_ items: [Item]) async throws(TableError) {
        for item in items { _ = try await put(item, condition: nil) }
    }

    public func queryItems(_ query: Query) async throws(TableError) -> Page {
        var page = try await self.query(query)
        guard query.index != nil else { return page }
        let keys = page.items.compactMap(\.key)
        var found: [Key: Item] = [:]
        for item in try await batchGet(keys) {
            if let key = item.key { found[key] = item }
        }
        page.items = keys.compactMap { found[$0] }
        return page
    }

    /// All pages of a query, one after the other.
    public func queryAll(_ query: Query) async throws(TableError) -> [Item] {
        var query = query
        var items: [Item] = []
        while true {
            let page = try await self.query(query)
            items += page.items
            guard let next = page.next else { return items }
            query.start = next
        }
    }
}

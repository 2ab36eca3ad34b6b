internal import SingleTable

/// An item of a statistic, readable or not.
struct StoredItem: Sendable {
    let key: Key
    /// `nil` when the table cannot read it as an item.
    let item: Item?
    let content: Result<StoredRollup, AnalyticsError>

    init(_ item: Item, _ key: Key) {
        self.key = key
        self.item = item
        do throws(AnalyticsError) {
            content = .success(try StoredRollup(item))
        } catch {
            content = .failure(error)
        }
    }

    init(unreadable key: Key) {
        self.key = key
        item = nil
        content = .failure(
            AnalyticsError(.damaged, "\(key): the row is not in DynamoDB's JSON form: make it anew with `rebuild`"))
    }

    /// What is compared to know whether the item was written since.
    var updates: AttributeValue? { item?[StoredRollup.updatesAttribute] }

    /// What must hold for the item to be as it was read; `nil` for one that no condition can be put to.
    var unchanged: Condition? {
        guard item != nil else { return nil }
        let name = StoredRollup.updatesAttribute
        return updates.map { .equal(name, $0) } ?? .all([.itemExists, .notExists(name)])
    }
}

/// All items in which one statistic is kept: in every lane its own, and the parts of a distinct count.
struct StoredStatistic: Sendable {
    var roots: [Lane: StoredItem] = [:]
    var parts: [Int: [Lane: StoredItem]] = [:]

    var items: [StoredItem] { Array(roots.values) + parts.values.flatMap(\.values) }

    /// How often each item had been updated when it was read.
    var versions: [Key: AttributeValue?] {
        Dictionary(items.map { ($0.key, $0.updates) }) { one, _ in one }
    }

    /// Whether something waits in the repair lane to be folded back.
    var hasRepairs: Bool {
        roots[.repair].map { !StoredStatistic.isEmpty($0) } == true
            || parts.values.contains { $0[.repair].map { !StoredStatistic.isEmpty($0) } == true }
    }

    static func isEmpty(_ item: StoredItem) -> Bool {
        guard case .success(let stored) = item.content else { return false }
        let rollup = stored.rollup
        return stored.countsNothing && rollup.sample.isEmpty && rollup.maxima.isEmpty && rollup.minima.isEmpty
    }
}

/// Reads the items of statistics, lanes and parts together.
struct StatisticReader: Sendable {
    let table: any Table
    let layout: TableLayout
    let lanes: Lanes
    let now: Timestamp

    /// One item that a query came upon.
    struct Found {
        var key: RollupKey
        /// `nil`: the statistic's own item.
        var part: Int?
        var lane: Lane
        var item: StoredItem
    }

    /// Visits the items of a family page by page.
    ///
    /// - Parameters:
    ///   - low: Sort keys from here
    ///   - high: to here.
    ///   - strangers: Takes keys in those partitions that are of no statistic.
    func visit(
        _ family: RollupFamily,
        from low: String,
        to high: String,
        strangers: (Key) -> Void = { _ in },
        _ visit: (Found) -> Void
    ) async throws {
        for lane in lanes.all {
            for (index, partition) in family.partitions.enumerated() {
                var query = Query(
                    partition: layout.keys.prefix + partition + lane.suffix,
                    sort: .between(low, high)
                )
                query.namesUnreadable = true
                repeat {
                    let page = try await table.query(query)
                    let items = page.items.filter { !Expiry.isPast($0, now) }
                        .compactMap { item in item.key.map { StoredItem(item, $0) } }
                        // What another system counted is not ours to judge, nor to replace.
                        .filter { found in found.item.map { !LegacyItem.isLegacy($0, found.key) } ?? true }
                    for item in items + page.unreadable.map(StoredItem.init(unreadable:)) {
                        guard let (key, part) = family.statistic(sort: item.key.sort, isParts: index > 0) else {
                            strangers(item.key)
                            continue
                        }
                        visit(Found(key: key, part: part, lane: lane, item: item))
                    }
                    query.start = page.next
                } while query.start != nil
            }
        }
    }

    func read(_ family: RollupFamily, from low: String, to high: String) async throws -> [RollupKey: StoredStatistic] {
        var statistics: [RollupKey: StoredStatistic] = [:]
        try await visit(family, from: low, to: high) { found in
            if let part = found.part {
                statistics[found.key, default: StoredStatistic()].parts[part, default: [:]][found.lane] = found.item
            } else {
                statistics[found.key, default: StoredStatistic()].roots[found.lane] = found.item
            }
        }
        return statistics
    }

    /// The lifetimes of all patterns of a type.
    func lifetimes(ofType type: String) async throws -> [RollupKey: StoredStatistic] {
        let low = Period.lifetime.sort
        return try await read(.errors(type: type), from: low, to: low + "$")
    }
}

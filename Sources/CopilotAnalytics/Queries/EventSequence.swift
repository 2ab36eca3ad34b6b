internal import SingleTable

extension AnalyticsQueries {
    /// Raw events of a range in the order of time, read a page at a time.
    public func events(in range: DateRange) -> EventSequence {
        EventSequence(table: table, layout: layout, range: range, now: clock())
    }
}

/// Raw events of a range in the order of time. Events that expired, or were removed since, are missing.
public struct EventSequence: AsyncSequence, Sendable {
    public typealias Element = Event

    let table: any Table
    let layout: TableLayout
    let range: DateRange
    let now: Timestamp

    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    public struct Iterator: AsyncIteratorProtocol {
        private let sequence: EventSequence
        private let bounds: (start: Timestamp, end: Timestamp)
        private var day: CivilDate
        private let lastDay: CivilDate
        /// One reader a shard of the day, each in order.
        private var shards: [ShardReader] = []
        private var items: [Item] = []

        /// Events fetched at a time.
        private static let batch = 500

        init(_ sequence: EventSequence) {
            self.sequence = sequence
            bounds = sequence.range.bounds
            day = sequence.layout.zone.day(of: bounds.start).adding(days: -1)
            lastDay = sequence.layout.zone.day(of: bounds.end.adding(milliseconds: -1))
        }

        public mutating func next() async throws -> Event? {
            while let item = try await nextItem() {
                if let event = Event(item: item, keys: sequence.layout.keys) { return event }
            }
            return nil
        }

        /// The item of the next event, readable or not.
        mutating func nextItem() async throws -> Item? {
            while items.isEmpty {
                guard try await fetch() else { return nil }
            }
            return items.popLast()
        }

        /// Reads the next events, the first one last. False at the end of the range.
        private mutating func fetch() async throws -> Bool {
            var keys: [Key] = []
            while keys.count < Iterator.batch {
                guard let key = try await nextKey() else {
                    guard day < lastDay else { break }
                    day = day.adding(days: 1)
                    shards = sequence.layout.keys.dayPartitions(day).map { ShardReader(partition: $0, bounds) }
                    continue
                }
                keys.append(key)
            }
            if keys.isEmpty { return false }
            var found: [Key: Item] = [:]
            for item in try await sequence.table.batchGet(keys) {
                if let key = item.key { found[key] = item }
            }
            for key in keys.reversed() {
                guard let item = found[key], !isExpired(item) else { continue }
                items.append(item)
            }
            return true
        }

        private func isExpired(_ item: Item) -> Bool {
            Expiry.isPast(item, sequence.now)
        }

        /// The earliest key among the shards.
        private mutating func nextKey() async throws -> Key? {
            var earliest: (index: Int, sort: String)?
            for index in shards.indices {
                guard let sort = try await shards[index].peek(sequence.table) else { continue }
                if let found = earliest, !sort.utf8.lexicographicallyPrecedes(found.sort.utf8) { continue }
                earliest = (index, sort)
            }
            guard let earliest else { return nil }
            return shards[earliest.index].pop()
        }
    }
}

/// Keys of one shard of a day, in the order of time.
private struct ShardReader {
    private var query: Query
    private var page: [Item] = []
    private var position = 0
    private var isAtEnd = false

    init(partition: String, _ bounds: (start: Timestamp, end: Timestamp)) {
        // Sort keys start with 13 digits, so the bounds are compared as numbers.
        query = Query(
            partition: partition,
            sort: .between("\(bounds.start.milliseconds)", "\(bounds.end.milliseconds)"),
            index: .gsi1
        )
    }

    /// The sort key of the next event; `nil` at the end.
    mutating func peek(_ table: any Table) async throws -> String? {
        while position == page.count {
            if isAtEnd { return nil }
            let next = try await table.query(query)
            page = next.items
            position = 0
            query.start = next.next
            isAtEnd = next.next == nil
        }
        return page[position][Query.Index.gsi1.sortAttribute]?.stringValue ?? ""
    }

    mutating func pop() -> Key? {
        defer { position += 1 }
        return page[position].key
    }
}

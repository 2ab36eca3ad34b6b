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
            while true {
                if let item = try await earliest() {
                    if !Expiry.isPast(item, sequence.now) { return item }
                } else {
                    guard day < lastDay else { return nil }
                    day = day.adding(days: 1)
                    shards = sequence.layout.keys.dayPartitions(day).map {
                        ShardReader(sequence.table, partition: $0, bounds)
                    }
                }
            }
        }

        /// The earliest item among the shards.
        private mutating func earliest() async throws -> Item? {
            var earliest: (index: Int, sort: String)?
            for index in shards.indices {
                if shards[index].needsPage { try await shards[index].turnPage() }
                guard let sort = shards[index].sort else { continue }
                if let found = earliest, !sort.utf8.lexicographicallyPrecedes(found.sort.utf8) { continue }
                earliest = (index, sort)
            }
            return earliest.map { shards[$0.index].pop() }
        }
    }
}

/// Items of one shard of a day, in the order of time. While one page is used, the next one is read.
private final class ShardReader {
    private let table: any Table
    private var query: Query
    private var page: [Item] = []
    private var position = 0
    private var ahead: PageAhead?
    /// The sort key of the next event; `nil` at the end, or where a page has to be turned first.
    private(set) var sort: String?

    /// Events of a page.
    private static let pageCount = 250

    init(_ table: any Table, partition: String, _ bounds: (start: Timestamp, end: Timestamp)) {
        self.table = table
        // Sort keys start with 13 digits, so the bounds are compared as numbers.
        query = Query(
            partition: partition,
            sort: .between("\(bounds.start.milliseconds)", "\(bounds.end.milliseconds)"),
            index: .gsi1,
            limit: ShardReader.pageCount
        )
        ahead = PageAhead(table, query)
    }

    var needsPage: Bool { sort == nil && ahead != nil }

    func turnPage() async throws {
        while needsPage, let next = try await ahead?.page() {
            page = next.items
            query.start = next.next
            ahead = next.next == nil ? nil : PageAhead(table, query)
            move(to: 0)
        }
    }

    func pop() -> Item {
        defer { move(to: position + 1) }
        return page[position]
    }

    private func move(to position: Int) {
        self.position = position
        sort = position < page.count ? page[position][Query.Index.gsi1.sortAttribute]?.stringValue ?? "" : nil
    }
}

/// A page that is read while the one before is used.
private final class PageAhead {
    private let reading: Task<Page, any Error>

    init(_ table: any Table, _ query: Query) {
        reading = Task { try await table.queryItems(query) }
    }

    func page() async throws -> Page { try await reading.value }

    // Nobody waits for it any more.
    deinit { reading.cancel() }
}
